"""What servers are asked to keep: few rejected, or few that wait long.

A target knows the chance that it bounds, for any number of servers and any load; sizing
searches and shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from boltkb.queueing.erlang import FloatArray, erlang_c, load_for_blocking
from boltkb.queueing.evidence import averaged, blocking_of
from boltkb.tables import share, span

__all__ = ["BlockingTarget", "Target", "WaitTarget", "smallest_servers"]

#: Loads between which the chance to wait is interpolated.
_GRID = 400


class Target(Protocol):
    """A chance that an arrival of a window may meet at most."""

    @property
    def probability(self) -> float:
        """The largest chance allowed."""

    @property
    def words(self) -> str:
        """The target in words."""

    def chance(self, servers: int, loads: FloatArray, weights: FloatArray) -> FloatArray:
        """Return what arrivals meet over windows, one value a row of loads."""

    def load(self, servers: int) -> float:
        """Return the constant load at which so many servers pass the target."""


@dataclass(frozen=True, slots=True)
class BlockingTarget:
    """At most a share of arrivals rejected: Erlang B.

    Examples
    --------
    >>> round(BlockingTarget(0.01).load(8), 3)
    3.128
    """

    probability: float

    @property
    def words(self) -> str:
        """The target in words."""
        return f"at most {share(self.probability)} rejected"

    def chance(self, servers: int, loads: FloatArray, weights: FloatArray) -> FloatArray:
        """Return the share rejected over windows, one value a row of loads."""
        return blocking_of(servers, loads, weights)

    def load(self, servers: int) -> float:
        """Return the constant load at which so many servers pass the target."""
        return float(load_for_blocking(servers, self.probability))


@dataclass(frozen=True, slots=True)
class WaitTarget:
    """At most a share of arrivals waiting longer than a time: Erlang C, first come first served.

    Parameters
    ----------
    probability : float, in (0, 1)
    wait : float, seconds, >= 0
    hold : float, seconds, > 0
        Mean hold; plays no part when `wait` is 0.

    Notes
    -----
    P(W > t) = C(c, a) exp(-(c - a) t / hold) for a < c, and 1 from there on.

    Examples
    --------
    >>> target = WaitTarget(0.05, wait=0.0, hold=1.0)
    >>> target.chance(8, np.array([[5.0]]), np.ones(1)).round(3).tolist()
    [0.167]
    """

    probability: float
    wait: float
    hold: float

    @property
    def words(self) -> str:
        """The target in words."""
        if self.wait == 0:
            return f"at most {share(self.probability)} waiting"
        return f"at most {share(self.probability)} waiting longer than {span(self.wait)}"

    def chance(self, servers: int, loads: FloatArray, weights: FloatArray) -> FloatArray:
        """Return the share that waits longer, over windows, one value a row of loads."""
        top = float(loads.max())
        grid = np.linspace(min(float(loads.min()), top), top, _GRID) if loads.size > _GRID else None
        if grid is None or grid[0] == top:
            late = self._late(servers, loads)
        else:
            late = np.interp(loads, grid, self._late(servers, grid))
        offered = np.maximum(averaged(loads, weights), 1e-300)
        return np.asarray(averaged(loads * late, weights) / offered)

    def load(self, servers: int) -> float:
        """Return the constant load at which so many servers pass the target."""
        low, high = 0.0, float(servers)
        for _ in range(80):
            middle = (low + high) / 2
            if float(self._late(servers, np.array([middle]))[0]) > self.probability:
                high = middle
            else:
                low = middle
        return low

    def _late(self, servers: int, loads: FloatArray) -> FloatArray:
        spare = np.maximum(servers - loads, 0.0)
        waits = np.asarray(erlang_c(servers, np.minimum(loads, servers * (1 - 1e-12))))
        return np.asarray(np.where(spare > 0, waits * np.exp(-spare * self.wait / self.hold), 1.0))


def smallest_servers(target: Target, loads: FloatArray, weights: FloatArray) -> FloatArray:
    """Return for each row of loads the smallest number of servers that keeps the target."""
    rows = loads.shape[0] if weights.ndim == 1 else weights.shape[0]
    low = np.zeros(rows, dtype=np.int64)
    most = max(1, int(np.ceil(loads.max())))
    while bool(np.any(target.chance(most, loads, weights) > target.probability)):
        most = most + max(4, int(3.0 * most**0.5))
    high = np.full(rows, most, dtype=np.int64)
    known: dict[int, FloatArray] = {}
    for _ in range(64):
        if bool(np.all(high - low <= 1)):
            break
        middle = (low + high) // 2
        for servers in np.unique(middle[high - low > 1]).tolist():
            if servers not in known:
                known[servers] = target.chance(servers, loads, weights)
            mine = (middle == servers) & (high - low > 1)
            enough = known[servers] <= target.probability
            high[mine & enough] = servers
            low[mine & ~enough] = servers
    return np.asarray(high, dtype=float)
