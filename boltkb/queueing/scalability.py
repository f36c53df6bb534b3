"""Whether holds take longer the more servers are busy, as where servers share something scarce.

Gunther's law of scalability, X(n) = n / (W(1) (1 + a (n - 1))), says that the mean hold grows in
a line with the number n of busy servers; servers that share nothing have a = 0.  Knows bins of
time with a mean number of busy servers and a mean hold each; of what is shared, nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from boltkb.queueing.erlang import FloatArray

__all__ = ["HoldGrowth", "hold_growth"]

#: Bins that a judgement needs.
FEWEST_BINS = 24
#: Groups of neighbouring bins that are left out in turn.
MOST_GROUPS = 20
#: The upper tenth of busy servers over the lower one; with less, nothing is said.
LEAST_SPREAD = 1.5
#: Part of the variation of busy servers that neighbouring bins share, at least.
LEAST_SHARED = 0.3
#: The part that is shared, over its standard error.
LEAST_CERTAIN = 2.5


@dataclass(frozen=True, slots=True)
class HoldGrowth:
    """The mean hold at many busy servers over that at few.

    Parameters
    ----------
    few, many : float, servers
        The lower and the upper tenth of the smoothed numbers of busy servers.
    growth, low, high : float or None
        Mean hold at `many` over that at `few`, with its 95 % interval; None where nothing can be
        said.
    reason : str
        Why nothing can be said, or how it was found.
    """

    few: float
    many: float
    growth: float | None
    low: float | None
    high: float | None
    reason: str


def hold_growth(
    busy: FloatArray,
    hold: FloatArray,
    weight: FloatArray,
    stretch: NDArray[np.int64],
    *,
    detrended: bool = False,
) -> HoldGrowth:
    """Return whether holds grow with the number of busy servers (Gunther 2007, ch. 4).

    A bin in which holds happen to be long has more busy servers for that alone.  So the busy
    servers of a bin are told by those of its neighbours (an instrument, whose chance is another),
    and what the neighbours do not share is no evidence.  Bins of different stretches are not
    compared: where all holds changed at one moment, more busy servers are the consequence.  The
    interval is a jackknife over groups of neighbouring bins (Kunsch 1989).

    Parameters
    ----------
    busy : (n,) array, servers
        Mean of each bin, all of one width, many holds long; NaN where it tells nothing.
    hold : (n,) array, seconds
        Busy servers over accepted throughput in each bin.
    weight : (n,) array, >= 0
        Holds that ended in each bin.
    stretch : (n,) array of int
    detrended : bool
        Whether a line over time is taken out of each stretch first.

    Returns
    -------
    HoldGrowth

    Examples
    --------
    >>> load = 10 + 8 * np.sin(np.arange(100) / 5)
    >>> grown = hold_growth(load, 0.1 * (1 + 0.1 * load), np.ones(100), np.zeros(100, dtype=int))
    >>> round(grown.growth, 1)
    2.2
    """
    beside = _neighbours(busy, stretch)
    usable = np.isfinite(beside) & np.isfinite(hold) & np.isfinite(busy) & (weight > 0)
    if np.count_nonzero(usable) < FEWEST_BINS:
        return _nothing(f"{np.count_nonzero(usable)} stretches of time can be compared")
    here, beside, holds = busy[usable], beside[usable], hold[usable]
    few, many = (float(x) for x in np.quantile(beside, [0.1, 0.9]))
    if few <= 0 or many / max(few, 1e-9) < LEAST_SPREAD:
        return _nothing("the number of busy servers hardly varied", few, many)
    weights = weight[usable] / float(weight[usable].sum())
    parts = stretch[usable]
    centred = _Centring.of(weights, parts, detrended=detrended)
    sums = _Sums.of(centred.take(here), centred.take(beside), centred.take(holds), weights)
    shared = float(sums.first.sum())
    if shared < LEAST_SHARED * float(sums.own.sum()):
        return _nothing("the number of busy servers varied by chance only", few, many)
    slopes, firsts = sums.left_out()
    groups = slopes.size
    error = float(np.sqrt((groups - 1) / groups * np.square(slopes - slopes.mean()).sum()))
    doubt = float(np.sqrt((groups - 1) / groups * np.square(firsts - firsts.mean()).sum()))
    if shared < LEAST_CERTAIN * doubt:
        return _nothing("the number of busy servers varied once or twice only", few, many)
    slope = float(sums.second.sum()) / shared
    reach = float(stats.t.ppf(0.975, groups - 1)) * error
    mean = float(weights @ holds)
    centre = float(weights @ here)
    low, value, high = (
        _ratio(mean, slope + change, few - centre, many - centre) for change in (-reach, 0.0, reach)
    )
    return HoldGrowth(few, many, value, low, high, f"from {holds.size} stretches of time")


def _nothing(reason: str, few: float = 0.0, many: float = 0.0) -> HoldGrowth:
    return HoldGrowth(few, many, None, None, None, reason)


def _neighbours(busy: FloatArray, stretch: NDArray[np.int64]) -> FloatArray:
    """Return the mean of the bins on either side, NaN where one of them does not belong."""
    beside = np.full(busy.size, np.nan)
    if busy.size > 2:
        beside[1:-1] = (busy[:-2] + busy[2:]) / 2
        other = (stretch[:-2] != stretch[1:-1]) | (stretch[2:] != stretch[1:-1])
        beside[1:-1][other] = np.nan
    return beside


@dataclass(frozen=True, slots=True)
class _Centring:
    """Takes the weighted mean out of each stretch, and a line over time where wanted."""

    index: NDArray[np.int64]
    weights: FloatArray
    line: FloatArray | None

    @classmethod
    def of(cls, weights: FloatArray, parts: NDArray[np.int64], *, detrended: bool) -> _Centring:
        index = np.unique(parts, return_inverse=True)[1].astype(np.int64)
        plain = cls(index, weights, None)
        if not detrended:
            return plain
        return cls(index, weights, plain.take(np.arange(parts.size, dtype=float)))

    def take(self, values: FloatArray) -> FloatArray:
        total = np.bincount(self.index, self.weights)
        means = np.bincount(self.index, self.weights * values) / total
        left = np.asarray(values - means[self.index])
        if self.line is None:
            return left
        along = np.bincount(self.index, self.weights * self.line * left)
        length = np.bincount(self.index, self.weights * self.line * self.line)
        return left - (along / np.maximum(length, 1e-300))[self.index] * self.line


@dataclass(frozen=True, slots=True)
class _Sums:
    """Products summed in groups of neighbouring bins: the two stages of the estimate."""

    own: FloatArray
    first: FloatArray
    second: FloatArray

    @classmethod
    def of(
        cls, here: FloatArray, beside: FloatArray, holds: FloatArray, weights: FloatArray
    ) -> _Sums:
        groups = min(MOST_GROUPS, here.size // 3)
        index = np.arange(here.size) * groups // here.size
        return cls(
            np.bincount(index, weights * here * here).astype(float),
            np.bincount(index, weights * here * beside).astype(float),
            np.bincount(index, weights * holds * beside).astype(float),
        )

    def left_out(self) -> tuple[FloatArray, FloatArray]:
        """Return the slope, and what the neighbours share, with each group left out in turn."""
        first = self.first.sum() - self.first
        second = self.second.sum() - self.second
        scale = self.first.size / (self.first.size - 1)
        return np.asarray(second / np.where(first == 0, np.nan, first)), np.asarray(first * scale)


def _ratio(mean: float, slope: float, few: float, many: float) -> float:
    # A line may leave what is possible; a hold is never shorter than a twentieth of the mean.
    return max(0.05 * mean, mean + slope * many) / max(0.05 * mean, mean + slope * few)
