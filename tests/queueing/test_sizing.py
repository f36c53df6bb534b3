"""Sizing: enough servers for the target in the window seen, and no word beyond it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from boltkb.errors import ModelError
from boltkb.queueing import (
    MixedLoss,
    Observations,
    fit_queue,
    load_for_blocking,
    servers_for_blocking,
    simulate_loss,
    size_servers,
)

DURATION = 1_200.0


def moving(seed=1):
    run = simulate_loss(
        servers=8,
        arrival_rate=lambda t: 10 * (1 + 0.5 * np.sin(2 * np.pi * t / DURATION)),
        peak_rate=15.0,
        mean_hold=0.4,
        duration=DURATION,
        seed=seed,
    )
    return fit_queue(run.observe(1.0))


@pytest.mark.slow
def test_the_number_of_servers_covers_the_truth_of_a_moving_load():
    loads = tuple(4 * (1 + 0.5 * np.sin(np.linspace(0, 2 * np.pi, 200))))
    needed = next(
        c for c in range(1, 99) if MixedLoss(c, loads, (1.0,) * 200).blocking_probability <= 0.001
    )
    hits = 0
    for seed in range(20):
        servers = size_servers(moving(seed), blocking=0.001).servers
        hits += servers.low <= needed <= servers.high
    assert needed > servers_for_blocking(4.0, 0.001)
    assert hits >= 16


def test_a_stricter_target_needs_more_servers_and_leaves_less_margin():
    fit = moving()
    loose, strict = size_servers(fit, blocking=0.05), size_servers(fit, blocking=0.0001)
    assert strict.servers.value > loose.servers.value
    assert strict.margin.value == load_for_blocking(8, 0.0001) < loose.margin.value
    assert strict.headroom.value < loose.headroom.value
    assert strict.extrapolates


def test_the_curve_falls_and_the_busiest_stretch_is_above_the_mean():
    fit = moving()
    sizing = size_servers(fit, blocking=0.01)
    assert (np.diff(sizing.curve.probability) < 0).all()
    assert (sizing.curve.low <= sizing.curve.high).all()
    assert sizing.busiest.low > fit.offered_load.value
    at_present = sizing.curve.probability[sizing.curve.servers == 8]
    assert at_present[0] == pytest.approx(
        fit.models[0].parameters["blocking_probability"].value, rel=0.05
    )


def test_headroom_is_the_factor_at_which_the_target_is_met():
    fit = moving()
    sizing = size_servers(fit, blocking=0.05)
    middle = np.median(fit.load_draws, axis=0) * sizing.headroom.value
    mixed = MixedLoss(8, tuple(middle), tuple(fit.load_weights))
    assert mixed.blocking_probability == pytest.approx(0.05, rel=0.1)


def test_no_forecast_from_twenty_minutes():
    forecast = size_servers(moving(), blocking=0.01).forecast
    assert forecast.value is None
    assert "this window" in forecast.reason


def test_a_refused_fit_is_declined():
    fit = fit_queue(Observations(np.arange(300.0), np.full(300, 8.0), 8, 8))
    sizing = size_servers(fit, blocking=0.01)
    assert sizing.verdict == "REFUSED"
    assert sizing.servers.value is None
    assert sizing.curve is None
    assert sizing.margin.value == load_for_blocking(8, 0.01)
    assert "REFUSED" in str(sizing)
    assert "boltkb-verdict bad" in sizing.to_html()


def test_unknown_servers_still_give_a_number_without_margin():
    fit = moving()
    unknown = fit_queue(Observations(fit.observations.times, fit.observations.busy, None))
    sizing = size_servers(unknown, blocking=0.01)
    assert sizing.verdict == "DOUBTFUL"
    assert sizing.servers.value is not None
    assert sizing.margin.value is None


def test_idle_servers_can_be_sized():
    fit = fit_queue(Observations(np.arange(600.0), np.zeros(600), 8, 8))
    sizing = size_servers(fit, blocking=0.01)
    assert sizing.servers.value == 1
    assert sizing.headroom.value is None


def test_facts_are_json():
    facts = size_servers(moving(), blocking=0.01).facts()
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    assert set(facts["sizing"]) >= {"servers", "margin", "busiest", "forecast", "verdict"}


@pytest.mark.parametrize("blocking", [0.0, 1.0, float("nan")])
def test_targets_outside_the_domain_are_refused(blocking):
    with pytest.raises(ModelError, match="blocking"):
        size_servers(moving(), blocking=blocking)
