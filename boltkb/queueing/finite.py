"""Queues with so many sources and no more: who is being served does not ask again.

A source is idle, asks at its rate, is served or rejected (`Engset`) or waits (`MMcN`), and is
idle again.  More sources busy, fewer to ask: the load gives way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from boltkb.queueing.chains import birth_death_law, staged_wait
from boltkb.queueing.domains import checked_rates, checked_time, checked_whole
from boltkb.queueing.erlang import FloatArray
from boltkb.queueing.questions import LossModel, Model, draw_busy

__all__ = ["Engset", "MMcN"]


@lru_cache(maxsize=16)
def _source_law(servers: int, sources: int, request_load: float, room: int) -> FloatArray:
    """Law of the number in the system, of at most `room`, read-only."""
    k = np.arange(min(sources, room), dtype=float)
    law = birth_death_law(request_load * (sources - k) / np.minimum(k + 1.0, servers))
    law.flags.writeable = False
    return law


@dataclass(frozen=True, slots=True)
class _Finite(Model):
    servers: int
    sources: int
    request_rate: float
    service_rate: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "servers", checked_whole("servers", self.servers))
        object.__setattr__(self, "sources", checked_whole("sources", self.sources))
        checked_rates("request_rate", self.request_rate, self.service_rate)

    @property
    def request_load(self) -> float:
        """Request rate of an idle source over the service rate, erlangs."""
        return self.request_rate / self.service_rate

    @property
    def utilisation(self) -> float:
        """Offered load over servers."""
        return self.offered_load / self.servers

    @property
    def offered_load(self) -> float:
        """Requests made a second, rejected ones included, times the mean hold; erlangs.

        It depends on the blocking: a source in service does not ask.
        """
        law = self.state_probabilities()
        idle = self.sources - np.arange(float(len(law)))
        return float(self.request_load * (idle @ law))

    @property
    def mean_busy(self) -> float:
        """Mean number of busy servers over time."""
        law = self.state_probabilities()
        return float(np.minimum(np.arange(len(law)), self.servers) @ law)

    @property
    def time_congestion(self) -> float:
        """Share of time in which all servers are busy; 0 with fewer sources than servers."""
        return min(1.0, float(self.state_probabilities()[self.servers :].sum()))

    @property
    def throughput(self) -> float:
        """Completions a second."""
        return self.service_rate * self.mean_busy

    @property
    def mean_sojourn(self) -> float:
        """Mean time in the system of those who are served, seconds: wait and hold."""
        return self.mean_wait + 1.0 / self.service_rate

    def sample_busy(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Return n independent draws of the number of busy servers."""
        return draw_busy(self.state_probabilities(), self.servers, n, rng)


@dataclass(frozen=True, slots=True)
class Engset(_Finite, LossModel):
    """A loss system with finitely many sources, M/M/c/c//N.

    Parameters
    ----------
    servers : int, >= 1
    sources : int, >= 1
    request_rate : float, per second, >= 0
        Of each idle source.
    service_rate : float, per second, > 0

    Raises
    ------
    ModelError
        A parameter outside its domain, by name; fractional sources too.

    Notes
    -----
    The busy servers follow the binomial law, truncated; a request sees the system as it is
    with one source fewer, so call and time congestion differ (Engset 1918; Kleinrock 1975,
    section 3.9).  With no more sources than servers nobody is ever rejected.  Insensitive to
    the law of the holds.

    Examples
    --------
    >>> pool = Engset(servers=20, sources=100, request_rate=0.1875, service_rate=1.0)
    >>> round(pool.blocking_probability, 5), round(pool.time_congestion, 5)
    (0.05572, 0.05917)
    >>> Engset(servers=20, sources=20, request_rate=9.0, service_rate=1.0).blocking_probability
    0.0
    """

    notation: ClassVar[str] = "M/M/c/c//N"

    @property
    def blocking_probability(self) -> float:
        """Share of requests that are rejected (call congestion)."""
        if self.sources <= self.servers:
            return 0.0
        law = _source_law(self.servers, self.sources - 1, self.request_load, self.servers)
        return float(law[self.servers])

    def state_probabilities(self) -> FloatArray:
        """Return the probabilities of 0 to min(servers, sources) busy servers."""
        return _source_law(self.servers, self.sources, self.request_load, self.servers)


@dataclass(frozen=True, slots=True)
class MMcN(_Finite):
    """A delay system with finitely many sources, M/M/c//N: the machine repair model.

    Parameters
    ----------
    servers : int, >= 1
    sources : int, >= 1
    request_rate : float, per second, >= 0
        Of each idle source; one that waits or is served does not ask.
    service_rate : float, per second, > 0

    Raises
    ------
    ModelError
        A parameter outside its domain, by name; fractional sources too.

    Notes
    -----
    A birth and death chain on the number in the system; a request sees it as it is with one
    source fewer (Kleinrock 1975, section 3.8; Sevcik and Mitrani 1981).  Waits are first
    come, first served.  Always stable.

    Examples
    --------
    >>> repair = MMcN(servers=1, sources=5, request_rate=0.25, service_rate=1.0)
    >>> round(repair.mean_number, 4), round(repair.throughput, 4)
    (1.7963, 0.8009)
    """

    notation: ClassVar[str] = "M/M/c//N"

    @property
    def waiting_probability(self) -> float:
        """Share of requests that wait, as they see it: with one source fewer."""
        return min(1.0, float(self._seen()[self.servers :].sum()))

    @property
    def mean_queue_length(self) -> float:
        """Mean number of waiting requests over time."""
        waiting = self.state_probabilities()[self.servers :]
        return float(np.arange(len(waiting)) @ waiting)

    @property
    def mean_wait(self) -> float:
        """Mean wait of a request before service, in seconds."""
        ahead = self._seen()[self.servers :]
        return float(np.arange(1, len(ahead) + 1) @ ahead / (self.servers * self.service_rate))

    def wait_exceeds(self, time: float) -> float:
        """Return the probability that a request waits longer than `time` seconds."""
        ahead = self._seen()[self.servers :]
        return staged_wait(ahead, self.servers * self.service_rate, checked_time(time))

    def state_probabilities(self) -> FloatArray:
        """Return the probabilities of 0 to `sources` customers in the system."""
        return _source_law(self.servers, self.sources, self.request_load, self.sources)

    def _seen(self) -> FloatArray:
        others = self.sources - 1
        return _source_law(self.servers, others, self.request_load, others)
