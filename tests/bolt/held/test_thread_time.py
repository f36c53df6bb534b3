"""Where held thread-time went, by each kind of evidence alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boltkb.bolt import observe, read_pool
from boltkb.bolt.thread_time import (
    COURSE,
    DUMPS,
    LIST,
    METRICS,
    PROCESSING,
    QUERIES,
    TRACE,
    UNREAD,
    WITH_QUERY,
    WITHOUT_TRANSACTION,
    Look,
    read_thread_time,
)
from boltkb.exports import Source

EPOCH = 1_795_000_000.0


def told(export):
    pool = read_pool(export)
    return read_thread_time(export, pool, observe(export, pool))


def test_a_trace_tells_the_waiting_of_each_hold_exactly(make, build, evidence):
    export = make(several=[build.series("connections_running", np.full(600, 0.1))])
    holds = evidence.trace([100, 200], [110, 230], [5, 15])
    look = told(replace(export, holds=holds)).look(TRACE)
    assert look.held == pytest.approx(40 / 599)
    assert look.shares["waiting_for_client"] == pytest.approx(20 / 40)
    assert look.shares[PROCESSING] == pytest.approx(20 / 40)


def test_a_hold_that_lies_partly_outside_counts_for_its_part(make, build, evidence):
    export = make(several=[build.series("connections_running", np.full(600, 0.1))])
    holds = evidence.trace([-50, 100], [50, 110], [100, 0], begin=-100.0)
    look = told(replace(export, holds=holds)).look(TRACE)
    assert look.shares["waiting_for_client"] == pytest.approx(50 / 60)


def test_a_hold_without_an_end_is_kept_when_it_is_old_and_waits(make, build, evidence):
    export = make(several=[build.series("connections_running", np.full(600, 2.0))])
    holds = evidence.trace([100, 120, 590, 50], [np.nan, np.nan, np.nan, np.nan], [499, 479, 9, 10])
    kept = next(k for k in told(replace(export, holds=holds)).kept if k.kind == TRACE)
    assert (kept.threads, kept.began) == (2, EPOCH + 100)


def test_a_trace_of_seconds_says_nothing_of_what_is_kept(make, build, evidence):
    export = make(several=[build.series("connections_running", np.full(600, 2.0))])
    holds = evidence.trace([100], [np.nan], [20], begin=100.0, end=120.0)
    assert all(k.kind != TRACE for k in told(replace(export, holds=holds)).kept)


def test_threads_held_before_the_trace_began_make_its_shares_lower_bounds(make, build, evidence):
    """Whoever leaks was there before the trace was switched on, and is not in it."""
    holds = evidence.trace([100, 200], [300, 400], [200, 200])
    eight = make(several=[build.series("connections_running", np.full(600, 8.0))])
    look = told(replace(eight, holds=holds)).look(TRACE)
    assert look.bound
    assert look.held == pytest.approx(8.0)
    assert look.shares["waiting_for_client"] == pytest.approx(400 / (8 * 599))
    assert all(k.kind != TRACE for k in told(replace(eight, holds=holds)).kept)


def test_what_was_held_when_the_server_went_down_ended_with_it(make, build, evidence):
    holds = evidence.trace([100], [np.nan], [100.0])
    export = make(
        several=[build.series("connections_running", np.full(600, 0.2))], restarts=[EPOCH + 200]
    )
    seen = told(replace(export, holds=holds))
    assert seen.look(TRACE).shares["waiting_for_client"] == pytest.approx(1.0)
    assert seen.look(TRACE).held == pytest.approx(100 / 599)
    assert next(k for k in seen.kept if k.kind == TRACE).threads == 0


def test_one_transaction_in_several_lists_is_one_hold(make, evidence):
    rows = [
        evidence.listed(i, second=300.0 + 15 * j, elapsed=5.0 + 15 * j)
        for i in range(4)
        for j in range(3)
    ]
    look = told(make(transactions=rows)).look(LIST)
    assert (look.held, look.samples) == (4, 4)


def test_dumps_tell_each_state(make, build):
    states = [
        "working", "waiting_for_lock", "waiting_for_bookmark", "authenticating", "committing",
        "waiting_for_client", "idle", "idle",
    ]  # fmt: skip
    look = told(make(dumps=[build.dump(300, states)])).look(DUMPS)
    assert look.held == 6
    for state in states[:6]:
        assert look.shares[state] == pytest.approx(1 / 6)
    assert look.shares[WITHOUT_TRANSACTION] == pytest.approx(2 / 6)
    assert look.lasting == {}


def test_sending_in_one_dump_proves_no_slow_reader(make, build):
    look = told(make(dumps=[build.dump(300, ["sending"] * 8)])).look(DUMPS)
    assert UNREAD not in look.shares
    look = told(make(dumps=[build.dump(300 + 15 * i, ["sending"] * 8) for i in range(3)]))
    assert look.look(DUMPS).shares[UNREAD] == 1.0


def test_ever_other_workers_that_send_are_no_proof(make, build):
    dumps = [build.dump(300 + 15 * i, ["sending"] * 8, first=100 * i) for i in range(3)]
    assert UNREAD not in told(make(dumps=dumps)).look(DUMPS).shares


def test_old_transactions_of_threads_that_send_prove_a_slow_reader(make, build, evidence):
    dumps = [build.dump(300, ["sending"] * 8)]
    query = "MATCH (n) RETURN n"
    old = [evidence.listed(i, query=query, elapsed=4.0) for i in range(8)]
    assert told(make(dumps=dumps, transactions=old)).look(DUMPS).shares[UNREAD] == 1.0
    young = [evidence.listed(i, query=query, elapsed=0.02) for i in range(8)]
    assert UNREAD not in told(make(dumps=dumps, transactions=young)).look(DUMPS).shares


def test_a_worker_that_waits_while_its_query_is_open_has_an_unread_result(make, build, evidence):
    dumps = [build.dump(300, ["waiting_for_client"] * 8)]
    rows = [evidence.listed(i, query="MATCH (n) RETURN n" if i < 6 else "") for i in range(8)]
    look = told(make(dumps=dumps, transactions=rows)).look(DUMPS)
    assert look.shares[UNREAD] == pytest.approx(6 / 8)
    later = [replace(row, time=row.time + 30) for row in rows]
    assert UNREAD not in told(make(dumps=dumps, transactions=later)).look(DUMPS).shares


def test_a_worker_whose_transaction_is_young_is_not_kept(make, build, evidence):
    dumps = [build.dump(300 + 10 * i, ["waiting_for_client"] * 8) for i in range(3)]
    rows = [evidence.listed(i, elapsed=5.0) for i in range(8)]
    kept = {k.kind: k.threads for k in told(make(dumps=dumps, transactions=rows)).kept}
    assert kept[DUMPS] == 0
    kept = {k.kind: k.threads for k in told(make(dumps=dumps)).kept}
    assert kept[DUMPS] == 8


def test_held_threads_without_a_row_have_no_transaction(make, build, evidence):
    dumps = [build.dump(300, ["waiting_for_bookmark"] * 6 + ["working"] * 2)]
    rows = [evidence.listed(i, query="MATCH (n) RETURN n") for i in (6, 7)]
    look = told(make(dumps=dumps, transactions=rows)).look(LIST)
    assert look.shares[WITHOUT_TRANSACTION] == pytest.approx(6 / 8)
    assert look.shares[WITH_QUERY] == pytest.approx(2 / 8)
    assert look.held == 8


def test_an_empty_list_beside_a_full_dump_says_that_no_thread_has_a_transaction(make, build):
    export = make(dumps=[build.dump(300, ["waiting_for_bookmark"] * 8)])
    empty = Source("show-transactions.csv", "transactions", 0)
    export = replace(export, sources=(*export.sources, empty))
    assert told(export).look(LIST).shares[WITHOUT_TRANSACTION] == 1.0
    assert told(make(dumps=export.thread_dumps)).look(LIST) is None


def test_a_list_tells_what_is_blocked_and_what_is_closing(make, build, evidence):
    rows = [
        evidence.listed(1, query="CREATE ()", status="Blocked by: [neo4j-transaction-2]"),
        evidence.listed(2, query="CREATE ()", status="Running"),
        evidence.listed(3, query="", status="Closing"),
        evidence.listed(4, query="", status="Running"),
    ]
    shares = told(make(transactions=rows)).look(LIST).shares
    assert shares["waiting_for_lock"] == pytest.approx(1 / 4)
    assert shares["committing"] == pytest.approx(1 / 4)
    assert shares["waiting_for_client"] == pytest.approx(1 / 4)


def test_a_list_of_which_no_row_is_blocked_does_not_rule_out_locks(make, build, evidence):
    rows = [evidence.listed(i, query="CREATE ()") for i in range(8)]
    assert "waiting_for_lock" not in told(make(transactions=rows)).look(LIST).shares


def test_a_query_log_bounds_queries_locks_and_thinking_from_below(make, build, evidence):
    export = make(several=[build.series("connections_running", np.full(600, 4.0))])
    log = evidence.query_log(elapsed=600.0, held=1800.0, busy=1.0, waiting=300.0)
    look = told(replace(export, queries=log)).look(QUERIES)
    assert look.bound
    assert look.shares[WITH_QUERY] == pytest.approx(1 / 4, rel=0.01)
    assert look.shares["waiting_for_lock"] == pytest.approx(1 / 8, rel=0.01)
    assert look.shares["waiting_for_client"] == pytest.approx(1200 / 2400, rel=0.01)
    assert look.interval(WITH_QUERY)[1] == 1.0


def test_a_query_log_without_times_or_ids_tells_neither_locks_nor_thinking(make, build, evidence):
    export = make(several=[build.series("connections_running", np.full(600, 4.0))])
    log = evidence.query_log(elapsed=600.0, held=1800.0, busy=1.0, ids=False)
    assert set(told(replace(export, queries=log)).look(QUERIES).shares) == {WITH_QUERY}


def test_metrics_tell_threads_without_a_transaction_and_without_work(make, build):
    busy = np.full(600, 8.0)
    half = np.full(600, 2.0)
    open_now = [
        replace(build.series(f"transaction_active_{kind}", half), database="neo4j")
        for kind in ("read", "write")
    ]
    worked = replace(
        build.series("accumulated_processing_time", 3.0 * np.arange(600)), kind="counter"
    )
    seen = told(make(several=[build.series("connections_running", busy), *open_now, worked]))
    look = seen.look(METRICS)
    assert look.shares[WITHOUT_TRANSACTION] == pytest.approx(0.5)
    assert look.shares[PROCESSING] == pytest.approx(3 / 8)
    assert look.shares["waiting_for_client"] == pytest.approx(1 / 8)
    assert seen.sticky.factor == pytest.approx(8 / 3)
    assert seen.sticky.low <= seen.sticky.factor <= seen.sticky.high


def test_reads_without_writes_do_not_tell_threads_without_a_transaction(make, build):
    reads = replace(build.series("transaction_active_read", np.full(600, 2.0)), database="neo4j")
    seen = told(make(several=[build.series("connections_running", np.full(600, 8.0)), reads]))
    assert seen.look(METRICS) is None


def test_metrics_that_vary_have_a_wide_interval(make, build):
    busy = np.full(600, 8.0)
    rate = np.where(np.arange(600) < 300, 1.0, 7.0)
    worked = replace(build.series("accumulated_processing_time", np.cumsum(rate)), kind="counter")
    seen = told(make(several=[build.series("connections_running", busy), worked]))
    low, high = seen.look(METRICS).interval(PROCESSING)
    assert low < 0.4 < 0.6 < high


def test_without_the_gauge_holds_that_ended_tell_the_sticky_factor_without_an_upper_end(
    make, build
):
    count = 10.0 * np.arange(600)
    bound = build.series("worker_thread_bound_time", count)
    bound = replace(bound, kind="histogram", stored_columns={"mean": np.full(600, 0.4)})
    worked = replace(
        build.series("accumulated_processing_time", 1.0 * np.arange(600)), kind="counter"
    )
    sticky = told(make(several=[bound, worked])).sticky
    assert sticky.factor == pytest.approx(4.0)
    assert sticky.high == np.inf


def test_a_staircase_tells_when_it_began(make, build):
    steps = np.minimum(8, np.arange(600) // 60).astype(float)
    started = np.cumsum(np.where(np.arange(600) < 200, 10.0, 0.5))
    export = make(
        several=[
            build.series("connections_running", steps),
            build.series("messages_started", started),
        ]
    )
    kept = next(k for k in told(export).kept if k.kind == COURSE)
    assert kept.threads >= 7
    assert kept.began == EPOCH + 60


def test_an_export_without_evidence_tells_nothing(make):
    assert told(make()).looks == ()
    assert told(make()).share("working") is None


def test_a_share_of_few_threads_has_a_wide_interval():
    few = Look(DUMPS, 2.0, {"working": 1.0}, 2.0, False, ())
    many = Look(DUMPS, 2.0, {"working": 1.0}, 200.0, False, ())
    assert few.interval("working")[0] < 0.4
    assert many.interval("working")[0] > 0.95
    assert few.interval("sending") == (0.0, 1.0)


def test_a_gauge_that_stands_still_says_nothing_of_what_is_kept(make, build):
    flat = make(several=[build.series("connections_running", np.full(600, 6.0))])
    assert all(kept.kind != COURSE for kept in told(flat).kept)


@pytest.mark.parametrize("floor", [0.0, 3.0])
def test_a_gauge_that_falls_again_says_that_nothing_is_kept(floor, make, build):
    busy = np.where((np.arange(600) > 150) & (np.arange(600) < 400), 8.0, floor)
    kept = told(make(several=[build.series("connections_running", busy)])).kept
    assert next(each for each in kept if each.kind == COURSE).threads == 0
