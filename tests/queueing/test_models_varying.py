"""Loss through time against an independent solver; retries, bursts and two moments."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from boltkb.queueing import (
    GGc,
    MixedLoss,
    MMc,
    MMcc,
    RetryLoss,
    TimeVaryingLoss,
    blocking_limit,
    delay_limit,
    erlang_b,
    erlang_c,
)
from boltkb.queueing.transient import loss_passage

#: Of an adaptive Runge-Kutta of order 8 asked for 1e-12.
SOLVER = 1e-9


def solved(servers, law, arrivals, service, end):
    """Law at the end by scipy's solver of ordinary differential equations."""
    k = np.arange(servers + 1.0)

    def slope(time, p):
        up = arrivals(time) * np.append(p[:-1], 0.0)
        down = service * k * p
        change = -up - down
        change[1:] += up[:-1]
        change[:-1] += down[1:]
        return change

    return integrate.solve_ivp(slope, (0.0, end), law, method="DOP853", rtol=1e-12, atol=1e-14).y[
        :, -1
    ]


@pytest.mark.parametrize("servers", [1, 2, 3, 30])
@pytest.mark.parametrize("rate", [0.0, 0.5, 20.0, 100.0])
@pytest.mark.parametrize("end", [0.01, 1.0, 7.0])
def test_passage_agrees_with_an_ordinary_solver(servers, rate, end):
    start = np.eye(servers + 1)[servers // 2]
    law, spent = loss_passage(start, rate, 2.0, end)
    expected = solved(servers, start, lambda _: rate, 2.0, end)
    assert law == pytest.approx(expected, abs=1e-10)
    assert law.min() >= 0
    assert spent.sum() == pytest.approx(end, rel=1e-12)
    # d/dt mean busy = accepted arrivals - completions.
    k = np.arange(servers + 1)
    gained = rate * (end - spent[-1]) - 2.0 * (k @ spent)
    assert law @ k - servers // 2 == pytest.approx(gained, abs=1e-9)


def test_passage_keeps_the_digits_of_small_probabilities():
    # No completions to speak of: the number of arrivals in 1e-3 s at 1 a second is Poisson.
    law, _ = loss_passage(np.eye(31)[0], 1.0, 1e-12, 1e-3)
    poisson = [math.exp(-1e-3) * 1e-3**k / math.factorial(k) for k in range(25)]
    assert law[:25] == pytest.approx(poisson, rel=1e-9)


def test_a_long_passage_ends_in_erlang_b_and_costs_no_more():
    law, spent = loss_passage(np.eye(401)[0], 380.0, 1.0, 1e9)
    assert law[-1] == pytest.approx(erlang_b(400, 380.0), rel=1e-12)
    assert spent[-1] / 1e9 == pytest.approx(erlang_b(400, 380.0), rel=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 30), st.floats(0.1, 60.0), st.sampled_from(["periodic", "steady"]))
def test_a_rate_that_does_not_move_is_the_loss_system(servers, rate, start):
    model = TimeVaryingLoss(servers, (0.0, 0.4, 3.0), (rate, rate), 1.0, start)
    loss = MMcc(servers, rate, 1.0)
    assert model.blocking_probability == pytest.approx(loss.blocking_probability, rel=1e-9)
    assert model.pointwise_blocking == pytest.approx(loss.blocking_probability, rel=1e-12)
    assert model.mean_busy == pytest.approx(loss.mean_busy, rel=1e-9)
    assert model.throughput == pytest.approx(loss.throughput, rel=1e-9)


@settings(max_examples=20, deadline=None)
@given(
    st.integers(1, 20),
    st.lists(st.floats(0.0, 40.0), min_size=2, max_size=6),
    st.floats(0.05, 5.0),
)
def test_in_a_cycle_what_is_accepted_is_completed(servers, rates, length):
    edges = tuple(np.arange(len(rates) + 1) * length)
    model = TimeVaryingLoss(servers, edges, tuple(rates), 1.0)
    accepted = model.offered_load * (1 - model.blocking_probability)
    assert model.mean_busy == pytest.approx(accepted, rel=1e-8, abs=1e-12)


def test_a_wave_agrees_with_an_ordinary_solver_at_every_edge():
    def rate(time):
        return 8.0 + 4.0 * math.sin(time)

    model = TimeVaryingLoss.from_rate(10, rate, 1.0, duration=6.0, pieces=600, start="empty")
    path = model.path()
    law = np.eye(11)[0]
    for end in (100, 300, 600):
        expected = solved(10, law, rate, 1.0, path.times[end])
        assert path.congestion[end] == pytest.approx(expected[-1], rel=5e-5)
        assert path.mean_busy[end] == pytest.approx(expected @ np.arange(11), rel=5e-5)
    assert path.congestion[0] == path.mean_busy[0] == 0.0
    assert path.pointwise[0] == pytest.approx(erlang_b(10, 8.0), rel=0.01)


@pytest.mark.parametrize(
    ("period", "exact", "pointwise"),
    [(100, 0.01406, 0.01410), (10, 0.01056, 0.01410), (1, 3.1e-4, 0.01410)],
)
def test_a_wave_over_400_servers_meets_the_known_values(period, exact, pointwise):
    model = TimeVaryingLoss.from_rate(
        400,
        lambda t: 340.0 * (1 + 0.2 * math.sin(2 * math.pi * t / period)),
        1.0,
        duration=period,
        pieces=120,
    )
    assert model.blocking_probability == pytest.approx(exact, rel=0.02)
    assert model.pointwise_blocking == pytest.approx(pointwise, rel=0.002)
    assert model.time_congestion < model.blocking_probability


def test_slow_pieces_are_the_mixture_and_fast_ones_their_mean():
    slow = TimeVaryingLoss(8, (0.0, 1e6, 2e6), (3.0, 7.0), 1.0)
    mixed = MixedLoss(8, (3.0, 7.0), (1.0, 1.0))
    assert slow.blocking_probability == pytest.approx(mixed.blocking_probability, rel=1e-5)
    assert slow.pointwise_blocking == pytest.approx(mixed.blocking_probability, rel=1e-12)
    assert slow.pointwise_congestion == pytest.approx(mixed.time_congestion, rel=1e-12)
    fast = TimeVaryingLoss(8, (0.0, 0.01, 0.02), (3.0, 7.0), 1.0)
    assert fast.time_congestion == pytest.approx(erlang_b(8, 5.0), rel=0.01)


@given(st.integers(1, 100), st.floats(0.05, 0.98), st.floats(0.0, 1.0))
def test_retries_solve_their_fixed_point(servers, utilisation, retry):
    model = RetryLoss(servers, utilisation * servers, 1.0, retry)
    total = model.total_load
    assert total == pytest.approx(
        model.offered_load + retry * total * erlang_b(servers, total), rel=1e-11
    )
    assert model.mean_busy == pytest.approx(
        model.offered_load * (1 - model.loss_probability), rel=1e-10
    )
    assert model.blocking_probability >= erlang_b(servers, model.offered_load) * (1 - 1e-12)


@given(st.integers(1, 100), st.floats(0.05, 3.0))
def test_without_retries_it_is_the_loss_system(servers, utilisation):
    model = RetryLoss(servers, utilisation * servers, 1.0, 0.0)
    assert model.blocking_probability == erlang_b(servers, model.offered_load)
    assert model.loss_probability == pytest.approx(model.blocking_probability, rel=1e-12)
    assert model.fixed_point_holds is True
    assert model.caution == ""


@pytest.mark.parametrize(
    ("backoff", "holds", "word"),
    [(None, None, "not given"), (100.0, True, ""), (9.0, False, "simulate"), (0.0, False, "worse")],
)
def test_the_fixed_point_says_when_it_may_not_be_used(backoff, holds, word):
    model = RetryLoss(400, 380.0, 1.0, 1.0, backoff)
    assert model.fixed_point_holds is holds
    assert word in model.caution
    assert bool(model.caution) is (holds is not True)


def test_endless_retries_of_too_much_load_have_no_fixed_point():
    model = RetryLoss(10, 12.0, 1.0, 1.0, 1e6)
    assert not model.stable
    assert model.fixed_point_holds is False
    assert model.total_load == math.inf
    assert model.blocking_probability == 1.0
    assert model.mean_busy == 10
    assert model.loss_probability == pytest.approx(1 / 6)
    assert "no fixed point" in model.caution
    assert RetryLoss(10, 12.0, 1.0, 0.99).stable


#: Simulated waits at 400 servers and utilisation 0.95, in mean holds, with twice their error.
@pytest.mark.parametrize(
    ("arrivals", "service", "simulated", "error"),
    [(1.0, 8.5, 0.031, 0.005), (4.0, 1.0, 0.051, 0.003), (1.0, 0.0, 0.0061, 0.0006)],
)
def test_the_band_of_two_moments_holds_the_simulated_wait(arrivals, service, simulated, error):
    model = GGc(400, 380.0, 1.0, arrivals, service)
    low, high = model.mean_wait_band
    assert low <= simulated - error
    assert simulated + error <= high
    assert low < model.mean_wait < high


@pytest.mark.parametrize(
    ("arrivals", "service", "simple", "whitt"),
    [(1.0, 8.5, 0.052, 0.040), (4.0, 1.0, 0.028, 0.031), (1.0, 0.0, 0.0055, 0.0063)],
)
def test_both_approximations_give_their_known_values(arrivals, service, simple, whitt):
    model = GGc(400, 380.0, 1.0, arrivals, service)
    assert model.mean_wait_simple == pytest.approx(simple, abs=6e-4 if simple > 0.01 else 6e-5)
    assert model.mean_wait == pytest.approx(whitt, abs=6e-4 if whitt > 0.01 else 6e-5)


@given(st.integers(1, 200), st.floats(0.05, 0.99))
def test_two_moments_of_exponentials_are_mmc(servers, utilisation):
    model, exact = (
        GGc(servers, utilisation * servers, 1.0, 1.0, 1.0),
        MMc(servers, utilisation * servers, 1.0),
    )
    assert model.mean_wait == pytest.approx(exact.mean_wait, rel=1e-12)
    assert model.mean_wait_simple == pytest.approx(exact.mean_wait, rel=1e-12)
    assert model.mean_queue_length == pytest.approx(exact.mean_queue_length, rel=1e-12)


@given(st.floats(0.05, 0.99), st.floats(0.0, 9.0))
def test_one_server_with_poisson_arrivals_is_pollaczek_khinchine(utilisation, service):
    model = GGc(1, utilisation, 1.0, 1.0, service)
    exact = utilisation / (1 - utilisation) * (1 + service) / 2
    assert model.mean_wait_simple == pytest.approx(exact, rel=1e-12)


def test_waits_without_variability_or_arrivals_are_nothing_and_overload_is_endless():
    assert GGc(4, 3.0, 1.0, 0.0, 0.0).mean_wait == 0.0
    assert GGc(4, 0.0, 1.0, 2.0, 2.0).mean_wait == 0.0
    overload = GGc(4, 5.0, 1.0, 0.5, 0.5)
    assert not overload.stable
    assert overload.mean_wait == overload.mean_queue_length == overload.mean_sojourn == math.inf
    assert overload.mean_wait_band == (math.inf, math.inf)


@pytest.mark.parametrize("margin", [0.1, 0.5, 1.0, 2.0, 4.0])
def test_many_servers_tend_to_their_limits(margin):
    load = 1e8
    servers = round(load + margin * math.sqrt(load))
    assert erlang_c(servers, load) == pytest.approx(delay_limit(margin), rel=2e-3)
    assert math.sqrt(load) * erlang_b(servers, load) == pytest.approx(
        blocking_limit(margin), rel=2e-3
    )


def test_limits_at_their_edges():
    assert delay_limit(40.0) == 0.0
    assert delay_limit(1e-12) == pytest.approx(1.0)
    assert blocking_limit(-1e3) == pytest.approx(1e3, rel=1e-5)
    assert blocking_limit(100.0) == 0.0
