"""Transactions that were begun and are never ended; each keeps its thread."""

from __future__ import annotations

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause
from boltkb.bolt.causes.held.looked_at import COLLECT_DUMPS, COLLECT_LIST, COURSE
from boltkb.bolt.causes.held.staircase import find_staircase
from boltkb.bolt.holders import LONG_OPEN
from boltkb.bolt.observe import PoolObservations
from boltkb.bolt.thread_time import DUMPS, LIST
from boltkb.tables import number, span

__all__ = ["weigh_leaked_transactions"]


def weigh_leaked_transactions(case: Case) -> Cause:
    """Return how the evidence stands for transactions that nobody ends."""
    seen = case.seen
    stairs = find_staircase(seen)
    holders = seen.holders
    pro: list[str] = []
    contra: list[str] = []
    kinds: list[str] = []
    kept = 0.0
    if holders.kept_open:
        kinds.append(LIST)
        kept = max(kept, holders.kept_open)
        pro.append(
            f"{holders.kept_open} of {holders.transactions} open transactions have been open for "
            f"a minute or more with no query running; the oldest for {span(holders.oldest)}."
        )
    elif holders.transactions and _long_enough(seen):
        contra.append(
            f"None of {holders.transactions} open transactions was open for a minute "
            "without a query."
        )
    if holders.kept >= 2:
        kinds.append(DUMPS)
        kept = max(kept, holders.kept)
        pro.append(
            f"{holders.kept} threads waited for one and the same connection in all "
            f"{holders.dumps} thread dumps, {span(holders.dump_seconds)} apart."
        )
    elif holders.dumps > 1 and holders.dump_seconds >= 10:
        contra.append(
            f"Over {span(holders.dump_seconds)} of thread dumps "
            + ("one thread" if holders.kept else "no thread")
            + " kept waiting for the same client."
        )
    if stairs is not None and stairs.rises and stairs.kept >= 2:
        if stairs.collapsed:
            kinds.append(COURSE)
            kept = max(kept, stairs.kept)
            pro.append(
                f"Held threads rose step by step and {number(stairs.kept)} were never given back, "
                f"while work for each held thread fell from {number(stairs.before)} to "
                f"{number(stairs.after)} messages a second."
            )
        elif stairs.before is not None:
            contra.append("Held threads rose, but each went on working.")
    elif stairs is not None:
        contra.append("Held threads fell again when traffic did; they are not kept for good.")
    limit = seen.servers or 0
    held = _held(seen)
    counts = kept >= 2 or (limit > 0 and kept >= max(1, 0.25 * limit))
    where = holders.where
    if pro and counts:
        explained = min(1.0, kept / held) if held else 1.0
        missing = () if holders.dumps else (COLLECT_DUMPS,)
        return Cause(
            "leaked_transactions", "supported", explained, tuple(pro), tuple(contra), missing,
            tuple(kinds), where,
        )  # fmt: skip
    if contra and not pro:
        return Cause("leaked_transactions", "contradicted", 0.0, (), tuple(contra), (), (), where)
    wanted: tuple[str, ...] = tuple(
        words
        for words, absent in (
            (COLLECT_DUMPS, holders.dumps < 2 or holders.dump_seconds < 10),
            (COLLECT_LIST, not holders.transactions),
        )
        if absent
    )
    return Cause(
        "leaked_transactions",
        "contradicted" if contra else "cannot_tell",
        0.0, tuple(pro), tuple(contra), wanted, (), where,
    )  # fmt: skip


def _long_enough(seen: PoolObservations) -> bool:
    """Whether a transaction could have grown old enough to be called kept."""
    incident = seen.incident
    return (seen.end - seen.start if incident is None else incident.seconds) >= LONG_OPEN


def _held(seen: PoolObservations) -> float:
    if seen.holders.looks and seen.holders.held > 0:
        return seen.holders.held
    if seen.incident is not None and seen.servers is not None:
        return float(seen.servers)
    return seen.peak or 0.0
