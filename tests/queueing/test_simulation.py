"""The simulators: the fast ways give the slow one's answer, and all of them the formulas'."""

from __future__ import annotations

import heapq
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boltkb.errors import ModelError
from boltkb.queueing import (
    BurstArrivals,
    Constant,
    Empirical,
    Exponential,
    Gamma,
    Hyperexponential,
    Lognormal,
    MMc,
    PoissonArrivals,
    RenewalArrivals,
    VaryingArrivals,
    admitted,
    erlang_b,
    fit_queue,
    offered_waits,
    replicate,
    simulate_markov,
    simulate_queue,
)

LAWS = [
    Exponential(0.4),
    Constant(0.4),
    Gamma(0.4, 0.25),
    Gamma(0.4, 3.0),
    Lognormal(0.4, 2.0),
    Hyperexponential(0.4, 4.0),
    Empirical((0.1, 0.2, 0.9)),
]
#: An estimate further from the truth than this many of its half-widths is wrong: 1 in 10,000.
FAR = 2.0


def one_by_one(servers, arrivals, holds):
    """The definition: each arrival looks at every server."""
    free_at = [-math.inf] * servers
    found = []
    for moment, hold in zip(arrivals, holds, strict=True):
        free = [i for i in range(servers) if free_at[i] <= moment]
        found.append(bool(free))
        if free:
            free_at[free[0]] = moment + hold
    return found


def near(estimate, truth):
    half = (estimate.high - estimate.low) / 2
    return abs(estimate.value - truth) <= FAR * half


# Grids make ties, which is where simulators go wrong.
@given(
    servers=st.integers(1, 6),
    customers=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9)), max_size=60),
)
def test_a_loss_path_is_the_one_by_one_answer(servers, customers):
    customers.sort(key=lambda pair: pair[0])
    arrivals = np.array([pair[0] for pair in customers], dtype=float)
    holds = np.array([pair[1] for pair in customers], dtype=float)
    assert admitted(servers, arrivals, holds).tolist() == one_by_one(servers, arrivals, holds)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    servers=st.integers(128, 300),
    load=st.floats(0.3, 3.0),
    law=st.sampled_from(LAWS),
    grid=st.booleans(),
)
def test_stretches_solved_whole_give_the_heaps_answer(seed, servers, load, law, grid):
    rng = np.random.default_rng(seed)
    arrivals = PoissonArrivals(load * servers / 0.4).draw(rng, 0.0, 12.0)
    holds = law.draw(rng, arrivals.size)
    if grid:
        arrivals, holds = np.floor(arrivals * 50), np.floor(holds * 50)
    free_at = [-math.inf] * servers
    expected = np.zeros(arrivals.size, dtype=bool)
    for index, (moment, hold) in enumerate(zip(arrivals, holds, strict=True)):
        if free_at[0] <= moment:
            heapq.heapreplace(free_at, moment + hold)
            expected[index] = True
    assert np.array_equal(admitted(servers, arrivals, holds), expected)


@given(
    servers=st.integers(1, 5),
    room=st.integers(0, 6),
    customers=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9)), max_size=60),
)
def test_limited_room_lies_between_loss_and_delay(servers, room, customers):
    customers.sort(key=lambda pair: pair[0])
    arrivals = np.array([pair[0] for pair in customers], dtype=float)
    holds = np.array([pair[1] for pair in customers], dtype=float)
    waits, served = offered_waits(servers, arrivals, holds, capacity=servers + room)
    endless, everyone = offered_waits(servers, arrivals, holds)
    assert everyone.all()
    assert np.all(waits[served] <= endless[served])
    if room == 0:
        assert served.tolist() == admitted(servers, arrivals, holds).tolist()
        assert not np.any(waits[served])
    if room > len(customers):
        assert np.array_equal(waits, endless)
    # Never more customers inside than fit.
    begins, ends = arrivals[served], (arrivals + waits + holds)[served]
    for moment in arrivals:
        inside = ((begins <= moment) & (ends > moment)).sum()
        assert inside <= servers + room


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_a_law_has_its_mean_its_variability_and_its_rest(law):
    rng = np.random.default_rng(5)
    times, rests = law.draw(rng, 400_000), law.draw_rest(rng, 400_000)
    spread = times.std() / math.sqrt(times.size)
    assert abs(times.mean() - law.mean) < 4 * spread + 1e-12
    assert times.var() / law.mean**2 == pytest.approx(law.variability, rel=0.1)
    # The mean rest of a time met at a random moment: m (1 + cv^2) / 2.
    assert rests.mean() == pytest.approx(law.mean * (1 + law.variability) / 2, rel=0.05)


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_loss_does_not_depend_on_the_law_of_holds_even_in_short_runs(law):
    # Five mean holds: a run that began empty would be far off.
    said = replicate(
        lambda seed: simulate_queue(PoissonArrivals(20.0), law, 10, duration=2.0, seed=seed),
        replications=1_500,
        seed=11,
    )
    truth = erlang_b(10, 8.0)
    assert said.began == "in the steady state"
    assert near(said.time_congestion, truth)
    assert near(said.mean_busy, 8.0 * (1 - truth))


def test_a_run_that_begins_empty_says_so_and_sees_too_few():
    said = replicate(
        lambda seed: simulate_queue(
            PoissonArrivals(20.0), Exponential(0.4), 10, duration=0.4, seed=seed, warm_up=0.0
        ),
        replications=400,
        seed=3,
    )
    assert said.began.startswith("empty")
    assert said.mean_busy.high < 8.0 * (1 - erlang_b(10, 8.0))


def test_delay_agrees_with_erlang_c():
    truth = MMc(servers=4, arrival_rate=3.0, service_rate=1.0)
    said = replicate(
        lambda seed: simulate_queue(
            PoissonArrivals(3.0), Exponential(1.0), 4, capacity=math.inf, duration=600.0, seed=seed
        ),
        replications=60,
        seed=4,
    )
    assert said.blocking_probability.value == 0
    assert near(said.waiting_probability, truth.waiting_probability)
    assert near(said.time_congestion, truth.time_congestion)
    assert near(said.mean_wait, truth.mean_wait)
    assert near(said.mean_queue_length, 3.0 * truth.mean_wait)  # Little
    assert near(said.mean_busy, 3.0)


def test_constant_holds_halve_the_wait_of_a_single_server():
    # Pollaczek and Khinchine: W = rho m (1 + cv^2) / (2 (1 - rho)).
    said = replicate(
        lambda seed: simulate_queue(
            PoissonArrivals(0.7), Constant(1.0), 1, capacity=math.inf, duration=2_000.0, seed=seed
        ),
        replications=60,
        seed=9,
    )
    assert near(said.mean_wait, 0.7 / (2 * 0.3))


def test_room_for_two_waiting_agrees_with_the_chain():
    weights = np.array([1, 3, 4.5, 4.5, 3.375, 2.53125, 1.8984375])
    law = weights / weights.sum()
    said = replicate(
        lambda seed: simulate_queue(
            PoissonArrivals(3.0), Exponential(1.0), 4, capacity=6, duration=300.0, seed=seed
        ),
        replications=80,
        seed=6,
    )
    fast = simulate_markov(4, 3.0, 1.0, capacity=6, events=4_000, replications=1_000, seed=6)
    for way in (said, fast):
        assert near(way.blocking_probability, law[6])
        assert near(way.time_congestion, law[4:].sum())
        assert near(way.mean_queue_length, law[5] + 2 * law[6])
        accepted = 1 - law[6]
        assert near(way.mean_wait, (law[5] + 2 * law[6]) / (3.0 * accepted))


def test_a_single_server_with_patience_loses_whom_theory_says():
    # M/M/1 with constant patience D (Baccelli and Hebuterne 1981), rho = 1: with u = mu D the
    # server is idle for 1 / (2 + u) of the time, which is the share that leaves.
    said = replicate(
        lambda seed: simulate_queue(
            PoissonArrivals(1.0), Exponential(1.0), 1, capacity=math.inf, patience=Constant(2.0),
            duration=2_000.0, seed=seed,
        ),
        replications=60,
        seed=8,
    )  # fmt: skip
    assert near(said.abandonment_probability, 1 / (2 + 2.0))
    assert near(said.mean_busy, 1 - 1 / (2 + 2.0))


@pytest.mark.parametrize(("load", "servers"), [(380.0, 400), (5.0, 8), (0.5, 1)])
def test_the_chain_agrees_with_erlang_b(load, servers):
    said = simulate_markov(servers, load, 1.0, events=4_000, replications=1_024, seed=12)
    assert near(said.blocking_probability, erlang_b(servers, load))
    assert near(said.mean_busy, load * (1 - erlang_b(servers, load)))
    assert said.mean_wait.value == 0


def test_what_never_happened_is_bounded_not_denied():
    said = simulate_markov(50, 5.0, 1.0, events=1_000, replications=64, seed=1)
    assert said.blocking_probability.value == 0
    assert said.blocking_probability.high == pytest.approx(3 / said.arrivals)


@pytest.mark.parametrize(
    ("stream", "z"),
    [
        (PoissonArrivals(100.0), 1.0),
        (PoissonArrivals(100.0, batch=3), 2.0),  # 1 + (3 - 1) / 2 with exponential holds
        (PoissonArrivals(100.0, batch=2.0, fixed=False), 2.0),
        (RenewalArrivals(Exponential(0.01)), 1.0),
        (BurstArrivals(50.0, 200.0, mean_low=2.0, mean_high=1.0), 1 + 5000 / 100 / 2.5),
    ],
    ids=str,
)
def test_a_stream_has_its_rate_and_its_peakedness(stream, z):
    # Peakedness: variance over mean of busy servers where none are lacking.  For an MMPP of
    # two states with exponential holds: 1 + var(rate) / rate / (mu + switching rates).
    assert stream.rate == pytest.approx(100.0)
    run = simulate_queue(stream, Exponential(1.0), 2_000, duration=3_000.0, seed=3)
    busy = run.busy(np.arange(0.0, 3_000.0, 1.0))
    assert run.counted.sum() / 3_000.0 == pytest.approx(100.0, rel=0.05)
    assert busy.var() / busy.mean() == pytest.approx(z, rel=0.15)


def test_a_rate_that_varies_is_followed():
    wave = VaryingArrivals(lambda t: 100 * (1 + 0.5 * np.sin(2 * np.pi * t / 500)), rate=150.0)
    run = simulate_queue(wave, Exponential(0.1), 200, duration=10_000.0, seed=3)
    phase = (run.arrivals[run.counted] % 500) < 250
    assert phase.mean() == pytest.approx(0.5 + 0.5 / math.pi, abs=0.005)


def test_busy_counts_are_within_the_servers_and_average_to_the_mean():
    run = simulate_queue(PoissonArrivals(25.0), Lognormal(0.4, 3.0), 8, duration=2_000.0, seed=1)
    busy = run.busy(np.linspace(0.0, 2_000.0, 40_001))
    assert busy.min() >= 0
    assert busy.max() == 8
    assert busy.mean() == pytest.approx(run.mean_busy, rel=0.01)
    assert (busy == 8).mean() == pytest.approx(run.time_congestion, rel=0.05)


def test_what_a_sampler_saw_can_be_fitted():
    run = simulate_queue(PoissonArrivals(12.5), Exponential(0.4), 8, duration=3_600.0, seed=21)
    seen = run.observe(1.0)
    assert seen.arrivals is not None
    assert seen.rejections is not None
    assert seen.arrivals.total <= run.counted.sum()
    assert seen.rejections.total / seen.arrivals.total == pytest.approx(
        run.blocking_probability, rel=0.01
    )
    load = fit_queue(seen).offered_load
    assert load.low is not None
    assert load.high is not None
    assert load.low * 0.97 < 5.0 < load.high * 1.03


def test_the_same_seed_gives_the_same_run_and_replications_differ():
    def once(seed):
        return simulate_queue(PoissonArrivals(5.0), Exponential(1.0), 4, duration=50.0, seed=seed)

    assert np.array_equal(once(7).arrivals, once(7).arrivals)
    assert replicate(once, replications=3, seed=7) == replicate(once, replications=3, seed=7)
    first, second = (once(s) for s in np.random.SeedSequence(7).spawn(2))
    assert first.arrivals.size != second.arrivals.size or not np.array_equal(
        first.arrivals, second.arrivals
    )


def test_replications_show_themselves():
    said = simulate_markov(2, 1.0, 1.0, events=500, replications=64, seed=1)
    assert "blocking probability" in str(said)
    assert "<table" in said.to_html()
    assert "in the steady state" in said.to_html()


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: Exponential(0.0), "mean"),
        (lambda: Constant(math.nan), "mean"),
        (lambda: Gamma(1.0, 0.0), "variability"),
        (lambda: Hyperexponential(1.0, 0.5), "variability"),
        (lambda: Empirical(()), "times"),
        (lambda: Empirical((0.0, 0.0)), "times"),
        (lambda: PoissonArrivals(-1.0), "rate"),
        (lambda: PoissonArrivals(1.0, batch=1.5), "batch"),
        (lambda: BurstArrivals(1.0, 2.0, 0.0, 1.0), "mean"),
        (lambda: admitted(0, np.zeros(1), np.zeros(1)), "servers"),
        (lambda: admitted(1, np.array([1.0, 0.0]), np.zeros(2)), "arrivals"),
        (lambda: admitted(1, np.zeros(2), np.array([1.0, math.nan])), "holds"),
        (lambda: admitted(1, np.zeros(2), np.zeros(3)), "holds"),
        (lambda: offered_waits(2, np.zeros(1), np.zeros(1), capacity=1), "capacity"),
        (
            lambda: offered_waits(1, np.zeros(1), np.zeros(1), capacity=2, patience=np.ones(1)),
            "patience",
        ),
        (
            lambda: VaryingArrivals(lambda t: 0 * t + 2.0, 1.0).draw(
                np.random.default_rng(1), 0.0, 50.0
            ),
            "rate_at",
        ),
        (
            lambda: simulate_queue(
                PoissonArrivals(1.0), Exponential(1.0), 2, capacity=1, duration=1.0, seed=1
            ),
            "capacity",
        ),
        (
            lambda: simulate_queue(
                PoissonArrivals(1.0), Exponential(1.0), 2, duration=math.inf, seed=1
            ),
            "duration",
        ),
        (lambda: simulate_markov(2, 0.0, 1.0, seed=1), "arrival_rate"),
        (lambda: simulate_markov(2, 1.0, 1.0, capacity=1, seed=1), "capacity"),
        (lambda: simulate_markov(2, 1.0, 1.0, replications=1, seed=1), "replications"),
    ],
)
def test_what_is_outside_the_domain_is_named(call, name):
    with pytest.raises(ModelError) as raised:
        call()
    assert raised.value.parameter == name
