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
    UNFETCHED,
    UNREAD,
    WITHOUT_TRANSACTION,
    Kept,
    Look,
)
from boltkb.exports import ThreadDump, TransactionRow, Worker
from boltkb.exports.records import ThreadState
from boltkb.tables import number, span

__all__ = ["connections_at_work", "kept_in_dumps", "look_at_dumps"]

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
        if matched:
            shares[UNFETCHED] = shares["waiting_for_client"] * unfetched / matched
        if matched or stays or not counts["waiting_for_client"]:
            shares[UNREAD] = unsent + shares.get(UNFETCHED, 0.0)
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


def connections_at_work(dumps: Sequence[ThreadDump]) -> frozenset[str]:
    """Return the connections whose worker did something else than wait in any dump."""
    return frozenset(
        worker.connection
        for dump in dumps
        for worker in dump.workers
        if worker.connection is not None and worker.state not in ("idle", "waiting_for_client")
    )


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
