"""Clients that think, or do other work, inside open transactions; the thread waits with them."""

from __future__ import annotations

import math
from dataclasses import replace

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause
from boltkb.bolt.causes.collecting import wanted
from boltkb.bolt.causes.held.leaked_transactions import weigh_leaked_transactions
from boltkb.bolt.causes.held.say import Say, calm, judge, say_of
from boltkb.bolt.causes.held.slow_consumer import weigh_slow_consumer
from boltkb.bolt.thread_time import (
    DUMPS,
    LIST,
    METRICS,
    QUERIES,
    TRACE,
    UNFETCHED,
    WITH_QUERY,
    Look,
)
from boltkb.tables import number, share, with_interval

__all__ = ["weigh_client_think_time"]

#: Held this many times as long as they worked, threads are not what the work needs.
_STICKY = 2.0
_DID = "waited for their clients"
_ARE_LEAKED = "The threads that wait for their client are those of transactions nobody ends."
_PERHAPS_UNREAD = (
    "That the clients have results left to fetch is not excluded: a list of transactions taken at "
    "the same time shows whether a query is open."
)
_PERHAPS_LEAKED = (
    "That these transactions never end is not excluded: what was looked at is too short."
)


def weigh_client_think_time(case: Case) -> Cause:
    """Return how the evidence stands for clients that think inside transactions.

    Threads kept by transactions that nobody ends, and those whose client has not fetched its
    result, wait for their clients too; that is not thinking.
    """
    name = "client_think_time"
    quiet = calm(case, name)
    if quiet is not None:
        return quiet
    leak = weigh_leaked_transactions(case)
    leaks = leak.status == "supported"
    unread = weigh_slow_consumer(case)
    kept = leak.share if leaks else 0.0
    read_slowly = unread.share if unread.status == "supported" else 0.0
    says: list[Say | None] = []
    for look in case.thread_time.looks:
        if look.kind == QUERIES:
            says.append(_between_queries(look, kept))
        elif look.kind == DUMPS:
            less = kept + look.shares.get(UNFETCHED, 0.0)
            says.append(say_of(look, "waiting_for_client", _DID, less=less))
        elif look.kind == LIST:
            says.append(say_of(look, "waiting_for_client", _DID, less=kept))
        elif not leaks:
            # Over a longer time the part of kept threads is not known.
            says.append(say_of(look, "waiting_for_client", _DID, less=read_slowly))
    missing = wanted(case, DUMPS, LIST, TRACE, METRICS, metrics=("accumulated_processing_time",))
    cause = judge(name, says, missing)
    if leaks:
        against = (*cause.evidence_against, _ARE_LEAKED)
        return replace(cause, evidence_against=against, overlaps=("leaked_transactions",))
    if cause.status != "supported":
        return cause
    against = cause.evidence_against
    overlaps: tuple[str, ...] = ()
    if leak.status == "cannot_tell":
        against, overlaps = (*against, _PERHAPS_LEAKED), (*overlaps, "leaked_transactions")
    if unread.status == "cannot_tell":
        against, overlaps = (*against, _PERHAPS_UNREAD), (*overlaps, "slow_consumer")
    return replace(
        cause, evidence_for=(*cause.evidence_for, *_stickily(case)), evidence_against=against,
        overlaps=overlaps, missing=unread.missing if unread.status == "cannot_tell" else (),
    )  # fmt: skip


def _stickily(case: Case) -> tuple[str, ...]:
    """Return how much longer threads were held than they worked, where it is much longer."""
    sticky = case.thread_time.sticky
    if sticky is None or sticky.low < _STICKY:
        return ()
    times = f"at least {number(sticky.low, uncertainty=sticky.low / 5)}"
    if math.isfinite(sticky.high):
        times = with_interval(sticky.factor, sticky.low, sticky.high)
    return (f"Threads were held {times} times as long as they worked, by {sticky.words}.",)


def _between_queries(look: Look, kept: float) -> Say | None:
    """Return what the query log says: at least the time between the queries of transactions.

    What is held beside queries is more than thinking may be.
    """
    if "waiting_for_client" not in look.shares and WITH_QUERY not in look.shares:
        return None
    least = max(0.0, look.shares.get("waiting_for_client", 0.0) - kept)
    most = 1.0 - look.shares.get(WITH_QUERY, 0.0)
    words = (
        f"By the query log threads had no query under way for at least {share(least)} and at most "
        f"{share(most)} of the time that they were held."
    )
    return Say(QUERIES, least, least, max(least, most), words, look.where, look.of_incident)
