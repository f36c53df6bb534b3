"""The fit: intervals that cover, edges that are refused or told, the same answer twice."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boltkb.errors import ModelError
from boltkb.queueing import Counts, Observations, erlang_b, fit_queue, simulate_loss

DURATION = 1_200.0
LONG_HOLDS = {"servers": 8, "arrival_rate": 0.2, "mean_hold": 20.0, "duration": DURATION}

PROFILES = {
    "constant": (lambda t: np.ones_like(t), 1.0),
    "rises and falls": (lambda t: 1 + 0.4 * np.sin(2 * np.pi * t / DURATION - 1.5), 1.4),
    "rises": (lambda t: 0.6 + 0.8 * np.clip(t, 0, DURATION) / DURATION, 1.4),
    "falls": (lambda t: 1.4 - 0.8 * np.clip(t, 0, DURATION) / DURATION, 1.4),
}


def seen(busy, servers=8, capacity=8, **more):
    busy = np.asarray(busy, dtype=float)
    return Observations(np.arange(busy.size, dtype=float), busy, servers, capacity, **more)


def covers(estimate, truth):
    return estimate.low is not None and estimate.low <= truth <= estimate.high


@pytest.mark.slow
@pytest.mark.parametrize(
    ("profile", "servers", "rate", "runs", "least"),
    [
        ("constant", 8, 7.5, 40, 33),
        ("constant", 8, 12.5, 40, 33),
        ("rises and falls", 8, 11.0, 40, 33),
        ("rises", 8, 11.0, 40, 33),
        ("falls", 8, 9.0, 40, 33),
        ("constant", 400, 950.0, 12, 9),
        ("rises and falls", 400, 850.0, 12, 9),
    ],
)
def test_intervals_cover_at_their_rate(profile, servers, rate, runs, least):
    # `least`: of intervals at 95 %, fewer cover in about one of 500 such tests.
    hold = 0.4
    shape, peak = PROFILES[profile]
    moments = np.linspace(0, DURATION, 4_001)
    loads = rate * hold * shape(moments)
    blocking = float((loads * erlang_b(servers, loads)).sum() / loads.sum())
    hits = np.zeros(4)
    errors = []
    for seed in range(runs):
        run = simulate_loss(
            servers=servers,
            arrival_rate=lambda t: rate * shape(t),
            peak_rate=rate * peak,
            mean_hold=hold,
            duration=DURATION,
            seed=seed,
        )
        full = run.observe(1.0)
        fit = fit_queue(
            Observations(full.times, full.busy, servers, servers, None, full.rejections), seed=seed
        )
        inside = run.arrivals >= 0
        fitted = fit.models[0].parameters["blocking_probability"]
        hits += [
            covers(fit.offered_load, loads.mean()),
            covers(fitted, blocking),
            covers(fit.rejection_probability, 1 - run.accepted[inside].mean()),
            covers(fit.arrival_rate, inside.sum() / DURATION) and covers(fit.mean_hold, hold),
        ]
        errors.append(fitted.value / blocking - 1)
    assert (hits >= least).all(), hits
    # Unbiased: the mean error stays within four of its standard errors, and a few per cent.
    assert abs(np.mean(errors)) < 0.03 + 4 * np.std(errors) / np.sqrt(runs)


@pytest.mark.slow
def test_intervals_cover_when_holds_are_long_against_the_sampling():
    hits = 0
    for seed in range(40):
        run = simulate_loss(
            servers=8, arrival_rate=0.2, mean_hold=20.0, duration=DURATION, seed=seed
        )
        fit = fit_queue(run.observe(1.0), seed=seed)
        hits += covers(fit.models[0].parameters["offered_load"], 4.0)
        assert fit.effective_samples < 200  # not the 1,200 that a naive interval counts
    assert hits >= 33


def test_a_naive_interval_would_not_cover_long_holds():
    hits = 0
    for seed in range(40):
        run = simulate_loss(
            servers=8, arrival_rate=0.2, mean_hold=20.0, duration=DURATION, seed=seed
        )
        busy = run.observe(1.0).busy
        expected = 4.0 * (1 - erlang_b(8, 4.0))
        hits += abs(busy.mean() - expected) < 1.96 * busy.std() / np.sqrt(busy.size)
    assert hits < 20


def test_five_samples_are_refused():
    fit = fit_queue(seen([1, 2, 3, 2, 1]))
    assert fit.verdict == "REFUSED"
    assert fit.offered_load.value is None
    assert "fewer than 20" in fit.reasons[0]
    assert fit.busy_mean.value == pytest.approx(1.8)


@pytest.mark.parametrize("busy", [[], [np.nan] * 30])
def test_no_sample_at_all_is_refused(busy):
    fit = fit_queue(seen(busy))
    assert fit.verdict == "REFUSED"
    assert fit.models[-1].name == "M/M/c"
    assert "REFUSED" in str(fit)


def test_servers_never_busy_give_the_rule_of_three():
    fit = fit_queue(seen(np.zeros(600)))
    assert fit.offered_load.value == 0
    assert fit.offered_load.high == pytest.approx(3 / 600, rel=0.15)
    assert fit.busy_peak.value == 0


@pytest.mark.parametrize("servers", [1, 8, 400])
def test_servers_always_full_bound_the_load_from_below_only(servers):
    fit = fit_queue(seen(np.full(300, float(servers)), servers, servers))
    assert fit.verdict == "REFUSED"
    assert fit.offered_load.value is None
    assert fit.offered_load.low == servers
    assert fit.offered_load.high is None
    assert fit.rejection_probability.value is None


@pytest.mark.parametrize("steps", [100, 300])
def test_a_staircase_of_servers_not_given_back_is_refused(steps):
    rng = np.random.default_rng(4)
    t = np.arange(1_200)
    fit = fit_queue(seen(np.minimum(8, t // steps + rng.poisson(0.4, t.size))))
    assert fit.verdict == "REFUSED"
    assert any("given back" in reason for reason in fit.reasons)


def test_a_count_that_never_changes_is_worth_next_to_nothing():
    fit = fit_queue(seen(np.full(1_200, 3.0)))
    assert fit.verdict == "DOUBTFUL"
    assert fit.effective_samples < 20
    assert fit.offered_load.low is None or fit.offered_load.high > 2 * fit.offered_load.low


def test_a_growing_load_is_not_taken_for_a_staircase():
    refused = 0
    for seed in range(15):
        run = simulate_loss(
            servers=20,
            arrival_rate=lambda t: 5 + 30 * np.clip(t, 0, DURATION) / DURATION,
            peak_rate=35.0,
            mean_hold=0.4,
            duration=DURATION,
            seed=seed,
        )
        refused += fit_queue(run.observe(1.0)).verdict == "REFUSED"
    assert refused == 0


def test_one_server_is_fitted():
    run = simulate_loss(servers=1, arrival_rate=0.5, mean_hold=1.0, duration=5_000, seed=2)
    fit = fit_queue(run.observe(1.0))
    assert fit.verdict == "SOUND"
    assert covers(fit.offered_load, 0.5)
    assert covers(fit.models[0].parameters["blocking_probability"], 1 / 3)


def test_unknown_servers_are_doubtful_and_say_why():
    run = simulate_loss(servers=50, arrival_rate=12.5, mean_hold=0.4, duration=DURATION, seed=2)
    full = run.observe(1.0)
    fit = fit_queue(Observations(full.times, full.busy, None))
    assert fit.verdict == "DOUBTFUL"
    assert any("number of servers is unknown" in reason for reason in fit.reasons)
    assert covers(fit.offered_load, 5.0)
    assert fit.rejection_probability.value is None


def test_samples_missing_because_all_were_busy_widen_the_interval():
    run = simulate_loss(servers=8, arrival_rate=12.5, mean_hold=0.4, duration=DURATION, seed=5)
    full = run.observe(1.0)
    whole = fit_queue(full).offered_load
    busy = np.where(full.busy >= 8, np.nan, full.busy)
    fit = fit_queue(Observations(full.times, busy, 8, 8))
    assert fit.verdict == "DOUBTFUL"
    load = fit.load_draws @ fit.load_weights
    low, high = np.quantile(load, [0.025, 0.975])
    assert high - low > whole.high - whole.low
    dropped = ~np.isnan(busy)
    absent = fit_queue(Observations(full.times[dropped], busy[dropped], 8, 8))
    assert np.median(load) > np.median(absent.load_draws @ absent.load_weights)


def test_a_system_that_waits_is_fitted_by_mmc_alone():
    rng = np.random.default_rng(1)
    waiting, busy = 0, []
    for _ in range(60_000):  # the jump chain of M/M/8 with load 5, seen at even times
        waiting += 1 if rng.random() < 5.0 / (5.0 + 8.0) else -(rng.random() < min(waiting, 8) / 8)
        busy.append(min(waiting, 8))
    fit = fit_queue(seen(busy[::50], 8, np.inf))
    assert [model.name for model in fit.models] == ["M/M/c"]
    assert fit.verdict == "SOUND"
    assert covers(fit.offered_load, 5.0)
    assert fit.rejection_probability.value is None


def test_rate_and_hold_are_absent_when_nothing_was_counted():
    run = simulate_loss(servers=8, arrival_rate=10.0, mean_hold=0.4, duration=DURATION, seed=2)
    fit = fit_queue(run.observe(1.0, counted=False))
    for estimate in (fit.arrival_rate, fit.mean_hold):
        assert estimate.value is None
        assert "counted" in estimate.reason


def test_a_known_hold_gives_the_rate():
    run = simulate_loss(servers=8, arrival_rate=10.0, mean_hold=0.4, duration=DURATION, seed=2)
    full = run.observe(1.0, counted=False)
    fit = fit_queue(Observations(full.times, full.busy, 8, 8, mean_hold=0.4))
    assert covers(fit.arrival_rate, 10.0)
    assert fit.mean_hold.value == 0.4


def test_counted_shares_are_the_counted_ones():
    run = simulate_loss(servers=8, arrival_rate=12.5, mean_hold=0.4, duration=DURATION, seed=2)
    full = run.observe(1.0)
    fit = fit_queue(full)
    assert fit.rejection_probability.value == full.rejections.total / full.arrivals.total
    none = Observations(
        full.times,
        full.busy * 0,
        8,
        8,
        full.arrivals,
        Counts(full.rejections.edges, 0 * full.times),
    )
    assert fit_queue(none).rejection_probability.high == pytest.approx(3 / full.arrivals.total)


def test_the_same_seed_gives_the_same_numbers_and_facts_are_json():
    run = simulate_loss(servers=8, arrival_rate=12.5, mean_hold=0.4, duration=300, seed=2)
    first, again = fit_queue(run.observe(1.0), seed=3), fit_queue(run.observe(1.0), seed=3)
    assert first.facts() == again.facts()
    assert json.loads(json.dumps(first.facts(), allow_nan=False)) == first.facts()


def test_the_text_and_the_html_say_the_verdict_and_every_check():
    run = simulate_loss(servers=8, arrival_rate=12.5, mean_hold=0.4, duration=300, seed=2)
    good, bad = fit_queue(run.observe(1.0)), fit_queue(seen([1, 2, 3]))
    for fit in (good, bad):
        page = fit.to_html()
        assert "\n" not in page
        assert page.startswith('<div class="boltkb-verdict ')
        for text in (page, str(fit)):
            assert fit.verdict in text
            for model in fit.models:
                assert all(c.name.replace("_", " ") in text for c in model.checks)
    assert "FAILED" in str(bad)
    assert "boltkb-verdict bad" in bad.to_html()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.one_of(st.integers(0, 6), st.just(float("nan"))), max_size=60),
    st.sampled_from([None, 1, 4, 6]),
    st.sampled_from(["loss", "waits", "unknown"]),
)
def test_any_samples_give_a_fit_that_shows_itself(busy, servers, discipline):
    capacity = {"loss": servers, "waits": np.inf, "unknown": None}[discipline]
    fit = fit_queue(seen(busy, servers, capacity))
    assert fit.verdict in ("SOUND", "DOUBTFUL", "REFUSED")
    assert fit.reasons or fit.verdict == "SOUND"
    assert any(model.name == "M/M/c" for model in fit.models)
    json.dumps(fit.facts(), allow_nan=False)
    for estimate in fit.estimates.values():
        if estimate.value is not None and estimate.low is not None and estimate.high is not None:
            assert estimate.low <= estimate.value <= estimate.high
        if estimate.value is None:
            assert estimate.reason


def test_impossible_observations_are_refused_by_name():
    with pytest.raises(ModelError, match="times"):
        Observations(np.array([1.0, 1.0]), np.zeros(2), 8)
    with pytest.raises(ModelError, match="busy"):
        Observations(np.arange(2.0), np.array([0.0, -1.0]), 8)
    with pytest.raises(ModelError, match="busy"):
        Observations(np.arange(2.0), np.zeros(3), 8)
    with pytest.raises(ModelError, match="servers"):
        Observations(np.arange(2.0), np.zeros(2), 0)
    with pytest.raises(ModelError, match="capacity"):
        Observations(np.arange(2.0), np.zeros(2), 8, 4)
    with pytest.raises(ModelError, match="mean_hold"):
        Observations(np.arange(2.0), np.zeros(2), 8, mean_hold=0.0)
    with pytest.raises(ModelError, match="counts"):
        Counts(np.arange(3.0), np.array([1.0, -1.0]))
    with pytest.raises(ModelError, match="edges"):
        Counts(np.arange(2.0), np.zeros(4))
    with pytest.raises(ModelError, match="observations"):
        fit_queue("busy")
