"""The pauses that debug.log tells of: read all at once, because a log may hold half a million.

The longest are kept and the rest is added up, so that memory stays bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from boltkb.catalogue import load_messages
from boltkb.exports.logs.clock import DATE_LENGTH, Clock
from boltkb.exports.logs.entries import Block
from boltkb.exports.logs.lines import TEXT_LIMIT, find_message, line_parts, named_numbers
from boltkb.exports.logs.longest import Longest
from boltkb.exports.logs.needles import PAUSE, PAUSE_NEEDLE
from boltkb.exports.records import LogEvent, Where

__all__ = ["PausePlaces", "Pauses"]

_HIGH = np.uint64(0x8080808080808080)


#: Distances from an entry's time to its message that are remembered, and how far they may be.
_MOST_DISTANCES = 8
_FARTHEST = 600
_WARN = ord("W")
#: `Detected` may stand in a category as well, ` VM stop` may not.
_FIRST, _SECOND = np.frombuffer(PAUSE_NEEDLE[:16], dtype="<u8")


class PausePlaces:
    r"""Finds where entries may tell of pauses, block after block.

    One class writes them all, at level WARN, so that the message stands as far from each entry's
    time as from the one before: most are told by looking there, and only what is not is searched.

    Examples
    --------
    >>> from boltkb.exports.logs.entries import find_entries
    >>> line = b"2024-06-27 15:16:34.519+0000 WARN  [a.B] " + PAUSE_NEEDLE + b"9, gcTime=0}\n"
    >>> places, entries = PausePlaces().find(find_entries(line, len(line)))
    >>> places.tolist(), entries.tolist()
    ([41], [0])
    """

    def __init__(self) -> None:
        self._distances: list[int] = []

    def find(self, block: Block) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return where the messages of a block's pauses may begin, and the entry of each.

        All that do are among them; `Pauses.take` looks at each.
        """
        left = np.flatnonzero(block.letters == _WARN)
        found: list[tuple[NDArray[np.intp], NDArray[np.intp]]] = []
        for distance in tuple(self._distances):
            there = self._there(block, left, distance)
            if there.any():
                found.append((block.dates[left[there]] + distance, left[there]))
                left = left[~there]
        for entry, date, end in zip(
            left.tolist(), block.dates[left].tolist(), block.ended[left].tolist(), strict=True
        ):
            place = block.text.find(PAUSE_NEEDLE, date, min(end, date + _FARTHEST))
            if place >= 0:
                found.append((np.array([place]), np.array([entry])))
                self._remember(place - date)
        if not found:
            return np.empty(0, np.intp), np.empty(0, np.intp)
        places, entries = (np.concatenate(column) for column in zip(*found, strict=True))
        if len(found) > 1:
            order = entries.argsort()
            places, entries = places[order], entries[order]
        return places, entries

    def _there(self, block: Block, entries: NDArray[np.intp], distance: int) -> NDArray[np.bool_]:
        places = block.dates[entries] + distance
        there: NDArray[np.bool_] = places + 16 <= block.ended[entries]
        for wanted, further in ((_FIRST, 0), (_SECOND, 8)):
            there[there] = _eights(block)[places[there] + further] == wanted
        return there

    def _remember(self, distance: int) -> None:
        if distance not in self._distances:
            self._distances = [distance, *self._distances][:_MOST_DISTANCES]


class Pauses:
    """The pauses of one file.

    Parameters
    ----------
    path : str
        The file's path inside the export.
    clock : Clock
        Reads the times of entries.
    header_fits : callable
        Whether a message begins at a place, as `Events.header_fits` tells.
    """

    def __init__(
        self, path: str, clock: Clock, header_fits: Callable[[bytes | bytearray, int, int], bool]
    ) -> None:
        self._path = path
        self._clock = clock
        self._header_fits = header_fits
        self._longest = Longest(path, PAUSE)

    def take(
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
        seconds = _digits(block, places + len(PAUSE_NEEDLE)) / 1000.0
        longer = seconds > self._longest.shortest
        shorter = ~longer
        if shorter.any():
            ends = (int(shorter.argmax()), len(shorter) - 1 - int(shorter[::-1].argmax()))
            lines = [lines_before + block.line_at(int(places[end])) + 1 for end in ends]
            times = [self._clock.read(block.text, int(dates[end]) - DATE_LENGTH) for end in ends]
            self._longest.add_short(seconds[shorter], times, lines)
        if not longer.any():
            return
        places, dates, seconds = places[longer], dates[longer], seconds[longer]
        indices = block.ends.searchsorted(places)
        begins = np.where(indices > 0, block.ends[indices - 1] + 1, 0)
        until = np.minimum(block.ends[indices], begins + 2 * TEXT_LIMIT)
        text, read, add = block.text, self._clock.read, self._longest.add
        for second, line, date, begin, end in zip(
            seconds.tolist(),
            (indices + lines_before + 1).tolist(),
            (dates - DATE_LENGTH).tolist(),
            begins.tolist(),
            until.tolist(),
            strict=True,
        ):
            add(second, line, read(text, date), bytes(text[begin:end]))

    def events(self) -> Iterator[LogEvent]:
        """Return the longest pauses, and all others as one event."""
        message = load_messages()[PAUSE]
        for seconds, line, time, raw in self._longest.kept():
            level, text = line_parts(bytes(raw))  # type: ignore[arg-type]
            found = find_message(message, text)
            numbers = named_numbers(found.groupdict()) if found else {"pause": seconds}
            where = Where(self._path, line)
            yield LogEvent(
                time, PAUSE, level or message.level, text[:TEXT_LIMIT], None, numbers, where
            )
        others = self._longest.others()
        if others is not None:
            yield others

    def _fitting(
        self, block: Block, begins: NDArray[np.intp], ends: NDArray[np.intp]
    ) -> NDArray[np.bool_]:
        lengths = ends - begins
        length, wanted = int(lengths[0]), len(PAUSE_NEEDLE)
        if 0 < length < _FARTHEST and (lengths == length).all():
            # One class writes them all: what stands in each up to its number is the same.
            width = length + wanted
            rows = np.ndarray((block.size - width + 1,), f"V{width}", block.text, strides=(1,))
            headers = rows[begins].view(np.uint8).reshape(-1, width)
            if (headers == headers[0]).all():
                return np.full(len(begins), self._fits(block, int(begins[0]), int(ends[0])))
        pairs = zip(begins.tolist(), ends.tolist(), strict=True)
        return np.array([self._fits(block, begin, end) for begin, end in pairs])

    def _fits(self, block: Block, begin: int, end: int) -> bool:
        return block.text.startswith(PAUSE_NEEDLE, end) and self._header_fits(
            block.text, begin, end
        )


def _eights(block: Block) -> NDArray[np.uint64]:
    """Return the eight bytes from each place on as one number."""
    return np.ndarray((max(block.size - 7, 0),), "<u8", block.text, strides=(1,))


def _digits(block: Block, places: NDArray[np.intp]) -> NDArray[np.int64]:
    """Return the numbers of up to eight digits that begin at some places, eight bytes at once."""
    text = _eights(block)[places] ^ np.uint64(0x3030303030303030)
    stop = ((text + np.uint64(0x7676767676767676)) | text) & _HIGH
    stop &= ~stop + np.uint64(1)
    # Without a stop within eight bytes, all eight are digits.
    bits = np.where(stop == 0, 64, np.bitwise_count(stop - np.uint64(1)) & np.uint8(0x78))
    bits = bits.astype(np.uint64)
    text = np.where(bits == 0, 0, text << (np.uint64(64) - np.maximum(bits, np.uint64(8))))
    text = ((text * np.uint64(2561)) >> np.uint64(8)) & np.uint64(0x00FF00FF00FF00FF)
    text = ((text * np.uint64(6553601)) >> np.uint64(16)) & np.uint64(0x0000FFFF0000FFFF)
    return ((text * np.uint64(42949672960001)) >> np.uint64(32)).astype(np.int64)
