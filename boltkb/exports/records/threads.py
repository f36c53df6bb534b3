"""Moments of a server: its threads, transactions, connections and sockets at one time.

Knows no file format.  Times are epoch seconds in UTC, spans are seconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from boltkb.exports.records.places import Where

__all__ = [
    "ConnectionRow",
    "SocketCount",
    "ThreadDump",
    "ThreadState",
    "TransactionRow",
    "Worker",
]

ThreadState = Literal[
    "idle",
    "working",
    "waiting_for_client",
    "waiting_for_lock",
    "waiting_for_bookmark",
    "authenticating",
    "committing",
    "sending",
    "blocked_on_reader",
]


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
        transaction with nothing to do; `waiting_for_lock`; `waiting_for_bookmark`: for the
        transaction that a bookmark names, no transaction of its own begun yet;
        `authenticating`; `committing`; `sending`: waits until the end of an answer is written
        to the network, which takes long only if the client does not read it or the network
        threads are busy; `blocked_on_reader`: the server has stopped sending because the client
        does not read.
    top_frame : str
        The innermost frame that tells most.
    elapsed, cpu : float or None, seconds
        The thread's age and the processor time that it has used, where the dump says so; of the
        thread, not of what it does now.
    """

    thread: str
    connection: str | None
    client: str | None
    state: ThreadState
    top_frame: str
    elapsed: float | None = None
    cpu: float | None = None


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

    @property
    def held_by(self) -> Mapping[str, int]:
        """Threads that each client's address holds, most first; the port is left out.

        Examples
        --------
        >>> worker = Worker("neo4j.BoltWorker-1", "bolt-7", "10.0.0.5:40316", "working", "")
        >>> ThreadDump(None, (worker, worker), 9, Where("threaddump.txt")).held_by
        {'10.0.0.5': 2}
        """
        hosts = Counter(
            (worker.client or "unknown").rpartition(":")[0].strip("[]")
            or worker.client
            or "unknown"
            for worker in self.workers
            if worker.state != "idle"
        )
        return dict(hosts.most_common())


@dataclass(frozen=True, slots=True)
class TransactionRow:
    """A row of `SHOW TRANSACTIONS` or of `dbms.listTransactions`; spans in seconds.

    `started` and `time` in epoch seconds: when the transaction began, and when the list was
    taken, where the list says so.
    """

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
    cpu: float | None = None
    waiting: float | None = None
    started: float | None = None
    time: float | None = None


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """A row of `dbms.listConnections`; `since`, and `time` of the list, in epoch seconds."""

    connection: str
    client: str | None
    user: str | None
    agent: str | None
    since: float | None
    connector: str | None
    where: Where
    time: float | None = None


@dataclass(frozen=True, slots=True)
class SocketCount:
    """Sockets of one kind at one time, as `ss` or `netstat` list them.

    Parameters
    ----------
    time : float or None
        Epoch seconds, None where it cannot be told.
    port : int
        The server's port.
    peer : str
        The other side's address, without its port.
    state : str
        As TCP names it, such as `ESTABLISHED`, `CLOSE_WAIT`, `FIN_WAIT_2`.
    count : int
    where : Where
    """

    time: float | None
    port: int
    peer: str
    state: str
    count: int
    where: Where
