"""Samples of busy servers from laws that are known: the chain itself, and a load that wanders.

Exact: the steady chain moves by the matrix exponential of its generator, so that any distance
between samples costs the same.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg

from boltkb.queueing.erlang import FloatArray
from boltkb.queueing.models import busy_law

__all__ = ["steady_counts", "wandering_counts", "wandering_loads"]


def steady_counts(
    servers: int, load: float, gap: float, samples: int, runs: int, seed: int
) -> FloatArray:
    """Return busy servers of M/M/c/c in its steady state, one row a run.

    Parameters
    ----------
    servers : int, >= 1
    load : float, erlangs, > 0
    gap : float, > 0
        Distance of samples in mean holds.
    samples, runs : int, >= 1
    seed : int

    Examples
    --------
    >>> steady_counts(2, 1.0, 0.5, samples=3, runs=4, seed=1).shape
    (4, 3)
    """
    rng = np.random.default_rng(seed)
    down = np.arange(servers + 1, dtype=float)
    up = np.where(np.arange(servers + 1) < servers, load, 0.0)
    generator = np.diag(up[:-1], 1) + np.diag(down[1:], -1) - np.diag(up + down)
    steps = np.cumsum(np.maximum(linalg.expm(generator * gap), 0.0), axis=1)
    start = np.cumsum(busy_law(servers, load))
    state = np.minimum(np.searchsorted(start, rng.random(runs)), servers)
    seen = np.empty((runs, samples))
    for index in range(samples):
        seen[:, index] = state
        drawn = rng.random(runs)[:, None] * steps[state, -1:]
        state = np.minimum((steps[state] < drawn).sum(axis=1), servers)
    return seen


def wandering_loads(
    mean: float, spread: float, memory: float, samples: int, rng: np.random.Generator
) -> FloatArray:
    """Return loads whose logarithm is a stationary autoregression.

    Parameters
    ----------
    mean : float, erlangs
        The load's median.
    spread : float
        Standard deviation of the log load.
    memory : float, samples
        Time after which the correlation has fallen to 1/e.
    samples : int
    rng : numpy Generator

    Examples
    --------
    >>> wandering_loads(300.0, 0.0, 20.0, 2, np.random.default_rng(1)).tolist()
    [300.0, 300.0]
    """
    keep = np.exp(-1.0 / memory)
    noise = rng.standard_normal(samples)
    noise[1:] *= np.sqrt(1.0 - keep * keep)
    log = np.empty(samples)
    log[0] = noise[0]
    for index in range(1, samples):
        log[index] = keep * log[index - 1] + noise[index]
    return np.asarray(mean * np.exp(spread * log))


def wandering_counts(servers: int, loads: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return one count of busy servers for each load, holds being short against the sampling.

    Examples
    --------
    >>> wandering_counts(2, np.zeros(3), np.random.default_rng(1)).tolist()
    [0.0, 0.0, 0.0]
    """
    law = np.cumsum(np.atleast_2d(busy_law(servers, loads)), axis=1)
    seen = (law < rng.random(loads.size)[:, None]).sum(axis=1)
    return np.asarray(np.minimum(seen, servers), dtype=float)
