"""Any queue that moves one customer at a time, at rates that depend on how many are there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Self

import numpy as np

from boltkb.errors import ModelError
from boltkb.queueing.chains import birth_death_law, staged_wait
from boltkb.queueing.domains import checked_rate, checked_share, checked_time, checked_whole
from boltkb.queueing.erlang import FloatArray
from boltkb.queueing.questions import Model, draw_busy

__all__ = ["BirthDeath"]

NO_SERVERS = "give `servers` to tell who is in service from who waits"
NO_LAST_RATE = "give one arrival rate more, that of the full system, to tell who is rejected there"


@lru_cache(maxsize=16)
def _law(arrival_rates: tuple[float, ...], service_rates: tuple[float, ...]) -> FloatArray:
    births = np.asarray(arrival_rates[: len(service_rates)])
    law = birth_death_law(births / np.asarray(service_rates))
    law.flags.writeable = False
    return law


@dataclass(frozen=True, slots=True)
class BirthDeath(Model):
    """A queue whose rates depend on the number in the system.

    Parameters
    ----------
    arrival_rates : tuple of n or n + 1 float, per second, >= 0
        With 0, 1, ..., n - 1 customers in the system; and, if given, with n, the full system:
        those arrivals are rejected.
    service_rates : tuple of n float, per second, > 0
        Completions a second of all servers together, with 1, 2, ..., n in the system.
    servers : int, >= 1, optional
        Tells who is in service from who waits.  Without it questions about busy servers and
        waits raise `ModelError`.

    Raises
    ------
    ModelError
        A parameter outside its domain, by name; a question it cannot answer.

    Notes
    -----
    The stationary law is the product of the ratios of rates (Kleinrock 1975, section 3.1).
    `wait_exceeds` needs completions at one rate whenever all servers are busy: otherwise who
    comes later changes the wait of who came first.  `offered_load` is attempts a second times
    the mean hold as it turns out.

    Examples
    --------
    >>> chain = BirthDeath((1.0, 1.0, 1.0), (1.0, 2.0), servers=2)
    >>> chain.blocking_probability, chain.mean_busy
    (0.2, 0.8)
    """

    notation: ClassVar[str] = "a birth and death chain"

    arrival_rates: tuple[float, ...]
    service_rates: tuple[float, ...]
    servers: int | None = None

    def __post_init__(self) -> None:
        births = tuple(
            checked_rate("arrival_rates", rate, "rates per second", zero=True)
            for rate in self.arrival_rates
        )
        deaths = tuple(
            checked_rate("service_rates", rate, "rates per second") for rate in self.service_rates
        )
        if not deaths:
            raise ModelError("service_rates", "at least one rate", self.service_rates)
        if len(births) - len(deaths) not in (0, 1):
            raise ModelError(
                "arrival_rates", "as many as service rates, or one more", len(self.arrival_rates)
            )
        object.__setattr__(self, "arrival_rates", births)
        object.__setattr__(self, "service_rates", deaths)
        if self.servers is not None:
            object.__setattr__(self, "servers", checked_whole("servers", self.servers))

    @classmethod
    def with_scalability(
        cls,
        servers: int,
        arrival_rate: float,
        service_rate: float,
        *,
        contention: float,
        coherency: float = 0.0,
        capacity: int | None = None,
    ) -> Self:
        """Return a queue whose service slows as more servers are busy.

        Parameters
        ----------
        servers : int, >= 1
        arrival_rate : float, per second, >= 0
        service_rate : float, per second, > 0
            Of one server that is alone.
        contention : float, in [0, 1]
            Share of the work that only one server at a time can do.
        coherency : float, >= 0
            Cost of each pair of busy servers to keep in step, as a share of a hold.
        capacity : int, >= servers, optional
            In the system at most; by default the servers: who finds none is rejected.

        Raises
        ------
        ModelError
            A parameter outside its domain, by name.

        Notes
        -----
        The universal scalability law (Gunther 1993; 2007, equation 6.1): k busy servers
        complete ``mu k / (1 + contention (k - 1) + coherency k (k - 1))`` a second.  With
        coherency above 0 more busy servers may complete less.

        Examples
        --------
        >>> slow = BirthDeath.with_scalability(8, 5.0, 1.0, contention=0.05, coherency=0.01)
        >>> round(slow.blocking_probability, 3)
        0.26
        """
        servers = checked_whole("servers", servers)
        room = servers if capacity is None else checked_whole("capacity", capacity, least=servers)
        checked_rate("arrival_rate", arrival_rate, "a rate per second", zero=True)
        checked_rate("service_rate", service_rate, "a rate per second")
        checked_rate("coherency", coherency, "a share of a hold", zero=True)
        checked_share("contention", contention)
        k = np.minimum(np.arange(1.0, room + 1.0), servers)
        slowed = service_rate * k / (1.0 + contention * (k - 1.0) + coherency * k * (k - 1.0))
        return cls((float(arrival_rate),) * (room + 1), tuple(slowed.tolist()), servers)

    @property
    def offered_load(self) -> float:
        """Attempts a second times the mean hold as it turns out, erlangs."""
        accepted = self.throughput
        busy = self.mean_busy
        return busy if accepted == 0 else busy / accepted * self._attempts("offered_load")

    @property
    def utilisation(self) -> float:
        """Offered load over servers."""
        return self.offered_load / self._servers("utilisation")

    @property
    def blocking_probability(self) -> float:
        """Share of arrivals that find the system full."""
        attempts = self._attempts("blocking_probability")
        lost = self.arrival_rates[-1] * float(self.state_probabilities()[-1])
        return lost / attempts if attempts > 0 else 0.0

    @property
    def time_congestion(self) -> float:
        """Share of time in which all servers are busy."""
        law = self.state_probabilities()
        return min(1.0, float(law[self._servers("time_congestion") :].sum()))

    @property
    def waiting_probability(self) -> float:
        """Share of accepted customers that find all servers busy."""
        return min(1.0, float(self._ahead("waiting_probability").sum()))

    @property
    def mean_busy(self) -> float:
        """Mean number of busy servers over time."""
        law = self.state_probabilities()
        return float(np.minimum(np.arange(len(law)), self._servers("mean_busy")) @ law)

    @property
    def mean_queue_length(self) -> float:
        """Mean number of waiting customers over time."""
        waiting = self.state_probabilities()[self._servers("mean_queue_length") :]
        return float(np.arange(len(waiting)) @ waiting)

    @property
    def mean_number(self) -> float:
        """Mean number of customers in the system over time."""
        law = self.state_probabilities()
        return float(np.arange(len(law)) @ law)

    @property
    def throughput(self) -> float:
        """Completions a second."""
        return float(np.asarray(self.service_rates) @ self.state_probabilities()[1:])

    @property
    def mean_wait(self) -> float:
        """Mean wait of accepted customers before service, in seconds, by Little's law."""
        queued = self.mean_queue_length
        return queued / self.throughput if queued > 0 else 0.0

    @property
    def mean_sojourn(self) -> float:
        """Mean time of accepted customers in the system, seconds, by Little's law.

        That of a lone customer when nobody comes.
        """
        through = self.throughput
        return self.mean_number / through if through > 0 else 1.0 / self.service_rates[0]

    def wait_exceeds(self, time: float) -> float:
        """Return the probability that an accepted customer waits longer than `time` seconds.

        `ModelError` when completions depend on how many wait.
        """
        time = checked_time(time)
        full = self.service_rates[self._servers("wait_exceeds") - 1 :]
        if len(set(full)) > 1:
            raise self._cannot("wait_exceeds", "who comes later changes these waits")
        return staged_wait(self._ahead("wait_exceeds"), full[0], time) if full else 0.0

    def state_probabilities(self) -> FloatArray:
        """Return the probabilities of 0 to n customers in the system."""
        return _law(self.arrival_rates, self.service_rates)

    def sample_busy(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Return n independent draws of the number of busy servers."""
        return draw_busy(self.state_probabilities(), self._servers("sample_busy"), n, rng)

    def _servers(self, question: str) -> int:
        if self.servers is None:
            raise self._cannot(question, NO_SERVERS)
        return self.servers

    def _attempts(self, question: str) -> float:
        if len(self.arrival_rates) == len(self.service_rates):
            raise self._cannot(question, NO_LAST_RATE)
        return float(np.asarray(self.arrival_rates) @ self.state_probabilities())

    def _ahead(self, question: str) -> FloatArray:
        """Law of the number in the system that accepted customers meet, servers or more."""
        seen = self.state_probabilities()[:-1] * self.arrival_rates[: len(self.service_rates)]
        total = float(seen.sum())
        return np.asarray(seen[self._servers(question) :] / (total if total > 0 else 1.0))
