"""What the server said outranks what a file says now; clocks without a zone are doubted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import available_timezones

import pytest

from boltkb.exports.reconcile import Clock, clock_of, others_than, settings_in_force, timed
from boltkb.exports.records import LogSpan, SettingValue, ThreadDump, Where
from boltkb.exports.settings.ranks import disagreement, outranks

SIZE = "server.bolt.thread_pool_max_size"
KEEP = "server.bolt.thread_pool_keep_alive"


def value(name: str, text: str, file: str = "debug.log") -> SettingValue:
    return SettingValue(name, text, Where(file, 1))


def test_agreement_is_silent() -> None:
    written = {SIZE: value(SIZE, " 8 ", "neo4j.conf")}
    settings, problems = settings_in_force(written, [value(SIZE, "8")], configured=True)
    assert settings[SIZE].where.file == "neo4j.conf"
    assert problems == ()


def test_spellings_of_a_duration_are_not_compared() -> None:
    written = {KEEP: value(KEEP, "300s", "neo4j.conf")}
    settings, problems = settings_in_force(written, [value(KEEP, "5m")], configured=True)
    assert settings[KEEP].value == "300s"
    assert problems == ()


def test_settings_from_the_environment_are_known_from_the_log() -> None:
    settings, problems = settings_in_force({}, [value(SIZE, "16")], configured=True)
    assert settings[SIZE].value == "16"
    assert problems == ()


@pytest.mark.parametrize("strong", ["environment", "start", "running"])
def test_ranks_of_what_is_known(strong: str) -> None:
    ranks = ["file", "environment", "start", "running"]
    for weak in ranks[: ranks.index(strong)]:
        told = [replace(value(SIZE, "16"), origin=strong)]
        written = {SIZE: replace(value(SIZE, "8", "x"), origin=weak)}
        if weak == "start":
            told, written = [*told, *written.values()], {}
        if strong == "environment":
            assert outranks(told[0], written[SIZE])
            assert len(disagreement(told[0], written[SIZE])) == 1
            continue
        settings, problems = settings_in_force(written, told, configured=True)
        assert (settings[SIZE].value, settings[SIZE].origin) == ("16", strong)
        assert len(problems) == 1
        assert "16" in problems[0]
        assert "8" in problems[0]


def test_a_list_of_some_settings_says_nothing_of_the_others() -> None:
    written = {SIZE: value(SIZE, "8", "neo4j.conf")}
    told = [replace(value(KEEP, "5m"), origin="running")]
    settings, problems = settings_in_force(written, told, configured=True, started=False)
    assert settings[SIZE].value == "8"
    assert settings[KEEP].origin == "running"
    assert problems == ()


def test_dumps_without_logs_are_read_as_utc_and_that_is_said() -> None:
    dumps = [
        ThreadDump(20.0, (), 1, Where("b.txt", 1)),
        ThreadDump(10.0, (), 1, Where("a.txt", 1)),
        ThreadDump(None, (), 1, Where("c.txt", 1)),
    ]
    ordered, problems = timed(dumps, None, None, clock_of([], []))
    assert [dump.time for dump in ordered] == [10.0, 20.0, None]
    assert "read as UTC" in problems[0]
    assert any("no date" in problem for problem in problems)
    assert timed(dumps[:2], 0.0, 30.0, clock_of([], ["UTC"]))[1] == ()


def test_the_server_s_own_zone_outranks_the_logs_offset() -> None:
    logs = [LogSpan("neo4j.log", 0.0, 9.0, 2, frozenset({"INFO"}), user_log=True, offset=0.0)]
    if "Europe/Berlin" in available_timezones():
        winter = datetime(2026, 1, 15, 12)
        assert clock_of(logs, ["Europe/Berlin"]).zone.utcoffset(winter) == timedelta(hours=1)
    assert clock_of(logs, [None, "No/Such_Zone"]) == clock_of(logs, [])
    assert clock_of(logs, ["../../etc/passwd"]).zone is UTC


def test_an_offset_that_no_zone_has_is_not_believed() -> None:
    for offset in (33 * 3600.0, -24 * 3600.0):
        log = LogSpan("neo4j.log", 0.0, 9.0, 2, frozenset({"INFO"}), user_log=True, offset=offset)
        clock = clock_of([log], [None])
        assert clock.zone is UTC
        assert "none that a zone has" in clock.doubt


@pytest.mark.parametrize("time", [253_402_300_799.0, 253_402_351_199.0, -62_135_647_200.0])
def test_a_dump_at_the_end_of_all_calendars_has_no_time(time: float) -> None:
    """In a zone ahead of UTC the last second of the year 9999 has no date."""
    clock = Clock(timezone(timedelta(hours=9)), "")
    dumps = (ThreadDump(time, (), 9, Where("threads.json")),)
    (made,), (problem,) = timed(dumps, 1_795_000_000.0, 1_795_000_600.0, clock)
    assert made.time is None
    assert "its time is not used" in problem


def test_values_that_are_not_in_force_are_kept_once_each() -> None:
    taken = {SIZE: replace(value(SIZE, "8", "settings.csv"), origin="running")}
    old = value("dbms.connector.bolt.thread_pool_max_size", "40", "neo4j.conf")
    same, other = value(SIZE, " 8 ", "debug.log"), value("a.b", "7", "neo4j.conf")
    assert others_than(taken, [old, old, same, other]) == (old,)
