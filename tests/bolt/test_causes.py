"""Threads kept, threads that wait for their clients, and a pool too small are told apart."""

from __future__ import annotations

import numpy as np
import pytest

from boltkb.bolt import diagnose, observe, read_pool
from boltkb.queueing import fit_queue
from boltkb.queueing.simulation import simulate_loss

MAX = "server.bolt.thread_pool_max_size"
LOGGED = {MAX: "8", "server.bolt.enable_network_error_accounting": "false"}
WORKING = ["working"] * 8
THINKING = ["waiting_for_client"] * 7 + ["working"]


def loss(seconds=600, load=7.0, seed=3):
    """A sampled loss system with holds of 0.4 s, and when it rejected."""
    run = simulate_loss(
        servers=8, arrival_rate=load / 0.4, mean_hold=0.4, duration=seconds, seed=seed
    )
    return run.busy(np.arange(float(seconds))), run.arrivals[~run.accepted]


def staircase(seconds=600):
    """One thread more is kept every 60 s, until all eight are."""
    steps = np.minimum(8, np.arange(seconds) // 60).astype(float)
    work = np.random.default_rng(5).random(seconds) < 0.2
    return np.minimum(8, steps + work)


def conclude(export, **window):
    pool = read_pool(export)
    seen = observe(export, pool, **window)
    return diagnose(export, pool, seen, fit_queue(seen)), seen


def overloaded(make, build, **more):
    busy, rejected = loss()
    events = [build.event(t, connection=f"bolt-{i}") for i, t in enumerate(rejected)]
    return make(
        settings=LOGGED, several=[build.series("connections_running", busy)], events=events, **more
    )


def test_working_threads_and_rejections_are_a_pool_too_small(make, build):
    dumps = [build.dump(300 + 15 * i, WORKING, first=100 * i) for i in range(3)]
    diagnosis, seen = conclude(overloaded(make, build, dumps=dumps))
    assert (diagnosis.state, diagnosis.cause) == ("saturated", "pool_too_small")
    assert seen.rejected.how == "counted"
    assert diagnosis.cause_of("leaked_transactions").status == "contradicted"
    assert diagnosis.cause_of("client_think_time").status == "contradicted"


def test_threads_that_wait_for_ever_new_clients_are_think_time(make, build):
    dumps = [build.dump(300 + 15 * i, THINKING, first=100 * i) for i in range(3)]
    diagnosis, _ = conclude(overloaded(make, build, dumps=dumps))
    assert (diagnosis.state, diagnosis.cause) == ("saturated", "client_think_time")
    assert diagnosis.cause_of("pool_too_small").status == "contradicted"


def test_threads_kept_by_the_same_clients_are_leaked_transactions(make, build):
    dumps = [build.dump(500 + 15 * i, THINKING) for i in range(3)]
    rows = [build.transaction(i, idle=200.0) for i in range(7)]
    busy = staircase()
    export = make(
        settings=LOGGED,
        several=[build.series("connections_running", busy)],
        events=[build.event(t) for t in range(500, 600, 5)],
        dumps=dumps,
        transactions=rows,
        connections=[build.connection(i) for i in range(7)],
    )
    diagnosis, seen = conclude(export)
    assert (diagnosis.state, diagnosis.cause) == ("saturated", "leaked_transactions")
    assert diagnosis.confidence == "high"
    assert seen.incident is not None
    assert seen.incident.ongoing
    holder = seen.holders.holders[0]
    assert (holder.client, holder.agent, holder.user) == ("10.0.0.7", "report-job/1.1", "reporter")
    assert holder.silent == 200


def test_a_staircase_with_falling_work_is_a_leak_even_without_a_dump(make, build):
    busy = staircase()
    started = np.cumsum(np.where(np.arange(600) < 200, 10.0, 0.5))
    export = make(
        settings=LOGGED,
        several=[
            build.series("connections_running", busy),
            build.series("messages_started", started),
        ],
        events=[build.event(t) for t in range(500, 600, 5)],
    )
    diagnosis, _ = conclude(export)
    assert diagnosis.cause == "leaked_transactions"
    assert diagnosis.confidence == "medium"


def test_a_staircase_that_goes_on_working_is_no_leak(make, build):
    busy = staircase()
    started = np.cumsum(10.0 * np.maximum(busy, 1))
    export = make(
        settings=LOGGED,
        several=[
            build.series("connections_running", busy),
            build.series("messages_started", started),
        ],
        events=[build.event(t) for t in range(500, 600, 5)],
    )
    diagnosis, _ = conclude(export)
    assert diagnosis.cause_of("leaked_transactions").status == "contradicted"
    assert diagnosis.cause is None


def test_without_a_dump_the_cause_of_an_overload_cannot_be_told(make, build):
    diagnosis, _ = conclude(overloaded(make, build))
    assert (diagnosis.state, diagnosis.cause) == ("saturated", None)
    assert diagnosis.confidence == "low"
    assert any("Thread.print" in words for words in diagnosis.cannot_tell)


def test_threads_kept_before_anything_is_rejected_are_a_risk(make, build):
    states = ["waiting_for_client"] * 4 + ["idle"] * 4
    dumps = [build.dump(500 + 20 * i, states) for i in range(3)]
    busy = np.minimum(4, np.arange(600) // 100).astype(float)
    export = make(settings=LOGGED, several=[build.series("connections_running", busy)], dumps=dumps)
    diagnosis, _ = conclude(export)
    assert (diagnosis.state, diagnosis.cause) == ("at_risk", "leaked_transactions")


def test_a_quiet_pool_is_ok(make, build):
    busy, _ = loss(load=0.5)
    idle = np.full(600, 60.0)
    export = make(
        settings=LOGGED,
        several=[build.series("connections_running", busy), build.series("connections_idle", idle)],
    )
    diagnosis, _ = conclude(export)
    assert (diagnosis.state, diagnosis.cause) == ("ok", None)
    assert diagnosis.confidence == "high"
    assert diagnosis.idle_connections == 60


@pytest.mark.parametrize("missing", ["metric", "configuration"])
def test_a_quiet_export_without_its_metric_or_its_configuration_cannot_tell(make, build, missing):
    busy, _ = loss(load=0.5)
    export = make(
        settings={} if missing == "configuration" else LOGGED,
        several=[] if missing == "metric" else [build.series("connections_running", busy)],
    )
    diagnosis, _ = conclude(export)
    assert (diagnosis.state, diagnosis.cause) == ("cannot_tell", None)
    assert diagnosis.confidence == "low"
    words = {"metric": "connections_running", "configuration": "neo4j.conf"}[missing]
    assert any(words in line for line in diagnosis.cannot_tell)


def test_a_load_near_the_limit_without_rejections_is_at_risk(make, build):
    busy, _ = loss(load=2.2, seed=4)
    assert busy.max() < 8
    export = make(settings=LOGGED, several=[build.series("connections_running", busy)])
    diagnosis, _ = conclude(export)
    assert (diagnosis.state, diagnosis.cause) == ("at_risk", None)


def test_a_few_samples_never_make_an_ok(make, build):
    export = make(settings=LOGGED, several=[build.series("connections_running", [1, 0, 1, 0, 2])])
    diagnosis, _ = conclude(export)
    assert diagnosis.state == "cannot_tell"


def test_thread_dumps_alone_show_who_held_threads(make, build):
    export = make(
        settings=LOGGED,
        events=[build.event(10)],
        dumps=[build.dump(10 + 15 * i, WORKING, first=100 * i) for i in range(3)],
    )
    diagnosis, seen = conclude(export)
    assert diagnosis.state == "saturated"
    assert seen.busy_from == "3 thread dumps"
    assert seen.peak == 8


def test_a_transaction_without_an_idle_time_is_judged_by_its_age(make, build):
    """Community writes no idleTime unless query tracking is on."""
    row = build.transaction(1, idle=None, elapsed=90.0)
    assert conclude(make(transactions=[row]))[0].holders.kept_open == 1
    young = build.transaction(1, idle=None, elapsed=9.0)
    assert conclude(make(transactions=[young]))[0].holders.kept_open == 0


def test_a_transaction_over_http_holds_no_bolt_thread(make, build):
    row = build.transaction(1, idle=None, elapsed=900.0)
    row = type(row)(**{n: getattr(row, n) for n in row.__slots__} | {"connection": "http-7"})
    assert conclude(make(transactions=[row]))[0].holders.transactions == 0


def test_a_listing_query_is_not_a_holder(make, build):
    own = build.transaction(99, idle=0.0)
    own = type(own)(**{n: getattr(own, n) for n in own.__slots__} | {"query": "SHOW TRANSACTIONS"})
    export = make(transactions=[own, build.transaction(1, idle=100.0)])
    assert conclude(export)[0].holders.transactions == 1


def test_a_list_of_transactions_alone_tells_clients_that_think(make, build):
    rows = [build.transaction(i, idle=None, elapsed=2.0) for i in range(7)]
    diagnosis, _ = conclude(overloaded(make, build, transactions=rows))
    assert diagnosis.cause == "client_think_time"
    assert diagnosis.confidence == "medium"
    assert diagnosis.holders.seen_in == "the list of open transactions"


def test_a_list_of_transactions_alone_tells_honest_work(make, build):
    rows = [build.transaction(i, idle=None, elapsed=0.4) for i in range(8)]
    rows = [
        type(row)(**{n: getattr(row, n) for n in row.__slots__} | {"query": "MATCH (n) RETURN n"})
        for row in rows
    ]
    diagnosis, _ = conclude(overloaded(make, build, transactions=rows))
    assert diagnosis.cause == "pool_too_small"


def test_dumps_taken_long_after_an_episode_was_logged_still_count(make, build):
    """One line marks an episode of hours; the dumps come when somebody looks."""
    dumps = [build.dump(500 + 15 * i, THINKING, first=100 * i) for i in range(3)]
    export = make(events=[build.event(5, "starvation-increase")], dumps=dumps)
    assert conclude(export)[0].cause == "client_think_time"


def test_only_what_was_looked_at_by_itself_counts_as_a_kind_of_evidence(make, build):
    """That a leak is excluded by the same dumps is no second look."""
    busy, rejected = loss(seconds=30)
    export = make(
        settings=LOGGED,
        several=[build.series("connections_running", busy)],
        events=[build.event(t) for t in rejected],
        dumps=[build.dump(5 + 11 * i, WORKING, first=100 * i) for i in range(3)],
        seconds=30.0,
    )
    diagnosis, _ = conclude(export)
    assert diagnosis.cause_of("pool_too_small").kinds == ("thread dumps",)
    assert diagnosis.confidence != "high"


def test_the_evidence_of_a_leak_told_by_the_gauge_alone_is_named_as_that(make, build):
    started = np.cumsum(np.where(np.arange(600) < 200, 10.0, 0.5))
    export = make(
        settings=LOGGED,
        several=[
            build.series("connections_running", staircase()),
            build.series("messages_started", started),
        ],
        events=[build.event(t) for t in range(500, 600, 5)],
    )
    kinds = conclude(export)[0].cause_of("leaked_transactions").kinds
    assert kinds == ("the course of held threads over time",)
