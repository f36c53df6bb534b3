"""Bursts: trouble that comes and goes within seconds, and leaves threads free again.

Part of the bridge.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boltkb.bolt.course.counting import Gauge
from boltkb.bolt.course.records import Burst
from boltkb.bolt.observe import Trace

__all__ = ["find_bursts"]

Floats = npt.NDArray[np.float64]

#: Trouble that pauses for less is one rush, s; two samples at least.
_QUIET = 10.0
#: What lasts longer is no burst, s; three samples at least.
_SHORT = 30.0
#: Part of the threads that may still be held soon after a burst.
_FREE = 0.7


def find_bursts(
    rejections: Trace | None, busy: Gauge | None, limit: int | None
) -> tuple[Burst, ...]:
    """Return the bursts, in order of time.

    Parameters
    ----------
    rejections : Trace or None
        When work was rejected, and how often then.
    busy : Gauge or None
        Held threads.
    limit : int or None, threads
    """
    at, count = rejections if rejections is not None else (np.empty(0), np.empty(0))
    full: Floats = np.empty(0)
    interval = 0.0
    if busy is not None:
        interval = busy.interval
        if limit is not None:
            full = busy.times[busy.values >= limit]
    points = np.union1d(at, full)
    if not points.size:
        return ()
    quiet = max(_QUIET, 2.5 * interval)
    cuts = np.flatnonzero(np.diff(points) > quiet) + 1
    found = []
    for stretch in np.split(points, cuts):
        start, end = float(stretch[0]), float(stretch[-1])
        if end - start > max(_SHORT, 3 * interval):
            continue
        if not _recovers(busy, limit, end, quiet):
            continue
        inside = (at >= start) & (at <= end)
        found.append(Burst(start, end - start, float(count[inside].sum()), _peak(busy, start, end)))
    return tuple(found)


def _recovers(busy: Gauge | None, limit: int | None, end: float, quiet: float) -> bool:
    """Whether threads are free again soon after a rush; without samples, that it ended says so."""
    if busy is None or limit is None:
        return True
    soon = busy.values[(busy.times > end) & (busy.times <= end + quiet)]
    soon = soon[np.isfinite(soon)]
    return not soon.size or float(soon.min()) <= _FREE * limit


def _peak(busy: Gauge | None, start: float, end: float) -> float | None:
    if busy is None:
        return None
    inside = (busy.times >= start - busy.interval) & (busy.times <= end + busy.interval)
    values = busy.values[inside]
    return float(np.nanmax(values)) if np.isfinite(values).any() else None
