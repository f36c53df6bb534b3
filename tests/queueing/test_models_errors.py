"""What a model refuses, by the parameter's or the question's name, and how it meets edges."""

from __future__ import annotations

import math
import warnings
from itertools import product

import numpy as np
import pytest

from boltkb.errors import ModelError
from boltkb.queueing import (
    BirthDeath,
    Engset,
    ErlangA,
    GGc,
    Hayward,
    MixedLoss,
    MMc,
    MMcc,
    MMcD,
    MMcK,
    MMcN,
    RetryLoss,
    TimeVaryingLoss,
    blocking_limit,
    delay_limit,
)
from boltkb.queueing.questions import Model

GOOD: dict[type, dict[str, object]] = {
    MMc: {"servers": 8, "arrival_rate": 5.0, "service_rate": 1.0},
    MMcc: {"servers": 8, "arrival_rate": 5.0, "service_rate": 1.0},
    MMcK: {"servers": 8, "capacity": 12, "arrival_rate": 5.0, "service_rate": 1.0},
    Engset: {"servers": 8, "sources": 20, "request_rate": 0.5, "service_rate": 1.0},
    MMcN: {"servers": 8, "sources": 20, "request_rate": 0.5, "service_rate": 1.0},
    ErlangA: {"servers": 8, "arrival_rate": 5.0, "service_rate": 1.0, "abandonment_rate": 0.5},
    MMcD: {"servers": 8, "arrival_rate": 5.0, "service_rate": 1.0, "patience": 2.0},
    Hayward: {"servers": 8, "offered_load": 5.0, "peakedness": 2.0},
    RetryLoss: {
        "servers": 8,
        "arrival_rate": 5.0,
        "service_rate": 1.0,
        "retry_probability": 0.5,
        "backoff": 3.0,
    },
    GGc: {
        "servers": 8,
        "arrival_rate": 5.0,
        "service_rate": 1.0,
        "arrival_variability": 1.0,
        "service_variability": 2.0,
    },
}
#: Parameters that may be 0.
ZERO = {
    "arrival_rate",
    "request_rate",
    "offered_load",
    "retry_probability",
    "backoff",
    "arrival_variability",
    "service_variability",
}
WHOLE = {"servers", "sources", "capacity"}
NUMBERS = (
    "offered_load",
    "utilisation",
    "blocking_probability",
    "abandonment_probability",
    "time_congestion",
    "waiting_probability",
    "mean_busy",
    "mean_queue_length",
    "mean_number",
    "mean_wait",
    "mean_sojourn",
    "throughput",
)


def wrong_values() -> list[object]:
    cases = []
    for model, good in GOOD.items():
        for name in good:
            bad = [math.nan, -1, math.inf, "8"]
            if name not in ZERO:
                bad.append(0)
            if name in WHOLE:
                bad += [8.5, True]
            cases += [pytest.param(model, name, value) for value in bad]
    return cases


@pytest.mark.parametrize(("model", "name", "value"), wrong_values())
def test_a_parameter_outside_its_domain_is_refused_by_name(model, name, value):
    with pytest.raises(ModelError) as caught:
        model(**{**GOOD[model], name: value})
    assert caught.value.parameter == name
    assert caught.value.got is value


@pytest.mark.parametrize("model", GOOD)
def test_whole_numbers_of_any_type_become_int(model):
    made = model(**{**GOOD[model], "servers": np.float64(8.0)})
    assert type(made.servers) is int
    assert made == model(**GOOD[model])


@pytest.mark.parametrize("model", [MMc, MMcc, MMcK, ErlangA, MMcD, Engset, MMcN, RetryLoss, GGc])
def test_rates_that_make_no_finite_load_are_refused(model):
    name = "request_rate" if "request_rate" in GOOD[model] else "arrival_rate"
    with pytest.raises(ModelError, match=name):
        model(**{**GOOD[model], name: 1e300, "service_rate": 1e-300})


@pytest.mark.parametrize("model", [MMc, MMcD])
def test_service_beyond_the_doubles_is_refused(model):
    made = model(**{**GOOD[model], "service_rate": 1e308})
    with pytest.raises(ModelError, match="service_rate"):
        _ = made.mean_wait


def test_capacity_below_the_servers_is_refused():
    with pytest.raises(ModelError, match="capacity"):
        MMcK(8, 7, 1.0, 1.0)


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        (((), ()), "service_rates"),
        (((1.0,), (0.0,)), "service_rates"),
        (((math.nan,), (1.0,)), "arrival_rates"),
        (((1.0, 1.0, 1.0), (1.0,)), "arrival_rates"),
        (((1.0,), (1.0,), 0), "servers"),
    ],
)
def test_chains_that_are_none_are_refused(parameters, name):
    with pytest.raises(ModelError, match=name):
        BirthDeath(*parameters)


@pytest.mark.parametrize(
    ("name", "value"),
    [("contention", 1.5), ("contention", math.nan), ("coherency", -0.1), ("capacity", 3)],
)
def test_scalability_outside_its_domain_is_refused(name, value):
    with pytest.raises(ModelError, match=name):
        BirthDeath.with_scalability(4, 1.0, 1.0, **{"contention": 0.1, name: value})


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ((8, (1.0,), ()), "weights"),
        ((8, (), ()), "weights"),
        ((8, (1.0,), (0.0,)), "weights"),
        ((8, (math.nan,), (1.0,)), "loads"),
        ((8.5, (1.0,), (1.0,)), "servers"),
    ],
)
def test_mixtures_that_are_none_are_refused(parameters, name):
    with pytest.raises(ModelError, match=name):
        MixedLoss(*parameters)


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ((8, (0.0, 1.0), (), 1.0), "edges"),
        ((8, (0.0,), (), 1.0), "edges"),
        ((8, (1.0, 0.0), (1.0,), 1.0), "edges"),
        ((8, (0.0, math.nan), (1.0,), 1.0), "edges"),
        ((8, (0.0, 1.0), (-1.0,), 1.0), "arrival_rates"),
        ((8, (0.0, 1.0), (1.0,), 0.0), "service_rate"),
        ((8, (0.0, 1.0), (1.0,), 1.0, "full"), "start"),
    ],
)
def test_paths_that_are_none_are_refused(parameters, name):
    with pytest.raises(ModelError, match=name):
        TimeVaryingLoss(*parameters)


@pytest.mark.parametrize("model", GOOD)
def test_times_and_probabilities_outside_their_domain_are_refused(model):
    made = model(**GOOD[model])
    for time in (-1.0, math.nan):
        with pytest.raises(ModelError, match="time"):
            made.wait_exceeds(time)
    for probability in (-0.1, 1.0, math.nan):
        with pytest.raises(ModelError, match="probability"):
            made.wait_quantile(probability)


@pytest.mark.parametrize("margin", [math.nan, math.inf])
def test_limits_refuse_what_is_no_margin(margin):
    with pytest.raises(ModelError, match="margin"):
        delay_limit(margin)
    with pytest.raises(ModelError, match="margin"):
        blocking_limit(margin)


@pytest.mark.parametrize(
    ("model", "question", "why"),
    [
        (GGc, "waiting_probability", "two moments"),
        (GGc, "time_congestion", "two moments"),
        (Hayward, "time_congestion", "arrivals meet"),
        (Hayward, "throughput", "hold"),
        (Hayward, "mean_sojourn", "hold"),
    ],
)
def test_a_question_that_a_model_cannot_answer_says_why(model, question, why):
    with pytest.raises(ModelError, match=why) as caught:
        getattr(model(**GOOD[model]), question)
    assert caught.value.parameter == question


def test_laws_that_an_approximation_does_not_know_are_refused():
    for model in (GGc(**GOOD[GGc]), Hayward(**GOOD[Hayward])):
        with pytest.raises(ModelError, match="state_probabilities"):
            model.state_probabilities()
        with pytest.raises(ModelError, match="state_probabilities"):
            model.sample_busy(3, np.random.default_rng(0))
    with pytest.raises(ModelError, match="two moments"):
        GGc(**GOOD[GGc]).wait_exceeds(1.0)


def test_a_mixture_of_loads_knows_no_time():
    mixed = MixedLoss(8, (3.0,), (1.0,))
    for question in ("throughput", "mean_sojourn"):
        with pytest.raises(ModelError, match=question):
            getattr(mixed, question)


def test_a_chain_says_what_it_would_need():
    bare = BirthDeath((1.0, 1.0), (1.0, 2.0))
    assert bare.mean_number == pytest.approx(0.8)
    assert bare.throughput == pytest.approx(0.8)
    assert bare.mean_sojourn == pytest.approx(1.0)
    for question in ("mean_busy", "time_congestion", "mean_wait", "utilisation", "offered_load"):
        with pytest.raises(ModelError, match="give `servers`"):
            getattr(bare, question)
    with pytest.raises(ModelError, match="one arrival rate more"):
        _ = bare.blocking_probability
    slowing = BirthDeath((1.0, 1.0, 1.0), (1.0, 1.0, 0.5), servers=1)
    assert slowing.mean_wait > 0
    with pytest.raises(ModelError, match="comes later"):
        slowing.wait_exceeds(1.0)


def test_an_unstable_delay_system_waits_for_ever():
    model = MMc(8, 9.0, 1.0)
    assert model.mean_wait == model.mean_number == model.mean_sojourn == math.inf
    assert model.wait_exceeds(1e9) == model.sojourn_exceeds(1e9) == 1.0
    assert model.wait_quantile(0.5) == model.sojourn_quantile(0.5) == math.inf
    assert model.throughput == 8.0
    assert model.mean_busy == 8.0


def edges() -> list[Model]:
    made: list[Model] = []
    for servers, rate, service in product((1, 400), (0.0, 1e-300, 0.5, 400.0, 1e6), (1.0, 1e-3)):
        made += [MMc(servers, rate, service), MMcc(servers, rate, service)]
        made += [MMcK(servers, servers + room, rate, service) for room in (0, 1, 500)]
        made += [ErlangA(servers, rate, service, gone) for gone in (1e-6, 1.0, 1e9)]
        made += [MMcD(servers, rate, service, patience) for patience in (1e-9, 1.0, 1e9)]
        made += [Engset(servers, sources, rate, service) for sources in (1, 500)]
        made += [MMcN(servers, sources, rate, service) for sources in (1, 500)]
        made += [RetryLoss(servers, rate, service, retry) for retry in (0.0, 1.0)]
        made += [Hayward(servers, rate, 3.0), GGc(servers, rate, service, 0.0, 2.0)]
        made.append(BirthDeath.with_scalability(servers, rate, service, contention=0.1))
    return made


@pytest.mark.parametrize("model", edges(), ids=lambda m: str(m)[:70])
def test_at_the_edges_every_answer_is_a_number_or_a_reason(model):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answered = 0
        for question in NUMBERS:
            try:
                value = getattr(model, question)
            except ModelError as error:
                assert question in str(error)  # noqa: PT017
                continue
            answered += 1
            assert isinstance(value, float)
            assert value >= 0
            if question.endswith("probability") or question == "time_congestion":
                assert value <= 1
        assert answered >= 8
        if not isinstance(model, GGc):
            for time in (0.0, 1.0, 1e9, math.inf):
                assert 0 <= model.wait_exceeds(time) <= 1
            assert model.wait_quantile(0.99) >= 0
