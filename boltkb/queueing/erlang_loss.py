"""The loss system at any real number of servers: blocking, its logarithm, the idle servers.

One door to the ways of computing Erlang B, and the checks of what may pass it.  Few servers:
the recurrence.  Many: the uniform expansion.  Loads well above the servers: a continued
fraction that gives the mean number of idle servers itself, where a difference would cancel.
"""

from __future__ import annotations

import math
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from boltkb.errors import ModelError
from boltkb.queueing.erlang_large import FloatArray, uniform_excess

__all__ = [
    "MOST_SERVERS",
    "IntArray",
    "Loss",
    "checked",
    "idle_fraction",
    "loads",
    "loss",
    "numbers",
    "probabilities",
    "real_servers",
    "scalar_like",
]

IntArray = NDArray[np.int64]

#: Up to here neighbouring whole numbers of servers are different doubles with room to spare.
MOST_SERVERS = 1e15
#: From here the uniform expansion is exact to the last digits; below, the recurrence is short.
MANY_SERVERS = 24.0
#: The continued fraction takes over this many square roots of the servers above the servers.
WELL_ABOVE = 4.0
#: Least load for the continued fraction; least load for which 1 / B of few servers is finite.
CONTINUED_FRACTION_LOAD, TINY_LOAD = 6.0, 1e-3
#: One value alone goes by the recurrence up to so many servers, at a utilisation from which the
#: recurrence forgets its rounding errors.
SINGLE_SERVERS, SINGLE_UTILISATION = 1_000.0, 0.7
#: Steps of the continued fraction, by the excess load in square roots of the servers.
STEPS = ((40.0, 6), (12.0, 12), (6.0, 20), (0.0, 30))
#: Elements worked on at a time, so that they stay in the processor's cache.
BLOCK = 8_192


class Loss(NamedTuple):
    """What is known of a loss system: three arrays of one shape.

    `idle` is the mean number of idle servers, c - a (1 - B), without cancellation; it is also
    the derivative of ln B with respect to ln a.
    """

    blocking: FloatArray
    log_blocking: FloatArray
    idle: FloatArray


def loss(servers: FloatArray, load: FloatArray) -> Loss:
    """Return blocking, its logarithm and the mean number of idle servers.

    Parameters
    ----------
    servers, load : arrays of one shape
        Checked: real servers above 0, erlangs of 0 or more.

    Returns
    -------
    Loss

    Examples
    --------
    >>> blocking, _, idle = loss(np.array([1.0, 8.0]), np.array([1.0, 5.0]))
    >>> blocking.round(6).tolist(), idle.round(6).tolist()
    ([0.5, 0.070048], [0.5, 3.350239])
    """
    c, a = servers.ravel(), load.ravel()
    out = np.empty((3, c.size))
    single = _single(float(c[0]), float(a[0])) if c.size == 1 else None
    if single is not None:
        out[:, 0] = single
        return Loss(*(row.reshape(load.shape) for row in out))
    for start in range(0, c.size, BLOCK):
        span = slice(start, start + BLOCK)
        _block(c[span], a[span], out[:, span])
    return Loss(*(row.reshape(load.shape) for row in out))


def _single(c: float, a: float) -> tuple[float, float, float] | None:
    """As `_few` and `_heavy` for one value, without the overhead of arrays; None if not for it."""
    if a >= CONTINUED_FRACTION_LOAD and a - c >= WELL_ABOVE * math.sqrt(c):
        fraction = continued_fraction(c, a - c)
        idle = c * fraction
        blocked = (a - c) + idle
        return blocked / a, -math.log1p(c * (1.0 - fraction) / blocked), idle
    quick = c < MANY_SERVERS or (c <= SINGLE_SERVERS and a >= SINGLE_UTILISATION * c)
    if not (quick and a >= (TINY_LOAD if c.is_integer() else 1.0)):
        return None
    whole = int(c)
    rest, excess = c - whole, 0.0
    if rest > 0.0:
        busy = rest * (1.0 - continued_fraction(rest, a - rest, _steps(a)))
        excess = busy / (a - busy)
    for k in range(1, whole + 1):
        excess = (k + rest) / a * (1.0 + excess)
    blocking = 1.0 / (1.0 + excess)
    return blocking, -math.log1p(excess), (c - a) + a * blocking


def _block(c: FloatArray, a: FloatArray, out: FloatArray) -> None:
    many = c >= MANY_SERVERS
    some = a > 0
    heavy = (a - c >= WELL_ABOVE * np.sqrt(c)) & (a >= CONTINUED_FRACTION_LOAD)
    ways = (
        (heavy, _heavy),
        (many & ~heavy & some, _many),
        (~many & ~heavy & (a >= TINY_LOAD), _few),
        (~many & ~heavy & some & (a < TINY_LOAD), _tiny),
        (~some, _nothing),
    )
    for where, way in ways:
        if where.all():
            out[:] = way(c, a)
            return
        if where.any():
            out[:, where] = way(c[where], a[where])


def _heavy(c: FloatArray, a: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    fraction = idle_fraction(c, a)
    idle = c * fraction
    blocked = (a - c) + idle
    return blocked / a, -np.log1p(c * (1.0 - fraction) / blocked), idle


def _many(c: FloatArray, a: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    excess, power, rest = uniform_excess(c, a)
    blocking = np.exp(-power) * (1.0 - rest) / (1.0 + excess)
    return blocking, -(power + (np.log1p(excess) + rest)), (c - a) + a * blocking


def _few(c: FloatArray, a: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """By the recurrence 1 / B_k = 1 + (k / a) / B_{k-1}, from the fraction of the servers on."""
    whole = np.floor(c)
    fraction = c - whole
    excess = np.zeros(c.shape)
    real = fraction > 0
    if real.any():
        excess[real] = _fractional(fraction[real], a[real])
    most, alike = int(whole.max()), not real.any() and bool((whole == whole[0]).all())
    for k in range(1, most + 1):
        grown = (fraction + k) / a * (1.0 + excess)
        excess = grown if alike else np.where(k <= whole, grown, excess)
    blocking = 1.0 / (1.0 + excess)
    return blocking, -np.log1p(excess), (c - a) + a * blocking


def _fractional(c: FloatArray, a: FloatArray) -> FloatArray:
    """Return 1 / B - 1 for less than one server."""
    out = np.empty(c.shape)
    heavy = a >= 1.0
    if heavy.any():
        ch, ah = c[heavy], a[heavy]
        busy = ch * (1.0 - continued_fraction(ch, ah - ch, _steps(float(ah.min()))))
        out[heavy] = busy / (ah - busy)
    light = ~heavy
    if light.any():
        # Gamma(c + 1, a) as what the whole gamma function has more than a series in a.
        cl, al = c[light], a[light]
        term = al / (cl + 1.0)
        series = term
        for n in range(2, 22):
            term = term * al / (cl + n)
            series = series + term
        out[light] = special.gamma(cl + 1.0) * np.exp(al) * al**-cl - (1.0 + series)
    return out


def _steps(load: float) -> int:
    """Return the steps of the continued fraction for less than one server, load of 1 or more."""
    return 12 + math.ceil(110.0 / load)


def _tiny(c: FloatArray, a: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Few servers, next to no load: 1 / B would overflow."""
    share = np.exp(a) * special.gammaincc(c + 1.0, a)
    with np.errstate(under="ignore"):
        blocking = a**c / (special.gamma(c + 1.0) * share)
    log_blocking = c * np.log(a) - special.gammaln(c + 1.0) - np.log(share)
    return blocking, log_blocking, (c - a) + a * blocking


def _nothing(c: FloatArray, a: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    return a, np.full(c.shape, -np.inf), c


def idle_fraction(servers: FloatArray, load: FloatArray) -> FloatArray:
    """Return the mean share of idle servers where the load well exceeds the servers.

    Parameters
    ----------
    servers : (n,) array, > 0
        Real numbers.
    load : (n,) array, erlangs, >= 6
        At least four square roots of the servers above the servers.

    Returns
    -------
    (n,) array
        In (0, 1/2).

    Notes
    -----
    Legendre's continued fraction of the incomplete gamma function, from its tail upward; the
    tail starts from its own fixed point.

    Examples
    --------
    >>> float(idle_fraction(np.array([1.0]), np.array([9.0]))[0])
    0.1
    """
    if not load.size:
        return load
    over = load - servers
    with np.errstate(over="ignore"):
        least = min(float((over / np.sqrt(servers)).min()), 0.2 * float(load.min()))
        steps = next(number for limit, number in STEPS if least >= limit)
        return continued_fraction(servers, over, steps)


@overload
def continued_fraction(servers: float, over: float, steps: int = ...) -> float: ...
@overload
def continued_fraction(servers: FloatArray, over: FloatArray, steps: int = ...) -> FloatArray: ...
def continued_fraction(
    servers: float | FloatArray, over: float | FloatArray, steps: int = STEPS[-1][1]
) -> float | FloatArray:
    """Return what `idle_fraction` does, from the load in excess of the servers, by given steps."""
    top = (steps + 1.0) * (servers - steps)
    below = over + (2.0 * steps + 2.0)
    value = 2.0 * top / (below + (below * below + 4.0 * top) ** 0.5)
    for n in range(steps, 1, -1):
        value = (n * (servers - (n - 1.0))) / ((over + 2.0 * n) + value)
    return 1.0 / ((over + 2.0) + value)


def checked(servers: ArrayLike, offered_load: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return real servers and loads of one shape, or raise `ModelError` by name."""
    c, a = np.broadcast_arrays(real_servers(servers), loads(offered_load))
    return c, a


def real_servers(servers: ArrayLike) -> FloatArray:
    """Return servers as real numbers above 0, or raise `ModelError`."""
    domain = f"a number above 0 and at most {MOST_SERVERS:g}"
    c = numbers("servers", servers, domain)
    if not bool(np.all((c > 0) & (c <= MOST_SERVERS))):
        raise ModelError("servers", domain, servers)
    return c


def loads(offered_load: ArrayLike, most: float = np.inf) -> FloatArray:
    """Return loads of 0 or more erlangs, or raise `ModelError`."""
    domain = "a finite number of erlangs, 0 or more"
    if np.isfinite(most):
        domain = f"a number of erlangs from 0 to {most:g}"
    a = numbers("offered_load", offered_load, domain)
    if not bool(np.all(np.isfinite(a) & (a >= 0) & (a <= most))):
        raise ModelError("offered_load", domain, offered_load)
    return a


def probabilities(name: str, values: ArrayLike) -> FloatArray:
    """Return probabilities strictly between 0 and 1, or raise `ModelError`."""
    domain = "a probability above 0 and below 1"
    p = numbers(name, values, domain)
    if not bool(np.all((p > 0) & (p < 1))):
        raise ModelError(name, domain, values)
    return p


def numbers(name: str, values: ArrayLike, domain: str) -> FloatArray:
    """Return real numbers as doubles, or raise `ModelError`: no text, no booleans, no complex."""
    raw = np.asarray(values)
    if raw.dtype.kind not in "iuf":
        raise ModelError(name, domain, values)
    return raw.astype(np.float64, copy=False)


def scalar_like(out: FloatArray, *given: ArrayLike) -> float | FloatArray:
    """Return a float where all arguments were scalars, the array otherwise."""
    return float(out) if all(np.ndim(x) == 0 for x in given) else out
