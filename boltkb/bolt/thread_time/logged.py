"""Held thread-time by the query log: queries under way, and what they waited for.

A thread is held at least while a query runs; the client's thinking shows only as what is left
between the queries of one transaction.  So everything here is a lower bound.
"""

from __future__ import annotations

import numpy as np

from boltkb.bolt.observe import PoolObservations
from boltkb.bolt.thread_time.look import QUERIES, WITH_QUERY, Look, Moment
from boltkb.exports import QueryLog

__all__ = ["look_at_queries"]


def look_at_queries(
    log: QueryLog, moment: Moment, seen: PoolObservations, held: float | None
) -> Look | None:
    """Return what queries tell of held threads.

    Parameters
    ----------
    log : QueryLog
    moment : Moment
    seen : PoolObservations
    held : float or None, threads
        Held on average in the moment, as better evidence tells; without it the time is shared
        out among the queries alone.
    """
    width = float(log.bins[1] - log.bins[0]) if log.bins.size > 1 else 1.0
    inside = (log.bins + width > moment.start) & (log.bins < moment.end)
    if not inside.any():
        return None
    busy = float(log.busy[inside].mean())
    total = {
        name: float(log.by_query[name].sum())
        for name in ("elapsed", "planning", "cpu", "waiting", "count")
    }
    if not total["elapsed"] > 0:
        return None
    shares: dict[str, float] = {}
    if held is not None and held > 0:
        shares[WITH_QUERY] = min(1.0, busy / held)
    # Without the setting that has waits logged, all of them read 0.
    if total["waiting"] + total["planning"] + total["cpu"] > 0:
        shares["waiting_for_lock"] = shares.get(WITH_QUERY, 1.0) * min(
            1.0, total["waiting"] / total["elapsed"]
        )
    thought = _thought(log, seen, total["elapsed"])
    if thought is not None:
        shares["waiting_for_client"] = thought
    if not shares:
        return None
    return Look(
        QUERIES, busy, shares, total["count"], True, log.where[:1],
    )  # fmt: skip


def _thought(log: QueryLog, seen: PoolObservations, elapsed: float) -> float | None:
    """Return the part of held time between the queries of transactions; None without their ids."""
    if not log.held > 0 or log.transactions["transaction"].null_count() == log.transactions.height:
        return None
    between = max(0.0, log.held - elapsed)
    inside = (seen.times >= log.start) & (seen.times <= log.end) & ~np.isnan(seen.busy)
    held = log.held
    if np.count_nonzero(inside) > 1 and not seen.lower_bound:
        held = max(held, float(seen.busy[inside].mean()) * (log.end - log.start))
    return between / held
