"""What was collected at single moments of a stretch of time, and what its rows say.

Part of the bridge.  Knows thread dumps and lists of transactions, not what follows from them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from boltkb.exports import Export, ThreadDump, TransactionRow

__all__ = [
    "LONG_OPEN",
    "SLACK",
    "blocked_by",
    "connections_at_work",
    "dumps_within",
    "holds_no_thread",
    "is_blocked",
    "is_kept",
    "lists_within",
    "silence",
]

#: As a status names others; the name of a database stands before it.
_TRANSACTION = re.compile(r"[\w.-]{1,100}transaction-\d{1,20}")
#: A transaction open for this long with no query running is being kept, not used, s.
LONG_OPEN = 60.0
#: What was collected this shortly before or after a stretch of time still speaks of it, s.
SLACK = 120.0


def connections_at_work(dumps: Sequence[ThreadDump]) -> frozenset[str]:
    """Return the connections whose worker did something else than wait in any dump."""
    return frozenset(
        worker.connection
        for dump in dumps
        for worker in dump.workers
        if worker.connection is not None and worker.state not in ("idle", "waiting_for_client")
    )


def dumps_within(export: Export, start: float, end: float) -> tuple[ThreadDump, ...]:
    """Return the thread dumps of a stretch of time, and those without a known time."""
    return tuple(
        dump
        for dump in export.thread_dumps
        if dump.time is None or start - SLACK <= dump.time <= end + SLACK
    )


def lists_within(export: Export, start: float, end: float) -> tuple[TransactionRow, ...]:
    """Return the listed transactions of a stretch of time, and those without a known time."""
    return tuple(
        row
        for row in export.transactions
        if row.time is None or start - SLACK <= row.time <= end + SLACK
    )


def holds_no_thread(row: TransactionRow) -> bool:
    """Whether a row holds no Bolt thread for its client: it came by HTTP, or made the list."""
    if row.connection is not None and row.connection.startswith("http"):
        return True
    return row.query is not None and row.query.lstrip().upper().startswith("SHOW TRANSACTION")


def silence(row: TransactionRow) -> float | None:
    """Return for how long a transaction may have had no query, s; None while one runs.

    `idleTime` is written only where query tracking is on; without it the age is all there is.
    """
    if row.query:
        return None
    return row.elapsed if row.idle is None else row.idle


def is_kept(row: TransactionRow, at_work: Collection[str]) -> bool:
    """Return whether a transaction has been open for a minute or more with no query running.

    Without `idleTime`, which is written only where query tracking is on, a transaction's age
    stands for it: a long one whose thread is at work in a dump is not kept.

    Parameters
    ----------
    row : TransactionRow
    at_work : collection of str
        Connections whose thread was at work when somebody looked.
    """
    if (silence(row) or 0.0) < LONG_OPEN:
        return False
    return not (row.idle is None and row.connection in at_work)


def is_blocked(row: TransactionRow) -> bool:
    """Return whether a transaction waits for a lock, as its status says."""
    return (row.status or "").lower().startswith("blocked")


def blocked_by(row: TransactionRow) -> tuple[str, ...]:
    """Return the transactions that a transaction waits for, as its status names them.

    Examples
    --------
    >>> from boltkb.exports import Where
    >>> row = TransactionRow("neo4j-transaction-9", None, "bolt-1", None, None,
    ...                      "Blocked by: [neo4j-transaction-7]", 1.0, None, "CREATE ()",
    ...                      Where("t.csv"))
    >>> blocked_by(row)
    ('neo4j-transaction-7',)
    """
    if not is_blocked(row):
        return ()
    return tuple(_TRANSACTION.findall(row.status or ""))
