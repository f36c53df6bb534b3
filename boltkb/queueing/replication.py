"""Runs repeated with seeds of their own, and what they say together, with intervals."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from boltkb.errors import ModelError
from boltkb.queueing.erlang import FloatArray
from boltkb.queueing.observations import PROBABILITY, Estimate
from boltkb.queueing.runs import QueueRun, Seed
from boltkb.tables import Column, Shown, Table

__all__ = ["Replications", "replicate", "simulate_markov"]

#: What is gathered of every run: name, unit.
_MEASURES = (
    ("blocking_probability", PROBABILITY),
    ("abandonment_probability", PROBABILITY),
    ("waiting_probability", PROBABILITY),
    ("time_congestion", PROBABILITY),
    ("mean_wait", "s"),
    ("mean_busy", "erlangs"),
    ("mean_queue_length", "customers"),
)


@dataclass(frozen=True, slots=True)
class Replications(Shown):
    """What independent runs say together: each quantity with its 95 % interval.

    Parameters
    ----------
    runs : int
    arrivals : int
        Customers that arrived in all runs.
    began : str
        How each run began, in words.
    blocking_probability, abandonment_probability, waiting_probability, time_congestion, \
mean_wait, mean_busy, mean_queue_length : Estimate

    Examples
    --------
    >>> said = simulate_markov(2, 1.0, 1.0, events=2_000, replications=64, seed=1)
    >>> said.blocking_probability.low < 0.2 < said.blocking_probability.high
    True
    """

    runs: int
    arrivals: int
    began: str
    blocking_probability: Estimate
    abandonment_probability: Estimate
    waiting_probability: Estimate
    time_congestion: Estimate
    mean_wait: Estimate
    mean_busy: Estimate
    mean_queue_length: Estimate

    def table(self) -> Table:
        """Return the estimates as a table."""
        rows = tuple((name.replace("_", " "), str(getattr(self, name))) for name, _ in _MEASURES)
        note = f"{self.runs} runs, {self.arrivals:,} arrivals; each run began {self.began}."
        return Table((Column("Quantity"), Column("Estimate")), rows, "Simulation", (note,))

    def __str__(self) -> str:
        return str(self.table())

    def to_html(self) -> str:
        """Return the estimates as one line of HTML."""
        return self.table().to_html()


def replicate(
    simulate: Callable[[np.random.SeedSequence], QueueRun], *, replications: int = 20, seed: Seed
) -> Replications:
    """Return what independent runs say together.

    Parameters
    ----------
    simulate : function
        Takes a seed, gives a run; all runs of the same length.
    replications : int, >= 2
    seed : int or SeedSequence
        Each run gets a seed spawned from it, so that runs are independent and repeatable.

    Returns
    -------
    Replications
        Means over the runs with intervals by Student's law; probabilities stay within 0 to 1.
        A quantity of which no run can speak has no value, and the reason.

    Raises
    ------
    ModelError
        Fewer than two runs.

    Examples
    --------
    >>> from boltkb.queueing import Exponential, PoissonArrivals, simulate_queue
    >>> def once(seed):
    ...     return simulate_queue(
    ...         PoissonArrivals(12.5), Exponential(0.4), 8, duration=400.0, seed=seed
    ...     )
    >>> said = replicate(once, replications=10, seed=2)
    >>> said.runs, said.mean_wait.value
    (10, 0.0)
    """
    root = _root(seed)
    _enough(replications)
    names = [name for name, _ in _MEASURES]
    rows, arrived, began = [], 0, ""
    for child in root.spawn(replications):
        run = simulate(child)
        rows.append([getattr(run, name) for name in names])
        arrived, began = arrived + int(run.counted.sum()), run.began
    values = np.asarray(rows, dtype=float)
    found = {
        name: _mean(values[:, column], unit, arrived)
        for column, (name, unit) in enumerate(_MEASURES)
    }
    return Replications(replications, arrived, began, **found)


def simulate_markov(
    servers: int,
    arrival_rate: float,
    service_rate: float,
    *,
    capacity: int | None = None,
    events: int = 10_000,
    replications: int = 4_096,
    seed: Seed,
) -> Replications:
    """Return what many runs of M/M/c/c or M/M/c/K say together, stepped side by side.

    Parameters
    ----------
    servers : int, >= 1
    arrival_rate : float, per second, > 0
    service_rate : float, per second, > 0
    capacity : int, >= servers, optional
        Customers that fit in, those in service included.  Left out: the servers, M/M/c/c.
    events : int, >= 1
        Arrivals and departures of each run.
    replications : int, >= 2
        Some thousands make it fast.
    seed : int or SeedSequence

    Returns
    -------
    Replications
        Blocking, counted; the rest as shares of time with each stay in a state replaced by
        its mean.  Waits by Little's law; no interval where a quantity is 0 by construction.

    Raises
    ------
    ModelError
        Parameters outside their domain.

    Notes
    -----
    The jump chain of the process, from its stationary law, p_k (lambda + min(k, c) mu); its
    probabilities are compared with 32 random bits, so each is met to within 2.4e-10.
    Every replication is one lane of a NumPy array.

    Examples
    --------
    >>> said = simulate_markov(400, 380.0, 1.0, events=2_000, replications=512, seed=1)
    >>> said.blocking_probability.low < 0.013867 < said.blocking_probability.high
    True
    """
    top = servers if capacity is None else capacity
    for name, value in (("servers", servers), ("capacity", top), ("events", events)):
        if not (value >= 1 and value == int(value)):
            raise ModelError(name, "a whole number, 1 or more", value)
    if top < servers:
        raise ModelError("capacity", "the servers or more", capacity)
    for name, rate in (("arrival_rate", arrival_rate), ("service_rate", service_rate)):
        if not (math.isfinite(rate) and rate > 0):
            raise ModelError(name, "a rate per second above 0", rate)
    _enough(replications)
    lanes = replications + replications % 2
    bits = np.random.PCG64(_root(seed))
    states = np.arange(top + 1)
    busy = np.minimum(states, servers)
    total = arrival_rate + busy * service_rate
    logs = np.concatenate([[0.0], np.cumsum(np.log(arrival_rate / (busy[1:] * service_rate)))])
    start = np.exp(logs - logs.max()) * total
    drawn = np.random.Generator(bits).choice(top + 1, lanes, p=start / start.sum())
    state = np.asarray(drawn, dtype=np.int32)
    shares = np.rint(arrival_rate / total * 2.0**32) - 1
    limit = np.clip(shares, 0, 2.0**32 - 1).astype(np.uint32)
    arrived, blocked = np.zeros(lanes, np.int32), np.zeros(lanes, np.int32)
    step, up = np.empty(lanes, np.uint32), np.empty(lanes, bool)
    # Every so often all lanes are looked at: the time shares need no finer net.
    look = max(1, events // 200)
    sums = np.zeros((4, lanes))
    weight = 1.0 / total
    seen = np.vstack(
        [weight, weight * (states >= servers), weight * busy, weight * (states - busy)]
    )
    for event in range(events):
        if event % look == 0:
            sums += seen[:, state]
        np.take(limit, state, out=step, mode="clip")
        np.less_equal(bits.random_raw(lanes // 2).view(np.uint32), step, out=up)
        arrived += up
        state += up
        state += up
        state -= 1
        np.greater(state, top, out=up)
        state -= up
        blocked += up
    rates = [_ratio(part, sums[0]) for part in sums[1:]]
    blocking = _ratio(blocked.astype(float), arrived.astype(float))
    return _gathered(lanes, int(arrived.sum()), blocking, rates, arrival_rate)


def _gathered(
    lanes: int,
    arrived: int,
    blocking: tuple[float, float],
    rates: list[tuple[float, float]],
    arrival_rate: float,
) -> Replications:
    (full, full_error), (busy, busy_error), (queue, queue_error) = rates
    accepted = arrival_rate * (1.0 - blocking[0])
    loss = "0 by construction" if queue == 0 and queue_error == 0 else ""
    waited = (full - blocking[0]) / (1.0 - blocking[0])
    return Replications(
        lanes,
        arrived,
        "in the steady state",
        _interval(*blocking, PROBABILITY, arrived),
        Estimate(0.0, None, None, PROBABILITY, "0 by construction"),
        Estimate(
            0.0 if loss else max(0.0, waited), None, None, PROBABILITY, loss or "of time shares"
        ),
        _interval(full, full_error, PROBABILITY),
        Estimate(0.0, None, None, "s", loss)
        if loss
        else _interval(queue / accepted, queue_error / accepted, "s"),
        _interval(busy, busy_error, "erlangs"),
        Estimate(0.0, None, None, "customers", loss)
        if loss
        else _interval(queue, queue_error, "customers"),
    )


def _ratio(part: FloatArray, whole: FloatArray) -> tuple[float, float]:
    """Return the ratio of two sums over independent lanes, and its standard error."""
    n = part.size
    ratio = float(part.sum() / whole.sum())
    residual = part - ratio * whole
    return ratio, float(np.sqrt((residual**2).sum() / (n * (n - 1))) / whole.mean())


def _interval(value: float, error: float, unit: str, chances: int = 0) -> Estimate:
    if value == 0 and chances:
        return _never(chances)
    low, high = value - 1.959964 * error, value + 1.959964 * error
    if unit == PROBABILITY:
        high = min(high, 1.0)
    return Estimate(value, max(low, 0.0), high, unit, "simulated")


def _never(chances: int) -> Estimate:
    """Return what is known of a probability when nothing happened: the rule of three."""
    return Estimate(0.0, 0.0, min(1.0, 3.0 / max(chances, 1)), PROBABILITY, "never happened")


def _mean(values: FloatArray, unit: str, chances: int) -> Estimate:
    values = values[~np.isnan(values)]
    if values.size < 2:
        return Estimate(None, None, None, unit, "too few runs saw a customer")
    if unit == PROBABILITY and not values.any():
        return _never(chances)
    half = float(special.stdtrit(values.size - 1, 0.975) * values.std(ddof=1))
    half /= math.sqrt(values.size)
    mean = float(values.mean())
    high = min(mean + half, 1.0) if unit == PROBABILITY else mean + half
    return Estimate(mean, max(mean - half, 0.0), high, unit, "simulated")


def _root(seed: Seed) -> np.random.SeedSequence:
    return seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)


def _enough(replications: int) -> None:
    if not (replications >= 2 and replications == int(replications)):
        raise ModelError("replications", "a whole number, 2 or more", replications)
