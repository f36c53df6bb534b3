"""Shifts of the level of any series: a rate, a mean hold, a number of things.

As `changes`, but knows no law of the values: what they scatter by, and for how long that lasts,
is taken from their own differences, which a step hardly touches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from boltkb.queueing.changes import best_cuts
from boltkb.queueing.erlang import FloatArray

__all__ = ["LevelShift", "find_shifts"]

#: Values that a level is made of at least.
FEWEST = 5
#: For how many values a deviation may last, as tried one after the other.
MEMORIES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
#: A closer memory is not told from a level that drifts away.
MOST_CORRELATION = 0.97
#: A level that moves by less is not worth a name, whatever the samples prove.
SMALL_RATIO = 1.15
#: Values further from their neighbours than this many deviations pull no level.
_OUTLYING = 3.0


@dataclass(frozen=True, slots=True)
class LevelShift:
    """A moment at which a level stepped.

    Parameters
    ----------
    time : float
        In the unit of the times given.
    before, after : float
        The mean values until the shift before and the one after.
    low, high : float
        95 % interval of `after / before`; infinite where nothing was there before.
    """

    time: float
    before: float
    after: float
    low: float
    high: float


def find_shifts(times: FloatArray, values: FloatArray) -> tuple[LevelShift, ...]:
    """Return the moments at which the level of a series stepped, in order of time.

    The best cuttings into stretches of one level (Jackson et al. 2005) of the square roots, whose
    scatter hardly depends on the level; of these the one that Schwarz's criterion prefers when
    what is left of the values remembers the value before (a first-order autoregression), so that
    neither a slow excursion nor an outlier passes for a step.

    Parameters
    ----------
    times : (n,) array, increasing
    values : (n,) array, >= 0
        NaN where unknown.

    Returns
    -------
    tuple of LevelShift
        Empty with fewer than ten values, and where no step is certain.

    Examples
    --------
    >>> values = np.r_[np.full(30, 4.0), np.full(30, 8.0)] + np.tile([0.1, -0.1, 0.2], 20)
    >>> shift, = find_shifts(np.arange(60.0), values)
    >>> shift.time, round(shift.after / shift.before, 1)
    (29.5, 2.0)
    """
    known = np.isfinite(values)
    at, level = times[known], values[known]
    if level.size < 2 * FEWEST or level.max() <= 0:
        return ()
    roots = np.sqrt(np.maximum(level, 0.0))
    # A level that never moves still cannot be told to better than a hundredth.
    scatter = max(_variogram(roots), (0.01 * float(np.median(roots))) ** 2, 1e-12)
    roots = _without_outliers(roots, float(np.sqrt(scatter)))
    penalty = 2.0 * float(np.log(level.size)) + 2.0
    chosen = _Cutting.of(roots, [0, level.size], scatter)
    for memory in MEMORIES:
        cost = _Squares.of(roots, scatter * memory)
        tried = best_cuts(cost, 0, level.size, float(FEWEST), penalty)
        cutting = _Cutting.of(roots, tried, scatter)
        if cutting.worth > chosen.worth:
            chosen = cutting
    return _certain(at, level, chosen.cuts, chosen.memory)


@dataclass(frozen=True, slots=True)
class _Cutting:
    """Stretches, what they are worth as an explanation, and how long a deviation lasts."""

    cuts: list[int]
    worth: float
    memory: float

    @classmethod
    def of(cls, values: FloatArray, cuts: list[int], scatter: float) -> _Cutting:
        left = np.concatenate([
            part - part.mean() for part in np.split(values, cuts[1:-1])
        ])  # fmt: skip
        size, steps = values.size, len(cuts) - 2
        correlation = float(left[1:] @ left[:-1]) / max(float(left @ left), 1e-12)
        # Levels fitted to short stretches take some of the memory with them (Kendall 1954).
        correlation += (1.0 + 3.0 * max(0.0, correlation)) * (steps + 1) / size
        correlation = min(MOST_CORRELATION, max(0.0, correlation))
        fresh = left[1:] - correlation * left[:-1]
        variance = max(float(np.mean(fresh * fresh)), 0.25 * scatter)
        worth = -0.5 * size * float(np.log(variance)) - 2.0 * (steps + 1) * float(np.log(size))
        return cls(cuts, worth, (1.0 + correlation) / (1.0 - correlation))


@dataclass(frozen=True, slots=True)
class _Squares:
    """Half the squared distance from a stretch's mean, over the variance."""

    size: FloatArray
    total: FloatArray
    squares: FloatArray
    variance: float

    @classmethod
    def of(cls, values: FloatArray, variance: float) -> _Squares:
        return cls(
            np.arange(values.size + 1.0), np.append(0.0, np.cumsum(values)),
            np.append(0.0, np.cumsum(values * values)), variance,
        )  # fmt: skip

    def of_stretches(self, first: FloatArray, last: int) -> FloatArray:
        index = first.astype(np.int64)
        size = self.size[last] - self.size[index]
        total = self.total[last] - self.total[index]
        squares = self.squares[last] - self.squares[index]
        return np.asarray(0.5 * (squares - total * total / size) / self.variance)


def _variogram(values: FloatArray) -> float:
    """Return half the mean squared step, made robust (Cressie and Hawkins 1980, eq. 2.9)."""
    apart = np.sqrt(np.abs(np.diff(values)))
    return 0.5 * float(np.mean(apart)) ** 4 / (0.457 + 0.494 / apart.size)


def _without_outliers(values: FloatArray, deviation: float) -> FloatArray:
    width = 2 * FEWEST - 1
    padded = np.pad(values, width // 2, mode="edge")
    middle = np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1)
    return np.clip(values, middle - _OUTLYING * deviation, middle + _OUTLYING * deviation)


def _certain(
    times: FloatArray, values: FloatArray, cuts: list[int], memory: float
) -> tuple[LevelShift, ...]:
    """Return the shifts that are certain and worth a name; the least certain are dropped first."""
    cuts = list(cuts)
    while len(cuts) > 2:
        shifts = [
            _shift(times, values[a:b], values[b:c], b, memory)
            for a, b, c in zip(cuts, cuts[1:], cuts[2:], strict=False)
        ]
        doubts = [_doubt(shift) for shift in shifts]
        worst = int(np.argmax(doubts))
        if doubts[worst] <= 0:
            return tuple(shifts)
        del cuts[worst + 1]
    return ()


def _doubt(shift: LevelShift) -> float:
    """Return by how much the interval of a ratio reaches into what is not worth a name."""
    rises = float(np.log(max(shift.low, 1e-9)))
    falls = -float(np.log(max(shift.high, 1e-9)))
    ratio = abs(float(np.log(max(shift.after, 1e-9) / max(shift.before, 1e-9))))
    return max(-max(rises, falls), float(np.log(SMALL_RATIO)) - ratio)


def _shift(
    times: FloatArray, before: FloatArray, after: FloatArray, cut: int, memory: float
) -> LevelShift:
    moment = float(times[cut - 1] + times[cut]) / 2
    first, second = float(before.mean()), float(after.mean())
    errors = [
        float(part.std(ddof=1)) * float(np.sqrt(memory / part.size)) for part in (before, after)
    ]
    freedom = max(1.0, (before.size + after.size) / memory - 2.0)
    reach = float(stats.t.ppf(0.975, freedom))
    if first <= 0:
        bound = max(reach * errors[0], 1e-9)
        low = max(0.0, second - reach * errors[1]) / bound
        return LevelShift(moment, first, second, low, float("inf"))
    relative = [
        error / max(mean, 1e-9) for error, mean in zip(errors, (first, second), strict=True)
    ]
    wide = float(np.exp(min(50.0, reach * float(np.hypot(relative[0], relative[1])))))
    return LevelShift(moment, first, second, second / first / wide, second / first * wide)
