"""The longest transactions of an export: those that a time-out would have ended.

From query logs, lists of transactions and traces of threads.  A time-out is never advised without
this list, be it empty: what it would have killed is for the reader to know.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from boltkb.bolt.holders import LONG_OPEN
from boltkb.exports import Export
from boltkb.tables import span

__all__ = ["Long", "longest", "suggested_timeout", "would_be_killed"]

#: Time-outs to choose from, s, as people write them.
_LADDER = ((60.0, "1m"), (120.0, "2m"), (300.0, "5m"), (600.0, "10m"), (1800.0, "30m"),
           (3600.0, "1h"), (7200.0, "2h"), (21600.0, "6h"))  # fmt: skip
#: A time-out this many times the longest transaction that did work leaves it room on a bad day.
_ROOM = 2.0
#: What is chosen where no transaction is known to have worked long.
_USUAL = 300.0
#: So many are told one by one.
_TOLD = 10


@dataclass(frozen=True, slots=True)
class Long:
    """A transaction, or a hold of a thread, that lasted.

    Parameters
    ----------
    name : str
        Its id, or its connection's.
    who : str
        The client; empty where it is not told.
    seconds : float
        How long it was open, at least.
    working : float or None
        The part of it in which queries ran; None where it cannot be told.
    open : bool
        Whether it was still open when it was looked at.
    where : str
    """

    name: str
    who: str
    seconds: float
    working: float | None
    open: bool
    where: str

    def __str__(self) -> str:
        who = f" of {self.who}" if self.who else ""
        still = ", still open" if self.open else ""
        working = "" if self.working is None else f", {span(self.working)} of it in queries"
        return f"{self.name}{who}: {span(self.seconds)}{working}{still} [{self.where}]"


def longest(export: Export) -> tuple[Long, ...]:
    """Return the transactions and holds that are known one by one, the longest first."""
    found = [*_of_query_log(export), *_of_lists(export), *_of_trace(export)]
    best: dict[str, Long] = {}
    for item in found:
        if item.name not in best or item.seconds > best[item.name].seconds:
            best[item.name] = item
    return tuple(sorted(best.values(), key=lambda item: -item.seconds))


def would_be_killed(several: tuple[Long, ...], timeout: float) -> tuple[str, ...]:
    """Return which of them a time-out would have ended, in sentences; never empty.

    Parameters
    ----------
    several : tuple of Long
    timeout : float, s
    """
    if not several:
        return (
            (
                "Which transactions it would have ended cannot be told: the export holds no "
                "lengths of transactions. Look first: SHOW TRANSACTIONS over a day, or query.log."
            ),
        )
    over = [item for item in several if item.seconds > timeout]
    if not over:
        return (
            (
                f"It would have ended none of the {len(several)} transactions whose length is "
                f"known; the longest was open for {span(several[0].seconds)}."
            ),
        )
    more = len(over) - _TOLD
    return (
        (
            f"It would have ended {len(over)} of the {len(several)} transactions whose length is "
            "known. Look at them first:"
        ),
        *(str(item) for item in over[:_TOLD]),
        *((f"and {more} more.",) if more > 0 else ()),
    )


def suggested_timeout(several: tuple[Long, ...]) -> tuple[float, str]:
    """Return a time-out above the longest transaction that worked: seconds, and as it is written.

    A transaction that did nothing for a minute or more does not count: it is what the time-out is
    for.
    """
    honest = [item.seconds for item in several if _honest(item)]
    wanted = max([_ROOM * max(honest, default=0.0), 60.0]) if honest else _USUAL
    return next(((time, text) for time, text in _LADDER if time >= wanted), _LADDER[-1])


def _honest(item: Long) -> bool:
    silent = item.seconds - (item.seconds if item.working is None else item.working)
    return not (item.open and item.working is None) and silent < LONG_OPEN


def _of_query_log(export: Export) -> list[Long]:
    if export.queries is None:
        return []
    where = str(export.queries.where[0]) if export.queries.where else "query.log"
    return [
        Long(
            name=str(row["transaction"] or f"a transaction at {row['client'] or 'unknown'}"),
            who=str(row["client"] or ""),
            seconds=float(row["end"]) - float(row["start"]),
            working=float(row["working"]),
            open=False,
            where=where,
        )
        for row in export.queries.transactions.head(200).iter_rows(named=True)
    ]


def _of_lists(export: Export) -> list[Long]:
    return [
        Long(
            name=row.transaction,
            who=row.client or row.user or "",
            seconds=row.elapsed,
            working=None if row.idle is None else max(0.0, row.elapsed - row.idle),
            open=True,
            where=str(row.where),
        )
        for row in export.transactions
        if row.elapsed is not None and not (row.connection or "bolt").startswith("http")
    ]


def _of_trace(export: Export) -> list[Long]:
    holds = export.holds
    if holds is None or not len(holds):
        return []
    ended = np.isfinite(holds.ends)
    length = np.where(ended, holds.ends, holds.end) - holds.starts
    length = np.where(np.isfinite(length) & ~holds.rejected, length, -math.inf)
    order = np.argsort(-length, kind="stable")[:200]
    return [
        Long(
            name=f"a hold of {holds.connections[i]}",
            who="",
            seconds=float(length[i]),
            working=max(0.0, float(length[i] - holds.waited[i])),
            open=not bool(ended[i]),
            where=str(holds.where),
        )
        for i in order.tolist()
        if length[i] > 0
    ]
