"""Queues whose customers give up: after a random patience or after a fixed one.

Waits, and who waits, are said of all customers, those who give up included.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from scipy import special

from boltkb.queueing.chains import birth_death_law
from boltkb.queueing.domains import RATE, checked_rate, checked_rates, checked_time, checked_whole
from boltkb.queueing.erlang import FloatArray, erlang_b
from boltkb.queueing.models import accepted_share, spare_rate
from boltkb.queueing.questions import Model

__all__ = ["ErlangA", "MMcD"]

#: Terms below exp(-45) of the largest no longer change a sum.
EXPONENT = 45.0
#: An inverse sum below this has lost digits.
SMALL = 1e-200
#: Queues longer than this are not summed term by term.
LONGEST = 5_000_000


@dataclass(frozen=True, slots=True)
class _Patient(Model):
    servers: int
    arrival_rate: float
    service_rate: float

    @property
    def offered_load(self) -> float:
        """Arrival rate times mean hold, in erlangs."""
        return self.arrival_rate / self.service_rate

    @property
    def utilisation(self) -> float:
        """Offered load over servers; may exceed 1."""
        return self.offered_load / self.servers

    @property
    def time_congestion(self) -> float:
        """Share of time in which all servers are busy; equals the waiting probability."""
        return self.waiting_probability

    @property
    def mean_busy(self) -> float:
        """Mean number of busy servers over time: the offered load of those who stay."""
        waiting = self.waiting_probability
        return self.servers * waiting + (1.0 - waiting) * self._mean_while_free()

    @property
    def throughput(self) -> float:
        """Completions a second."""
        return self.service_rate * self.mean_busy

    @property
    def mean_queue_length(self) -> float:
        """Mean number of waiting customers over time."""
        return self.arrival_rate * self.mean_wait

    @property
    def mean_sojourn(self) -> float:
        """Mean time in the system of all customers, those who give up included, seconds."""
        if self.arrival_rate == 0:
            return 1.0 / self.service_rate
        return self.mean_wait + self.mean_busy / self.arrival_rate

    def state_probabilities(self) -> FloatArray:
        """Return the probabilities of 0 to `servers` busy servers, waiting counted in the last."""
        waiting = self.waiting_probability
        free = birth_death_law(self.offered_load / np.arange(1.0, float(self.servers)))
        return np.asarray(np.append(free * (1.0 - waiting), waiting))

    def _mean_while_free(self) -> float:
        if self.servers == 1:
            return 0.0
        return self.offered_load * accepted_share(self.servers - 1, self.offered_load)


@dataclass(frozen=True, slots=True)
class ErlangA(_Patient):
    """A delay system whose customers give up after an exponential patience, M/M/c+M.

    Parameters
    ----------
    servers : int, >= 1
    arrival_rate : float, per second, >= 0
    service_rate : float, per second, > 0
    abandonment_rate : float, per second, > 0
        One over the mean patience.

    Raises
    ------
    ModelError
        A parameter outside its domain, by name.

    Notes
    -----
    Palm (1957); Garnett, Mandelbaum and Reiman (2002).  With x = c mu / theta, y = lambda /
    theta and A = 1F1(1; x + 1; y), ``P(wait) = A B / (1 + (A - 1) B)``; abandonments are
    summed over the queue, which does not cancel.  Stable at any load.  At theta = mu the number in
    the system is exactly Poisson(a); theta to 0 is M/M/c, to infinity M/M/c/c.

    Examples
    --------
    >>> impatient = ErlangA(50, arrival_rate=60.0, service_rate=1.0, abandonment_rate=0.5)
    >>> round(impatient.abandonment_probability, 5), round(impatient.mean_wait, 4)
    (0.16823, 0.3365)
    """

    notation: ClassVar[str] = "M/M/c+M"

    abandonment_rate: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "servers", checked_whole("servers", self.servers))
        checked_rates("arrival_rate", self.arrival_rate, self.service_rate)
        checked_rate("abandonment_rate", self.abandonment_rate, RATE)

    @property
    def abandonment_probability(self) -> float:
        """Share of customers that give up before service."""
        if self.arrival_rate == 0:
            return 0.0
        _, queued = _queue(self._served, self._asked)
        return self.waiting_probability * queued / self._asked

    @property
    def waiting_probability(self) -> float:
        """Share of customers that find all servers busy."""
        inverse_sum, _ = _queue(self._served, self._asked)
        blocking = erlang_b(self.servers, self.offered_load)
        free = accepted_share(self.servers, self.offered_load)
        return blocking / (blocking + free * inverse_sum)

    @property
    def mean_wait(self) -> float:
        """Mean wait of all customers, those who give up included, in seconds."""
        return self.abandonment_probability / self.abandonment_rate

    def wait_exceeds(self, time: float) -> float:
        """Return the probability that a customer waits longer than `time` seconds.

        Served or giving up; Zeltyn and Mandelbaum (2005), section 5, in a form that neither
        cancels nor overflows.
        """
        time = checked_time(time)
        if self.arrival_rate == 0 or math.isinf(time):
            return 0.0
        left = math.exp(-self.abandonment_rate * time)
        share, _ = _queue(self._served, self._asked)
        if share > SMALL:
            leaving = self.abandonment_rate * time
            drift = -spare_rate(self.servers, self.service_rate, self.arrival_rate) * time
            drift -= self.arrival_rate * time * leaving * _ramp(leaving)
            share *= math.exp(drift) / _queue(self._served, self._asked * left)[0]
        else:  # deep in overload, where the sums leave the doubles: the same as P(x, y) does
            share = special.gammainc(self._served, self._asked * left)
            share /= special.gammainc(self._served, self._asked)
        return self.waiting_probability * left * float(share)

    @property
    def _served(self) -> float:
        return self.servers * self.service_rate / self.abandonment_rate

    @property
    def _asked(self) -> float:
        return self.arrival_rate / self.abandonment_rate


@dataclass(frozen=True, slots=True)
class MMcD(_Patient):
    """A delay system whose customers give up after a fixed patience, M/M/c+D.

    What a client sees that waits for a free slot with a timeout.

    Parameters
    ----------
    servers : int, >= 1
    arrival_rate : float, per second, >= 0
    service_rate : float, per second, > 0
    patience : float, seconds, > 0
        Wait after which a customer gives up.

    Raises
    ------
    ModelError
        A parameter outside its domain, by name.

    Notes
    -----
    Baccelli and Hebuterne (1981); Zeltyn and Mandelbaum (2005).  With d = lambda - c mu,
    ``J = (exp(d D) - 1) / d + exp(d D) / (c mu)`` and e = 1 / B(c - 1, a):
    ``P(wait) = lambda J / (e + lambda J)``, ``P(give up) = exp(d D) r / (e + lambda J)`` with
    r the utilisation; all scaled by exp(-d D) in overload.  Stable at any load.  A patience
    near 0 is M/M/c/c; a long one is M/M/c while that is stable.  No wait exceeds the patience.

    Examples
    --------
    >>> impatient = MMcD(servers=10, arrival_rate=9.0, service_rate=1.0, patience=0.5)
    >>> round(impatient.waiting_probability, 4), round(impatient.abandonment_probability, 4)
    (0.4783, 0.0639)
    """

    notation: ClassVar[str] = "M/M/c+D"

    patience: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "servers", checked_whole("servers", self.servers))
        checked_rates("arrival_rate", self.arrival_rate, self.service_rate)
        checked_rate("patience", self.patience, "a time in seconds")

    @property
    def abandonment_probability(self) -> float:
        """Share of customers that give up before service."""
        return self._end * self.utilisation / self._total

    @property
    def waiting_probability(self) -> float:
        """Share of customers that find all servers busy."""
        return self.arrival_rate * self._integral(0.0) / self._total

    @property
    def mean_wait(self) -> float:
        """Mean wait of all customers, those who give up included, in seconds."""
        limit = self.patience
        waits = limit * limit * _ramp(self._drift * limit) * self._before
        waits += limit * self._end / (self.servers * self.service_rate)
        return self.arrival_rate * waits / self._total

    def wait_exceeds(self, time: float) -> float:
        """Return the probability that a customer waits longer than `time` seconds.

        0 from the patience on.
        """
        time = checked_time(time)
        if time >= self.patience:
            return 0.0
        return self.arrival_rate * self._integral(time) / self._total

    @property
    def _drift(self) -> float:
        return -spare_rate(self.servers, self.service_rate, self.arrival_rate)

    @property
    def _scale(self) -> float:
        return math.exp(-max(self._drift * self.patience, 0.0))

    @property
    def _end(self) -> float:
        """Exp(d D), scaled, over e."""
        return math.exp(min(self._drift * self.patience, 0.0)) * self._before

    @property
    def _before(self) -> float:
        return 1.0 if self.servers == 1 else erlang_b(self.servers - 1, self.offered_load)

    @property
    def _total(self) -> float:
        return self._scale + self.arrival_rate * self._integral(0.0)

    def _integral(self, time: float) -> float:
        """J from `time` on, scaled, over e."""
        span, drift = self.patience - time, self._drift
        if drift == 0:
            middle = span
        elif drift < 0:
            middle = math.exp(drift * time) * math.expm1(drift * span) / drift
        else:
            middle = -math.expm1(-drift * span) / drift
        return middle * self._before + self._end / (self.servers * self.service_rate)


def _ramp(z: float) -> float:
    """Return the integral of u exp(z u) over u from 0 to 1, times exp(-z) for z > 0."""
    if abs(z) < 1.0:
        total, term = 0.0, 1.0
        for k in range(25):
            total += term / (k + 2.0)
            term *= z / (k + 1.0)
        return total * math.exp(-max(z, 0.0))
    if z > 0:
        return (z + math.expm1(-z)) / (z * z)
    return (-math.expm1(z) + z * math.exp(z)) / (z * z)


@lru_cache(maxsize=256)
def _queue(x: float, y: float) -> tuple[float, float]:
    """Return 1 / A and the mean queue while all servers are busy.

    A is the sum over j of w_j = y^j / ((x + 1) ... (x + j)), the mean the sum of j w_j over A.
    """
    reach = EXPONENT + math.sqrt(EXPONENT * (EXPONENT + 2.0 * max(x, y)))
    if y < x:
        reach = min(reach, EXPONENT / math.log(x / y)) if y > 0 else 0.0
    mode = max(0, math.floor(y - x))
    if reach > LONGEST:
        return _long_queue(x, y)
    first = max(0, mode - math.ceil(reach))
    steps = np.arange(first + 1.0, mode + math.ceil(reach) + 3.0)
    ratios = y / (x + steps)
    up = np.cumprod(ratios[mode - first :])
    down = np.cumprod(1.0 / ratios[: mode - first][::-1])
    total = 1.0 + up.sum() + down.sum()
    offsets = up @ np.arange(1.0, len(up) + 1.0) - down @ np.arange(1.0, len(down) + 1.0)
    # With the start cut off, A is beyond exp(45) and 1 / A no longer counts.
    start = down[-1] if len(down) and first == 0 else (0.0 if first else 1.0)
    return float(start / total), float(mode + offsets / total)


def _long_queue(x: float, y: float) -> tuple[float, float]:
    """Return the same for queues too long to be summed, from A = P(x, y) / Poisson(x; y)."""
    t = (y - x) / x
    deviance = t - math.log1p(t)
    if abs(t) < 0.01:
        deviance = sum((-t) ** k / k for k in range(9, 1, -1))
    poisson = math.exp(-x * deviance - 1.0 / (12.0 * x)) / math.sqrt(2.0 * math.pi * x)
    inverse = poisson / float(special.gammainc(x, y))
    return inverse, y - x + x * inverse
