"""What the server's own logs say: known lines, the time that they cover, exact thread holds.

Knows no file format.  Times are epoch seconds in UTC, spans are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from boltkb.exports.records.places import Where

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from boltkb.exports.records.series import Floats

__all__ = [
    "Holds",
    "LogEvent",
    "LogSpan",
    "MachineFact",
]


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


@dataclass(frozen=True, slots=True, eq=False)
class Holds:
    """Thread holds one by one, as the debug-level trace of 5.x and later tells them.

    Parameters
    ----------
    asked : (n,) array, epoch seconds
        When the connection asked for a thread.
    starts : (n,) array, epoch seconds
        When a thread took it; NaN for one that was rejected or never answered in the trace.
    ends : (n,) array, epoch seconds
        When the thread let it go; NaN for one still held where the trace ends.
    waited : (n,) array, seconds
        Time within the hold that the thread waited for the client.
    messages : (n,) array of int
        Messages worked off in the hold.
    connections : (n,) array of str
        The Bolt connection of each.
    begin, end : float, epoch seconds
        What the trace covers; a hold that was under way at `begin` is not in it.
    where : Where
        The first line of the trace.
    rejected : (n,) array of bool
        Which of them the pool had no thread for.
    left_out : int
        Holds that are more than are kept; the last ones of the trace.
    """

    asked: Floats
    starts: Floats
    ends: Floats
    waited: Floats
    messages: NDArray[np.int64]
    connections: NDArray[np.str_]
    begin: float
    end: float
    where: Where
    rejected: NDArray[np.bool_]
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.asked)


@dataclass(frozen=True, slots=True)
class MachineFact:
    """What a server says about the machine and the process that it runs in.

    Parameters
    ----------
    id : str
        `cpus`, `memory` (bytes), `heap-max` (bytes), `open-files` (limit), `os`, `jvm`,
        `process-id`, `process-start` (epoch seconds; as the log tells it some seconds late),
        `bolt-log-level`, `json-logs` (their names), `metric:<key>` (a reading without a time).
    value : float or None
        For a number, in the unit above.
    text : str
        As written.
    where : Where
    """

    id: str
    value: float | None
    text: str
    where: Where
