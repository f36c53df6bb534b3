"""The questions that every model is asked, under one set of names, and how one is refused.

Knows what may be asked; knows no formula.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

import numpy as np
from scipy import optimize

from boltkb.errors import ModelError
from boltkb.queueing.domains import checked_time, checked_whole
from boltkb.queueing.erlang import FloatArray

__all__ = ["LossModel", "Model", "draw_busy", "quantile"]

#: Doublings after which a quantile is taken to lie beyond the doubles.
DOUBLINGS = 2_000


def quantile(exceeds: Callable[[float], float], probability: float, scale: float) -> float:
    """Return the smallest time that is exceeded with at most 1 - `probability`.

    Parameters
    ----------
    exceeds : callable
        Probability that a time in seconds is exceeded; falls with it, to 0.
    probability : float, in [0, 1)
    scale : float, seconds
        Where to start looking.

    Returns
    -------
    float, seconds
        0 if already 0 is exceeded with no more than that; infinite if no time is enough.

    Raises
    ------
    ModelError
        `probability` outside [0, 1).

    Examples
    --------
    >>> round(quantile(lambda t: math.exp(-t), 0.5, 1.0), 6)
    0.693147
    """
    if not 0 <= probability < 1:
        raise ModelError("probability", "0 or more and below 1", probability)
    target = 1.0 - probability
    if exceeds(0.0) <= target:
        return 0.0
    if math.isinf(scale):
        return math.inf

    def excess(time: float) -> float:
        return math.log(max(exceeds(time), 1e-320)) - math.log(target)

    low, high = 0.0, scale if scale > 0 else 1.0
    for _ in range(DOUBLINGS):
        if excess(high) <= 0:
            root = optimize.brentq(excess, low, high, xtol=1e-300, rtol=1e-15, maxiter=500)
            return float(root)
        low, high = high, 2.0 * high
        if math.isinf(high):
            break
    return math.inf


class Model(ABC):
    """What can be asked of a queue in its steady state.

    Times are in seconds, rates per second, loads in erlangs; what takes no argument is an
    attribute.  `blocking_probability` is what arrivals meet, `time_congestion` the share of
    time in which all servers are busy.  In models that lose customers `waiting_probability`,
    `mean_wait`, `mean_sojourn`, `wait_exceeds` and `wait_quantile` speak of those who are
    accepted; in models with abandonment, of all.  `mean_busy`, `mean_queue_length` and
    `mean_number` are averages over time, `throughput` is completions a second.  A question
    that a model cannot answer raises `ModelError`, which says why.
    """

    __slots__ = ()

    #: Kendall's notation.
    notation: ClassVar[str] = "a queue"

    @property
    def stable(self) -> bool:
        """Whether there is a steady state."""
        return True

    @property
    def blocking_probability(self) -> float:
        """Share of arrivals that are rejected; 0 where nobody is."""
        return 0.0

    @property
    def abandonment_probability(self) -> float:
        """Share of arrivals that leave before service; 0 where nobody does."""
        return 0.0

    @property
    @abstractmethod
    def time_congestion(self) -> float:
        """Share of time in which all servers are busy."""

    @property
    @abstractmethod
    def waiting_probability(self) -> float:
        """Share of customers that find all servers busy and wait."""

    @property
    @abstractmethod
    def mean_busy(self) -> float:
        """Mean number of busy servers over time."""

    @property
    @abstractmethod
    def mean_queue_length(self) -> float:
        """Mean number of waiting customers over time."""

    @property
    def mean_number(self) -> float:
        """Mean number of customers in the system over time, waiting and in service."""
        return self.mean_busy + self.mean_queue_length

    @property
    @abstractmethod
    def mean_wait(self) -> float:
        """Mean wait before service, seconds."""

    @property
    @abstractmethod
    def mean_sojourn(self) -> float:
        """Mean time in the system, seconds."""

    @property
    @abstractmethod
    def throughput(self) -> float:
        """Completions a second."""

    @abstractmethod
    def wait_exceeds(self, time: float) -> float:
        """Return the probability that a wait is longer than a time.

        Parameters
        ----------
        time : float, seconds, >= 0
            May be infinite.

        Returns
        -------
        float, in [0, 1]

        Raises
        ------
        ModelError
            Time negative or NaN.
        """

    def wait_quantile(self, probability: float) -> float:
        """Return the time that a wait exceeds with at most 1 - `probability`.

        Parameters
        ----------
        probability : float, in [0, 1)

        Returns
        -------
        float, seconds
            0 when so many do not wait at all; infinite when there is no steady state.

        Raises
        ------
        ModelError
            Probability outside its domain, NaN too.
        """
        return quantile(self.wait_exceeds, probability, self.mean_wait)

    @abstractmethod
    def state_probabilities(self) -> FloatArray:
        """Return the probabilities of 0, 1, 2, ... customers in the system.

        Returns
        -------
        array
            Of so many states as the system has.  Where the queue has no bound (M/M/c and the
            models with abandonment) only busy servers are told apart: servers + 1 states, and
            the last counts all who wait.
        """

    def sample_busy(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Return independent draws of the number of busy servers.

        Parameters
        ----------
        n : int, >= 0
        rng : numpy Generator

        Returns
        -------
        (n,) array of float

        Raises
        ------
        ModelError
            n negative or not whole.
        """
        return draw_busy(self.state_probabilities(), None, n, rng)

    def _cannot(self, question: str, why: str) -> ModelError:
        return ModelError(question, f"asked of a model that can answer it: {why}", self.notation)


class LossModel(Model):
    """A model in which nobody waits: who finds no server is rejected."""

    __slots__ = ()

    @property
    def waiting_probability(self) -> float:
        """0: nobody waits."""
        return 0.0

    @property
    def mean_wait(self) -> float:
        """0 seconds: nobody waits."""
        return 0.0

    @property
    def mean_queue_length(self) -> float:
        """0: nobody waits."""
        return 0.0

    def wait_exceeds(self, time: float) -> float:
        """Return 0: nobody waits.  `ModelError` for a time that is NaN or negative."""
        checked_time(time)
        return 0.0


def draw_busy(law: FloatArray, servers: int | None, n: int, rng: np.random.Generator) -> FloatArray:
    """Return n draws of the number of busy servers from the law of customers in the system.

    Parameters
    ----------
    law : (m,) array
        Probabilities of 0 to m - 1 customers.
    servers : int or None
        At most so many are in service; None where the law itself ends there.
    n : int, >= 0
    rng : numpy Generator

    Raises
    ------
    ModelError
        n not whole or negative.

    Examples
    --------
    >>> draw_busy(np.array([0.0, 0.0, 1.0]), 1, 3, np.random.default_rng(0)).tolist()
    [1.0, 1.0, 1.0]
    """
    drawn = rng.choice(len(law), size=checked_whole("n", n, least=0), p=law / law.sum())
    return np.asarray(drawn if servers is None else np.minimum(drawn, servers), dtype=float)
