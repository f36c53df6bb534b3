"""Fits of one law to all counts: few sources that take turns, and a load drawn for each sample.

Both are what a spread off Poisson's may be: narrower, and wider.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from boltkb.queueing.erlang import FloatArray
from boltkb.queueing.models import busy_law

__all__ = ["LoadMixture", "Sources", "engset_law", "fit_mixture", "fit_sources"]

#: As many sources cannot be told from a Poisson process.
MOST_SOURCES = 20_000
#: Where a lognormal load is evaluated, in standard deviations.
_NODES = np.linspace(-4.0, 4.0, 33)
_WEIGHTS = np.exp(-(_NODES**2) / 2.0) / np.exp(-(_NODES**2) / 2.0).sum()


@dataclass(frozen=True, slots=True)
class Sources:
    """A finite-source fit.

    Parameters
    ----------
    sources : int
    rate : float
        Offered load of one idle source, erlangs.
    law : (servers + 1,) array
    likely : (k,) array of int
        Numbers of sources that the samples allow at 95 %, by profile likelihood.
    """

    sources: int
    rate: float
    law: FloatArray
    likely: FloatArray


@dataclass(frozen=True, slots=True)
class LoadMixture:
    """A fit of a lognormal load drawn anew for each sample.

    Parameters
    ----------
    loads, weights : (q,) arrays
    spread : float
        Standard deviation of the log load.
    law : (servers + 1,) array
    """

    loads: FloatArray
    weights: FloatArray
    spread: float
    law: FloatArray


def engset_law(servers: int, sources: int, rate: float) -> FloatArray:
    """Return the law of the busy servers when few sources take turns, blocked ones going idle.

    Parameters
    ----------
    servers : int, >= 1
    sources : int, >= 1
    rate : float, erlangs, > 0
        Offered load of one idle source.

    Returns
    -------
    (servers + 1,) array
        The binomial law, cut at the servers (Engset 1918).

    Examples
    --------
    >>> engset_law(2, 2, 1.0).round(2).tolist()
    [0.25, 0.5, 0.25]
    """
    k = np.arange(servers + 1)
    inside = k <= sources
    left = np.maximum(sources - k, 0)
    log = special.gammaln(sources + 1.0) - special.gammaln(k + 1.0) - special.gammaln(left + 1.0)
    log = np.where(inside, log + k * np.log(rate), -np.inf)
    weights = np.exp(log - log.max())
    return np.asarray(weights / weights.sum())


def fit_sources(histogram: FloatArray, servers: int, thinning: float = 1.0) -> Sources | None:
    """Return the finite-source law of maximum likelihood, or None when nothing was busy.

    Parameters
    ----------
    histogram : (k,) array
        Samples with each number of busy servers.
    servers : int
    thinning : float, >= 1
        Samples that count as one, for the interval.
    """
    histogram = np.trim_zeros(histogram, "b")
    top = histogram.size - 1
    size = float(histogram.sum())
    mean = float(histogram @ np.arange(top + 1)) / size
    if mean == 0 or top > servers:
        return None
    first = max(1, top)
    tried = np.unique(np.geomspace(first, MOST_SOURCES, 25).round().astype(int))
    tried = np.union1d(tried, np.arange(first, min(first + 10, MOST_SOURCES)))
    profile = np.array([_profile(histogram, servers, int(n), mean)[0] for n in tried])
    best = int(np.argmax(profile))
    sources = int(tried[best])
    if 0 < best < tried.size - 1:
        between = range(int(tried[best - 1]), int(tried[best + 1]) + 1)
        step = max(1, len(between) // 12)
        sources = max(between[::step], key=lambda n: _profile(histogram, servers, n, mean)[0])
    top_value, rate = _profile(histogram, servers, sources, mean)
    close = np.append(tried[profile >= max(top_value, profile.max()) - 1.92 * thinning], sources)
    return Sources(sources, rate, engset_law(servers, sources, rate), close.astype(float))


def fit_mixture(histogram: FloatArray, servers: int) -> LoadMixture:
    """Return the lognormal mixture of loads of maximum likelihood.

    Parameters
    ----------
    histogram : (k,) array
        Samples with each number of busy servers.
    servers : int

    Notes
    -----
    The likelihood of a truncated Poisson law whose load is lognormal, by quadrature; the two
    parameters are found by Nelder and Mead's simplex from the moments' estimate.
    """
    k = np.arange(histogram.size)
    size = float(histogram.sum())
    mean = max(1e-9, float(histogram @ k) / size)
    variance = float(histogram @ (k - mean) ** 2) / size
    relative = max(1e-4, (variance - mean) / mean**2)
    used = histogram > 0
    reach = min(12.0, max(1.0, 8.0 * float(np.sqrt(relative))))
    grid = np.log(mean) + np.linspace(-reach, reach, 300)
    table = np.atleast_2d(busy_law(servers, np.exp(grid)))

    def law(point: FloatArray) -> tuple[FloatArray, FloatArray]:
        logs = np.clip(point[0] + np.exp(point[1]) * _NODES, grid[0], grid[-1])
        place = np.minimum((logs - grid[0]) / (grid[1] - grid[0]), grid.size - 1.0 - 1e-9)
        left = place.astype(np.int64)
        share = np.bincount(left, _WEIGHTS * (1.0 - place + left), grid.size)
        share += np.bincount(left + 1, _WEIGHTS * (place - left), grid.size)
        return np.exp(logs), np.asarray(share @ table)

    def cost(point: FloatArray) -> float:
        shares = np.maximum(law(point)[1], 1e-300)
        return -float(histogram[used] @ np.log(shares[k[used]])) / size

    start = np.array([np.log(mean), np.log(np.sqrt(relative))])
    simplex = start + np.array([[0.0, 0.0], [0.1, 0.0], [0.0, 0.5]])
    found = optimize.minimize(
        cost, start, method="Nelder-Mead",
        options={"initial_simplex": simplex, "maxfev": 120, "xatol": 1e-3, "fatol": 1e-7},
    )  # fmt: skip
    point = np.asarray(found.x, dtype=float)
    loads, shares = law(point)
    return LoadMixture(loads, _WEIGHTS, float(np.exp(point[1])), np.asarray(shares))


def _profile(histogram: FloatArray, servers: int, sources: int, mean: float) -> tuple[float, float]:
    """Return the best log likelihood for a number of sources, and the rate that gives it."""
    k = np.arange(servers + 1)
    if sources <= mean:
        return -np.inf, 1.0
    share = mean / sources
    theta = float(np.log(share / (1.0 - share)))
    for _ in range(30):  # Newton on the mean, whose derivative is the variance
        law = engset_law(servers, sources, float(np.exp(theta)))
        found = float(law @ k)
        spread = max(1e-12, float(law @ (k - found) ** 2))
        step = float(np.clip((mean - found) / spread, -1.0, 1.0))
        theta = float(np.clip(theta + step, -60.0, 60.0))
        if abs(step) < 1e-9:
            break
    rate = float(np.exp(theta))
    law = np.maximum(engset_law(servers, sources, rate), 1e-300)
    return float(histogram @ np.log(law[: histogram.size])), rate
