"""The pool and how it shows itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from boltkb.bolt.pool.known import Known
from boltkb.catalogue import Version
from boltkb.tables import Column, Shown, Table, span

__all__ = ["FIRST_ACCOUNTING", "OtherPool", "Pool"]

#: From here on a rejection leaves no line of its own, unless the accounting is off.
FIRST_ACCOUNTING = Version.parse("5.18")


@dataclass(frozen=True, slots=True)
class OtherPool:
    """A pool of the same server beside its main one.

    Parameters
    ----------
    name : str
        Whose connections it serves.
    threads : Known
        The most it may have.
    words : str
        A sentence.
    """

    name: str
    threads: Known
    words: str


@dataclass(frozen=True, slots=True)
class Pool(Shown):
    """A server's Bolt worker pool, each value with its provenance.

    Parameters
    ----------
    name : str
        The export's name.
    version : str or None
    max_threads, min_threads, keep_alive, queue_size : Known
        Threads, threads, seconds, places (0 hands over directly, -1 is without a bound).
    error_accounting : Known
        Whether the server aggregates rejections in its logs (from 5.18, on by default).
    thread_binding : Known
        Whether a transaction keeps its thread while the client thinks.
    transaction_limit : Known
        The other ceiling: concurrent transactions per database.
    contradictions : tuple of str
        Where two sources disagree, which is taken, and why they may.
    others : tuple of OtherPool
        Pools of the same server beside this one; their threads are not this one's.
    shared : tuple of str
        Who takes threads of this pool beside ordinary clients, in sentences.
    """

    name: str
    version: str | None
    max_threads: Known
    min_threads: Known
    keep_alive: Known
    queue_size: Known
    error_accounting: Known
    thread_binding: Known
    transaction_limit: Known
    contradictions: tuple[str, ...] = ()
    others: tuple[OtherPool, ...] = ()
    shared: tuple[str, ...] = ()

    @property
    def threads(self) -> int | None:
        """The number of threads that can work at the same time, or None when unknown."""
        if self.queue_size.value == -1:
            return self.min_threads.whole
        return self.max_threads.whole

    @property
    def discipline(self) -> str:
        """What a full pool does: `loss`, `bounded_queue`, `unbounded_queue` or `unknown`."""
        if self.queue_size.value is None:
            return "unknown"
        if self.queue_size.value == 0:
            return "loss"
        return "unbounded_queue" if self.queue_size.value < 0 else "bounded_queue"

    @property
    def capacity(self) -> float | None:
        """The most customers in the system: threads and waiting places; None when unknown."""
        if self.threads is None or self.queue_size.value is None:
            return None
        if self.queue_size.value < 0:
            return float("inf")
        return self.threads + self.queue_size.value

    @property
    def why(self) -> str:
        """Why this queue discipline applies, in a sentence."""
        return {
            "loss": "The pool has no waiting room: work is handed straight to a thread, and when "
            "all are taken it is rejected at once. So the loss model (M/M/c/c, Erlang B) applies; "
            "M/M/c (Erlang C) only says what waiting would be if the pool queued.",
            "bounded_queue": "The internal queue setting is on: work waits while the queue has "
            "room, and threads above the minimum are started only when it is full.",
            "unbounded_queue": "The internal queue setting is unbounded: work waits without end "
            "and the pool never grows above its minimum, so M/M/c with the minimum applies.",
            "unknown": "Neither the version nor the configuration is in the export, so it cannot "
            "be told what a full pool does.",
        }[self.discipline]

    @property
    def counts_rejections(self) -> bool | None:
        """Whether each rejection leaves a log line; None when that cannot be told."""
        if self.version is None:
            return None
        if Version.parse(self.version) < FIRST_ACCOUNTING:
            return True
        return None if self.error_accounting.value is None else not self.error_accounting.value

    def table(self) -> Table:
        """Return what is known of the pool as a table."""
        rows = [
            ("threads at most", str(self.max_threads), self.max_threads.how),
            ("threads kept", str(self.min_threads), self.min_threads.how),
            (
                "idle threads above that end after",
                "unknown" if self.keep_alive.value is None else span(float(self.keep_alive.value)),
                self.keep_alive.how,
            ),
            ("waiting places", str(self.queue_size), self.queue_size.how),
            ("rejections are aggregated in the log", _yes(self.error_accounting), ""),
            ("a transaction keeps its thread", _yes(self.thread_binding), ""),
            ("concurrent transactions per database", str(self.transaction_limit), ""),
        ]
        how = (self.error_accounting.how, self.thread_binding.how, self.transaction_limit.how)
        rows[4:] = [(a, b, c) for (a, b, _), c in zip(rows[4:], how, strict=True)]
        rows += [
            (f"a pool of its own for {other.name}", str(other.threads), other.threads.how)
            for other in self.others
        ]
        return Table(
            (Column("Bolt worker pool"), Column("Value", numeric=True), Column("Known from")),
            tuple(rows),
            notes=(
                self.why,
                *self.contradictions,
                *(other.words for other in self.others),
                *self.shared,
            ),
            kind="boltkb-pool",
        )

    def __str__(self) -> str:
        return str(self.table())

    def to_html(self) -> str:
        """Return the pool as one line of HTML."""
        return self.table().to_html()

    def facts(self) -> Mapping[str, object]:
        """Return the `pool` part of `facts.json`."""
        known = {
            "max_threads": self.max_threads,
            "min_threads": self.min_threads,
            "queue_size": self.queue_size,
            "keep_alive": self.keep_alive,
            "error_accounting": self.error_accounting,
            "thread_binding": self.thread_binding,
            "transaction_limit": self.transaction_limit,
        }
        values = {name: item.value for name, item in known.items()}
        for name in ("max_threads", "min_threads", "queue_size", "transaction_limit"):
            values[name] = known[name].whole
        return {
            "pool": {
                **values,
                "discipline": self.discipline,
                "provenance": {
                    name: {
                        "how": item.how,
                        "where": None if item.where is None else str(item.where),
                        "rank": item.rank,
                    }
                    for name, item in known.items()
                },
                "contradictions": list(self.contradictions),
                "others": [
                    {"name": other.name, "threads": other.threads.whole, "how": other.threads.how}
                    for other in self.others
                ],
                "shared": list(self.shared),
            }
        }


def _yes(known: Known) -> str:
    return "unknown" if known.value is None else "yes" if known.value else "no"
