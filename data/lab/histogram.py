"""The one metric of Neo4j's Bolt server that is a histogram: how long threads were bound.

Outside the default filter, so written only on request. It must not know where the
releases were counted.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterable, Sequence
from pathlib import Path

BOUND_TIME = "neo4j.dbms.bolt.worker_thread_bound_time"
HISTOGRAM_HEADER = "t,count,max,mean,min,stddev,p50,p75,p95,p98,p99,p999"
_SHARES = (0.5, 0.75, 0.95, 0.98, 0.99, 0.999)


def write_bound_time(
    releases: Iterable[tuple[float, float]], times: Sequence[int], folder: Path
) -> str:
    """Write the histogram of thread holds, as known at each time, and return its name.

    Parameters
    ----------
    releases : iterable of (float, float)
        When a thread was given back (epoch seconds) and how long it had been bound
        (milliseconds). A thread that is never given back is in none of them.
    times : sequence of int, epoch seconds, ascending
        The rows of the file; one before the first release has none.
    folder : Path
        Must exist.

    Notes
    -----
    Cumulative since the start, over all releases. Neo4j's own reservoir keeps a sample of
    about a thousand, so its quantiles are coarser than these.
    """
    waiting = sorted(releases)
    known: list[int] = []
    lines = [HISTOGRAM_HEADER]
    total = squares = 0
    position = 0
    for at in times:
        while position < len(waiting) and waiting[position][0] <= at:
            millis = int(waiting[position][1])
            insort(known, millis)
            total += millis
            squares += millis * millis
            position += 1
        if not known:
            continue
        count = len(known)
        mean = total / count
        deviation = math.sqrt(max(0.0, squares / count - mean * mean))
        quantiles = ",".join(f"{_quantile(known, share):.6f}" for share in _SHARES)
        lines.append(f"{at},{count},{known[-1]},{mean:.6f},{known[0]},{deviation:.6f},{quantiles}")
    (folder / f"{BOUND_TIME}.csv").write_text("\n".join(lines) + "\n")
    return BOUND_TIME


def _quantile(ordered: Sequence[int], share: float) -> float:
    """Interpolate between order statistics at share * (n + 1), as Dropwizard does."""
    place = share * (len(ordered) + 1)
    below = math.floor(place)
    if below < 1:
        return float(ordered[0])
    if below >= len(ordered):
        return float(ordered[-1])
    lower, upper = ordered[below - 1], ordered[below]
    return lower + (place - below) * (upper - lower)
