"""Exact thread holds from the trace that a Bolt server of 5.x writes at debug level.

A connection asks for a thread, a thread takes it, works off its messages, may wait for the client
inside a transaction, and lets it go: each is a line.  Joined over rotated files, read line by
line, with bounded memory.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass

import numpy as np

from boltkb.catalogue import load_messages
from boltkb.exports.records import Holds, Where

__all__ = ["MOST_HOLDS", "Trace", "trace_needles"]

#: Holds that are kept; a busy server has as many in some hours of a trace.
MOST_HOLDS = 500_000
#: Connections that are followed at once.
_MOST_OPEN = 100_000
_NAN = math.nan


def trace_needles() -> tuple[tuple[bytes, str], ...]:
    """Return the literals of the trace's lines, each with its message's id.

    Examples
    --------
    >>> dict(trace_needles())[b"] Activating connection"]
    'trace-activating'
    """
    return tuple(
        (needle.encode("ascii"), message.id)
        for message in load_messages().values()
        if message.id.startswith("trace-")
        for needle in message.needles
    )


@dataclass(slots=True)
class _Open:
    asked: float
    start: float = _NAN
    waited: float = 0.0
    waiting_since: float = _NAN
    messages: int = 0
    asked_again: float = _NAN
    closed: float = _NAN


class Trace:
    """Thread holds of one server, joined over the files of its log.

    Examples
    --------
    >>> trace = Trace()
    >>> for kind, time in (("asking", 1.0), ("activating", 1.1), ("waiting", 1.2),
    ...                    ("executing", 3.2), ("idle", 3.5), ("asking", 9.0)):
    ...     trace.take(f"trace-{kind}", "bolt-7", time, Where("debug.log", 1), jobs=1)
    >>> holds = trace.holds()
    >>> holds.starts.tolist(), holds.ends.tolist(), holds.waited.tolist()
    ([1.1, nan], [3.5, nan], [2.0, 0.0])
    """

    def __init__(self) -> None:
        self._open: dict[str, _Open] = {}
        self._times = [array("d") for _ in range(4)]
        self._messages = array("q")
        self._rejected = array("b")
        self._names: dict[str, str] = {}
        self._connections: list[str] = []
        self._where: Where | None = None
        self._begin = _NAN
        self._end = _NAN
        self.left_out = 0

    def take(self, kind: str, connection: str, time: float, where: Where, *, jobs: int = 0) -> None:
        """Take in one line.

        Parameters
        ----------
        kind : str
            The message's id in the catalogue.
        connection : str
        time : float, epoch seconds
        where : Where
        jobs : int
            Messages that are worked off from here on, for `trace-executing`.
        """
        if self._where is None:
            self._where, self._begin, self._end = where, time, time
        self.seen_until(time)
        hold = self._open.get(connection)
        if kind == "trace-asking":
            if hold is None:
                self._begun(connection, _Open(time))
            elif math.isnan(hold.start):
                # The line that told what became of the last one is missing.
                self._close(connection, hold, _NAN)
                self._begun(connection, _Open(time))
            else:
                # It asked again before the thread's own line about letting go was written.
                hold.asked_again = time
        elif kind == "trace-activating":
            if hold is None:
                self._begun(connection, _Open(time, time))
            elif math.isnan(hold.start):
                hold.start = time
            else:
                self._close(connection, hold, time)
                again = time if math.isnan(hold.asked_again) else hold.asked_again
                self._begun(connection, _Open(again, time))
        elif hold is None or math.isnan(hold.start):
            # Held since before the trace began, or cut short by a restart.
            return
        elif kind == "trace-executing":
            hold.messages += jobs
            self._waited_until(hold, time)
        elif kind == "trace-waiting":
            self._waited_until(hold, time)
            hold.waiting_since = time
        elif kind == "trace-closing":
            # The thread that closes its connection says so some time before it is free.
            hold.closed = time
        else:
            self._close(connection, hold, time)
            if not math.isnan(hold.asked_again):
                self._begun(connection, _Open(hold.asked_again))

    def reject(self, connection: str, time: float) -> None:
        """Take in that the pool had no thread for a connection that asked for one."""
        hold = self._open.get(connection)
        if hold is None or not math.isnan(hold.start):
            return
        self.seen_until(time)
        self._close(connection, hold, _NAN, rejected=True)

    def restart(self) -> None:
        """Take in that the server started anew: what was held then has no known end."""
        for connection, hold in list(self._open.items()):
            self._close(connection, hold, _NAN)

    def seen_until(self, time: float) -> None:
        """Take in that the log goes on up to a time."""
        if not self._end >= time:
            self._end = time

    def holds(self) -> Holds | None:
        """Return the holds by the time that each asked for a thread; None without a trace."""
        if self._where is None:
            return None
        rows = list(self._open.items())[: max(MOST_HOLDS - len(self._connections), 0)]
        times = [np.array(column, dtype=np.float64) for column in self._times]
        extra = [[hold.asked, hold.start, hold.closed, self._waited(hold)] for _, hold in rows]
        if extra:
            columns = np.array(extra, dtype=np.float64).T
            times = [np.concatenate(pair) for pair in zip(times, columns, strict=True)]
        names = [*self._connections, *(name for name, _ in rows)]
        messages = np.array([*self._messages, *(hold.messages for _, hold in rows)], dtype=np.int64)
        rejected = np.array([*self._rejected, *(0 for _ in rows)], dtype=np.bool_)
        order = np.argsort(times[0], kind="stable")
        asked, starts, ends, waited = (column[order] for column in times)
        return Holds(
            asked,
            starts,
            ends,
            waited,
            messages[order],
            np.array(names, dtype=np.str_)[order],
            self._begin,
            self._end,
            self._where,
            rejected[order],
            self.left_out,
        )

    def _begun(self, connection: str, hold: _Open) -> None:
        if len(self._open) >= _MOST_OPEN:
            self.left_out += 1
            return
        self._open[connection] = hold

    def _waited(self, hold: _Open) -> float:
        waiting = not math.isnan(hold.waiting_since)
        until = self._end if math.isnan(hold.closed) else hold.closed
        return hold.waited + (max(until - hold.waiting_since, 0.0) if waiting else 0.0)

    @staticmethod
    def _waited_until(hold: _Open, time: float) -> None:
        if not math.isnan(hold.waiting_since):
            hold.waited += max(time - hold.waiting_since, 0.0)
            hold.waiting_since = _NAN

    def _close(self, connection: str, hold: _Open, end: float, *, rejected: bool = False) -> None:
        self._open.pop(connection, None)
        if len(self._connections) >= MOST_HOLDS:
            self.left_out += 1
            return
        if math.isnan(end):
            hold.waited = self._waited(hold)
            end = hold.closed
        else:
            self._waited_until(hold, end)
        for column, value in zip(
            self._times, (hold.asked, hold.start, end, hold.waited), strict=True
        ):
            column.append(value)
        self._messages.append(hold.messages)
        self._rejected.append(rejected)
        self._connections.append(self._names.setdefault(connection, connection))
