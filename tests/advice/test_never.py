"""What is never advised, each with a case in which the careless advice would be given."""

from __future__ import annotations

from dataclasses import replace

import pytest

from boltkb.advice.changes import LATER, WITHOUT, lasting_changes
from boltkb.advice.changes.change import change_setting
from boltkb.advice.dialects import setting_blocks
from boltkb.advice.dialects.server import is_supported
from boltkb.bolt.course import Contention
from boltkb.catalogue import Version, load_causes, load_settings, setting_name
from boltkb.errors import CatalogueError

CAUSES = sorted(load_causes())
MAX = "server.bolt.thread_pool_max_size"


def lines(changes, sign="+"):
    return [
        line.text for change in changes for block in change.blocks for line in block.lines
        if line.sign == sign
    ]  # fmt: skip


@pytest.mark.parametrize("cause", CAUSES)
def test_fewer_threads_are_never_advised_from_gauges(stage, cause):
    """A pool of 400 of which three were ever busy tempts to save threads."""
    quiet = stage.export(load=1.0, threads=400)
    for verdict in (None, "REFUSED"):
        advice = stage.advice(cause, export=quiet, verdict=verdict)
        for change in (*advice.changes, *advice.instead):
            assert MAX not in change.name
        assert advice.estimates["recommended_threads"].value is None


def test_a_change_to_fewer_threads_cannot_even_be_made(stage):
    situation = stage.situation("pool_too_small")
    for after in ("7", "8"):
        with pytest.raises(CatalogueError, match="not more than 8"):
            change_setting(situation, "raise-threads", "bolt-threads-max", after)
    assert change_setting(situation, "raise-threads", "bolt-threads-max", "9").after == "9"


@pytest.mark.parametrize("cause", CAUSES)
def test_unsupported_settings_are_never_given_a_value(stage, cause):
    queue = {"internal.server.bolt.thread_pool_queue_size": "-1"}
    export = stage.export(settings=queue if cause == "queue_enabled" else {})
    advice = stage.advice(cause, export=export)
    added = lines((*advice.changes, *advice.instead))
    assert not [text for text in added if "internal" in text or "unsupported" in text]
    if cause == "queue_enabled":
        gone = lines(advice.changes, "-")
        assert "internal.server.bolt.thread_pool_queue_size=-1" in gone


@pytest.mark.parametrize("version", [None, Version(4, 4), Version(5, 26), Version(2026, 4)])
def test_a_value_for_an_unsupported_setting_cannot_even_be_written(version):
    hidden = 0
    for identity, setting in load_settings().items():
        try:
            name = setting_name(identity, version)
        except CatalogueError:
            continue
        if is_supported(name):
            continue
        hidden += 1
        assert name.startswith(("internal.", "unsupported.")) or "unsupported_" in name
        with pytest.raises(CatalogueError, match="not supported"):
            setting_blocks(identity, version, "", setting.default or "1")
    assert hidden > 5


def test_a_client_pool_is_never_cut_below_the_deadlock_floor(stage):
    """Ten connections were in use at once; the threads leave each pool five."""
    clients = stage.known(
        *(stage.client(host=f"10.1.0.{i}", holding=0.5, peak_in_use=10) for i in range(4))
    )
    export = stage.export(load=2.0, threads=22)
    advice = stage.advice("fleet_times_pool", export=export, clients=clients)
    (app,) = advice.bounds.applications
    assert app.floor == 11
    assert app.advised is None
    assert not [line for line in lines(advice.changes) if "ool_size" in line or "PoolSize" in line]
    first = advice.changes[0]
    assert "work on at most 4 requests at once" in first.name
    assert "wait for one another for ever" in first.why


@pytest.mark.parametrize("peak", [None, 1, 3, 5])
@pytest.mark.parametrize("processes", [1, 4, 9])
def test_every_pool_advised_is_at_or_above_its_floor_and_the_sum_within_the_threads(
    stage, peak, processes
):
    clients = stage.known(
        *(
            stage.client(host=f"10.1.0.{i}", holding=0.5, peak_in_use=peak)
            for i in range(processes)
        ),
        stage.client("report/1", holding=0.3),
    )
    export = stage.export(load=2.0, threads=40)
    bounds = stage.advice("fleet_times_pool", export=export, clients=clients).bounds
    advised = [app for app in bounds.applications if app.advised is not None]
    assert advised or bounds.crossed
    for app in advised:
        assert app.advised >= max(2, app.floor or 0, app.least or 0)
    if advised:
        assert sum(app.objects * app.advised for app in advised) <= bounds.room


def test_a_transaction_timeout_comes_with_those_it_would_have_ended(stage, build):
    rows = [build.transaction(i, idle=None, elapsed=60.0 * i) for i in range(1, 9)]
    advice = stage.advice("leaked_transactions", export=stage.export(transactions=rows))
    change = next(c for c in advice.changes if c.rule == "transaction-timeout")
    assert change.after == "5m"
    said = " ".join(change.notes)
    assert "ended 3 of the 8" in said
    for number in (6, 7, 8):
        assert f"neo4j-transaction-{number}" in said
    assert "neo4j-transaction-5" not in said


def test_a_transaction_timeout_without_known_lengths_says_so(stage):
    change = next(
        c for c in stage.advice("leaked_transactions").changes if c.rule == "transaction-timeout"
    )
    assert "cannot be told" in change.notes[0]


@pytest.mark.parametrize("cause", CAUSES)
def test_every_transaction_timeout_has_its_list(stage, cause):
    advice = stage.advice(cause)
    for change in (*advice.changes, *advice.instead):
        if "transaction" in change.rule and "timeout" in change.rule:
            assert "would have ended" in change.notes[0]


def test_threads_past_the_transaction_limit_are_not_advised_silently(stage):
    export = stage.export(settings={"db.transaction.concurrent.maximum": "9"})
    change = stage.advice("pool_too_small", export=export).changes[0]
    assert float(change.after) > 9
    assert change.notes[0].startswith("Beyond another ceiling: db.transaction.concurrent.maximum")
    assert "passes another ceiling" in stage.advice("pool_too_small", export=export).do_first


def test_threads_past_the_processors_are_not_advised_silently(stage):
    situation = stage.situation("pool_too_small")
    grows = Contention("grows", 2.0, 1.5, 2.5, "holds doubled with eight busy")
    course = replace(situation.case.course, contention=grows)
    change = lasting_changes(stage.situation("pool_too_small", course=course))[0]
    assert change.notes[0].startswith("Beyond another ceiling: holds take longer")
    calm = lasting_changes(situation)[0]
    assert not [note for note in calm.notes if note.startswith("Beyond")]


def test_threads_past_the_memory_are_not_advised_silently(stage):
    export = stage.export(
        settings={"server.memory.pagecache.size": "10g", "server.jvm.additional": "-Xss512m"}
    )
    from boltkb.exports import MachineFact, Where

    place = Where("logs/debug.log", 3)
    machine = {
        "memory": MachineFact("memory", 16.0 * 2**30, "16 GiB", place),
        "heap-max": MachineFact("heap-max", 5.5 * 2**30, "5.5 GiB", place),
    }
    fields = {name: getattr(export, name) for name in export.__slots__}
    change = stage.advice(
        "pool_too_small", export=type(export)(**(fields | {"machine": machine}))
    ).changes[0]
    assert any("heap and page cache leave 0.5" in note for note in change.notes)


@pytest.mark.parametrize("cause", CAUSES)
def test_nothing_is_advised_from_a_refused_fit(stage, cause):
    advice = stage.advice(cause, verdict="REFUSED")
    assert advice.estimates["recommended_threads"].value is None
    assert advice.bounds.demand is None
    for change in (*advice.changes, *advice.instead):
        assert MAX not in change.name
        assert "of attempts rejected" not in change.expected
    assert any("refused" in words for words in advice.do_nots)


def test_a_refused_fit_says_that_there_is_no_number(stage):
    for cause in ("pool_too_small", "client_think_time", "lock_contention", "slow_queries"):
        expected = stage.advice(cause, verdict="REFUSED").changes[0].expected
        assert "the model's fit was refused" in expected
        assert "before and after" in expected


def test_what_goes_beyond_the_load_that_was_seen_is_marked(stage):
    assert "Extrapolation" in stage.advice("pool_too_small").changes[0].expected
    clients = stage.known(stage.client(holding=6.0))
    bounds = stage.advice("fleet_times_pool", clients=clients).bounds
    assert "extrapolation" in " ".join(bounds.words())


def test_behind_a_proxy_clients_are_told_apart_by_user_and_agent(stage):
    pools = [
        stage.client("shop/1", user="shop", holding=3.0),
        stage.client("shop/1", user="report", holding=2.0),
    ]
    proxied = stage.advice("fleet_times_pool", clients=stage.known(*pools, proxied=True))
    assert [app.name for app in proxied.bounds.applications] == [
        "shop/1 as shop", "shop/1 as report",
    ]  # fmt: skip
    assert "a proxy" in str(proxied.action_plan)
    assert "by user and agent" in proxied.action_plan.to_html()
    plain = stage.advice("fleet_times_pool", clients=stage.known(*pools))
    assert [app.name for app in plain.bounds.applications] == ["shop/1"]
    assert "a proxy" not in str(plain.action_plan)


def test_every_cause_has_its_changes_and_each_table_knows_only_causes():
    assert set(LATER) == set(load_causes())
    assert set(WITHOUT) <= set(load_causes())
