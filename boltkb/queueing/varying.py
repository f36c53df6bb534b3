"""Loss systems whose load varies: slowly (`MixedLoss`), or as fast as it likes.

`TimeVaryingLoss` solves the chain itself through time, with the slow answer beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from boltkb.errors import ModelError
from boltkb.queueing.domains import RATE, checked_rate, checked_whole
from boltkb.queueing.erlang import FloatArray, erlang_b
from boltkb.queueing.models import busy_law
from boltkb.queueing.questions import LossModel
from boltkb.queueing.transient import solve_loss

__all__ = ["LoadPath", "MixedLoss", "TimeVaryingLoss"]

START = ("periodic", "empty", "steady")
NO_HOLD = "loads in erlangs say nothing of how long a hold lasts"


@dataclass(frozen=True, slots=True)
class MixedLoss(LossModel):
    """A loss system whose load varies slowly against its holds: a mixture of M/M/c/c.

    Parameters
    ----------
    servers : int, >= 1
    loads : tuple of float, erlangs, >= 0
    weights : tuple of float, > 0
        Share of time at each load; scaled to sum to 1.

    Raises
    ------
    ModelError
        A parameter outside its domain, by name; `mean_sojourn` and `throughput` when asked,
        as loads say nothing of time.

    Notes
    -----
    Each load is taken as if it had lasted for ever.  `time_congestion` is the average over
    time; `blocking_probability` is what arrivals meet, weighted by the arrival rate,
    E[a B(a)] / E[a], which is larger: more arrive when the load is high.

    Examples
    --------
    >>> from boltkb.queueing.models import MMcc
    >>> mixed = MixedLoss(servers=8, loads=(3.0, 7.0), weights=(0.5, 0.5))
    >>> round(mixed.blocking_probability, 3), round(MMcc(8, 5.0, 1.0).blocking_probability, 3)
    (0.128, 0.07)
    """

    notation: ClassVar[str] = "M/M/c/c, varying load"

    servers: int
    loads: tuple[float, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "servers", checked_whole("servers", self.servers))
        if len(self.loads) == 0 or len(self.loads) != len(self.weights):
            raise ModelError("weights", "as many as loads, at least one", len(self.weights))
        if not all(math.isfinite(w) and w > 0 for w in self.weights):
            raise ModelError("weights", "finite and above 0", self.weights)
        if not all(math.isfinite(load) and load >= 0 for load in self.loads):
            raise ModelError("loads", "finite numbers of erlangs, 0 or more", self.loads)

    @property
    def offered_load(self) -> float:
        """Mean offered load over time, erlangs."""
        return float(self._shares @ np.asarray(self.loads))

    @property
    def utilisation(self) -> float:
        """Mean offered load over servers."""
        return self.offered_load / self.servers

    @property
    def time_congestion(self) -> float:
        """Share of time in which all servers are busy."""
        return float(self._shares @ erlang_b(self.servers, np.asarray(self.loads)))

    @property
    def blocking_probability(self) -> float:
        """Share of arrivals that are rejected; 0 when the load is 0."""
        loads = np.asarray(self.loads, dtype=float)
        offered = self.offered_load
        lost = float(self._shares @ (loads * erlang_b(self.servers, loads)))
        return lost / offered if offered > 0 else 0.0

    @property
    def mean_busy(self) -> float:
        """Mean number of busy servers over time."""
        return self.offered_load * (1.0 - self.blocking_probability)

    @property
    def mean_sojourn(self) -> float:
        """Not known: `ModelError`."""
        raise self._cannot("mean_sojourn", NO_HOLD)

    @property
    def throughput(self) -> float:
        """Not known: `ModelError`."""
        raise self._cannot("throughput", NO_HOLD)

    def state_probabilities(self) -> FloatArray:
        """Return the probabilities of 0 to `servers` busy servers, averaged over time."""
        return np.asarray(self._shares @ busy_law(self.servers, np.asarray(self.loads)))

    @property
    def _shares(self) -> FloatArray:
        weights = np.asarray(self.weights, dtype=float)
        return np.asarray(weights / weights.sum())


@dataclass(frozen=True, slots=True)
class LoadPath:
    """What a `TimeVaryingLoss` does through time, at the edges of its pieces.

    Parameters
    ----------
    times : (m + 1,) array, seconds
    mean_busy : (m + 1,) array
    congestion : (m + 1,) array
        Probability that all servers are busy at that time.
    pointwise : (m + 1,) array
        What Erlang's B says for the load of that time alone: of the piece that begins.
    """

    times: FloatArray
    mean_busy: FloatArray
    congestion: FloatArray
    pointwise: FloatArray


@dataclass(frozen=True, slots=True)
class TimeVaryingLoss(LossModel):
    """A loss system whose arrival rate moves, solved through time: M(t)/M/c/c.

    Parameters
    ----------
    servers : int, >= 1
    edges : tuple of m + 1 float, seconds, rising
        Of the pieces of constant rate.
    arrival_rates : tuple of m float, per second, >= 0
    service_rate : float, per second, > 0
    start : {"periodic", "empty", "steady"}
        The law at the first edge: the same as at the last, as if the pieces came round for
        ever; no server busy; or the steady state of the first rate.

    Raises
    ------
    ModelError
        A parameter outside its domain, by name.

    Notes
    -----
    Exact for these rates and exponential holds, by uniformisation (Jensen 1953); holds of
    another law give other numbers, as insensitivity ends where the rate moves (Davis, Massey
    and Whitt 1995).  `blocking_probability` is weighted by the arrival rate, `time_congestion`
    by time.  `pointwise_blocking` and `pointwise_congestion` are the pointwise-stationary
    answers, each piece as if it had lasted for ever (Green and Kolesar 1991): right when
    pieces last many holds, too high when the load swings within a few.  The cost grows with
    servers squared and with the time in mean holds, until the law of a piece has settled.

    Examples
    --------
    >>> swing = TimeVaryingLoss(8, (0.0, 1.0, 2.0), (3.0, 7.0), 1.0)
    >>> round(swing.blocking_probability, 4), round(swing.pointwise_blocking, 4)
    (0.0798, 0.1276)
    """

    notation: ClassVar[str] = "M(t)/M/c/c"

    servers: int
    edges: tuple[float, ...]
    arrival_rates: tuple[float, ...]
    service_rate: float
    start: str = "periodic"

    def __post_init__(self) -> None:
        object.__setattr__(self, "servers", checked_whole("servers", self.servers))
        checked_rate("service_rate", self.service_rate, RATE)
        rates = tuple(
            checked_rate("arrival_rates", rate, "rates per second", zero=True)
            for rate in self.arrival_rates
        )
        edges = tuple(float(edge) for edge in self.edges)
        if not all(math.isfinite(edge) for edge in edges) or not bool(np.all(np.diff(edges) > 0)):
            raise ModelError("edges", "finite seconds that rise", self.edges)
        if not rates or len(edges) != len(rates) + 1:
            raise ModelError("edges", "one more than arrival rates, which are at least one", edges)
        if self.start not in START:
            raise ModelError("start", f"one of {', '.join(START)}", self.start)
        object.__setattr__(self, "edges", edges)
        object.__setattr__(self, "arrival_rates", rates)

    @classmethod
    def from_rate(
        cls,
        servers: int,
        rate: Callable[[float], float],
        service_rate: float,
        *,
        duration: float,
        pieces: int = 200,
        start: str = "periodic",
    ) -> Self:
        """Return the model of a rate that is a function of time, cut into equal pieces.

        Parameters
        ----------
        servers : int, >= 1
        rate : callable
            Arrivals a second at a time in seconds, from 0 to `duration`.
        service_rate : float, per second, > 0
        duration : float, seconds, > 0
        pieces : int, >= 1
            Each takes the mean of the rate over it (two points of Gauss); the error falls
            with the square of their number.
        start : {"periodic", "empty", "steady"}

        Raises
        ------
        ModelError
            A parameter outside its domain, by name.

        Examples
        --------
        >>> wave = lambda t: 5.0 + 2.0 * math.sin(2 * math.pi * t / 10)
        >>> model = TimeVaryingLoss.from_rate(8, wave, 1.0, duration=10.0, pieces=50)
        >>> round(model.offered_load, 6), round(model.blocking_probability, 3)
        (5.0, 0.094)
        """
        checked_rate("duration", duration, "seconds")
        edges = np.linspace(0.0, duration, checked_whole("pieces", pieces) + 1)
        middle, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2 / math.sqrt(3.0)
        rates = tuple(
            (rate(float(m - h)) + rate(float(m + h))) / 2 for m, h in zip(middle, half, strict=True)
        )
        return cls(servers, tuple(edges.tolist()), rates, service_rate, start)

    @property
    def offered_load(self) -> float:
        """Mean offered load over time, erlangs."""
        return float(self._arrivals.sum() / self._duration / self.service_rate)

    @property
    def utilisation(self) -> float:
        """Mean offered load over servers."""
        return self.offered_load / self.servers

    @property
    def blocking_probability(self) -> float:
        """Share of arrivals that are rejected; 0 when nobody comes."""
        return self._met(self._solution()[1][:, -1])

    @property
    def time_congestion(self) -> float:
        """Share of time in which all servers are busy."""
        return float(self._solution()[1][:, -1].sum() / self._duration)

    @property
    def pointwise_blocking(self) -> float:
        """Share of arrivals rejected, were each piece in its own steady state."""
        return self._met(self._pointwise() * np.diff(self.edges))

    @property
    def pointwise_congestion(self) -> float:
        """Share of time with all servers busy, were each piece in its own steady state."""
        return float(self._pointwise() @ np.diff(self.edges) / self._duration)

    @property
    def mean_busy(self) -> float:
        """Mean number of busy servers over time."""
        return float(self.state_probabilities() @ np.arange(self.servers + 1.0))

    @property
    def throughput(self) -> float:
        """Completions a second, averaged over time."""
        return self.service_rate * self.mean_busy

    @property
    def mean_sojourn(self) -> float:
        """Mean hold, seconds: who is accepted does not wait."""
        return 1.0 / self.service_rate

    def path(self) -> LoadPath:
        """Return what happens through time, at the edges."""
        laws, _ = self._solution()
        pointwise = self._pointwise()
        following = pointwise[0] if self.start == "periodic" else pointwise[-1]
        return LoadPath(
            np.asarray(self.edges),
            np.asarray(laws @ np.arange(self.servers + 1.0)),
            np.array(laws[:, -1]),
            np.append(pointwise, following),
        )

    def state_probabilities(self) -> FloatArray:
        """Return the probabilities of 0 to `servers` busy servers, averaged over time."""
        return np.asarray(self._solution()[1].sum(axis=0) / self._duration)

    @property
    def _duration(self) -> float:
        return self.edges[-1] - self.edges[0]

    @property
    def _arrivals(self) -> FloatArray:
        return np.asarray(self.arrival_rates) * np.diff(self.edges)

    def _met(self, full: FloatArray) -> float:
        arrivals = float(self._arrivals.sum())
        return float(np.asarray(self.arrival_rates) @ full) / arrivals if arrivals > 0 else 0.0

    def _pointwise(self) -> FloatArray:
        return erlang_b(self.servers, np.asarray(self.arrival_rates) / self.service_rate)

    def _solution(self) -> tuple[FloatArray, FloatArray]:
        return solve_loss(
            self.servers, self.edges, self.arrival_rates, self.service_rate, self.start
        )
