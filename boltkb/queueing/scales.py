"""Spread by scale: peakedness of the busy servers, index of dispersion of arrivals.

One window length cannot tell batches from a load that moves; several can.  A spread that
stays above 1 at every length is batches or bursts, one that grows with the length is a load
that moves, one below 1 is few sources that take turns.
"""

from __future__ import annotations

import numpy as np

from boltkb.queueing.candidates import Scale
from boltkb.queueing.erlang import FloatArray
from boltkb.queueing.evidence import Evidence, rate_counts
from boltkb.queueing.observations import Estimate
from boltkb.queueing.series import busy_moments

__all__ = ["CEILING_SHARE", "spread_by_scale"]

#: Above this utilisation the ceiling cuts the spread, and peakedness tells nothing.
CEILING_SHARE = 0.85
#: Each window is so many times longer than the one before.
_STEP = 4
#: Windows of samples or of counts from which a spread can be told.
_FEWEST = 5
#: Utilisations at which the law's variance is computed; between them it is interpolated.
_LOADS = np.concatenate([np.linspace(0.0, 2.0, 1_000), np.geomspace(2.01, 1e3, 200)])


def spread_by_scale(evidence: Evidence) -> tuple[Scale, ...]:
    """Return the spread of busy servers and arrivals in windows of growing length.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    tuple of Scale
        Shortest windows first; empty when there are too few samples for even one length.
        Variances are corrected for the memory of the samples, which hides part of the
        spread from a short window.

    Notes
    -----
    Peakedness is Var(n) / E(n) (Wilkinson 1956); the index of dispersion of counts is
    Var(N) / E(N) (Cox and Lewis 1966, section 4.2), its standard error under a Poisson
    process the square root of 2 / (windows - 1).
    """
    busy = evidence.samples.busy[~evidence.samples.censored]
    per_window = max(8, int(np.ceil(8 * evidence.memory)))
    found = []
    while per_window * 2 <= busy.size:
        found.append(_scale(evidence, busy, per_window))
        per_window *= _STEP
    if busy.size >= 2 * _FEWEST:
        found.append(_scale(evidence, busy, busy.size))
    return tuple(found)


def _scale(evidence: Evidence, busy: FloatArray, per_window: int) -> Scale:
    length = per_window * evidence.samples.interval
    count = busy.size // per_window
    windows = busy[: count * per_window].reshape(count, per_window)
    lost = min(0.9, evidence.memory / per_window)
    variance = windows.var(axis=1) / (1.0 - lost)
    means = windows.mean(axis=1)
    pooled = float(means.mean())
    worth = max(1.0, busy.size / evidence.square_memory - count)
    peaked = _peakedness(evidence, variance, means, worth)
    mean_grid, variance_grid = busy_moments(evidence.ceiling, _LOADS * evidence.ceiling)
    expected = float(np.interp(means, mean_grid, variance_grid).mean())
    ratio = Estimate(None, None, None, "", "no server was ever busy")
    if pooled > 0:
        value = float(variance.mean()) / expected
        ratio = _with_error(value, value * float(np.sqrt(2.0 / worth)), "")
    return Scale(length, count, peaked, ratio, _index(evidence, length))


def _peakedness(
    evidence: Evidence, variance: FloatArray, means: FloatArray, worth: float
) -> Estimate:
    servers = evidence.observations.servers
    pooled = float(means.mean())
    if pooled == 0:
        return Estimate(None, None, None, "", "no server was ever busy")
    if servers is not None and pooled > CEILING_SHARE * servers:
        return Estimate(None, None, None, "", "cut by the ceiling")
    value = float(variance.mean()) / pooled
    return _with_error(value, value * float(np.sqrt(2.0 / worth)), "")


def _index(evidence: Evidence, length: float) -> Estimate:
    counts = evidence.observations.arrivals
    if counts is None:
        return Estimate(None, None, None, "", "not counted")
    widths = np.diff(counts.edges)
    per_window = max(1, round(length / float(np.median(widths))))
    edges = counts.edges[::per_window]
    if edges.size - 1 < _FEWEST:
        return Estimate(None, None, None, "", "too few windows")
    middle = (counts.edges[1:] + counts.edges[:-1]) / 2
    known = np.histogram(middle[~np.isnan(counts.counts)], edges)[0]
    events = rate_counts(counts, edges)[known >= per_window]
    if events.size < _FEWEST or events.sum() == 0:
        return Estimate(None, None, None, "", "too few windows")
    value = float(events.var(ddof=1) / events.mean())
    return _with_error(value, value * float(np.sqrt(2.0 / (events.size - 1))), "")


def _with_error(value: float, error: float, reason: str) -> Estimate:
    return Estimate(value, max(0.0, value - 1.96 * error), value + 1.96 * error, "", reason)
