"""Who held the threads: workers of thread dumps, joined with connections and transactions.

Part of the bridge.  A worker that carries a connection's name is held by that connection, be
it working or waiting for the client inside an open transaction.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from boltkb.bolt.snapshots import (
    LONG_OPEN,
    blocked_by,
    dumps_within,
    holds_no_thread,
    lists_within,
    silence,
)
from boltkb.exports import ConnectionRow, Export, ThreadDump, TransactionRow, Where, Worker
from boltkb.tables import Column, Shown, Table, span

__all__ = ["LONG_OPEN", "Holder", "Holders", "find_holders", "holds_no_thread"]

#: What a held thread may be doing, as it is told.
_TOLD = ("working", "waiting_for_client", "waiting_for_lock", "sending", "waiting_for_bookmark")
#: Committing and signing in are the server's work too.
_ALSO_WORKING = frozenset({"committing", "authenticating"})
#: The server has an answer that is not taken off it.
_SENDING = frozenset({"sending", "blocked_on_reader"})
#: Columns of the table that stand there only where a thread was in such a state.
_SOMETIMES = (
    ("sending an answer", "sending"),
    ("waiting for a bookmark", "waiting_for_bookmark"),
    ("keep others waiting for a lock", "blocks"),
)


@dataclass(frozen=True, slots=True)
class Holder:
    """A client and the threads it held when it was looked at.

    Parameters
    ----------
    client : str
        The address without its port.
    user, agent : str or None
    threads, working, waiting_for_client, waiting_for_lock : float
        Threads held, averaged over the thread dumps.
    oldest : float or None, s
        Age of its oldest open transaction.
    silent : float or None, s
        Age of its oldest open transaction that has no query running.
    connections : tuple of str
        The connections by which it held them.
    sending : float
        Of the threads, those that were sending an answer: for long only if it is not read.
    waiting_for_bookmark : float
        Of the threads, those whose transaction had not begun for want of a bookmark.
    blocks : int
        Listed transactions that wait for a lock that one of its transactions holds.
    """

    client: str
    user: str | None
    agent: str | None
    threads: float
    working: float
    waiting_for_client: float
    waiting_for_lock: float
    oldest: float | None
    silent: float | None
    connections: tuple[str, ...]
    sending: float = 0.0
    waiting_for_bookmark: float = 0.0
    blocks: int = 0


@dataclass(frozen=True, slots=True)
class Holders(Shown):
    """Who held the pool's threads, from snapshots of the server.

    Parameters
    ----------
    holders : tuple of Holder
        The greatest first.
    dumps : int
        Thread dumps that the figures come from.
    looks : int
        How often it was looked: the dumps, or once where only the list of transactions tells.
    dump_seconds : float
        Time between the first and the last of them, s.
    held, working, waiting_for_client, waiting_for_lock : float
        Threads in each state, averaged over the looks; NaN without any.
    kept : int
        Threads that waited for the same client in every dump, at least 10 s apart.
    kept_open : int
        Transactions open for a minute or more with no query running.
    transactions : int
        Rows of the transaction list.
    times : tuple of float
        When the dumps were taken, epoch s.
    where : tuple of Where
    kept_transactions : tuple of str
        Ids of the transactions of `kept_open`.
    listed_waiting : float or None
        The share of listed transactions with no query running; None without a list.
    sending, waiting_for_bookmark : float
        Threads in these states, averaged over the looks.
    """

    holders: tuple[Holder, ...]
    dumps: int
    looks: int
    dump_seconds: float
    held: float
    working: float
    waiting_for_client: float
    waiting_for_lock: float
    kept: int
    kept_open: int
    transactions: int
    oldest: float | None
    times: tuple[float, ...]
    where: tuple[Where, ...]
    kept_transactions: tuple[str, ...] = ()
    listed_waiting: float | None = None
    sending: float = 0.0
    waiting_for_bookmark: float = 0.0

    @property
    def waiting_share(self) -> float | None:
        """The share of held threads that waited for their client; None where nobody looked."""
        return self.waiting_for_client / self.held if self.looks and self.held > 0 else None

    @property
    def lock_share(self) -> float | None:
        """The share of held threads that waited for a lock; None where no thread dump tells."""
        return self.waiting_for_lock / self.held if self.dumps and self.held > 0 else None

    @property
    def seen_in(self) -> str:
        """What the figures come from, in words."""
        if not self.dumps:
            return "the list of open transactions"
        return f"{self.dumps} thread dump{'' if self.dumps == 1 else 's'}"

    def table(self) -> Table:
        """Return the holders as a table; states that no thread was in have no column."""
        more = [
            (title, [getattr(holder, name) for holder in self.holders])
            for title, name in _SOMETIMES
            if any(getattr(holder, name) for holder in self.holders)
        ]
        columns = (
            Column("Client"),
            Column("User"),
            Column("Agent"),
            Column("Threads held", numeric=True),
            Column("working", numeric=True),
            Column("waiting for the client", numeric=True),
            Column("waiting for a lock", numeric=True),
            *(Column(title, numeric=True) for title, _ in more),
            Column("Oldest transaction", numeric=True),
            Column("Oldest without a query", numeric=True),
        )
        rows = tuple(
            (
                holder.client,
                holder.user or "not in the export",
                holder.agent or "not in the export",
                _count(holder.threads),
                _count(holder.working),
                _count(holder.waiting_for_client),
                _count(holder.waiting_for_lock),
                *(_count(values[place]) for _, values in more),
                "not in the export" if holder.oldest is None else span(holder.oldest),
                "none known" if holder.silent is None else span(holder.silent),
            )
            for place, holder in enumerate(self.holders)
        )
        return Table(columns, rows, notes=(self._note(),), kind="boltkb-holders")

    def _note(self) -> str:
        if not self.dumps and not self.transactions:
            return (
                "The export holds no thread dump and no list of transactions, so it cannot be told "
                "who held the threads. Take three thread dumps ten seconds apart next time "
                "(jcmd PID Thread.print), and the output of SHOW TRANSACTIONS."
            )
        if not self.dumps:
            return (
                f"From a list of {self.transactions} open transactions, without a thread dump: a "
                "row without a query waits for its client; waits for locks do not show."
            )
        plural = "" if self.dumps == 1 else "s"
        return (
            f"Averages over {self.dumps} thread dump{plural}"
            + (f" taken within {span(self.dump_seconds)}" if self.dumps > 1 else "")
            + ". A thread held by a transaction whose client is silent does no work."
        )

    def __str__(self) -> str:
        return str(self.table())

    def to_html(self) -> str:
        """Return the holders as one line of HTML."""
        if not self.holders:
            return f'<p class="boltkb-note">{self._note()}</p>'
        return self.table().to_html()

    def facts(self) -> Mapping[str, object]:
        """Return the `clients` part of `facts.json`."""
        return {
            "clients": [
                {
                    "client": holder.client,
                    "user": holder.user,
                    "agent": holder.agent,
                    "threads": holder.threads,
                    "working": holder.working,
                    "waiting_for_client": holder.waiting_for_client,
                    "waiting_for_lock": holder.waiting_for_lock,
                    "sending": holder.sending,
                    "waiting_for_bookmark": holder.waiting_for_bookmark,
                    "blocks": holder.blocks,
                    "oldest_seconds": holder.oldest,
                    "oldest_without_query_seconds": holder.silent,
                    "connections": list(holder.connections),
                }
                for holder in self.holders
            ]
        }


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
    blocks = Counter(other for row in rows for other in blocked_by(row))
    looks = len(dumps) if dumps else int(bool(rows))
    looked = max(1, looks)
    holders = [_holder(owner, held, looked, open_now, blocks) for owner, held in groups.items()]
    states = {state: _in_state(workers, state) / looked for state in _TOLD}
    times = tuple(dump.time for dump in dumps if dump.time is not None)
    seconds = max(times) - min(times) if len(times) > 1 else 0.0
    kept = [row for row in rows if (silence(row) or 0.0) >= LONG_OPEN]
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
    blocks: Counter[str],
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
        blocks=sum(blocks[row.transaction] for row in rows),
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


def _count(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.1f}"
