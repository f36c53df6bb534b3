"""Queueing models as values: parameters in, the numbers of the steady state out.

The two with Poisson arrivals and no end of sources: who finds all servers busy leaves
(`MMcc`) or waits (`MMc`).  Knows Erlang's formulas and nothing of samples.  Kendall's
notation for names.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import numpy as np
from scipy import special

from boltkb.errors import ModelError
from boltkb.queueing.chains import birth_death_law
from boltkb.queueing.domains import checked_rates, checked_time, checked_whole
from boltkb.queueing.erlang import FloatArray, erlang_b, erlang_c
from boltkb.queueing.questions import LossModel, Model, quantile

__all__ = ["MMc", "MMcc", "accepted_share", "busy_law", "spare_rate"]


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
        As `erlang_b`; servers not whole.

    Examples
    --------
    >>> busy_law(2, 1.0).round(3).tolist()
    [0.4, 0.4, 0.2]
    """
    servers = checked_whole("servers", servers)
    load = np.atleast_1d(np.asarray(offered_load, dtype=float))
    if not bool(np.all(np.isfinite(load) & (load >= 0))):
        raise ModelError("offered_load", "a finite number of erlangs, 0 or more", offered_load)
    k = np.arange(servers + 1)
    log_weights = special.xlogy(k, load[:, None]) - special.gammaln(k + 1.0)
    weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
    law = weights / weights.sum(axis=1, keepdims=True)
    return np.asarray(law[0] if np.ndim(offered_load) == 0 else law, dtype=float)


def accepted_share(servers: int, offered_load: float) -> float:
    """Return 1 - B of a loss system to full precision, also where B is close to 1.

    Parameters
    ----------
    servers : int, >= 1
    offered_load : float, erlangs, >= 0

    Notes
    -----
    From the recurrence, 1 - B_c = (c / a) B_c / B_{c-1}.

    Examples
    --------
    >>> accepted_share(1, 1.0), accepted_share(1, 1e20)
    (0.5, 1e-20)
    """
    blocking = erlang_b(servers, offered_load)
    if blocking < 0.5:
        return 1.0 - blocking
    before = 1.0 if servers == 1 else erlang_b(servers - 1, offered_load)
    return servers / offered_load * blocking / before


def spare_rate(servers: int, service_rate: float, arrival_rate: float) -> float:
    """Return what all servers complete a second less what arrives, rounded only once.

    Parameters
    ----------
    servers : int, >= 1
    service_rate, arrival_rate : float, per second

    Returns
    -------
    float, per second
        Negative in overload.  The product alone would cost digits where the two nearly meet.

    Raises
    ------
    ModelError
        Servers times service rate is beyond the doubles.

    Examples
    --------
    >>> spare_rate(3, 0.1, 0.3) > 0, 3 * 0.1 - 0.3 == spare_rate(3, 0.1, 0.3)
    (True, False)
    """
    if math.isinf(servers * service_rate):
        raise ModelError("service_rate", "finite when multiplied by the servers", service_rate)
    return float(servers * Fraction(float(service_rate)) - Fraction(float(arrival_rate)))


@dataclass(frozen=True, slots=True)
class _Markov(Model):
    servers: int
    arrival_rate: float
    service_rate: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "servers", checked_whole("servers", self.servers))
        checked_rates("arrival_rate", self.arrival_rate, self.service_rate)

    @property
    def offered_load(self) -> float:
        """Arrival rate times mean hold, in erlangs."""
        return self.arrival_rate / self.service_rate

    @property
    def utilisation(self) -> float:
        """Offered load over servers; may exceed 1."""
        return self.offered_load / self.servers

    @property
    def throughput(self) -> float:
        """Completions a second."""
        return self.service_rate * self.mean_busy

    @property
    def mean_sojourn(self) -> float:
        """Mean time in the system of those who are served, seconds: wait and hold."""
        return self.mean_wait + 1.0 / self.service_rate


@dataclass(frozen=True, slots=True)
class MMcc(_Markov, LossModel):
    """A loss system: an arrival that finds all servers busy is rejected, M/M/c/c.

    All but `sample_busy` holds for any law of the holds (insensitivity).

    Parameters
    ----------
    servers : int, >= 1
    arrival_rate : float, per second, >= 0
    service_rate : float, per second, > 0
        One over the mean hold.

    Raises
    ------
    ModelError
        A parameter outside its domain, by name.

    Notes
    -----
    Blocking is Erlang's B (Erlang 1917), `erlang_b`; ``mean_busy = a (1 - B)``.

    Examples
    --------
    >>> loss = MMcc(servers=8, arrival_rate=12.5, service_rate=2.5)
    >>> round(loss.blocking_probability, 4), round(loss.mean_busy, 3), loss.stable
    (0.07, 4.65, True)
    """

    notation: ClassVar[str] = "M/M/c/c"

    @property
    def blocking_probability(self) -> float:
        """Share of arrivals that are rejected."""
        return erlang_b(self.servers, self.offered_load)

    @property
    def time_congestion(self) -> float:
        """Share of time in which all servers are busy; equals blocking, by PASTA."""
        return self.blocking_probability

    @property
    def mean_busy(self) -> float:
        """Mean number of busy servers, a (1 - B)."""
        return self.offered_load * accepted_share(self.servers, self.offered_load)

    def state_probabilities(self) -> FloatArray:
        """Return the probabilities of 0 to `servers` busy servers."""
        return birth_death_law(self.offered_load / np.arange(1.0, self.servers + 1.0))


@dataclass(frozen=True, slots=True)
class MMc(_Markov):
    """A delay system: an arrival that finds all servers busy waits, M/M/c.

    Parameters
    ----------
    servers : int, >= 1
    arrival_rate : float, per second, >= 0
    service_rate : float, per second, > 0

    Raises
    ------
    ModelError
        A parameter outside its domain, by name.

    Notes
    -----
    Waiting is Erlang's C (Erlang 1917), `erlang_c`; first come, first served, waits exceed t
    with ``C exp(-(c mu - lambda) t)`` (Kleinrock 1975, section 3.5).
    At a utilisation of 1 or more there is no steady state: `stable` is false, every arrival
    waits, waits are infinite and all servers are busy.

    Examples
    --------
    >>> delay = MMc(servers=8, arrival_rate=12.5, service_rate=2.5)
    >>> round(delay.waiting_probability, 4), round(delay.mean_wait, 4)
    (0.1673, 0.0223)
    >>> MMc(servers=8, arrival_rate=25.0, service_rate=2.5).mean_wait
    inf
    """

    notation: ClassVar[str] = "M/M/c"

    @property
    def stable(self) -> bool:
        """Whether the offered load is below the servers."""
        return self.offered_load < self.servers and self._spare > 0

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
        return self.waiting_probability / self._spare if self.stable else math.inf

    @property
    def mean_queue_length(self) -> float:
        """Mean number of waiting customers; infinite when unstable."""
        return self.arrival_rate * self.mean_wait if self.stable else math.inf

    @property
    def mean_busy(self) -> float:
        """Mean number of busy servers: the offered load, at most the servers."""
        return min(self.offered_load, float(self.servers))

    def wait_exceeds(self, time: float) -> float:
        """Return the probability that a wait exceeds `time` seconds; 1 when unstable."""
        time = checked_time(time)
        return self.waiting_probability * math.exp(-self._spare * time) if self.stable else 1.0

    def wait_quantile(self, probability: float) -> float:
        """Return the time in seconds that a wait exceeds with at most 1 - `probability`."""
        if not 0 <= probability < 1:
            raise ModelError("probability", "0 or more and below 1", probability)
        waiting = self.waiting_probability
        if waiting <= 1.0 - probability:
            return 0.0 if self.stable else math.inf
        return math.log(waiting / (1.0 - probability)) / self._spare if self.stable else math.inf

    def sojourn_exceeds(self, time: float) -> float:
        """Return the probability that wait and hold together exceed `time` seconds."""
        time = checked_time(time)
        if not self.stable:
            return 1.0
        holds = self.service_rate * time
        gap = self.servers - 1.0 - self.offered_load
        alone, waited = math.exp(-holds), math.exp(-self._spare * time)
        if math.isinf(holds):
            return 0.0
        if gap == 0:
            both = holds * alone
        else:
            both = -math.expm1(-holds * abs(gap)) / abs(gap) * (alone if gap > 0 else waited)
        return min(1.0, alone + self.waiting_probability * both)

    def sojourn_quantile(self, probability: float) -> float:
        """Return the time that wait and hold exceed with at most 1 - `probability`, seconds."""
        return quantile(self.sojourn_exceeds, probability, self.mean_sojourn)

    def state_probabilities(self) -> FloatArray:
        """Return the probabilities of 0 to `servers` busy servers, waiting counted in the last."""
        if not self.stable:
            return np.asarray(np.eye(self.servers + 1)[self.servers])
        law = birth_death_law(self.offered_load / np.arange(1.0, self.servers + 1.0))
        below = law[:-1].sum()
        full = self.waiting_probability
        return np.asarray(np.append(law[:-1] * ((1.0 - full) / below), full))

    @property
    def _spare(self) -> float:
        return spare_rate(self.servers, self.service_rate, self.arrival_rate)
