"""Adds up what the lines about one pool say, in memory that does not grow with the log.

Samples are drawn by a seed of their own, so that the same log gives the same numbers.  Knows
neither files nor the texts of lines.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from boltkb.exports.records import DriverLanguage, DriverPool, Floats, LogEvent, Where

__all__ = ["Sample", "Steps", "Tally"]

#: Waits and holds one by one; beyond that a sample of so many.
_SPANS = 10_000
#: Changes of the number in use; beyond that neighbours become one, the larger.
_STEPS = 20_000
#: Events one by one, of each kind.
_EVENTS = 1_000
#: Connections told apart at a time; a pool has a hundred.
_CONNECTIONS = 50_000


class Sample:
    """Numbers, all of them up to a limit and then a fair sample, with their exact sum.

    Parameters
    ----------
    limit : int, >= 1

    Examples
    --------
    >>> spans = Sample(2)
    >>> for value in (1.0, 2.0, 6.0):
    ...     spans.add(value)
    >>> spans.count, spans.total, len(spans.values())
    (3, 9.0, 2)
    """

    def __init__(self, limit: int = _SPANS) -> None:
        self.count = 0
        self.total = 0.0
        self._limit = limit
        self._kept: list[float] = []
        self._draw = random.Random(limit)

    def add(self, value: float) -> None:
        """Take one more number."""
        self.count += 1
        self.total += value
        if len(self._kept) < self._limit:
            self._kept.append(value)
            return
        place = self._draw.randrange(self.count)
        if place < self._limit:
            self._kept[place] = value

    def values(self) -> Floats:
        """Return the numbers that were kept."""
        return np.array(self._kept, dtype=np.float64)


class Steps:
    """A number that changes over time; beyond a limit neighbours become one, the larger.

    Parameters
    ----------
    limit : int, >= 2

    Examples
    --------
    >>> busy = Steps(4)
    >>> for time, value in enumerate((1, 2, 1, 0)):
    ...     busy.add(float(time), value)
    >>> busy.merged, busy.series()[1].tolist()
    (2, [2.0, 1.0])
    """

    def __init__(self, limit: int = _STEPS) -> None:
        self.merged = 1
        self._limit = limit
        self._times: list[float] = []
        self._values: list[float] = []
        self._room = 0

    def add(self, time: float, value: float) -> None:
        """Take the number from a time on; of several at one time the last stays."""
        if self._room:
            self._room -= 1
            self._values[-1] = max(self._values[-1], value)
        elif self.merged == 1 and self._times and time == self._times[-1]:
            self._values[-1] = value
        else:
            self._times.append(time)
            self._values.append(value)
            self._room = self.merged - 1
        if len(self._times) >= self._limit and not self._room:
            pairs = range(0, len(self._times), 2)
            self._values = [max(self._values[i : i + 2]) for i in pairs]
            self._times = self._times[::2]
            self.merged *= 2

    def series(self) -> tuple[Floats, Floats]:
        """Return the times, ascending, and the numbers."""
        times = np.maximum.accumulate(np.array(self._times, dtype=np.float64))
        return times, np.array(self._values, dtype=np.float64)


@dataclass(slots=True)
class Tally:
    """What is known so far of the pool towards one address.

    Parameters
    ----------
    language : str
    address : str
    path : str
        The file.
    """

    language: DriverLanguage
    address: str
    path: str
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    held: dict[str, float | None] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    steps: Steps = field(default_factory=Steps)
    waits: Sample = field(default_factory=Sample)
    holds: Sample = field(default_factory=Sample)
    delays: Sample = field(default_factory=lambda: Sample(1))
    unused: Sample = field(default_factory=lambda: Sample(_EVENTS))
    resting: dict[str, float] = field(default_factory=dict)
    rested: dict[str, float] = field(default_factory=dict)
    events: list[tuple[str, str, LogEvent]] = field(default_factory=list)
    by_kind: Counter[tuple[str, str]] = field(default_factory=Counter)
    first_line: int | None = None
    last_line: int | None = None
    start: float | None = None
    end: float | None = None

    def seen(self, line: int, time: float | None) -> None:
        """Note that a line is about this pool."""
        self.first_line = line if self.first_line is None else self.first_line
        self.last_line = line
        if time is not None:
            self.start = time if self.start is None else min(self.start, time)
            self.end = time if self.end is None else max(self.end, time)

    def count(self, what: str, layer: str) -> None:
        """Count one happening on a layer."""
        self.counts[what, layer] += 1

    def acquire(
        self, connection: str | None, time: float | None, layer: str, *, counted: bool = True
    ) -> bool:
        """Note that a session has a connection; returns False for one that it has already."""
        if connection is not None:
            if connection in self.held or len(self.held) >= _CONNECTIONS:
                return False
            self.held[connection] = time
            since = self.resting.pop(connection, None)
            if since is not None and time is not None:
                self.rested[connection] = max(0.0, time - since)
            self._step(time)
        if counted:
            self.count("acquired", layer)
        return True

    def release(self, connection: str | None, time: float | None, layer: str) -> None:
        """Note that a session gave its connection back."""
        self.count("released", layer)
        self._let_go(connection, time, told=True)
        if connection is not None:
            self.rested.pop(connection, None)
            if time is not None and len(self.resting) < _CONNECTIONS:
                self.resting[connection] = time

    def close(self, connection: str | None, time: float | None, layer: str) -> None:
        """Note that a connection was closed, in use or not."""
        self.count("closed", layer)
        self._let_go(connection, time, told=False)
        if connection is not None:
            self.resting.pop(connection, None)
            self.rested.pop(connection, None)

    def lose(self, connection: str | None, time: float | None) -> None:
        """Note how long a connection that broke had not been used.

        Where no line names it, it is the only one in use, or the only one that there is.
        """
        if connection is None:
            several = self.held or self.resting
            if len(several) != 1:
                return
            connection = next(iter(several))
        since, before = self.resting.pop(connection, None), self.rested.pop(connection, None)
        if since is not None and time is not None:
            before = max(0.0, time - since)
        if before is not None:
            self.unused.add(before)

    def create(self, connection: str | None, layer: str) -> None:
        """Note that a connection was opened; the same one is counted once."""
        if connection is not None:
            if connection in self.known:
                return
            if len(self.known) < _CONNECTIONS:
                self.known.add(connection)
        self.count("created", layer)

    def add_event(self, what: str, layer: str, event: LogEvent) -> None:
        """Keep an event, the first of each kind up to a limit."""
        self.by_kind[what, layer] += 1
        if self.by_kind[what, layer] <= _EVENTS:
            self.events.append((what, layer, event))

    def _let_go(self, connection: str | None, time: float | None, *, told: bool) -> None:
        if connection is None or connection not in self.held:
            return
        since = self.held.pop(connection)
        self._step(time)
        if told and since is not None and time is not None and time >= since:
            self.holds.add(time - since)

    def _step(self, time: float | None) -> None:
        if time is not None:
            self.steps.add(time, len(self.held))

    def forget_use(self) -> None:
        """Give up acquisitions and the number in use, of which only some were told."""
        for key in [key for key in self.counts if key[0] == "acquired"]:
            del self.counts[key]
        self.steps = Steps()

    def total_counts(self) -> dict[str, int]:
        """Return how often each happened, of several layers the one that tells of most."""
        most: dict[str, int] = {}
        for (what, _), number in sorted(self.counts.items()):
            if what == "opening":
                continue
            most[what] = max(most.get(what, 0), number)
        return most

    def totals(self) -> Mapping[str, float]:
        """Return the exact sums behind the samples."""
        found: dict[str, float] = {}
        spans = (("wait", self.waits), ("hold", self.holds), ("delay", self.delays))
        for name, sample in spans:
            if sample.count:
                found[f"{name}_count"] = float(sample.count)
                found[f"{name}_seconds"] = sample.total
        told = self._told_most()
        if self.by_kind:
            found["event_count"] = float(sum(self.by_kind[key] for key in told))
        return found

    def _told_most(self) -> set[tuple[str, str]]:
        """Return for each kind of event the layer that tells of most."""
        best: dict[str, str] = {}
        for what, layer in sorted(self.by_kind):
            if what not in best or self.by_kind[what, layer] > self.by_kind[what, best[what]]:
                best[what] = layer
        return set(best.items())

    def pool(self, version: str | None) -> DriverPool:
        """Return the record."""
        times, in_use = self.steps.series()
        told = self._told_most()
        return DriverPool(
            language=self.language,
            version=version,
            address=self.address or "unknown",
            start=self.start,
            end=self.end,
            counts=self.total_counts(),
            times=times,
            in_use=in_use,
            waits=self.waits.values(),
            holds=self.holds.values(),
            limit=None,
            events=tuple(event for what, layer, event in self.events if (what, layer) in told),
            where=Where(self.path, self.first_line, self.last_line),
            totals=self.totals(),
            unused=self.unused.values(),
        )

    def thinned(self) -> str:
        """Return what is a sample rather than all, as a phrase; empty for nothing."""
        parts = [
            f"{len(sample.values()):,} of {sample.count:,} {name}"
            for name, sample in (("waits", self.waits), ("holds", self.holds))
            if sample.count > len(sample.values())
        ]
        events = sum(self.by_kind.values())
        if events > len(self.events):
            parts.append(f"the first {_EVENTS:,} events of a kind")
        if self.steps.merged > 1:
            parts.append(f"the largest of each {self.steps.merged:,} numbers in use")
        return ", ".join(parts)
