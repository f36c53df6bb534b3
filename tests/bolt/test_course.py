"""The course of an export: when levels changed, what stood still, what came in rushes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boltkb.bolt import observe, read_pool
from boltkb.bolt.course import read_course
from boltkb.exports import LogEvent, Series, Where

MAX = "server.bolt.thread_pool_max_size"
LOGGED = {MAX: "20", "server.bolt.enable_network_error_accounting": "false"}
SECONDS = 900


def counter(build, identity, rate, *, seed=0, step=1.0):
    """Return a counter whose events come by chance at a rate for each second."""
    grown = np.random.default_rng(seed).poisson(np.broadcast_to(rate, SECONDS))
    values = np.append(0, np.cumsum(grown)).astype(float)[: int(SECONDS / step) + 1]
    return replace(build.series(identity, values, step=step), kind="counter")


def held(build, mean, *, seed=1, limit=20):
    mean = np.broadcast_to(mean, SECONDS + 1)
    busy = np.minimum(limit, np.random.default_rng(seed).poisson(mean))
    return build.series("connections_running", busy.astype(float))


def course_of(export):
    pool = read_pool(export)
    return read_course(export, pool, observe(export, pool))


def stepping(before, after, at=450):
    return np.where(np.arange(SECONDS) < at, before, after)


def made(make, build, *, rate, mean, **more):
    several = [
        held(build, mean),
        counter(build, "transaction_committed", rate, seed=2),
        counter(build, "transaction_rollbacks", 0.1, seed=3),
        *more.pop("several", ()),
    ]
    return make(settings=LOGGED, several=several, seconds=SECONDS, **more)


def test_a_steady_load_has_no_shift_and_its_hold_is_littles(make, build):
    course = course_of(made(make, build, rate=10.0, mean=4.0))
    assert not any(course.shifts.values())
    assert course.throughput_from == "transactions that ended"
    assert course.hold[1].mean() == pytest.approx(0.4, rel=0.05)


def test_longer_holds_are_told_from_more_arrivals(make, build, epoch):
    mean = np.append(stepping(2.0, 8.0), 8.0)
    longer = course_of(made(make, build, rate=10.0, mean=mean))
    (shift,) = longer.shifts["hold"]
    assert shift.when == pytest.approx(epoch + 450, abs=30)
    assert shift.low < 4.0 < shift.high
    assert not longer.shifts["arrivals"]

    more = course_of(made(make, build, rate=stepping(5.0, 20.0), mean=mean))
    (shift,) = more.shifts["arrivals"]
    assert shift.low < 4.0 < shift.high
    assert not more.shifts["hold"]


def test_rejections_are_arrivals_too(make, build):
    events = [build.event(450 + i / 10, connection=f"bolt-{i}") for i in range(4500)]
    course = course_of(made(make, build, rate=10.0, mean=18.0, events=events))
    (shift,) = course.shifts["arrivals"]
    assert shift.after == pytest.approx(20.0, rel=0.1)
    assert course.first_rejection == events[0].time


def test_holes_and_restarts_make_no_throughput_of_their_own(make, build):
    export = made(make, build, rate=10.0, mean=4.0)
    ended = export.series["transaction_committed"]
    values = ended.values.copy()
    values[500:] -= values[500]
    keep = np.r_[0:200, 300:901]
    restarted = Series(ended.id, "counter", ended.times[keep], values[keep], None, ended.where)
    course = course_of(replace(export, series={**export.series, ended.key: restarted}))
    assert course.throughput[1].max() < 20
    assert not course.shifts["hold"]


def pause(second, seconds, collected, kind="vm-pause"):
    numbers = {"pause": seconds} | ({} if collected is None else {"gc": collected})
    where = Where("logs/debug.log", int(second))
    return LogEvent(1_795_000_000.0 + second, kind, "WARN", "text", None, numbers, where)


def test_pauses_end_where_they_are_told_and_are_told_once(make, build, epoch):
    events = [
        pause(100, 3.0, 2.8),
        pause(100.1, 2.9, None, kind="gc-pause"),
        pause(200, 5.0, 0.0),
        pause(300, 0.05, 0.05),
        pause(400, 1.0, None, kind="safepoint-pause"),
    ]
    course = course_of(made(make, build, rate=10.0, mean=4.0, events=events))
    told = [(round(p.start - epoch), p.seconds, p.collecting) for p in course.pauses]
    assert told == [(97, 3.0, True), (195, 5.0, False), (399, 1.0, None)]


def test_pauses_that_only_metrics_tell_know_their_cause_by_the_collector(make, build, epoch):
    stood = np.zeros(SECONDS + 1)
    stood[100:] += 2.0
    stood[500:] += 3.0
    collected = np.zeros(SECONDS + 1)
    collected[100:] += 1.9
    several = [
        replace(build.series("vm_pause_time", stood), kind="counter"),
        replace(build.series("vm_gc_time_young", collected), kind="counter"),
    ]
    course = course_of(made(make, build, rate=10.0, mean=4.0, several=several))
    told = [(round(p.start - epoch), p.seconds, p.collecting) for p in course.pauses]
    assert told == [(98, 2.0, True), (497, 3.0, False)]
    logged = made(make, build, rate=10.0, mean=4.0, several=several, events=[pause(100, 2.0, 1.9)])
    assert len(course_of(logged).pauses) == 2


def test_without_a_log_or_a_metric_pauses_would_not_be_seen(make, build):
    assert not course_of(made(make, build, rate=10.0, mean=4.0, log=False)).stalls_known
    stood = replace(build.series("vm_pause_time", np.zeros(SECONDS + 1)), kind="counter")
    assert course_of(made(make, build, rate=10.0, mean=4.0, several=[stood])).stalls_known


def test_rushes_are_short_and_leave_threads_free(make, build, epoch):
    events = [build.event(300 + i / 100) for i in range(50)]
    events += [build.event(600 + i) for i in range(120)]
    course = course_of(made(make, build, rate=10.0, mean=4.0, events=events))
    (burst,) = course.bursts
    assert (burst.start, burst.rejections) == (epoch + 300, 50)


def test_a_pool_that_stays_full_has_no_burst(make, build):
    events = [build.event(300 + i / 100) for i in range(50)]
    mean = np.append(stepping(4.0, 60.0, at=290), 60.0)
    assert course_of(made(make, build, rate=10.0, mean=mean, events=events)).bursts == ()


def test_an_export_without_anything_has_an_empty_course(make):
    course = course_of(make(settings=LOGGED, log=False))
    assert course.throughput is None
    assert course.contention.verdict == "cannot_tell"
    assert course.rejections is None


def test_rejections_that_only_counters_tell_lie_before_the_sample(make, build, epoch):
    received = np.cumsum(np.full(SECONDS + 1, 40.0))
    started = received.copy()
    received[500:] += 60.0
    several = [
        build.series("messages_received", received),
        build.series("messages_started", started),
    ]
    export = made(make, build, rate=10.0, mean=4.0, several=several)
    export = replace(export, settings={MAX: export.settings[MAX]}, log_spans=())
    course = course_of(export)
    assert course.rejections[0].tolist() == [epoch + 500]
    assert course.rejections[1].sum() == pytest.approx(30.0)
    assert course.first_rejection == epoch + 500
