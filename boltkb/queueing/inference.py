"""The fit: from samples of busy servers to models, estimates with intervals, and a verdict.

Only the offered load is identified by samples of the busy servers.  The rate of arrivals and
the mean hold come apart only where arrivals or rejections were counted; what the data do not
carry is absent, with the reason.
"""

from __future__ import annotations

import numpy as np

from boltkb.errors import ModelError
from boltkb.queueing import checks, losses, steadiness
from boltkb.queueing.delay import fit_delay
from boltkb.queueing.erlang import FloatArray
from boltkb.queueing.evidence import Evidence, gather
from boltkb.queueing.observations import PROBABILITY, Estimate, Observations
from boltkb.queueing.rates import busy_mean, busy_peak, rate_and_hold, rejection_probability
from boltkb.queueing.results import Check, Fit, LoadWindows, ModelFit
from boltkb.queueing.verdicts import DOUBTS, FATAL, FORMULA, absent, from_draws, judge

__all__ = ["fit_queue"]


def fit_queue(observations: Observations, *, seed: int = 0) -> Fit:
    """Return what samples of busy servers say about the load, with intervals and checks.

    The load is a smooth path through windows; its roughness is averaged over by marginal
    likelihood, so a constant load is a special case and not an assumption.  Intervals respect
    the memory of the samples and the load's own movement.

    Parameters
    ----------
    observations : Observations
        At least 20 samples for a fit that is not refused.
    seed : int
        The same seed and data give the same numbers.

    Returns
    -------
    Fit
        REFUSED, with reasons, when the data carry no model; never an exception for data
        that are merely poor.

    Raises
    ------
    ModelError
        `observations` is not an `Observations`.

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
    rng = np.random.default_rng(seed)
    evidence = gather(observations, rng)
    if evidence is None:
        return _nothing(observations, "not one sample was taken")
    gate = (
        steadiness.enough_samples(evidence),
        steadiness.below_ceiling(evidence),
        steadiness.not_pinned(evidence),
        steadiness.comes_back(evidence),
    )
    fatal = tuple(FATAL[check.name] for check in gate if check.passed is False)
    if fatal:
        return _refused(evidence, gate, fatal)
    shared = (*gate, steadiness.worth_enough(evidence))
    delay = fit_delay(evidence, shared, rng)
    if observations.waits:
        return _assemble(evidence, (delay,), rng)
    return _assemble(evidence, (*_loss_models(evidence, shared, rng), delay), rng)


def _loss_models(
    evidence: Evidence, gate: tuple[Check, ...], rng: np.random.Generator
) -> tuple[ModelFit, ...]:
    """Return the loss model that applies, and beside a varying load the constant one."""
    laws = checks.predicted_laws(evidence, waits=False)
    shared = (
        checks.poisson_counts(evidence),
        checks.poisson_arrivals(evidence),
        checks.busy_distribution(evidence, laws.mean(axis=0), rng),
        checks.time_at_ceiling(evidence, laws[:, -1]),
        checks.peak_as_predicted(evidence, laws.mean(axis=0)),
        losses.rejections_as_predicted(evidence),
    )
    constant = steadiness.constant_load(evidence)
    parameters = _loss_parameters(evidence, shared)
    if constant.passed is not False:
        return (judge("M/M/c/c", evidence, parameters, (*gate, constant, *shared)),)
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
        judge("M/M/c/c, varying load", evidence, parameters, (*moving, *shared)),
        judge("M/M/c/c", evidence, _constant_parameters(evidence), plain),
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
    if broken:
        why = "no interval: " + "; ".join(broken)
        for name in ("blocking_probability", "time_congestion"):
            parameters[name] = Estimate(parameters[name].value, None, None, PROBABILITY, why)
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


def _assemble(evidence: Evidence, models: tuple[ModelFit, ...], rng: np.random.Generator) -> Fit:
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
    )


def _refused(evidence: Evidence, gate: tuple[Check, ...], reasons: tuple[str, ...]) -> Fit:
    seen = evidence.observations
    why = reasons[0]
    load = Estimate(None, _least_load(evidence, gate), None, "erlangs", why)
    name = "M/M/c" if seen.waits else "M/M/c/c"
    others = () if name == "M/M/c" else (_refused_delay(gate, reasons),)
    models = (ModelFit(name, "REFUSED", {"offered_load": load}, gate, reasons), *others)
    rejected = absent(PROBABILITY, why)
    if seen.arrivals is not None and seen.rejections is not None and seen.arrivals.total > 0:
        share = min(1.0, seen.rejections.total / seen.arrivals.total)
        rejected = Estimate(
            share, None, None, PROBABILITY, "counted; no model holds, so no interval"
        )
    rate = absent("per second", why)
    if seen.arrivals is not None and seen.arrivals.covered > 0:
        value = seen.arrivals.total / seen.arrivals.covered
        rate = Estimate(value, None, None, "per second", "arrivals counted")
    hold = absent("s", why)
    if seen.mean_hold is not None:
        hold = Estimate(seen.mean_hold, None, None, "s", "measured independently of the samples")
    mean = float(evidence.samples.busy.mean())
    return Fit(
        observations=seen,
        models=models,
        verdict="REFUSED",
        reasons=reasons,
        windows=None,
        histogram=None,
        offered_load=load,
        rejection_probability=rejected,
        arrival_rate=rate,
        mean_hold=hold,
        busy_mean=Estimate(mean, None, None, "servers", "mean of the samples; no interval: " + why),
        busy_peak=busy_peak(evidence),
        effective_samples=evidence.effective_samples,
        memory=evidence.memory * evidence.samples.interval,
        load_draws=np.zeros((0, 0)),
        load_weights=np.zeros(0),
    )


def _refused_delay(gate: tuple[Check, ...], reasons: tuple[str, ...]) -> ModelFit:
    """Return M/M/c where no model holds: pinned servers make it unstable, and it says so."""
    if any(check.name == "not_pinned" and check.passed is False for check in gate):
        why = "unstable: while every server stays busy, a queue would grow without end"
        wait = Estimate(None, None, None, "s", why)
        return ModelFit("M/M/c", "REFUSED", {"mean_wait": wait}, gate, (*reasons, why))
    return ModelFit("M/M/c", "REFUSED", {}, gate, reasons)


def _least_load(evidence: Evidence, gate: tuple[Check, ...]) -> float | None:
    """Return the load that pinned servers show at least: what they carried.

    More could be said if the samples were independent; of servers that never came free
    nobody can say that they are.
    """
    pinned = next(check for check in gate if check.name == "not_pinned")
    if pinned.passed is not False:
        return None
    return float(evidence.samples.seen.mean()) if evidence.samples.seen.size else None


def _nothing(observations: Observations, reason: str) -> Fit:
    none = Check("enough_samples", 0.0, ">=", 20.0, False, "samples that were taken")
    first = "M/M/c" if observations.waits else "M/M/c/c"
    names = (first,) if first == "M/M/c" else (first, "M/M/c")
    empty: FloatArray = np.zeros(0)
    return Fit(
        observations=observations,
        models=tuple(ModelFit(name, "REFUSED", {}, (none,), (reason,)) for name in names),
        verdict="REFUSED",
        reasons=(reason,),
        windows=None,
        histogram=None,
        offered_load=absent("erlangs", reason),
        rejection_probability=absent(PROBABILITY, reason),
        arrival_rate=absent("per second", reason),
        mean_hold=absent("s", reason),
        busy_mean=absent("servers", reason),
        busy_peak=absent("servers", reason),
        effective_samples=0.0,
        memory=0.0,
        load_draws=np.zeros((0, 0)),
        load_weights=empty,
    )
