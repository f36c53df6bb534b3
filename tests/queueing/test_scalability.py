"""Holds that grow with busy servers are told from holds that only happen to be long."""

from __future__ import annotations

import numpy as np
import pytest

from boltkb.queueing.scalability import hold_growth
from boltkb.queueing.simulation import simulate_loss

WIDTH = 10.0


def binned(busy, done, *, step):
    """Return mean busy servers, mean holds and ends of bins of ten seconds."""
    per = round(WIDTH / step)
    bins = busy.size // per
    level = busy[: bins * per].reshape(bins, per).mean(axis=1)
    ended = done[: bins * per].reshape(bins, per).sum(axis=1)
    return level, np.where(ended > 0, level * WIDTH / np.maximum(ended, 1), np.nan), ended


def shared(rng, load, *, cores, servers=60, work=0.2, seconds=1500, step=0.05):
    """Step a server that shares its cores between everything that is in it."""
    left = np.empty(0)
    count = round(seconds / step)
    busy, done = np.zeros(count), np.zeros(count)
    for index in range(count):
        rate = load(index * step) / work
        fresh = min(rng.poisson(rate * step), servers - left.size)
        left = np.append(left, rng.exponential(work, fresh))
        left = left - step * min(1.0, cores / max(left.size, 1))
        done[index] = np.count_nonzero(left <= 0)
        left = left[left > 0]
        busy[index] = left.size
    return binned(busy, done, step=step)


def swinging(mean):
    return lambda time: mean * (1 + 0.7 * np.sin(time / 150))


def growth(level, hold, ended, **more):
    return hold_growth(level, hold, ended, np.zeros(level.size, dtype=np.int64), **more)


@pytest.mark.parametrize("servers", [60, 8])
def test_holds_that_do_not_depend_on_each_other_do_not_grow(servers):
    """At 8 servers the pool is full in the busy half: rejected work must not bend the holds."""
    for seed in range(5):
        found = growth(
            *shared(np.random.default_rng(seed), swinging(8.0), cores=1e9, servers=servers)
        )
        assert found.growth is not None
        assert 0.8 < found.growth < 1.25, seed
        assert found.high < 1.5


def test_holds_on_shared_cores_grow():
    for seed in range(5):
        found = growth(*shared(np.random.default_rng(seed), swinging(3.0), cores=4))
        assert found.low is not None
        assert found.low > 1.5, seed


def test_the_chance_of_long_holds_is_not_taken_for_growth():
    """A constant load: bins with long holds have more busy servers, and that is all."""
    for seed in range(5):
        run = simulate_loss(
            servers=60, arrival_rate=20.0, mean_hold=0.5, duration=3000.0, seed=seed
        )
        times = np.arange(0.0, 3000.0, 0.05)
        ends = np.sort(run.arrivals[run.accepted] + 0.5)
        done = np.diff(np.searchsorted(ends, np.append(times, 3000.0))).astype(float)
        found = growth(*binned(run.busy(times), done, step=0.05))
        assert found.growth is None
        assert "var" in found.reason


def test_the_line_of_the_law_is_recovered():
    time = np.arange(300.0)
    busy = 20 + 15 * np.sin(time / 12)
    hold = 0.1 * (1 + 0.05 * (busy - 1))
    found = growth(busy, hold, np.ones(300))
    law = (1 + 0.05 * (found.many - 1)) / (1 + 0.05 * (found.few - 1))
    assert found.growth == pytest.approx(law, rel=0.02)


def test_what_rises_together_over_time_is_no_evidence_once_the_line_is_taken_out():
    rng = np.random.default_rng(3)
    time = np.arange(200.0)
    busy = 5 + time / 10 + rng.normal(0, 0.2, 200)
    hold = 0.1 + time / 400
    assert growth(busy, hold, np.ones(200)).low > 1.5
    assert growth(busy, hold, np.ones(200), detrended=True).growth is None


def test_a_change_of_all_holds_at_one_moment_is_not_growth():
    rng = np.random.default_rng(4)
    busy = np.r_[rng.normal(4, 0.3, 100), rng.normal(20, 1.5, 100)]
    hold = np.r_[np.full(100, 0.2), np.full(100, 0.8)]
    stretch = np.repeat([0, 1], 100)
    assert hold_growth(busy, hold, np.ones(200), stretch).growth is None


def test_few_bins_say_nothing():
    found = growth(np.arange(20.0), np.ones(20), np.ones(20))
    assert (found.growth, found.reason) == (None, "18 stretches of time can be compared")
