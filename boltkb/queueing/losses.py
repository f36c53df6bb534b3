"""Rejections: how they clump, and whether those counted are those a loss system predicts.

Thresholds as in `boltkb.queueing.checks`.
"""

from __future__ import annotations

import numpy as np

from boltkb.queueing.erlang import erlang_b
from boltkb.queueing.evidence import Evidence, rate_counts
from boltkb.queueing.models import busy_law
from boltkb.queueing.observations import Counts
from boltkb.queueing.results import Check
from boltkb.queueing.steadiness import FEWEST_SAMPLES, SURE

__all__ = ["loss_dispersion", "no_rejections", "rejections_as_predicted"]


def rejections_as_predicted(evidence: Evidence) -> Check:
    """Return whether rejections came as predicted: in number where the rate is known, in time."""
    name = "rejections"
    seen = evidence.observations
    if seen.rejections is None:
        return Check(name, None, "<=", 1.0, None, "rejections were not counted")
    if seen.servers is None:
        return Check(name, None, "<=", 1.0, None, "the number of servers is unknown")
    counted = seen.rejections.total
    chance = evidence.blocking_draws()
    loads = evidence.path.draws @ evidence.weights
    if seen.arrivals is not None and seen.arrivals.total > 0:
        expected = chance * (seen.arrivals.total / seen.arrivals.covered)
    elif seen.mean_hold is not None:
        expected = chance * loads / seen.mean_hold
    else:
        short = _too_few(evidence, seen.rejections, seen.servers)
        return short or _rejection_shape(evidence, seen.rejections, seen.servers)
    expected = expected * seen.rejections.covered
    middle = float(np.median(expected))
    clumps = loss_dispersion(seen.servers, float(np.median(loads))) * max(1.0, evidence.dispersion)
    error = float(np.sqrt(clumps * max(middle, 1.0) + expected.var()))
    off = abs(counted - middle)
    threshold = SURE * error + 0.1 * middle
    return Check(
        name, off, "<=", threshold, off <= threshold,
        f"rejections counted ({counted:,.0f}) less those predicted ({middle:,.1f})",
    )  # fmt: skip


def no_rejections(evidence: Evidence) -> Check:
    """Return whether nothing was rejected, as in a system where arrivals wait."""
    counts = evidence.observations.rejections
    name = "rejections"
    if counts is None:
        return Check(name, None, "<=", 0.0, None, "rejections were not counted")
    return Check(
        name, counts.total, "<=", 0.0, counts.total == 0,
        "rejections counted; a system in which every arrival can wait rejects none",
    )  # fmt: skip


def loss_dispersion(servers: int, load: float) -> float:
    """Return variance over mean of the rejections in a long time, exponential holds, >= 1.

    Rejections come in clumps while all servers are busy.  With F and p the distribution and
    probabilities of the busy servers, 1 + 2 p_c sum_{n<c} F_n^2 / p_n: rejections are a
    Poisson process switched on in the full state, and the variance of the time spent in a
    state of a birth-death process has this closed form.
    """
    if load <= 0:
        return 1.0
    law = np.maximum(busy_law(servers, load), 1e-250)
    below = np.cumsum(law)[:-1]
    return float(1.0 + 2.0 * law[-1] * np.sum(below**2 / law[:-1]))


def _too_few(evidence: Evidence, rejections: Counts, servers: int) -> Check | None:
    """Return a failed check when there are fewer rejections than the least rate allows.

    Every rise between samples is an arrival that was accepted, so the rises bound the rate of
    arrivals from below, and with the blocking probability the rejections.
    """
    chance = float(np.median(evidence.blocking_draws()))
    rises = float(np.maximum(np.diff(evidence.samples.busy), 0.0).sum())
    least = chance / max(1e-9, 1.0 - chance) * rises * rejections.covered / evidence.span
    level = float(np.median(evidence.path.draws @ evidence.weights))
    clumps = loss_dispersion(servers, level) * max(1.0, evidence.dispersion)
    limit = 0.9 * least - SURE * float(np.sqrt(clumps * least))
    if rejections.total >= limit:
        return None
    return Check(
        "rejections",
        rejections.total,
        ">=",
        limit,
        False,
        "rejections counted, and the fewest that the busy servers allow; fewer mean that "
        "rejections are not all counted, or that arrivals can wait",
    )


def _rejection_shape(evidence: Evidence, rejections: Counts, servers: int) -> Check:
    """Compare when rejections came with when the busy servers say they should have come."""
    name = "rejections"
    comment = "share of the rejections that came in other windows than predicted"
    blocks = evidence.blocks
    groups = min(10, blocks.size.size)
    first = (np.arange(groups) * blocks.size.size) // groups
    edges = np.append(blocks.start[first], blocks.end[-1])
    if groups < 3:
        return Check(name, None, "<=", 1.0, None, comment + "; too few windows")
    counted = rate_counts(rejections, edges)
    total = counted.sum()
    if total < FEWEST_SAMPLES:
        return Check(
            name, None, "<=", 1.0, None,
            f"{total:,.0f} rejections: too few to compare their times; and without the rate of "
            "arrivals their number says nothing",
        )  # fmt: skip
    draws = evidence.path.draws
    # Not as a difference of loads: where few are lost that has no digits left.
    lost = draws * erlang_b(float(servers), draws.ravel()).reshape(draws.shape)
    shares = np.add.reduceat(lost * blocks.size, first, axis=1)
    sums = shares.sum(axis=1, keepdims=True)
    if not np.all(sums > 0):
        none = "rejections came where the busy servers allow none at all"
        return Check(name, 1.0, "<=", 0.05, False, none)
    shares = shares / sums
    middle = np.median(shares, axis=0)
    level = float(np.median(draws @ evidence.weights))
    clumps = loss_dispersion(servers, level) * max(1.0, evidence.dispersion)
    rng = np.random.default_rng(0)
    events = max(1, round(total / clumps))
    simulated = np.array([rng.multinomial(events, row / row.sum()) for row in shares]) / events
    distances = 0.5 * np.abs(simulated - middle).sum(axis=1)
    threshold = 0.05 + float(np.quantile(distances, 0.9985))
    distance = 0.5 * float(np.abs(counted / total - middle).sum())
    return Check(name, distance, "<=", threshold, distance <= threshold, comment)
