"""Held thread-time by lists of open transactions: which have a query, and which threads no row.

A thread that waits for a bookmark or signs a client in has no transaction yet, so no row.  At
default settings a list has no idle time: an empty query in a running transaction is the sign of a
client that thinks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from boltkb.bolt.observe import PoolObservations
from boltkb.bolt.snapshots import LONG_OPEN, is_blocked, is_kept
from boltkb.bolt.thread_time.look import LIST, WITH_QUERY, WITHOUT_TRANSACTION, Kept, Look
from boltkb.exports import ThreadDump, TransactionRow, Where
from boltkb.tables import number, span

__all__ = ["kept_in_list", "look_at_list"]

_CLOSING = "closing"
#: Counts of held threads this near to a list are of the same moment, s.
_NEAR = 2.0


def look_at_list(
    rows: Sequence[TransactionRow],
    taken: Sequence[float],
    seen: PoolObservations,
    dumps: Sequence[ThreadDump],
    where: tuple[Where, ...],
) -> Look | None:
    """Return what the open transactions of Bolt clients did, and how many threads had none.

    Parameters
    ----------
    rows : sequence of TransactionRow
        Of Bolt clients, without those that made the list.
    taken : sequence of float, epoch s
        When the lists were taken, as their rows tell.
    seen : PoolObservations
    dumps : sequence of ThreadDump
    where : tuple of Where
        The lists, those included in which nothing was open: then every held thread has none.
    """
    if not where:
        return None
    held = [count for time in taken if (count := _held_at(time, seen, dumps)) is not None]
    if not taken and not rows and dumps:
        # An empty list does not say when it was taken; the dumps beside it were taken then.
        held = [sum(dump.held for dump in dumps) / len(dumps)]
    if not rows and not held:
        return None
    shares: dict[str, float] = {}
    total = float(len(rows))
    if len(held) >= len(taken) and sum(held) > 0:
        # A row may have begun after the threads were counted.
        total = max(float(sum(held)), total)
        shares[WITHOUT_TRANSACTION] = 1.0 - len(rows) / total
    if rows:
        of_held = 1.0 / total
        silent = sum(not row.query and not _is(row, _CLOSING) for row in rows)
        shares["waiting_for_client"] = silent * of_held
        shares[WITH_QUERY] = sum(bool(row.query) for row in rows) * of_held
        locked = sum(_waiting_part(row) for row in rows)
        if locked:
            # That no row says so proves nothing: not every list has the column.
            shares["waiting_for_lock"] = locked * of_held
        shares["committing"] = sum(_is(row, _CLOSING) for row in rows) * of_held
    looks = max(1, len(taken))
    # The same transaction in several lists is one hold.
    different = len({row.transaction for row in rows}) + (total - len(rows)) / looks
    return Look(LIST, total / looks, shares, different, False, where)


def kept_in_list(
    rows: Sequence[TransactionRow],
    seen: PoolObservations,
    at_work: Collection[str],
    held_later: float | None,
) -> Kept | None:
    """Return the transactions open for a minute or more with no query running.

    None without rows, or where nothing could have grown old.

    Parameters
    ----------
    rows : sequence of TransactionRow
        Of Bolt clients.
    seen : PoolObservations
    at_work : collection of str
        Connections whose thread was at work when somebody looked.
    held_later : float or None, threads
        The least that were held at any time after the list was taken.
    """
    if not rows:
        return None
    where = (rows[0].where,)
    kept = [row for row in rows if is_kept(row, at_work)]
    if not kept:
        if seen.data_start is None or rows[0].time is None:
            watched = seen.end - seen.start
        else:
            watched = rows[0].time - seen.data_start
        if watched < LONG_OPEN:
            return None
        words = f"None of {len(rows)} open transactions was open for a minute without a query."
        return Kept(LIST, 0.0, None, words, where)
    oldest = max(row.elapsed or 0.0 for row in kept)
    began = min((start for row in kept if (start := _started(row)) is not None), default=None)
    one = len(kept) == 1
    words = (
        f"{number(len(kept))} of {len(rows)} open transactions {'has' if one else 'have'} been "
        f"open for a minute or more with no query running; the oldest for {span(oldest)}."
    )
    count = len(kept) / max(1, len({row.time for row in rows}))
    if held_later is not None and held_later < count:
        words += f" Later only {number(held_later)} threads were held: the others were given back."
        return Kept(LIST, held_later, began if held_later else None, words, where)
    return Kept(LIST, count, began, words, where)


def _is(row: TransactionRow, status: str) -> bool:
    return (row.status or "").lower().startswith(status)


def _waiting_part(row: TransactionRow) -> float:
    """Return how far a transaction waits for locks: wholly if blocked, else by its time so far."""
    if is_blocked(row):
        return 1.0
    if not row.query or row.waiting is None or not row.elapsed or row.elapsed <= 0:
        return 0.0
    return min(1.0, max(0.0, row.waiting / row.elapsed))


def _started(row: TransactionRow) -> float | None:
    if row.started is not None:
        return row.started
    return None if row.time is None or row.elapsed is None else row.time - row.elapsed


def _held_at(time: float, seen: PoolObservations, dumps: Sequence[ThreadDump]) -> float | None:
    """Return how many threads were held when a list was taken."""
    near = [
        (abs(dump.time - time), dump.held)
        for dump in dumps
        if dump.time is not None and abs(dump.time - time) <= _NEAR
    ]
    if near:
        return float(min(near)[1])
    if not seen.times.size or seen.lower_bound:
        return None
    place = int(np.argmin(np.abs(seen.times - time)))
    if abs(float(seen.times[place]) - time) > _NEAR or np.isnan(seen.busy[place]):
        return None
    return float(seen.busy[place])
