"""Arrivals and mean holds, where they are identified; else why not.

An arrival is a connection's request for a thread.  Messages and transactions started are not
arrivals: one hold of a thread has several messages, and a log-in holds a thread without any
transaction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from boltkb.bolt.observing.evidence import Floats
from boltkb.bolt.observing.sources import completed_holds
from boltkb.bolt.observing.traced import trace_covers
from boltkb.bolt.pool import Pool
from boltkb.bolt.rejections import Rejections, binned
from boltkb.bolt.window import Window
from boltkb.catalogue import Version, load_metrics, metric_name
from boltkb.exports import Export, Holds
from boltkb.queueing import Counts

__all__ = ["Flow", "read_flow"]

#: Events are counted in bins no narrower than this, s.
_BIN = 10.0
#: And in no more bins than this, however long the window is.
_MOST_BINS = 50_000
#: Held time in holds that did not end beyond which the mean of those that did says too little.
_UNFINISHED = 0.05
#: Holds before their mean is told.
_FEWEST = 30
#: Rejections that leave no line before an episode is logged.
_UNLOGGED = 2.0
_RELEASES = "worker_thread_bound_time"
_NOT_ARRIVALS = "messages and transactions started are not requests for a thread"


@dataclass(frozen=True, slots=True)
class Flow:
    """Arrivals, rejections and holds of a stretch of time.

    Parameters
    ----------
    arrivals : Counts or None
        Requests for a thread, accepted and rejected together.
    rejections : Counts or None
        On the same edges as the arrivals, where both are known.
    mean_hold : float or None, s
    arrivals_from, hold_from : str
        How each is known, or why it is not.
    """

    arrivals: Counts | None
    rejections: Counts | None
    mean_hold: float | None
    arrivals_from: str
    hold_from: str


def read_flow(
    export: Export, pool: Pool, rejected: Rejections, window: Window, interval: float | None
) -> Flow:
    """Return arrivals, rejections and the mean hold of a window, where they are identified.

    Parameters
    ----------
    export : Export
    pool : Pool
    rejected : Rejections
        Within the window.
    window : Window
    interval : float or None, s
        The usual time between two samples of held threads.

    Returns
    -------
    Flow
    """
    width = max(_BIN, 2 * (interval or 0.0), (window.end - window.start) / _MOST_BINS)
    holds = export.holds
    if holds is not None and trace_covers(export, window.start, window.end):
        return _traced(holds, window, width)
    own = _rejections(rejected, window, width)
    # Up to so few rejections leave no line that they make no difference to the arrivals.
    few = rejected.how == "none" and (rejected.high or 0.0) <= _UNLOGGED
    why = _why_no_hold(export)
    series = export.series.get(_RELEASES)
    if series is None or series.times.size < 2:
        return Flow(None, own, None, _how_to_count(pool), why)
    if own is None and not few:
        return Flow(
            None, own, None,
            f"{_RELEASES} counts the accepted, but how many were rejected is not known", why,
        )  # fmt: skip
    edges, ended, _ = completed_holds(series)
    inside = (edges >= window.start) & (edges <= window.end)
    edges = edges[inside]
    if edges.size < 2:
        return Flow(None, own, None, f"{_RELEASES} has no two samples in the window", why)
    first = int(np.argmax(inside))
    ended = ended[first : first + edges.size - 1]
    lost = np.histogram(rejected.times, edges)[0].astype(np.float64)
    lost[np.isnan(ended)] = np.nan
    return Flow(
        Counts(edges=edges, counts=ended + lost),
        None if own is None else Counts(edges=edges, counts=lost),
        None,
        f"holds that ended, by {_RELEASES} ({series.where})"
        + (f"; {rejected.reason}" if own is None else ", and rejections logged"),
        "worked out from the load and the arrivals: the metric's own mean is of recent holds only",
    )


def _traced(holds: Holds, window: Window, width: float) -> Flow:
    inside = (holds.asked >= window.start) & (holds.asked <= window.end)
    edges, asked = binned(holds.asked[inside], window.start, window.end, width)
    lost, _ = np.histogram(holds.asked[inside & holds.rejected], edges)
    mean, why = _mean_hold(holds, window)
    return Flow(
        Counts(edges=edges, counts=asked.astype(np.float64)),
        Counts(edges=edges, counts=lost.astype(np.float64)),
        mean,
        f"requests for a thread, each in the debug-level trace ({holds.where})",
        why,
    )


def _mean_hold(holds: Holds, window: Window) -> tuple[float | None, str]:
    begun = (holds.starts >= window.start) & (holds.starts <= window.end)
    ended = begun & ~np.isnan(holds.ends)
    lengths: Floats = holds.ends[ended] - holds.starts[ended]
    if lengths.size < _FEWEST:
        return None, f"only {lengths.size} holds in the trace began and ended in the window"
    going_on = float((holds.end - holds.starts[begun & np.isnan(holds.ends)]).sum())
    whole = float(lengths.sum()) + going_on
    if going_on > _UNFINISHED * whole:
        return None, (
            "holds that had not ended when the trace does are a large part of the held time, so "
            "the mean of the others would be too short"
        )
    mean = float(lengths.mean())
    if not mean > 0:
        return None, "the trace's stamps are too coarse for holds so short"
    return mean, f"the mean of {lengths.size:,} holds in the debug-level trace"


def _rejections(rejected: Rejections, window: Window, width: float) -> Counts | None:
    if rejected.how == "counted" or (rejected.how == "none" and rejected.high == 0):
        end = max(window.end, float(rejected.times[-1])) if rejected.times.size else window.end
        edges, counts = binned(rejected.times, window.start, end, width)
        return Counts(edges=edges, counts=counts.astype(np.float64))
    return None


def _how_to_count(pool: Pool) -> str:
    if pool.version is None:
        return f"not counted; {_NOT_ARRIVALS}"
    version = Version.parse(pool.version)
    if any(name.holds(version) for name in load_metrics()[_RELEASES].names):
        name = metric_name(_RELEASES, version)
        return f"not counted: the metric {name} would count them; {_NOT_ARRIVALS}"
    if version >= Version(5):
        return f"not counted: debug.log at debug level would tell of each; {_NOT_ARRIVALS}"
    return f"not counted, and Neo4j {version} cannot; {_NOT_ARRIVALS}"


def _why_no_hold(export: Export) -> str:
    if export.queries is not None and export.queries.holds:
        return (
            "the query log leaves out the time in which an open transaction runs no query, so its "
            "holds are too short"
        )
    return "holds were not measured one by one"
