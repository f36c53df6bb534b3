"""The load as it moved: a smooth path through the blocks, with its uncertainty.

The logarithm of the offered load is taken as a random walk seen through truncated Poisson
counts.  The walk's roughness is not chosen but averaged over, each value weighted by its
marginal likelihood (Laplace's approximation), so that a constant load costs no more than a
constant, and a load that moves is followed.  Loads are then drawn from the posterior; every
number that depends on the load in a curved way (blocking above all) is computed on each
draw and so carries no bias of curvature from noisy windows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import linalg, special

from boltkb.queueing.erlang import FloatArray, log_erlang_b
from boltkb.queueing.series import Blocks, busy_moments

__all__ = ["LoadPath", "smooth_load"]

#: Standard deviations of the log load over the whole span that are tried.
ROUGHNESS = np.geomspace(0.003, 12.0, 18)
#: Prior precision of the log load's level: a standard deviation of 10.
LEVEL_PRECISION = 0.01


@dataclass(frozen=True, slots=True)
class LoadPath:
    """Offered load of each block, as draws from its posterior.

    Parameters
    ----------
    draws : (d, m) array, erlangs
    load : (m,) array, erlangs
        Median of the draws.
    freedom : float
        Effective number of parameters, in effective samples.
    roughness : float
        Posterior mean of the log load's standard deviation over the span.
    """

    draws: FloatArray
    load: FloatArray
    freedom: float
    roughness: float


def smooth_load(
    blocks: Blocks,
    *,
    ceiling: int,
    thinning: float,
    draws: int,
    rng: np.random.Generator,
    roughness: FloatArray = ROUGHNESS,
) -> LoadPath:
    """Return the load's path through the blocks.

    Samples missing near the ceiling may be missing because of it, or by chance.  Half of the
    draws take them as full and half as absent, so that intervals span both.

    Parameters
    ----------
    blocks : Blocks
    ceiling : int
        Servers of the truncated Poisson law.
    thinning : float, >= 1
        Samples that count as one: integrated autocorrelation times overdispersion.
    draws : int
    rng : numpy Generator
    roughness : (r,) array
        Standard deviations of the log load over the span that are averaged over.
    """
    if not blocks.censored.any():
        return _smooth(blocks, ceiling, thinning, draws, rng, roughness)
    by_chance = replace(
        blocks, size=blocks.size - blocks.censored, censored=np.zeros(blocks.size.size)
    )
    ways = [
        _smooth(way, ceiling, thinning, draws // 2, rng, roughness) for way in (blocks, by_chance)
    ]
    path = np.concatenate([way.draws for way in ways])
    return LoadPath(
        path, np.median(path, axis=0), ways[0].freedom, max(way.roughness for way in ways)
    )


def _smooth(
    blocks: Blocks,
    ceiling: int,
    thinning: float,
    draws: int,
    rng: np.random.Generator,
    roughness: FloatArray,
) -> LoadPath:
    information = blocks.size / thinning
    if blocks.total.sum() + blocks.censored.sum() == 0:
        # Nothing was ever busy: the likelihood exp(-n a) is itself a law for the load.
        level = rng.exponential(1.0 / information.sum(), draws)
        flat = np.repeat(level[:, None], information.size, axis=1)
        return LoadPath(flat, np.median(flat, axis=0), 1.0, 0.0)
    means = (blocks.total + ceiling * blocks.censored) / np.maximum(blocks.size, 1e-9)
    modes: list[tuple[FloatArray, FloatArray, FloatArray, float]] = []
    start: FloatArray | None = None
    for rough in roughness.tolist():
        modes.append(_mode(means, information, blocks.centre, ceiling, rough, start))
        start = modes[-1][0]
    evidence = np.array([mode[3] for mode in modes]) - roughness / 2.0
    weights = np.exp(evidence - evidence.max())
    weights /= weights.sum()
    picks = np.searchsorted(np.cumsum(weights)[:-1], (np.arange(draws) + 0.5) / draws)
    parts = []
    for number, mode in enumerate(modes):
        count = int((picks == number).sum())
        log_load, factor, _, _ = mode
        if count:
            noise = rng.standard_normal((log_load.size, count))
            parts.append((log_load[:, None] + linalg.solve_banded((0, 1), factor, noise)).T)
    logs = np.clip(np.concatenate(parts), -50.0, np.log(ceiling) + 20.0)
    freedom = float(modes[int(np.argmax(weights))][2] @ logs.var(axis=0))
    path = np.exp(logs)
    return LoadPath(path, np.median(path, axis=0), freedom, float(weights @ roughness))


def _mode(
    means: FloatArray,
    information: FloatArray,
    centre: FloatArray,
    ceiling: int,
    rough: float,
    start: FloatArray | None,
) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """Return the posterior mode of the log load, its banded factor, curvature and evidence."""
    m = means.size
    step_precision = np.zeros(0)
    if m > 1:
        steps = np.diff(centre)
        step_precision = steps.sum() / (rough**2 * steps)
    diagonal = np.zeros(m)
    diagonal[0] += LEVEL_PRECISION
    diagonal[:-1] += step_precision
    diagonal[1:] += step_precision
    pooled = float(information @ means / information.sum())
    level = np.log(max(min(pooled, ceiling * 0.98), 1e-3 / information.sum()))
    theta = np.full(m, level) if start is None else start
    banded = np.zeros((2, m))
    banded[0, 1:] = -step_precision
    factor = banded
    curvature = np.zeros(m)
    for _ in range(60):
        expected, variance = busy_moments(ceiling, np.exp(theta))
        curvature = information * variance
        banded[1] = diagonal + curvature
        pull = diagonal * theta
        pull[0] -= LEVEL_PRECISION * level
        pull[:-1] -= step_precision * theta[1:]
        pull[1:] -= step_precision * theta[:-1]
        factor = linalg.cholesky_banded(banded)
        uphill = information * (means - expected) - pull
        move = linalg.cho_solve_banded((factor, False), uphill)
        move *= min(1.0, 1.0 / max(1e-300, float(np.max(np.abs(move)))))
        theta = np.clip(theta + move, -60.0, np.log(ceiling) + 12.0)
        if np.max(np.abs(move)) < 1e-8:
            break
    factor = linalg.cholesky_banded(banded)
    load = np.exp(theta)
    log_norm = ceiling * theta - special.gammaln(ceiling + 1.0) - log_erlang_b(ceiling, load)
    fitted = float(information @ (means * theta - log_norm))
    penalty = 0.5 * float(step_precision @ np.diff(theta) ** 2)
    penalty += 0.5 * LEVEL_PRECISION * float(theta[0] - level) ** 2
    determinant = 0.5 * float(np.log(step_precision).sum()) - float(np.log(factor[1]).sum())
    return theta, factor, curvature, fitted - penalty + determinant
