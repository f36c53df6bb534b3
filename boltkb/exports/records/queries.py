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
        The earliest start and the latest end of a query.
    completed, failed, unfinished : int
        Queries that ended well, that ended with an error, and that started without an end.
    bins : (n,) array, epoch seconds
        Where each bin of `busy` begins; evenly spaced.
    busy : (n,) array
        Queries of Bolt clients under way, averaged over each bin: a lower bound of busy threads.
    by_query, by_client, by_agent, by_user, by_database : polars.DataFrame
        A row a group, the longest held first; columns `key`, `count`, `failed`, `elapsed`,
        `longest`, `planning`, `cpu`, `waiting`, `clients` (all spans in seconds, summed), and
        the quantiles `p50`, `p95`, `p99` of `elapsed`.  `by_client` has addresses without ports.
    transactions : polars.DataFrame
        A row a transaction of those told longest: `transaction`, `database`, `client`, `start`,
        `end`, `queries`, `working`: from its first query's start to its last one's end.
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
    transactions: pl.DataFrame
    where: tuple[Where, ...]
