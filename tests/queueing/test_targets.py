"""Servers for a wait, and for both: the closed form where the load is one, monotone elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boltkb.errors import ModelError
from boltkb.queueing import (
    MMc,
    Observations,
    fit_queue,
    servers_for_blocking,
    servers_for_wait,
    simulate_loss,
    size_servers,
)
from boltkb.queueing.evidence import blocking_of, condensed
from boltkb.queueing.targets import BlockingTarget, WaitTarget, smallest_servers

HOLD = 0.4


@pytest.fixture(scope="module")
def fit():
    run = simulate_loss(servers=8, arrival_rate=12.5, mean_hold=HOLD, duration=1_200.0, seed=1)
    return fit_queue(run.observe(1.0))


def test_servers_for_a_wait_hold_the_closed_form(fit):
    sizing = size_servers(fit, wait=0.1, probability=0.01)
    needed = servers_for_wait(12.5, 1 / HOLD, 0.01, 0.1)
    assert sizing.servers.low <= needed <= sizing.servers.high
    assert sizing.waiting is None
    assert "waiting longer than 100 ms" in str(sizing)
    assert "Erlang C" in sizing.margin.reason


def test_with_both_targets_the_larger_number_counts(fit):
    both = size_servers(fit, blocking=0.001, wait=0.5)
    rejected = size_servers(fit, blocking=0.001)
    late = size_servers(fit, wait=0.5)
    assert both.servers.value == max(rejected.servers.value, late.servers.value)
    assert both.waiting.value == late.servers.value
    assert both.margin.value == min(rejected.margin.value, late.margin.value)
    assert both.headroom.value == min(rejected.headroom.value, late.headroom.value)
    assert "rejected and" in str(both)
    assert "servers_for_the_wait" in both.facts()["sizing"]


def test_a_wait_in_seconds_needs_a_hold(fit):
    run = fit.observations
    blind = fit_queue(Observations(run.times, run.busy, 8, 8))
    sizing = size_servers(blind, wait=0.1)
    assert sizing.servers.value is None
    assert "mean hold is not known" in sizing.servers.reason
    assert size_servers(blind, wait=0.0).servers.value is not None


@pytest.mark.parametrize(
    "asked",
    [{}, {"wait": -1.0}, {"wait": float("nan")}, {"wait": 1.0, "probability": 0.0}],
)
def test_targets_outside_the_domain_are_refused(fit, asked):
    with pytest.raises(ModelError):
        size_servers(fit, **asked)


def test_a_refused_fit_is_declined_for_waits_too():
    pinned = fit_queue(Observations(np.arange(300.0), np.full(300, 8.0), 8, 8))
    sizing = size_servers(pinned, wait=1.0)
    assert sizing.verdict == "REFUSED"
    assert sizing.servers.value is None


@settings(max_examples=50, deadline=None)
@given(st.floats(0.1, 300.0), st.floats(1e-4, 0.5))
def test_one_constant_load_needs_what_the_kernels_say(load, target):
    loads, weights = np.array([[load]]), np.ones(1)
    needed = smallest_servers(BlockingTarget(target), loads, weights)
    assert needed[0] == servers_for_blocking(load, target)
    late = WaitTarget(target, wait=0.3, hold=1.0)
    assert smallest_servers(late, loads, weights)[0] == servers_for_wait(load, 1.0, target, 0.3)


def test_the_chance_to_wait_is_that_of_the_model():
    delay = MMc(8, 12.5, 1 / HOLD)
    target = WaitTarget(0.05, wait=0.2, hold=HOLD)
    chance = target.chance(8, np.array([[5.0]]), np.ones(1))[0]
    expected = delay.waiting_probability * np.exp(-(8 / HOLD - 12.5) * 0.2)
    assert chance == pytest.approx(expected, rel=1e-9)
    assert target.chance(8, np.array([[9.0]]), np.ones(1))[0] == 1.0
    assert target.chance(8, np.array([[target.load(8)]]), np.ones(1))[0] == pytest.approx(0.05)


def test_windows_condensed_keep_their_averages():
    rng = np.random.default_rng(1)
    loads = 300 * np.exp(0.1 * rng.standard_normal((20, 500)))
    weights = np.full(500, 1 / 500)
    few, time = condensed(loads, weights)
    assert time.sum(axis=1) == pytest.approx(1.0)
    assert (time @ few[0]) == pytest.approx(loads @ weights)
    assert blocking_of(400, few, time) == pytest.approx(blocking_of(400, loads, weights), rel=0.002)
    late = WaitTarget(0.05, 0.0, 1.0)
    assert late.chance(400, few, time) == pytest.approx(late.chance(400, loads, weights), rel=0.005)
