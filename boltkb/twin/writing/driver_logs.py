"""The clients' own logs: tries that failed, as the driver of each language tells of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from boltkb.twin.clients import Client
from boltkb.twin.columns import OUTCOMES
from boltkb.twin.kernel import codes
from boltkb.twin.writing.configuration import PORT, address
from boltkb.twin.writing.lines import Floats, moments

__all__ = ["DriverLogs"]

_NO_THREADS = (
    "There are no available threads to serve this request at the moment. You can retry at a later"
    " time or consider increasing max thread pool size for bolt connector(s)."
)
_CODES = {
    "no threads": ("Neo.TransientError.Request.NoThreadsAvailable", _NO_THREADS),
    "transaction timeout": (
        "Neo.ClientError.Transaction.TransactionTimedOut",
        "The transaction has been terminated. Retry your operation in a new transaction, and you"
        " should see a successful result. The transaction has not completed within the specified"
        " timeout (db.transaction.timeout).",
    ),
    "transaction limit": (
        "Neo.TransientError.Transaction.MaximumTransactionLimitReached",
        "The maximum number of concurrent transactions is reached. A new transaction cannot be"
        " started.",
    ),
}
_TOLD = (
    "no threads", "acquisition timeout", "pending full", "transaction timeout",
    "connection lost", "transaction limit",
)  # fmt: skip
#: As many entries of one client in one block as are written; a storm repeats itself.
_LANGUAGES = ("java", "python", "javascript", "go", "dotnet")


class DriverLogs:
    """Writes a log for each client that has a driver, at its usual level.

    Parameters
    ----------
    folder : Path
    clients : sequence of Client
    began : float, epoch seconds
    """

    def __init__(self, folder: Path, clients: Sequence[Client], began: float) -> None:
        self._clients = tuple(clients)
        self._began = began
        self._folder = folder
        self._names = _file_names(clients)
        self._begun: set[int] = set()

    def take(self, records: Floats) -> None:
        """Write what failed in a block's records, of every member."""
        rows = records[(records[:, 0] == codes.REC_TRY) & (records[:, 8] != codes.OK)]
        for k, client in enumerate(self._clients):
            driver = client.driver
            these = rows[rows[:, 6] == k]
            if driver is None or driver.language not in _LANGUAGES or not len(these):
                continue
            told = [OUTCOMES[int(code)] for code in these[:, 8].tolist()]
            iso, plain = "%Y-%m-%dT%H:%M:%S%.3fZ", "%Y-%m-%d %H:%M:%S%.3f"
            pattern = {"java": iso, "dotnet": iso}.get(driver.language, plain)
            times = moments(self._began + these[:, 1], pattern).to_list()
            delays = these[:, 11].tolist()
            limit = driver.acquisition_timeout
            lines: list[str] = []
            for i, outcome in enumerate(told):
                if outcome not in _TOLD:
                    continue
                peer = f"{address(int(these[i, 5]))}:{PORT}"
                worker = int(these[i, 4]) % 16 + 1
                entry = _ENTRIES[driver.language]
                lines += entry(times[i], outcome, delays[i], limit, peer, worker, self._began + these[i, 1], driver.pool)
            if lines:
                self._append(k, lines)

    def _append(self, k: int, lines: list[str]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / self._names[k]).open("ab") as file:
            file.write(("\n".join(lines) + "\n").encode())


def _file_names(clients: Sequence[Client]) -> list[str]:
    names: list[str] = []
    for client in clients:
        safe = "".join(sign if sign.isalnum() or sign in "-._" else "-" for sign in client.name)
        language = client.driver.language if client.driver is not None else "none"
        name, more = f"{safe}-{language}-driver.log", 2
        while name in names:
            name, more = f"{safe}-{more}-{language}-driver.log", more + 1
        names.append(name)
    return names


def _reason(outcome: str) -> tuple[str, str]:
    return _CODES.get(outcome, ("", "Connection to the database terminated."))


def _java(at: str, outcome: str, delay: float, limit: float, peer: str, worker: int, time: float, pool: int) -> list[str]:
    del time
    thread = f"pool-2-thread-{worker}"
    classes = {
        "no threads": "TransientException", "transaction limit": "TransientException",
        "transaction timeout": "ClientException", "acquisition timeout": "ClientException",
        "pending full": "ClientException", "connection lost": "ServiceUnavailableException",
    }  # fmt: skip
    told = _reason(outcome)[1]
    if outcome == "acquisition timeout":
        told = f"Unable to acquire connection from the pool within configured maximum time of {int(limit * 1000)}ms"
    elif outcome == "pending full":
        told = f"Connection pool pending acquisition queue is full ({pool})."
    thrown = f"org.neo4j.driver.exceptions.{classes[outcome]}: {told}"
    if delay > 0:
        head = f"{at}  WARN 4711 --- [{thread}] o.n.d.i.r.ExponentialBackoffRetryLogic   : Transaction failed and will be retried in {int(delay)}ms"
        return [head, thrown, "\tat org.neo4j.driver.internal.retry.ExponentialBackoffRetryLogic.retry(ExponentialBackoffRetryLogic.java:113)"]  # fmt: skip
    head = f"{at} ERROR 4711 --- [{thread}] c.e.app.Repository                       : Request failed"
    return [head, thrown, "\tat org.neo4j.driver.Session.executeRead(Session.java:105)"]


def _python(at: str, outcome: str, delay: float, limit: float, peer: str, worker: int, time: float, pool: int) -> list[str]:
    del time, pool
    code, message = _reason(outcome)
    reason = f"{{neo4j_code: {code}}} {{message: {message}}}" if code else message
    if outcome == "acquisition timeout":
        reason = f"failed to obtain a connection from the pool within {limit}s (timeout)"
    elif outcome == "connection lost":
        reason = f"Failed to read from defunct connection IPv4Address(('{peer.split(':')[0]}', {PORT}))"
    stamp = f"{at[:19]},{at[20:23]}"
    thread = f"[Thread {140393523959488 + worker * 8192}] [Task None           ]"
    if delay > 0:
        return [f"[WARNING ] {thread} {stamp}  Transaction failed and will be retried in {delay / 1000.0!r}s ({reason})"]  # fmt: skip
    return [f"[ERROR   ] {thread} {stamp}  Request failed: {reason}"]


def _javascript(at: str, outcome: str, delay: float, limit: float, peer: str, worker: int, time: float, pool: int) -> list[str]:
    del at, worker
    code, message = _reason(outcome)
    at = str(int(np.floor(time * 1000.0 + 1e-6)))
    if outcome == "acquisition timeout":
        told = f"Connection acquisition timed out in {int(limit * 1000)} ms. Pool status: Active conn count = {pool}, Idle conn count = 0."
        return [f"{at} WARN ConnectionHolder got an error while releasing the connection. Error Neo4jError: {told}. Stacktrace: Neo4jError: {told}"]  # fmt: skip
    del delay, peer
    return [f"{at} ERROR Neo4jError: {code}: {message}" if code else f"{at} ERROR Neo4jError: {message}"]


def _go(at: str, outcome: str, delay: float, limit: float, peer: str, worker: int, time: float, pool: int) -> list[str]:
    del limit, time, pool
    code, message = _reason(outcome)
    if outcome == "acquisition timeout":
        lines = [f"{at}   WARN  [pool {worker}] Borrow time-out"]
        told = f"ConnectivityError: Timeout while waiting for connection to any of [[{peer}]]: context deadline exceeded"
    elif code:
        told = f"Neo4jError: {code} ({message})"
        lines = [f"{at}  ERROR  [bolt5 bolt-{worker}@{peer}] {told}"]
    else:
        told = f"ConnectivityError: {message}"
        lines = []
    if delay > 0:
        lines.append(f"{at}  DEBUG  [session {worker}] Retrying transaction (): {told} [after {delay / 1000.0!r}s]")  # fmt: skip
    return lines or [f"{at}  ERROR  [session {worker}] {told}"]


def _dotnet(at: str, outcome: str, delay: float, limit: float, peer: str, worker: int, time: float, pool: int) -> list[str]:
    del time, pool, worker
    told = _reason(outcome)[1]
    if outcome == "acquisition timeout":
        told = f"Failed to obtain a connection from pool within {_clock(limit)}"
        head = [f"{at} [Error] [pool-{peer}] Failed to acquire a connection from connection pool asynchronously."]  # fmt: skip
    else:
        head = []
    classes = {"connection lost": "ServiceUnavailableException", "acquisition timeout": "ClientException"}  # fmt: skip
    thrown = f"Neo4j.Driver.{classes.get(outcome, 'TransientException')}: {told}"
    if delay > 0:
        head.append(f"{at} [Warning] Transaction failed and will be retried in {_clock(delay / 1000.0)} ms.")  # fmt: skip
    else:
        head.append(f"{at} [Error] Request failed")
    return [*head, thrown]


def _clock(seconds: float) -> str:
    whole = int(seconds)
    rest = round((seconds - whole) * 1e7)
    text = f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
    return f"{text}.{rest:07}" if rest else text


_ENTRIES = {
    "java": _java, "python": _python, "javascript": _javascript, "go": _go, "dotnet": _dotnet,
}  # fmt: skip
