"""What query logs add up to; the log itself is far too large to be kept.

Knows no file format.  Times are epoch seconds in UTC, spans are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from boltkb.exports.records.places import Where
from boltkb.exports.records.series import Floats

if TYPE_CHECKING:
    import polars as pl

__all__ = ["QueryLog"]


@dataclass(frozen=True, slots=True, eq=False)
class QueryLog:
    """What all query logs of an export add up to.

    Threads are held at least while a query runs, and longer: think time inside a transaction is
    not in a query log.  Everything here is a lower bound of what was held.

    Parameters
    ----------
    start, end : float, epoch seconds
        The earliest start and the latest end of a query or a transaction.
    completed, failed, unfinished : int
        Queries that ended well, that ended with an error, and that started without an end.
    bins : (n,) array, epoch seconds
        Where each bin of `busy` begins; evenly spaced, one second apart or a power of two more
        for a long log.
    busy : (n,) array
        Queries of Bolt clients under way, averaged over each bin: a lower bound of busy threads.
        Queries without an end are not in it.
    by_query, by_client, by_agent, by_user, by_database : polars.DataFrame
        A row a group, the longest held first; columns `key`, `count`, `failed`, `elapsed`,
        `longest`, `planning`, `cpu`, `waiting` (spans in seconds, summed but for `longest`), and
        the quantiles `p50`, `p95`, `p99` of `elapsed`, within 3 %.  Queries have their full text
        without parameters, of very long ones the beginning; `by_client` has addresses without
        ports; an empty `key` is what the log does not say.  Of more groups than are kept, the
        last row, whose `key` is null, sums up everything else; then the other rows may lack
        some of their own, while the rows together remain exact.
    holds : int
        Holds of a thread that can be told apart: transactions where the log has their ids,
        otherwise queries, of which those that overlap on one connection are one hold.
    held : float, seconds
        Their lengths together, each a lower bound.
    transactions : polars.DataFrame
        A row a hold, of the longest ones, the longest first: `transaction` (null where the log
        has no ids), `database`, `client` (with its port), `start`, `end`, `queries`, `working`
        (the queries' own time): from its first query's start to its last one's end, or to its
        commit where transactions are logged.
    where : tuple of Where
        All files, oldest first.
    """

    start: float
    end: float
    completed: int
    failed: int
    unfinished: int
    bins: Floats
    busy: Floats
    by_query: pl.DataFrame
    by_client: pl.DataFrame
    by_agent: pl.DataFrame
    by_user: pl.DataFrame
    by_database: pl.DataFrame
    holds: int
    held: float
    transactions: pl.DataFrame
    where: tuple[Where, ...]
