"""Held thread-time by thread dumps: what each worker did, and which did the same again.

One dump is a moment: a thread that is *sending* in it proves nothing, since every answer is sent.
The same worker with the same connection in dump after dump does.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence

from boltkb.bolt.holders import LONG_OPEN
from boltkb.bolt.thread_time.look import (
    DUMPS,
    PROCESSING,
    UNREAD,
    WITHOUT_TRANSACTION,
    Kept,
    Look,
)
from boltkb.exports import ThreadDump, TransactionRow, Worker
from boltkb.exports.records import ThreadState
from boltkb.tables import number, span

__all__ = ["kept_in_dumps", "look_at_dumps"]

#: What a held worker may be doing (`boltkb.exports.records.ThreadState` without `idle`).
STATES: tuple[ThreadState, ...] = (
    "working", "waiting_for_client", "waiting_for_lock", "waiting_for_bookmark",
    "authenticating", "committing", "sending", "blocked_on_reader",
)  # fmt: skip
#: Both say that the client does not take what the server has for it.
_UNSENT: tuple[ThreadState, ...] = ("sending", "blocked_on_reader")
#: Two dumps nearer than this are one look, s: the same answer may still be on its way.
_APART = 2.0
#: From here on a connection that waits in every dump may be called kept, s.
_KEPT_AFTER = 10.0
#: A row of a list speaks of a worker only if both were taken within this, s.
_SAME_TIME = 2.0

Holding = tuple[str, str | None]


def look_at_dumps(dumps: Sequence[ThreadDump], rows: Sequence[TransactionRow]) -> Look | None:
    """Return what the held workers of dumps did.

    Parameters
    ----------
    dumps : sequence of ThreadDump
        By time.
    rows : sequence of TransactionRow
        Of Bolt clients: a worker that waits for its client while its transaction has a query
        under way has a result that nobody fetches.
    """
    held = [(dump, worker) for dump in dumps for worker in dump.workers if worker.state != "idle"]
    if not held:
        return None
    counts = Counter(worker.state for _, worker in held)
    shares: dict[str, float] = {state: counts[state] / len(held) for state in STATES}
    shares[PROCESSING] = 1.0 - shares["waiting_for_client"]
    shares[WITHOUT_TRANSACTION] = shares["waiting_for_bookmark"] + shares["authenticating"]
    lasting = _lasting(dumps)
    matched, unfetched = _unfetched(held, rows)
    # A client that fetches slowly is seen in an unsent answer that stays, or in its open query.
    if lasting or matched or not any(counts[state] for state in _UNSENT):
        stays = sum(lasting.get(state, 0.0) for state in _UNSENT)
        unsent = sum(shares[state] for state in _UNSENT) if stays else 0.0
        waits = shares["waiting_for_client"] * unfetched / matched if matched else 0.0
        if matched or stays or not counts["waiting_for_client"]:
            shares[UNREAD] = unsent + waits
    return Look(
        DUMPS,
        len(held) / len(dumps),
        shares,
        float(len({_holding(worker) for _, worker in held})),
        False,
        tuple(dump.where for dump in dumps),
        lasting=lasting,
    )


def kept_in_dumps(dumps: Sequence[ThreadDump], rows: Sequence[TransactionRow]) -> Kept | None:
    """Return the threads that waited for the same client in every dump.

    None where the dumps lie too near together to tell.  A thread whose transaction is young or
    has a query under way, as its row says, is not kept.
    """
    times = [dump.time for dump in dumps if dump.time is not None]
    apart = max(times) - min(times) if len(times) > 1 else 0.0
    if len(dumps) < 2 or apart < _KEPT_AFTER:
        return None
    waiting = [
        {_holding(w) for w in dump.workers if w.state == "waiting_for_client"} for dump in dumps
    ]
    used = {
        row.connection
        for row in rows
        if row.query or (row.elapsed is not None and row.elapsed + apart < LONG_OPEN)
    }
    kept = {holding for holding in set.intersection(*waiting) if holding[1] not in used}
    where = tuple(dump.where for dump in dumps)
    if not kept:
        words = f"Over {span(apart)} of thread dumps no thread kept waiting for the same client."
        return Kept(DUMPS, 0.0, None, words, where)
    one = len(kept) == 1
    words = (
        f"{number(len(kept))} thread{'' if one else 's'} waited for one and the same connection "
        f"in all {len(dumps)} thread dumps, {span(apart)} apart."
    )
    return Kept(DUMPS, float(len(kept)), _oldest(kept, rows), words, where)


def _oldest(kept: set[Holding], rows: Sequence[TransactionRow]) -> float | None:
    names = {connection for _, connection in kept}
    return min(
        (r.started for r in rows if r.started is not None and r.connection in names), default=None
    )


def _holding(worker: Worker) -> Holding:
    # Versions before 5.0 do not name the connection; the client's port tells it as well.
    return worker.thread.split(" ")[0], worker.connection or worker.client


def _lasting(dumps: Sequence[ThreadDump]) -> dict[str, float]:
    """Return the share of held workers in each state that were so in the next dump too."""
    pairs = [
        (first, second)
        for first, second in itertools.pairwise(dumps)
        if first.time is None or second.time is None or second.time - first.time >= _APART
    ]
    if not pairs:
        return {}
    held = sum(first.held + second.held for first, second in pairs) / 2
    return {
        state: sum(len(_in(first, state) & _in(second, state)) for first, second in pairs) / held
        if held
        else 0.0
        for state in STATES
    }


def _in(dump: ThreadDump, state: str) -> set[Holding]:
    return {_holding(worker) for worker in dump.workers if worker.state == state}


def _unfetched(
    held: Sequence[tuple[ThreadDump, Worker]], rows: Sequence[TransactionRow]
) -> tuple[int, int]:
    """Return how many waiting workers have a row of the same time, and how many a query in it."""
    by_connection = {row.connection: row for row in rows}
    matched = unfetched = 0
    for dump, worker in held:
        row = by_connection.get(worker.connection)
        if row is None or worker.state != "waiting_for_client":
            continue
        if dump.time is None or row.time is None or abs(dump.time - row.time) > _SAME_TIME:
            continue
        matched += 1
        unfetched += bool(row.query)
    return matched, unfetched
