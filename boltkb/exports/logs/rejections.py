"""Rejections alone, for a log that is too long to be read whole.

Only their literals are sought, and only the entries that hold one are looked at.  Stands without
numpy, which takes as long to load as a hundred megabytes take to search.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from boltkb.exports.intake.members import Member
from boltkb.exports.intake.streams import Stream
from boltkb.exports.logs.ahead import OUTSTANDING, ahead
from boltkb.exports.logs.blocks import BLOCK, LineBlocks
from boltkb.exports.logs.clock import Clock
from boltkb.exports.logs.columns import EventColumns
from boltkb.exports.logs.matching import Events
from boltkb.exports.logs.needles import pool_needle, rejection_needles
from boltkb.exports.logs.newlines import Newlines
from boltkb.exports.logs.prefixes import Wrapping, find_wrapping

__all__ = ["read_rejections"]

_DATE = re.compile(
    rb'(?:\{"time":")?(?=([12][0-9]{3}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}'
    rb"\.[0-9]{3}[+-][0-9]{4}))"
)


def read_rejections(member: Member, *, block: int = BLOCK) -> EventColumns:
    r"""Return the rejections of one log file and nothing else of it, several times as fast.

    The same events of these kinds as `read_log` gives; what the log covers, its levels, its
    clock and its broken lines are not looked at, so nothing can be said of a log without any.

    Parameters
    ----------
    member : Member
    block : int, bytes, >= 1
        How much is read at a time; the result does not depend on it.

    Returns
    -------
    EventColumns
        A sequence of `LogEvent` in the file's order, each line for itself.

    Raises
    ------
    ExportError
        When the file cannot be read or is larger than the limits allow.

    Examples
    --------
    >>> import io
    >>> line = b"2024-06-27 15:16:34.519+0000 ERROR [bolt-7] Unable to schedule for execution "
    >>> line += b"since there are no available threads to serve it at the moment.\n"
    >>> [event.connection for event in read_rejections(Member("x", None, lambda: io.BytesIO(line)))]
    ['bolt-7']
    """
    reader = _Reader(member.path)
    wrapping = find_wrapping(member.head().removeprefix(b"\xef\xbb\xbf"))
    with member.open() as stream, closing(ahead(_unwrapped(stream, block, wrapping))) as parts:
        for part in parts:
            reader.scan(part)
    return reader.events.kept


@dataclass(frozen=True, slots=True)
class _Part:
    """A block as the server wrote it.

    Parameters
    ----------
    text : bytes or bytearray
    size : int, bytes
    dropped : int
        Lines before it that were too long.
    """

    text: bytes | bytearray
    size: int
    dropped: int


def _unwrapped(stream: Stream, block: int, wrapping: Wrapping | None) -> Iterator[_Part]:
    dropped: list[None] = []
    for text, size in LineBlocks(stream, block, lambda: dropped.append(None), buffers=OUTSTANDING):
        bare = text if wrapping is None else wrapping.strip(bytes(text[:size]))
        size = size if wrapping is None else len(bare)
        yield _Part(bare, size, len(dropped))
        dropped.clear()


class _Reader:
    def __init__(self, path: str) -> None:
        self._clock = Clock()
        self._lines = 0
        self._newlines = Newlines()
        self._time: float | None = None
        self.events = Events(path, self._clock)

    def scan(self, part: _Part) -> None:
        text, size = part.text, part.size
        self._lines += part.dropped
        # The search leaves the interpreter's lock to the thread that reads ahead, which otherwise
        # would wait for it until this thread has nothing left to do.
        hits = rejection_needles().seek(text, size)
        begins, lines = [], []
        end = 0
        newline_before, newline_after = text.rfind, text.find
        with memoryview(text) as view:
            for _, place, _ in hits:
                if place < end:
                    # A line is looked at once, however often it holds the literal.
                    continue
                begin = newline_before(b"\n", 0, place) + 1
                end = newline_after(b"\n", place, size)
                begins.append(begin)
                lines.append(bytes(view[begin:end]))
        self._newlines.look_at(text, size)
        *before, ended = self._newlines.before((*begins, size))
        numbers = [self._lines + 1 + count for count in before]
        if lines and not self.events.take_rejections(lines, numbers):
            self._scan_slowly(part, begins, lines, numbers)
        elif self.events.lacks_pool_state:
            self._seek_pool(part, 0, size)
        self._lines += ended

    def _scan_slowly(
        self, part: _Part, begins: list[int], lines: list[bytes], numbers: list[int]
    ) -> None:
        events, read = self.events, self._clock.read
        (messages,), (literal,) = rejection_needles().messages, rejection_needles().literals
        looked_at = 0
        for begin, raw, number in zip(begins, lines, numbers, strict=True):
            if events.lacks_pool_state:
                self._seek_pool(part, looked_at, begin)
            place = raw.index(literal)
            looked_at = begin + place + len(literal)
            date = _DATE.match(raw)
            if date is None:
                # Below an entry it is anybody's text.
                continue
            self._time = time = read(raw, date.start(1))
            if events.take_rejection(raw, place, time, number) is None:
                events.take(raw, messages, time, number, place=place, own=True)
        if events.lacks_pool_state:
            self._seek_pool(part, looked_at, part.size)

    def _seek_pool(self, part: _Part, first: int, end: int) -> None:
        """Look for the state of the pool that the last rejection has below it."""
        text, line_end = part.text, 0
        for _, place, _ in pool_needle().seek(text, end, first):
            if place < line_end:
                continue
            line_end = text.find(b"\n", place, part.size)
            raw = bytes(text[text.rfind(b"\n", 0, place) + 1 : line_end])
            date = _DATE.match(raw)
            if date is not None:
                self._time = self._clock.read(raw, date.start(1))
            self.events.take(raw, (), self._time, 0, place=0, own=date is not None)
            if not self.events.lacks_pool_state:
                return
