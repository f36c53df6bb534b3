"""Which lines begin an entry, and when: read eight bytes at a time, without parsing every time.

Knows the two layouts of an entry's beginning, text `2024-06-27 15:16:34.519+0000 INFO  ...` and
JSON `{"time":"2024-06-27 15:16:34.519+0000","level":"INFO",...`.  `prefixes` brings any other
spelling of a time into this one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from boltkb.exports.logs.clock import DATE_LENGTH, Clock

__all__ = ["Block", "LineEnds", "Timeline", "find_entries"]

Words = NDArray[np.uint64]

_JSON = b'{"time":"'
_WIDTH = 32
_LEVELS = {b"T": "TRACE", b"D": "DEBUG", b"I": "INFO", b"W": "WARN", b"E": "ERROR"}


#: A date, eight bytes at a time: what its bytes are but for their digits, its sign and what
#: follows it; what is added so that a byte above a digit spills over; which bits must be 0 then.
_LAYOUT = b"0000-00-00 00:00:00.000+0000????"
_EXACT, _MORE, _MASK = (
    np.frombuffer(bytes(part), dtype="<u8")[:, np.newaxis]
    for part in (
        _LAYOUT.replace(b"?", b"\0"),
        (0x06 if c == 0x30 else 0x00 for c in _LAYOUT),
        # `+` and `-` differ in two bits only.
        ({0x30: 0xF0, 0x2B: 0xF9, 0x3F: 0x00}.get(c, 0xFF) for c in _LAYOUT),
    )
)


#: What is the same for all entries of most blocks: the day and the zone.
_SAME = np.frombuffer(b"\xff" * 10 + b"\x00" * 13 + b"\xff" * 5 + b"\x00" * 4, dtype="<u8")[
    :, np.newaxis
]


@dataclass(slots=True)
class Block:
    """The lines and the entries of a block; places count from its beginning.

    Parameters
    ----------
    text : bytes or bytearray
    size : int, bytes
        What of `text` belongs to the block.
    bytes : (size,) array
    ends : (m,) array
        Where each line's end is.
    starts : (n,) array
        Where each entry's line begins.
    dates : (n,) array
        Where each entry's time begins.
    ended : (n,) array
        Where the line that each entry begins with ends.
    words : (4, n) array
        The 32 bytes from each time on, eight at a time.
    letters : (n,) array
        The first letter of each entry's level.
    """

    text: bytes | bytearray
    size: int
    bytes: NDArray[np.uint8]
    ends: NDArray[np.intp]
    starts: NDArray[np.intp]
    dates: NDArray[np.intp]
    ended: NDArray[np.intp]
    words: Words
    letters: NDArray[np.uint8]

    @property
    def debug(self) -> bool:
        """Whether any entry is at debug level."""
        return b"D" in self.letters.tobytes()

    def line(self, index: int) -> tuple[int, int]:
        """Return where a line begins and ends."""
        begin = int(self.ends[index - 1]) + 1 if index else 0
        return begin, int(self.ends[index])

    def line_at(self, place: int) -> int:
        """Return the index of the line that a place lies in."""
        return int(self.ends.searchsorted(place))


def find_entries(text: bytes | bytearray, size: int, memory: LineEnds | None = None) -> Block:
    r"""Return the lines of a block and the entries among them.

    Parameters
    ----------
    text : bytes or bytearray
    size : int, bytes
        How much of it to look at: whole lines.
    memory : LineEnds, optional
        The same for one block after the other.

    Returns
    -------
    Block

    Examples
    --------
    >>> found = find_entries(b"2024-06-27 15:16:34.519+0000 WARN  x\n\tat y\n", 43)
    >>> found.starts.tolist(), found.ends.tolist()
    ([0], [36, 42])
    """
    array = np.frombuffer(text, dtype=np.uint8, count=size)
    ends = (LineEnds() if memory is None else memory).find(array)
    begins = np.empty_like(ends)
    begins[:1] = 0
    np.add(ends[:-1], 1, out=begins[1:])
    first = array[begins]
    # A year begins with 1 or 2: most lines below an entry are out with one look.
    plain = (first - np.uint8(49)) < 2
    braces = first == 123
    json = bool(braces.any())
    if json:
        braces &= begins + len(_JSON) + DATE_LENGTH <= ends
        for offset, letter in enumerate(_JSON):
            braces[braces] = array[begins[braces] + offset] == letter
    places = np.flatnonzero(plain | braces) if json else np.flatnonzero(plain)
    starts, ended = begins[places], ends[places]
    dates = starts + np.where(braces[places], len(_JSON), 0) if json else starts
    inside = dates + DATE_LENGTH <= ended
    if not inside.all():
        starts, dates, ended = starts[inside], dates[inside], ended[inside]
    source = text
    if len(dates) and int(dates[-1]) + _WIDTH > len(text):
        source = bytes(text[:size]) + bytes(_WIDTH)
    rows = np.ndarray(
        (max(len(source) - _WIDTH + 1, 0),), dtype=f"V{_WIDTH}", buffer=source, strides=(1,)
    )
    # By column, since numpy is slow along rows of four.
    words: Words = rows[dates].view("<u8").reshape(len(dates), _WIDTH // 8).T.copy()
    digits = words ^ _EXACT
    wrong = digits + _MORE
    wrong |= digits
    wrong &= _MASK
    if wrong.any():
        fits = ~wrong.any(axis=0)
        starts, dates, ended, words = starts[fits], dates[fits], ended[fits], words[:, fits]
    if json:
        away = np.where(array[starts] == 123, 11, 1) + DATE_LENGTH
        letters = array[np.minimum(dates + away, size - 1)]
    else:
        letters = (words[3] >> np.uint64(40)).astype(np.uint8)
    return Block(text, size, array, ends, starts, dates, ended, words, letters)


class LineEnds:
    """Where lines end, block after block, in memory that is used again and again.

    What is as large as a block would otherwise be asked of the system and given back each time,
    which takes as long as looking through it.
    """

    def __init__(self) -> None:
        self._marks = np.empty(0, dtype=np.bool_)
        self._marked = np.empty(0, dtype=np.bool_)

    def find(self, array: NDArray[np.uint8]) -> NDArray[np.intp]:
        """Return where the lines of a block end."""
        size, whole = len(array), len(array) & ~7
        if size > len(self._marks):
            self._marks = np.empty(size, dtype=np.bool_)
            self._marked = np.empty(size // 8 + 1, dtype=np.bool_)
        found = np.equal(array, 10, out=self._marks[:size])
        # Eight bytes at a time: few of them have an end among them, and hardly any has two.
        eights = found[:whole].view("<u8")
        places = np.flatnonzero(np.not_equal(eights, 0, out=self._marked[: whole // 8]))
        bits = eights[places]
        below = bits - np.uint64(1)
        if (bits & below).any():
            return np.flatnonzero(found)
        ends = (places << 3) + (np.bitwise_count(below) >> np.uint8(3))
        return np.concatenate((ends, whole + np.flatnonzero(found[whole:])))


@dataclass(slots=True)
class Timeline:
    """What the times of a log add up to: what it covers, and where its clock went back.

    Parameters
    ----------
    clock : Clock
    first, latest : float or None, epoch seconds
        The earliest and the latest entry.
    last : float or None, epoch seconds
        The entry that was read last.
    entries : int
    steps_back : int
        How often an entry is more than two seconds before the one above it.
    back_at : int
        The line of the first such entry.
    offset : float or None, seconds
        By which the first entry's time is ahead of UTC.
    """

    clock: Clock = field(default_factory=Clock)
    first: float | None = None
    latest: float | None = None
    last: float | None = None
    entries: int = 0
    steps_back: int = 0
    back_at: int = 0
    offset: float | None = None
    _levels: set[str] = field(default_factory=set)

    @property
    def levels(self) -> frozenset[str]:
        """The levels met."""
        return frozenset(self._levels)

    def add(self, block: Block, line_of: Callable[[int], int]) -> None:
        """Take in a block's entries.

        Parameters
        ----------
        block : Block
        line_of : callable
            The number of the line at a place.
        """
        count = len(block.dates)
        if not count:
            return
        if self.offset is None:
            self.offset = Clock.ahead(block.text, int(block.dates[0]))
        letters = block.letters.tobytes()
        self._levels.update(level for letter, level in _LEVELS.items() if letter in letters)
        self.entries += count
        read = self.clock.read
        text, dates = block.text, block.dates
        seconds = _seconds(block.words)
        begin = read(text, int(dates[0]))
        if self.last is not None and begin - self.last < -2.0:
            self._step(line_of(int(dates[0])))
        if seconds is None:
            # Somewhere in here the clock goes back, or the month or the zone changes.
            times = np.array([read(text, at) for at in dates.tolist()])
            # Threads race for the log: a few milliseconds backwards are no clock's fault.
            for place in np.flatnonzero(np.diff(times) < -2.0).tolist():
                self._step(line_of(int(dates[place + 1])))
            lowest, highest, self.last = float(times.min()), float(times.max()), float(times[-1])
        else:
            # Within a second, entries may be out of order.
            head = int(seconds.searchsorted(seconds[0], side="right"))
            tail = int(seconds.searchsorted(seconds[-1]))
            lowest = begin
            if self.first is None or begin - 1.0 < self.first:
                lowest = min(read(text, at) for at in dates[:head].tolist())
            ranks = (block.words[2, tail:].byteswap() >> np.uint64(8)) & np.uint64(0xFFFFFF)
            highest = read(text, int(dates[tail + int(ranks.argmax())]))
            self.last = read(text, int(dates[-1]))
        self.first = lowest if self.first is None else min(self.first, lowest)
        self.latest = highest if self.latest is None else max(self.latest, highest)

    def _step(self, line: int) -> None:
        self.steps_back += 1
        self.back_at = self.back_at or line


def _seconds(words: Words) -> Words | None:
    """Return a number that grows with the second, or None where it does not do so throughout."""
    if ((words ^ words[:, :1]) & _SAME).any():
        return None
    minute, second = words[1].byteswap(), words[2].byteswap()
    key: Words = (minute << np.uint64(16)) | ((second >> np.uint64(40)) & np.uint64(0xFFFF))
    if (key[1:] < key[:-1]).any():
        return None
    return key
