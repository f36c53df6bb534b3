"""Held thread-time by thread dumps: what each worker did, and which did the same again.

One dump is a moment: a thread that is *sending* in it proves nothing, since every answer is sent.
The same worker with the same connection in dump after dump does.
"""

from __future__ import annotations

import itertools
import statistics
from collections import Counter
from collections.abc import Sequence

from boltkb.bolt.snapshots import LONG_OPEN
from boltkb.bolt.thread_time.look import (
    DUMPS,
    PROCESSING,
    UNFETCHED,
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
#: If this part of all that waited outlasts the dumps, their holds are several times as long.
_STAY = 0.8
#: Processor time of a message, s, below that of any; and of waiting for one, a second: on 5.26
#: threads that waited in a leaked transaction used 6 microseconds a second.
_MESSAGE = 0.001
_POLLING = 2e-5
#: Threads, and the part of those that send, that must be seen to send to the same client again:
#: in a small pool a thread meets the same connection now and then by chance.
_AGAIN = 2
_AGAIN_PART = 0.1
#: An answer that is read goes out in milliseconds; one that takes so long is not read, s.
_LONG_ANSWER = 0.5
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
    matched = _rows_beside(held, rows)
    waiting = [row for worker, row in matched if worker.state == "waiting_for_client"]
    if waiting:
        # Were each a moment of its own, by chance no more than a quarter would look like this.
        unfetched = sum(bool(row.query) for row in waiting) / len(waiting)
        shares[UNFETCHED] = shares["waiting_for_client"] * unfetched
    unsent = sum(shares[state] for state in _UNSENT)
    fetched_or_known = UNFETCHED in shares or not counts["waiting_for_client"]
    if unsent and _stays_unsent(dumps, matched, unsent):
        shares[UNREAD] = unsent + shares.get(UNFETCHED, 0.0)
    elif not unsent and fetched_or_known:
        shares[UNREAD] = shares.get(UNFETCHED, 0.0)
    return Look(
        DUMPS,
        len(held) / len(dumps),
        shares,
        float(len({_holding(worker) for _, worker in held})),
        False,
        tuple(dump.where for dump in dumps),
        lasting=lasting,
    )


def kept_in_dumps(
    dumps: Sequence[ThreadDump], rows: Sequence[TransactionRow], held_later: float | None
) -> Kept | None:
    """Return the threads that waited for the same client in every dump.

    A thread is not kept that used its processor meanwhile, whose transaction is young or has a
    query under way, or that was given back later.  None where it cannot be told: the dumps lie
    too near together, or long transactions would look the same.

    Parameters
    ----------
    dumps : sequence of ThreadDump
        By time.
    rows : sequence of TransactionRow
        Of Bolt clients.
    held_later : float or None, threads
        The least that were held at any time after the dumps.
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
    at_work = _at_work(dumps, apart)
    stayed = set.intersection(*waiting)
    kept = {one for one in stayed if one[1] not in used and one not in at_work}
    old = {row.connection for row in rows if (row.elapsed or 0.0) >= LONG_OPEN}
    # Of holds that end, so many would not outlast the dumps unless they were far longer.
    most_stay = len(kept) >= _STAY * max(len(each) for each in waiting)
    known_old = all(connection in old for _, connection in kept)
    if apart < LONG_OPEN and not (known_old or most_stay):
        return None
    where = tuple(dump.where for dump in dumps)
    count = float(len(kept))
    if held_later is not None and held_later < count:
        count = held_later
    if not count:
        words = f"Over {span(apart)} of thread dumps no thread kept waiting for the same client."
        if kept:
            words = f"Threads that waited through {span(apart)} of dumps were given back later."
        return Kept(DUMPS, 0.0, None, words, where)
    words = (
        f"{number(count)} thread{'' if count == 1 else 's'} waited for one and the same connection "
        f"in all {len(dumps)} thread dumps, {span(apart)} apart."
    )
    return Kept(DUMPS, count, _oldest(kept, rows), words, where)


def _at_work(dumps: Sequence[ThreadDump], apart: float) -> set[Holding]:
    """Return the workers that used more processor time between the dumps than waiting takes."""
    spent: dict[Holding, list[float]] = {}
    for dump in dumps:
        for worker in dump.workers:
            if worker.cpu is not None:
                spent.setdefault(_holding(worker), []).append(worker.cpu)
    most = _MESSAGE + _POLLING * apart
    return {one for one, times in spent.items() if max(times) - min(times) > most}


def _oldest(kept: set[Holding], rows: Sequence[TransactionRow]) -> float | None:
    names = {connection for _, connection in kept}
    return min(
        (r.started for r in rows if r.started is not None and r.connection in names), default=None
    )


def _holding(worker: Worker) -> Holding:
    # Versions before 5.0 do not name the connection; the client's port tells it as well.
    return worker.thread.split(" ")[0], worker.connection or worker.client


def _pairs(dumps: Sequence[ThreadDump]) -> list[tuple[ThreadDump, ThreadDump]]:
    """Return each dump with the next, where they are far enough apart to be two looks."""
    return [
        (first, second)
        for first, second in itertools.pairwise(dumps)
        if first.time is None or second.time is None or second.time - first.time >= _APART
    ]


def _lasting(dumps: Sequence[ThreadDump]) -> dict[str, float]:
    """Return the share of held workers in each state that were so in the next dump too."""
    pairs = _pairs(dumps)
    held = sum(first.held + second.held for first, second in pairs) / 2
    if not held:
        return {}
    return {
        state: sum(len(_in(first, state) & _in(second, state)) for first, second in pairs) / held
        for state in STATES
    }


def _stays_unsent(
    dumps: Sequence[ThreadDump], matched: Sequence[tuple[Worker, TransactionRow]], unsent: float
) -> bool:
    """Whether answers stay unsent, so that threads wait for whoever should read them.

    Either the same worker sends to the same connection in dump after dump, or the time that its
    transaction is old, shared out by what was seen, is far longer than an answer takes that is
    read.  Many threads that send, each for a moment, are no proof.
    """
    again = before = 0
    for first, second in _pairs(dumps):
        sent = _in(first, "sending") | _in(first, "blocked_on_reader")
        before += len(sent)
        again += len(sent & (_in(second, "sending") | _in(second, "blocked_on_reader")))
    if again >= _AGAIN and again >= _AGAIN_PART * before:
        return True
    ages = [
        row.elapsed
        for worker, row in matched
        if worker.state in _UNSENT and row.elapsed is not None
    ]
    return len(ages) >= _AGAIN and unsent * statistics.median(ages) >= _LONG_ANSWER


def _in(dump: ThreadDump, state: str) -> set[Holding]:
    return {_holding(worker) for worker in dump.workers if worker.state == state}


def _rows_beside(
    held: Sequence[tuple[ThreadDump, Worker]], rows: Sequence[TransactionRow]
) -> list[tuple[Worker, TransactionRow]]:
    """Return the workers whose transaction was listed at the time of their dump."""
    by_connection = {row.connection: row for row in rows}
    found = []
    for dump, worker in held:
        row = by_connection.get(worker.connection)
        if row is None or row.time is None or dump.time is None:
            continue
        if abs(dump.time - row.time) <= _SAME_TIME:
            found.append((worker, row))
    return found
