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

__all__ = ["DATE_LENGTH", "Block", "Clock", "Timeline", "find_entries"]

Words = NDArray[np.uint64]

#: A date as it stands at the beginning of an entry: `2024-06-27 15:16:34.519+0000`.
DATE_LENGTH = 28
_JSON = b'{"time":"'
_WIDTH = 32
_DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
_LEVELS = {"T": "TRACE", "D": "DEBUG", "I": "INFO", "W": "WARN", "E": "ERROR"}


#: What the bytes from a date on are, eight at a time: which bits are looked at, what they must
#: be, and what is added for a second look that tells `:` and above from a digit.
_MASK, _WANTED, _MORE = (
    np.frombuffer(part, dtype="<u8")
    for part in (
        bytes(
            0xF0 if c == 0x30 else 0xF9 if c == 0x2B else 0x00 if c == 0x3F else 0xFF
            for c in b"0000-00-00 00:00:00.000+0000????"
        ),
        # `+` and `-` differ in two bits only.
        bytes(
            0x29 if c == 0x2B else 0x00 if c == 0x3F else c
            for c in b"0000-00-00 00:00:00.000+0000????"
        ),
        bytes(0x06 if c == 0x30 else 0x00 for c in b"0000-00-00 00:00:00.000+0000????"),
    )
)


#: What is the same for all entries of most blocks: the day and the zone.
_SAME = np.frombuffer(b"\xff" * 10 + b"\x00" * 13 + b"\xff" * 5 + b"\x00" * 4, dtype="<u8")


class Clock:
    """Reads the times of entries; the minute is worked out once for all entries in it.

    Examples
    --------
    >>> Clock().read(b"2024-06-27 15:16:34.519+0130 INFO", 0)
    1719495994.519
    """

    def __init__(self) -> None:
        self._minutes: dict[bytes, int] = {}

    def read(self, text: bytes | bytearray, at: int) -> float:
        """Return the time whose first byte is at `at`, in epoch seconds."""
        minute = bytes(text[at : at + 16])
        zone = bytes(text[at + 23 : at + 28])
        known = self._minutes.get(minute + zone)
        if known is None:
            if len(self._minutes) > 4096:
                self._minutes.clear()
            known = self._minutes[minute + zone] = _minute(minute) - 1000 * _ahead(zone)
        return (known + 1000 * int(text[at + 17 : at + 19]) + int(text[at + 20 : at + 23])) / 1000.0

    @staticmethod
    def ahead(text: bytes | bytearray, at: int) -> float:
        """Return by how many seconds the time at `at` is ahead of UTC.

        Examples
        --------
        >>> Clock.ahead(b"2024-06-27 15:16:34.519+0130 INFO", 0)
        5400.0
        """
        return float(_ahead(bytes(text[at + 23 : at + 28])))


def _minute(text: bytes) -> int:
    year, month, day = int(text[:4]), min(max(int(text[5:7]), 1), 12), int(text[8:10])
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    days = 365 * (year - 1970) + (year - 1969) // 4 - (year - 1901) // 100 + (year - 1601) // 400
    days += _DAYS_BEFORE_MONTH[month - 1] + (leap and month > 2) + day - 1
    return 1000 * (days * 86400 + int(text[11:13]) * 3600 + int(text[14:16]) * 60)


def _ahead(zone: bytes) -> int:
    seconds = 3600 * int(zone[1:3]) + 60 * int(zone[3:5])
    return -seconds if zone[:1] == b"-" else seconds


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
    words : (n, 4) array
        The 32 bytes from each time on, eight at a time.
    json : bool
        Whether any entry is laid out as JSON.
    """

    text: bytes | bytearray
    size: int
    bytes: NDArray[np.uint8]
    ends: NDArray[np.intp]
    starts: NDArray[np.intp]
    dates: NDArray[np.intp]
    words: Words
    json: bool

    def line(self, index: int) -> tuple[int, int]:
        """Return where a line begins and ends."""
        begin = int(self.ends[index - 1]) + 1 if index else 0
        return begin, int(self.ends[index])

    def line_at(self, place: int) -> int:
        """Return the index of the line that a place lies in."""
        return int(self.ends.searchsorted(place))


def find_entries(text: bytes | bytearray, size: int) -> Block:
    r"""Return the lines of a block and the entries among them.

    Parameters
    ----------
    text : bytes or bytearray
    size : int, bytes
        How much of it to look at: whole lines.

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
    ends = np.flatnonzero(array == 10)
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
        starts, dates = starts[inside], dates[inside]
    source = text
    if len(dates) and int(dates[-1]) + _WIDTH > len(text):
        source = bytes(text[:size]) + bytes(_WIDTH)
    rows = np.ndarray(
        (max(len(source) - _WIDTH + 1, 0),), dtype=f"V{_WIDTH}", buffer=source, strides=(1,)
    )
    words: Words = rows[dates].view("<u8").reshape(len(dates), _WIDTH // 8)
    wrong = (words & _MASK) ^ _WANTED
    wrong |= ((words + _MORE) & _MASK) ^ _WANTED
    if wrong.any():
        fits = ~wrong.any(axis=1)
        starts, dates, words = starts[fits], dates[fits], words[fits]
    return Block(text, size, array, ends, starts, dates, words, json=json)


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
    _letters: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(256, dtype=bool))

    @property
    def levels(self) -> frozenset[str]:
        """The levels met."""
        letters = {chr(letter) for letter in np.flatnonzero(self._letters)}
        return frozenset(_LEVELS[letter] for letter in letters & set(_LEVELS))

    def add(self, block: Block, line_of: Callable[[int], int]) -> bool:
        """Take in a block's entries, and return whether any is at debug level.

        Parameters
        ----------
        block : Block
        line_of : callable
            The number of the line at a place.
        """
        count = len(block.dates)
        if not count:
            return False
        if self.offset is None:
            self.offset = Clock.ahead(block.text, int(block.dates[0]))
        if block.json:
            away = np.where(block.bytes[block.starts] == 123, 11, 1) + DATE_LENGTH
            letters = block.bytes[np.minimum(block.dates + away, block.size - 1)]
        else:
            letters = (block.words[:, 3] >> np.uint64(40)).astype(np.uint8)
        self._letters[letters] = True
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
            ranks = (block.words[tail:, 2].byteswap() >> np.uint64(8)) & np.uint64(0xFFFFFF)
            highest = read(text, int(dates[tail + int(ranks.argmax())]))
            self.last = read(text, int(dates[-1]))
        self.first = lowest if self.first is None else min(self.first, lowest)
        self.latest = highest if self.latest is None else max(self.latest, highest)
        return bool((letters == 68).any())

    def _step(self, line: int) -> None:
        self.steps_back += 1
        self.back_at = self.back_at or line


def _seconds(words: Words) -> Words | None:
    """Return a number that grows with the second, or None where it does not do so throughout."""
    first = words[0]
    changes = (words ^ first) & _SAME
    if changes.any():
        return None
    minute, second = words[:, 1].byteswap(), words[:, 2].byteswap()
    key = (minute << np.uint64(16)) | ((second >> np.uint64(40)) & np.uint64(0xFFFF))
    if (key[1:] < key[:-1]).any():
        return None
    return key
