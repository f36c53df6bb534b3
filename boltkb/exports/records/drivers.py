"""What clients say: the connection pools of drivers, from their logs and their metrics.

Knows no file format.  Times are epoch seconds in UTC, spans are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from boltkb.exports.records.logs import LogEvent
from boltkb.exports.records.places import Where
from boltkb.exports.records.series import Floats

__all__ = ["DriverLanguage", "DriverPool"]

DriverLanguage = Literal["java", "python", "javascript", "dotnet", "go", "unknown"]


@dataclass(frozen=True, slots=True, eq=False)
class DriverPool:
    """One connection pool as its client tells of it: the pools of one file towards one server.

    Where several driver objects write into one file, their pools are told together.

    Parameters
    ----------
    language : str
        `unknown` where only an error's text was met, which all drivers share.
    version : str or None
        The driver's, where it is told.
    address : str
        The server that the pool leads to; `unknown` where no line tells it.
    start, end : float or None, epoch seconds
        What the file covers: its first and last line about the driver.
    counts : mapping of str to int
        How often each happened: `asked`, `acquired`, `released`, `created`, `closed`, `failed`
        (a connection could not be opened), `timed_out`, `queued`, `refused` (the pool took no
        further waiter), `retried`, `leaked`, `rejected` (the server had no thread), `lost` (a
        connection broke in use, or was found broken).  What a source cannot tell is absent.  What
        is told on several layers (the wire, the pool, the session) is counted on the one that
        tells of most, so never twice.
    times : (n,) array, epoch seconds
    in_use : (n,) array
        Connections in use from each time on; a lower bound where the log begins in mid-life.
        Empty where the source does not tell of each acquisition.
    waits : (m,) array, seconds
        From asking for a connection to having it.
    holds : (k,) array, seconds
        From having a connection to giving it back.
    limit : int or None
        The pool's size, where it is told.
    events : tuple of LogEvent
        Time-outs, refusals, retries, leaks, rejections and lost connections one by one, the first
        of them; `kind` is the line's id in the catalogue, `numbers` has `delay`, `limit` and
        `waited` (of a time-out, since it was asked) in seconds.
    where : Where
    totals : mapping of str to float
        Exact sums: `wait_count`, `wait_seconds`, `hold_count`, `hold_seconds`,
        `create_count`, `create_seconds`, `delay_count`, `delay_seconds` (before retries),
        `event_count`; `waits`, `holds` and `events` are a sample of so many where they are
        shorter.
    idle : (n,) array
        Idle connections at each of `times`; empty where it is not told.
    waiting : (n,) array
        Sessions that wait for a connection at each of `times`; empty where it is not told.
    unused : (b,) array, seconds
        Of connections that broke: how long each had not been used, where the log tells which one
        it was.
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
    totals: Mapping[str, float] = field(default_factory=dict)
    idle: Floats = field(default_factory=lambda: np.empty(0))
    waiting: Floats = field(default_factory=lambda: np.empty(0))
    unused: Floats = field(default_factory=lambda: np.empty(0))

    @property
    def mean_hold(self) -> float | None:
        """Seconds from having a connection to giving it back, on average; None where not told."""
        return _mean(self.totals, "hold")

    @property
    def mean_wait(self) -> float | None:
        """Seconds from asking for a connection to having it, on average; None where not told."""
        return _mean(self.totals, "wait")


def _mean(totals: Mapping[str, float], what: str) -> float | None:
    count = totals.get(f"{what}_count", 0.0)
    return totals.get(f"{what}_seconds", 0.0) / count if count else None
