"""M/M/c/K: so much room to wait and no more, between Erlang's two systems."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from boltkb.queueing.chains import birth_death_law, staged_wait
from boltkb.queueing.domains import checked_rates, checked_time, checked_whole
from boltkb.queueing.erlang import FloatArray, erlang_b
from boltkb.queueing.models import accepted_share
from boltkb.queueing.questions import Model, draw_busy

__all__ = ["MMcK", "geometric_sums"]


@dataclass(frozen=True, slots=True)
class MMcK(Model):
    """A delay system with room for so many: who finds it full is rejected, M/M/c/K.

    Parameters
    ----------
    servers : int, >= 1
    capacity : int, >= servers
        Customers in the system at most, those in service included.
    arrival_rate : float, per second, >= 0
    service_rate : float, per second, > 0

    Raises
    ------
    ModelError
        A parameter outside its domain, by name.

    Notes
    -----
    With m = K - c and r = a / c: ``P(loss) = r^m / (1/B + r (1 - r^m) / (1 - r))``, B Erlang's
    (Kleinrock 1975, section 3.6 and 3.7); divided through by r^m when r > 1.  Stable at any
    load.  Waits are those of accepted customers.  At capacity = servers it is M/M/c/c.  The
    cost grows with the room to wait in `state_probabilities`, `wait_exceeds` and
    `wait_quantile` only.

    Examples
    --------
    >>> room = MMcK(servers=8, capacity=12, arrival_rate=12.5, service_rate=2.5)
    >>> round(room.blocking_probability, 4), round(room.mean_wait, 4)
    (0.0097, 0.0142)
    """

    notation: ClassVar[str] = "M/M/c/K"

    servers: int
    capacity: int
    arrival_rate: float
    service_rate: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "servers", checked_whole("servers", self.servers))
        least = checked_whole("capacity", self.capacity, least=self.servers)
        object.__setattr__(self, "capacity", least)
        checked_rates("arrival_rate", self.arrival_rate, self.service_rate)

    @property
    def offered_load(self) -> float:
        """Arrival rate times mean hold, in erlangs; rejected arrivals are counted."""
        return self.arrival_rate / self.service_rate

    @property
    def utilisation(self) -> float:
        """Offered load over servers; may exceed 1."""
        return self.offered_load / self.servers

    @property
    def blocking_probability(self) -> float:
        """Share of arrivals that find the system full."""
        below, waiting, top, _ = self._parts()
        return top / (below + waiting + top)

    @property
    def time_congestion(self) -> float:
        """Share of time in which all servers are busy, with room to wait or without."""
        below, waiting, top, _ = self._parts()
        return (waiting + top) / (below + waiting + top)

    @property
    def waiting_probability(self) -> float:
        """Share of accepted customers that wait."""
        below, waiting, _, _ = self._parts()
        return waiting / (below + waiting)

    @property
    def mean_queue_length(self) -> float:
        """Mean number of waiting customers over time."""
        below, waiting, top, queued = self._parts()
        return queued / (below + waiting + top)

    @property
    def mean_busy(self) -> float:
        """Mean number of busy servers: the offered load of those accepted."""
        below, waiting, top, _ = self._parts()
        return self.offered_load * (below + waiting) / (below + waiting + top)

    @property
    def throughput(self) -> float:
        """Completions a second: the arrival rate of those accepted."""
        return self.service_rate * self.mean_busy

    @property
    def mean_wait(self) -> float:
        """Mean wait of accepted customers before service, in seconds."""
        below, waiting, _, queued = self._parts()
        return queued / (below + waiting) / self.arrival_rate if self.arrival_rate > 0 else 0.0

    @property
    def mean_sojourn(self) -> float:
        """Mean time of accepted customers in the system, in seconds."""
        return self.mean_wait + 1.0 / self.service_rate

    def wait_exceeds(self, time: float) -> float:
        """Return the probability that an accepted customer waits longer than `time` seconds."""
        time = checked_time(time)
        room, load = self.capacity - self.servers, self.offered_load
        if room == 0 or load == 0:
            return 0.0
        excess = (load - self.servers) / self.servers
        log_ratio = math.log1p(excess) if excess > -0.5 else math.log(self.utilisation)
        steps = np.arange(room) - (room - 1.0 if excess > 0 else 0.0)
        weights = np.exp(log_ratio * steps)
        weights *= self.waiting_probability / weights.sum()
        return staged_wait(weights, self.servers * self.service_rate, time)

    def state_probabilities(self) -> FloatArray:
        """Return the probabilities of 0 to `capacity` customers in the system."""
        busy = np.minimum(np.arange(1.0, self.capacity + 1.0), self.servers)
        return birth_death_law(self.offered_load / busy)

    def sample_busy(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Return n independent draws of the number of busy servers."""
        return draw_busy(self.state_probabilities(), self.servers, n, rng)

    def _parts(self) -> tuple[float, float, float, float]:
        """Weights of: a server free, all busy with room, full; and of the mean queue."""
        load, room = self.offered_load, self.capacity - self.servers
        if load == 0:
            return 1.0, 0.0, 0.0, 0.0
        blocking, free = erlang_b(self.servers, load), accepted_share(self.servers, load)
        if load <= self.servers:
            last, zeroth, first = geometric_sums(load, float(self.servers), room)
            return free, blocking * zeroth, blocking * last, blocking * (first + room * last)
        # From the full state down, with the ratio upside down.
        ratio = self.servers / load
        last, zeroth, first = geometric_sums(float(self.servers), load, room)
        return free * last, blocking * ratio * zeroth, blocking, blocking * (room * zeroth - first)


def geometric_sums(smaller: float, larger: float, n: int) -> tuple[float, float, float]:
    """Return r^n, the sum of r^j and the sum of j r^j over j from 0 to n - 1, r at most 1.

    Parameters
    ----------
    smaller, larger : float, > 0
        r is their quotient; given apart, so that an r close to 1 keeps its digits.
    n : int, >= 0

    Returns
    -------
    tuple of three float

    Examples
    --------
    >>> geometric_sums(1.0, 1.0, 3)
    (1.0, 3.0, 3.0)
    """
    ratio, excess = smaller / larger, (smaller - larger) / larger
    if excess == 0:
        return 1.0, float(n), n * (n - 1) / 2.0
    log_ratio = math.log(ratio) if excess < -0.5 else math.log1p(excess)
    last = math.exp(n * log_ratio)
    zeroth = math.expm1(n * log_ratio) / excess
    if -n * excess > 1.0:  # the closed form costs no more than a factor of 4 in rounding
        return last, zeroth, (ratio * zeroth - n * last) / -excess
    # j r^j in powers of r - 1, by the binomial theorem and the sums of binomial coefficients.
    first, term = 0.0, float(n)
    for k in range(30):
        following = term * (n - k - 1) / (k + 2)
        first += (k + 1) * following + k * term
        term = following * excess
    return last, zeroth, first
