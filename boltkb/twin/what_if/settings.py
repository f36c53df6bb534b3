"""A server and its clients as a question has them, with the load through time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from boltkb.queueing import MixedLoss, erlang_b
from boltkb.twin.clients import Client, Driver, Work
from boltkb.twin.loads import Curve, Poisson
from boltkb.twin.server import Server

__all__ = ["DRIVERS", "Setting", "spread_of", "wave"]

Floats = npt.NDArray[np.float64]

#: The rules of each driver, by the name that a notebook takes.
DRIVERS: dict[str, Callable[..., Driver]] = {
    "java": Driver.java,
    "java 5.27": Driver.java_5_27,
    "python": Driver.python,
    "javascript": Driver.javascript,
    "go": Driver.go,
    "dotnet": Driver.dotnet,
}

#: Points of the way up, and of the way down again, of a load that varies.
_POINTS = 32
#: Points of the same curve that a formula is averaged over, for each of those.
_FINER = 8
#: A load does not vary by more than this, as the deviation of its logarithm.
_WIDEST = 1.5
#: Requests of a run at least.
_REQUESTS = 20_000
#: Mean holds that a run lasts at least; more where the load varies, which it must do slowly.
_HOLDS, _HOLDS_OF_A_WAVE = 100, 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One server, its clients and their load.

    Parameters
    ----------
    version : str
    threads, core_threads, queue, transaction_limit : int
    binding : bool
    rate : float, requests a second
        Mean; retries not counted.
    shape : tuple of float
        The rate over one wave, as multiples of its mean; (1.0,) where it does not vary.
    mean_hold : float, seconds
    driver : str
        One of `DRIVERS`.
    pool, processes : int
        Connections of a driver object; driver objects.
    acquisition_timeout : float, seconds
    retry_seconds : float, seconds
        For how long a failed transaction is tried again; 0: it is not.
    transaction_timeout : float, seconds
        Infinite: none.
    """

    version: str
    threads: int
    core_threads: int
    queue: int
    transaction_limit: int
    binding: bool
    rate: float
    shape: tuple[float, ...]
    mean_hold: float
    driver: str
    pool: int
    processes: int
    acquisition_timeout: float
    retry_seconds: float
    transaction_timeout: float

    @property
    def offered_load(self) -> float:
        """Mean load of fresh requests, erlangs."""
        return self.rate * self.mean_hold

    @property
    def server(self) -> Server:
        """The server, for the twin."""
        return Server(
            version=self.version,
            threads=self.threads,
            core_threads=min(self.core_threads, self.threads),
            queue=self.queue,
            binding=self.binding,
            transaction_limit=self.transaction_limit,
            transaction_timeout=self.transaction_timeout,
        )

    def client(self, seconds: float) -> Client:
        """Return the clients, for the twin; a load that varies goes up and down once."""
        driver = DRIVERS[self.driver](
            pool=self.pool,
            acquisition_timeout=self.acquisition_timeout,
            budget=self.retry_seconds,
        )
        load: Poisson | Curve = Poisson(self.rate)
        if len(self.shape) > 1:
            times = seconds * (np.arange(len(self.shape)) + 0.5) / len(self.shape)
            ends = 0.5 * (self.shape[0] + self.shape[-1])
            rates = self.rate * np.array([ends, *self.shape, ends])
            load = Curve((0.0, *times.tolist(), seconds), tuple(rates.tolist()), repeat=seconds)
        kind = "managed" if self.retry_seconds > 0 else "explicit"
        work = Work(seconds=self.mean_hold, kind=kind)
        return Client("clients", work, load, driver, processes=self.processes)

    @property
    def seconds(self) -> float:
        """How long a run should be, s: many requests, and a load that moves slowly."""
        holds = _HOLDS_OF_A_WAVE if len(self.shape) > 1 else _HOLDS
        return float(max(_REQUESTS / self.rate, holds * self.mean_hold))

    @property
    def warm_up(self) -> float:
        """How long a run takes to forget its empty start, s."""
        return 20.0 * self.mean_hold + 2.0 * self.retry_seconds

    @property
    def tail(self) -> float:
        """How long a run goes on so that what began in time can end, s."""
        patience = min(self.acquisition_timeout, 120.0)
        return patience + 10.0 * self.mean_hold + 2.0 * self.retry_seconds

    def rates(self) -> Floats:
        """Return the rate at evenly spaced moments of one wave, for formulas."""
        shape = np.asarray(self.shape)
        if shape.size == 1:
            return self.rate * shape
        at = (np.arange(_FINER * shape.size) + 0.5) / _FINER - 0.5
        factors = np.interp(at, np.arange(shape.size), shape, period=shape.size)
        return np.asarray(self.rate * factors, dtype=np.float64)

    def with_threads(self, threads: int) -> Setting:
        """Return the same with another number of threads."""
        return replace(self, threads=threads)


def wave(spread: float) -> Floats:
    """Return a load over one wave, up and down again, lognormal with mean 1.

    Parameters
    ----------
    spread : float, >= 0
        Standard deviation of its logarithm; 0: it does not vary.

    Examples
    --------
    >>> wave(0.0).tolist(), wave(0.3).size
    ([1.0], 64)
    """
    if spread == 0:
        return np.ones(1)
    way_up = np.exp(spread * special.ndtri((np.arange(_POINTS) + 0.5) / _POINTS))
    whole = np.concatenate([way_up, way_up[::-1]])
    return np.asarray(whole / whole.mean(), dtype=np.float64)


def spread_of(threads: int, offered_load: float, rejected: float | None) -> float:
    """Return how much a load must vary for so many to be rejected.

    Parameters
    ----------
    threads : int, >= 1
    offered_load : float, erlangs, > 0
        Its mean over time.
    rejected : float or None
        The share of attempts that were.

    Returns
    -------
    float
        Standard deviation of its logarithm; 0 where a constant load rejects as many, or more.

    Examples
    --------
    >>> spread_of(8, 5.0, float(erlang_b(8, 5.0)))
    0.0
    >>> round(spread_of(8, 3.70, 0.0397), 2)
    0.28
    """
    if rejected is None or not rejected > float(erlang_b(threads, offered_load)) * (1 + 1e-9):
        return 0.0

    def above(spread: float) -> float:
        loads = offered_load * wave(spread)
        model = MixedLoss(threads, tuple(loads.tolist()), (1.0,) * loads.size)
        return math.log(model.blocking_probability) - math.log(rejected)

    if above(_WIDEST) <= 0:
        return _WIDEST
    return float(optimize.brentq(above, 1e-6, _WIDEST, xtol=1e-6))
