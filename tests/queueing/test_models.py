"""Properties that hold for every model, and chains in exact fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from boltkb.queueing import (
    BirthDeath,
    Engset,
    ErlangA,
    MMc,
    MMcc,
    MMcD,
    MMcK,
    MMcN,
)
from boltkb.queueing.questions import Model

#: Some hundreds of roundings.
CLOSE = 1e-12

servers_st = st.integers(1, 60)
rates_st = st.floats(0.05, 120.0)
holds_st = st.floats(0.1, 10.0)
rooms_st = st.integers(0, 80)
times_st = st.floats(0.0, 5.0)


@st.composite
def models(draw: st.DrawFn) -> Model:
    servers, arrivals, service = draw(servers_st), draw(rates_st), draw(holds_st)
    kind = draw(st.sampled_from(["loss", "delay", "room", "engset", "repair", "M", "D", "usl"]))
    if kind == "loss":
        return MMcc(servers, arrivals, service)
    if kind == "delay":
        return MMc(servers, draw(st.floats(0.01, 0.99)) * servers * service, service)
    if kind == "room":
        return MMcK(servers, servers + draw(rooms_st), arrivals, service)
    if kind == "engset":
        return Engset(servers, draw(st.integers(1, 120)), arrivals / 20, service)
    if kind == "repair":
        return MMcN(servers, draw(st.integers(1, 120)), arrivals / 20, service)
    if kind == "M":
        return ErlangA(servers, arrivals, service, draw(st.floats(0.01, 50.0)))
    if kind == "D":
        return MMcD(servers, arrivals, service, draw(st.floats(0.01, 5.0)))
    return BirthDeath.with_scalability(
        servers,
        arrivals,
        service,
        contention=draw(st.floats(0.0, 0.3)),
        coherency=draw(st.floats(0.0, 0.05)),
        capacity=servers + draw(rooms_st),
    )


def entering(model: Model) -> float:
    """Customers a second that wait or are served, those who give up included."""
    if isinstance(model, ErlangA | MMcD):
        return model.arrival_rate
    return model.throughput


@given(models())
def test_little_holds(model):
    assert model.mean_number == pytest.approx(entering(model) * model.mean_sojourn, rel=CLOSE)
    assert model.mean_queue_length == pytest.approx(
        entering(model) * model.mean_wait, rel=1e-9, abs=1e-300
    )
    assert model.mean_number == pytest.approx(model.mean_busy + model.mean_queue_length, rel=CLOSE)


@given(models())
def test_what_is_offered_is_served_rejected_or_gives_up(model):
    lost = model.blocking_probability + model.abandonment_probability
    assert model.mean_busy == pytest.approx(model.offered_load * (1 - lost), rel=1e-10)
    assert model.utilisation == pytest.approx(model.offered_load / model.servers)


@given(models())
def test_the_law_of_states_is_a_law_and_gives_the_mean(model):
    law = model.state_probabilities()
    assert law.min() >= 0
    assert law.sum() == pytest.approx(1.0, rel=CLOSE)
    busy = np.minimum(np.arange(len(law)), model.servers) @ law
    assert busy == pytest.approx(model.mean_busy, rel=1e-11)
    assert law[model.servers :].sum() == pytest.approx(model.time_congestion, rel=1e-11, abs=1e-300)


@given(models(), times_st, st.floats(0.001, 2.0))
def test_waits_are_exceeded_less_as_they_grow(model, time, more):
    assert model.wait_exceeds(0.0) == pytest.approx(model.waiting_probability, rel=1e-11)
    assert 0 <= model.wait_exceeds(time + more) <= model.wait_exceeds(time) * (1 + CLOSE) <= 1.001


@given(models(), st.floats(0.0, 0.999))
def test_the_quantile_inverts_the_tail(model, probability):
    wait = model.wait_quantile(probability)
    target = 1 - probability
    if wait == 0:
        assert model.waiting_probability <= target * (1 + CLOSE)
    else:
        assert model.wait_exceeds(wait * (1 + 1e-9)) <= target * (1 + 1e-6)
        assert model.wait_exceeds(wait * (1 - 1e-9)) >= target * (1 - 1e-6)


@settings(max_examples=20, deadline=None)
@given(models())
def test_the_mean_wait_is_the_area_under_the_tail(model):
    waiting = model.waiting_probability
    assume(waiting > 1e-3)
    ends = [0.0, *(model.wait_quantile(1 - 10.0**-k * waiting) for k in range(1, 9))]
    nodes, weights = np.polynomial.legendre.leggauss(12)
    area = 0.0
    for start, end in pairwise(ends):
        times = start + (end - start) * (nodes + 1) / 2
        area += (end - start) / 2 * weights @ [model.wait_exceeds(float(t)) for t in times]
    assert area == pytest.approx(model.mean_wait, rel=1e-3)


@given(models(), st.integers(0, 2**32))
def test_draws_of_busy_servers_stay_within_them(model, seed):
    drawn = model.sample_busy(50, np.random.default_rng(seed))
    assert drawn.shape == (50,)
    assert drawn.dtype == float
    assert ((drawn >= 0) & (drawn <= model.servers)).all()


def exact_law(births: list[Fraction], deaths: list[Fraction]) -> list[Fraction]:
    weights = [Fraction(1)]
    for up, down in zip(births, deaths, strict=True):
        weights.append(weights[-1] * up / down)
    return [weight / sum(weights) for weight in weights]


@given(st.integers(1, 8), st.integers(0, 25), rates_st, holds_st)
def test_mmck_equals_its_chain_in_exact_fractions(servers, room, arrivals, service):
    model = MMcK(servers, servers + room, arrivals, service)
    size = servers + room
    law = exact_law(
        [Fraction(arrivals)] * size,
        [Fraction(service) * min(k, servers) for k in range(1, size + 1)],
    )
    queue = sum(max(k - servers, 0) * p for k, p in enumerate(law))
    waiting = sum(law[servers:-1], Fraction(0)) / (1 - law[-1])
    assert model.blocking_probability == pytest.approx(float(law[-1]), rel=2e-14)
    assert model.mean_queue_length == pytest.approx(float(queue), rel=2e-14)
    assert model.waiting_probability == pytest.approx(float(waiting), rel=2e-14)
    assert model.state_probabilities() == pytest.approx([float(p) for p in law], rel=2e-14)


@given(st.integers(1, 8), st.integers(1, 25), st.floats(0.01, 9.0), holds_st)
def test_finite_sources_equal_their_chain_in_exact_fractions(servers, sources, asks, service):
    def law(count: int, room: int) -> list[float]:
        size = min(count, room)
        births = [(count - k) * Fraction(asks) for k in range(size)]
        deaths = [Fraction(service) * min(k, servers) for k in range(1, size + 1)]
        return [float(p) for p in exact_law(births, deaths)]

    engset, repair = Engset(servers, sources, asks, service), MMcN(servers, sources, asks, service)
    assert engset.state_probabilities() == pytest.approx(law(sources, servers), rel=2e-14)
    assert repair.state_probabilities() == pytest.approx(law(sources, sources), rel=2e-14)
    seen = law(sources - 1, servers)
    full = seen[servers] if len(seen) > servers else 0.0
    assert engset.blocking_probability == pytest.approx(full, rel=2e-14)
