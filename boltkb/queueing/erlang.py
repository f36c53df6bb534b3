"""Erlang's formulas: loss, delay and their inverses, for any number of servers.

Pure functions of numbers.  Nothing here knows of samples, of time or of what a server is.
Scalars give scalars, arrays broadcast.  Condition number in the load of Erlang B:
``|servers - load + load * B|``; no double can promise better than that times 1.1e-16.
"""

from __future__ import annotations

from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from boltkb.errors import ModelError

__all__ = [
    "FloatArray",
    "erlang_b",
    "erlang_c",
    "load_for_blocking",
    "log_erlang_b",
    "servers_for_blocking",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Up to here the recurrence is exact to a few units in the last place and quick enough.
RECURRENCE_LIMIT = 2_000
#: Below this a recurrence value has lost digits to underflow.
UNDERFLOW = 1e-290


@overload
def erlang_b(servers: int, offered_load: float) -> float: ...
@overload
def erlang_b(servers: ArrayLike, offered_load: ArrayLike) -> FloatArray: ...
def erlang_b(servers: ArrayLike, offered_load: ArrayLike) -> float | FloatArray:
    """Return the blocking probability of a loss system with Poisson arrivals, M/G/c/c.

    Parameters
    ----------
    servers : int or array of int, >= 1
    offered_load : float or array, erlangs, >= 0
        Arrival rate times mean hold; may exceed the servers.

    Returns
    -------
    float or array
        In [0, 1); 0 at load 0.  By PASTA both the share of arrivals that are rejected and
        the share of time in which all servers are busy.  It may underflow to 0; see
        `log_erlang_b`.

    Raises
    ------
    ModelError
        Servers below 1 or not whole, load negative, NaN or infinite.

    Notes
    -----
    Erlang (1917), by the recurrence B_k = a B_{k-1} / (k + a B_{k-1}), B_0 = 1, up to 2,000
    servers; beyond, as the exponential of `log_erlang_b`.

    Examples
    --------
    >>> round(erlang_b(8, 5.0), 6), erlang_b(1, 1.0), erlang_b(8, 0.0)
    (0.070048, 0.5, 0.0)
    """
    c, a = _checked(servers, offered_load)
    out = np.empty(c.shape)
    small = c <= RECURRENCE_LIMIT
    if small.any():
        out[small] = _recurrence(c[small], a[small])
    if not small.all():
        out[~small] = np.exp(_log_blocking(c[~small], a[~small]))
    return _scalar_like(out, servers, offered_load)


@overload
def log_erlang_b(servers: int, offered_load: float) -> float: ...
@overload
def log_erlang_b(servers: ArrayLike, offered_load: ArrayLike) -> FloatArray: ...
def log_erlang_b(servers: ArrayLike, offered_load: ArrayLike) -> float | FloatArray:
    """Return the natural logarithm of the blocking probability, which never underflows.

    Parameters
    ----------
    servers : int or array of int, >= 1
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
    Loads up to the servers: Poisson probability over its distribution function, the
    probability in the form of Loader (2000), which does not cancel.  Loads above: the finite
    sum 1/B = 1 + (c/a)(1 + ((c-1)/a)(1 + ...)).

    Examples
    --------
    >>> round(log_erlang_b(8, 5.0), 6), round(log_erlang_b(1_000_000, 900_000.0), 2)
    (-2.658577, -5368.34)
    """
    c, a = _checked(servers, offered_load)
    return _scalar_like(_log_blocking(c, a), servers, offered_load)


@overload
def erlang_c(servers: int, offered_load: float) -> float: ...
@overload
def erlang_c(servers: ArrayLike, offered_load: ArrayLike) -> FloatArray: ...
def erlang_c(servers: ArrayLike, offered_load: ArrayLike) -> float | FloatArray:
    """Return the probability that an arrival must wait when waiting is possible, M/M/c.

    Parameters
    ----------
    servers : int or array of int, >= 1
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
    c, a = _checked(servers, offered_load)
    b = np.asarray(erlang_b(c, a))
    stable = a < c
    idle = np.where(stable, c - a * (1.0 - b), 1.0)
    return _scalar_like(np.where(stable, c * b / idle, 1.0), servers, offered_load)


@overload
def load_for_blocking(servers: int, blocking: float) -> float: ...
@overload
def load_for_blocking(servers: ArrayLike, blocking: ArrayLike) -> FloatArray: ...
def load_for_blocking(servers: ArrayLike, blocking: ArrayLike) -> float | FloatArray:
    """Return the constant offered load at which a loss system blocks the given share.

    Parameters
    ----------
    servers : int or array of int, >= 1
    blocking : float or array, in (0, 1)

    Returns
    -------
    float or array, erlangs

    Raises
    ------
    ModelError
        Servers below 1 or not whole, blocking outside (0, 1).

    Notes
    -----
    Newton's method on ln B against ln a, with the exact derivative c - a + a B
    (Jagerman 1974).

    Examples
    --------
    >>> round(load_for_blocking(8, 0.01), 4), round(load_for_blocking(1, 0.5), 4)
    (3.1276, 1.0)
    """
    c = _servers(servers)
    target = np.asarray(blocking, dtype=float)
    if not bool(np.all((target > 0) & (target < 1))):
        raise ModelError("blocking", "a probability above 0 and below 1", blocking)
    c, target = np.broadcast_arrays(c, target)
    log_target = np.log(target)
    # Light traffic: B ~ a^c / c!; heavy traffic: 1 - c / a.  The larger start is the safer.
    light = (log_target + special.gammaln(c + 1.0)) / c
    log_a = np.clip(light, None, np.log(c / (1.0 - target)))
    for _ in range(200):
        a = np.exp(log_a)
        log_b = _log_blocking(c, a)
        slope = c - a + a * np.exp(log_b)
        # Above the servers the difference c - a + aB cancels; it is near c (1 - B) there.
        slope = np.maximum(slope, 1e-12 * c)
        step = np.clip((log_target - log_b) / slope, -1.0, 1.0)
        log_a = log_a + step
        if bool(np.all(np.abs(step) <= 4e-16 * np.maximum(1.0, np.abs(log_a)))):
            break
    return _scalar_like(np.exp(log_a), servers, blocking)


@overload
def servers_for_blocking(offered_load: float, blocking: float) -> int: ...
@overload
def servers_for_blocking(offered_load: ArrayLike, blocking: ArrayLike) -> IntArray: ...
def servers_for_blocking(offered_load: ArrayLike, blocking: ArrayLike) -> int | IntArray:
    """Return the smallest number of servers that blocks at most the given share.

    Parameters
    ----------
    offered_load : float or array, erlangs, >= 0
        Constant; for a load that varies see `boltkb.queueing.size_servers`.
    blocking : float or array, in (0, 1)

    Returns
    -------
    int or array of int, >= 1

    Raises
    ------
    ModelError
        Load negative, NaN or infinite; blocking outside (0, 1).

    Examples
    --------
    >>> servers_for_blocking(100.0, 0.001), servers_for_blocking(0.0, 0.001)
    (128, 1)
    """
    a = _load(offered_load)
    target = np.asarray(blocking, dtype=float)
    if not bool(np.all((target > 0) & (target < 1))):
        raise ModelError("blocking", "a probability above 0 and below 1", blocking)
    a, target = np.broadcast_arrays(a, target)
    log_target = np.log(target)
    low = np.zeros(a.shape, dtype=np.int64)  # blocks too much: no server at all
    high = np.maximum(1, np.ceil(a)).astype(np.int64)
    for _ in range(64):
        short = _log_blocking(high, a) > log_target
        if not short.any():
            break
        low = np.where(short, high, low)
        high = np.where(short, 2 * high, high)
    for _ in range(64):
        if bool(np.all(high - low <= 1)):
            break
        middle = np.maximum(1, (low + high) // 2)
        enough = _log_blocking(middle, a) <= log_target
        high = np.where(enough, np.minimum(high, middle), high)
        low = np.where(enough, low, np.maximum(low, np.minimum(middle, high - 1)))
    if np.ndim(offered_load) == 0 and np.ndim(blocking) == 0:
        return int(high)
    return high


def _recurrence(c: IntArray, a: FloatArray) -> FloatArray:
    blocking = np.ones(a.shape)
    for k in range(1, int(c.max()) + 1):
        carried = a * blocking
        blocking = np.where(k <= c, carried / (k + carried), blocking)
    return blocking


def _log_blocking(c: IntArray, a: FloatArray) -> FloatArray:
    out = np.full(c.shape, -np.inf)
    light = (a > 0) & (a <= c)
    if light.any():
        cl, al = c[light].astype(float), a[light]
        out[light] = _log_poisson(cl, al) - np.log(special.gammaincc(cl + 1.0, al))
    heavy = a > c
    if heavy.any():
        out[heavy] = -np.log(_inverse_blocking(c[heavy].astype(float), a[heavy]))
    return out


def _log_poisson(c: FloatArray, a: FloatArray) -> FloatArray:
    """Return ln(a^c e^-a / c!) without cancelling quantities of size c ln c (Loader 2000)."""
    t = (a - c) / c
    # t - log1p(t) by the series of atanh where the difference would cancel.
    r = t / (2.0 + t)
    squared = r * r
    series = np.zeros(t.shape)
    for k in range(24, 0, -1):
        series = squared * (1.0 / (2 * k + 1) + series)
    near = t * r - 2.0 * r * series
    with np.errstate(divide="ignore"):
        far = t - np.log1p(t)
    deviance = np.where(np.abs(t) < 0.25, near, far)
    big = np.maximum(c, 16.0)
    loader = -c * deviance - _stirling_error(big) - 0.5 * np.log(2.0 * np.pi * c)
    with np.errstate(over="ignore"):
        direct = c * np.log(a) - a - special.gammaln(c + 1.0)
    return np.where(c >= 16.0, loader, direct)


def _stirling_error(c: FloatArray) -> FloatArray:
    """Return ln c! minus Stirling's formula for it, for c of 16 or more."""
    square = 1.0 / (c * c)
    return (
        1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))
    ) / c


def _inverse_blocking(c: FloatArray, a: FloatArray) -> FloatArray:
    """Return 1/B by its finite sum, whose terms fall from the first when a > c."""
    total = np.ones(c.shape)
    term = np.ones(c.shape)
    for j in range(int(c.max())):
        term = term * np.maximum(c - j, 0.0) / a
        total = total + term
        if bool(np.all(term <= 1e-17 * total)):
            break
    return total


def _checked(servers: ArrayLike, offered_load: ArrayLike) -> tuple[IntArray, FloatArray]:
    c, a = np.broadcast_arrays(_servers(servers), _load(offered_load))
    return c, a


def _servers(servers: ArrayLike) -> IntArray:
    raw = np.asarray(servers)
    if raw.dtype.kind not in "iuf" or not bool(np.all(np.isfinite(raw))):
        raise ModelError("servers", "whole numbers, 1 or more", servers)
    if not bool(np.all((raw >= 1) & (raw == np.floor(raw)))):
        raise ModelError("servers", "whole numbers, 1 or more", servers)
    return raw.astype(np.int64)


def _load(offered_load: ArrayLike) -> FloatArray:
    a = np.asarray(offered_load, dtype=float)
    if not bool(np.all(np.isfinite(a) & (a >= 0))):
        raise ModelError("offered_load", "a finite number of erlangs, 0 or more", offered_load)
    return a


def _scalar_like(out: FloatArray, *given: ArrayLike) -> float | FloatArray:
    return float(out) if all(np.ndim(x) == 0 for x in given) else out
