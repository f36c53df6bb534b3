"""Pauses of a process, of which a log may hold a million: the longest kept, the rest added up.

Knows no format: `matching` and `collections` find the pauses.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from boltkb.exports.records import Floats, LogEvent, Where

__all__ = ["Longest"]


class Longest:
    """The longest pauses of one kind in one file one by one, and all others as one event.

    Which ones are kept does not depend on how they come in: the longer one, and of two as long
    the one whose line comes first.

    Parameters
    ----------
    path : str
        The file's path inside the export.
    kind : str
        The message's id in the catalogue.
    most : int
        How many are kept.

    Attributes
    ----------
    shortest : float, seconds
        Pauses up to this long are added up at once.

    Examples
    --------
    >>> pauses = Longest("debug.log", "vm-pause", most=1)
    >>> for line, seconds in enumerate((0.5, 0.2, 0.9), start=1):
    ...     pauses.add(seconds, line, 10.0 * line, "WARN  Detected ...")
    >>> pauses.kept(), str(pauses.others().where), pauses.others().numbers["pause"]
    ([(0.9, 3, 30.0, 'WARN  Detected ...')], 'debug.log:1-2', 0.7)
    """

    def __init__(self, path: str, kind: str, most: int = 1_000) -> None:
        self._path = path
        self._kind = kind
        self._most = most
        self._kept: list[tuple[float, int, float, str | bytes]] = []
        self.shortest = -1.0
        self._count = 0
        self._microseconds = 0
        self._longest = 0.0
        self._begin = 0.0
        self._lines = (0, 0)

    def add(self, seconds: float, line: int, time: float, text: str | bytes) -> None:
        """Take in one pause, with the text that its event is to have or is made of."""
        if seconds <= self.shortest:
            self.add_one_short(seconds, line, time)
            return
        self._kept.append((seconds, -line, time, text))
        if len(self._kept) >= 2 * self._most:
            self._prune()

    def add_one_short(self, seconds: float, line: int, time: float) -> None:
        """Add up one pause that is not kept, whatever its length."""
        self.add_short(np.array([seconds]), (time, time), (line, line))

    def add_short(self, seconds: Floats, times: Sequence[float], lines: Sequence[int]) -> None:
        """Add up pauses that are not kept.

        Parameters
        ----------
        seconds : (n,) array, seconds
        times, lines : sequences of two
            Time and line of the first and of the last of them.
        """
        if not self._count or lines[0] < self._lines[0]:
            self._begin = times[0]
            self._lines = (lines[0], self._lines[1])
        self._lines = (self._lines[0], max(self._lines[1], lines[1]))
        # Whole numbers, so that the sum does not depend on the order.
        self._microseconds += int(np.rint(1e6 * seconds).astype(np.int64).sum())
        self._count += len(seconds)
        self._longest = max(self._longest, float(seconds.max()))

    def _prune(self) -> None:
        if len(self._kept) <= self._most:
            return
        self._kept.sort(key=lambda pause: pause[:2], reverse=True)
        rest = sorted(self._kept[self._most :], key=lambda pause: -pause[1])
        del self._kept[self._most :]
        self.shortest = self._kept[-1][0]
        ends = (rest[0], rest[-1])
        self.add_short(
            np.array([pause[0] for pause in rest]),
            [pause[2] for pause in ends],
            [-pause[1] for pause in ends],
        )

    def kept(self) -> list[tuple[float, int, float, str | bytes]]:
        """Return the pauses kept, in the file's order: seconds, line, time and text of each."""
        self._prune()
        rows = ((row[0], -row[1], *row[2:]) for row in self._kept)
        return sorted(rows, key=lambda row: row[1])

    def others(self) -> LogEvent | None:
        """Return all other pauses as one event that stands at the first of them."""
        self._prune()
        if not self._count:
            return None
        numbers = {
            "count": float(self._count),
            "pause": self._microseconds / 1e6,
            "longest": self._longest,
        }
        text = f"{self._count:,} shorter pauses together"
        where = Where(self._path, *self._lines)
        return LogEvent(self._begin, self._kind, "INFO", text, None, numbers, where)
