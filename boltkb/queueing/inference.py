"""The fit: from samples of busy servers to models, estimates with intervals, and a verdict.

Only the offered load is identified by samples of the busy servers.  The rate of arrivals and
the mean hold come apart only where arrivals or rejections were counted; what the data do not
carry is absent, with the reason.
"""

from __future__ import annotations

import numpy as np

from boltkb.errors import ModelError
from boltkb.queueing import checks, steadiness
from boltkb.queueing.changes import change_points
from boltkb.queueing.delay import fit_delay
from boltkb.queueing.evidence import Evidence, gather
from boltkb.queueing.forecast import forecast_load
from boltkb.queueing.heldout import score_candidates
from boltkb.queueing.loss_fit import CONSTANT, VARYING, fit_loss
from boltkb.queueing.observations import Observations
from boltkb.queueing.rates import busy_mean, busy_peak, rate_and_hold, rejection_probability
from boltkb.queueing.refusals import no_samples, refused
from boltkb.queueing.resampling import load_by_bootstrap
from boltkb.queueing.results import Check, Fit, LoadWindows, ModelFit
from boltkb.queueing.scales import spread_by_scale
from boltkb.queueing.spread_fit import MIXED, SOURCES, fit_spread
from boltkb.queueing.verdicts import FATAL

__all__ = ["MODELS", "fit_queue"]

#: Models that can be asked for by name.
MODELS = (CONSTANT, VARYING, MIXED, SOURCES, "M/M/c")


def fit_queue(observations: Observations, model: str = "auto", *, seed: int = 0) -> Fit:
    """Return what samples of busy servers say about the load, with intervals and checks.

    The load is a smooth path through windows; its roughness is averaged over by marginal
    likelihood, so a constant load is a special case and not an assumption.  Intervals respect
    the memory of the samples and the load's own movement.

    Parameters
    ----------
    observations : Observations
        At least 20 samples for a fit that is not refused.
    model : str
        Which model the estimates come from.  ``auto``: M/M/c/c where arrivals are lost, its
        load varying where it does, and M/M/c where they wait; ``M/M/c/c``,
        ``M/M/c/c, varying load``, ``M/M/c/c, mixed load`` (a load drawn anew for each
        sample), ``M/M/c/c//N`` (few sources that take turns) or ``M/M/c`` to insist.  The
        checks are the same, and the others stand beside it.
    seed : int, >= 0
        The same seed and data give the same numbers.

    Returns
    -------
    Fit
        REFUSED, with reasons, when the data carry no model; never an exception for data
        that are merely poor.

    Raises
    ------
    ModelError
        `observations` is not an `Observations`; a model that is not known, or one of loss
        where the capacity says that arrivals wait.

    Notes
    -----
    Number of servers and discipline (loss or waiting) come from the caller, who knows them
    from configuration: below 85 % utilisation no number of samples tells them.

    Examples
    --------
    >>> from boltkb.queueing import simulate_loss
    >>> run = simulate_loss(servers=8, arrival_rate=12.5, mean_hold=0.4, duration=1200.0, seed=1)
    >>> fit = fit_queue(run.observe(1.0))
    >>> fit.verdict, fit.models[0].name
    ('SOUND', 'M/M/c/c')
    >>> fit.offered_load.low < 5.0 < fit.offered_load.high
    True
    """
    if not isinstance(observations, Observations):
        raise ModelError("observations", "Observations", type(observations).__name__)
    if model != "auto" and model not in MODELS:
        raise ModelError("model", "auto, " + ", ".join(MODELS), model)
    if observations.waits and model not in ("auto", "M/M/c"):
        raise ModelError("model", "auto or M/M/c, because the capacity lets arrivals wait", model)
    rng = np.random.default_rng(seed)
    evidence = gather(observations, rng)
    if evidence is None:
        return no_samples(observations, "not one sample was taken")
    gate = (
        steadiness.enough_samples(evidence),
        *((steadiness.whole_counts(),) if observations.lower_bound else ()),
        steadiness.below_ceiling(evidence),
        steadiness.not_pinned(evidence),
        steadiness.comes_back(evidence),
    )
    fatal = tuple(FATAL[check.name] for check in gate if check.passed is False)
    if fatal:
        return refused(evidence, gate, fatal)
    shared = (*gate, steadiness.worth_enough(evidence))
    more = np.random.default_rng((seed, 1))
    delay = fit_delay(evidence, shared, rng)
    if observations.waits:
        return _assemble(evidence, (delay,), rng, more)
    models = _models(evidence, shared, delay, model, rng, more)
    return _assemble(evidence, models, rng, more)


def _models(
    evidence: Evidence,
    shared: tuple[Check, ...],
    delay: ModelFit,
    asked: str,
    rng: np.random.Generator,
    more: np.random.Generator,
) -> tuple[ModelFit, ...]:
    """Return the models, the one asked for first."""
    lost = fit_loss(evidence, shared, asked, rng)
    models = (*lost, *fit_spread(evidence, shared, asked, more), delay)
    first = next((one for one in models if one.name == asked), models[0])
    return (first, *(one for one in models if one is not first))


def _assemble(
    evidence: Evidence,
    models: tuple[ModelFit, ...],
    rng: np.random.Generator,
    more: np.random.Generator,
) -> Fit:
    first = models[0]
    observations = evidence.observations
    rejected = rejection_probability(evidence, first, rng)
    rate, hold = rate_and_hold(evidence, first, rng)
    loads = evidence.path.draws
    low, high = np.quantile(loads, [0.025, 0.975], axis=0)
    windows = LoadWindows(
        evidence.blocks.start, evidence.blocks.end, evidence.path.load, loads.std(axis=0), low, high
    )
    laws = checks.predicted_laws(evidence, observations.waits)
    forecast = forecast_load(evidence, more)
    return Fit(
        observations=observations,
        models=models,
        verdict=first.verdict,
        reasons=first.reasons,
        windows=windows,
        histogram=checks.histogram(evidence, laws, rng),
        offered_load=first.parameters["offered_load"],
        rejection_probability=rejected,
        arrival_rate=rate,
        mean_hold=hold,
        busy_mean=busy_mean(evidence),
        busy_peak=busy_peak(evidence),
        effective_samples=evidence.effective_samples,
        memory=evidence.memory * evidence.samples.interval,
        load_draws=loads,
        load_weights=evidence.weights,
        candidates=score_candidates(evidence, more),
        scales=spread_by_scale(evidence),
        changes=change_points(evidence),
        load_by_bootstrap=load_by_bootstrap(evidence, forecast.load_memory, more),
        forecast=forecast,
    )
