"""Models for a spread that is not Poisson's: a load drawn anew each sample, and few sources.

They stand beside M/M/c/c where its busy servers spread too wide or too narrow.  Samples
alone do not name the cause of either, and the verdict says so.
"""

from __future__ import annotations

import numpy as np

from boltkb.queueing import checks, losses, steadiness
from boltkb.queueing.evidence import Evidence
from boltkb.queueing.finite_fit import LoadMixture, Sources, engset_law, fit_mixture, fit_sources
from boltkb.queueing.models import busy_law
from boltkb.queueing.observations import PROBABILITY, Estimate
from boltkb.queueing.results import Check, ModelFit
from boltkb.queueing.verdicts import judge

__all__ = ["MIXED", "SOURCES", "fit_spread"]

MIXED = "M/M/c/c, mixed load"
SOURCES = "M/M/c/c//N"
#: Refits of the parametric bootstrap.
REFITS = 60

_BATCHES = "batches of arrivals and a load that jumps between samples look the same in the samples"
_HELD = (
    "few sources that take turns and servers that are held all the time look alike in the samples"
)


def fit_spread(
    evidence: Evidence, gate: tuple[Check, ...], asked: str, rng: np.random.Generator
) -> tuple[ModelFit, ...]:
    """Return the models that a spread off Poisson's calls for, or that were asked for.

    Parameters
    ----------
    evidence : Evidence
    gate : tuple of Check
        Checks that every model shares.
    asked : str
        The name of a model to make in any case.
    rng : numpy Generator
    """
    if evidence.samples.busy.max() == 0:
        return ()
    poisson = checks.poisson_counts(evidence)
    off = poisson.passed is False
    counts = np.round(evidence.samples.seen).astype(np.int64)
    histogram = np.bincount(counts).astype(float)
    found: list[ModelFit] = []
    if asked == MIXED or (off and evidence.dispersion > 1.0):
        found.append(_mixed(evidence, gate, histogram, rng))
    if asked == SOURCES or (off and evidence.dispersion < 1.0):
        found += _sources(evidence, gate, histogram, rng)
    return tuple(found)


def _mixed(
    evidence: Evidence, gate: tuple[Check, ...], histogram: np.ndarray, rng: np.random.Generator
) -> ModelFit:
    servers = evidence.observations.servers
    reach = evidence.ceiling if servers is None else servers
    fitted = fit_mixture(histogram, reach)
    worth = max(1, round(float(histogram.sum()) / evidence.memory))
    again = [
        fit_mixture(row.astype(float), reach) for row in rng.multinomial(worth, fitted.law, REFITS)
    ]
    how = f"by parametric bootstrap, {REFITS} refits to {worth:,} independent samples"
    parameters = {
        "offered_load": _spanned(_mean(fitted), [_mean(one) for one in again], "erlangs", how),
        "log_spread": _spanned(fitted.spread, [one.spread for one in again], "", how),
    }
    if servers is not None:
        parameters["blocking_probability"] = _spanned(
            _lost(fitted, servers), [_lost(one, servers) for one in again], PROBABILITY,
            "Erlang B averaged over the mixture, weighted by what arrives; " + how,
        )  # fmt: skip
    made = (
        *gate,
        checks.busy_distribution(evidence, fitted.law, rng),
        checks.time_at_ceiling(evidence, fitted.law[-1:]),
        checks.peak_as_predicted(evidence, fitted.law),
    )
    return _doubtful(judge(MIXED, evidence, parameters, made), _BATCHES)


def _sources(
    evidence: Evidence, gate: tuple[Check, ...], histogram: np.ndarray, rng: np.random.Generator
) -> list[ModelFit]:
    servers = evidence.observations.servers
    reach = evidence.ceiling if servers is None else servers
    fitted = fit_sources(histogram, reach, evidence.memory)
    if fitted is None:
        return []
    how = "by profile likelihood, the samples counted as independent ones"
    carried = fitted.sources * fitted.rate / (1.0 + fitted.rate)
    noise = np.sqrt(carried / (1.0 + fitted.rate) * evidence.memory / histogram.sum())
    parameters = {
        "offered_load": Estimate(
            carried, max(0.0, carried - 1.96 * noise), carried + 1.96 * noise, "erlangs",
            "busy servers if no request were rejected",
        ),
        "sources": Estimate(
            float(fitted.sources), float(fitted.likely.min()), float(fitted.likely.max()),
            "sources", how,
        ),
        "load_of_an_idle_source": Estimate(fitted.rate, None, None, "erlangs", how),
    }  # fmt: skip
    if servers is not None:
        worth = max(1, round(float(histogram.sum()) / evidence.memory))
        again = [
            fit_sources(row.astype(float), servers)
            for row in rng.multinomial(worth, fitted.law, REFITS)
        ]
        parameters["blocking_probability"] = _spanned(
            _met(fitted, servers), [_met(one, servers) for one in again if one is not None],
            PROBABILITY, f"Engset's formula for one source fewer, by {REFITS} refits",
        )  # fmt: skip
    made = (
        *gate,
        steadiness.constant_load(evidence),
        checks.busy_distribution(evidence, fitted.law, rng),
        checks.time_at_ceiling(evidence, fitted.law[-1:]),
        checks.peak_as_predicted(evidence, fitted.law),
        losses.no_rejections(evidence) if fitted.sources <= reach else _unjudged(),
    )
    return [_doubtful(judge(SOURCES, evidence, parameters, made), _HELD)]


def _met(sources: Sources, servers: int) -> float:
    """Return what a request meets: it sees the other sources only (arrival theorem)."""
    if sources.sources <= servers:
        return 0.0
    return float(engset_law(servers, sources.sources - 1, sources.rate)[-1])


def _unjudged() -> Check:
    return Check("rejections", None, "<=", 0.0, None, "not compared in this model")


def _doubtful(model: ModelFit, why: str) -> ModelFit:
    return ModelFit(model.name, "DOUBTFUL", model.parameters, model.checks, (*model.reasons, why))


def _mean(mixture: LoadMixture) -> float:
    return float(mixture.weights @ mixture.loads)


def _lost(mixture: LoadMixture, servers: int) -> float:
    full = np.atleast_2d(busy_law(servers, mixture.loads))[:, -1]
    return float(mixture.weights @ (mixture.loads * full)) / _mean(mixture)


def _spanned(value: float, again: list[float], unit: str, how: str) -> Estimate:
    low, high = np.quantile(again, [0.025, 0.975]).tolist()
    return Estimate(value, min(low, value), max(high, value), unit, how)
