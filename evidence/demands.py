"""Loads whose true need is known: what the sizing is asked about, and how many threads it takes.

The need is the twin's own: the smallest number of threads with which fresh runs of the same load
keep to the target.  For a constant load it stands beside Erlang's B, which it must agree with.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import optimize

from boltkb.queueing import Exponential, Lognormal
from boltkb.queueing.erlang import erlang_b
from boltkb.queueing.erlang_inverse import load_for_blocking, servers_for_blocking
from boltkb.twin import Client, Curve, Driver, Poisson, Server, Work
from boltkb.twin.running import Run

__all__ = ["DAY", "Demand", "Need", "demands", "fresh", "need", "need_between", "setting"]

DAY = 86_400.0
#: Threads that a pool has, while its load takes more.
_POOLS = (8, 16, 30, 60, 120, 250, 400)
_TARGETS = (0.001, 0.01)
#: The share that a pool rejects as it is: too small, as the sizing is asked only then.
_REJECTED = (0.02, 0.08)
_HOURS = 1.0
#: Attempts over all fresh runs of one size: so many that chance is small beside one thread.
_ATTEMPTS = 6_000_000
_FIRST_SEED = 20_000
#: Requests in a run, and in a day: longer holds where there are more threads.
_HOLDS, _PER_DAY = (0.2, 2.0), 1_200_000


@dataclass(frozen=True, slots=True)
class Demand:
    """A load on a pool that is too small for it.

    Parameters
    ----------
    number : int
        Its place in the list; its seeds follow from it.
    threads : int
        That the pool has.
    target : float
        Share of attempts that may be rejected.
    shape : str
        `constant` or `day`.
    law : str
        Of the work: `lognormal` (variance twice the squared mean) or `exponential`.
    hold : float, seconds
    load : float, erlangs
        The mean over the window.
    swing : float, 0 to 1
        Of a day: how far the load goes up and down from its mean, as a share of it.
    seconds : float
        How long the server is watched.
    """

    number: int
    threads: int
    target: float
    shape: str
    law: str
    hold: float
    load: float
    swing: float
    seconds: float

    @property
    def seed(self) -> int:
        """The seed of the run that is exported."""
        return _FIRST_SEED + 1_000 * self.number


@dataclass(frozen=True, slots=True)
class Need:
    """How many threads a load takes.

    Parameters
    ----------
    threads : int
        By the twin.
    formula : int
        By Erlang's B, of a day averaged over its arrivals.
    """

    threads: int
    formula: int


def demands(rounds: int = 1) -> list[Demand]:
    """Return the loads that the sizing is asked about.

    Parameters
    ----------
    rounds : int, >= 1
        How often each pool, target and shape comes, each time with other numbers.

    Examples
    --------
    >>> found = demands()
    >>> len(found), {demand.shape for demand in found} == {"constant", "day"}
    (28, True)
    """
    found = []
    for _ in range(rounds):
        for threads in _POOLS:
            for target in _TARGETS:
                for shape in ("constant", "day"):
                    found.append(_drawn(len(found), threads, target, shape))
    return found


def setting(demand: Demand, threads: int) -> tuple[Server, Client]:
    """Return a server with so many threads, and the clients of a demand.

    Parameters
    ----------
    demand : Demand
    threads : int
    """
    law = Lognormal(demand.hold, 2.0) if demand.law == "lognormal" else Exponential(demand.hold)
    rate = demand.load / demand.hold
    load = Poisson(rate) if demand.shape == "constant" else Curve.day(rate, swing=demand.swing)
    # Pools that never limit, and no retries: what comes is what the clients want.
    driver = Driver.python(pool=8 * demand.threads)
    client = Client("shop-api/2.3", Work(seconds=law), load, driver, processes=3)
    return Server(version="5.26.30", threads=threads), client


def fresh(demand: Demand, threads: int, seed: int) -> tuple[int, int]:
    """Return how often a thread was asked for and not to be had, in a run of its own.

    Parameters
    ----------
    demand : Demand
    threads : int
    seed : int
    """
    server, client = setting(demand, threads)
    run = Run(server, (client,), seed=seed, sample_every=60.0, record=())
    for _ in run.advance(demand.seconds):
        pass
    member = run.state.members[0]
    return int(member["asked"]), int(member["refused"])


def need(demand: Demand, *, attempts: int = _ATTEMPTS) -> Need:
    """Return the smallest number of threads with which fresh runs keep to the target.

    Parameters
    ----------
    demand : Demand
    attempts : int
        Over the runs of each size that is tried.
    """
    runs = max(2, math.ceil(attempts * demand.hold / (demand.load * demand.seconds)))

    @cache
    def enough(threads: int) -> bool:
        counts = [fresh(demand, threads, demand.seed + 100 + run) for run in range(runs)]
        asked, refused = np.sum(counts, axis=0)
        return bool(refused <= demand.target * asked)

    formula = need_between(demand, 0.0, demand.seconds)
    return Need(_smallest(enough, formula), formula)


def _smallest(enough: Callable[[int], bool], guess: int) -> int:
    threads = guess
    while not enough(threads):
        threads += 1
    while enough(threads - 1):
        threads -= 1
    return threads


def _drawn(number: int, threads: int, target: float, shape: str) -> Demand:
    rng = np.random.default_rng([_FIRST_SEED, number])
    rejected = float(np.exp(rng.uniform(*np.log(_REJECTED))))
    hold = float(np.exp(rng.uniform(*np.log(_HOLDS))))
    law = ("lognormal", "exponential")[int(rng.integers(2))]
    if shape == "constant":
        load = float(load_for_blocking(threads, rejected))
        return Demand(number, threads, target, shape, law, hold, load, 0.0, 3600.0 * _HOURS)
    swing = float(rng.uniform(0.2, 0.5))
    load = float(optimize.brentq(lambda mean: _lost(threads, mean, swing) - rejected, 0.1, threads))
    hold = max(hold, load * DAY / _PER_DAY)
    return Demand(number, threads, target, shape, law, hold, load, swing, DAY)


def need_between(demand: Demand, first: float, last: float) -> int:
    """Return what a part of the window takes, by Erlang's B averaged over its arrivals.

    Parameters
    ----------
    demand : Demand
    first, last : float, seconds
        From the beginning of the window.
    """
    if demand.shape == "constant":
        return int(servers_for_blocking(demand.load, demand.target))
    threads = 1
    while _lost(threads, demand.load, demand.swing, first, last) > demand.target:
        threads += 1
    return threads


def _lost(threads: int, mean: float, swing: float, first: float = 0.0, last: float = DAY) -> float:
    """Return the share that is rejected over a day, holds being short against its curve."""
    times = first + (np.arange(2_000) + 0.5) / 2_000 * (last - first)
    day = Curve.day(mean, swing=swing)
    loads = np.interp(times % DAY, day.times, day.rates)
    return float(loads @ np.asarray(erlang_b(float(threads), loads)) / loads.sum())
