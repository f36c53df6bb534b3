"""Something between clients and server cuts connections after a fixed idle time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause, contradicted, not_applicable, supported, untold
from boltkb.bolt.causes.outside.looking import (
    CLIENT_LOGS,
    COLLECT_CLIENT_LOG,
    COUNTERS,
    FEW,
    SERVER_LOGS,
    Failures,
    all_failures,
    collect_metrics,
    failures_of,
    free_share,
    lines_of,
)
from boltkb.bolt.clients.idle import CHANCE
from boltkb.bolt.clients.periods import Agreement, agree
from boltkb.exports import Where
from boltkb.tables import number, share, span

__all__ = ["weigh_load_balancer_cut"]

_NAME = "load_balancer_cut"
_TRACE = "the debug-level trace"
_ABORTS = ("network-abort", "network-abort-increase", "network-abort-remains")
#: From this share of the moments on, what was cut was cut at low load.
_QUIET = 0.8
#: Of the connections that broke, those that agree where the cut is what breaks them.
_MOST_OF = 0.5
#: Lines of the server tell of clients that were killed too: then chance must be rarer.
_RARE = 0.01
#: A restart breaks every connection; clients notice within so long, s.
_RESTART = 120.0
#: Every official driver closes a connection by itself at this age, by default, s.
_OWN_LIFETIME = 3600.0
_COLLECT_TRACE = (
    "a debug-level trace of half an hour (server-logs.xml, logger "
    "org.neo4j.bolt.protocol.common.connector): it tells when each connection was last used"
)


def weigh_load_balancer_cut(case: Case) -> Cause:
    """Return how the evidence stands for idle connections that are cut from outside.

    A fixed time alone is not enough: a program that opens a connection for a task of fixed length
    looks the same.  Somebody must have met the cut, a client or the server.
    """
    idle = case.clients.idle
    if idle.shape == "churn":
        return not_applicable(_NAME, "Connections live for a request or two and are never idle.")
    pro: list[str] = []
    contra: list[str] = []
    met: list[str] = []
    where: list[Where] = []
    logged = failures_of(case)
    lost = 0
    for found in logged:
        if found.lost < FEW:
            continue
        times = _away_from_restarts(case, found.times("-lost", "-channel-failure"))
        free = free_share(case, times)
        words = f"{found.where}: {number(found.lost)} connections were found broken"
        if times.size < FEW and found.pool.events:
            contra.append(f"{words}, most of them by a restart of the server.")
        elif (free is None and not case.shortage and not found.rejected) or (free or 0.0) >= _QUIET:
            lost += found.lost
            known = free is not None or case.seen.rejected.how == "none"
            calm = (
                "while the server rejected nothing"
                if known
                else "and its log tells of no rejection"
            )
            pro.append(f"{words}, {calm}.")
            where.append(found.where)
        else:
            contra.append(f"{words}, but not only while the server had threads free.")
    if lost:
        met.append(CLIENT_LOGS)
    aborted = lines_of(case, *_ABORTS)
    quiet_lines = free_share(case, [event.time for event in aborted]) if aborted else None
    if quiet_lines is not None and quiet_lines >= _QUIET:
        met.append(SERVER_LOGS)
        pro.append(
            f"{number(len(aborted))} lines of the server's log tell of connections that were cut, "
            f"{share(quiet_lines)} of them with threads free."
        )
        where.append(aborted[0].where)
    exact = _exact(case)
    by_clients = _by_clients(logged) if exact is None else None
    exact = exact or by_clients
    regular, chance, words = _period(case, exact)
    if words:
        pro.append(words)
    kinds = [*met]
    if regular is not None and chance < CHANCE:
        kinds.append(
            CLIENT_LOGS if by_clients is not None else _TRACE if exact is not None else COUNTERS
        )
    limit = CHANCE if lost else _RARE
    own = regular is not None and abs(regular - _OWN_LIFETIME) < 0.05 * _OWN_LIFETIME
    if own and not met:
        contra.append(f"{span(regular)} is the age at which drivers close connections themselves.")
    fixed = regular is not None and chance < limit and not (own and not met)
    if fixed and met:
        if lost:
            explained, of = lost / all_failures(logged), "failures"
        else:
            explained, of = min(1.0, len(aborted) / max(1.0, idle.closed or 1.0)), "connections"
        return supported(
            _NAME, explained, pro, contra=contra, kinds=tuple(dict.fromkeys(kinds)), where=where,
            explains="failures" if of == "failures" else "connections",
        )  # fmt: skip
    if idle.closed is not None and not idle.quiet_closings and not met:
        words = f"{number(idle.closed)} connections were closed, none of them while load was low."
        return contradicted(_NAME, [words if idle.closed else "No connection was closed.", *contra])
    missing = []
    if idle.closed is None:
        missing.append(collect_metrics(case, "connections_opened", "connections_closed"))
    if not logged:
        missing.append(COLLECT_CLIENT_LOG)
    if not fixed and (met or idle.quiet_closings >= FEW):
        missing.append(_COLLECT_TRACE)
    if not met and not fixed and idle.closed is not None and idle.quiet_closings < FEW:
        return contradicted(
            _NAME,
            [f"Connections were closed at low load {number(idle.quiet_closings)} times only."],
        )
    return untold(_NAME, missing or [_COLLECT_TRACE], pro=pro, contra=contra, where=where)


def _away_from_restarts(case: Case, times: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the moments that no restart of the server explains."""
    restarts = np.array(case.export.restarts)
    if not restarts.size:
        return times
    near = np.abs(times[:, np.newaxis] - restarts).min(axis=1) <= _RESTART
    away: npt.NDArray[np.float64] = times[~near]
    return away


def _period(case: Case, exact: Agreement | None) -> tuple[float | None, float, str]:
    """Return the idle time after which connections end, what chance does, and it in words."""
    if exact is not None:
        low, high = span(exact.low), span(exact.high)
        return exact.seconds, exact.chance, (
            f"{exact.agreeing} of {exact.all} connections that were cut had been idle for "
            f"{low if low == high else f'{low} to {high}'}."
        )  # fmt: skip
    regular = case.clients.idle.regular
    if regular is None or case.clients.idle.shape != "cut":
        return None, 1.0, ""
    return regular.seconds, regular.chance, case.clients.idle.words


def _by_clients(logged: Sequence[Failures]) -> Agreement | None:
    """Return how long connections had not been used when they broke, as clients' logs tell.

    Only where that is so of most of those whose last use is told.
    """
    found = agree([float(idle) for client in logged for idle in client.pool.unused])
    return found if found is not None and found.agreeing >= _MOST_OF * found.all else None


def _exact(case: Case) -> Agreement | None:
    """Return the idle time before each cut, where a trace tells when a connection was last used."""
    holds = case.export.holds
    cuts = [event for event in lines_of(case, "network-abort") if event.connection]
    if holds is None or len(cuts) < FEW:
        return None
    last: dict[str, list[float]] = {}
    ended = np.isfinite(holds.ends)
    for name, end in zip(holds.connections[ended], holds.ends[ended], strict=True):
        last.setdefault(str(name), []).append(float(end))
    idles = []
    for event in cuts:
        before = [end for end in last.get(event.connection or "", ()) if end <= event.time]
        if before:
            idles.append(event.time - max(before))
    return agree(idles)
