"""Counters and gauges of a whole export, in bins of one width.

Part of the bridge.  A customer is a thread hold; what comes nearest to counting holds counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boltkb.bolt.observe import Trace
from boltkb.exports import Export, Holds, Series

__all__ = ["Counter", "Gauge", "best_throughput", "held_threads", "in_bins", "read_counter",
           "read_gauge", "trace_of"]  # fmt: skip

Floats = npt.NDArray[np.float64]

#: What counts work that was done, the nearest to a thread hold first.
_THROUGHPUT: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("thread holds that ended", ("worker_thread_bound_time",)),
    ("transactions that ended", ("transaction_committed", "transaction_rollbacks")),
    ("queries that ended", ("query_successes", "query_failures")),
    ("messages done", ("messages_done",)),
    ("messages started", ("messages_started",)),
)
#: A hole between two samples of more than so many intervals tells nothing.
_HOLE = 3.0


@dataclass(frozen=True, slots=True)
class Counter:
    """A count that only grows, restarts mended.

    Parameters
    ----------
    times : (n,) array, epoch s
    total : (n,) array
    interval : float, s
        The usual time between two samples.
    named : str
        What is counted.
    """

    times: Floats
    total: Floats
    interval: float
    named: str

    def between(self, edges: Floats) -> Floats:
        """Return how much was counted in each bin, NaN where samples are missing."""
        counted = np.diff(np.interp(edges, self.times, self.total))
        counted[_holes(self.times, self.interval, edges)] = np.nan
        return np.asarray(counted)


@dataclass(frozen=True, slots=True)
class Gauge:
    """Samples of a level."""

    times: Floats
    values: Floats
    interval: float
    named: str

    def means(self, edges: Floats) -> Floats:
        """Return the mean of each bin, NaN without a sample in it or with a hole."""
        means = in_bins(self.times, self.values, edges)
        means[_holes(self.times, self.interval, edges)] = np.nan
        return means


def in_bins(times: Floats, values: Floats, edges: Floats) -> Floats:
    """Return the mean of the values in each bin, NaN without one.

    Examples
    --------
    >>> in_bins(np.array([0.0, 1.0, 5.0]), np.array([2.0, 4.0, 9.0]), np.array([0.0, 2, 4, 6]))
    array([ 3., nan,  9.])
    """
    known = np.isfinite(values)
    count = np.histogram(times[known], edges)[0]
    total = np.histogram(times[known], edges, weights=values[known])[0]
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def best_throughput(export: Export) -> Counter | None:
    """Return the work that was done, by what comes nearest to thread holds; None without any."""
    for named, identities in _THROUGHPUT:
        found = read_counter(export, identities, named)
        if found is not None and found.total[-1] > 0:
            return found
    holds = export.holds
    if holds is None:
        return None
    ends = np.sort(holds.ends[np.isfinite(holds.ends)])
    if ends.size < 2:
        return None
    times = _seconds(holds)
    total = np.searchsorted(ends, times, side="right").astype(np.float64)
    return Counter(times, total, 1.0, "thread holds that ended, in the trace")


def held_threads(export: Export) -> Gauge | None:
    """Return the held threads of the whole export; None where nothing samples them."""
    sampled = read_gauge(export, "connections_running")
    if sampled is not None:
        return sampled
    holds = export.holds
    if holds is None or not len(holds):
        return None
    times = _seconds(holds)
    started = np.sort(holds.starts[np.isfinite(holds.starts)])
    ended = np.sort(holds.ends[np.isfinite(holds.ends)])
    busy = np.searchsorted(started, times, "right") - np.searchsorted(ended, times, "right")
    return Gauge(times, busy.astype(np.float64), 1.0, "held threads, in the trace")


def read_gauge(export: Export, identity: str) -> Gauge | None:
    """Return a gauge of the whole server; None without two samples."""
    series = export.series.get(identity)
    if series is None or series.times.size < 2:
        return None
    interval = float(np.median(np.diff(series.times)))
    return Gauge(series.times, series.values, interval, identity)


def read_counter(export: Export, identities: Sequence[str], named: str) -> Counter | None:
    """Return counters added up over databases; None where one of them is missing."""
    chosen: list[Series] = []
    for identity in identities:
        several = [
            series
            for key, series in export.series.items()
            if key.partition("[")[0] == identity and series.times.size > 1
        ]
        if not several and not chosen:
            return None
        chosen += several
    longest = max(chosen, key=lambda series: series.times.size)
    interval = float(np.median(np.diff(longest.times)))
    total = np.zeros(longest.times.size)
    for series in chosen:
        total += np.interp(longest.times, series.times, _mended(series.values))
    return Counter(longest.times, total, interval, named)


def _mended(values: Floats) -> Floats:
    """Return a running count without the falls of restarts, from 0 on."""
    steps = np.diff(values)
    steps = np.where(steps < 0, values[1:], steps)
    return np.append(0.0, np.cumsum(np.nan_to_num(steps)))


def _holes(times: Floats, interval: float, edges: Floats) -> npt.NDArray[np.bool_]:
    """Return which bins lie outside the samples or in a hole between them."""
    lost = (edges[1:] > times[-1] + interval) | (edges[:-1] < times[0] - interval)
    wide = np.flatnonzero(np.diff(times) > _HOLE * interval)
    for begin, end in zip(times[wide], times[wide + 1], strict=True):
        lost |= (edges[:-1] < end) & (edges[1:] > begin)
    return np.asarray(lost)


def _seconds(holds: Holds) -> Floats:
    return np.arange(np.ceil(holds.begin), np.floor(holds.end) + 1.0)


def trace_of(edges: Floats, values: Floats) -> Trace:
    """Return binned values as a trace at the middle of the bins, those that are known."""
    known = np.isfinite(values)
    middle = (edges[1:] + edges[:-1]) / 2
    return middle[known], values[known]
