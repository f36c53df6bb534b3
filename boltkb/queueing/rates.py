"""Estimates beside the load: rejections, the rate of arrivals, the hold, the busy servers.

What neither counts nor samples carry is absent, with the reason.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from boltkb.queueing.evidence import DRAWS, Evidence
from boltkb.queueing.losses import loss_dispersion
from boltkb.queueing.observations import PROBABILITY, Estimate
from boltkb.queueing.results import ModelFit
from boltkb.queueing.verdicts import absent, from_draws

__all__ = ["busy_mean", "busy_peak", "rate_and_hold", "rejection_probability"]

#: Rejections from which a rate can be told.
FEWEST_REJECTIONS = 10
#: Models whose blocking is not that of the load's path.
OTHER_LAWS = ("M/M/c/c, mixed load", "M/M/c/c//N")


def rejection_probability(
    evidence: Evidence, model: ModelFit, rng: np.random.Generator
) -> Estimate:
    """Return the share of the arrivals of the window that were rejected.

    Counted where both were counted; else from the busy servers, and where rejections were
    counted the interval is wide enough for the share that chance made of the probability.
    """
    seen = evidence.observations
    if seen.waits:
        return Estimate(
            None,
            None,
            None,
            PROBABILITY,
            "arrivals wait here; none is rejected for want of a server",
        )
    arrivals, rejections = seen.arrivals, seen.rejections
    if arrivals is not None and rejections is not None and arrivals.total > 0:
        return _counted_share(evidence, rejections.total, arrivals.total)
    if seen.servers is None:
        return Estimate(
            None, None, None, PROBABILITY, "the number of servers is unknown, "
            "and rejections and arrivals were not both counted",
        )  # fmt: skip
    fitted = model.parameters.get("blocking_probability")
    if fitted is None:
        return absent(PROBABILITY, f"in {model.name} arrivals wait; none is rejected")
    other = model.name in OTHER_LAWS
    if fitted.low is None or rejections is None or rejections.total == 0 or other:
        return fitted
    scatter = _chance(evidence, rejections.total) * rng.standard_normal(DRAWS)
    shares = np.minimum(1.0, evidence.blocking_draws() * np.exp(scatter))
    low, high = np.quantile(shares, [0.025, 0.975]).tolist()
    how = fitted.reason + "; the interval allows for chance in the arrivals of this window"
    return replace(fitted, low=low, high=high, reason=how)


def _chance(evidence: Evidence, rejected: float) -> float:
    """Return the relative standard error that chance gives a number of rejections."""
    servers = evidence.observations.servers
    load = float(np.median(evidence.path.draws @ evidence.weights))
    clumps = 1.0 if servers is None else loss_dispersion(servers, load)
    return math.sqrt(clumps * max(1.0, evidence.dispersion) / rejected)


def _counted_share(evidence: Evidence, rejected: float, arrived: float) -> Estimate:
    value = min(1.0, rejected / arrived)
    how = f"counted: {rejected:,.0f} of {arrived:,.0f} arrivals; the interval allows for chance"
    if rejected == 0:
        return Estimate(0.0, 0.0, min(1.0, 3.0 / arrived), PROBABILITY, how + " (rule of three)")
    relative = _chance(evidence, rejected)
    return Estimate(
        value, value * math.exp(-1.96 * relative), min(1.0, value * math.exp(1.96 * relative)),
        PROBABILITY, how,
    )  # fmt: skip


def rate_and_hold(
    evidence: Evidence, model: ModelFit, rng: np.random.Generator
) -> tuple[Estimate, Estimate]:
    """Return arrival rate and mean hold, as far as counts or an independent hold give them."""
    seen = evidence.observations
    loads = evidence.path.draws @ evidence.weights
    trusted = model.parameters["offered_load"].low is not None
    noise = rng.standard_normal(loads.size)
    given = None
    if seen.mean_hold is not None:
        given = Estimate(seen.mean_hold, None, None, "s", "measured independently of the samples")
    if seen.arrivals is not None and seen.arrivals.total > 0 and seen.arrivals.covered > 0:
        count = seen.arrivals.total
        rates = np.exp(noise / math.sqrt(count)) * count / seen.arrivals.covered
        rate = from_draws(rates, "per second", "arrivals counted")
        how = "offered load over the rate of arrivals"
        hold = from_draws(loads / rates, "s", how) if trusted else absent("s", "the load has none")
        return rate, given or hold
    if given is not None and seen.mean_hold is not None:
        if not trusted:
            return absent("per second", "the fit of the load is not good enough"), given
        how = "offered load over the mean hold"
        return from_draws(loads / seen.mean_hold, "per second", how), given
    counts = seen.rejections
    if counts is None or seen.servers is None or seen.waits:
        why = "neither arrivals nor rejections were counted, and samples give only their product"
        return absent("per second", why), absent("s", why)
    total = counts.total
    if total < FEWEST_REJECTIONS:
        why = f"arrivals were not counted, and {total:,.0f} rejections are too few to tell the rate"
        return absent("per second", why), absent("s", why)
    fitted = model.parameters.get("blocking_probability")
    if not trusted or fitted is None or fitted.low is None or model.name in OTHER_LAWS:
        why = "arrivals were not counted, and the blocking formula does not hold for these samples"
        return absent("per second", why), absent("s", why)
    scatter = np.exp(noise * _chance(evidence, total))
    rates = total * scatter / counts.covered / np.maximum(evidence.blocking_draws(), 1e-300)
    how = "rejections counted, over the blocking probability fitted"
    return (
        from_draws(rates, "per second", how),
        from_draws(loads / rates, "s", "offered load over that rate of arrivals"),
    )


def busy_mean(evidence: Evidence) -> Estimate:
    """Return the mean number of busy servers over the observed time."""
    seen = evidence.samples.busy
    offered = evidence.path.draws @ evidence.weights
    spread = float((offered * (1.0 - evidence.blocking_draws())).std())
    mean = float(seen.mean())
    return Estimate(
        mean, max(0.0, mean - 1.96 * spread), mean + 1.96 * spread, "servers",
        f"mean of {seen.size:,} samples, worth {evidence.effective_samples:,.0f} independent ones",
    )  # fmt: skip


def busy_peak(evidence: Evidence) -> Estimate:
    """Return the most servers seen busy: at least so many; samples bound it from below only."""
    peak = float(evidence.samples.seen.max(initial=0.0))
    return Estimate(
        peak, peak, None, "servers", "most seen; more may have been busy between samples"
    )
