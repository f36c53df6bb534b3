"""Drivers fail while they open connections: the server sees nothing of it."""

from __future__ import annotations

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause, contradicted, supported, untold
from boltkb.bolt.causes.outside.looking import (
    CLIENT_LOGS,
    COLLECT_CLIENT_LOG,
    COUNTERS,
    FEW,
    Failures,
    all_failures,
    failures_of,
    free_share,
    only_rejected,
)
from boltkb.tables import number

__all__ = ["weigh_connect_failure"]

_NAME = "connect_failure"
_FREE = 0.9


def weigh_connect_failure(case: Case) -> Cause:
    """Return how the evidence stands for connections that cannot be opened.

    A name that leads to two addresses, of which one does not answer, fails once for each
    connection that is then opened by the other: openings that fail count only where most do, or
    where requests failed with nothing in use.
    """
    logged = failures_of(case)
    if not logged:
        return untold(_NAME, [COLLECT_CLIENT_LOG])
    pro: list[str] = []
    contra: list[str] = []
    explained = 0
    for found in logged:
        failed, words = _failed(found)
        if failed < FEW:
            continue
        if _restarted(case, found):
            contra.append(f"{words}, and the server was restarted within that time.")
            continue
        free = free_share(case, found.times("timeout", "timeout-pool"))
        if free is not None and free < _FREE:
            contra.append(f"{words}, and the server was full at these moments.")
            continue
        if case.seen.rejected.seen and found.rejected:
            contra.append(f"{words}; its log tells of rejections too, which close a connection.")
            continue
        explained += failed
        pro.append(f"{words}.")
    where = [found.where for found in logged]
    if explained:
        kinds = [CLIENT_LOGS]
        if _server_saw_nothing(case):
            kinds.append(COUNTERS)
            pro.append("The server saw no connection come or go in that time.")
        return supported(
            _NAME, explained / all_failures(logged), pro, contra=contra, kinds=kinds,
            explains="failures", where=where,
        )  # fmt: skip
    if contra:
        return untold(_NAME, [COLLECT_CLIENT_LOG], contra=contra, where=where)
    rejections = only_rejected(logged)
    if rejections:
        return contradicted(_NAME, [rejections], where=where)
    had = sum(
        max(found.pool.counts.get("created", 0), found.pool.counts.get("acquired", 0))
        for found in logged
    )
    if had:
        words = (
            f"{number(had)} connections were had, by clients' logs, and few could not be opened."
        )
        return contradicted(_NAME, [words], where=where)
    return untold(_NAME, [COLLECT_CLIENT_LOG], where=where)


def _failed(found: Failures) -> tuple[int, str]:
    """Return how many requests or openings failed with nothing in use, and how it is known."""
    idle_told = [event for event in found.pool.events if event.numbers.get("active", -1.0) == 0.0]
    if idle_told:
        return len(idle_told), (
            f"{found.where}: {number(len(idle_told))} requests ran out of time while none of the "
            "pool's connections was in use"
        )
    opened = found.pool.counts.get("created", 0)
    # Those that hung for minutes are another trouble: sockets whose other end is gone.
    unopened = found.unopened - found.hung_openings
    if unopened > opened:
        return unopened, (
            f"{found.where}: {number(unopened)} connections could not be opened, "
            f"{number(opened)} could"
        )
    return 0, ""


def _restarted(case: Case, found: Failures) -> bool:
    start, end = found.pool.start, found.pool.end
    return any(
        (start is None or start - 60 <= moment) and (end is None or moment <= end + 60)
        for moment in case.export.restarts
    )


def _server_saw_nothing(case: Case) -> bool:
    idle = case.clients.idle
    return idle.opened is not None and idle.opened < FEW and (idle.closed or 0.0) < FEW
