"""Erlang's formulas turned round: the load or the servers for a wanted quality of service.

Pure functions of numbers; the cost grows with the logarithm of the servers only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from boltkb.errors import ModelError
from boltkb.queueing.erlang_large import FloatArray
from boltkb.queueing.erlang_loss import (
    MOST_SERVERS,
    IntArray,
    loads,
    loss,
    numbers,
    probabilities,
    real_servers,
    scalar_like,
)

__all__ = ["load_for_blocking", "servers_for_blocking", "servers_for_wait"]

#: Below this doubles lose digits and a probability is compared by its logarithm.
UNDERFLOW = float(np.finfo(np.float64).tiny)
#: Loads above this may ask for more servers than the formulas take.
MOST_LOAD = MOST_SERVERS / 4
#: Logarithm of a load so small that B equals its bound a^c / c! in every digit.
SMALLEST = -690.0
#: Newton steps and doublings after which a search gives up; a tenth of them is usual.
LIMIT = 200


@overload
def load_for_blocking(servers: float, blocking: float) -> float: ...
@overload
def load_for_blocking(servers: ArrayLike, blocking: ArrayLike) -> FloatArray: ...
def load_for_blocking(servers: ArrayLike, blocking: ArrayLike) -> float | FloatArray:
    """Return the constant offered load at which a loss system blocks the given share.

    Parameters
    ----------
    servers : float or array, > 0, at most 1e15
        Real numbers; see `erlang_b`.
    blocking : float or array, in (0, 1)

    Returns
    -------
    float or array, erlangs

    Raises
    ------
    ModelError
        Servers outside the domain or NaN, blocking outside (0, 1).

    Notes
    -----
    Newton's method on ln(B / (1 - B)) against ln a, from below.  The derivative of ln B is
    exactly c - a + a B (Jagerman 1974); the odds of blocking are a straight line for one
    server and next to one in overload.

    Examples
    --------
    >>> round(load_for_blocking(8, 0.01), 4), round(load_for_blocking(1, 0.5), 4)
    (3.1276, 1.0)
    """
    c, target = np.broadcast_arrays(real_servers(servers), probabilities("blocking", blocking))
    log_target, passed = np.log(target), 1.0 - target
    # B is at most a^c / c! and at least 1 - c / a: the root lies between the two loads.
    least = (log_target + special.gammaln(c + 1.0)) / c
    tiny = least < SMALLEST  # there the bound is the root, if it is a double at all
    load = np.where(tiny, 1.0, np.exp(np.minimum(least, np.log(c) - np.log(passed))))
    for _ in range(LIMIT):
        blocked, log_blocked, idle = loss(c, load)
        carried = np.where(blocked < 0.5, 1.0 - blocked, (c - idle) / load)
        near = (target > UNDERFLOW) & (blocked > UNDERFLOW)
        missing = np.where(
            near, np.log(target / np.where(near, blocked, 1.0)), log_target - log_blocked
        )
        step = np.where(tiny, 0.0, (missing - np.log(passed / carried)) * carried / idle)
        load = load * np.exp(np.clip(step, -1.0, 1.0))
        if bool(np.all(np.abs(step) <= 1e-15)):
            break
    load = np.where(tiny, np.exp(least), load)
    return scalar_like(load, servers, blocking)


@overload
def servers_for_blocking(offered_load: float, blocking: float) -> int: ...
@overload
def servers_for_blocking(offered_load: ArrayLike, blocking: ArrayLike) -> IntArray: ...
def servers_for_blocking(offered_load: ArrayLike, blocking: ArrayLike) -> int | IntArray:
    """Return the smallest number of servers that blocks at most the given share.

    Parameters
    ----------
    offered_load : float or array, erlangs, 0 to 2.5e14
        Constant; for a load that varies see `boltkb.queueing.size_servers`.
    blocking : float or array, in (0, 1)

    Returns
    -------
    int or array of int, >= 1

    Raises
    ------
    ModelError
        Load negative, NaN or too large; blocking outside (0, 1).

    Examples
    --------
    >>> servers_for_blocking(100.0, 0.001), servers_for_blocking(0.0, 0.001)
    (128, 1)
    """
    a, target = np.broadcast_arrays(
        loads(offered_load, MOST_LOAD), probabilities("blocking", blocking)
    )

    def enough(c: FloatArray) -> NDArray[np.bool_]:
        blocked, log_blocked, _ = loss(c, a)
        return np.where(target > UNDERFLOW, blocked <= target, log_blocked <= np.log(target))

    # What is carried stays below the servers, a (1 - B) < c: fewer servers block too much.
    found = _smallest(enough, np.maximum(np.floor(a * (1.0 - target)) - 1.0, 0.0), a)
    if np.ndim(offered_load) == 0 and np.ndim(blocking) == 0:
        return int(found)
    return found


@overload
def servers_for_wait(
    arrival_rate: float, service_rate: float, probability: float, wait: float
) -> int: ...
@overload
def servers_for_wait(
    arrival_rate: ArrayLike, service_rate: ArrayLike, probability: ArrayLike, wait: ArrayLike
) -> IntArray: ...
def servers_for_wait(
    arrival_rate: ArrayLike, service_rate: ArrayLike, probability: ArrayLike, wait: ArrayLike
) -> int | IntArray:
    """Return the smallest number of servers with which few enough arrivals wait too long, M/M/c.

    Parameters
    ----------
    arrival_rate : float or array, per second, >= 0
        Constant; at most 2.5e14 times the service rate.
    service_rate : float or array, per second, > 0
        One over the mean hold.
    probability : float or array, in (0, 1)
        Largest share of arrivals that may wait longer than `wait`.
    wait : float or array, seconds, >= 0
        At 0 the share that waits at all.

    Returns
    -------
    int or array of int, >= 1
        Always above the offered load: with no more servers than that every wait is exceeded.

    Raises
    ------
    ModelError
        A rate, probability or wait outside its domain, NaN or infinite.

    Notes
    -----
    P(W > t) = C exp(-(c m - l) t) with Erlang's C, arrival rate l and service rate m, first
    come first served (Erlang 1917).

    Examples
    --------
    >>> servers_for_wait(100.0, 1.0, 0.05, 0.1), servers_for_wait(100.0, 1.0, 0.05, 0.0)
    (113, 119)
    """
    arrivals = _rates("arrival_rate", arrival_rate, "a rate per second, 0 or more", least=0.0)
    services = _rates("service_rate", service_rate, "a rate per second above 0")
    delay = _rates("wait", wait, "a finite number of seconds, 0 or more", least=0.0)
    target = probabilities("probability", probability)
    arrivals, services, target, delay = np.broadcast_arrays(arrivals, services, target, delay)
    with np.errstate(over="ignore"):
        a = arrivals / services
    if not bool(np.all(a <= MOST_LOAD)):
        raise ModelError("arrival_rate", f"at most {MOST_LOAD:g} service rates", arrival_rate)
    log_target = np.log(target)

    def enough(c: FloatArray) -> NDArray[np.bool_]:
        blocked, log_blocked, idle = loss(c, a)
        spare = (c * services - arrivals) * delay
        share = c / np.where(a < c, idle, c)
        exceeds = share * blocked * np.exp(-np.clip(spare, 0.0, 700.0))
        exact = (target > UNDERFLOW) & (spare < 700.0)
        log_exceeds = log_blocked + np.log(share) - spare
        return (a < c) & np.where(exact, exceeds <= target, log_exceeds <= log_target)

    found = _smallest(enough, np.floor(a), a)
    if all(np.ndim(x) == 0 for x in (arrival_rate, service_rate, probability, wait)):
        return int(found)
    return found


def _smallest(
    enough: Callable[[FloatArray], NDArray[np.bool_]], low: FloatArray, load: FloatArray
) -> IntArray:
    """Return the least whole number that is enough, above `low`, which is known not to be."""
    stride = np.maximum(1.0, np.floor(np.sqrt(load)))
    high = low + stride
    for _ in range(LIMIT):
        short = ~enough(high)
        if not short.any():
            break
        stride = np.where(short, 2.0 * stride, stride)
        low = np.where(short, high, low)
        high = np.where(short, high + stride, high)
    while bool(np.any(high - low > 1.0)):
        middle = np.maximum(np.floor(0.5 * (low + high)), 1.0)
        sufficient = enough(middle)
        high = np.where(sufficient & (middle < high), middle, high)
        low = np.where(sufficient | (middle <= low), low, middle)
    return np.asarray(high, dtype=np.int64)


def _rates(name: str, values: ArrayLike, domain: str, *, least: float | None = None) -> FloatArray:
    rates = numbers(name, values, domain)
    above = rates > 0 if least is None else rates >= least
    if not bool(np.all(np.isfinite(rates) & above)):
        raise ModelError(name, domain, values)
    return rates
