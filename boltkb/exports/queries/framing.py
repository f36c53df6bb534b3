"""A stream of bytes cut where entries begin, in bounded memory.

Knows how an entry begins, nothing of what is in one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from boltkb.exports.queries.plain import ENTRY_BEGINS

__all__ = ["LONGEST_RECORD", "Block", "begins_at", "blocks", "last_begin", "records"]

#: Bytes of one entry; a longer one is refused.
LONGEST_RECORD = 16 << 20
#: Within so many bytes it shows whether an entry begins.
_SEEN = 40
_STRUCTURED = b'{"time":"'
_MARKS = (b"\n20", b"\n19", b'\n{"')
_BEGINS = re.compile(rb"\n(?:" + ENTRY_BEGINS.pattern + rb'|\{"time":")')


@dataclass(frozen=True, slots=True)
class Block:
    """Whole entries, in two pieces, so that they need not be copied to be put together.

    Parameters
    ----------
    first, second : bytes
    cut : int
        How much of `second` belongs to it.
    refused : int
        Lines before it that belong to an entry longer than is read; 0 for none.
    last : bool
        Whether the file ends with it.
    """

    first: bytes
    second: bytes
    cut: int
    refused: int = 0
    last: bool = False

    def __len__(self) -> int:
        return len(self.first) + self.cut

    @property
    def data(self) -> bytes:
        """Both pieces in one."""
        return self.first + self.second[: self.cut]


def blocks(
    parts: Iterable[bytes], *, structured: bool, longest: int = LONGEST_RECORD
) -> Iterator[Block]:
    r"""Yield blocks of whole entries; only a file's last may end without a line's end.

    Parameters
    ----------
    parts : iterable of bytes
        As they were read.
    structured : bool
        Whether each line is an entry of its own.
    longest : int, bytes

    Examples
    --------
    >>> [block.data for block in blocks([b"{}\n{", b"}\n{}\n"], structured=True)]
    [b'{}\n{}\n{}\n']
    """
    rest: list[bytes] = []
    held = 0
    refused = 0
    skipping = False
    for part in _gathered(parts):
        if not skipping and held + len(part) <= longest:
            cut = last_begin(part, len(part), structured=structured)
            if cut:
                yield Block(b"".join(rest), part, cut, refused)
                rest, held, refused = [part[cut:]], len(part) - cut, 0
            else:
                rest.append(part)
                held += len(part)
            continue
        # An entry may be endless here: it is dropped, up to where the next one begins.
        data = b"".join([*rest, part])
        first: int | None = 0
        if skipping or (first := _first_begin(data, structured=structured)) is None:
            first = _first_begin(data, structured=structured)
            skipping = skipping or len(data) > longest
        elif first <= longest:
            first = 0
        if skipping and first is None:
            kept = data[-_SEEN:] if not structured else b""
            refused += data.count(b"\n", 0, len(data) - len(kept))
            rest, held = [kept], len(kept)
            continue
        if first:
            refused += data.count(b"\n", 0, first)
            data, skipping = data[first:], False
        cut = last_begin(data, len(data), structured=structured) or 0
        if cut:
            yield Block(b"", data, cut, refused)
            refused = 0
        rest, held = [data[cut:]], len(data) - cut
    if skipping:
        yield Block(b"", b"", 0, refused + 1, last=True)
    elif held or refused:
        yield Block(b"".join(rest), b"", 0, refused, last=True)


def records(data: bytes, *, structured: bool) -> Iterator[tuple[int, bytes]]:
    r"""Yield the entries of a block one by one, each with its line, counted from 0.

    Examples
    --------
    >>> list(records(b"{}\n{}\n", structured=True))
    [(0, b'{}\n'), (1, b'{}\n')]
    """
    line = 0
    begin = 0
    while begin < len(data):
        end = data.find(b"\n", begin) + 1
        while end and not structured and end < len(data) and not begins_at(data, end):
            end = data.find(b"\n", end) + 1
        end = end or len(data)
        record = data[begin:end]
        yield line, record
        line += record.count(b"\n")
        begin = end


def begins_at(data: bytes | bytearray, at: int, end: int = sys.maxsize) -> bool:
    """Return whether an entry begins at a line's start, before `end`."""
    found = ENTRY_BEGINS.match(data, at, end)
    return found is not None or data.startswith(_STRUCTURED, at, end)


def last_begin(data: bytes | bytearray, end: int, *, structured: bool) -> int | None:
    r"""Return where the last entry begins that the bytes up to `end` themselves show.

    One on a seam, whose line's end before it is not among them, is left for the next block.

    Examples
    --------
    >>> last_begin(b"{}\n{}\n", 5, structured=True)
    3
    """
    if structured:
        return data.rfind(b"\n", 0, end) + 1 or None
    stop = end
    while True:
        place = -1
        for mark in _MARKS:
            # Most logs have the first alone: the others are only sought behind it.
            place = max(place, data.rfind(mark, max(place, 0), stop))
        if place < 0:
            return None
        if begins_at(data, place + 1, end):
            return place + 1
        stop = place + 2


def _gathered(parts: Iterable[bytes]) -> Iterator[bytes]:
    # Pieces too short to show how an entry begins are put together.
    short = b""
    for part in parts:
        whole = short + part if short else part
        if len(whole) < 2 * _SEEN:
            short = whole
            continue
        short = b""
        yield whole
    if short:
        yield short


def _first_begin(data: bytes, *, structured: bool) -> int | None:
    if structured:
        return data.find(b"\n") + 1 or None
    found = _BEGINS.search(data)
    return found.start() + 1 if found else None
