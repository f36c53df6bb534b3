"""What is cut out of the observed time, and whether clocks agree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boltkb.bolt import observe, read_pool
from boltkb.bolt.observing.clocks import clock_offset
from boltkb.exports import LogEvent, Series, Where

MAX = "server.bolt.thread_pool_max_size"


def seen_in(export):
    return observe(export, read_pool(export))


def counter(identity, epoch, seconds, values, database=None):
    times = epoch + np.asarray(seconds, dtype=float)
    where = Where(f"metrics/{identity}.csv", 2)
    return Series(identity, "counter", times, np.asarray(values, dtype=float), database, where)


def gauge(epoch, seconds, values):
    return replace(counter("connections_running", epoch, seconds, values), kind="gauge")


def test_a_restart_is_cut_out_from_the_last_sample_before_to_the_first_after(make, epoch):
    seconds = [*range(0, 300, 10), *range(320, 600, 10)]
    export = make(several=[gauge(epoch, seconds, [3] * len(seconds))], restarts=[epoch + 301])
    seen = seen_in(export)
    (cut,) = seen.cuts
    assert (cut.kind, cut.start - epoch, cut.end - epoch) == ("restart", 290, 320)
    assert seen.gaps == ((cut.start, cut.end),)


def test_a_gap_says_when_the_server_stood_still(make, epoch):
    seconds = [*range(100), *range(130, 300)]
    pause = LogEvent(
        epoch + 129, "vm-pause", "WARN", "", None, {"pause": 28.0}, Where("debug.log", 4)
    )
    export = make(several=[gauge(epoch, seconds, [3] * len(seconds))], events=[pause])
    (cut,) = seen_in(export).cuts
    assert cut.kind == "gap"
    assert cut.words == "No sample for 31 s. The server stood still for 28 s of it."


def test_a_counter_of_one_database_that_began_anew_is_told_and_cuts_nothing(make, epoch):
    several = [
        gauge(epoch, range(60), [3] * 60),
        counter("transaction_committed", epoch, range(60), [*range(30), *range(30)], "orders"),
    ]
    seen = seen_in(make(several=several))
    (cut,) = seen.cuts
    assert cut.kind == "reset"
    assert "orders" in cut.words
    assert seen.gaps == ()


def test_the_same_fall_at_a_restart_is_told_once(make, epoch):
    several = [
        gauge(epoch, range(60), [3] * 60),
        counter("transaction_committed", epoch, range(60), [*range(30), *range(30)], "orders"),
    ]
    seen = seen_in(make(several=several, restarts=[epoch + 29.5]))
    assert [cut.kind for cut in seen.cuts] == ["restart"]


def started(epoch, second):
    return LogEvent(epoch + second, "startup", "INFO", "", None, {}, Where("neo4j.log", 9))


@pytest.mark.parametrize(
    ("logged", "differs"), [(300.4, False), (300.4 + 3600, True), (300.4 - 7200, True)]
)
def test_a_restart_tells_by_how_much_the_clocks_differ(make, epoch, logged, differs):
    opened = counter("connections_opened", epoch, range(600), [*range(301), *range(299)])
    offset = clock_offset(make(several=[opened], events=[started(epoch, logged)]))
    assert offset.differs is differs
    assert offset.low <= logged - 300.4 <= offset.high
    assert offset.high - offset.low == pytest.approx(1.0)


def closings(epoch, rejected, *, every=1, ordinary=20, seconds=1800):
    """Closed connections: one for each rejection, and others that end by themselves."""
    chance = np.random.default_rng(5).uniform(0, seconds, ordinary)
    at = np.sort(np.concatenate([rejected, chance]))
    seconds_ = np.arange(0, seconds, every)
    return counter("connections_closed", epoch, seconds_, np.searchsorted(at, seconds_))


def rejections(seed=3, *, seconds=1800):
    random = np.random.default_rng(seed)
    bursts = random.uniform(100, seconds - 100, 6)
    return np.sort(np.concatenate([b + random.exponential(5, 15) for b in bursts]))


@pytest.mark.parametrize("shift", [0.0, 120.0, -90.0])
def test_rejections_and_the_connections_they_close_tell_it_too(make, build, epoch, shift):
    moments = rejections()
    events = [build.event(m + shift, connection=f"bolt-{m:.3f}") for m in moments]
    export = make(several=[closings(epoch, moments)], events=events, seconds=1800)
    offset = clock_offset(export)
    assert offset.low <= shift <= offset.high
    assert offset.differs is (shift != 0)


def test_rejections_that_have_nothing_to_do_with_closings_tell_nothing(make, build, epoch):
    events = [build.event(m, connection=f"bolt-{m:.3f}") for m in rejections()]
    other = closings(epoch, rejections(8), ordinary=300)
    assert clock_offset(make(several=[other], events=events, seconds=1800)).low is None


def test_up_to_4_4_a_rejection_need_not_close_its_connection(make, build, epoch):
    moments = rejections()
    events = [build.event(m, "rejection-a", f"bolt-{m:.3f}") for m in moments]
    export = make(version="4.4.17", several=[closings(epoch, moments)], events=events, seconds=1800)
    assert clock_offset(export).low is None


def test_clocks_that_differ_are_said_in_the_report(make, epoch):
    opened = counter("connections_opened", epoch, range(600), [*range(301), *range(299)])
    export = make(several=[opened], events=[started(epoch, 3900.4)])
    assert "1 h ahead of" in str(seen_in(export).table())


def test_without_a_log_there_is_nothing_to_compare(make, epoch):
    opened = counter("connections_opened", epoch, range(600), range(600))
    assert clock_offset(make(several=[opened], log=False)).low is None
