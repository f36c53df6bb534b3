"""Streams of arrivals: Poisson, renewal, in batches, in bursts, with a rate that varies."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from boltkb.errors import ModelError
from boltkb.queueing.erlang import FloatArray
from boltkb.queueing.laws import Exponential, Law

__all__ = ["Arrivals", "BurstArrivals", "PoissonArrivals", "RenewalArrivals", "VaryingArrivals"]


class Arrivals(Protocol):
    """A stream of arrivals that can be drawn over a stretch of time."""

    @property
    def rate(self) -> float:
        """Mean customers a second; for a rate that varies, a bound of it."""
        ...

    def draw(self, rng: np.random.Generator, start: float, end: float) -> FloatArray:
        """Return the moments of arrivals from start to end, in order."""
        ...


@dataclass(frozen=True, slots=True)
class PoissonArrivals:
    """Arrivals that know nothing of one another, alone or in batches.

    Parameters
    ----------
    rate : float, customers a second, >= 0
    batch : float, >= 1
        Mean customers that come at once.  1: alone.
    fixed : bool
        Whether all batches are of the same (whole) size; geometric otherwise.

    Examples
    --------
    >>> import numpy as np
    >>> PoissonArrivals(0.0).draw(np.random.default_rng(1), 0.0, 10.0).size
    0
    """

    rate: float
    batch: float = 1.0
    fixed: bool = True

    def __post_init__(self) -> None:
        _rate("rate", self.rate)
        if not 1 <= self.batch < math.inf or (self.fixed and self.batch != int(self.batch)):
            raise ModelError("batch", "1 or more, whole when fixed", self.batch)

    def draw(self, rng: np.random.Generator, start: float, end: float) -> FloatArray:
        """Return the moments of arrivals from start to end, in order."""
        moments = _poisson(rng, self.rate / self.batch, start, end)
        if self.batch == 1:
            return moments
        sizes: int | np.ndarray[tuple[int, ...], np.dtype[np.int64]] = int(self.batch)
        if not self.fixed:
            sizes = rng.geometric(1.0 / self.batch, moments.size)
        return np.repeat(moments, sizes)


@dataclass(frozen=True, slots=True)
class RenewalArrivals:
    """Arrivals with independent gaps of any law, met in its steady state.

    Parameters
    ----------
    gaps : Law
        Of the seconds between arrivals.

    Examples
    --------
    >>> import numpy as np
    >>> from boltkb.queueing.laws import Constant
    >>> RenewalArrivals(Constant(2.0)).draw(np.random.default_rng(1), 0.0, 100.0).size
    50
    """

    gaps: Law

    @property
    def rate(self) -> float:
        """Customers a second: one over the mean gap."""
        return 1.0 / self.gaps.mean

    def draw(self, rng: np.random.Generator, start: float, end: float) -> FloatArray:
        """Return the moments of arrivals from start to end, in order."""
        pieces = [start + self.gaps.draw_rest(rng, 1)]
        while pieces[-1][-1] < end:
            left = (end - pieces[-1][-1]) * self.rate
            gaps = self.gaps.draw(rng, int(1.05 * left + 4 * math.sqrt(left)) + 16)
            pieces.append(pieces[-1][-1] + np.cumsum(gaps))
        moments = np.concatenate(pieces)
        return moments[: int(np.searchsorted(moments, end))]


@dataclass(frozen=True, slots=True)
class BurstArrivals:
    """Poisson arrivals whose rate switches between two values at random, an MMPP.

    Parameters
    ----------
    low_rate, high_rate : float, customers a second, >= 0
    mean_low, mean_high : float, seconds, > 0
        Mean length of a stretch at each rate.

    Examples
    --------
    >>> BurstArrivals(2.0, 10.0, mean_low=3.0, mean_high=1.0).rate
    4.0
    """

    low_rate: float
    high_rate: float
    mean_low: float
    mean_high: float

    def __post_init__(self) -> None:
        _rate("low_rate", self.low_rate)
        _rate("high_rate", self.high_rate)
        Exponential(self.mean_low)
        Exponential(self.mean_high)

    @property
    def rate(self) -> float:
        """Customers a second over a long time."""
        weight = self.mean_low + self.mean_high
        return (self.low_rate * self.mean_low + self.high_rate * self.mean_high) / weight

    def draw(self, rng: np.random.Generator, start: float, end: float) -> FloatArray:
        """Return the moments of arrivals from start to end, in order."""
        high = bool(rng.random() < self.mean_high / (self.mean_low + self.mean_high))
        moment, pieces = start, [np.empty(0)]
        while moment < end:
            until = moment + rng.exponential(self.mean_high if high else self.mean_low)
            rate = self.high_rate if high else self.low_rate
            pieces.append(_poisson(rng, rate, moment, min(until, end)))
            moment, high = until, not high
        return np.concatenate(pieces)


@dataclass(frozen=True, slots=True)
class VaryingArrivals:
    """Poisson arrivals whose rate is a function of time, drawn by thinning (Lewis 1979).

    Parameters
    ----------
    rate_at : function
        Takes an array of moments in seconds, gives customers a second.
    rate : float, customers a second, >= 0
        At least the highest rate.

    Raises
    ------
    ModelError
        When drawn, if the function leaves 0 to `rate`.

    Examples
    --------
    >>> import numpy as np
    >>> wave = VaryingArrivals(lambda t: 5 + 5 * np.sin(t), rate=10.0)
    >>> bool(wave.draw(np.random.default_rng(1), 0.0, 100.0).size < 700)
    True
    """

    rate_at: Callable[[FloatArray], FloatArray]
    rate: float

    def __post_init__(self) -> None:
        _rate("rate", self.rate)

    def draw(self, rng: np.random.Generator, start: float, end: float) -> FloatArray:
        """Return the moments of arrivals from start to end, in order."""
        moments = _poisson(rng, self.rate, start, end)
        rates = np.asarray(self.rate_at(moments), dtype=float)
        if not np.all((rates >= 0) & (rates <= self.rate * (1 + 1e-12))):
            raise ModelError("rate_at", f"from 0 to rate = {self.rate}", float(np.max(rates)))
        kept: FloatArray = moments[rng.random(moments.size) * self.rate < rates]
        return kept


def _poisson(rng: np.random.Generator, rate: float, start: float, end: float) -> FloatArray:
    """Return Poisson moments in order: gaps that are scaled to their number cost no sorting."""
    gaps = rng.standard_exponential(rng.poisson(rate * (end - start)) + 1)
    steps = np.cumsum(gaps)
    return np.asarray(start + steps[:-1] * ((end - start) / steps[-1]))


def _rate(name: str, value: float) -> None:
    if not (math.isfinite(value) and value >= 0):
        raise ModelError(name, "a rate per second, 0 or more", value)
