"""The course of things: when arrivals, holds and held threads changed, and what stood still.

Part of the bridge.  Root causes begin before the symptom; they are found by change points.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from boltkb.bolt.observe import PoolObservations, Trace
from boltkb.bolt.pool import Pool
from boltkb.exports import Export, Where

__all__ = ["Burst", "Contention", "Course", "Pause", "Shift", "read_course"]


@dataclass(frozen=True, slots=True)
class Shift:
    """A moment at which a level stepped.

    Parameters
    ----------
    when : float, epoch s
    before, after : float
        The levels.
    low, high : float
        95 % interval of `after / before`.
    """

    when: float
    before: float
    after: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which the server stood still.

    Parameters
    ----------
    start, seconds : float
    collecting : bool or None
        Whether garbage collection took it (False: the machine did); None where it is not told.
    where : Where
    """

    start: float
    seconds: float
    collecting: bool | None
    where: Where


@dataclass(frozen=True, slots=True)
class Burst:
    """A short rush: rejections or held threads that come and go within seconds.

    Parameters
    ----------
    start, seconds : float
    rejections : float
    peak : float or None, threads
    """

    start: float
    seconds: float
    rejections: float
    peak: float | None


@dataclass(frozen=True, slots=True)
class Contention:
    """Whether a hold takes longer the more threads are busy (Gunther 2007 against a constant).

    Parameters
    ----------
    verdict : str
        `grows`, `constant` or `cannot_tell`.
    growth, low, high : float or None
        Mean hold at the highest tenth of busy threads over that at the lowest, with its interval.
    why : str
        A sentence.
    """

    verdict: Literal["grows", "constant", "cannot_tell"]
    growth: float | None
    low: float | None
    high: float | None
    why: str


@dataclass(frozen=True, slots=True)
class Course:
    """How the load and the work moved over the export, the time before the window included.

    Parameters
    ----------
    throughput : Trace or None
        Work done a second, by the metric named in `throughput_from`.
    hold : Trace or None, s
        Held threads over throughput, in bins: seconds of thread a unit of work.
    shifts : mapping of str to tuple of Shift
        Of `arrivals`, `hold`, `busy`, `connections`.
    pauses, bursts : tuples
    contention : Contention
    """

    throughput: Trace | None
    throughput_from: str
    hold: Trace | None
    shifts: Mapping[str, tuple[Shift, ...]] = field(default_factory=dict)
    pauses: tuple[Pause, ...] = ()
    bursts: tuple[Burst, ...] = ()
    contention: Contention = field(
        default_factory=lambda: Contention("cannot_tell", None, None, None, "nothing to tell by.")
    )


def read_course(export: Export, pool: Pool, seen: PoolObservations) -> Course:
    """Return how load and work moved."""
    return Course(None, "", None)
