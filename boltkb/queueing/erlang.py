"""Erlang's formulas for loss and for delay, at any number of servers, whole or not.

Pure functions of numbers.  Nothing here knows of samples, of time or of what a server is.
Scalars give scalars, arrays broadcast.  The cost does not grow with the servers.  Condition
number in the load of Erlang B: ``|servers - load + load * B|``, the mean number of idle
servers; a load that was rounded to a double carries that many times 1.1e-16 into B.  What the
functions add to it themselves is some units in the last place, from one server to a million.
"""

from __future__ import annotations

from typing import overload

import numpy as np
from numpy.typing import ArrayLike

from boltkb.queueing.erlang_inverse import (
    load_for_blocking,
    servers_for_blocking,
    servers_for_wait,
)
from boltkb.queueing.erlang_large import FloatArray
from boltkb.queueing.erlang_loss import IntArray, checked, loss, scalar_like

__all__ = [
    "FloatArray",
    "IntArray",
    "erlang_b",
    "erlang_b_derivative",
    "erlang_c",
    "load_for_blocking",
    "log_erlang_b",
    "log_erlang_c",
    "servers_for_blocking",
    "servers_for_wait",
]

#: Below this doubles lose digits.
UNDERFLOW = float(np.finfo(np.float64).tiny)


@overload
def erlang_b(servers: float, offered_load: float) -> float: ...
@overload
def erlang_b(servers: ArrayLike, offered_load: ArrayLike) -> FloatArray: ...
def erlang_b(servers: ArrayLike, offered_load: ArrayLike) -> float | FloatArray:
    """Return the blocking probability of a loss system with Poisson arrivals, M/G/c/c.

    Parameters
    ----------
    servers : float or array, > 0, at most 1e15
        Whole numbers for a system that can be built; between them the analytic continuation,
        which approximations for other than Poisson arrivals need (Hayward's, for one).
    offered_load : float or array, erlangs, >= 0
        Arrival rate times mean hold; may exceed the servers.

    Returns
    -------
    float or array
        In [0, 1]; 0 at load 0.  By PASTA both the share of arrivals that are rejected and
        the share of time in which all servers are busy.  It may underflow to 0; see
        `log_erlang_b`.

    Raises
    ------
    ModelError
        Servers or load outside the domain or NaN, load infinite.

    Notes
    -----
    1 / B = a * integral over t > 0 of exp(-a t) (1 + t)^c (Erlang 1917; in this form Fortet,
    after Jagerman 1974).  Below 24 servers by the recurrence
    1 / B_k = 1 + (k / a) / B_{k-1}; from there by the uniform expansion of the incomplete
    gamma function (Temme 1979); for loads some four standard deviations above the servers by
    Legendre's continued fraction.

    Examples
    --------
    >>> round(erlang_b(8, 5.0), 6), erlang_b(1, 1.0), erlang_b(8, 0.0)
    (0.070048, 0.5, 0.0)
    >>> erlang_b([8, 8.5, 9], 5.0).round(4).tolist()
    [0.07, 0.0518, 0.0375]
    """
    c, a = checked(servers, offered_load)
    return scalar_like(loss(c, a).blocking, servers, offered_load)


@overload
def log_erlang_b(servers: float, offered_load: float) -> float: ...
@overload
def log_erlang_b(servers: ArrayLike, offered_load: ArrayLike) -> FloatArray: ...
def log_erlang_b(servers: ArrayLike, offered_load: ArrayLike) -> float | FloatArray:
    """Return the natural logarithm of the blocking probability, which never underflows.

    Parameters
    ----------
    servers : float or array, > 0, at most 1e15
        Real numbers; see `erlang_b`.
    offered_load : float or array, erlangs, >= 0

    Returns
    -------
    float or array
        At most 0; minus infinity at load 0.

    Raises
    ------
    ModelError
        As `erlang_b`.

    Notes
    -----
    As `erlang_b`, whose exponent and factor are kept apart.  The relative error is that of the
    logarithm itself, also where the probability is next to 1.

    Examples
    --------
    >>> round(log_erlang_b(8, 5.0), 6), round(log_erlang_b(1_000_000, 900_000.0), 2)
    (-2.658577, -5368.34)
    """
    c, a = checked(servers, offered_load)
    return scalar_like(loss(c, a).log_blocking, servers, offered_load)


@overload
def erlang_b_derivative(servers: float, offered_load: float) -> float: ...
@overload
def erlang_b_derivative(servers: ArrayLike, offered_load: ArrayLike) -> FloatArray: ...
def erlang_b_derivative(servers: ArrayLike, offered_load: ArrayLike) -> float | FloatArray:
    """Return the derivative of the blocking probability with respect to the offered load.

    Parameters
    ----------
    servers : float or array, > 0, at most 1e15
        Real numbers; see `erlang_b`.
    offered_load : float or array, erlangs, >= 0

    Returns
    -------
    float or array, per erlang
        >= 0.  At load 0: 1 with one server, 0 with more, infinite with less than one.

    Raises
    ------
    ModelError
        As `erlang_b`.

    Notes
    -----
    B (c / a - 1 + B) (Jagerman 1974), the bracket computed as the mean number of idle servers
    over the load, so that it does not cancel in overload.

    Examples
    --------
    >>> erlang_b_derivative(1, 1.0), erlang_b_derivative(1, 0.0)
    (0.25, 1.0)
    >>> round(1e6 * erlang_b_derivative(1_000_000, 1_500_000.0), 6)
    0.444441
    """
    c, a = checked(servers, offered_load)
    blocking, log_blocking, idle = loss(c, a)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        direct = np.where(a < 1.0, blocking / a * idle, blocking * (idle / a))
        slope = np.where(blocking > UNDERFLOW, direct, idle * np.exp(log_blocking - np.log(a)))
    at_zero = np.where(c == 1.0, 1.0, np.where(c > 1.0, 0.0, np.inf))
    return scalar_like(np.where(a > 0, slope, at_zero), servers, offered_load)


@overload
def erlang_c(servers: float, offered_load: float) -> float: ...
@overload
def erlang_c(servers: ArrayLike, offered_load: ArrayLike) -> FloatArray: ...
def erlang_c(servers: ArrayLike, offered_load: ArrayLike) -> float | FloatArray:
    """Return the probability that an arrival must wait when waiting is possible, M/M/c.

    Parameters
    ----------
    servers : float or array, > 0, at most 1e15
        Real numbers; see `erlang_b`.
    offered_load : float or array, erlangs, >= 0

    Returns
    -------
    float or array
        In [0, 1].  From a load equal to the servers on it is 1: the queue grows without end
        and every arrival waits.

    Raises
    ------
    ModelError
        As `erlang_b`.

    Notes
    -----
    C = c B / (c - a (1 - B)) with Erlang's B (Erlang 1917).

    Examples
    --------
    >>> round(erlang_c(8, 5.0), 6), round(erlang_c(1, 0.25), 6), erlang_c(8, 9.0)
    (0.167267, 0.25, 1.0)
    """
    c, a = checked(servers, offered_load)
    return scalar_like(_waiting(c, a)[0], servers, offered_load)


@overload
def log_erlang_c(servers: float, offered_load: float) -> float: ...
@overload
def log_erlang_c(servers: ArrayLike, offered_load: ArrayLike) -> FloatArray: ...
def log_erlang_c(servers: ArrayLike, offered_load: ArrayLike) -> float | FloatArray:
    """Return the natural logarithm of the probability of waiting, which never underflows.

    Parameters
    ----------
    servers : float or array, > 0, at most 1e15
        Real numbers; see `erlang_b`.
    offered_load : float or array, erlangs, >= 0

    Returns
    -------
    float or array
        At most 0; 0 from a load equal to the servers on, minus infinity at load 0.

    Raises
    ------
    ModelError
        As `erlang_b`.

    Notes
    -----
    ln B + ln(c / (c - a (1 - B))); next to 1 by the probability of not waiting,
    (c - a) (1 - B) / (c - a (1 - B)).

    Examples
    --------
    >>> round(log_erlang_c(1_000, 100.0), 4), log_erlang_c(8, 8.0)
    (-1406.8526, 0.0)
    """
    c, a = checked(servers, offered_load)
    return scalar_like(_waiting(c, a)[1], servers, offered_load)


def _waiting(c: FloatArray, a: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the probability of waiting and its logarithm."""
    blocking, log_blocking, idle = loss(c, a)
    stable = a < c
    idle = np.where(stable, idle, c)
    waiting = np.where(stable, np.clip(c * blocking / idle, blocking, 1.0), 1.0)
    at_once = np.where(stable, (c - a) * (1.0 - blocking) / idle, 0.0)
    log_waiting = np.where(
        waiting > 0.5,
        np.log1p(-np.minimum(at_once, 0.75)),
        np.minimum(log_blocking + np.log(c / idle), 0.0),
    )
    return waiting, np.maximum(log_waiting, log_blocking) + 0.0  # never minus zero
