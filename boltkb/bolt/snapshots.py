"""What was collected at single moments of a stretch of time, and what its rows say.

Part of the bridge.  Knows thread dumps and lists of transactions, not what follows from them.
"""

from __future__ import annotations

from boltkb.exports import Export, ThreadDump, TransactionRow

__all__ = [
    "LONG_OPEN",
    "SLACK",
    "blocked_by",
    "dumps_within",
    "holds_no_thread",
    "is_blocked",
    "lists_within",
    "silence",
]

#: A transaction open for this long with no query running is being kept, not used, s.
LONG_OPEN = 60.0
#: What was collected this shortly before or after a stretch of time still speaks of it, s.
SLACK = 120.0


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
    words = (row.status or "").replace("[", " ").replace("]", " ").replace(",", " ").split()
    return tuple(word for word in words if "transaction-" in word)
