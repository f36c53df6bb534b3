"""The load of other days: told from a window only where the window is long against its load.

What happened inside a window and what other days will bring are two questions.  The second
has an answer when the load forgets itself many times within the window: its spread is then
seen, and how well it is seen is known.  A load with a rhythm of a day shows one day once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from boltkb.queueing.erlang import FloatArray
from boltkb.queueing.evidence import Evidence, blocking_of
from boltkb.queueing.observations import PROBABILITY, Estimate

__all__ = ["FORECAST_MEMORIES", "FORECAST_SPAN", "Forecast", "forecast_load", "load_memory"]

#: A forecast needs a day, and this many times the load's own memory.
FORECAST_SPAN = 86_400.0
FORECAST_MEMORIES = 50
#: Where the load's law is evaluated, in standard deviations.
_NODES = np.linspace(-5.0, 5.0, 81)
#: A load whose logarithm spreads less than this over the window is taken as constant.
_CONSTANT = 0.01


@dataclass(frozen=True, slots=True)
class Forecast:
    """The law of the load on other days like this one.

    Parameters
    ----------
    loads : (d, q) array, erlangs
        Each row one law that the window allows; empty when there is no forecast.
    weights : (q,) array
        Share of time at each load of a row.
    blocking : Estimate
        Share of arrivals that the present servers would reject.
    load_memory : float or None, seconds
        Time after which the load's correlation with itself has fallen to 1/e.
    reason : str
        Why there is no forecast, or what it rests on.
    """

    loads: FloatArray
    weights: FloatArray
    blocking: Estimate
    load_memory: float | None
    reason: str


def forecast_load(evidence: Evidence, rng: np.random.Generator) -> Forecast:
    """Return the law of the load on other days, or why the window does not carry it.

    Each posterior draw of the load's path gives a mean and a spread of the log load; both are
    then moved by what a window of so many memories leaves open.  Half of the laws are taken
    as lognormal and half in the shape that was seen, so that intervals span both.

    Parameters
    ----------
    evidence : Evidence
    rng : numpy Generator
    """
    remembered = load_memory(evidence)
    seen = f"{evidence.span / 3600:.2g} h were seen"
    if evidence.samples.busy.max() == 0:
        return _none(f"{seen}, and no server was ever busy", remembered)
    if evidence.span < 0.98 * FORECAST_SPAN:
        return _none(
            f"{seen}. Other days need at least a day of samples, and {FORECAST_MEMORIES} times "
            "the time over which the load remembers itself; this is about this window only",
            remembered,
        )
    if evidence.spreads_wider and evidence.dispersion > 1.05 + 3 * evidence.dispersion_error:
        return _none("the busy servers spread wider than the law of the model", remembered)
    if remembered is None:
        loads = evidence.path.draws @ evidence.weights
        how = f"{seen}, and the load did not move more than chance; it is taken to stay so"
        return _made(evidence, loads[:, None], np.ones(1), None, how)
    memories = evidence.span / remembered
    if memories < FORECAST_MEMORIES:
        return _none(
            f"{seen}, but the load remembers itself for about {remembered / 60:,.0f} min, so "
            f"that is {memories:.0f} independent looks at it; {FORECAST_MEMORIES} are needed",
            remembered,
        )
    logs = np.log(evidence.path.draws)
    mean = logs @ evidence.weights
    centred = logs - mean[:, None]
    variance = (centred**2) @ evidence.weights / (1.0 - 2.0 / memories)
    # A mean over T of an Ornstein-Uhlenbeck path of memory m has variance 2 m/T times the
    # path's; its mean square, relative variance 2 m/T.
    freedom = memories
    spread = np.sqrt(variance * freedom / rng.chisquare(freedom, mean.size))
    level = mean + spread * np.sqrt(2.0 / memories) * rng.standard_normal(mean.size)
    shape = np.repeat(_NODES[None, :], mean.size, axis=0)
    shape[::2] = _seen_shape(centred[::2], evidence.weights)
    weights = np.exp(-(_NODES**2) / 2.0)
    how = f"{seen}: {memories:.0f} times the time over which the load remembers itself"
    loads = np.exp(level[:, None] + spread[:, None] * shape)
    return _made(evidence, loads, weights / weights.sum(), remembered, how)


def load_memory(evidence: Evidence) -> float | None:
    """Return the seconds after which the log load's correlation is 1/e; None when constant.

    The correlation is that of the posterior draws, noise of the samples thus left out, on
    an even grid; a load that only drifts has a memory as long as the window.
    """
    if evidence.path.load.size < 4 or evidence.path.load.min() <= 0:
        return None
    logs = np.log(evidence.path.draws[:: max(1, evidence.path.draws.shape[0] // 100)])
    mean = np.median(logs, axis=0)
    if float(np.sqrt(evidence.weights @ (mean - evidence.weights @ mean) ** 2)) < _CONSTANT:
        return None
    centre = evidence.blocks.centre
    size = int(min(4_096, max(64, 2 * centre.size)))
    grid = np.linspace(centre[0], centre[-1], size)
    paths = np.array([np.interp(grid, centre, path) for path in logs])
    paths -= paths.mean(axis=1, keepdims=True)
    power = np.abs(np.fft.rfft(paths, 2 * size, axis=1)) ** 2
    lags = np.fft.irfft(power.mean(axis=0))[:size]
    correlation = lags / lags[0]
    below = np.flatnonzero(correlation < np.exp(-1.0))
    return float(below[0] if below.size else size) * float(grid[1] - grid[0])


def _seen_shape(centred: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the quantiles of each path at the nodes' normal probabilities, in deviations."""
    place = np.cumsum(weights) - weights / 2
    found = np.empty((centred.shape[0], _NODES.size))
    at = special.ndtr(_NODES)
    even = bool(np.ptp(weights) < 1e-3 * weights.max())
    for row, path in enumerate(centred):
        order = np.argsort(path)
        where = place if even else np.cumsum(weights[order]) - weights[order] / 2
        found[row] = np.interp(at, where, path[order])
    scale = np.sqrt((centred**2) @ weights)
    return np.asarray(found / np.maximum(scale, 1e-300)[:, None])


def _made(
    evidence: Evidence,
    loads: FloatArray,
    weights: FloatArray,
    remembered: float | None,
    how: str,
) -> Forecast:
    servers = evidence.observations.servers
    if servers is None or evidence.observations.waits:
        why = "the number of servers is unknown" if servers is None else "arrivals wait here"
        return Forecast(
            loads, weights, Estimate(None, None, None, PROBABILITY, why), remembered, how
        )
    chance = blocking_of(servers, loads, weights)
    low, middle, high = np.quantile(chance, [0.025, 0.5, 0.975]).tolist()
    return Forecast(loads, weights, Estimate(middle, low, high, PROBABILITY, how), remembered, how)


def _none(reason: str, remembered: float | None) -> Forecast:
    absent = Estimate(None, None, None, PROBABILITY, reason)
    return Forecast(np.zeros((0, 0)), np.zeros(0), absent, remembered, reason)
