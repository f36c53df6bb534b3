"""Every check passes on data made by its model and fails on data made to fail it."""

from __future__ import annotations

import numpy as np
import pytest

from boltkb.queueing import Counts, MMcc, Observations, fit_queue, simulate_loss
from boltkb.queueing.losses import loss_dispersion

N = 1_200
RNG = np.random.default_rng(20)


def seen(busy, servers=8, capacity=8, **more):
    busy = np.asarray(busy, dtype=float)
    return Observations(np.arange(busy.size, dtype=float), busy, servers, capacity, **more)


def check(fit, name, model=0):
    return next(c for c in fit.models[model].checks if c.name == name)


@pytest.fixture(scope="module")
def good():
    run = simulate_loss(servers=8, arrival_rate=12.5, mean_hold=0.4, duration=N, seed=7)
    return run.observe(1.0)


@pytest.fixture(scope="module")
def batches():
    run = simulate_loss(servers=8, arrival_rate=8, mean_hold=0.4, duration=N, seed=3, batch=3)
    return fit_queue(run.observe(1.0))


def test_all_checks_pass_on_the_model_itself(good):
    fit = fit_queue(good)
    assert fit.verdict == "SOUND"
    assert {c.name: c.passed for c in fit.models[0].checks} == dict.fromkeys(
        [c.name for c in fit.models[0].checks], True
    )
    assert len(fit.models[0].checks) >= 4


@pytest.mark.parametrize(
    "name",
    ["poisson_counts", "poisson_arrivals", "busy_distribution", "time_at_ceiling", "rejections"],
)
def test_batch_arrivals_fail(batches, name):
    assert check(batches, name).passed is False
    assert batches.verdict == "DOUBTFUL"


def test_batch_arrivals_leave_blocking_without_an_interval(batches):
    blocking = batches.models[0].parameters["blocking_probability"]
    assert blocking.low is None
    assert blocking.high is None
    assert "no interval" in blocking.reason


def test_uniform_counts_fail_the_distribution():
    fit = fit_queue(seen(RNG.integers(0, 9, N)))
    assert check(fit, "busy_distribution").passed is False
    assert check(fit, "poisson_counts").passed is False
    assert fit.offered_load.low is None


def test_few_sources_vary_too_little():
    fit = fit_queue(seen(RNG.binomial(6, 0.5, N)))
    assert check(fit, "poisson_counts").passed is False
    assert "less than Poisson" in check(fit, "poisson_counts").comment


def test_a_drifting_load_fails_the_constant_model_and_not_the_varying_one():
    run = simulate_loss(
        servers=8,
        arrival_rate=lambda t: 5 + 10 * np.clip(t, 0, N) / N,
        peak_rate=15.0,
        mean_hold=0.4,
        duration=N,
        seed=2,
    )
    fit = fit_queue(run.observe(1.0))
    assert [model.name for model in fit.models] == ["M/M/c/c, varying load", "M/M/c/c", "M/M/c"]
    assert check(fit, "stationarity", 0).passed is True
    assert check(fit, "stationarity", 1).passed is False
    assert fit.verdict == "SOUND"
    assert fit.models[1].parameters["offered_load"].low is None


def test_a_load_that_jumps_inside_windows_fails():
    busy = MMcc(8, 9.0, 1.0).sample_busy(N, RNG) * ((np.arange(N) // 7) % 2)
    assert fit_queue(seen(busy)).verdict == "DOUBTFUL"


def test_a_load_faster_than_the_memory_of_the_servers_is_noticed():
    run = simulate_loss(
        servers=400,
        arrival_rate=lambda t: 5.0 * (1 + 0.9 * np.sin(2 * np.pi * t / 200)),
        peak_rate=9.5,
        mean_hold=40.0,
        duration=4 * N,
        seed=2,
    )
    fit = fit_queue(run.observe(1.0))
    assert fit.verdict != "SOUND"


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_wrong_number_of_rejections_fails(good, factor):
    wrong = Counts(good.rejections.edges, good.rejections.counts * factor)
    fit = fit_queue(Observations(good.times, good.busy, 8, 8, good.arrivals, wrong))
    assert check(fit, "rejections").passed is False


def test_rejections_at_the_wrong_time_fail_without_a_known_rate(good):
    counts = np.where(good.times < 300, good.rejections.counts * 4, 0)
    wrong = Observations(good.times, good.busy, 8, 8, None, Counts(good.rejections.edges, counts))
    right = Observations(good.times, good.busy, 8, 8, None, good.rejections)
    assert check(fit_queue(wrong), "rejections").passed is False
    assert check(fit_queue(right), "rejections").passed is True


def test_rejections_that_were_not_logged_fail_without_a_known_rate(good):
    none = Counts(good.rejections.edges, 0 * good.rejections.counts)
    fit = fit_queue(Observations(good.times, good.busy, 8, 8, None, none))
    assert check(fit, "rejections").passed is False
    assert "not all counted" in check(fit, "rejections").comment


def test_rejections_that_no_busy_server_explains_fail():
    # Bursts between the samples: 600 rejections, and 2 of the servers busy.
    busy = RNG.poisson(2.0, N).astype(float)
    edges = np.arange(0.0, N + 1, 60.0)
    counts = np.where(np.arange(edges.size - 1) % 5 == 0, 150.0, 0.0)
    fit = fit_queue(seen(busy, 400, 400, rejections=Counts(edges, counts)))
    assert check(fit, "rejections").passed is False


def test_a_wrong_number_of_servers_fails(good):
    fewer = fit_queue(Observations(good.times, good.busy, 6, 6))
    assert fewer.verdict == "REFUSED"
    assert check(fewer, "below_ceiling").passed is False
    more = fit_queue(Observations(good.times, good.busy, 12, 12))
    assert check(more, "peak").passed is False
    assert more.verdict == "DOUBTFUL"


def test_loss_data_fail_the_delay_model(good):
    fit = fit_queue(good)
    assert check(fit, "rejections", -1).passed is False
    assert check(fit, "time_at_ceiling", -1).passed is False


def test_an_overload_is_unstable_in_the_delay_model():
    run = simulate_loss(servers=8, arrival_rate=30.0, mean_hold=0.4, duration=N, seed=2)
    fit = fit_queue(run.observe(1.0))
    assert check(fit, "stable", -1).passed is False
    assert any("unstable" in reason for reason in fit.models[-1].reasons)
    wait = fit.models[-1].parameters["mean_wait_in_holds"]
    assert wait.value is None
    assert "unstable" in wait.reason


@pytest.mark.slow
def test_false_alarms_are_rare():
    sound = 0
    for seed in range(40):
        run = simulate_loss(servers=8, arrival_rate=10.0, mean_hold=0.4, duration=600, seed=seed)
        sound += fit_queue(run.observe(1.0), seed=seed).verdict == "SOUND"
    assert sound >= 37


def test_rejections_clump_as_the_birth_death_process_says():
    servers, load = 8, 5.0
    totals = []
    for seed in range(150):
        run = simulate_loss(
            servers=servers, arrival_rate=load, mean_hold=1.0, duration=400.0, seed=seed
        )
        totals.append((~run.accepted[run.arrivals >= 0]).sum())
    ratio = np.var(totals) / np.mean(totals)
    # A chi-square of 149 degrees: within 35 % in all but one of a thousand runs.
    assert ratio == pytest.approx(loss_dispersion(servers, load), rel=0.35)
    assert loss_dispersion(servers, load) > 1.5
