"""Checks that need more than one kind of evidence, or look where rejections come from.

Thresholds as in `boltkb.queueing.checks`.
"""

from __future__ import annotations

import numpy as np

from boltkb.queueing.erlang import FloatArray
from boltkb.queueing.evidence import Evidence
from boltkb.queueing.results import Check
from boltkb.queueing.steadiness import SURE

__all__ = ["NEAR", "littles_law", "near_ceiling"]

#: Share of the servers from which the busy ones count as near the ceiling.
NEAR = 0.9


def littles_law(evidence: Evidence) -> Check:
    """Return whether busy servers equal accepted arrivals a second times the mean hold.

    Holds for any law of arrivals and holds, so that a failure means that one of the three was
    measured wrongly, or is not what its name says.  The error allows for the samples, for
    chance in the arrivals and for customers cut off at the edges of the window (Little,
    Kim and Whitt 2013).

    Parameters
    ----------
    evidence : Evidence
    """
    name = "littles_law"
    seen = evidence.observations
    if seen.arrivals is None or seen.mean_hold is None or seen.arrivals.covered <= 0:
        return Check(name, None, "<=", 1.0, None, "arrivals and holds were not both measured")
    rejected = 0.0
    if seen.rejections is not None and seen.rejections.covered > 0:
        rejected = seen.rejections.total / seen.rejections.covered
    elif not seen.waits:
        chance = float(np.median(evidence.blocking_draws()))
        rejected = chance * seen.arrivals.total / seen.arrivals.covered
    accepted = max(0.0, seen.arrivals.total / seen.arrivals.covered - rejected)
    expected = accepted * seen.mean_hold
    mean = float(evidence.samples.busy.mean())
    offered = evidence.path.draws @ evidence.weights
    sampled = float((offered * (1.0 - evidence.blocking_draws())).std())
    holds = max(1.0, accepted * seen.arrivals.covered)
    edges = seen.mean_hold / seen.arrivals.covered * float(np.sqrt(2.0 * max(mean, 1.0)))
    error = float(np.sqrt(sampled**2 + expected**2 / holds + edges**2))
    threshold = SURE * error + 0.02 * expected
    off = abs(mean - expected)
    return Check(
        name, off, "<=", threshold, off <= threshold,
        f"mean busy servers ({mean:.3g}) less accepted arrivals a second times the mean hold "
        f"({expected:.3g})",
    )  # fmt: skip


def near_ceiling(evidence: Evidence, laws: FloatArray) -> Check:
    """Return whether nearly all servers were busy as often as the model says.

    Parameters
    ----------
    evidence : Evidence
    laws : (d, servers + 1) array
        Predicted laws of the busy servers, one row a draw.
    """
    servers = evidence.observations.servers
    name = "near_ceiling"
    comment = f"share of samples with at least {NEAR:.0%} of the servers busy, seen and predicted"
    if servers is None:
        return Check(name, None, "<=", 0.0, None, "the number of servers is unknown")
    from_here = int(np.ceil(NEAR * servers))
    if from_here >= servers:
        return Check(name, None, "<=", 0.0, None, "servers too few: that is all of them busy")
    tails = np.atleast_2d(laws)[:, from_here:].sum(axis=1)
    predicted = float(np.median(tails))
    seen = evidence.samples.seen
    everything = evidence.samples.busy.size
    least = float((seen >= from_here).sum()) / everything
    most = float((evidence.samples.busy >= from_here).mean())
    observed = float(np.clip(predicted, least, most))
    size = max(1.0, seen.size / evidence.memory)
    noise = np.sqrt(max(predicted * (1 - predicted), 0.25 / size) / size)
    threshold = SURE * float(np.hypot(noise, tails.std())) + 0.1 * predicted
    off = abs(observed - predicted)
    return Check(
        name, off, "<=", threshold, off <= threshold,
        f"{comment}: {observed:.3f} and {predicted:.3f}",
    )  # fmt: skip
