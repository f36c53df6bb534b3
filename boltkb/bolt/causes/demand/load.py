"""What the pool would have rejected if something had been otherwise, by Erlang B.

Part of the bridge.  The share of a cause is what would go away without it.  So the load of each
bin of the course is worked out anew without the cause, and Erlang's formula says what is then
rejected.  Bins are independent: nothing is carried over from one to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.demand.bounds import CARRIES
from boltkb.queueing import erlang_b
from boltkb.tables import share

__all__ = ["Load", "onset", "read_load", "retried_share", "without_retries_told"]

Floats = npt.NDArray[np.float64]

#: The part of rejections that is taken to be tried again where no client's log tells.
_UNTOLD = 0.5
#: Ends of a share that lie nearer to one another than this are one.
_MATTERS = 0.05
#: Of all rejections, those by which the trouble has begun.
_BEGUN = 0.05


@dataclass(frozen=True, slots=True)
class Load:
    """The load of a pool in bins of the window.

    Parameters
    ----------
    times : (n,) array, epoch s
        The middle of each bin.
    width : float, s
    requests : (n,) array, per second
        Served, and rejected without being tried again: no request counts twice.
    hold : (n,) array, s
        Mean hold: of stretches between shifts, because one bin's own is noisy.
    rejected : (n,) array, per second
        Seen, retries included.
    threads : int
    """

    times: Floats
    width: float
    requests: Floats
    hold: Floats
    rejected: Floats
    threads: int

    @property
    def total(self) -> float:
        """Rejections that were seen."""
        return float(self.rejected.sum()) * self.width

    def expected(self, *, requests: Floats | float = 1.0, hold: Floats | float = 1.0) -> float:
        """Return the rejections of such a load if nobody tries again.

        Parameters
        ----------
        requests, hold : float or (n,) array
            What the load's own are multiplied by.
        """
        asked = self.requests * requests
        erlangs = asked * self.hold * hold
        return float((asked * np.asarray(erlang_b(self.threads, erlangs))).sum()) * self.width

    def without(self, spans: Sequence[tuple[float, float]]) -> float:
        """Return the rejections to expect if the load were always as it is outside some spans.

        Parameters
        ----------
        spans : sequence of (start, end), epoch s
        """
        outside = np.ones(self.times.size, dtype=bool)
        for start, end in spans:
            outside &= (self.times + self.width / 2 < start) | (self.times - self.width / 2 > end)
        if not outside.any():
            return self.expected()
        asked = self.requests[outside]
        lost = asked * np.asarray(erlang_b(self.threads, asked * self.hold[outside]))
        return float(lost.mean()) * self.width * self.times.size

    def spared(self, *, requests: Floats | float = 1.0, hold: Floats | float = 1.0) -> float:
        """Return the share of rejections that such factors would spare, 0 to 1.

        Retries are left out on both sides: they go with what sets them off.
        """
        now = self.expected()
        return (
            0.0
            if not now > 0
            else max(0.0, 1.0 - self.expected(requests=requests, hold=hold) / now)
        )


def read_load(case: Case, *, again: float | None = None) -> Load | None:
    """Return the load in bins; None where holds are not counted or threads are not known.

    Parameters
    ----------
    case : Case
    again : float, 0 to 1, optional
        The part of rejections that was tried again; what clients' logs tell when absent, and half
        where none does.
    """
    course, seen = case.course, case.seen
    if (
        seen.servers is None
        or course.throughput is None
        or course.busy is None
        or course.arrivals is None
        or not course.bin > 0
    ):
        return None
    times = np.intersect1d(course.throughput[0], course.busy[0])
    times = times[(times >= seen.start - course.bin) & (times <= seen.end + course.bin)]
    if times.size < 2:
        return None
    done = np.interp(times, *course.throughput)
    busy = np.interp(times, *course.busy)
    asked = np.interp(times, *course.arrivals)
    lost = np.maximum(0.0, asked - done)
    if again is None:
        again = retried_share(case)
    cuts = np.array([shift.when for shift in course.shifts.get("hold", ())])
    stretch = np.searchsorted(cuts, times)
    held, served = np.bincount(stretch, busy), np.bincount(stretch, done)
    hold = (held / np.maximum(served, 1e-9))[stretch]
    first = lost * (1.0 - (_UNTOLD if again is None else again))
    return Load(times, course.bin, done + first, hold, lost, seen.servers)


def without_retries_told(
    case: Case, measure: Callable[[Load], float]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what a share rests on where no client tells of retries: for it, and against it.

    Parameters
    ----------
    case : Case
    measure : callable
        The share, as it follows from a load.

    Returns
    -------
    tuple of (tuple of str, tuple of str)
        Between which ends the share lies, if all of the rejected tried again or none; and that one
        of the ends is too little, if it is.  Empty where retries are told or do not matter.
    """
    loads = [read_load(case, again=again) for again in (0.0, 1.0)]
    shares = sorted(measure(load) for load in loads if load is not None)
    if retried_share(case) is not None or not shares or shares[-1] - shares[0] < _MATTERS:
        return (), ()
    words = (
        "No client's log tells how many of the rejected tried again. This share takes half; it is "
        f"{share(shares[0])} to {share(shares[-1])}, if all did or none."
    )
    few = f"At the lower end it is {share(shares[0])} only." if shares[0] < CARRIES else ""
    return (words,), ((few,) if few else ())


def onset(case: Case) -> float:
    """Return when the trouble began: the moment by which a twentieth of the rejections had come.

    A few may come by chance long before.  Where none has a time, it is the incident's beginning,
    or the window's end.
    """
    found = case.course.rejections
    if found is not None and found[0].size:
        order = np.argsort(found[0])
        reached = np.cumsum(found[1][order]) >= _BEGUN * found[1].sum()
        return float(found[0][order][np.argmax(reached)])
    if case.course.first_rejection is not None:
        return case.course.first_rejection
    return case.seen.incident.start if case.seen.incident is not None else case.seen.end


def retried_share(case: Case) -> float | None:
    """Return the share of rejections that clients tried again; None without their logs.

    A log that tells of rejections and never of a retry says that nobody tried again.
    """
    rejected = retried = 0
    for pool in case.export.drivers:
        rejected += pool.counts.get("rejected", 0)
        retried += min(pool.counts.get("retried", 0), pool.counts.get("rejected", 0))
    return retried / rejected if rejected else None
