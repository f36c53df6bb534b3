"""What clients say: the connection pools of drivers, from their logs and their metrics.

Knows no file format.  Times are epoch seconds in UTC, spans are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from boltkb.exports.records.logs import LogEvent
from boltkb.exports.records.places import Where
from boltkb.exports.records.series import Floats

__all__ = ["DriverLanguage", "DriverPool"]

DriverLanguage = Literal["java", "python", "javascript", "dotnet", "go"]


@dataclass(frozen=True, slots=True, eq=False)
class DriverPool:
    """One connection pool of one driver object, as its client tells of it.

    Parameters
    ----------
    language : str
    version : str or None
        The driver's, where it is told.
    address : str
        The server that the pool leads to.
    start, end : float or None, epoch seconds
        What the file covers.
    counts : mapping of str to int
        How often each happened: `asked`, `acquired`, `released`, `created`, `closed`,
        `timed_out`, `refused` (the pool took no further waiter), `retried`, `leaked`,
        `rejected` (the server had no thread).  What a source cannot tell is absent.
    times : (n,) array, epoch seconds
    in_use : (n,) array
        Connections in use from each time on; a lower bound where the log begins in mid-life.
    waits : (m,) array, seconds
        From asking for a connection to having it.
    holds : (k,) array, seconds
        From having a connection to giving it back.
    limit : int or None
        The pool's size, where it is told.
    events : tuple of LogEvent
        Time-outs, retries, leaks and rejections, one by one.
    where : Where
    """

    language: DriverLanguage
    version: str | None
    address: str
    start: float | None
    end: float | None
    counts: Mapping[str, int]
    times: Floats
    in_use: Floats
    waits: Floats
    holds: Floats
    limit: int | None
    events: tuple[LogEvent, ...]
    where: Where
