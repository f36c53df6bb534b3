"""What was seen of a set of servers, and what is said about it: evidence and estimates.

Plain values.  Seconds, per second and erlangs; times are seconds since the epoch, or since
any other zero.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boltkb.errors import ModelError
from boltkb.queueing.erlang import FloatArray
from boltkb.tables import share, with_interval

__all__ = ["PROBABILITY", "Counts", "Estimate", "Observations"]

#: The unit of shares of arrivals and of time; told as percentages in text.
PROBABILITY = "probability"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many events fell between successive moments.

    Parameters
    ----------
    edges : (m + 1,) array, seconds, increasing
    counts : (m,) array, >= 0
        NaN where a count is unknown.

    Raises
    ------
    ModelError
        Shapes that do not fit, edges that do not increase, negative counts.

    Examples
    --------
    >>> import numpy as np
    >>> Counts(np.array([0.0, 60.0, 120.0]), np.array([3.0, 5.0])).total
    8.0
    """

    edges: FloatArray
    counts: FloatArray

    def __post_init__(self) -> None:
        edges = np.asarray(self.edges, dtype=float)
        counts = np.asarray(self.counts, dtype=float)
        if edges.ndim != 1 or counts.ndim != 1 or edges.size != counts.size + 1:
            raise ModelError("edges", "one more than the counts", (edges.shape, counts.shape))
        if not np.all(np.isfinite(edges)) or np.any(np.diff(edges) <= 0):
            raise ModelError("edges", "finite and increasing", "edges that are not")
        if np.any(counts < 0) or np.any(np.isinf(counts)):
            raise ModelError("counts", "finite, 0 or more (NaN: unknown)", "a negative or infinite")
        object.__setattr__(self, "edges", edges)
        object.__setattr__(self, "counts", counts)

    @property
    def total(self) -> float:
        """Sum of the known counts."""
        return float(np.nansum(self.counts))

    @property
    def covered(self) -> float:
        """Seconds in which the counts are known."""
        return float(np.diff(self.edges)[~np.isnan(self.counts)].sum())


@dataclass(frozen=True, slots=True)
class Observations:
    """What was seen of a set of servers: samples of the busy ones, and counts where known.

    Parameters
    ----------
    times : (n,) array, seconds, increasing
    busy : (n,) array, >= 0
        Busy servers at each time; NaN where the sample was tried for and missing.
    servers : int, >= 1, or None
        None when unknown.
    capacity : int, float or None
        Customers that fit in: equal to the servers when nobody can wait (a loss system),
        infinite when any number can, None when unknown (then taken as a loss system, and
        the fit says so).
    arrivals : Counts or None
        Accepted and rejected together; None when unknown.
    rejections : Counts or None
        None when unknown; all zeros when known to be none.
    mean_hold : float, seconds, > 0, or None
        Mean time a customer holds a server, when measured independently of `busy`.
    gaps : tuple of (start, end), seconds
        Times in which nothing was observed; samples inside are left out.
    censored : (n,) array of bool, or None
        Which of the missing samples are known to be missing because every server was busy;
        None when nothing is known of why.
    lower_bound : bool
        Whether more servers may have been busy than `busy` says; then no load follows from it.

    Raises
    ------
    ModelError
        Shapes that do not fit, times that do not increase, negative counts, a capacity
        below the servers, a sample that is both seen and censored.

    Examples
    --------
    >>> import numpy as np
    >>> seen = Observations(np.arange(5.0), np.array([1, 2, np.nan, 2, 1.0]), servers=4)
    >>> seen.capacity, int(np.isnan(seen.busy).sum())
    (None, 1)
    """

    times: FloatArray
    busy: FloatArray
    servers: int | None
    capacity: int | float | None = None
    arrivals: Counts | None = None
    rejections: Counts | None = None
    mean_hold: float | None = None
    gaps: tuple[tuple[float, float], ...] = ()
    censored: npt.NDArray[np.bool_] | None = None
    lower_bound: bool = False

    def __post_init__(self) -> None:
        times = np.asarray(self.times, dtype=float)
        busy = np.asarray(self.busy, dtype=float)
        if times.ndim != 1 or times.shape != busy.shape:
            raise ModelError("busy", "as many as times", (times.shape, busy.shape))
        if not np.all(np.isfinite(times)) or np.any(np.diff(times) <= 0):
            raise ModelError("times", "finite and increasing", "times that are not")
        if np.any(busy < 0) or np.any(np.isinf(busy)):
            raise ModelError("busy", "finite, 0 or more (NaN: missing)", "a negative or infinite")
        if self.servers is not None and (self.servers < 1 or self.servers != int(self.servers)):
            raise ModelError("servers", "a whole number, 1 or more, or None", self.servers)
        if self.capacity is not None and not self.capacity >= (self.servers or 1):
            raise ModelError("capacity", "the servers or more, or None", self.capacity)
        if self.mean_hold is not None and not (0 < self.mean_hold < math.inf):
            raise ModelError("mean_hold", "seconds above 0, or None", self.mean_hold)
        if any(not start <= end for start, end in self.gaps):
            raise ModelError("gaps", "pairs of start and end, in order", self.gaps)
        if self.censored is not None:
            censored = np.asarray(self.censored, dtype=np.bool_)
            if censored.shape != busy.shape or np.any(censored & ~np.isnan(busy)):
                raise ModelError(
                    "censored", "as many as times, only where busy is NaN", censored.shape
                )
            object.__setattr__(self, "censored", censored)
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "busy", busy)

    @property
    def waits(self) -> bool:
        """Whether an arrival that finds all servers busy can wait."""
        return self.capacity is not None and (self.servers is None or self.capacity > self.servers)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its 95 % interval, or the reason why there is none.

    Parameters
    ----------
    value, low, high : float or None
        None where the data do not carry it; a lone `low` or `high` is a one-sided bound.
    unit : str
    reason : str
        Why a part is absent, or how the number was made.

    Examples
    --------
    >>> print(Estimate(5.2, 5.0, 5.4, "erlangs", "fitted"))
    5.20 erlangs (95\u202f% interval 5.00 to 5.40)
    >>> print(Estimate(None, None, None, "s", "holds were not counted"))
    unknown: holds were not counted
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    reason: str = ""

    def facts(self) -> Mapping[str, object]:
        """Return the estimate as plain values; numbers that are not finite become None."""
        return {
            "value": _finite(self.value),
            "low": _finite(self.low),
            "high": _finite(self.high),
            "unit": self.unit,
            "reason": self.reason,
        }

    def __str__(self) -> str:
        if self.value is not None:
            parts = [x for x in (self.value, self.low, self.high) if x is not None]
            if self.unit == "servers" and all(float(x).is_integer() for x in parts):
                return _whole_with_interval(self.value, self.low, self.high)
            if self.unit == PROBABILITY:
                return _share_with_interval(self.value, self.low, self.high)
            return with_interval(self.value, self.low, self.high, self.unit)
        bound = ""
        if self.low is not None:
            bound = f" (at least {self.low:.3g} {self.unit})".replace(" )", ")")
        elif self.high is not None:
            bound = f" (at most {self.high:.3g} {self.unit})".replace(" )", ")")
        return f"unknown{bound}: {self.reason}" if self.reason else f"unknown{bound}"


def _whole_with_interval(value: float, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return f"{value:,.0f} servers"
    return f"{value:,.0f} servers (95\u202f% interval {low:,.0f} to {high:,.0f})"


def _share_with_interval(value: float, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return share(value)
    return f"{share(value)} (95\u202f% interval {share(low)} to {share(high)})"


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
