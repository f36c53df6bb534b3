"""A driver, or a connection, is made for each request and thrown away after it."""

from __future__ import annotations

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause, contradicted, supported, untold
from boltkb.bolt.causes.counting import each_rejection
from boltkb.bolt.causes.outside.looking import (
    CLIENT_LOGS,
    COUNTERS,
    collect_metrics,
    failures_of,
)
from boltkb.exports import Where
from boltkb.tables import number, share, span

__all__ = ["weigh_driver_per_request"]

_NAME = "driver_per_request"
_LIST = "the list of connections"
#: Connections that serve this many requests or fewer were opened for them.
_REQUESTS = 2.0
#: Connections that serve more than this many are kept and used again.
_KEPT = 5.0
#: Fewer connections than this say nothing of a habit.
_ENOUGH = 100
#: In a client's own log, which tells each of them, so many do.
_TOLD = 20
#: Of those that were opened, closed in the same log.
_GONE = 0.8
#: Part of the connections that may be otherwise.
_FEW_OF = 0.2
#: A health probe opens a connection every ten seconds, or more rarely, a second.
_PROBES = 0.1
#: A connection that lives longer than a minute was kept for more than a request, s.
_SHORT = 60.0

_REJECTIONS = "how many requests were rejected, for each rejection closes a connection: "


def weigh_driver_per_request(case: Case) -> Cause:
    """Return how the evidence stands for connections that live for a request."""
    idle = case.clients.idle
    if idle.opened is None or idle.closed is None:
        told = _told_by_clients(case)
        if told is not None:
            return told
        return untold(_NAME, [collect_metrics(case, "connections_opened", "connections_closed")])
    rejected = case.seen.rejected
    high = rejected.high if rejected.high is not None else rejected.value
    if high is None and case.shortage:
        return untold(
            _NAME,
            [_REJECTIONS + each_rejection(case.pool)],
        )
    opened = max(0.0, idle.opened - (high or 0.0))
    closed = max(0.0, idle.closed - (high or 0.0))
    seconds = case.seen.end - case.seen.start
    if min(opened, closed) < _ENOUGH or opened <= _PROBES * seconds:
        return contradicted(
            _NAME,
            [
                f"{number(idle.opened)} connections were opened and {number(idle.closed)} closed "
                f"in {span(seconds)}"
                + (", about as many as were rejected." if (high or 0.0) > closed else ".")
            ],
        )
    if idle.requests is None:
        return untold(
            _NAME, [collect_metrics(case, "transaction_committed", "transaction_rollbacks")]
        )
    each = idle.requests / closed
    words = (
        f"{number(opened)} connections were opened for {number(idle.requests)} "
        f"{idle.requests_from}: {each:.1f} for each connection."
    )
    if each > _KEPT:
        return contradicted(_NAME, [words])
    if each > _REQUESTS or (idle.life is not None and idle.life > _SHORT):
        return untold(_NAME, ["a list of the connections, twice: `CALL dbms.listConnections()`"],
                      pro=[words])  # fmt: skip
    pro, kinds = [words], [COUNTERS]
    if idle.life is not None:
        pro.append(f"A connection lived for {span(idle.life)} on average.")
    where: list[Where] = []
    young = [pool for pool in case.clients.pools if _all_young(pool.oldest, pool.connections)]
    if young:
        kinds.append(_LIST)
        pro.append(
            f"All {number(young[0].connections)} listed connections of "
            f"{young[0].agent or young[0].host} were opened within {span(_SHORT)} of one another."
        )
        where += young[0].where
    for found in failures_of(case):
        made, had = (found.pool.counts.get(name, 0) for name in ("created", "acquired"))
        if had >= _ENOUGH and made >= 0.5 * had:
            kinds.append(CLIENT_LOGS)
            pro.append(f"{found.where}: {share(made / had)} of {number(had)} connections were new.")
            where.append(found.where)
    # What a kept driver would open once is no waste.
    needed = case.seen.peak or 0.0
    return supported(
        _NAME, max(0.0, opened - needed) / idle.opened, pro, explains="connections",
        kinds=tuple(dict.fromkeys(kinds)), where=where,
    )  # fmt: skip


def _told_by_clients(case: Case) -> Cause | None:
    """Return what clients say of connections used once; None where they say nothing of it.

    Their logs tell of each connection, so that fewer are enough than where only counts are known.
    """
    opened = wasted = 0
    pro: list[str] = []
    where: list[Where] = []
    for found in failures_of(case):
        made, had, gone = (
            found.pool.counts.get(name, 0) for name in ("created", "acquired", "closed")
        )
        opened += made
        if made < _TOLD or not found.pool.in_use.size or gone < _GONE * made:
            continue
        # What broke was not thrown away, and what was needed all at once is not one each.
        broken = found.lost + found.rejected + found.unopened
        if broken > _FEW_OF * gone or had > _REQUESTS * made or found.peak is None:
            continue
        if found.peak > _FEW_OF * made:
            continue
        wasted += gone
        where.append(found.where)
        pro.append(
            f"{found.where}: {number(made)} connections were opened and {number(gone)} closed, "
            f"for {number(had)} uses; the most in use at a time: {number(found.peak)}."
        )
    if not wasted:
        return None
    return supported(
        _NAME, wasted / opened, pro, explains="connections", kinds=(CLIENT_LOGS,), where=where
    )


def _all_young(oldest: float | None, connections: float | None) -> bool:
    return oldest is not None and oldest < _SHORT and (connections or 0.0) >= 2
