"""What becomes of each customer when arrivals and holds are given: exact, without a compiler.

The inner loops of every simulation.  Ties: a server that falls free at the very moment of an
arrival counts as free.
"""

from __future__ import annotations

import heapq
import math
from collections import deque

import numpy as np

from boltkb.errors import ModelError
from boltkb.queueing.erlang import FloatArray

__all__ = ["BoolArray", "admitted", "offered_waits"]

BoolArray = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

#: From here on whole stretches of arrivals are solved at once.
_MANY_SERVERS = 128
#: Rounds after which a stretch is left to the heap: its load is far above the servers.
_MOST_ROUNDS = 40


def admitted(servers: int, arrivals: FloatArray, holds: FloatArray) -> BoolArray:
    """Return which customers of a loss system find a free server.

    Parameters
    ----------
    servers : int, >= 1
    arrivals : (n,) array, seconds, in order
    holds : (n,) array, seconds, >= 0

    Returns
    -------
    (n,) array of bool

    Raises
    ------
    ModelError
        Arrivals out of order, holds below 0 or NaN, shapes that do not fit.

    Notes
    -----
    With few servers a heap of the moments at which servers fall free.  With many, stretches
    are solved whole: if the departures were known, the accepted customers would follow from a
    reflection at the ceiling, N = Y - max(0, max Y - c) (Skorokhod 1961); the departures
    follow from who was accepted; the two are repeated until nothing changes.  The answer is
    the only one that agrees with itself, by induction over time, so it is the heap's, to the
    last customer.

    Examples
    --------
    >>> import numpy as np
    >>> admitted(1, np.array([0.0, 1.0, 2.0]), np.array([2.0, 5.0, 1.0])).tolist()
    [True, False, True]
    """
    servers, arrivals, holds = _checked(servers, arrivals, holds)
    if servers >= _MANY_SERVERS:
        solved = _by_reflection(servers, arrivals, holds)
        if solved is not None:
            return solved
    return _by_heap(servers, arrivals, holds)


def offered_waits(
    servers: int,
    arrivals: FloatArray,
    holds: FloatArray,
    *,
    capacity: float = math.inf,
    patience: FloatArray | None = None,
) -> tuple[FloatArray, BoolArray]:
    """Return how long each customer waits and whether it is served, first come, first served.

    Parameters
    ----------
    servers : int, >= 1
    arrivals : (n,) array, seconds, in order
    holds : (n,) array, seconds, >= 0
    capacity : float, >= servers
        Customers that fit in, those in service included.
    patience : (n,) array, seconds, >= 0, optional
        How long each waits before it leaves; only without a limit of capacity.

    Returns
    -------
    waits : (n,) array, seconds
        NaN: was rejected.  Of a customer that left unserved: its patience.
    served : (n,) array of bool

    Raises
    ------
    ModelError
        As `admitted`; a capacity below the servers; patience together with a capacity.

    Notes
    -----
    The recursion of Kiefer and Wolfowitz (1955): a customer waits for the server that falls
    free first.

    Examples
    --------
    >>> import numpy as np
    >>> arrivals, holds = np.array([0.0, 1.0, 2.0]), np.array([2.5, 5.0, 1.0])
    >>> offered_waits(1, arrivals, holds)[0].tolist()
    [0.0, 1.5, 5.5]
    >>> offered_waits(1, arrivals, holds, capacity=2)[0].tolist()
    [0.0, 1.5, nan]
    """
    servers, arrivals, holds = _checked(servers, arrivals, holds)
    if not capacity >= servers:
        raise ModelError("capacity", "the servers or more", capacity)
    if patience is not None and math.isfinite(capacity):
        raise ModelError("patience", "absent where the capacity is limited", "both")
    free_at = [-math.inf] * servers
    replace = heapq.heapreplace
    waits: list[float] = []
    unserved: list[int] = []
    keep = waits.append
    if patience is not None:
        limits = np.asarray(patience, dtype=float)
        if limits.shape != arrivals.shape or not np.all(limits >= 0):
            raise ModelError("patience", "seconds, 0 or more, one a customer", limits.shape)
        for index, (moment, hold, limit) in enumerate(
            zip(arrivals.tolist(), holds.tolist(), limits.tolist(), strict=True)
        ):
            wait = free_at[0] - moment
            if wait <= 0.0:
                wait = 0.0
            elif wait > limit:
                keep(limit)
                unserved.append(index)
                continue
            replace(free_at, moment + wait + hold)
            keep(wait)
    elif math.isinf(capacity):
        for moment, hold in zip(arrivals.tolist(), holds.tolist(), strict=True):
            wait = free_at[0] - moment
            if wait <= 0.0:
                wait = 0.0
            replace(free_at, moment + wait + hold)
            keep(wait)
    else:
        room, begins = int(capacity) - servers, deque[float]()
        for moment, hold in zip(arrivals.tolist(), holds.tolist(), strict=True):
            wait = free_at[0] - moment
            if wait <= 0.0:
                wait = 0.0
            else:
                while begins and begins[0] <= moment:
                    begins.popleft()
                if len(begins) >= room:
                    keep(math.nan)
                    continue
                begins.append(moment + wait)
            replace(free_at, moment + wait + hold)
            keep(wait)
    times = np.array(waits, dtype=float)
    served = ~np.isnan(times)
    served[unserved] = False
    return times, served


def _by_heap(servers: int, arrivals: FloatArray, holds: FloatArray) -> BoolArray:
    free_at = [-math.inf] * servers
    replace, found = heapq.heapreplace, bytearray(arrivals.size)
    ends = (arrivals + holds).tolist()
    for index, moment in enumerate(arrivals.tolist()):
        if free_at[0] <= moment:
            replace(free_at, ends[index])
            found[index] = 1
    return np.frombuffer(bytes(found), dtype=bool).copy()


def _by_reflection(servers: int, arrivals: FloatArray, holds: FloatArray) -> BoolArray | None:
    n = arrivals.size
    # The first customer who finds each one gone; ties of zero holds still leave one place each.
    gone = np.maximum(np.searchsorted(arrivals, arrivals + holds), np.arange(1, n + 1))
    accepted = np.ones(n, dtype=bool)
    leaving = np.zeros(n + 1, dtype=np.int64)
    stretch, inside = 8 * servers, 0
    for first in range(0, n, stretch):
        last = min(n, first + stretch)
        size = last - first
        places = np.minimum(gone[first:last] - first, size)
        fixed = 1 - leaving[first:last]
        fixed[0] += inside - servers
        base = np.cumsum(fixed)
        guess = np.ones(size, dtype=bool)
        for _ in range(_MOST_ROUNDS):
            left = np.cumsum(np.bincount(places[guess], minlength=size + 1)[:size])
            free_walk = base - left
            lost = np.maximum.accumulate(np.maximum(free_walk, 0))
            taken = np.empty(size, dtype=bool)
            taken[0] = lost[0] == 0
            np.equal(lost[1:], lost[:-1], out=taken[1:])
            if np.array_equal(taken, guess):
                break
            guess = taken
        else:
            return None
        accepted[first:last] = guess
        inside = int(free_walk[-1] - lost[-1]) + servers
        later = gone[first:last][guess]
        later = later[(later >= last) & (later < n)]
        np.add.at(leaving, later, 1)
    return accepted


def _checked(
    servers: int, arrivals: FloatArray, holds: FloatArray
) -> tuple[int, FloatArray, FloatArray]:
    if not (servers >= 1 and servers == int(servers)):
        raise ModelError("servers", "a whole number, 1 or more", servers)
    arrivals, holds = np.asarray(arrivals, dtype=float), np.asarray(holds, dtype=float)
    if arrivals.ndim != 1 or arrivals.shape != holds.shape:
        raise ModelError("holds", "one for each arrival", (arrivals.shape, holds.shape))
    if not np.all(arrivals[1:] >= arrivals[:-1]) or not np.all(np.isfinite(arrivals)):
        raise ModelError("arrivals", "finite and in order", "moments that are not")
    if not np.all(holds >= 0):
        raise ModelError("holds", "seconds, 0 or more", "negative ones or NaN")
    return int(servers), arrivals, holds
