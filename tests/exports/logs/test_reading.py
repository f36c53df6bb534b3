"""Known lines are found in any log, whatever its layout, its chunks and its damage."""

from __future__ import annotations

import json

import pytest
from export_shapes import (
    REJECTED,
    START,
    debug_line,
    diagnostics,
    files,
    member,
    stamp,
    user_line,
)

from boltkb.exports.logs.incidents import count_once
from boltkb.exports.logs.reading import read_log

OLD = (
    "Unable to schedule bolt session 'bolt-7' for execution since there are no available threads"
    " to serve it at the moment. You can retry at a later time or consider increasing max thread"
    " pool size for bolt connector(s)."
)
POOL = (
    "Task java.util.concurrent.CompletableFuture$AsyncSupply@5f rejected from"
    " org.neo4j.bolt.runtime.CachedThreadPoolExecutorFactory$ThreadPool@95[Running, pool size ="
    " 400, active threads = 400, queued tasks = 0, completed tasks = 197942]"
)


def kinds(text: str | bytes, name: str = "neo4j.log") -> list[str]:
    return [event.kind for event in read_log(member(name, text)).events]


@pytest.mark.parametrize("name", ["logs/debug.log", "logs/neo4j.log"])
@pytest.mark.parametrize("block", [1, 7, 64, 1000, 1 << 20])
def test_any_chunk_size_gives_identical_totals(name: str, block: int) -> None:
    text = files()[name].encode() + b"\xff broken\n" + b"\0\0\n" + user_line(591, "é").encode()
    whole = read_log(member(name, text))
    assert read_log(member(name, text), block=block) == whole
    assert whole.source.refused == 2
    assert whole.events


def test_the_first_broken_line_is_told_by_its_number() -> None:
    text = user_line(1, "a").encode() + b"\xffx\n" + b"b\0\n" + b"\0\xff\n"
    read = read_log(member("neo4j.log", text))
    assert read.source.refused == 3
    assert read.source.why == "line 2: not UTF-8"
    assert read.source.rows == 1


def test_the_pool_s_state_is_read_on_the_line_and_below_it() -> None:
    one = debug_line(1, f"{OLD} {POOL}", "ERROR", "o.n.b.r.DefaultBoltConnection")
    below = debug_line(1, OLD, "ERROR", "o.n.b.r.DefaultBoltConnection")
    below += f"java.util.concurrent.RejectedExecutionException: {POOL}\n\tat a.B.c(B.java:1)\n"
    for text in (one, below):
        (event,) = read_log(member("debug.log", text)).events
        assert event.kind == "rejection-a"
        assert event.connection == "bolt-7"
        assert event.numbers["active_threads"] == 400


def test_old_servers_write_a_rejection_thrice_and_it_counts_once() -> None:
    debug = debug_line(1, f"{OLD} {POOL}", "ERROR") + debug_line(1.001, OLD, "ERROR")
    user = user_line(1.002, OLD, "ERROR")
    events = [
        *read_log(member("neo4j.log", user)).events,
        *read_log(member("debug.log", debug)).events,
    ]
    (event,) = count_once(events)
    assert event.numbers["pool_size"] == 400


def test_the_message_before_5_18_and_the_later_one_are_told_apart() -> None:
    later = REJECTED.format(bolt="bolt-1")
    before = later + " You can retry at a later time or consider increasing max thread pool size"
    assert kinds(user_line(1, before, "ERROR") + user_line(2, later, "ERROR")) == [
        "rejection-b",
        "rejection-c",
    ]


def test_aggregates_are_episodes_with_the_settings_as_numbers() -> None:
    text = user_line(
        5,
        "Increase in thread starvation events detected (2 events over a period of 600000 ms)"
        " - This may indicate an overload condition",
        "ERROR",
    ) + user_line(900, "Thread starvation event rate has normalized")
    events = read_log(member("neo4j.log", text)).events
    assert [event.kind for event in events] == ["starvation-increase", "starvation-normalized"]
    assert events[0].numbers == {"threshold": 2.0, "window": 600.0}


def test_a_forged_line_inside_another_entry_is_not_evidence() -> None:
    forged = REJECTED.format(bolt="bolt-1")
    text = user_line(1, "Query failed: RETURN '") + forged + "\n"
    text += user_line(2, f"Query failed: {forged}") + "======== Neo4j 9.9.9 ========\n"
    assert kinds(text) == []


def test_a_failure_to_make_a_thread_may_stand_in_a_trace() -> None:
    text = user_line(1, "Failed", "ERROR") + "java.lang.OutOfMemoryError: "
    text += "unable to create native thread: possibly out of memory\n"
    (event,) = read_log(member("neo4j.log", text)).events
    assert (event.kind, event.time) == ("native-thread-failure", START + 1)


def test_json_logs_are_read_like_text() -> None:
    def line(second: float, message: str, level: str = "INFO", **more: str) -> str:
        entry = {"time": stamp(second), "level": level, "category": "o.n.B", "message": message}
        return json.dumps(entry | more, separators=(",", ":")) + "\n"

    text = line(0, "\n" + diagnostics({"server.bolt.thread_pool_max_size": "8"}))
    text += line(2, "======== Neo4j 2026.02.2 ========")
    text += line(5, REJECTED.format(bolt="bolt-9"), "ERROR", stacktrace="x\n\tat y")
    read = read_log(member("debug.log", text))
    assert [event.kind for event in read.events] == ["startup", "rejection-c"]
    assert read.events[1].level == "ERROR"
    assert [(value.name, value.value) for value in read.settings] == [
        ("server.bolt.thread_pool_max_size", "8")
    ]
    assert read.edition == "community"
    assert (read.span.entries, read.span.user_log) == (3, False)
    assert read.span.levels == {"INFO", "ERROR"}


def test_what_a_log_covers_its_levels_and_its_layout() -> None:
    read = read_log(member("neo4j.log", files()["logs/neo4j.log"]))
    assert (read.span.start, read.span.end) == (START + 2, START + 590)
    assert read.span.user_log
    assert read.span.levels == {"INFO", "ERROR"}
    debug = read_log(member("debug.log", files()["logs/debug.log"]))
    assert not debug.span.user_log


def test_a_user_log_of_nothing_but_rejections_is_still_a_user_log() -> None:
    text = "".join(user_line(i, REJECTED.format(bolt=f"bolt-{i}"), "ERROR") for i in range(50))
    read = read_log(member("neo4j.log", text))
    assert read.span.user_log
    assert len(count_once(read.events)) == 50


@pytest.mark.parametrize(("zone", "ahead"), [("+0000", 0), ("+0200", 7200), ("-0330", -12600)])
def test_the_offset_is_taken_into_account(zone: str, ahead: int) -> None:
    text = user_line(10, "Stopping...").replace("+0000", zone)
    read = read_log(member("neo4j.log", text))
    assert read.events[0].time == START + 10 - ahead
    assert read.span.offset == ahead


@pytest.mark.parametrize("day", ["2024-02-29", "2024-12-31", "2100-03-01", "1999-01-01"])
def test_times_agree_with_the_calendar(day: str) -> None:
    from datetime import datetime

    text = f"{day} 23:59:59.999+0000 INFO  Stopping...\n"
    expected = datetime.fromisoformat(f"{day}T23:59:59.999+00:00").timestamp()
    assert read_log(member("neo4j.log", text)).events[0].time == expected


def test_a_cut_log_loses_its_last_line_only_and_says_so() -> None:
    text = files()["logs/neo4j.log"]
    read = read_log(member("neo4j.log", text[:-5]))
    assert read.source.refused == 1
    assert "cut" in read.source.why
    assert "cut" in read.problems[0]
    assert read.source.rows == text.count("\n") - 1


def test_windows_line_ends_change_nothing() -> None:
    text = files()["logs/neo4j.log"]
    unix, windows = (
        read_log(member("neo4j.log", text.replace("\n", ending))) for ending in ("\n", "\r\n")
    )
    assert unix == windows


def test_a_clock_that_goes_back_is_told() -> None:
    text = user_line(100, "a") + user_line(40, "b") + user_line(50, "c")
    read = read_log(member("neo4j.log", text))
    assert "clock goes back 1 times, the first time at line 2" in read.problems[0]
    assert (read.span.start, read.span.end) == (START + 40, START + 100)


@pytest.mark.parametrize("block", [100, 1 << 20])
def test_an_endless_line_does_not_fill_the_memory(block: int) -> None:
    text = user_line(1, "Stopping...").encode() + b"x" * (3 << 20) + b"\n"
    text += user_line(2, "Stopping...").encode()
    read = read_log(member("neo4j.log", text), block=block)
    assert [event.where.first_line for event in read.events] == [1, 3]
    assert read.source.refused == 1
    assert "longer than" in read.source.why


def test_secrets_in_the_start_diagnostics_are_hidden() -> None:
    text = debug_line(0, "") + diagnostics({"server.x.password": "hunter2", "a.b": "c"})
    read = read_log(member("debug.log", text))
    assert [value.value for value in read.settings] == ["(hidden)", "c"]


def test_the_last_start_in_a_log_counts() -> None:
    name = "server.bolt.thread_pool_max_size"
    text = "".join(
        debug_line(i, "") + diagnostics({name: value}) for i, value in enumerate(("8", "16"))
    )
    read = read_log(member("debug.log", text))
    assert [value.value for value in read.settings] == ["16"]


def test_text_is_cut_and_connections_too() -> None:
    text = user_line(1, "Client /1.2.3.4:5 disconnected while query was running " + "x" * 5000)
    (event,) = read_log(member("neo4j.log", text)).events
    assert len(event.text) == 500
