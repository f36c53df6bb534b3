"""Exact simulation of G/G/c/c, G/G/c and G/G/c/K: one run, complete, begun in the steady state.

Every arrival, hold and departure is drawn; nothing is approximated.  Where the law of the
steady state is known the run begins in it; elsewhere it warms up, and says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from boltkb.errors import ModelError
from boltkb.queueing.arrivals import Arrivals, PoissonArrivals
from boltkb.queueing.erlang import FloatArray
from boltkb.queueing.laws import Exponential, Law
from boltkb.queueing.observations import Counts, Observations
from boltkb.queueing.paths import BoolArray, admitted, offered_waits

__all__ = ["QueueRun", "simulate_queue"]

#: Mean holds before 0 of a run whose steady state is not known.
WARM_UP = 20.0

Seed = int | np.random.SeedSequence


@dataclass(frozen=True, slots=True)
class QueueRun:
    """A simulated run, complete: every customer with what became of it.

    Parameters
    ----------
    servers : int
    capacity : float
        Customers that fit in; infinite when any number waits.
    duration : float, seconds
        The run is looked at from 0 to here.
    arrivals, holds : (n,) arrays, seconds
        Of all customers, those there at the beginning and during the warm-up included.
    waits : (n,) array, seconds
        NaN for those rejected.
    served : (n,) array of bool
        False for those rejected and those that left unserved.
    initial : int
        How many of the first customers were there at the beginning.
    began : str
        In words: in the steady state, or how long it warmed up.

    Examples
    --------
    >>> from boltkb.queueing import erlang_b
    >>> run = simulate_queue(PoissonArrivals(5.0), Exponential(0.4), 4, duration=500.0, seed=1)
    >>> run.began
    'in the steady state'
    >>> bool(abs(run.blocking_probability - erlang_b(4, 2.0)) < 0.03)
    True
    """

    servers: int
    capacity: float
    duration: float
    arrivals: FloatArray
    holds: FloatArray
    waits: FloatArray
    served: BoolArray
    initial: int
    began: str

    @property
    def counted(self) -> BoolArray:
        """Which customers arrived within the run."""
        arrived = self.arrivals >= 0
        arrived[: self.initial] = False
        return arrived

    @property
    def rejected(self) -> BoolArray:
        """Which customers found no room."""
        return np.isnan(self.waits)

    @property
    def blocking_probability(self) -> float:
        """Share of arrivals that were rejected; NaN without arrivals."""
        return _share(self.rejected, self.counted)

    @property
    def abandonment_probability(self) -> float:
        """Share of arrivals that left unserved, though not rejected; NaN without arrivals."""
        return _share(~self.served & ~self.rejected, self.counted)

    @property
    def waiting_probability(self) -> float:
        """Share of accepted customers that waited; NaN without any."""
        return _share(self.waits > 0, self.counted & ~self.rejected)

    @property
    def mean_wait(self) -> float:
        """Mean wait of accepted customers, in seconds; NaN without any."""
        waits = self.waits[self.counted & ~self.rejected]
        return float(waits.mean()) if waits.size else math.nan

    def wait_exceeds(self, seconds: float) -> float:
        """Return the share of accepted customers that waited longer; NaN without any."""
        return _share(self.waits > seconds, self.counted & ~self.rejected)

    @property
    def mean_busy(self) -> float:
        """Mean number of busy servers over time."""
        begins = (self.arrivals + self.waits)[self.served]
        return self._overlap(begins, begins + self.holds[self.served])

    @property
    def mean_queue_length(self) -> float:
        """Mean number of waiting customers over time."""
        here = ~self.rejected
        return self._overlap(self.arrivals[here], (self.arrivals + self.waits)[here])

    @property
    def mean_number(self) -> float:
        """Mean number of customers over time, waiting and in service."""
        return self.mean_busy + self.mean_queue_length

    @property
    def time_congestion(self) -> float:
        """Share of time in which all servers were busy."""
        begins = (self.arrivals + self.waits)[self.served]
        ends = begins + self.holds[self.served]
        moments = np.concatenate([begins, ends])
        steps = np.concatenate([np.ones(begins.size), -np.ones(ends.size)])
        order = np.lexsort((steps, moments))
        level = np.cumsum(steps[order])
        edges = np.clip(np.append(moments[order], math.inf), 0.0, self.duration)
        return float(np.diff(edges)[level >= self.servers].sum() / self.duration)

    def busy(self, times: FloatArray) -> FloatArray:
        """Return the number of busy servers at the given moments."""
        begins = (self.arrivals + self.waits)[self.served]
        ends = np.sort(begins + self.holds[self.served])
        begun = np.searchsorted(np.sort(begins), times, side="right")
        return (begun - np.searchsorted(ends, times, side="right")).astype(float)

    def observe(self, interval: float, *, counted: bool = True) -> Observations:
        """Return what a sampler saw that looked every `interval` seconds.

        Parameters
        ----------
        interval : float, seconds, > 0, at most the duration
        counted : bool
            Whether it also counted arrivals and rejections.

        Returns
        -------
        Observations
        """
        if not 0 < interval <= self.duration:
            raise ModelError("interval", "seconds above 0, at most the duration", interval)
        edges = np.arange(math.floor(self.duration / interval) + 1, dtype=float) * interval
        arrived = self.arrivals[self.counted]
        refused = self.arrivals[self.counted & self.rejected]
        return Observations(
            times=edges[1:],
            busy=self.busy(edges[1:]),
            servers=self.servers,
            capacity=self.capacity,
            arrivals=Counts(edges, _binned(arrived, edges)) if counted else None,
            rejections=Counts(edges, _binned(refused, edges)) if counted else None,
        )

    def _overlap(self, begins: FloatArray, ends: FloatArray) -> float:
        inside = np.clip(ends, 0.0, self.duration) - np.clip(begins, 0.0, self.duration)
        return float(inside.sum() / self.duration)


def simulate_queue(
    arrivals: Arrivals,
    holds: Law,
    servers: int,
    *,
    capacity: float | None = None,
    duration: float,
    seed: Seed,
    patience: Law | None = None,
    warm_up: float | None = None,
) -> QueueRun:
    """Return an exact run of G/G/c/c, G/G/c/K or G/G/c, first come, first served.

    Parameters
    ----------
    arrivals : Arrivals
        Poisson, renewal, in batches, in bursts, or with a rate that varies.
    holds : Law
        Of the seconds for which a customer holds a server.
    servers : int, >= 1
    capacity : float, >= servers, optional
        Customers that fit in, those in service included; infinite when any number waits.
        Left out: the servers, a loss system.
    duration : float, seconds, > 0
    seed : int or SeedSequence
        The same seed gives the same run.
    patience : Law, optional
        Of the seconds after which a waiting customer leaves; only with infinite capacity.
    warm_up : float, seconds, >= 0, optional
        Begin empty that long before 0.  Left out: begin in the steady state where its law is
        known (Poisson arrivals of one rate, alone; and a loss system with any holds, or
        exponential holds below a utilisation of 1), else empty 20 mean holds before.

    Returns
    -------
    QueueRun

    Raises
    ------
    ModelError
        Parameters outside their domain.

    Notes
    -----
    In the steady state of a loss system with Poisson arrivals the number of busy servers is a
    truncated Poisson variable, and each hold under way is met at a random moment of a hold
    that is drawn in proportion to its length (Sevastyanov 1957).

    Examples
    --------
    >>> from boltkb.queueing import Lognormal, erlang_b
    >>> loss = simulate_queue(PoissonArrivals(20.0), Lognormal(0.4, 2.0), 8, duration=3e4, seed=1)
    >>> bool(abs(loss.blocking_probability - erlang_b(8, 8.0)) < 0.01)
    True
    """
    room = float(servers if capacity is None else capacity)
    if not (servers >= 1 and servers == int(servers)):
        raise ModelError("servers", "a whole number, 1 or more", servers)
    if not room >= servers or (math.isfinite(room) and room != int(room)):
        raise ModelError("capacity", "a whole number, the servers or more, or infinite", room)
    if not (math.isfinite(duration) and duration > 0):
        raise ModelError("duration", "seconds above 0", duration)
    if warm_up is not None and not (math.isfinite(warm_up) and warm_up >= 0):
        raise ModelError("warm_up", "seconds, 0 or more", warm_up)
    rng = np.random.default_rng(seed)
    there = None
    if warm_up is None and patience is None:
        there = _steady_number(arrivals, holds, int(servers), room, rng)
    begin = 0.0
    if there is None:
        begin = -(WARM_UP * holds.mean if warm_up is None else warm_up)
        began = f"empty, {-begin:g} s before the run"
    else:
        began = "in the steady state"
    first = there or 0
    moments = arrivals.draw(rng, begin, duration)
    under_way = min(first, int(servers))
    lengths = np.concatenate(
        [
            holds.draw_rest(rng, under_way),
            holds.draw(rng, first - under_way + moments.size),
        ]
    )
    moments = np.concatenate([np.full(first, begin), moments])
    if room == servers:
        served = admitted(int(servers), moments, lengths)
        waits = np.where(served, 0.0, math.nan)
    else:
        limits = None if patience is None else patience.draw(rng, moments.size)
        waits, served = offered_waits(
            int(servers), moments, lengths, capacity=room, patience=limits
        )
    return QueueRun(
        int(servers), room, float(duration), moments, lengths, waits, served, first, began
    )


def _steady_number(
    arrivals: Arrivals, holds: Law, servers: int, room: float, rng: np.random.Generator
) -> int | None:
    """Return a draw of the number of customers in the steady state; None where unknown."""
    if not isinstance(arrivals, PoissonArrivals) or arrivals.batch != 1:
        return None
    load = arrivals.rate * holds.mean
    if room > servers and not isinstance(holds, Exponential):
        return None
    if math.isinf(room) and load >= servers:
        return None
    if load == 0:
        return 0
    # Down from c in steps of k / a, up in steps of a / c: nothing overflows.
    below = np.append(np.cumsum(np.log(np.arange(servers, 0, -1) / load))[::-1], 0.0)
    weights = np.exp(below - below.max())
    ratio = load / servers
    states = servers + 1
    if math.isfinite(room):
        above = np.arange(1, int(room) - servers + 1) * math.log(ratio)
        logs = np.concatenate([below, above])
        weights = np.exp(logs - logs.max())
        states = weights.size
    elif ratio < 1:
        weights[-1] /= 1.0 - ratio
    number = int(rng.choice(states, p=weights / weights.sum()))
    if math.isinf(room) and number == servers:
        number += int(rng.geometric(1.0 - ratio)) - 1
    return number


def _share(part: BoolArray, of: BoolArray) -> float:
    whole = int(of.sum())
    return float((part & of).sum() / whole) if whole else math.nan


def _binned(moments: FloatArray, edges: FloatArray) -> FloatArray:
    """Return how many of the moments, in order, lie between successive edges."""
    return np.diff(np.searchsorted(moments, edges)).astype(float)
