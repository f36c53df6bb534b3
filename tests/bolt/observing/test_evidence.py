"""How many threads were held, by each kind of evidence alone and side by side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import boltkb
from boltkb.bolt import observe, read_pool
from boltkb.bolt.observing.evidence import (
    BOUND_TIME,
    DUMPS,
    GAUGE,
    LIST,
    OPEN,
    PEAK,
    QUERIES,
    TRACE,
)
from boltkb.exports import Series, Where


def seen_in(export, **window):
    return observe(export, read_pool(export), **window)


def by_name(seen, name):
    return next(entry for entry in seen.evidence if entry.name == name)


def released(counts, means, *, step=30.0, epoch):
    """`worker_thread_bound_time`: a running count and the mean of recent holds."""
    where = Where("metrics/worker.csv", 2)
    times = epoch + step * np.arange(len(counts))
    return Series(
        "worker_thread_bound_time", "histogram", times, np.array(counts, dtype=float), None, where,
        {"mean": np.array(means, dtype=float)},
    )  # fmt: skip


def of_database(build, identity, values, database="neo4j", **given):
    return replace(build.series(identity, values, **given), database=database)


def test_a_trace_gives_every_moment_exactly(make, build, epoch):
    holds = build.held([(10, 20), (12, 14), (12.5, None), (100, 100.4)], end=200)
    seen = seen_in(make(holds=holds, seconds=200))
    trace = by_name(seen, TRACE)
    assert seen.chosen is trace
    at = dict(zip((seen.times - epoch).tolist(), seen.busy.tolist(), strict=True))
    assert [at[t] for t in (9, 10, 12, 13, 14, 20, 199)] == [0, 1, 2, 3, 2, 1, 1]
    assert trace.peak == 3
    assert trace.mean == pytest.approx((10 + 2 + 187.5 + 0.4) / 200)
    assert not seen.lower_bound


def test_what_was_held_at_a_restart_ended_with_it(make, build, epoch):
    export = make(holds=build.held([(10, None)], end=200), seconds=200, restarts=[epoch + 50])
    seen = seen_in(export)
    at = dict(zip((seen.times - epoch).tolist(), seen.busy.tolist(), strict=True))
    assert (at[49], at[51]) == (1, 0)


def test_a_peak_between_two_looks_of_a_trace_is_seen(make, build):
    holds = build.held([(10.2, 10.8)] * 8, end=100)
    seen = seen_in(make(holds=holds, seconds=100))
    assert seen.peak == 0
    assert seen.peak_at_least == 8


def test_holds_that_were_too_many_to_keep_end_what_a_trace_covers(make, build, epoch):
    holds = build.held([(t, t + 5) for t in range(50)], end=500, left_out=900)
    trace = by_name(seen_in(make(holds=holds)), TRACE)
    assert trace.times[-1] - epoch < 50
    assert "900 holds were too many" in trace.words


def test_the_gauge_alone(make, build):
    seen = seen_in(make(several=[build.series("connections_running", [3, 5, 4])]))
    assert seen.chosen.name == GAUGE
    assert seen.busy.tolist() == [3, 5, 4]
    assert not seen.lower_bound


def test_up_to_4_4_requests_being_rejected_are_no_held_threads(make, build):
    """They count as running, but a thread that is none of the pool's answers them."""
    series = build.series("connections_running", [3, 8, 11, 9, 4] * 10)
    settings = {"dbms.connector.bolt.thread_pool_max_size": "8"}
    seen = seen_in(make(version="4.4.17", settings=settings, several=[series]))
    assert seen.busy[:5].tolist() == [3, 8, 8, 8, 4]
    assert "20 samples above 8" in seen.busy_from
    assert seen.full_share == pytest.approx(0.6)


def test_dumps_alone(make, build, epoch):
    dumps = [build.dump(10 * i, ["working"] * held + ["idle"] * 2) for i, held in enumerate((2, 4))]
    seen = seen_in(make(dumps=dumps))
    assert seen.chosen.name == DUMPS
    assert (seen.times - epoch).tolist() == [0, 10]
    assert seen.busy.tolist() == [2, 4]
    assert not seen.lower_bound


def test_two_dumps_of_one_second_are_one_look(make, build):
    dumps = [build.dump(5, ["working"]), build.dump(5, ["working"]), build.dump(9, ["working"])]
    assert seen_in(make(dumps=dumps)).samples == 2


def test_what_was_released_gives_the_carried_load_and_a_lower_bound(make, build, epoch):
    series = released([0, 300, 600, 600], [0.0, 0.4, 0.5, 0.5], epoch=epoch)
    seen = seen_in(make(several=[series]))
    assert seen.chosen.name == BOUND_TIME
    assert seen.busy.tolist() == pytest.approx([4.0, 5.0, 0.0])
    assert seen.lower_bound


def test_a_counter_that_began_anew_gives_no_load_then(make, build, epoch):
    series = released([100, 400, 30, 330], [0.4] * 4, epoch=epoch)
    assert seen_in(make(several=[series])).busy.tolist() == pytest.approx([4.0, 4.0])


def test_lists_of_transactions_are_a_lower_bound_and_whoever_lists_is_no_load(make, build, epoch):
    rows = [
        replace(build.transaction(n, idle=1.0), time=epoch + when)
        for when, many in ((10.0, 3), (20.0, 1))
        for n in range(many)
    ]
    lister = replace(
        build.transaction(99, idle=1.0),
        time=epoch + 30,
        query="SHOW TRANSACTIONS YIELD *",
        status="Running",
    )
    seen = seen_in(make(transactions=[*rows, lister]))
    assert seen.chosen.name == LIST
    assert seen.busy.tolist() == [3, 1, 0]
    assert seen.lower_bound


def test_open_transactions_of_all_databases_are_added_up(make, build):
    several = [
        of_database(build, "transaction_active_read", [1, 2, 3]),
        of_database(build, "transaction_active_write", [1, 0, 0]),
        of_database(build, "transaction_active_read", [0, 0, 4], "orders"),
    ]
    seen = seen_in(make(several=several))
    assert seen.chosen.name == OPEN
    assert seen.busy.tolist() == [2, 2, 7]
    assert seen.lower_bound


def test_the_query_log_is_a_lower_bound(make, build):
    seen = seen_in(make(queries=build.query_log([2.0, 2.5, 3.0])))
    assert seen.chosen.name == QUERIES
    assert seen.busy.tolist() == [2.0, 2.5, 3.0]
    assert seen.lower_bound


def test_no_load_and_no_threads_follow_from_a_lower_bound(make, build):
    """A query log that shows little says nothing of threads that wait for their clients."""
    export = make(queries=build.query_log([0.5] * 600))
    pool, seen = read_pool(export), seen_in(export)
    fit = boltkb.fit_queue(seen)
    assert fit.verdict == "REFUSED"
    assert fit.offered_load.value is None
    assert fit.offered_load.low == pytest.approx(0.5)
    assert boltkb.size_threads(fit).servers.value is None
    assert boltkb.diagnose(export, pool, seen, fit).state == "cannot_tell"


def test_nothing_at_all_names_the_metric_of_the_version(make):
    seen = seen_in(make(version="4.4.17"))
    assert (seen.samples, seen.chosen) == (0, None)
    assert "neo4j.bolt.connections_running" in seen.busy_from


def test_all_are_read_and_the_strongest_is_taken(make, build, epoch):
    export = make(
        holds=build.held([(0, None)] * 4),
        several=[
            build.series("connections_running", [4] * 600),
            of_database(build, "transaction_active_read", [3] * 600),
            released([0, 200], [0.5, 0.5], epoch=epoch),
        ],
        dumps=[build.dump(30, ["working"] * 4)],
        transactions=[replace(build.transaction(1, idle=1.0), time=epoch + 5)],
        queries=build.query_log([2.0] * 600),
    )
    seen = seen_in(export)
    order = [TRACE, GAUGE, DUMPS, BOUND_TIME, LIST, OPEN, QUERIES]
    assert [entry.name for entry in seen.evidence] == order
    assert seen.chosen.name == TRACE
    assert seen.disagreements == ()
    told = str(seen.evidence_table())
    assert all(name in told for name in order)
    assert f"{TRACE} (taken)" in told


def test_a_trace_of_a_small_part_is_only_compared(make, build):
    export = make(
        holds=build.held([(100, 130)] * 4, begin=100, end=130),
        several=[build.series("connections_running", [1] * 600)],
    )
    seen = seen_in(export)
    assert seen.chosen.name == GAUGE
    assert by_name(seen, TRACE).peak == 4


def test_evidence_that_contradicts_the_one_taken_is_told(make, build):
    export = make(
        several=[build.series("connections_running", [2] * 600)],
        dumps=[build.dump(50 * i, ["working"] * 8) for i in range(1, 11)],
    )
    (said,) = seen_in(export).disagreements
    assert said.startswith("By thread dumps 8.0 threads were held")
    assert "by the metric connections_running 2.0" in said
    # A few are taken on purpose when the pool is busy.
    few = make(several=export.series.values(), dumps=export.thread_dumps[:3])
    assert seen_in(few).disagreements == ()


def test_a_lower_bound_contradicts_only_from_above(make, build):
    gauge = [build.series("connections_running", [4] * 600)]
    below = seen_in(make(several=gauge, queries=build.query_log([1.0] * 600)))
    above = seen_in(make(several=gauge, queries=build.query_log([6.0] * 600)))
    assert below.disagreements == ()
    assert len(above.disagreements) == 1
    assert "at least 6" in above.disagreements[0]


def test_a_mark_that_rose_between_two_samples_is_a_peak_that_no_sample_shows(make, build):
    export = make(
        several=[
            build.series("connections_running", [2] * 600),
            of_database(build, "transaction_peak_concurrent", [3] * 300 + [7] * 300),
        ]
    )
    seen = seen_in(export)
    assert (seen.peak, seen.peak_at_least) == (2, 7)
    assert seen.full_share == 0


@pytest.mark.parametrize("marks", [[7] * 600, [3] * 300 + [12] * 300])
def test_an_old_mark_and_one_above_the_pool_say_nothing_of_this_time(make, build, marks):
    """Set before the window; or with transactions in it that did not come by Bolt."""
    export = make(
        several=[
            build.series("connections_running", [2] * 600),
            of_database(build, "transaction_peak_concurrent", marks),
        ]
    )
    assert seen_in(export).peak_at_least == 2
    if marks[0] == 7:
        assert all(entry.name != PEAK for entry in seen_in(export).evidence)


def test_only_the_window_counts(make, build, epoch):
    export = make(
        several=[build.series("connections_running", list(range(8)) * 75)],
        holds=build.held([(10, 20)] * 3, end=100),
    )
    seen = seen_in(export, start="2026-11-18T11:06:50Z", end="2026-11-18T11:07:30Z")
    assert all(seen.start <= t <= seen.end for entry in seen.evidence for t in entry.times)
    assert seen.samples <= 41


def test_times_that_no_calendar_has_do_not_stop_a_report(make, build, epoch):
    rows = [replace(build.transaction(n, idle=1.0), time=when) for n, when in
            enumerate((1e300, -1e300, epoch + 1, epoch + 2, epoch + 3))]  # fmt: skip
    for export in (make(transactions=rows), replace(make(transactions=rows, log=False),
                                                    start=None, end=None)):  # fmt: skip
        pool = read_pool(export)
        seen = observe(export, pool)
        fit = boltkb.fit_queue(seen)
        diagnosis = boltkb.diagnose(export, pool, seen, fit)
        assert str(seen.table())
        assert seen.evidence_table().to_html()
        assert seen.facts()
        assert boltkb.plot_incident(seen, fit, diagnosis) is not None
