"""Threads that wait for locks which other transactions hold."""

from __future__ import annotations

from collections import Counter

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause
from boltkb.bolt.causes.collecting import wanted
from boltkb.bolt.causes.held.say import calm, judge, say_of
from boltkb.bolt.snapshots import blocked_by, lists_within
from boltkb.bolt.thread_time import DUMPS, LIST, QUERIES
from boltkb.tables import number

__all__ = ["weigh_lock_contention"]

_DID = "waited for a lock"


def weigh_lock_contention(case: Case) -> Cause:
    """Return how the evidence stands for threads that wait for locks."""
    name = "lock_contention"
    quiet = calm(case, name)
    if quiet is not None:
        return quiet
    says = [
        say_of(look, "waiting_for_lock", _DID)
        for look in case.thread_time.looks
        if look.kind in {DUMPS, LIST, QUERIES}
    ]
    missing = wanted(case, DUMPS, LIST, QUERIES)
    blockers, thinking = _blockers(case)
    return judge(
        name,
        says,
        missing,
        pro=(*blockers, *_deadlocks(case)),
        overlaps=("client_think_time", "leaked_transactions") if thinking else (),
    )


def _blockers(case: Case) -> tuple[tuple[str, ...], bool]:
    """Return who keeps others waiting, in words, and whether one of them runs no query itself."""
    listed = lists_within(case.export, case.seen.start, case.seen.end)
    rows = {row.transaction: row for row in listed}
    counts = Counter(other for row in rows.values() for other in blocked_by(row))
    if not counts:
        return (), False
    most, waiting = counts.most_common(1)[0]
    row = rows.get(most)
    silent = row is not None and not row.query
    whose = "" if row is None or row.client is None else f" of {row.client}"
    plural = " waits" if waiting == 1 else "s wait"
    words = f"{number(waiting)} listed transaction{plural} for {most}{whose}"
    if silent:
        words += ", which runs no query itself: its client keeps the lock while it thinks"
    return (words + ".",), silent


def _deadlocks(case: Case) -> tuple[str, ...]:
    """Return how many transactions were ended as part of a deadlock, a sign of fought-over locks.

    The metric exists from 2026.01 on; a log seldom has a line.
    """
    seen = case.seen
    lines = sum(
        event.kind == "deadlock" and seen.start <= event.time <= seen.end
        for event in case.export.events
    )
    counted = 0.0
    for series in case.export.series.values():
        if series.id == "transaction_rollbacks_deadlocked":
            inside = (series.times >= seen.start) & (series.times <= seen.end)
            values = series.values[inside]
            steps = values[1:] - values[:-1]
            counted += float(steps[steps > 0].sum())
    most = max(float(lines), counted)
    if not most:
        return ()
    one = most == 1
    return (
        f"{number(most)} transaction{' was' if one else 's were'} ended as part of a deadlock.",
    )
