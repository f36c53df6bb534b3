"""Clients as their own logs and metrics tell of them: a pool for each, its address unknown.

Part of the bridge.  A client's log names the server, not where the client runs, so that it is
not put together with what the server saw.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from boltkb.bolt.clients.languages import default_limit
from boltkb.bolt.clients.records import ClientPool
from boltkb.catalogue import load_driver_lines
from boltkb.exports import DriverPool, Export

__all__ = ["SECOND_LOOK", "once", "own_pools", "pools_by_log", "told_limit"]

SECOND_LOOK = (
    "a second look some minutes later: the same numbers of the driver printed once more; "
    "connections that are never given back are then still in use, and `totalInUseCount` is the "
    "same"
)
_TELLS_ADDRESS = "bolt-listen-address"
#: Fewer time-outs, or connections, than this may meet by chance.
_SEVERAL = 3


def own_pools(export: Export) -> tuple[DriverPool, ...]:
    """Return the drivers' pools that lead to this server, and those that may.

    Where a file has a pool towards this server's own address, its pools towards other addresses
    are other servers'.
    """
    setting = export.setting(_TELLS_ADDRESS)
    own = "" if setting is None else setting.value.strip()
    at_home = {pool.where.file for pool in export.drivers if own and pool.address == own}
    return tuple(
        pool
        for pool in export.drivers
        if pool.where.file not in at_home or pool.address in {own, "unknown"}
    )


def told_limit(pool: DriverPool) -> tuple[int | None, str]:
    """Return how many connections a pool may open, and how that is known.

    A driver that names the connections in use when time runs out names its limit, as long as it
    names the same number each time and none is idle.  So does a log that tells of each connection
    had and given back, if just as many were in use whenever time ran out, and never more.

    Parameters
    ----------
    pool : DriverPool
    """
    if pool.limit is not None and pool.limit > 0:
        return pool.limit, "told by its metrics"
    full = {
        event.numbers["active"]
        for event in pool.events
        if event.numbers.get("active", 0.0) > 0 and event.numbers.get("idle", 0.0) == 0
    }
    if len(full) == 1:
        return int(full.pop()), "in use at each of its time-outs"
    most = _most_at_timeouts(pool)
    if most is not None:
        return most, "in use at each of its time-outs"
    return default_limit(None if pool.language == "unknown" else pool.language)


def once(pool: DriverPool) -> bool:
    """Return whether a pool's own counts were printed once, without a time: one look at it."""
    return pool.start is None and "hold_count" in pool.totals and not pool.in_use.size


def _most_at_timeouts(pool: DriverPool) -> int | None:
    """Return the most connections in use, if they were so at each time-out; None otherwise."""
    if not pool.in_use.size or pool.in_use.max() < _SEVERAL:
        return None
    ends = np.array([event.time for event in pool.events if event.kind in _timeouts()])
    if ends.size < _SEVERAL:
        return None
    at = pool.in_use[np.clip(np.searchsorted(pool.times, ends, "right") - 1, 0, None)]
    # One that is just being handed over is in use by nobody.
    most = float(pool.in_use.max())
    return int(most) if bool((at >= most - 1).all()) else None


@lru_cache(maxsize=1)
def _timeouts() -> frozenset[str]:
    return frozenset(
        identity for identity, line in load_driver_lines().items() if line.says == "timed-out"
    )


def pools_by_log(export: Export) -> tuple[ClientPool, ...]:
    """Return the clients whose own logs or metrics are at hand, in the order of their files."""
    return tuple(_pool(pool) for pool in own_pools(export))


def _pool(pool: DriverPool) -> ClientPool:
    counts = pool.counts
    limit, limit_from = told_limit(pool)
    peak = float(pool.in_use.max()) if pool.in_use.size else None
    objects = 1.0
    if peak is not None and limit is not None and peak > limit:
        objects = float(math.ceil(peak / limit))
    delays = pool.totals.get("delay_count", 0.0)
    return ClientPool(
        host="unknown",
        agent=None,
        user=None,
        language=None if pool.language == "unknown" else pool.language,
        connections=None,
        holding=None,
        objects=objects,
        limit=limit,
        limit_from=limit_from,
        timed_out=counts.get("timed_out"),
        retried=counts.get("retried"),
        rejected=counts.get("rejected"),
        failed=counts.get("failed"),
        leaked=counts.get("leaked"),
        queued=counts.get("queued"),
        mean_wait=pool.mean_wait,
        peak_in_use=peak,
        where=(pool.where,),
        version=pool.version,
        lost=counts.get("lost"),
        mean_delay=pool.totals.get("delay_seconds", 0.0) / delays if delays else None,
        mean_hold=pool.mean_hold,
        start=pool.start,
        end=pool.end,
    )
