"""Samples of busy servers made ready for a fit: cleaned, cut into blocks, their memory known.

Knows sampling and autocorrelation; what the blocks are fitted with stands elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boltkb.queueing.erlang_large import FloatArray
from boltkb.queueing.erlang_loss import loads, loss
from boltkb.queueing.observations import Observations

__all__ = [
    "Blocks",
    "Samples",
    "busy_moments",
    "clean",
    "cut_blocks",
    "memory",
    "solve_load",
    "solve_loads",
]

IntArray = NDArray[np.int64]

#: Effective samples that a block holds at least; the most blocks, for few samples and for many.
BLOCK_SAMPLES = 8
MOST_BLOCKS = (120, 1_000)
#: Longest lag at which the memory of the counts is looked for.
MOST_LAGS = 2_000
#: A smaller correlation is noise, or the load moving.
LEAST_CORRELATION = 0.05


@dataclass(frozen=True, slots=True)
class Samples:
    """The usable samples, in order.

    Parameters
    ----------
    times : (n,) array, seconds
    busy : (n,) array
        Censored samples stand at the ceiling.
    censored : (n,) array of bool
        Missing although tried for, beside samples near the ceiling (two on either side).
    near : int
        What counts as near the ceiling.
    interval : float, seconds
        Median distance of samples.
    missing : int
        Missing samples that tell nothing.
    """

    times: FloatArray
    busy: FloatArray
    censored: NDArray[np.bool_]
    near: int
    interval: float
    missing: int

    @property
    def seen(self) -> FloatArray:
        """The samples that were really taken."""
        return self.busy[~self.censored]


@dataclass(frozen=True, slots=True)
class Blocks:
    """Samples in runs short enough that the load hardly moves inside one.

    Parameters
    ----------
    index : (n,) array of int
        The block of each sample.
    start, end, centre : (m,) arrays, seconds
    size, censored : (m,) arrays
        Samples in all, and censored among them.
    total : (m,) array
        Sum of the samples that are not censored.
    """

    index: IntArray
    start: FloatArray
    end: FloatArray
    centre: FloatArray
    size: FloatArray
    censored: FloatArray
    total: FloatArray

    @property
    def weights(self) -> FloatArray:
        """Share of the observed time in each block."""
        return np.asarray(self.size / self.size.sum())


def clean(observations: Observations) -> Samples:
    """Return the samples outside gaps, missing ones near the ceiling kept as censored.

    Of one that is known to be missing because every server was busy the count is known too.
    """
    times, busy = observations.times, observations.busy
    if observations.censored is not None and observations.servers is not None:
        busy = np.where(observations.censored, float(observations.servers), busy)
    keep = np.ones(times.size, dtype=bool)
    for start, end in observations.gaps:
        keep &= ~((times > start) & (times < end))
    times, busy = times[keep], busy[keep]
    known = np.flatnonzero(~np.isnan(busy))
    lost = np.flatnonzero(np.isnan(busy))
    servers = observations.servers
    near = 0 if servers is None else max(1, servers - max(1, round(0.25 * servers)))
    interval = float(np.median(np.diff(times))) if times.size > 1 else 1.0
    censored = np.zeros(times.size, dtype=bool)
    if servers is not None and known.size and lost.size:
        after = np.searchsorted(known, lost)[:, None] + np.array([-2, -1, 0, 1])
        beside = busy[known[np.clip(after, 0, known.size - 1)]]
        censored[lost] = beside.max(axis=1) >= near
        busy = np.where(censored, float(servers), busy)
    usable = ~np.isnan(busy)
    return Samples(
        times[usable],
        busy[usable],
        censored[usable],
        near,
        interval,
        int(times.size - usable.sum()),
    )


def cut_blocks(samples: Samples, per_block: int) -> Blocks:
    """Return the samples in blocks of about `per_block`, none across a long gap."""
    times = samples.times
    breaks = np.flatnonzero(np.diff(times) > 5 * samples.interval) + 1
    index = np.empty(times.size, dtype=np.int64)
    count = 0
    for run in np.split(np.arange(times.size), breaks):
        pieces = max(1, run.size // per_block)
        index[run] = count + (np.arange(run.size) * pieces) // run.size
        count += pieces
    first = np.searchsorted(index, np.arange(count), side="left")
    last = np.searchsorted(index, np.arange(count), side="right") - 1
    start, end = times[first] - samples.interval, times[last]
    seen = np.where(samples.censored, 0.0, samples.busy)
    return Blocks(
        index=index,
        start=start,
        end=end,
        centre=(start + end) / 2,
        size=np.bincount(index, minlength=count).astype(float),
        censored=np.bincount(index, samples.censored, count).astype(float),
        total=np.bincount(index, seen, count).astype(float),
    )


def busy_moments(ceiling: int, load: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return mean and variance of the truncated Poisson law, exactly, for each load.

    Fits ask thousands of times, for loads of their own making: nothing is checked.
    """
    blocked = load * np.exp(loss(np.full(load.shape, float(ceiling)), load).log_blocking)
    mean = load - blocked
    return mean, np.maximum(mean - blocked * (ceiling - mean), 1e-300)


def solve_load(ceiling: int, mean_busy: float) -> float:
    """Return the load whose mean number of busy servers is the one given (below the ceiling)."""
    return float(solve_loads(ceiling, np.array([mean_busy]))[0])


def solve_loads(ceiling: int, mean_busy: FloatArray) -> FloatArray:
    """Return the loads whose mean numbers of busy servers are those given."""
    mean = np.clip(loads(mean_busy), 0.0, ceiling * (1 - 1e-6))
    low, high = mean, ceiling / np.maximum(1e-7, 1 - mean / ceiling) + ceiling
    middle = np.minimum(mean, high)
    for step in range(100):
        found, variance = busy_moments(ceiling, middle)
        low, high = np.where(found < mean, middle, low), np.where(found < mean, high, middle)
        # Newton's step (the mean's derivative is variance over load), kept between the bounds.
        guess = middle + (mean - found) * middle / variance
        # Where it goes nowhere the load is found; a halved bound would only lead away again.
        there = (np.abs(guess - middle) <= 1e-14 * middle) | (high - low <= 1e-14 * high)
        if there.all():
            break
        inside = (guess > low) & (guess < high) & (step % 16 != 15)
        middle = np.where(there, middle, np.where(inside, guess, (low + high) / 2))
    return np.asarray(np.where(mean <= 0, 0.0, middle))


def memory(samples: Samples, variance: float) -> tuple[float, float]:
    """Return the integrated autocorrelation of the counts and of their squares, in samples.

    The correlation at a lag is 1 less the variogram over the variance that the law of the
    counts gives: a slow change of the load hardly moves the variogram at short lags, while
    it would swamp the ordinary autocorrelation.  Where the variogram levels off elsewhere, the
    counts do not vary as the law says, and the level is taken instead.  Both
    results are 1 for independent samples.
    """
    busy, times = samples.busy, samples.times
    n = busy.size
    if n < 4 or variance <= 0 or busy.max() == 0:
        return 1.0, 1.0
    place = np.round((times - times[0]) / samples.interval).astype(np.int64)
    if place[-1] >= 4 * n:  # mostly gaps: neighbours stand for lags
        place = np.arange(n)
    grid = np.full(int(place[-1]) + 1, np.nan)
    grid[place] = busy
    found: list[float] = []
    for lag in range(1, min(grid.size // 4, MOST_LAGS) + 1):
        step = grid[lag:] - grid[:-lag]
        step = step[~np.isnan(step)]
        if step.size < 10:
            break
        found.append(0.5 * float(np.mean(step * step)))
        level = _plateau(found)
        if level is not None:
            variance = level
        if 1.0 - found[-1] / variance < LEAST_CORRELATION:
            break
    correlation = 1.0 - np.array(found) / variance
    below = np.flatnonzero(correlation < LEAST_CORRELATION)
    correlation = correlation[: below[0]] if below.size else correlation
    return (
        min(n / 2, max(1.0 + 2.0 * float(correlation.sum()), _exponential(correlation))),
        1.0 + 2.0 * float((correlation**2).sum()),
    )


def _exponential(correlation: FloatArray) -> float:
    """Return the integrated autocorrelation that the first lags give if it decays evenly.

    The sum of all lags is cut where noise begins, and so falls short when samples are few;
    the first lags are known best.
    """
    lag = int(np.argmax(np.append(correlation, 0.0) < 0.4))
    if lag == 0:
        return 1.0
    factor = min(float(correlation[lag - 1]) ** (1.0 / lag), 1.0 - 1e-6)
    return float((1.0 + factor) / (1.0 - factor))


def _plateau(variogram: list[float]) -> float | None:
    """Return the level of a variogram that two doublings of the lag left where it was."""
    lag = len(variogram)
    if lag % 4 or lag < 4:
        return None
    first, second, third = variogram[lag // 4 - 1], variogram[lag // 2 - 1], variogram[lag - 1]
    level = (first + second + third) / 3
    flat = first > 0 and second <= 1.1 * first and third <= 1.1 * second
    return level if flat else None
