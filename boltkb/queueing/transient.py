"""A loss system through time: its law after so many seconds at one arrival rate.

Pure functions of numbers, by uniformisation: sums of positive terms only, so that small
probabilities keep their digits.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy.linalg import blas

from boltkb.queueing.chains import birth_death_law
from boltkb.queueing.erlang import FloatArray
from boltkb.queueing.models import busy_law

__all__ = ["loss_passage", "solve_loss"]

#: Jumps of the uniformised chain in one go.
JUMPS = 400.0
#: The law is that of the steady state when no probability above the floor is further from it.
SETTLED = 1e-13
FLOOR = 1e-60
#: Mean holds after which a loss system has forgotten how it began, and when a cycle closes.
MEMORY = 40.0
ROUND = 1e-15


def loss_passage(
    law: FloatArray, arrival_rate: float, service_rate: float, duration: float
) -> tuple[FloatArray, FloatArray]:
    """Return the law of the busy servers after a time, and its integral over that time.

    Parameters
    ----------
    law : (servers + 1,) array
        Probabilities of 0 to `servers` busy servers at the start.
    arrival_rate : float, per second, >= 0
    service_rate : float, per second, > 0
    duration : float, seconds, > 0

    Returns
    -------
    tuple of two (servers + 1,) arrays
        The integral is in seconds: it sums to `duration`.

    Notes
    -----
    Uniformisation (Jensen 1953): Poisson many jumps of a discrete chain.  Costs about
    (servers + load) jumps a mean hold, each as long as the servers; once the steady state is
    reached the rest of the time costs nothing.

    Examples
    --------
    >>> end, spent = loss_passage(np.array([1.0, 0.0]), 1.0, 1.0, 0.5)
    >>> round(float(end[1]), 6), round((1 - math.exp(-1)) / 2, 6), float(spent.sum())
    (0.31606, 0.31606, 0.5)
    """
    servers = len(law) - 1
    top_rate = arrival_rate + servers * service_rate
    steady = birth_death_law(arrival_rate / service_rate / np.arange(1.0, servers + 1.0))
    counted = steady > FLOOR
    step = min(duration, JUMPS / top_rate)
    whole = math.ceil(duration / step)
    step = duration / whole
    jump = _Jump(servers, arrival_rate, service_rate)
    mean = top_rate * step
    most = math.ceil(mean + 9.0 * math.sqrt(mean) + 30.0)
    weights = birth_death_law(mean / np.arange(1.0, most + 1.0))
    later = np.append(np.cumsum(weights[::-1])[::-1][1:], 0.0) / top_rate
    both = np.vstack([weights, later])
    rows = np.empty((most + 1, servers + 1))
    spent = np.zeros(servers + 1)
    for done in range(whole):
        if bool(np.all(np.abs(law[counted] - steady[counted]) <= SETTLED * steady[counted])):
            return steady, spent + steady * (step * (whole - done))
        rows[0] = law
        for k in range(most):
            jump(rows[k], rows[k + 1])
        law, piece = both @ rows
        law = law / law.sum()
        spent += piece
    return law, spent


@lru_cache(maxsize=8)
def solve_loss(
    servers: int,
    edges: tuple[float, ...],
    rates: tuple[float, ...],
    service_rate: float,
    start: str,
) -> tuple[FloatArray, FloatArray]:
    """Return the laws at the edges of pieces of constant rate, and the time in each state.

    Parameters
    ----------
    servers : int, >= 1
    edges : tuple of m + 1 float, seconds
    rates : tuple of m float, per second
    service_rate : float, per second
    start : {"periodic", "empty", "steady"}
        As in `TimeVaryingLoss`.

    Returns
    -------
    tuple of (m + 1, servers + 1) and (m, servers + 1) arrays
        The times in seconds.

    Examples
    --------
    >>> laws, spent = solve_loss(1, (0.0, 1.0), (1.0,), 1.0, "steady")
    >>> laws.tolist(), spent.tolist()
    ([[0.5, 0.5], [0.5, 0.5]], [[0.5, 0.5]])
    """
    lengths = np.diff(edges)
    laws, spent = np.empty((len(edges), servers + 1)), np.empty((len(rates), servers + 1))
    laws[0] = np.eye(servers + 1)[0]
    cycles = 1
    if start != "empty":
        mean = float(np.asarray(rates) @ lengths / lengths.sum())
        first = rates[0] if start == "steady" else mean
        laws[0] = busy_law(servers, first / service_rate)
    if start == "periodic":
        cycles = 2 + math.ceil(MEMORY / (service_rate * float(lengths.sum())))
    for _ in range(cycles):
        for i, (rate, length) in enumerate(zip(rates, lengths, strict=True)):
            laws[i + 1], spent[i] = loss_passage(laws[i], rate, service_rate, float(length))
        if start != "periodic" or float(np.abs(laws[-1] - laws[0]).max()) <= ROUND:
            break
        laws[0] = laws[-1]
    return laws, spent


class _Jump:
    """One jump of the uniformised chain, written in place."""

    def __init__(self, servers: int, arrival_rate: float, service_rate: float) -> None:
        top_rate = arrival_rate + servers * service_rate
        k = np.arange(servers + 1.0)
        bands = np.zeros((3, servers + 1), order="F")
        bands[0] = k * service_rate
        bands[1] = (servers - k) * service_rate
        bands[1, -1] += arrival_rate
        bands[2, :-1] = arrival_rate
        self._bands = bands / top_rate
        self._size = servers + 1

    def __call__(self, law: FloatArray, out: FloatArray) -> None:
        size = self._size
        if size == 2:  # too few for the banded product
            bands = self._bands
            out[0] = bands[1, 0] * law[0] + bands[0, 1] * law[1]
            out[1] = bands[2, 0] * law[0] + bands[1, 1] * law[1]
            return
        blas.dgbmv(size, size, 1, 1, 1.0, self._bands, law, beta=0.0, y=out, overwrite_y=True)
