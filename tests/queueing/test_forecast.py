"""Other days: answered where a day carries it, declined in words where it does not."""

from __future__ import annotations

import numpy as np
import pytest

from boltkb.queueing import Counts, Observations, erlang_b, fit_queue, simulate_loss, size_servers
from evidence.simulate import wandering_counts, wandering_loads

SERVERS, MEDIAN, SPREAD = 400, 300.0, 0.1


def wandering(hours, seed, spread=SPREAD, memory=20.0):
    rng = np.random.default_rng(seed)
    loads = wandering_loads(MEDIAN, spread, memory, round(hours * 120), rng)
    busy = wandering_counts(SERVERS, loads, rng)
    times = np.arange(busy.size, dtype=float) * 30.0
    return Observations(times, busy, SERVERS, SERVERS)


def elsewhere():
    z = np.linspace(-7, 7, 2_001)
    weights = np.exp(-z * z / 2)
    loads = MEDIAN * np.exp(SPREAD * z)
    return float((weights * loads * erlang_b(SERVERS, loads)).sum() / (weights * loads).sum())


@pytest.fixture(scope="module")
def day():
    return fit_queue(wandering(24, 3))


def test_a_day_of_a_load_that_forgets_itself_carries_a_forecast(day):
    blocking = day.forecast.blocking
    assert blocking.low <= elsewhere() <= blocking.high
    assert 200 < day.forecast.load_memory < 1_800
    # One average load, put into Erlang B, misses by orders of magnitude.
    assert erlang_b(SERVERS, day.offered_load.value) < blocking.low / 100


def test_servers_for_other_days_are_an_interval_then(day):
    sizing = size_servers(day, blocking=0.001)
    assert sizing.forecast.low <= sizing.forecast.value <= sizing.forecast.high
    inside = sizing.servers.high - sizing.servers.low
    assert sizing.forecast.high - sizing.forecast.low > inside


def test_two_hours_are_declined_in_words_and_the_window_still_reported():
    fit = fit_queue(wandering(2, 4))
    assert fit.forecast.blocking.value is None
    assert fit.forecast.blocking.low is None
    assert "at least a day" in fit.forecast.blocking.reason
    assert fit.models[0].parameters["blocking_probability"].value is not None
    assert fit.load_by_bootstrap.value is None


def test_a_daily_rhythm_seen_once_is_declined():
    rng = np.random.default_rng(1)
    times = np.arange(2_880, dtype=float) * 30.0
    loads = 250 * (1 + 0.3 * np.sin(2 * np.pi * times / 86_400))
    busy = wandering_counts(SERVERS, loads, rng)
    fit = fit_queue(Observations(times, busy, SERVERS, SERVERS))
    assert fit.forecast.blocking.value is None
    assert "independent looks" in fit.forecast.blocking.reason


def test_a_constant_load_of_a_day_is_taken_to_stay():
    fit = fit_queue(wandering(24, 5, spread=0.0))
    assert fit.forecast.blocking.low <= erlang_b(SERVERS, MEDIAN) <= fit.forecast.blocking.high
    assert fit.forecast.load_memory is None


def test_the_bootstrap_is_wider_than_the_window_where_the_load_moves(day):
    outside, inside = day.load_by_bootstrap, day.offered_load
    assert outside.low <= MEDIAN * np.exp(SPREAD**2 / 2) <= outside.high
    assert outside.high - outside.low > 2 * (inside.high - inside.low)


def test_the_bootstrap_agrees_with_the_window_where_it_does_not():
    run = simulate_loss(servers=8, arrival_rate=10.0, mean_hold=0.4, duration=1_200, seed=2)
    fit = fit_queue(run.observe(1.0))
    ratio = (fit.load_by_bootstrap.high - fit.load_by_bootstrap.low) / (
        fit.offered_load.high - fit.offered_load.low
    )
    assert 0.6 < ratio < 1.6
    assert fit.load_by_bootstrap.low <= 4.0 <= fit.load_by_bootstrap.high


@pytest.mark.parametrize(("factor", "agrees"), [(1.0, True), (0.8, False), (1.25, False)])
def test_littles_law_is_held_against_an_independent_hold(factor, agrees):
    run = simulate_loss(servers=8, arrival_rate=10.0, mean_hold=0.4, duration=1_200, seed=2)
    full = run.observe(1.0)
    seen = Observations(
        full.times, full.busy, 8, 8, full.arrivals, full.rejections, mean_hold=0.4 * factor
    )
    check = next(one for one in fit_queue(seen).models[0].checks if one.name == "littles_law")
    assert check.passed is agrees


def test_time_near_the_ceiling_fails_where_half_of_it_was_never_seen():
    rng = np.random.default_rng(2)
    busy = rng.poisson(60.0, 4_000)
    fine = busy[busy <= 80][:2_000].astype(float)
    short = np.where(fine >= 72, 71.0, fine)
    for counts, passes in ((fine, True), (short, False)):
        fit = fit_queue(Observations(np.arange(counts.size, dtype=float), counts, 80, 80))
        check = next(one for one in fit.models[0].checks if one.name == "near_ceiling")
        assert check.passed is passes


def test_rejections_an_hour_are_predicted_where_arrivals_were_counted():
    run = simulate_loss(servers=8, arrival_rate=12.5, mean_hold=0.4, duration=3_600, seed=2)
    full = run.observe(1.0)
    alone = Observations(full.times, full.busy, 8, 8, full.arrivals)
    hourly = fit_queue(alone).models[0].parameters["rejections_per_hour"]
    assert hourly.low <= 12.5 * 3_600 * erlang_b(8, 5.0) <= hourly.high
    nothing = Observations(full.times, full.busy, 8, 8, None, Counts(np.arange(2.0), np.zeros(1)))
    assert "rejections_per_hour" not in fit_queue(nothing).models[0].parameters
