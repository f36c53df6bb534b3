"""Arrivals and mean holds: set where they are identified, else the reason is kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import boltkb
from boltkb.bolt import observe, read_pool
from boltkb.exports import Series, Where
from boltkb.queueing import Exponential, PoissonArrivals, simulate_queue

MAX = "server.bolt.thread_pool_max_size"
LOGGED = {MAX: "8", "server.bolt.enable_network_error_accounting": "false"}


def seen_in(export):
    return observe(export, read_pool(export))


def released(epoch, counts, *, step=30.0):
    times = epoch + step * np.arange(len(counts))
    return Series(
        "worker_thread_bound_time", "histogram", times, np.array(counts, dtype=float), None,
        Where("metrics/worker.csv", 2), {"mean": np.full(len(counts), 0.4)},
    )  # fmt: skip


def ended(epoch, build, counts, *, level=4):
    return [
        released(epoch, counts),
        build.series("connections_running", [level] * len(counts), step=30.0),
    ]


def test_a_trace_counts_every_request_and_measures_every_hold(make, build, epoch):
    spans = [(t + 0.1, t + 0.6) for t in range(600)]
    seen = seen_in(make(holds=build.held(spans, rejected=[50.2, 50.3, 400.5])))
    assert seen.arrivals.total == 603
    assert seen.rejections.total == 3
    assert np.array_equal(seen.arrivals.edges, seen.rejections.edges)
    assert seen.mean_hold == pytest.approx(0.5, abs=1e-6)
    assert "each in the debug-level trace" in seen.arrivals_from


def test_a_trace_that_covers_a_part_only_counts_nothing_for_the_whole(make, build):
    spans = [(t + 0.1, t + 0.6) for t in range(300)]
    seen = seen_in(make(holds=build.held(spans, end=300)))
    assert seen.arrivals is None
    assert seen.mean_hold is None
    assert "not counted" in seen.arrivals_from


def test_holds_that_do_not_end_leave_the_mean_unknown(make, build):
    """The mean of those that ended would leave out the longest."""
    spans = [(t + 0.1, t + 0.6) for t in range(600)]
    seen = seen_in(make(holds=build.held([*spans, (10.0, None)])))
    assert seen.mean_hold is None
    assert "had not ended" in seen.hold_from
    assert seen.arrivals.total == 601


def test_a_traced_export_agrees_with_itself(make, build, epoch):
    """Load, arrivals and holds come from one trace; the fit's own check holds them together."""
    run = simulate_queue(PoissonArrivals(12.0), Exponential(0.4), 8, duration=1500.0, seed=4)
    begins = run.arrivals[run.served]
    ends = begins + run.holds[run.served]
    spans = [(a, b if b < 1500 else None) for a, b in zip(begins, ends, strict=True) if a >= 0]
    lost = run.arrivals[~run.served].tolist()
    trace = build.held(spans, rejected=lost, end=1500)
    export = make(settings={MAX: "8"}, holds=trace, seconds=1500.0)
    seen = seen_in(export)
    fit = boltkb.fit_queue(seen)
    assert fit.offered_load.low < 4.8 < fit.offered_load.high
    assert fit.arrival_rate.low < 12.0 < fit.arrival_rate.high
    assert seen.mean_hold == pytest.approx(0.4, rel=0.05)
    little = [c for model in fit.models for c in model.checks if "little" in c.name.lower()]
    assert all(check.passed for check in little)
    assert little


def test_released_threads_and_logged_rejections_are_the_arrivals(make, build, epoch):
    events = [build.event(t, connection=f"bolt-{t}") for t in (10, 11, 100)]
    counts = [300 * i for i in range(20)]
    seen = seen_in(make(settings=LOGGED, several=ended(epoch, build, counts), events=events))
    assert seen.arrivals.total == 19 * 300 + 3
    assert seen.arrivals.counts[0] == 302
    assert seen.rejections.total == 3
    assert seen.mean_hold is None
    assert "worked out from the load" in seen.hold_from


def test_a_counter_that_began_anew_leaves_one_count_unknown(make, build, epoch):
    counts = [*(300 * i for i in range(10)), *(300 * i for i in range(10))]
    seen = seen_in(make(settings=LOGGED, several=ended(epoch, build, counts)))
    assert np.isnan(seen.arrivals.counts).tolist() == [i == 9 for i in range(19)]
    assert np.isnan(seen.rejections.counts).tolist() == [i == 9 for i in range(19)]


def test_accepted_alone_are_no_arrivals_where_rejections_are_not_counted(make, build, epoch):
    counts = [300 * i for i in range(20)]
    episode = [build.event(50, "starvation-increase")]
    seen = seen_in(make(several=ended(epoch, build, counts), events=episode))
    assert seen.rejected.how == "episodes"
    assert seen.arrivals is None
    assert "how many were rejected is not known" in seen.arrivals_from


def test_accepted_alone_are_the_arrivals_where_no_episode_was_logged(make, build, epoch):
    counts = [300 * i for i in range(20)]
    seen = seen_in(make(several=ended(epoch, build, counts)))
    assert seen.rejected.how == "none"
    assert seen.arrivals.total == 19 * 300
    assert seen.rejections is None


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("5.26.0", "neo4j.dbms.bolt.worker_thread_bound_time would count them"),
        ("5.13.0", "debug.log at debug level"),
        ("4.4.17", "Neo4j 4.4.17 cannot"),
        (None, "not counted"),
    ],
)
def test_messages_are_no_arrivals_and_the_way_to_them_is_named(make, build, version, words):
    several = [
        build.series("connections_running", [3] * 600),
        build.series("messages_started", np.arange(600) * 20.0),
        replace(build.series("transaction_started", np.arange(600) * 5.0), database="neo4j"),
    ]
    seen = seen_in(make(version=version, several=several))
    assert seen.arrivals is None
    assert words in seen.arrivals_from
    assert "messages and transactions started are not requests" in seen.arrivals_from


def test_a_query_logs_holds_are_too_short(make, build):
    several = [build.series("connections_running", [3] * 600)]
    seen = seen_in(make(several=several, queries=build.query_log([2.0] * 600)))
    assert seen.mean_hold is None
    assert "too short" in seen.hold_from


def test_a_trace_without_a_rejection_proves_that_there_was_none(make, build):
    """Under the accounting two rejections in ten minutes leave no line, but for the trace."""
    plain = seen_in(make(several=[build.series("connections_running", [3] * 600)]))
    assert (plain.rejected.how, plain.rejected.high) == ("none", 2)
    traced = seen_in(make(holds=build.held([(t, t + 0.5) for t in range(600)])))
    assert (traced.rejected.how, traced.rejected.high) == ("none", 0)
    assert "trace" in traced.rejected.reason


def test_lines_of_a_debug_level_that_came_late_do_not_count_what_went_before(make, build):
    events = [build.event(t, connection=f"bolt-{t}") for t in (400, 401)]
    holds = build.held([(t, t + 0.5) for t in range(300, 600)], begin=300, rejected=[400, 401])
    several = [build.series("connections_running", [3] * 600)]
    late = seen_in(make(several=several, events=events, holds=holds)).rejected
    assert (late.how, late.low, late.high) == ("counted", 2, None)
    assert "a part of the time" in late.reason
