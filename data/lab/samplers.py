"""What is looked at once a second while a capture runs.

Two samplers, neither of which needs a Bolt thread, so that they go on when the pool is
full: thread dumps of the process, and ``SHOW TRANSACTIONS`` over the HTTP transaction
endpoint, which Jetty's threads serve. It is asked on the database ``system``, so that the
other database's metrics do not count the looks and its limit of transactions does not stop
them. (The Query API would not do: it goes through a Bolt connection inside the server and is
refused like any other when the pool is full. Nor would an explicit transaction over Bolt: it
survives, but holds one of the threads that are to be measured.) A sample that could not be
taken is recorded as missing. This room must not know the load.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from data.lab.attach import dump_threads
from data.lab.errors import LabError

HTTP_TIMEOUT_SECONDS = 5.0
_WORKER = re.compile(r'^"neo4j\.BoltWorker-\d+(?P<held> \[[^\]]+\])?[^"]*"')


@dataclass(frozen=True, slots=True)
class ThreadCounts:
    """Bolt workers in one thread dump, by what they were doing."""

    pool: int
    busy: int
    working: int
    waiting_client: int
    waiting_lock: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One look: epoch seconds, and what was seen; None when the look failed."""

    at: float
    threads: ThreadCounts | None = None
    transactions: int | None = None
    idle_transactions: int | None = None


def count_workers(dump: str) -> ThreadCounts:
    """Return how many Bolt workers a thread dump shows, by what they were doing.

    Parameters
    ----------
    dump : str
        The text of ``jstack``.

    Returns
    -------
    ThreadCounts
        ``busy`` is ``working + waiting_client + waiting_lock``; a worker is busy when its
        name carries a connection, and working when it waits for neither, a wait for a
        bookmark or for a socket included.
    """
    pool = busy = client = lock = 0
    for block in dump.split("\n\n"):
        head, _, frames = block.lstrip().partition("\n")
        match = _WORKER.match(head)
        if match is None:
            continue
        pool += 1
        if match["held"] is None:
            continue
        busy += 1
        if "LinkedBlockingDeque.pollFirst" in frames and "doExecuteJobs" in frames:
            client += 1
        elif "ForsetiClient" in frames:
            lock += 1
    return ThreadCounts(pool, busy, busy - client - lock, client, lock)


def ask_over_http(
    port: int, statement: str, patience: float = HTTP_TIMEOUT_SECONDS
) -> tuple[list[str], list[list[Any]]]:
    """Return the columns and rows of one statement on `system`, by the HTTP endpoint.

    Parameters
    ----------
    port : int
    statement : str
    patience : float, seconds, > 0

    Raises
    ------
    LabError
        When the server refuses the statement or cannot be reached.
    """
    body = json.dumps({"statements": [{"statement": statement}]})
    talk = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
    try:
        headers = {"Content-Type": "application/json", "User-Agent": "boltkb-lab"}
        talk.request("POST", "/db/system/tx/commit", body, headers)
        answer = json.loads(talk.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise LabError(f"The HTTP endpoint on port {port} gave no answer: {error}.") from error
    finally:
        talk.close()
    if answer["errors"]:
        raise LabError(f"The server refused {statement!r}: {answer['errors'][0]}.")
    result = answer["results"][0]
    return list(result["columns"]), [list(row["row"]) for row in result["data"]]


@dataclass(slots=True)
class Sampler:
    """A thread that looks once every `interval` and keeps what it saw.

    Parameters
    ----------
    look : callable
        Epoch seconds to a `Sample`; a `LabError` or `OSError` makes a missing one.
    interval : float, seconds, > 0
    offset : float, seconds
        Where in the interval the looks fall.
    """

    look: Callable[[float], Sample]
    interval: float = 1.0
    offset: float = 0.0
    samples: list[Sample] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin looking."""
        self._thread = threading.Thread(target=self._run, name="boltkb-lab-sampler", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop looking and wait for the last look to end."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(30.0)

    def missing(self) -> int:
        """Count the looks that failed."""
        return sum(s.threads is None and s.transactions is None for s in self.samples)

    def _run(self) -> None:
        turn = time.time() // self.interval + 1
        while not self._stop.wait(max(0.0, turn * self.interval + self.offset - time.time())):
            at = time.time()
            try:
                self.samples.append(self.look(at))
            except (LabError, OSError):
                self.samples.append(Sample(at))
            turn += 1
            # Turns that passed meanwhile are missing samples, not absent ones.
            while turn * self.interval + self.offset <= time.time() - self.interval:
                self.samples.append(Sample(turn * self.interval + self.offset))
                turn += 1


def sample_threads(pid: int) -> Sampler:
    """Return a sampler of thread dumps, once a second."""
    return Sampler(lambda at: Sample(at, threads=count_workers(dump_threads(pid))), offset=0.25)


def sample_transactions(port: int) -> Sampler:
    """Return a sampler of the Bolt transactions that are open, once a second."""
    statement = (
        "SHOW TRANSACTIONS YIELD connectionId, currentQuery"
        " WHERE connectionId STARTS WITH 'bolt' RETURN currentQuery"
    )

    def look(at: float) -> Sample:
        _, rows = ask_over_http(port, statement)
        idle = sum(not row[0] for row in rows)
        return Sample(at, transactions=len(rows), idle_transactions=idle)

    return Sampler(look, offset=0.6)
