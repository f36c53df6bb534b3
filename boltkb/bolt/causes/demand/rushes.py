"""Rejections one by one: rushes of them, and what of each rush were first attempts.

Drivers try again after about a second, shortened by a fifth at most by their jitter: what is
rejected sooner after a rush began is no retry.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.demand.bounds import TRIES_AGAIN
from boltkb.catalogue import load_driver_lines

__all__ = ["FIRST", "Rush", "exact_rejections", "rushes"]

Floats = npt.NDArray[np.float64]

#: First attempts of a rush are rejected within this, s.
FIRST = 0.8
#: Part of the rejections that clients' logs must tell of to stand for all of them.
_TOLD = 0.5


@dataclass(frozen=True, slots=True)
class Rush:
    """Rejections that follow one another closely.

    Parameters
    ----------
    start, end : float, epoch s
    first, later : int
        Within the time of first attempts, and after it.
    """

    start: float
    end: float
    first: int
    later: int


def exact_rejections(case: Case) -> Floats | None:
    """Return when each rejection was, to the second at least; None where no log tells.

    Of clients that were rejected very often only the first times are known; what comes after is
    left out for all of them.
    """
    seen = case.seen
    found = case.course.rejections
    if seen.rejected.how == "counted" and found is not None and found[0].size:
        times = found[0]
    else:
        told = _told_by_clients(case)
        if told is None:
            return None
        times = told
    inside = (times >= seen.start) & (times <= seen.end + (seen.interval or 1.0))
    return np.asarray(times[inside]) if inside.any() else None


def _told_by_clients(case: Case) -> Floats | None:
    lines = load_driver_lines()
    total = 0
    horizon = np.inf
    several = []
    for pool in case.export.drivers:
        count = pool.counts.get("rejected", 0)
        times = np.array([
            event.time
            for event in pool.events
            if event.kind in lines and lines[event.kind].says == "rejected"
        ])  # fmt: skip
        total += count
        if times.size:
            several.append(times)
            if times.size < count:
                horizon = min(horizon, float(times.max()))
    if not several or total < _TOLD * (case.seen.rejected.value or 0.0):
        return None
    joined = np.sort(np.concatenate(several))
    return np.asarray(joined[joined <= horizon])


def rushes(times: Floats) -> tuple[Rush, ...]:
    """Return rejections in rushes, each ten seconds or more from the next, in order of time.

    Examples
    --------
    >>> rushes(np.array([0.0, 0.1, 0.2, 1.4, 60.0]))[0]
    Rush(start=0.0, end=1.4, first=3, later=1)
    """
    cuts = np.flatnonzero(np.diff(times) > TRIES_AGAIN) + 1
    return tuple(
        Rush(
            float(part[0]),
            float(part[-1]),
            int(np.count_nonzero(part <= part[0] + FIRST)),
            int(np.count_nonzero(part > part[0] + FIRST)),
        )
        for part in np.split(times, cuts)
    )
