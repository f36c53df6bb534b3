"""M/M/c/c fitted to the samples, with a load that varies or a constant one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from boltkb.queueing import checks, losses, steadiness
from boltkb.queueing.crosschecks import littles_law, near_ceiling
from boltkb.queueing.erlang import FloatArray
from boltkb.queueing.evidence import Evidence
from boltkb.queueing.observations import PROBABILITY, Estimate
from boltkb.queueing.results import Check, ModelFit
from boltkb.queueing.verdicts import DOUBTS, FORMULA, from_draws, judge

__all__ = ["CONSTANT", "VARYING", "fit_loss"]

CONSTANT = "M/M/c/c"
VARYING = "M/M/c/c, varying load"


def fit_loss(
    evidence: Evidence, gate: tuple[Check, ...], asked: str, rng: np.random.Generator
) -> tuple[ModelFit, ...]:
    """Return the loss model that applies, and beside a varying load the constant one.

    Parameters
    ----------
    evidence : Evidence
    gate : tuple of Check
        Checks that every model shares.
    asked : str
        ``M/M/c/c, varying load`` has that model made although the load seems constant.
    rng : numpy Generator
    """
    laws = checks.predicted_laws(evidence, waits=False)
    crossed = (near_ceiling(evidence, laws), littles_law(evidence))
    shared = (
        checks.poisson_counts(evidence),
        checks.poisson_arrivals(evidence),
        checks.busy_distribution(evidence, laws.mean(axis=0), rng),
        checks.time_at_ceiling(evidence, laws[:, -1]),
        checks.peak_as_predicted(evidence, laws.mean(axis=0)),
        losses.rejections_as_predicted(evidence),
        *(check for check in crossed if check.passed is not None),
    )
    constant = steadiness.constant_load(evidence)
    parameters = _loss_parameters(evidence, shared)
    if constant.passed is not False and asked != VARYING:
        return (judge(CONSTANT, evidence, parameters, (*gate, constant, *shared)),)
    moving = (*gate, steadiness.unchanging_within_windows(evidence), steadiness.slow_load(evidence))
    law = steadiness.constant_law(evidence)
    plain = (
        *gate,
        constant,
        checks.poisson_counts(evidence),
        checks.poisson_arrivals(evidence),
        checks.busy_distribution(evidence, law, rng),
        checks.time_at_ceiling(evidence, law[-1:]),
    )
    return (
        judge(VARYING, evidence, parameters, (*moving, *shared)),
        judge(CONSTANT, evidence, _constant_parameters(evidence), plain),
    )


def _loss_parameters(evidence: Evidence, made: tuple[Check, ...]) -> dict[str, Estimate]:
    servers = evidence.observations.servers
    loads = evidence.path.draws @ evidence.weights
    load = from_draws(loads, "erlangs", "average over the observed time, from the busy servers")
    if evidence.samples.busy.max() == 0:
        load = Estimate(
            0.0, 0.0, float(np.quantile(loads, 0.95)), "erlangs",
            "no server was seen busy; the upper bound (rule of three) takes the samples as "
            "independent, so it holds for holds no longer than the distance of samples",
        )  # fmt: skip
    parameters = {"offered_load": load}
    if servers is None:
        return parameters
    parameters["utilisation"] = from_draws(loads / servers, "", "offered load over servers")
    broken = [DOUBTS[c.name] for c in made if c.passed is False and c.name in FORMULA]
    chance = evidence.blocking_draws()
    how = "Erlang B of the windows' loads, weighted by what arrives"
    if float(np.median(chance)) < 0.1 / evidence.samples.busy.size:
        how += "; an extrapolation: in this window it cannot be told from 0"
    parameters["blocking_probability"] = from_draws(chance, PROBABILITY, how)
    full = checks.predicted_laws(evidence, waits=False)[:, -1]
    parameters["time_congestion"] = from_draws(
        full, PROBABILITY, "share of time with every server busy"
    )
    rate = _known_rate(evidence, loads)
    if rate is not None:
        parameters["rejections_per_hour"] = from_draws(
            chance * rate * 3_600, "per hour", "blocking probability times the rate of arrivals"
        )
    if broken:
        why = "no interval: " + "; ".join(broken)
        for name in ("blocking_probability", "time_congestion", "rejections_per_hour"):
            if name in parameters:
                parameters[name] = replace(parameters[name], low=None, high=None, reason=why)
        if float(np.median(chance)) > 0.01:
            parameters["offered_load"] = Estimate(load.value, None, None, "erlangs", why)
    return parameters


def _constant_parameters(evidence: Evidence) -> dict[str, Estimate]:
    why = "no interval: one constant load does not describe these samples"
    law = steadiness.constant_law(evidence)
    servers = evidence.observations.servers
    load = steadiness.pooled_load(evidence)
    found = {"offered_load": Estimate(load, None, None, "erlangs", why)}
    if servers is not None:
        found["blocking_probability"] = Estimate(float(law[-1]), None, None, PROBABILITY, why)
    return found


def _known_rate(evidence: Evidence, loads: FloatArray) -> FloatArray | None:
    """Return the rate of arrivals a second where arrivals or holds were measured."""
    seen = evidence.observations
    if seen.arrivals is not None and seen.arrivals.covered > 0 and seen.arrivals.total > 0:
        return np.full(loads.size, seen.arrivals.total / seen.arrivals.covered)
    return None if seen.mean_hold is None else np.asarray(loads / seen.mean_hold)
