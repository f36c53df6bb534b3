"""A driver's own pool is used up while the server has threads to spare."""

from __future__ import annotations

import numpy as np

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause, contradicted, supported, untold
from boltkb.bolt.causes.outside.looking import (
    CLIENT_LOGS,
    COLLECT_CLIENT_LOG,
    COUNTERS,
    FEW,
    SERVER_LOGS,
    Failures,
    all_failures,
    failures_of,
    free_share,
    silent,
)
from boltkb.bolt.clients.logged import SECOND_LOOK, once
from boltkb.tables import number, share, span

__all__ = ["weigh_client_pool_too_small"]

_NAME = "client_pool_too_small"
_SIZE = "the size of that client's pool, from the configuration of its driver"
#: From this share of failures at a moment with free threads on, the server is not what was full.
_FREE = 0.9
#: Open connections of which at least this part was running leave none for another request.
_RUNNING = 0.9
#: They are called the same in number when they varied by no more than this part.
_SAME = 0.05
#: Connections that are given back less often than this part of those that were had are kept.
_GIVEN_BACK = 0.5
#: Waits below this are a driver's own work, s.
_NOTED = 0.1
#: A hold of this part of the acquisition time-out, or longer, is no short one.
_LONG = 0.5


def weigh_client_pool_too_small(case: Case) -> Cause:
    """Return how the evidence stands for a driver's pool that is too small for its client."""
    logged = failures_of(case)
    waited = [found for found in logged if found.waited >= FEW]
    busy = _all_busy(case)
    if not waited:
        return _without_timeouts(case, logged, busy)
    pro: list[str] = []
    contra: list[str] = []
    unknown: list[str] = []
    kinds: list[str] = []
    explained = 0
    for found in waited:
        free = free_share(case, found.times("acquisition-timeout", "queue-full", "pool-full",
                                            "acquisition-timeout-pool"))  # fmt: skip
        words = f"{found.where}: {number(found.waited)} requests found no connection in time"
        if free is not None and free < _FREE:
            contra.append(
                f"{words}, and at {share(1 - free)} of these moments the server was full."
            )
            continue
        if found.hung >= FEW:
            contra.append(f"{words}, but they hung far beyond the time that they may wait.")
            continue
        kept = _kept(found)
        if kept:
            contra.append(f"{words}, but {kept}.")
            continue
        full = _full(found)
        if full is False:
            contra.append(f"{words}, but none of its connections was in use.")
            continue
        quiet = free is None and silent(case)
        if free is None and not quiet:
            unknown.append(f"{words}; whether the server had threads free then is not known.")
            if isinstance(full, str):
                unknown.append(full)
            continue
        meanwhile = (
            "while the server rejected nothing"
            if free is None
            else f"while the server had threads free at {share(free)} of these moments"
        )
        if full is None and not busy:
            pro.append(f"{words}, {meanwhile}; how many it had in use is not told.")
            continue
        slow = _slow(case, found)
        if slow:
            contra.append(f"{words}, but {slow}.")
            continue
        explained += found.waited
        pro.append(f"{words}, {meanwhile}.")
        kinds += [CLIENT_LOGS, *([SERVER_LOGS] if quiet else [])]
        if isinstance(full, str):
            pro.append(full)
    if busy:
        pro.append(busy)
    if explained:
        if busy:
            kinds.append(COUNTERS)
        return supported(
            _NAME, explained / all_failures(logged), pro, contra=contra, explains="failures",
            kinds=tuple(dict.fromkeys(kinds)), where=[found.where for found in waited],
        )  # fmt: skip
    where = [found.where for found in waited]
    if contra and not pro and not unknown:
        return contradicted(_NAME, contra, where=where)
    missing = _missing(case, waited)
    return untold(_NAME, missing, pro=(*pro, *unknown), contra=contra, where=where)


def _missing(case: Case, waited: list[Failures]) -> list[str]:
    """Return what would tell whether a pool was used up while the server had threads free."""
    missing = []
    unknown = [found for found in waited if _full(found) is None]
    if unknown:
        told = all(found.pool.in_use.size for found in unknown)
        missing.append(_again(waited) or (_SIZE if told else COLLECT_CLIENT_LOG))
    if not case.seen.samples and case.seen.rejected.how == "unknown":
        missing.append("the server's neo4j.log and debug.log of the same time")
    return missing or [COLLECT_CLIENT_LOG]


def _again(waited: list[Failures]) -> str:
    """Return that a second look would tell, where a client's numbers were printed once."""
    return SECOND_LOOK if any(once(found.pool) for found in waited) else ""


def _without_timeouts(case: Case, logged: tuple[Failures, ...], busy: str) -> Cause:
    if case.shortage:
        return contradicted(_NAME, ["The server's own threads ran out, not a client's pool alone."])
    queued = [words for found in logged if (words := _queued(found))]
    asked = sum(found.pool.counts.get("acquired", 0) for found in logged)
    if asked and not queued:
        words = (
            f"{number(asked)} connections were had from their pools, by {len(logged)} clients' "
            "logs, and fewer than three requests waited in vain."
        )
        return contradicted(_NAME, [words], where=[found.where for found in logged])
    return untold(_NAME, [COLLECT_CLIENT_LOG], pro=[words for words in (busy, *queued) if words])


def _queued(found: Failures) -> str:
    """Return that requests waited in a full pool, though none in vain; empty where they did not."""
    wait, hold = found.pool.mean_wait, found.pool.mean_hold
    if wait is None or hold is None or wait < max(_NOTED, hold) or not _full(found):
        return ""
    return (
        f"{found.where}: a connection was waited for {span(wait)} and kept for {span(hold)}, on "
        f"average, and all {found.limit} of the pool were in use at a time."
    )


def _kept(found: Failures) -> str:
    """Return that a pool's connections are not given back; empty where they are, or unknown."""
    counts = found.pool.counts
    if found.leaked:
        return f"its log tells of {number(found.leaked)} sessions that were never closed"
    had, back = counts.get("acquired", 0), found.given_back
    if back is not None and had >= FEW and back < _GIVEN_BACK * had:
        return f"only {number(back)} of {number(had)} connections were given back"
    return ""


def _full(found: Failures) -> str | bool | None:
    """Return that all connections were in use, False where none was, None where it is not told."""
    told = [event.numbers["active"] for event in found.pool.events if "active" in event.numbers]
    if told and max(told) == 0:
        return False
    if found.peak == 0 and found.pool.counts.get("acquired", 0) == 0:
        return False
    if found.limit is None:
        return None
    if (found.peak is not None and found.peak >= found.limit) or told:
        return f"All {found.limit} connections of its pool were in use at the same time."
    return None


def _slow(case: Case, found: Failures) -> str:
    """Return that holds were about as long as may be waited; empty where they were not."""
    hold = found.pool.mean_hold
    allowed = [event.numbers["limit"] for event in found.pool.events if "limit" in event.numbers]
    if hold is None:
        hold = _mean_hold(case)
    if hold is None or not allowed or hold < _LONG * min(allowed):
        return ""
    return (
        f"a connection was kept for {span(hold)} on average, of {span(min(allowed))} that may be "
        "waited"
    )


def _mean_hold(case: Case) -> float | None:
    """Return the mean hold of a thread by Little's law: held threads over requests a second."""
    idle = case.clients.idle
    seconds = case.seen.end - case.seen.start
    if not idle.requests or not case.seen.samples or seconds <= 0:
        return None
    return float(np.nanmean(case.seen.busy)) * seconds / idle.requests


def _all_busy(case: Case) -> str:
    """Return that the same few connections were always running; empty where they were not."""
    seen = case.seen
    track = seen.open_connections
    if track is None or track[1].size < FEW or seen.servers is None or case.shortage:
        return ""
    open_, busy = track[1][np.isfinite(track[1])], seen.busy[np.isfinite(seen.busy)]
    if not open_.size or not busy.size or open_.mean() < 1:
        return ""
    level = float(np.median(open_))
    same = float(np.ptp(open_)) <= max(0.0, _SAME * level)
    if not same or float(busy.mean()) < _RUNNING * level or level >= seen.servers:
        return ""
    return (
        f"The server saw {number(level)} connections all the time, "
        f"{share(float(busy.mean()) / level)} of them running, and {seen.servers} threads: no "
        "client opened a further one."
    )
