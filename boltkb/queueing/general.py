"""Waits when neither arrivals nor holds are exponential: two moments, and an honest band.

And the two limits of many servers that staffing rules come from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from scipy import special

from boltkb.errors import ModelError
from boltkb.queueing.domains import checked_rate, checked_rates, checked_time, checked_whole
from boltkb.queueing.erlang import FloatArray
from boltkb.queueing.models import MMc
from boltkb.queueing.questions import Model

__all__ = ["GGc", "blocking_limit", "delay_limit"]

TWO_MOMENTS = "two moments give the mean wait only; simulate for its law"

#: The band of the mean wait: the smaller of the two over this to the larger times this.
BAND = 2.0


@dataclass(frozen=True, slots=True)
class GGc(Model):
    """A delay system with any arrivals and holds, by the mean and variance of each, G/G/c.

    Parameters
    ----------
    servers : int, >= 1
    arrival_rate : float, per second, >= 0
    service_rate : float, per second, > 0
    arrival_variability : float, >= 0
        Squared coefficient of variation of the times between arrivals: 1 for Poisson.
    service_variability : float, >= 0
        The same of the holds: 1 for exponential, 0 for constant.

    Raises
    ------
    ModelError
        A parameter outside its domain, by name; questions about laws.

    Notes
    -----
    Arrivals and holds independent of each other and of their past.  `mean_wait` is Whitt's
    (1993, equations 2.16 to 2.25); `mean_wait_simple` is Allen and Cunneen's (Allen 1990),
    ``Wq(M/M/c) (ca2 + cs2) / 2``.  `mean_wait_band` is from half the smaller to twice the
    larger: against simulations at 400 servers, utilisation 0.95, the truth lay between 0.6
    and 1.8 times either.  At many servers and utilisations below that two moments do not
    determine the wait; the band is a rule of thumb there, not an interval.

    Examples
    --------
    >>> queue = GGc(400, 1584.0, 4.0, arrival_variability=1.0, service_variability=0.0)
    >>> round(queue.mean_wait_simple, 5), round(queue.mean_wait, 5)
    (0.02417, 0.02482)
    """

    notation: ClassVar[str] = "G/G/c by two moments"

    servers: int
    arrival_rate: float
    service_rate: float
    arrival_variability: float
    service_variability: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "servers", checked_whole("servers", self.servers))
        checked_rates("arrival_rate", self.arrival_rate, self.service_rate)
        square = "a squared coefficient of variation"
        checked_rate("arrival_variability", self.arrival_variability, square, zero=True)
        checked_rate("service_variability", self.service_variability, square, zero=True)

    @property
    def offered_load(self) -> float:
        """Arrival rate times mean hold, in erlangs."""
        return self.arrival_rate / self.service_rate

    @property
    def utilisation(self) -> float:
        """Offered load over servers; may exceed 1."""
        return self.offered_load / self.servers

    @property
    def stable(self) -> bool:
        """Whether the offered load is below the servers."""
        return self._poisson.stable

    @property
    def mean_wait(self) -> float:
        """Mean wait by Whitt's approximation, seconds; infinite when unstable."""
        return self.mean_wait_simple * self._correction if self.stable else math.inf

    @property
    def mean_wait_simple(self) -> float:
        """Mean wait by Allen and Cunneen's approximation, seconds; infinite when unstable."""
        if not self.stable:
            return math.inf
        return self._poisson.mean_wait * (self.arrival_variability + self.service_variability) / 2

    @property
    def mean_wait_band(self) -> tuple[float, float]:
        """From half the smaller of the two approximations to twice the larger, seconds."""
        both = (self.mean_wait, self.mean_wait_simple)
        return min(both) / BAND, max(both) * BAND

    @property
    def mean_queue_length(self) -> float:
        """Mean number of waiting customers, by Little's law; infinite when unstable."""
        return self.arrival_rate * self.mean_wait if self.stable else math.inf

    @property
    def mean_busy(self) -> float:
        """Mean number of busy servers: the offered load, at most the servers; exact."""
        return self._poisson.mean_busy

    @property
    def throughput(self) -> float:
        """Completions a second; exact."""
        return self._poisson.throughput

    @property
    def mean_sojourn(self) -> float:
        """Mean time in the system, seconds."""
        return self.mean_wait + 1.0 / self.service_rate

    @property
    def waiting_probability(self) -> float:
        """Not known: `ModelError`."""
        raise self._cannot("waiting_probability", TWO_MOMENTS)

    @property
    def time_congestion(self) -> float:
        """Not known: `ModelError`."""
        raise self._cannot("time_congestion", TWO_MOMENTS)

    def wait_exceeds(self, time: float) -> float:
        """Not known: `ModelError`."""
        checked_time(time)
        raise self._cannot("wait_exceeds", TWO_MOMENTS)

    def state_probabilities(self) -> FloatArray:
        """Not known: `ModelError`."""
        raise self._cannot("state_probabilities", TWO_MOMENTS)

    @property
    def _poisson(self) -> MMc:
        return MMc(self.servers, self.arrival_rate, self.service_rate)

    @property
    def _correction(self) -> float:
        """Whitt's phi, with his numbers."""
        rho, c = self.utilisation, self.servers
        ca2, cs2 = self.arrival_variability, self.service_variability
        if rho == 0 or ca2 == cs2 == 0:
            return 1.0
        gamma = min(0.24, (1 - rho) * (c - 1) * (math.sqrt(4 + 5 * c) - 2) / (16 * c * rho))
        phi_1, phi_2 = 1 + gamma, 1 - 4 * gamma
        phi_3 = phi_2 * math.exp(-2 * (1 - rho) / (3 * rho))
        phi_4 = min(1.0, (phi_1 + phi_3) / 2)
        both = (ca2 + cs2) / 2
        psi = 1.0 if both >= 1 else phi_4 ** (2 * (1 - both))
        if ca2 >= cs2:
            return (4 * (ca2 - cs2) * phi_1 + cs2 * psi) / (4 * ca2 - 3 * cs2)
        return ((cs2 - ca2) * phi_3 + (cs2 + 3 * ca2) * psi) / (2 * ca2 + 2 * cs2)


def delay_limit(margin: float) -> float:
    """Return the share that waits with many servers, c = a + margin sqrt(a).

    Parameters
    ----------
    margin : float, > 0
        Servers above the load, in square roots of the load.

    Returns
    -------
    float, in (0, 1)

    Raises
    ------
    ModelError
        Margin 0 or less, NaN or infinite.

    Notes
    -----
    ``1 / (1 + b Phi(b) / phi(b))`` (Halfin and Whitt 1981, equation 2.3): the limit of
    Erlang's C.  A start for staffing, not its answer.

    Examples
    --------
    >>> round(delay_limit(1.0), 5)
    0.22336
    """
    checked_rate("margin", margin, "square roots of the load")
    return 1.0 / (1.0 + margin / blocking_limit(margin)) if margin < 37 else 0.0


def blocking_limit(margin: float) -> float:
    """Return the limit of sqrt(a) B with many servers, c = a + margin sqrt(a).

    Parameters
    ----------
    margin : float
        Servers above the load, in square roots of the load; negative below.

    Returns
    -------
    float, > 0

    Raises
    ------
    ModelError
        NaN or infinite.

    Notes
    -----
    ``phi(b) / Phi(b)`` (Jagerman 1974), by the scaled complementary error function.

    Examples
    --------
    >>> round(blocking_limit(2.0), 6)
    0.055248
    """
    if not math.isfinite(margin):
        raise ModelError("margin", "a finite number of square roots of the load", margin)
    return float(math.sqrt(2.0 / math.pi) / special.erfcx(-margin / math.sqrt(2.0)))
