"""Queueing models as values: parameters in, the numbers of the steady state out.

Knows Erlang's formulas and nothing of samples.  Kendall's notation for names.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from boltkb.errors import ModelError
from boltkb.queueing.erlang import FloatArray, erlang_b, erlang_c

__all__ = ["MMc", "MMcc", "MixedLoss", "busy_law"]


def busy_law(servers: int, offered_load: float | FloatArray) -> FloatArray:
    """Return the law of the number of busy servers in a loss system, one row a load.

    Parameters
    ----------
    servers : int, >= 1
    offered_load : float or (m,) array, erlangs, >= 0

    Returns
    -------
    (servers + 1,) or (m, servers + 1) array
        Probabilities of 0 to `servers` busy servers: Poisson, truncated (Erlang 1917).

    Raises
    ------
    ModelError
        As `erlang_b`.

    Examples
    --------
    >>> busy_law(2, 1.0).round(3).tolist()
    [0.4, 0.4, 0.2]
    """
    erlang_b(servers, offered_load)  # refuses what is outside the domain
    load = np.atleast_1d(np.asarray(offered_load, dtype=float))
    k = np.arange(servers + 1)
    log_weights = special.xlogy(k, load[:, None]) - special.gammaln(k + 1.0)
    weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
    law = weights / weights.sum(axis=1, keepdims=True)
    return np.asarray(law[0] if np.ndim(offered_load) == 0 else law, dtype=float)


@dataclass(frozen=True, slots=True)
class _Markov:
    servers: int
    arrival_rate: float
    service_rate: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.service_rate) and self.service_rate > 0):
            raise ModelError("service_rate", "a rate per second above 0", self.service_rate)
        if not (math.isfinite(self.arrival_rate) and self.arrival_rate >= 0):
            raise ModelError("arrival_rate", "a rate per second, 0 or more", self.arrival_rate)
        erlang_b(self.servers, self.offered_load)

    @property
    def offered_load(self) -> float:
        """Arrival rate times mean hold, in erlangs."""
        return self.arrival_rate / self.service_rate

    @property
    def utilisation(self) -> float:
        """Offered load over servers; may exceed 1."""
        return self.offered_load / self.servers


@dataclass(frozen=True, slots=True)
class MMcc(_Markov):
    """A loss system: an arrival that finds all servers busy is rejected, M/M/c/c.

    All but `sample_busy` holds for any law of the holds (insensitivity).

    Parameters
    ----------
    servers : int, >= 1
    arrival_rate : float, per second, >= 0
    service_rate : float, per second, > 0
        One over the mean hold.

    Examples
    --------
    >>> loss = MMcc(servers=8, arrival_rate=12.5, service_rate=2.5)
    >>> round(loss.blocking_probability, 4), round(loss.mean_busy, 3), loss.stable
    (0.07, 4.65, True)
    """

    @property
    def stable(self) -> bool:
        """Always: what finds no server leaves."""
        return True

    @property
    def blocking_probability(self) -> float:
        """Share of arrivals that are rejected."""
        return erlang_b(self.servers, self.offered_load)

    @property
    def time_congestion(self) -> float:
        """Share of time in which all servers are busy; equals blocking, by PASTA."""
        return self.blocking_probability

    @property
    def waiting_probability(self) -> float:
        """0: nobody waits."""
        return 0.0

    @property
    def mean_wait(self) -> float:
        """0 seconds: nobody waits."""
        return 0.0

    @property
    def mean_busy(self) -> float:
        """Mean number of busy servers, a (1 - B)."""
        return self.offered_load * (1.0 - self.blocking_probability)

    def state_probabilities(self) -> FloatArray:
        """Return the probabilities of 0 to `servers` busy servers."""
        return busy_law(self.servers, self.offered_load)

    def sample_busy(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Return n independent draws of the number of busy servers."""
        return rng.choice(self.servers + 1, size=n, p=self.state_probabilities()).astype(float)


@dataclass(frozen=True, slots=True)
class MMc(_Markov):
    """A delay system: an arrival that finds all servers busy waits, M/M/c.

    Parameters
    ----------
    servers : int, >= 1
    arrival_rate : float, per second, >= 0
    service_rate : float, per second, > 0

    Notes
    -----
    At a utilisation of 1 or more there is no steady state: `stable` is false, every arrival
    waits, the mean wait is infinite and all servers are busy.

    Examples
    --------
    >>> delay = MMc(servers=8, arrival_rate=12.5, service_rate=2.5)
    >>> round(delay.waiting_probability, 4), round(delay.mean_wait, 4)
    (0.1673, 0.0223)
    >>> MMc(servers=8, arrival_rate=25.0, service_rate=2.5).mean_wait
    inf
    """

    @property
    def stable(self) -> bool:
        """Whether the offered load is below the servers."""
        return self.offered_load < self.servers

    @property
    def blocking_probability(self) -> float:
        """0: nobody is rejected."""
        return 0.0

    @property
    def waiting_probability(self) -> float:
        """Share of arrivals that wait, Erlang C; 1 when unstable."""
        return erlang_c(self.servers, self.offered_load)

    @property
    def time_congestion(self) -> float:
        """Share of time in which all servers are busy; equals the waiting probability."""
        return self.waiting_probability

    @property
    def mean_wait(self) -> float:
        """Mean wait of all arrivals before service, in seconds; infinite when unstable."""
        if not self.stable:
            return math.inf
        spare = self.servers * self.service_rate - self.arrival_rate
        return self.waiting_probability / spare

    @property
    def mean_busy(self) -> float:
        """Mean number of busy servers: the offered load, at most the servers."""
        return min(self.offered_load, float(self.servers))

    def state_probabilities(self) -> FloatArray:
        """Return the probabilities of 0 to `servers` busy servers, waiting counted in the last."""
        if not self.stable:
            return np.asarray(np.eye(self.servers + 1)[self.servers])
        law = busy_law(self.servers, self.offered_load)
        below = law[:-1].sum()
        full = self.waiting_probability
        return np.asarray(np.append(law[:-1] * ((1.0 - full) / below), full))

    def sample_busy(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Return n independent draws of the number of busy servers."""
        return rng.choice(self.servers + 1, size=n, p=self.state_probabilities()).astype(float)


@dataclass(frozen=True, slots=True)
class MixedLoss:
    """A loss system whose load varies slowly against its holds: a mixture of M/M/c/c.

    Parameters
    ----------
    servers : int, >= 1
    loads : tuple of float, erlangs, >= 0
    weights : tuple of float, > 0
        Share of time at each load; scaled to sum to 1.

    Notes
    -----
    Each load is taken as if it had lasted for ever.  `time_congestion` is the average over
    time; `blocking_probability` is what arrivals meet, weighted by the arrival rate,
    E[a B(a)] / E[a], which is larger: more arrive when the load is high.

    Examples
    --------
    >>> mixed = MixedLoss(servers=8, loads=(3.0, 7.0), weights=(0.5, 0.5))
    >>> round(mixed.blocking_probability, 3), round(MMcc(8, 5.0, 1.0).blocking_probability, 3)
    (0.128, 0.07)
    """

    servers: int
    loads: tuple[float, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.loads or len(self.loads) != len(self.weights):
            raise ModelError("weights", "as many as loads, at least one", len(self.weights))
        if not all(math.isfinite(w) and w > 0 for w in self.weights):
            raise ModelError("weights", "finite and above 0", self.weights)
        erlang_b(self.servers, np.asarray(self.loads))

    @property
    def _shares(self) -> FloatArray:
        weights = np.asarray(self.weights, dtype=float)
        return np.asarray(weights / weights.sum())

    @property
    def offered_load(self) -> float:
        """Mean offered load over time, erlangs."""
        return float(self._shares @ np.asarray(self.loads))

    @property
    def utilisation(self) -> float:
        """Mean offered load over servers."""
        return self.offered_load / self.servers

    @property
    def stable(self) -> bool:
        """Always: what finds no server leaves."""
        return True

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
    def waiting_probability(self) -> float:
        """0: nobody waits."""
        return 0.0

    @property
    def mean_wait(self) -> float:
        """0 seconds: nobody waits."""
        return 0.0

    @property
    def mean_busy(self) -> float:
        """Mean number of busy servers over time."""
        return self.offered_load * (1.0 - self.blocking_probability)

    def state_probabilities(self) -> FloatArray:
        """Return the probabilities of 0 to `servers` busy servers, averaged over time."""
        return np.asarray(self._shares @ busy_law(self.servers, np.asarray(self.loads)))

    def sample_busy(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Return n independent draws of the number of busy servers at a random time."""
        return rng.choice(self.servers + 1, size=n, p=self.state_probabilities()).astype(float)
