"""Models side by side: the one that made the samples tells those left out best."""

from __future__ import annotations

import json

import numpy as np
import pytest

from boltkb.errors import ModelError
from boltkb.queueing import Observations, fit_queue, simulate_loss
from boltkb.queueing.finite_fit import engset_law, fit_mixture, fit_sources
from boltkb.queueing.models import busy_law

N = 1_200


def seen(busy, servers=8, capacity=8, **more):
    busy = np.asarray(busy, dtype=float)
    return Observations(np.arange(busy.size, dtype=float), busy, servers, capacity, **more)


def loss(rate, servers=8, seed=1, peak=None, **more):
    run = simulate_loss(
        servers=servers, arrival_rate=rate, peak_rate=peak, mean_hold=0.4, duration=N, seed=seed,
        **more,
    )  # fmt: skip
    return run.observe(1.0)


def named(fit):
    return {one.name: one for one in fit.candidates}


@pytest.fixture(scope="module")
def constant():
    return fit_queue(loss(12.5))


@pytest.fixture(scope="module")
def stepped():
    return fit_queue(loss(lambda t: np.where(t < 500, 10.0, 20.0), servers=20, peak=20.0))


@pytest.fixture(scope="module")
def few():
    rng = np.random.default_rng(1)
    return fit_queue(seen(rng.binomial(6, 0.5, N)))


def test_mmc_is_always_among_the_candidates(constant, stepped, few):
    for fit in (constant, stepped, few):
        assert {"M/M/c", "M/M/c/c", "M/M/c/c, varying load"} <= set(named(fit))


def test_the_best_stands_first_and_scores_fall(constant):
    scores = [one.score for one in constant.candidates]
    assert scores == sorted(scores, reverse=True)
    assert constant.candidates[0].behind == 0


def test_loss_beats_waiting_where_servers_are_often_full(constant):
    found = named(constant)
    assert found["M/M/c/c"].tied
    assert not found["M/M/c"].tied


def test_waiting_and_loss_are_tied_and_said_to_be_below_85_percent():
    found = named(fit_queue(loss(5.0)))
    assert found["M/M/c"].behind < 0.002
    assert "cannot tell waiting from loss" in found["M/M/c"].comment


def test_a_load_that_jumps_is_told_best_by_steps(stepped):
    found = named(stepped)
    assert found["M/M/c/c, steps of load"].tied
    assert not found["M/M/c/c"].tied


def test_a_load_that_swings_is_told_best_by_the_smooth_path():
    fit = fit_queue(loss(lambda t: 25 * (1 + 0.5 * np.sin(t / 60)), servers=40, peak=37.5))
    found = named(fit)
    assert fit.candidates[0].name.endswith("varying load")
    assert not found["M/M/c/c"].tied
    assert not found["M/M/c/c, mixed load"].tied


def test_few_sources_are_told_best_by_few_sources(few):
    assert few.candidates[0].name == "M/M/c/c//N"
    assert not named(few)["M/M/c/c"].tied


def test_batches_are_told_best_by_a_load_drawn_anew():
    fit = fit_queue(loss(10.0, servers=100, batch=3))
    assert fit.candidates[0].name == "M/M/c/c, mixed load"


def test_too_few_samples_have_no_candidates():
    assert fit_queue(seen(np.tile([1.0, 2.0, 3.0], 8))).candidates == ()
    assert fit_queue(seen(np.zeros(N))).candidates == ()


def test_a_finite_source_fit_names_the_sources_and_what_requests_meet(few):
    model = next(one for one in few.models if one.name == "M/M/c/c//N")
    sources = model.parameters["sources"]
    assert sources.low <= 6 <= sources.high
    assert model.parameters["blocking_probability"].value == 0
    assert model.verdict == "DOUBTFUL"
    assert any("alike" in reason for reason in model.reasons)


def test_more_sources_than_servers_meet_one_source_fewer():
    rng = np.random.default_rng(3)
    law = engset_law(8, 12, 0.8)
    fit = fit_queue(seen(rng.choice(9, 4_000, p=law)), "M/M/c/c//N")
    assert fit.models[0].name == "M/M/c/c//N"
    blocking = fit.models[0].parameters["blocking_probability"]
    assert blocking.low <= engset_law(8, 11, 0.8)[-1] <= blocking.high
    assert fit.rejection_probability.value == blocking.value


def test_engset_tends_to_erlang():
    assert engset_law(8, 10**7, 5.0 / 10**7) == pytest.approx(busy_law(8, 5.0), abs=1e-5)


def test_sources_are_recovered_from_exact_shares():
    fitted = fit_sources(1e6 * engset_law(8, 12, 0.8), 8)
    assert fitted.sources == 12
    assert fitted.rate == pytest.approx(0.8, rel=1e-6)
    assert fit_sources(np.array([5.0]), 8) is None


def test_a_mixture_is_recovered_from_exact_shares():
    z = np.linspace(-6, 6, 241)
    weights = np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()
    law = weights @ busy_law(60, 20 * np.exp(0.3 * z))
    fitted = fit_mixture(1e5 * law, 60)
    assert fitted.spread == pytest.approx(0.3, abs=0.01)
    assert fitted.weights @ fitted.loads == pytest.approx(20 * np.exp(0.045), rel=0.01)
    assert fitted.law == pytest.approx(law, abs=2e-4)


def test_a_wide_spread_is_shown_as_a_mixture_with_a_higher_blocking():
    fit = fit_queue(loss(8.0, batch=3, seed=3))
    model = next(one for one in fit.models if one.name == "M/M/c/c, mixed load")
    blocking = model.parameters["blocking_probability"]
    plain = fit.models[0].parameters["blocking_probability"]
    assert blocking.low > plain.value
    assert any("batches" in reason for reason in model.reasons)


@pytest.mark.parametrize(
    "model",
    ["M/M/c/c", "M/M/c/c, varying load", "M/M/c/c, mixed load", "M/M/c/c//N", "M/M/c"],
)
def test_the_model_that_is_asked_for_stands_first(model):
    fit = fit_queue(loss(10.0), model)
    assert fit.models[0].name == model
    assert fit.verdict == fit.models[0].verdict
    assert "M/M/c" in {one.name for one in fit.models}
    assert fit.offered_load.value == fit.models[0].parameters["offered_load"].value
    json.dumps(fit.facts(), allow_nan=False)


def test_models_are_refused_by_name():
    with pytest.raises(ModelError, match="model"):
        fit_queue(loss(10.0), "M/G/1")
    with pytest.raises(ModelError, match="wait"):
        fit_queue(seen(np.zeros(30), 8, np.inf), "M/M/c/c")


def test_what_stands_beside_the_models_shows_itself(stepped):
    for text in (str(stepped), stepped.to_html()):
        for words in ("Candidates", "Spread by length of window", "Steps of the load"):
            assert words in text
    assert "\n" not in stepped.to_html()
    assert set(stepped.facts()["fit"]) >= {"candidates", "scales", "changes"}
