"""From checks to a verdict in words, and from draws to estimates."""

from __future__ import annotations

import math

import numpy as np

from boltkb.queueing.erlang import FloatArray
from boltkb.queueing.evidence import Evidence
from boltkb.queueing.observations import Estimate
from boltkb.queueing.results import Check, ModelFit, Verdict

__all__ = ["DOUBTS", "FATAL", "FORMULA", "absent", "from_draws", "judge"]

#: Checks without which no model stands, and what their failure means.
FATAL = {
    "enough_samples": "fewer than 20 samples carry no model",
    "below_ceiling": "more servers were seen busy than there are: the number of servers is wrong",
    "whole_counts": "the counts leave out servers that may have been busy: the load is known only "
    "from below",
    "not_pinned": "every server was busy without a break for so long that no steady state "
    "can be told: the load is known only from below",
    "comes_back": "the number of busy servers rises step by step and never comes back: "
    "servers are taken and not given back, which is no load and has no steady state",
}
#: Checks whose failure leaves the blocking formula without a basis.
FORMULA = ("poisson_counts", "busy_distribution", "time_at_ceiling", "peak", "rejections")
DOUBTS = {
    "effective_samples": "the count changes so slowly that the samples are worth fewer than 20 "
    "independent ones",
    "poisson_counts": "the busy servers do not vary as Poisson arrivals make them vary",
    "poisson_arrivals": "the counted arrivals are not a Poisson process",
    "stationarity": "the load is not constant where the model needs it to be",
    "slow_load": "the load moves too fast against the holds for a steady state to form",
    "busy_distribution": "the busy servers are not distributed as the model says",
    "time_at_ceiling": "all servers were busy more or less often than the model says",
    "peak": "the highest counts that the model expects were never seen: servers fewer than "
    "said, or full samples missing",
    "rejections": "the rejections that were counted are not those the model predicts",
    "near_ceiling": "nearly all servers were busy more or less often than the model says",
    "littles_law": "busy servers, accepted arrivals and holds do not agree: one of them was not "
    "measured as it is named",
    "stable": "the load reaches the servers: unstable, a queue would grow without end",
}

#: A larger share of missing samples throws doubt on a fit.
MOST_MISSING = 0.02


def judge(
    name: str,
    evidence: Evidence,
    parameters: dict[str, Estimate],
    made: tuple[Check, ...],
) -> ModelFit:
    """Return a model with the verdict that its checks give."""
    reasons = [DOUBTS[check.name] for check in made if check.passed is False]
    observations = evidence.observations
    if observations.servers is None:
        reasons.append("the number of servers is unknown: fitted as if there were no ceiling")
    elif observations.capacity is None:
        reasons.append("whether arrivals can wait is unknown: taken as not")
    elif observations.servers < observations.capacity < math.inf:
        reasons.append("the waiting room is finite, which no model here knows")
    lost = evidence.samples.missing + int(evidence.samples.censored.sum())
    share = lost / (evidence.samples.busy.size + evidence.samples.missing)
    if share > MOST_MISSING:
        reasons.append(
            f"{share:.0%} of the samples are missing; those beside nearly full servers may be "
            "missing because all were busy, and the intervals span both readings"
        )
    verdict: Verdict = "DOUBTFUL" if reasons else "SOUND"
    return ModelFit(name, verdict, parameters, made, tuple(reasons))


def from_draws(draws: FloatArray, unit: str, reason: str) -> Estimate:
    """Return median and 95 % interval of posterior draws."""
    low, middle, high = np.quantile(draws, [0.025, 0.5, 0.975]).tolist()
    return Estimate(middle, low, high, unit, reason)


def absent(unit: str, reason: str) -> Estimate:
    """Return an estimate that is not there, with the reason."""
    return Estimate(None, None, None, unit, reason)
