"""Who held threads, as a report shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from boltkb.exports import Where
from boltkb.tables import Column, Shown, Table, span

__all__ = ["Holder", "Holders"]

#: Columns of the table that stand there only where a thread was in such a state.
_SOMETIMES = (
    ("sending an answer", "sending"),
    ("waiting for a bookmark", "waiting_for_bookmark"),
    ("transactions it keeps waiting", "blocks"),
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
        Different transactions that wait for a lock which one of its transactions has, or is to
        have before them.
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


def _count(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.1f}"
