"""What an export is made of: series, log events, threads, transactions, each with its place.

Knows no file format.  Times are epoch seconds in UTC, spans are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ConnectionRow",
    "Floats",
    "Ignored",
    "LogEvent",
    "LogSpan",
    "Series",
    "SettingValue",
    "Source",
    "SourceKind",
    "ThreadDump",
    "ThreadState",
    "TransactionRow",
    "Where",
    "Worker",
]

Floats = NDArray[np.float64]
ThreadState = Literal[
    "idle", "working", "waiting_for_client", "waiting_for_lock", "blocked_on_reader"
]
SourceKind = Literal[
    "metric", "log", "configuration", "thread-dump", "transactions", "connections", "manifest"
]


@dataclass(frozen=True, slots=True)
class Where:
    """The place that a fact was read from.

    Parameters
    ----------
    file : str
        Path inside the export; `a.zip!b` for a file in an archive inside it.
    first_line, last_line : int, optional
        Lines, counted from 1.

    Examples
    --------
    >>> str(Where("conf/neo4j.conf", 12)), str(Where("metrics/x.csv", 2, 1201))
    ('conf/neo4j.conf:12', 'metrics/x.csv:2-1201')
    """

    file: str
    first_line: int | None = None
    last_line: int | None = None

    def __str__(self) -> str:
        if self.first_line is None:
            return self.file
        if self.last_line is None or self.last_line == self.first_line:
            return f"{self.file}:{self.first_line}"
        return f"{self.file}:{self.first_line}-{self.last_line}"


@dataclass(frozen=True, slots=True)
class SettingValue:
    """A setting as it was found; a secret's value never gets this far.

    Parameters
    ----------
    name : str
        The name as written.
    value : str
        The value as written, `(hidden)` for a secret.
    where : Where
    """

    name: str
    value: str
    where: Where


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One metric over time.

    Parameters
    ----------
    id : str
        The metric's id in the catalogue.
    kind : str
        `gauge`; `counter`: values are the running counts as written, which fall at a restart;
        `histogram`: values are the counts, `columns` the rest.
    times : (n,) array, epoch seconds, strictly increasing
    values : (n,) array, in the catalogue's unit
    database : str or None
        For a metric that exists once per database.
    where : Where
        The first file that it was read from.
    columns : mapping of str to (n,) array
        Further columns of a histogram, such as `mean` and `max`, in the catalogue's unit.
    files : tuple of Where
        All of them, rotated ones included, oldest first.
    """

    id: str
    kind: Literal["gauge", "counter", "histogram"]
    times: Floats
    values: Floats
    database: str | None
    where: Where
    columns: Mapping[str, Floats] = field(default_factory=dict)
    files: tuple[Where, ...] = ()

    @property
    def key(self) -> str:
        """The key in `Export.series`: the id, with the database where there is one."""
        return self.id if self.database is None else f"{self.id}[{self.database}]"

    def __len__(self) -> int:
        return len(self.times)


@dataclass(frozen=True, slots=True)
class LogEvent:
    """A line of a log that the catalogue knows.

    Parameters
    ----------
    time : float
        Epoch seconds.
    kind : str
        The message's id in the catalogue.
    level : str
        As written.
    text : str
        The message, at most 500 characters.
    connection : str or None
        The Bolt connection's id, such as `bolt-42`.
    numbers : mapping of str to float
        Numbers in the message; spans in seconds.
    where : Where
        The line; of several lines that tell of the same rejection, the first one read.
    """

    time: float
    kind: str
    level: str
    text: str
    connection: str | None
    numbers: Mapping[str, float]
    where: Where


@dataclass(frozen=True, slots=True)
class LogSpan:
    """The time that one log file covers.

    Parameters
    ----------
    file : str
        Path inside the export.
    start, end : float
        Epoch seconds of its first and last entry.
    entries : int
        Entries that begin with a time.
    levels : frozenset of str
        The levels met; a log with `DEBUG` entries was written at that level.
    user_log : bool
        Whether it is laid out like neo4j.log (no category) rather than like debug.log.
    offset : float
        Seconds by which the times in it are ahead of UTC.
    truncated : bool
        Whether its last line is cut, so that what followed is missing.
    """

    file: str
    start: float
    end: float
    entries: int
    levels: frozenset[str]
    user_log: bool
    offset: float
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Worker:
    """A thread of the Bolt pool in a thread dump.

    Parameters
    ----------
    thread : str
        The thread's name without the connection.
    connection : str or None
        The Bolt connection that holds it, where the version writes it.
    client : str or None
        The client's address and port.
    state : str
        `idle`: in the pool without work; `working`; `waiting_for_client`: held by an open
        transaction with nothing to do; `waiting_for_lock`; `blocked_on_reader`: the client does
        not read what the server sends.
    top_frame : str
        The innermost frame that tells most.
    """

    thread: str
    connection: str | None
    client: str | None
    state: ThreadState
    top_frame: str


@dataclass(frozen=True, slots=True)
class ThreadDump:
    """One thread dump.

    Parameters
    ----------
    time : float or None
        Epoch seconds, None where it cannot be told.
    workers : tuple of Worker
        The threads of the Bolt pool.
    threads : int
        All threads in the dump.
    where : Where
    """

    time: float | None
    workers: tuple[Worker, ...]
    threads: int
    where: Where

    @property
    def held(self) -> int:
        """Threads that a connection holds."""
        return sum(worker.state != "idle" for worker in self.workers)


@dataclass(frozen=True, slots=True)
class TransactionRow:
    """A row of `SHOW TRANSACTIONS` or of `dbms.listTransactions`; spans in seconds."""

    transaction: str
    database: str | None
    connection: str | None
    client: str | None
    user: str | None
    status: str | None
    elapsed: float | None
    idle: float | None
    query: str | None
    where: Where


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """A row of `dbms.listConnections`; `since` in epoch seconds."""

    connection: str
    client: str | None
    user: str | None
    agent: str | None
    since: float | None
    connector: str | None
    where: Where


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read.

    Parameters
    ----------
    path : str
        Path inside the export.
    kind : str
    rows : int
        Rows, entries or threads read.
    refused : int
        Lines that could not be read.
    why : str
        Why the first of them was refused, with its line; empty for none.
    start, end : float or None
        Epoch seconds that it covers.
    """

    path: str
    kind: SourceKind
    rows: int
    refused: int = 0
    why: str = ""
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """A file that was not read, and why."""

    path: str
    why: str
