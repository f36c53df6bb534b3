"""Fits that are refused: what can still be said, and why nothing more."""

from __future__ import annotations

import numpy as np

from boltkb.queueing.erlang import FloatArray
from boltkb.queueing.evidence import Evidence
from boltkb.queueing.observations import PROBABILITY, Estimate, Observations
from boltkb.queueing.rates import busy_peak
from boltkb.queueing.results import Check, Fit, ModelFit
from boltkb.queueing.verdicts import absent

__all__ = ["no_samples", "refused"]


def refused(evidence: Evidence, gate: tuple[Check, ...], reasons: tuple[str, ...]) -> Fit:
    """Return a fit that is refused, with what was counted and what pinned servers carried.

    Parameters
    ----------
    evidence : Evidence
    gate : tuple of Check
        At least one of them failed.
    reasons : tuple of str
    """
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
    known = "mean of the samples; no interval: " + why
    busy_mean = Estimate(mean, None, None, "servers", known)
    if seen.lower_bound:
        busy_mean = Estimate(None, mean, None, "servers", why)
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
        busy_mean=busy_mean,
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
    """Return the load that pinned servers or a lower bound show at least: what they carried.

    More could be said if the samples were independent; of servers that never came free
    nobody can say that they are.
    """
    pinned = next(check for check in gate if check.name == "not_pinned")
    if pinned.passed is not False and not evidence.observations.lower_bound:
        return None
    return float(evidence.samples.seen.mean()) if evidence.samples.seen.size else None


def no_samples(observations: Observations, reason: str) -> Fit:
    """Return a fit that is refused because not one sample can be used."""
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
