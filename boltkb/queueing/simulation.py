"""A small exact simulator of loss systems, for tests of inference and for examples.

Every arrival and every departure is drawn; nothing is approximated.  `simulate_queue` does
more: any arrivals, any holds, waiting, a start in the steady state.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from boltkb.errors import ModelError
from boltkb.queueing.erlang import FloatArray
from boltkb.queueing.observations import Counts, Observations
from boltkb.queueing.paths import admitted

__all__ = ["LossRun", "simulate_loss"]


@dataclass(frozen=True, slots=True)
class LossRun:
    """A simulated run of a loss system, complete.

    Parameters
    ----------
    servers : int
    duration : float, seconds
    arrivals : (n,) array, seconds
        Moments of all arrivals, rejected ones included.
    holds : (n,) array, seconds
        What each arrival held or would have held a server for.
    accepted : (n,) array of bool

    Examples
    --------
    >>> run = simulate_loss(servers=2, arrival_rate=1.0, mean_hold=1.0, duration=100.0, seed=1)
    >>> run.accepted.size == run.arrivals.size
    True
    """

    servers: int
    duration: float
    arrivals: FloatArray
    holds: FloatArray
    accepted: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

    def busy(self, times: FloatArray) -> FloatArray:
        """Return the number of busy servers at the given moments."""
        starts = self.arrivals[self.accepted]
        ends = np.sort(starts + self.holds[self.accepted])
        begun = np.searchsorted(starts, times, side="right")
        return (begun - np.searchsorted(ends, times, side="right")).astype(float)

    def observe(self, interval: float, *, counted: bool = True) -> Observations:
        """Return what a sampler saw that looked every `interval` seconds."""
        steps = math.floor(self.duration / interval)
        edges = np.arange(steps + 1, dtype=np.float64) * np.float64(interval)
        inside = (self.arrivals >= 0) & (self.arrivals < edges[-1])
        arrived = np.histogram(self.arrivals[inside], edges)[0].astype(float)
        refused = np.histogram(self.arrivals[inside & ~self.accepted], edges)[0].astype(float)
        return Observations(
            times=edges[1:],
            busy=self.busy(edges[1:]),
            servers=self.servers,
            capacity=self.servers,
            arrivals=Counts(edges, arrived) if counted else None,
            rejections=Counts(edges, refused) if counted else None,
        )


def simulate_loss(
    *,
    servers: int,
    arrival_rate: float | Callable[[FloatArray], FloatArray],
    mean_hold: float,
    duration: float,
    seed: int,
    peak_rate: float | None = None,
    batch: int = 1,
    draw_holds: Callable[[np.random.Generator, int], FloatArray] | None = None,
) -> LossRun:
    """Return a run of a loss system with Poisson arrivals, whose rate may vary.

    Parameters
    ----------
    servers : int, >= 1
    arrival_rate : float or function, per second
        A function takes moments in seconds and gives rates; it needs `peak_rate`.
    mean_hold : float, seconds, > 0
    duration : float, seconds, > 0
        The run begins empty, 20 mean holds before 0.
    seed : int
    peak_rate : float, per second
        At least the highest rate.
    batch : int, >= 1
        Arrivals that come at once; the rate counts single ones.
    draw_holds : function, optional
        Draws n holds in seconds; exponential with `mean_hold` when absent.

    Returns
    -------
    LossRun

    Raises
    ------
    ModelError
        Parameters outside their domain, a rate above `peak_rate`.

    Examples
    --------
    >>> run = simulate_loss(servers=1, arrival_rate=1.0, mean_hold=1.0, duration=5e4, seed=3)
    >>> bool(abs(run.accepted.mean() - 0.5) < 0.01)
    True
    """
    for name, value in (("mean_hold", mean_hold), ("duration", duration)):
        if not (math.isfinite(value) and value > 0):
            raise ModelError(name, "seconds above 0", value)
    if servers < 1 or batch < 1:
        raise ModelError("servers", "1 or more, as must be the batch", (servers, batch))
    peak = peak_rate if callable(arrival_rate) else arrival_rate
    if peak is None or not (math.isfinite(peak) and peak >= 0):
        raise ModelError("peak_rate", "a rate per second, needed when the rate varies", peak)
    rng = np.random.default_rng(seed)
    start = -20.0 * mean_hold
    tries = rng.poisson(peak / batch * (duration - start))
    moments = np.sort(rng.uniform(start, duration, tries))
    if callable(arrival_rate):
        rates = arrival_rate(moments)
        if np.any(rates > peak * (1 + 1e-12)) or np.any(rates < 0):
            raise ModelError("arrival_rate", f"from 0 to peak_rate = {peak}", float(rates.max()))
        moments = moments[rng.uniform(0.0, peak, tries) < rates]
    moments = np.repeat(moments, batch)
    n = moments.size
    holds = rng.exponential(mean_hold, n) if draw_holds is None else draw_holds(rng, n)
    return LossRun(servers, duration, moments, holds, admitted(servers, moments, holds))
