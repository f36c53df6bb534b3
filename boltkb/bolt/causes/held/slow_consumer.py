"""Clients that read their results slowly, or not to the end; the thread stays with the result.

Two shapes: the server has sent what the network takes and waits (`sending`, `blocked_on_reader`),
or it has a result open of which the client fetches no more (the thread waits for its client while
its query is under way).
"""

from __future__ import annotations

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause, supported
from boltkb.bolt.causes.collecting import wanted
from boltkb.bolt.causes.held.say import CARRIES, Say, calm, judge, say_of
from boltkb.bolt.causes.outside.looking import FEW, all_failures, failures_of
from boltkb.bolt.observe import PoolObservations
from boltkb.bolt.thread_time import (
    DUMPS,
    LIST,
    LOG,
    METRICS,
    QUERIES,
    TRACE,
    UNREAD,
    WITH_QUERY,
    Look,
    ThreadTime,
)
from boltkb.exports import LogEvent
from boltkb.tables import number, share, span

__all__ = ["weigh_slow_consumer"]

_DID = "stayed with a result that its client had not read"
#: Of a line that does not say, s: what the setting is by default.
_LIMIT = 900.0


def weigh_slow_consumer(case: Case) -> Cause:
    """Return how the evidence stands for clients that read their results slowly."""
    name = "slow_consumer"
    lines = _by_lines(case)
    quiet = calm(case, name)
    if quiet is not None and lines is None:
        return quiet
    told = case.thread_time
    several = len(_lines(case)) >= FEW
    if lines is not None and several and not case.shortage and not told.looks:
        return _given_up(case, name, lines)
    dumps = told.look(DUMPS)
    says = [
        None if dumps is None else say_of(dumps, UNREAD, _DID),
        _while_queries_ran(told),
        lines,
        _at_most_by_list(told.look(LIST)),
    ]
    missing = wanted(case, DUMPS, LIST, QUERIES)
    return judge(name, says, missing, pro=_perhaps(dumps))


def _given_up(case: Case, name: str, lines: Say) -> Cause:
    """Return what the lines are by themselves: connections closed on clients that do not read.

    What part of held threads that was, nothing tells; that these clients failed so, the server
    says itself.
    """
    failed = all_failures(failures_of(case))
    count = len(_lines(case))
    return supported(
        name, count / (count + failed), (lines.words,), kinds=(LOG,), where=lines.where,
        explains="failures", missing=wanted(case, DUMPS, LIST),
        began=_lines(case)[0].time - _LIMIT,
    )  # fmt: skip


def _lines(case: Case) -> list[LogEvent]:
    seen = case.seen
    return [
        event
        for event in case.export.events
        if event.kind == "slow-consumer" and seen.start <= event.time <= seen.end + _LIMIT
    ]


def _perhaps(dumps: Look | None) -> tuple[str, ...]:
    """Return what a single dump shows of unsent answers, which proves nothing by itself."""
    if dumps is None or UNREAD in dumps.shares:
        return ()
    sending = dumps.shares["sending"] + dumps.shares["blocked_on_reader"]
    if not sending:
        return ()
    several = len(dumps.where)
    words = (
        f"In {several} thread dump{'' if several == 1 else 's'} {share(sending)} of "
        f"{number(round(dumps.held, 1))} held threads were sending an answer; only the same "
        "thread in dump after dump, or a list of transactions beside it, shows that it stays."
    )
    return (words,)


def _while_queries_ran(told: ThreadTime) -> Say | None:
    """Return the waiting for clients that must lie within queries, as both together are too much.

    Queries were under way for one part of held time, threads waited for clients for another; what
    is more than all of it is both at once.
    """
    queries = told.look(QUERIES)
    if queries is None or WITH_QUERY not in queries.shares:
        return None
    for kind in (TRACE, METRICS):
        look = told.look(kind)
        if look is None or "waiting_for_client" not in look.shares:
            continue
        under_way = queries.shares[WITH_QUERY]
        waited, low = look.shares["waiting_for_client"], look.interval("waiting_for_client")[0]
        both = waited + under_way - 1.0
        words = (
            f"By the query log queries were under way for {share(under_way)} of the time that "
            f"threads were held, and by {kind} threads waited for their clients for "
            f"{share(waited)} of it: so they waited within queries, for results to be fetched."
        )
        # That both together are less than all denies nothing: they may lie within one another.
        return Say(QUERIES, max(0.0, both), max(0.0, low + under_way - 1.0), 1.0,
                   words if both > 0 else "", (*queries.where, *look.where), False)  # fmt: skip
    return None


def _by_lines(case: Case) -> Say | None:
    """Return what the log says of clients that were given up for not reading."""
    seen = case.seen
    lines = _lines(case)
    if not lines:
        return None
    held = sum(event.numbers.get("limit", _LIMIT) for event in lines)
    whole = _thread_time(seen)
    part = min(1.0, held / whole) if whole else 0.0
    count = len(lines)
    one = count == 1
    words = (
        f"The log says {'once' if one else f'{number(count)} times'} that a client did not read "
        f"what was sent for {span(held / count)}; its thread was held all the time"
        + (f", which is at least {share(part)} of all that was held." if whole else ".")
    )
    return Say(
        LOG, part, part, 1.0, words, tuple(event.where for event in lines[:3]), False, hint=True
    )


def _thread_time(seen: PoolObservations) -> float | None:
    """Return held thread-time of the window, thread seconds; at most so much without samples."""
    seconds = seen.end - seen.start
    if seen.samples > 1 and not seen.lower_bound:
        mean = float(seen.busy[seen.busy == seen.busy].mean())
        return mean * seconds
    return None if seen.servers is None else seen.servers * seconds


def _at_most_by_list(look: Look | None) -> Say | None:
    """Return how many results can be unread at most: those of transactions with a query."""
    if look is None or WITH_QUERY not in look.shares:
        return None
    high = look.interval(WITH_QUERY)[1]
    if look.shares[WITH_QUERY] >= CARRIES:
        return None
    words = (
        f"In the list of open transactions {share(look.shares[WITH_QUERY])} of "
        f"{number(round(look.held, 1))} held threads had a query under way, so a result to read."
    )
    return Say(LIST, 0.0, 0.0, high, words, look.where, look.of_incident)
