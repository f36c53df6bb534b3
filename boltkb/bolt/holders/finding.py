"""Who held threads, found in thread dumps, lists of transactions and of connections."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from boltkb.bolt.holders.table import Holder, Holders
from boltkb.bolt.snapshots import (
    blocked_by,
    connections_at_work,
    dumps_within,
    holds_no_thread,
    is_kept,
    lists_within,
    silence,
)
from boltkb.exports import ConnectionRow, Export, ThreadDump, TransactionRow, Worker

__all__ = ["find_holders"]

#: What a held thread may be doing, as it is told.
_TOLD = ("working", "waiting_for_client", "waiting_for_lock", "sending", "waiting_for_bookmark")
#: Committing and signing in are the server's work too.
_ALSO_WORKING = frozenset({"committing", "authenticating"})
#: The server has an answer that is not taken off it.
_SENDING = frozenset({"sending", "blocked_on_reader"})


def find_holders(export: Export, *, start: float, end: float) -> Holders:
    """Return who held the threads, from the thread dumps and lists within a window.

    Parameters
    ----------
    export : Export
    start, end : float, epoch s
        Dumps outside are left out; dumps without a known time are kept.

    Returns
    -------
    Holders
        Without dumps and lists, empty, and it says what to collect.
    """
    dumps = dumps_within(export, start, end)
    workers = [worker for dump in dumps for worker in _held(dump)]
    by_connection = {row.connection: row for row in export.connections}
    open_now: dict[str, list[TransactionRow]] = defaultdict(list)
    for row in lists_within(export, start, end):
        if row.connection is not None and not holds_no_thread(row):
            open_now[row.connection].append(row)
    groups: dict[tuple[str, str | None, str | None], list[Worker]] = defaultdict(list)
    rows = [row for several in open_now.values() for row in several]
    if not dumps:
        workers = [_stand_in(row) for row in rows]
    for worker in workers:
        groups[_owner(worker, by_connection)].append(worker)
    waiting: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for other in blocked_by(row):
            waiting[other].add(row.transaction)
    looks = len(dumps) if dumps else int(bool(rows))
    looked = max(1, looks)
    holders = [_holder(owner, held, looked, open_now, waiting) for owner, held in groups.items()]
    states = {state: _in_state(workers, state) / looked for state in _TOLD}
    times = tuple(dump.time for dump in dumps if dump.time is not None)
    seconds = max(times) - min(times) if len(times) > 1 else 0.0
    at_work = connections_at_work(dumps)
    kept = [row for row in rows if is_kept(row, at_work)]
    ages = [row.elapsed for row in rows if row.elapsed is not None]
    return Holders(
        holders=tuple(sorted(holders, key=lambda h: (-h.threads, h.client, h.agent or ""))),
        dumps=len(dumps),
        dump_seconds=seconds,
        looks=looks,
        held=len(workers) / looked if looks else float("nan"),
        working=states["working"],
        waiting_for_client=states["waiting_for_client"],
        waiting_for_lock=states["waiting_for_lock"],
        sending=states["sending"],
        waiting_for_bookmark=states["waiting_for_bookmark"],
        kept=_kept(dumps) if seconds >= 10 else 0,
        kept_open=len(kept),
        transactions=len(rows),
        oldest=max(ages, default=None),
        times=times,
        where=tuple(dump.where for dump in dumps)
        + tuple(row.where for row in export.transactions[:1]),
        kept_transactions=tuple(row.transaction for row in kept),
        listed_waiting=sum(not row.query for row in rows) / len(rows) if rows else None,
    )


def _stand_in(row: TransactionRow) -> Worker:
    """Return the worker that an open transaction holds, as its row tells of it."""
    return Worker(
        thread="",
        connection=row.connection,
        client=row.client,
        state="working" if row.query else "waiting_for_client",
        top_frame="",
    )


def _held(dump: ThreadDump) -> list[Worker]:
    return [worker for worker in dump.workers if worker.state != "idle"]


def _owner(
    worker: Worker, connections: Mapping[str, ConnectionRow]
) -> tuple[str, str | None, str | None]:
    row = None if worker.connection is None else connections.get(worker.connection)
    address = worker.client or (row.client if row is not None else None) or "unknown"
    host = address.rsplit(":", 1)[0].lstrip("/")
    return host, None if row is None else row.user, None if row is None else row.agent


def _holder(
    owner: tuple[str, str | None, str | None],
    held: Sequence[Worker],
    looked: int,
    open_now: Mapping[str, Sequence[TransactionRow]],
    waiting: Mapping[str, set[str]],
) -> Holder:
    names = tuple(dict.fromkeys(w.connection for w in held if w.connection is not None))
    rows = [row for name in names for row in open_now.get(name, ())]
    user = owner[1] or next((row.user for row in rows if row.user is not None), None)

    return Holder(
        client=owner[0],
        user=user,
        agent=owner[2],
        threads=len(held) / looked,
        working=_in_state(held, "working") / looked,
        waiting_for_client=_in_state(held, "waiting_for_client") / looked,
        waiting_for_lock=_in_state(held, "waiting_for_lock") / looked,
        sending=_in_state(held, "sending") / looked,
        waiting_for_bookmark=_in_state(held, "waiting_for_bookmark") / looked,
        oldest=max((r.elapsed for r in rows if r.elapsed is not None), default=None),
        silent=max((age for r in rows if (age := silence(r)) is not None), default=None),
        connections=names,
        blocks=len(set().union(*(waiting.get(row.transaction, set()) for row in rows))),
    )


def _in_state(workers: Sequence[Worker], state: str) -> int:
    """Return how many workers are in a state, or in one that is told as this one."""
    told = {"working": _ALSO_WORKING, "sending": _SENDING}.get(state, frozenset())
    return sum(worker.state == state or worker.state in told for worker in workers)


def _kept(dumps: Sequence[ThreadDump]) -> int:
    """Return how many threads waited for one and the same connection in every dump."""
    if len(dumps) < 2:
        return 0
    waiting = [
        {
            (w.thread.split(" ")[0], w.connection)
            for w in d.workers
            if w.state == "waiting_for_client"
        }
        for d in dumps
    ]
    return len(set.intersection(*waiting))
