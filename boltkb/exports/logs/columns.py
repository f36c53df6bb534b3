"""Events of one file in columns: an event is made when it is asked for.

A log under load holds a hundred thousand rejections, and an object for each takes longer than
finding them all.  Stands without numpy, as `needles` does.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from math import isnan, nan
from typing import overload

from boltkb.exports.records import LogEvent, Where

__all__ = ["EventColumns"]

_COMPLETED = "completed_tasks"


class EventColumns(Sequence[LogEvent]):
    """Events of one file, in its order.

    Parameters
    ----------
    file : str
        Path inside the export.

    Attributes
    ----------
    lines : array of int
        The lines, counted from 1.
    times : array of float
        Epoch seconds.
    kinds, levels, texts : list of str
        As of `LogEvent`.
    connections : list of str or None
    numbers : list of mapping of str to float
        As of `LogEvent`, less the tasks that a pool has completed where `completed` tells them.
    completed : array of float
        The tasks that the pool has completed; nan where `numbers` says all.

    Examples
    --------
    >>> events = EventColumns("neo4j.log")
    >>> events.append(LogEvent(0.0, "startup", "INFO", "", None, {}, Where("neo4j.log", 7)))
    >>> len(events), events[-1].kind, events.lines[0]
    (1, 'startup', 7)
    """

    __slots__ = (
        "completed",
        "connections",
        "file",
        "kinds",
        "levels",
        "lines",
        "numbers",
        "texts",
        "times",
    )

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines = array("q")
        self.times = array("d")
        self.kinds: list[str] = []
        self.levels: list[str] = []
        self.texts: list[str] = []
        self.connections: list[str | None] = []
        self.numbers: list[Mapping[str, float]] = []
        self.completed = array("d")

    def append(self, event: LogEvent) -> None:
        """Take in one more event of this file."""
        self.lines.append(event.where.first_line or 0)
        self.times.append(event.time)
        self.kinds.append(event.kind)
        self.levels.append(event.level)
        self.texts.append(event.text)
        self.connections.append(event.connection)
        self.numbers.append(event.numbers)
        self.completed.append(nan)

    def add(
        self,
        kind: str,
        *,
        lines: Sequence[int],
        times: Iterable[float],
        levels: Iterable[str],
        texts: Iterable[str],
        connections: Iterable[str],
        numbers: Iterable[Mapping[str, float]],
        completed: Iterable[float],
    ) -> None:
        """Take in events of one kind, an item of each column for each."""
        self.lines.extend(lines)
        self.times.extend(times)
        self.kinds.extend(repeat(kind, len(lines)))
        self.levels.extend(levels)
        self.texts.extend(texts)
        self.connections.extend(connections)
        self.numbers.extend(numbers)
        self.completed.extend(completed)

    def tell(self, index: int, numbers: Mapping[str, float]) -> None:
        """Put other numbers into an event."""
        self.numbers[index], self.completed[index] = numbers, nan

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[LogEvent]:
        # All at once takes two thirds of the time of one after the other.
        numbers = (
            told if isnan(completed) else {**told, _COMPLETED: completed}
            for told, completed in zip(self.numbers, self.completed, strict=True)
        )
        return map(
            LogEvent,
            self.times,
            self.kinds,
            self.levels,
            self.texts,
            self.connections,
            numbers,
            map(Where, repeat(self.file), self.lines),
        )

    @overload
    def __getitem__(self, index: int) -> LogEvent: ...

    @overload
    def __getitem__(self, index: slice) -> list[LogEvent]: ...

    def __getitem__(self, index: int | slice) -> LogEvent | list[LogEvent]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        numbers, completed = self.numbers[index], self.completed[index]
        if not isnan(completed):
            numbers = {**numbers, _COMPLETED: completed}
        return LogEvent(
            self.times[index],
            self.kinds[index],
            self.levels[index],
            self.texts[index],
            self.connections[index],
            numbers,
            Where(self.file, self.lines[index]),
        )
