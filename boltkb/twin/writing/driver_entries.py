"""How the driver of each language tells of a try that failed, at its usual level."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from boltkb.twin.writing.configuration import PORT
from boltkb.twin.writing.lines import stamp

__all__ = ["ENTRIES", "Failure"]

_NO_THREADS = (
    "There are no available threads to serve this request at the moment. You can retry at a later"
    " time or consider increasing max thread pool size for bolt connector(s)."
)
_TIMED_OUT = (
    "The transaction has been terminated. Retry your operation in a new transaction, and you"
    " should see a successful result. The transaction has not completed within the specified"
    " timeout (db.transaction.timeout)."
)
_LIMIT = (
    "The maximum number of concurrent transactions is reached. A new transaction cannot be started."
)
_CODES = {
    "no threads": ("Neo.TransientError.Request.NoThreadsAvailable", _NO_THREADS),
    "transaction timeout": ("Neo.ClientError.Transaction.TransactionTimedOut", _TIMED_OUT),
    "transaction limit": ("Neo.TransientError.Transaction.MaximumTransactionLimitReached", _LIMIT),
}
_JAVA_CLASSES = {
    "no threads": "TransientException",
    "transaction limit": "TransientException",
    "pending full": "TransientException",
    "connection lost": "ServiceUnavailableException",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """A try that failed.

    Parameters
    ----------
    time : float, epoch seconds
    outcome : str
    delay : float, milliseconds
        Until it is tried again; 0 or less when it is not.
    limit : float, seconds
        The acquisition time-out.
    peer : str
        The server's address.
    worker : int
        A number for the client's thread.
    pool : int
        Connections of its pool, at most.
    """

    time: float
    outcome: str
    delay: float
    limit: float
    peer: str
    worker: int
    pool: int

    @property
    def code(self) -> str:
        """Neo4j's code, `""` for what the driver says itself."""
        return _CODES.get(self.outcome, ("", ""))[0]

    @property
    def message(self) -> str:
        """What the error says."""
        return _CODES.get(self.outcome, ("", "Connection to the database terminated."))[1]

    @property
    def late(self) -> bool:
        """Whether no connection came free in time."""
        return self.outcome == "acquisition timeout"


def _java(failed: Failure) -> list[str]:
    at = stamp(failed.time, "%Y-%m-%dT%H:%M:%S%.3fZ")
    told = failed.message
    if failed.late:
        limit = int(failed.limit * 1000)
        longest = f"configured maximum time of {limit}ms"
        told = f"Unable to acquire connection from the pool within {longest}"
    elif failed.outcome == "pending full":
        told = "Connection pool pending acquisition queue is full."
    kind = _JAVA_CLASSES.get(failed.outcome, "ClientException")
    thrown = f"org.neo4j.driver.exceptions.{kind}: {told}"
    thread = f"[pool-2-thread-{failed.worker}]"
    if failed.delay > 0:
        logic = "ExponentialBackoffRetryLogic"
        told = f"Transaction failed and will be retried in {int(failed.delay)}ms"
        return [
            f"{at}  WARN 4711 --- {thread} o.n.d.i.r.{logic}   : {told}",
            thrown,
            f"\tat org.neo4j.driver.internal.retry.{logic}.retry({logic}.java:113)",
        ]
    return [
        f"{at} ERROR 4711 --- {thread} c.e.app.Repository                       : Request failed",
        thrown,
        "\tat org.neo4j.driver.Session.executeRead(Session.java:105)",
    ]


def _python(failed: Failure) -> list[str]:
    at = stamp(failed.time)
    at = f"{at[:19]},{at[20:23]}"
    if failed.late:
        reason = f"failed to obtain a connection from the pool within {failed.limit}s (timeout)"
    elif failed.outcome == "connection lost":
        host = failed.peer.partition(":")[0]
        reason = f"Failed to read from defunct connection IPv4Address(('{host}', {PORT}))"
    elif failed.code:
        reason = f"{{neo4j_code: {failed.code}}} {{message: {failed.message}}}"
    else:
        reason = failed.message
    thread = f"[Thread {140393523959488 + failed.worker * 8192}] [Task None           ]"
    if failed.delay > 0:
        told = f"Transaction failed and will be retried in {failed.delay / 1000.0!r}s ({reason})"
        return [f"[WARNING ] {thread} {at}  {told}"]
    return [f"[ERROR   ] {thread} {at}  Request failed: {reason}"]


def _javascript(failed: Failure) -> list[str]:
    at = int(failed.time * 1000.0 + 1e-3)
    if failed.late:
        told = (
            f"Connection acquisition timed out in {int(failed.limit * 1000)} ms. Pool status:"
            f" Active conn count = {failed.pool}, Idle conn count = 0."
        )
        where = "ConnectionHolder got an error while releasing the connection. Error"
        return [f"{at} WARN {where} Neo4jError: {told}. Stacktrace: Neo4jError: {told}"]
    code = f"{failed.code}: " if failed.code else ""
    return [f"{at} ERROR Neo4jError: {code}{failed.message}"]


def _go(failed: Failure) -> list[str]:
    at = stamp(failed.time)
    lines = []
    if failed.late:
        lines = [f"{at}   WARN  [pool {failed.worker}] Borrow time-out"]
        why = f"connection to any of [[{failed.peer}]]: context deadline exceeded"
        told = f"ConnectivityError: Timeout while waiting for {why}"
    elif failed.code:
        told = f"Neo4jError: {failed.code} ({failed.message})"
        lines = [f"{at}  ERROR  [bolt5 bolt-{failed.worker}@{failed.peer}] {told}"]
    else:
        told = f"ConnectivityError: {failed.message}"
    session = f"[session {failed.worker}]"
    if failed.delay > 0:
        after = f"[after {failed.delay / 1000.0!r}s]"
        lines.append(f"{at}  DEBUG  {session} Retrying transaction (): {told} {after}")
    return lines or [f"{at}  ERROR  {session} {told}"]


def _dotnet(failed: Failure) -> list[str]:
    at = stamp(failed.time, "%Y-%m-%dT%H:%M:%S%.3fZ")
    told, kind, lines = failed.message, "TransientException", []
    if failed.late:
        told, kind = (
            f"Failed to obtain a connection from pool within {_clock(failed.limit)}",
            "ClientException",
        )
        why = "Failed to acquire a connection from connection pool asynchronously."
        lines = [f"{at} [Error] [pool-{failed.peer}] {why}"]
    elif failed.outcome == "connection lost":
        kind = "ServiceUnavailableException"
    if failed.delay > 0:
        again = _clock(failed.delay / 1000.0)
        lines.append(f"{at} [Warning] Transaction failed and will be retried in {again} ms.")
    else:
        lines.append(f"{at} [Error] Request failed")
    return [*lines, f"Neo4j.Driver.{kind}: {told}"]


def _clock(seconds: float) -> str:
    whole = int(seconds)
    rest = round((seconds - whole) * 1e7)
    text = f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
    return f"{text}.{rest:07}" if rest else text


#: By language.
ENTRIES: Mapping[str, Callable[[Failure], list[str]]] = {
    "java": _java,
    "python": _python,
    "javascript": _javascript,
    "go": _go,
    "dotnet": _dotnet,
}
