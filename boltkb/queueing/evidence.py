"""The samples of one fit with everything derived from them once: load path, memory, spread.

Both the estimates and the checks read from here, so that they cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from boltkb.queueing.erlang import FloatArray, log_erlang_b
from boltkb.queueing.models import busy_law
from boltkb.queueing.observations import Counts, Observations
from boltkb.queueing.series import (
    BLOCK_SAMPLES,
    MOST_BLOCKS,
    Blocks,
    Samples,
    busy_moments,
    clean,
    cut_blocks,
    memory,
    solve_loads,
)
from boltkb.queueing.smoothing import LoadPath, smooth_load

__all__ = ["DRAWS", "Evidence", "averaged", "blocking_of", "condensed", "gather", "mixed_law"]

#: Posterior draws of the load's path.
DRAWS = 1_000
#: A shorter memory of the samples is none.
ALONE = 1.2
#: Variance that the load's walk inside a block may add, as a share of the counts'.
INSIDE = 0.03
#: Blocks at most when short ones are needed.
MOST_FINE = 3_000
#: Loads between which laws are interpolated.
GRID = 300


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the samples of one fit amount to.

    Parameters
    ----------
    observations : Observations
    samples : Samples
    blocks : Blocks
    path : LoadPath
    ceiling : int
        Servers of the counting law; far above the counts when nothing truncates them.
    memory : float, samples
        Integrated autocorrelation of the counts within blocks.
    square_memory : float, samples
        The same for squared deviations.
    dispersion : float
        Variance of the counts within blocks over that of the law; 1 when the law holds.
    dispersion_error : float
        Its standard error under the law.
    thinning : float, samples
        Samples that the path took as one: memory times dispersion, where above 1.
    """

    observations: Observations
    samples: Samples
    blocks: Blocks
    path: LoadPath
    ceiling: int
    memory: float
    square_memory: float
    dispersion: float
    dispersion_error: float
    thinning: float

    @property
    def spreads_wider(self) -> bool:
        """Whether the counts vary more within blocks than the law and chance allow."""
        return self.dispersion > 1.0 + 3.0 * self.dispersion_error

    @property
    def effective_samples(self) -> float:
        """Independent samples that the samples are worth."""
        return self.samples.busy.size / self.memory

    @property
    def weights(self) -> FloatArray:
        """Share of the observed time in each block."""
        return self.blocks.weights

    @property
    def span(self) -> float:
        """Observed seconds, gaps left out."""
        return float(self.blocks.size.sum()) * self.samples.interval

    def blocking_draws(self) -> FloatArray:
        """Return the share of arrivals rejected over the window, for each draw."""
        return blocking_of(self.ceiling, self.path.draws, self.weights)

    def load_at(self, times: FloatArray) -> FloatArray:
        """Return the smoothed load at given moments, erlangs."""
        return np.interp(times, self.blocks.centre, self.path.load)


def gather(observations: Observations, rng: np.random.Generator) -> Evidence | None:
    """Return the evidence of the samples, None when there is not one usable sample."""
    samples = clean(observations)
    busy = samples.busy
    if busy.size == 0:
        return None
    ceiling = observations.servers
    top = int(np.ceil(busy.max()))
    if ceiling is None or observations.waits or top > ceiling:
        ceiling = 4 * max(top, ceiling or 1) + 60
    coarse = cut_blocks(samples, max(10, busy.size // 20))
    levels = solve_loads(ceiling, _means(coarse))
    variance = float(coarse.weights @ busy_moments(ceiling, levels)[1])
    lasting, lasting_squares = memory(samples, variance)
    most = float(np.clip(busy.size / 100, *MOST_BLOCKS))
    first = max(1, int(np.ceil(max(BLOCK_SAMPLES * lasting, busy.size / most))))
    attempt = _Attempt(observations, samples, ceiling, lasting, lasting_squares)
    tried = attempt.fit(first, 1.0, rng)
    if tried.spreads_wider or attempt.moves_inside(tried):
        # The load may move inside blocks: shorter ones tell that from batches.
        finer = attempt.finer(first, rng)
        if finer is not None:
            return finer
    return attempt.fit(first, tried.dispersion, rng) if tried.spreads_wider else tried


@dataclass(frozen=True, slots=True)
class _Attempt:
    """Blocks of one length tried on the samples."""

    observations: Observations
    samples: Samples
    ceiling: int
    memory: float
    square_memory: float

    def fit(self, per_block: int, dispersion: float, rng: np.random.Generator) -> Evidence:
        """Return the evidence with blocks of a length, counts being so much wider than the law."""
        thinning = self.memory * max(1.0, dispersion)
        blocks = cut_blocks(self.samples, per_block)
        path = smooth_load(blocks, ceiling=self.ceiling, thinning=thinning, draws=DRAWS, rng=rng)
        found, error = _dispersion(
            self.samples, blocks, path, self.ceiling, thinning, self.square_memory,
            self.observations,
        )  # fmt: skip
        return Evidence(
            self.observations, self.samples, blocks, path, self.ceiling, self.memory,
            self.square_memory, found, error, thinning,
        )  # fmt: skip

    def moves_inside(self, tried: Evidence) -> bool:
        """Return whether the load's own walk inside a block matters beside the counts' noise.

        Only where samples are independent: else the noise of a block is not the counts'.
        """
        level = float(np.median(tried.path.load))
        walk = (level * tried.path.roughness) ** 2 / tried.blocks.size.size / 6.0
        return self.memory < ALONE and walk > INSIDE * level

    def finer(self, per_block: int, rng: np.random.Generator) -> Evidence | None:
        """Return the evidence with the longest blocks in which the counts obey the law."""
        size = self.samples.busy.size
        alone = 1.0 if self.memory < ALONE else 2.0 * self.memory
        least = max(1, int(np.ceil(alone)), size // MOST_FINE)
        found = None
        while per_block > least:
            per_block = max(least, per_block // 2)
            tried = self.fit(per_block, 1.0, rng)
            if tried.path.freedom > 0.5 * size / self.memory:
                break  # such a path would follow anything
            if tried.dispersion <= 1.05 + 3.0 * tried.dispersion_error:
                found = tried
                if not self.moves_inside(tried):
                    break
        return found


def blocking_of(servers: int, loads: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the share of arrivals that a loss system rejects over windows, for each draw.

    Parameters
    ----------
    servers : int
    loads : (d, m) array, erlangs
    weights : (m,) or (d, m) array
    """
    lost = loads * np.exp(_interpolated_log_blocking(servers, loads))
    offered = np.maximum(averaged(loads, weights), 1e-300)
    return np.asarray(averaged(lost, weights) / offered)


def averaged(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the weighted sum of each row; a single row stands for all rows of weights."""
    if weights.ndim == 1:
        return np.asarray(values @ weights)
    if values.shape[0] == 1:
        return np.asarray(weights @ values[0])
    return np.asarray(np.einsum("dm,dm->d", values, weights))


def condensed(loads: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return many windows as few loads that all draws share, each with the time spent there.

    Time is split between the two nearest loads, so that averages of the load stay exact and
    those of anything smooth nearly so.

    Parameters
    ----------
    loads : (d, m) array, erlangs
    weights : (m,) array

    Returns
    -------
    tuple of (1, k) array of loads and (d, k) array of weights
        As given, where there are few windows.
    """
    low, high = float(loads.min()), float(loads.max())
    if loads.shape[1] <= 60 or high <= low:
        return loads, weights
    grid = np.linspace(low, high, 2 * GRID)
    place = np.clip((loads - low) / (grid[1] - grid[0]), 0, grid.size - 1 - 1e-9)
    left = place.astype(np.int64)
    rest = place - left
    rows = np.arange(loads.shape[0])[:, None] * grid.size
    size = loads.shape[0] * grid.size
    time = np.bincount((rows + left).ravel(), (weights * (1 - rest)).ravel(), size)
    time += np.bincount((rows + left + 1).ravel(), (weights * rest).ravel(), size)
    return grid[None, :], np.asarray(time, dtype=float).reshape(loads.shape[0], grid.size)


def mixed_law(servers: int, loads: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the law of the busy servers over windows, one row a draw, interpolated in load."""
    low, high = float(loads.min()), float(loads.max())
    grid = np.linspace(low, high, GRID) if high > low else np.array([low])
    laws = np.atleast_2d(busy_law(servers, grid))
    if grid.size == 1:
        return np.repeat(laws, loads.shape[0], axis=0)
    place = np.clip((loads - low) / (high - low) * (GRID - 1), 0, GRID - 1 - 1e-9)
    left = place.astype(np.int64)
    right_share = place - left
    rows = np.arange(loads.shape[0])[:, None] * GRID
    size = loads.shape[0] * GRID
    mixture = np.bincount((rows + left).ravel(), (weights * (1 - right_share)).ravel(), size)
    mixture += np.bincount((rows + left + 1).ravel(), (weights * right_share).ravel(), size)
    return np.asarray(mixture.reshape(loads.shape[0], GRID) @ laws)


def rate_counts(counts: Counts, edges: FloatArray) -> FloatArray:
    """Return counts between other edges, each bin's events put at its middle."""
    middle = (counts.edges[1:] + counts.edges[:-1]) / 2
    known = ~np.isnan(counts.counts)
    return np.histogram(middle[known], edges, weights=counts.counts[known])[0].astype(float)


def _interpolated_log_blocking(servers: int, loads: FloatArray) -> FloatArray:
    if loads.size <= 2_000:
        return np.asarray(log_erlang_b(servers, loads))
    positive = np.maximum(loads, 1e-300)
    low, high = np.log(positive.min()), np.log(positive.max())
    if high - low < 1e-9:
        return np.asarray(log_erlang_b(servers, loads))
    grid = np.linspace(low, high, 4 * GRID)
    table = np.asarray(log_erlang_b(servers, np.exp(grid)))
    return np.interp(np.log(positive), grid, table)


def _means(blocks: Blocks) -> FloatArray:
    return np.asarray(blocks.total / np.maximum(blocks.size - blocks.censored, 1.0))


def _dispersion(
    samples: Samples,
    blocks: Blocks,
    path: LoadPath,
    ceiling: int,
    thinning: float,
    square_memory: float,
    observations: Observations,
) -> tuple[float, float]:
    """Return the variance within blocks over the law's, and its standard error under the law."""
    load = path.load
    if observations.waits and observations.servers is not None:
        law = waiting_law(observations.servers, load)
    else:
        reach = min(ceiling, int(4 * samples.busy.max() + 60))
        law = np.atleast_2d(busy_law(reach, load))
    k = np.arange(law.shape[1])
    mean = law @ k
    deviation = k[None, :] - mean[:, None]
    variance = (law * deviation**2).sum(axis=1)
    fourth = (law * deviation**4).sum(axis=1)
    expected = float(blocks.size @ variance)
    if expected <= 0:
        return 1.0, np.inf
    lost = min(0.9, path.freedom * thinning / samples.busy.size)
    taken = ~samples.censored
    off = samples.busy[taken] - mean[blocks.index[taken]]
    found = float((off**2).sum()) / (1.0 - lost) * (taken.size / max(1, taken.sum()))
    spread = square_memory * float(blocks.size @ np.maximum(fourth - variance**2, 0.0))
    return found / expected, float(np.sqrt(spread) / expected)


def waiting_law(servers: int, load: FloatArray) -> FloatArray:
    """Return the law of the busy servers when arrivals may wait, one row a load."""
    load = np.atleast_1d(load)
    law = np.atleast_2d(busy_law(servers, load))
    blocked = law[:, -1]
    stable = load < servers
    idle = np.where(stable, servers - load * (1 - blocked), 1.0)
    full = np.where(stable, servers * blocked / idle, 1.0)
    below = law[:, :-1].sum(axis=1, keepdims=True)
    rest = law[:, :-1] * ((1 - full)[:, None] / below)
    return np.column_stack([rest, full])
