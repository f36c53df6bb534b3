"""Known lines made into events, line by line.

What is met rarely is kept; what may come a million times is kept up to a limit, so that memory
stays bounded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from math import nan
from operator import attrgetter

from boltkb.catalogue import Message
from boltkb.exports.logs.clock import DATE_LENGTH, Clock
from boltkb.exports.logs.columns import EventColumns
from boltkb.exports.logs.lines import TEXT_LIMIT, find_message, line_parts, named_numbers
from boltkb.exports.logs.plain import POOL, POOL_BEGINS, PlainRejections, find_rejections
from boltkb.exports.records import LogEvent, Where

__all__ = ["MANY", "Events"]

#: Events of one kind in one file that are kept one by one.
MANY = 20_000
_REJECTIONS = 150_000
#: Rejections after these are kept without their text: a hundred thousand of them still fit.
_FULL_TEXT = 5_000
_NO_TEXT = "(in the words of those before)"
_NO_NUMBERS: dict[str, float] = {}
#: Where the state of the pool begins in what `find_rejections` returns of a line.
_POOL_COLUMN = 6
_POOL = re.compile(POOL)
_HEADER = re.compile(
    rb" ?[A-Z]+ +(?:\[[\w.$]{1,200}\] )?(?:\[[\w./-]{1,100}\] )?"
    rb'|","level":"[A-Z]+",(?:"category":"[\w.$]{0,200}",)?"message":"(?:\[[\w./-]{1,100}\] )?'
)


class Events:
    """The events of one file, in its order.

    Parameters
    ----------
    path : str
        The file's path inside the export.
    clock : Clock
        Reads the times of entries.
    """

    def __init__(self, path: str, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        #: The events kept, in the file's order.
        self.kept = EventColumns(path)
        self._counts: Counter[str] = Counter()
        self._left_out: dict[str, tuple[int, int, int]] = {}
        self._headers: dict[bytes, bool] = {}
        self._plain = PlainRejections()
        self._last_line = 0
        #: Of the last rejection that was told in the quick way: most often it is the next one's.
        self._last_kind = ""
        #: Whether the last event is a rejection that may have its pool's state below it.
        self.lacks_pool_state = False

    def take(
        self,
        raw: bytes,
        messages: Sequence[Message],
        time: float | None,
        line: int,
        *,
        place: int,
        own: bool,
    ) -> LogEvent | None:
        """Take in a line that holds a message's needle.

        Parameters
        ----------
        raw : bytes
            The line.
        messages : sequence of Message
            Those that have the needle; none for the state of a pool.
        time : float or None, epoch seconds
            Of the entry that the line belongs to.
        line : int
            Its number.
        place : int
            Where the line has the needle.
        own : bool
            Whether the entry begins in this line; otherwise it stands below one.

        Returns
        -------
        LogEvent or None
            The event that the line is, None for none.
        """
        if not messages:
            self._add_pool_state(raw, time)
            return None
        if time is None:
            return None
        if own and messages[0].counts == "rejection":
            event = self.take_rejection(raw, place, time, line)
            if event is not None:
                return event
        level, text = line_parts(raw)
        for message in messages:
            # What stands below an entry may be anybody's text; only traces are looked for there.
            found = find_message(message, text) if own or message.traced else None
            if found is None:
                continue
            if line == self._last_line:
                return None
            return self._add(message, level, text, found, time, line)
        return None

    def take_rejection(self, raw: bytes, place: int, time: float, line: int) -> LogEvent | None:
        """Take in a line that begins an entry with a rejection, where it can be told at once.

        Parameters
        ----------
        raw : bytes
            The line.
        place : int
            Where it has the literal of rejections for the first time.
        time : float, epoch seconds
        line : int

        Returns
        -------
        LogEvent or None
            None where the line takes a closer look, by `take`.
        """
        plain = self._plain.tell(raw, place)
        if plain is None or line == self._last_line:
            return None
        kind, level, connection, begin, pool = plain
        text = _NO_TEXT
        if self._counts[kind] < _FULL_TEXT:
            text = raw.rstrip(b"\r")[begin : begin + TEXT_LIMIT].decode()
        numbers = _NO_NUMBERS if pool[0] is None else _pool_numbers(pool)
        where = Where(self._path, line)
        event = LogEvent(time, kind, level, text, connection[:100], numbers, where)
        self._keep(event, line, _REJECTIONS)
        self._last_kind = kind
        return event

    def take_rejections(self, lines: Sequence[bytes], places: Sequence[int]) -> bool:
        """Take in lines that each begin an entry with a rejection, where all say the same.

        Parameters
        ----------
        lines : sequence of bytes, not empty
            Whole lines, each with the literal of rejections.
        places : sequence of int
            Their numbers, ascending.

        Returns
        -------
        bool
            Whether they were taken; otherwise each takes a look of its own, by `take`.
        """
        kind = self._last_kind
        told = self._counts[kind]
        # A pool's state below a line, and where words or lines cease to be kept: one by one.
        wordy = told + len(lines) <= _FULL_TEXT
        kept = wordy or _FULL_TEXT <= told <= _REJECTIONS - len(lines)
        if not kind or self.lacks_pool_state or not kept or places[0] == self._last_line:
            return False
        rows = find_rejections(kind, lines)
        if rows is None:
            return False
        columns = list(zip(*rows, strict=True))
        texts: Iterable[str] = repeat(_NO_TEXT, len(lines))
        if wordy:
            begins = [DATE_LENGTH + len(header) for header in columns[4]]
            texts = [
                line.rstrip(b"\r")[begin : begin + TEXT_LIMIT].decode()
                for begin, line in zip(begins, lines, strict=True)
            ]
        numbers: Iterable[Mapping[str, float]] = repeat(_NO_NUMBERS, len(lines))
        completed: Iterable[float] = repeat(nan, len(lines))
        if len(columns) > _POOL_COLUMN:
            *pool, tasks = columns[_POOL_COLUMN:]
            numbers = map(_first_numbers, *pool)
            completed = [float(number or nan) for number in tasks]
        self.kept.add(
            kind,
            texts=texts,
            lines=places,
            times=self._clock.read_parts(rows),
            levels=[self._plain.level(header) or "" for header in columns[4]],
            connections=[connection.decode()[:100] for connection in columns[5]],
            numbers=numbers,
            completed=completed,
        )
        self._counts[kind] = told + len(lines)
        self._last_line = places[-1]
        return True

    def _add(
        self,
        message: Message,
        level: str,
        text: str,
        found: re.Match[str],
        time: float,
        line: int,
    ) -> LogEvent:
        kind = message.id
        parts = found.groupdict()
        pool = _pool_state(text, found.end()) if kind == "rejection-a" else None
        numbers = named_numbers(parts) if pool is None else _pool_numbers(pool.groups())
        connection = parts.get("connection")
        count = self._counts[kind] + 1
        event = LogEvent(
            time,
            kind,
            level or message.level,
            _NO_TEXT if message.counts == "rejection" and count > _FULL_TEXT else text[:TEXT_LIMIT],
            None if connection is None else connection[:100],
            numbers or _NO_NUMBERS,
            Where(self._path, line),
        )
        self._keep(event, line, _REJECTIONS if message.counts == "rejection" else MANY)
        return event

    def _keep(self, event: LogEvent, line: int, most: int) -> None:
        kind = event.kind
        count = self._counts[kind] = self._counts[kind] + 1
        if count <= most:
            self.kept.append(event)
            self._last_line = line
            self.lacks_pool_state = kind == "rejection-a" and "pool_size" not in event.numbers
        else:
            first, _, number = self._left_out.get(kind, (line, line, 0))
            self._left_out[kind] = (first, line, number + 1)

    def _add_pool_state(self, raw: bytes, time: float | None) -> None:
        # The pool's state stands on the rejection's own line, or on the exception's below it.
        if not self.lacks_pool_state or time is None:
            return
        if abs(self.kept.times[-1] - time) >= 0.005:
            return
        found = _pool_state(line_parts(raw)[1], 0)
        if found is not None:
            numbers = {**self.kept.numbers[-1], **_pool_numbers(found.groups())}
            self.kept.tell(-1, numbers)
            self.lacks_pool_state = False

    def header_fits(self, text: bytes | bytearray, begin: int, end: int) -> bool:
        """Return whether a message begins at `end` in the entry whose date ends at `begin`."""
        if not 0 < end - begin < 600:
            return False
        header = bytes(text[begin:end])
        known = self._headers.get(header)
        if known is None:
            if len(self._headers) > 4096:
                self._headers.clear()
            known = self._headers[header] = _HEADER.fullmatch(header) is not None
        return known

    def all(self, others: Iterable[LogEvent] = ()) -> tuple[LogEvent, ...]:
        """Return the events kept, and others of the same file, in the file's order."""
        events = [*self.kept, *others]
        # Without others they are in order as they came.
        if len(events) > len(self.kept):
            events.sort(key=attrgetter("where.first_line"))
        return tuple(events)

    def problems(self) -> tuple[str, ...]:
        """Return what was counted and not kept."""
        return tuple(
            f"{self._path}: {number:,} further lines of the kind {kind} (from line {first} to"
            f" {last}) are more than are kept one by one"
            for kind, (first, last, number) in sorted(self._left_out.items())
        )


def _pool_state(text: str, begin: int) -> re.Match[str] | None:
    # The literal first: a plain search takes a tenth of the expression's time.
    place = text.find(POOL_BEGINS, begin)
    return None if place < 0 else _POOL.search(text, place)


def _pool_numbers(told: Sequence[str | bytes | None]) -> dict[str, float]:
    numbers = dict(_first_numbers(*told[:3]))
    if told[3] is not None:
        numbers["completed_tasks"] = float(told[3])
    return numbers


@lru_cache(maxsize=1024, typed=True)
def _first_numbers(*told: str | bytes | None) -> dict[str, float]:
    # A full pool says the same in every line but for the tasks that it has completed.
    names = ("pool_size", "active_threads", "queued_tasks")
    return {name: float(number or 0) for name, number in zip(names, told, strict=True)}
