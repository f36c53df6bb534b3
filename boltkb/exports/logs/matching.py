"""Known lines found in a block: one pass for all of the catalogue's needles, then their events.

What is met rarely is kept line by line.  What may come a million times is kept up to a limit;
of pauses the longest are kept and the rest is added up, so that memory stays bounded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

import ahocorasick_rs
import numpy as np
from numpy.typing import NDArray

from boltkb.catalogue import Message, load_messages
from boltkb.exports.logs.entries import DATE_LENGTH, Block, Clock
from boltkb.exports.logs.lines import line_parts, named_numbers
from boltkb.exports.logs.longest import Longest
from boltkb.exports.records import LogEvent, Where

__all__ = ["MANY", "MOST_NEEDLES", "Events", "Needles", "all_needles", "rejection_needles"]

#: More literals than this, and the search falls back to one that is five times slower.
MOST_NEEDLES = 64
#: Events of one kind in one file that are kept one by one.
MANY = 20_000
_REJECTIONS = 150_000
#: Rejections after these are kept without their text: a hundred thousand of them still fit.
_FULL_TEXT = 5_000
_NO_TEXT = "(in the words of those before)"
_NO_NUMBERS: dict[str, float] = {}
_TEXT_LIMIT = 500
_POOL = re.compile(
    r"\[Running, pool size = (?P<pool_size>\d{1,9}), active threads = (?P<active_threads>\d{1,9}),"
    r" queued tasks = (?P<queued_tasks>\d{1,18})"
    r"(?:, completed tasks = (?P<completed_tasks>\d{1,18}))?"
)
_POOL_NEEDLE = b"[Running, pool size = "
_PAUSE = "vm-pause"
#: What other files say, and what is taken in bulk.
_ELSEWHERE = frozenset({"gc-pause", "safepoint-pause", _PAUSE})
_PAUSE_NEEDLE = b"Detected VM stop-the-world pause: {pauseTime="
_HEADER = re.compile(
    rb" ?[A-Z]+ +(?:\[[\w.$]{1,200}\] )?(?:\[[\w./-]{1,100}\] )?"
    rb'|","level":"[A-Z]+",(?:"category":"[\w.$]{0,200}",)?"message":"(?:\[[\w./-]{1,100}\] )?'
)
_CONTEXT = re.compile(r"\[[\w.-]{1,100}(?:/[0-9a-f]{1,32})?\] ")
_HIGH = np.uint64(0x8080808080808080)


class Needles:
    """A set of literals that are sought in one pass.

    Parameters
    ----------
    messages : sequence of Message
    others : sequence of bytes
        Literals of other readers, that no message has.

    Examples
    --------
    >>> found = Needles([load_messages()["startup"]], [b"Edition: "])
    >>> found.seek(b"Edition: x", 10)
    [(0, 0, 9)]
    >>> found.literals
    (b'Edition: ', b'======== Neo4j ')
    """

    def __init__(self, messages: Sequence[Message], others: Sequence[bytes] = ()) -> None:
        known: dict[bytes, tuple[Message, ...]] = {}
        for message in messages:
            for needle in message.needles:
                key = needle.encode("ascii")
                known[key] = (*known.get(key, ()), message)
        self.others = len(others)
        self.literals = (*others, *known)
        self.messages: tuple[tuple[Message, ...], ...] = (*(() for _ in others), *known.values())
        self._automaton = ahocorasick_rs.BytesAhoCorasick(
            self.literals, matchkind=ahocorasick_rs.MatchKind.LeftmostFirst
        )

    def seek(self, text: bytes | bytearray, size: int) -> list[tuple[int, int, int]]:
        """Return what is found, by place: the literal's number, where it begins and ends."""
        with memoryview(text) as view, view[:size] as part:
            found: list[tuple[int, int, int]] = self._automaton.find_matches_as_indexes(part)
        return found


@lru_cache(maxsize=4)
def all_needles(others: tuple[bytes, ...]) -> Needles:
    """Return the needles of every message, of the pool's state, and others.

    Examples
    --------
    >>> len(all_needles(()).literals) <= MOST_NEEDLES
    True
    """
    messages = [
        message
        for message in load_messages().values()
        if message.id not in _ELSEWHERE and not message.id.startswith("trace-")
    ]
    return Needles(messages, (*others, _POOL_NEEDLE, _PAUSE_NEEDLE))


@lru_cache(maxsize=1)
def rejection_needles() -> Needles:
    """Return the needles of messages that count rejections, and of the pool's state.

    Examples
    --------
    >>> rejection_needles().others
    1
    """
    messages = [m for m in load_messages().values() if m.counts == "rejection"]
    return Needles(messages, (_POOL_NEEDLE,))


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
        self._kept: list[LogEvent] = []
        self._counts: Counter[str] = Counter()
        self._left_out: dict[str, tuple[int, int, int]] = {}
        self._headers: dict[bytes, bool] = {}
        self._pauses = Longest(path, _PAUSE)

    @property
    def lacks_pool_state(self) -> bool:
        """Whether the last event is a rejection that may have its pool's state below it."""
        if not self._kept:
            return False
        event = self._kept[-1]
        return event.kind == "rejection-a" and "pool_size" not in event.numbers

    def take(
        self, raw: bytes, messages: Sequence[Message], time: float | None, line: int, *, own: bool
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
        level, text = line_parts(raw)
        for message in messages:
            # What stands below an entry may be anybody's text; only traces are looked for there.
            found = _search(message, text) if own or message.traced else None
            if found is None:
                continue
            if self._kept and self._kept[-1].where.first_line == line:
                return None
            return self._add(message, level, text, found, time, line)
        return None

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
        count = self._counts[kind] = self._counts[kind] + 1
        rejection = message.counts == "rejection"
        parts = found.groupdict()
        numbers = named_numbers(parts)
        if kind == "rejection-a" and (pool := _POOL.search(text, found.end())):
            numbers = _pool_numbers(pool)
        connection = parts.get("connection")
        event = LogEvent(
            time,
            kind,
            level or message.level,
            _NO_TEXT if rejection and count > _FULL_TEXT else text[:_TEXT_LIMIT],
            None if connection is None else connection[:100],
            numbers or _NO_NUMBERS,
            Where(self._path, line),
        )
        if count <= (_REJECTIONS if rejection else MANY):
            self._kept.append(event)
        else:
            first, _, number = self._left_out.get(kind, (line, line, 0))
            self._left_out[kind] = (first, line, number + 1)
        return event

    def _add_pool_state(self, raw: bytes, time: float | None) -> None:
        # The pool's state stands on the rejection's own line, or on the exception's below it.
        if not self.lacks_pool_state or time is None:
            return
        event = self._kept[-1]
        if abs(event.time - time) >= 0.005:
            return
        found = _POOL.search(line_parts(raw)[1])
        if found is not None:
            numbers = {**event.numbers, **_pool_numbers(found)}
            self._kept[-1] = replace(event, numbers=numbers)

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

    def take_pauses(
        self, block: Block, places: NDArray[np.intp], entries: NDArray[np.intp], lines_before: int
    ) -> None:
        """Take in pauses: all at once, because a log may hold half a million.

        Parameters
        ----------
        block : Block
        places : (n,) array
            Where each pause's message begins.
        entries : (n,) array
            The entry that each stands in.
        lines_before : int
        """
        dates = block.dates[entries] + DATE_LENGTH
        fits = self._fitting(block, dates, places)
        places, dates = places[fits], dates[fits]
        if not len(places):
            return
        seconds = _digits(block, places + len(_PAUSE_NEEDLE)) / 1000.0
        longer = seconds > self._pauses.shortest
        shorter = ~longer
        if shorter.any():
            ends = (int(shorter.argmax()), len(shorter) - 1 - int(shorter[::-1].argmax()))
            lines = [lines_before + block.line_at(int(places[end])) + 1 for end in ends]
            times = [self._clock.read(block.text, int(dates[end]) - DATE_LENGTH) for end in ends]
            self._pauses.add_short(seconds[shorter], times, lines)
        for index in np.flatnonzero(longer).tolist():
            line = block.line_at(int(places[index]))
            begin, end = block.line(line)
            self._pauses.add(
                float(seconds[index]),
                lines_before + line + 1,
                self._clock.read(block.text, int(dates[index]) - DATE_LENGTH),
                bytes(block.text[begin : min(end, begin + 2 * _TEXT_LIMIT)]),
            )

    def _pause_events(self) -> Iterator[LogEvent]:
        message = load_messages()[_PAUSE]
        for seconds, line, time, raw in self._pauses.kept():
            level, text = line_parts(bytes(raw))  # type: ignore[arg-type]
            found = _search(message, text)
            numbers = named_numbers(found.groupdict()) if found else {"pause": seconds}
            where = Where(self._path, line)
            yield LogEvent(
                time, _PAUSE, level or message.level, text[:_TEXT_LIMIT], None, numbers, where
            )
        others = self._pauses.others()
        if others is not None:
            yield others

    def _fitting(
        self, block: Block, begins: NDArray[np.intp], ends: NDArray[np.intp]
    ) -> NDArray[np.bool_]:
        lengths = ends - begins
        length = int(lengths[0])
        if 0 < length < 600 and (lengths == length).all():
            # One class writes them all: what stands before each is the same.
            rows = np.ndarray(
                (block.size - length + 1,), dtype=f"V{length}", buffer=block.text, strides=(1,)
            )
            headers = rows[begins].view(np.uint8).reshape(-1, length)
            if (headers == headers[0]).all():
                fits = self.header_fits(block.text, int(begins[0]), int(ends[0]))
                return np.full(len(begins), fits)
        pairs = zip(begins.tolist(), ends.tolist(), strict=True)
        return np.array([self.header_fits(block.text, begin, end) for begin, end in pairs])

    def all(self) -> tuple[LogEvent, ...]:
        """Return the events kept, in the file's order."""
        events = [*self._kept, *self._pause_events()]
        events.sort(key=lambda event: event.where.first_line or 0)
        return tuple(events)

    def problems(self) -> tuple[str, ...]:
        """Return what was counted and not kept."""
        return tuple(
            f"{self._path}: {number:,} further lines of the kind {kind} (from line {first} to"
            f" {last}) are more than are kept one by one"
            for kind, (first, last, number) in sorted(self._left_out.items())
        )


def _pool_numbers(found: re.Match[str]) -> dict[str, float]:
    return {name: float(value) for name, value in found.groupdict().items() if value is not None}


def _search(message: Message, text: str) -> re.Match[str] | None:
    found = message.pattern.search(text)
    if found is None and text.startswith("["):
        # Which database an entry is about stands before its message.
        context = _CONTEXT.match(text)
        found = None if context is None else message.pattern.search(text[context.end() :])
    return found


def _digits(block: Block, places: NDArray[np.intp]) -> NDArray[np.int64]:
    """Return the numbers of up to eight digits that begin at some places, eight bytes at once."""
    every = np.ndarray((block.size - 7,), dtype="<u8", buffer=block.text, strides=(1,))
    text = every[places] ^ np.uint64(0x3030303030303030)
    stop = ((text + np.uint64(0x7676767676767676)) | text) & _HIGH
    stop &= ~stop + np.uint64(1)
    # Without a stop within eight bytes, all eight are digits.
    bits = np.where(stop == 0, 64, np.bitwise_count(stop - np.uint64(1)) & np.uint8(0x78))
    bits = bits.astype(np.uint64)
    text = np.where(bits == 0, 0, text << (np.uint64(64) - np.maximum(bits, np.uint64(8))))
    text = ((text * np.uint64(2561)) >> np.uint64(8)) & np.uint64(0x00FF00FF00FF00FF)
    text = ((text * np.uint64(6553601)) >> np.uint64(16)) & np.uint64(0x0000FFFF0000FFFF)
    return ((text * np.uint64(42949672960001)) >> np.uint64(32)).astype(np.int64)
