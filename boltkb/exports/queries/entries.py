"""One entry of a query log, and its row of numbers: what parsing hands to adding up.

Texts stay in the bytes that they were read from; a row has their places and their hashes, so
that adding up never touches a text twice.  Times are milliseconds since the epoch in UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BEGIN",
    "COLUMNS",
    "DIMENSIONS",
    "END",
    "LONGEST_SPAN",
    "ODD",
    "START",
    "Bytes",
    "Entry",
    "NoEntryError",
    "Rows",
    "hash_bytes",
    "lay_out",
    "milliseconds",
]

Bytes = NDArray[np.uint8]
#: (n, COLUMNS)
Rows = NDArray[np.int64]

#: What entries are added up by, in the order of their columns.
DIMENSIONS = ("query", "client", "agent", "user", "database")

# Kinds of a row.
END = 0  # a query ended
START = 1  # a query started
BEGIN = 2  # a transaction began
FINISH = 3  # a transaction was committed or rolled back
ODD = -1  # what the compiled parser leaves to the exact one

# Columns of a row.  Compiled code takes these as constants.
KIND, FAILED, BOLT, TIME, ELAPSED, PLANNING, CPU, WAITING = range(8)
HASHES = 8  # five: query, client, agent, user, database
PLACES = 13  # five
LENGTHS = 18  # five
PAIR, HOLD, HOLD_AT, HOLD_LENGTH, PEER_AT, PEER_LENGTH = range(23, 29)
LINE, ESCAPED, ASIDE, FIRST_BYTE, LAST_BYTE, PEER = range(29, 35)
BUCKET = 35  # of a histogram; filled in by whoever adds up
COLUMNS = 36

#: Bytes behind the last one of a buffer that compiled code scans.
PADDING = 64
#: Rows of what the compiled parser of JSON notes for itself.
NOTES = 64

#: A query that is said to have taken longer than ten years is no query.
LONGEST_SPAN = 315_360_000_000

_MASK = (1 << 64) - 1
_FIRST = 0x9E3779B185EBCA87
_SECOND = 0xC2B2AE3D27D4EB4F
_THIRD = 0xFF51AFD7ED558CCD
_FOURTH = 0xC4CEB9FE1A85EC53


class NoEntryError(ValueError):
    """A line or a record that is no entry of a query log; its text says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as the exact parsers read it; spans in milliseconds, texts as bytes.

    Parameters
    ----------
    kind : int
        `END`, `START`, `BEGIN` or `FINISH`.
    failed, bolt : bool
    time : int
        When it was written.
    identity : bytes or None
        The query's `id`, which a start has in common with its end.
    transaction : bytes or None
        The transaction's id.
    peer : bytes
        The client's address with its port.
    """

    kind: int
    failed: bool
    bolt: bool
    time: int
    elapsed: int
    planning: int
    cpu: int
    waiting: int
    query: bytes
    client: bytes
    agent: bytes
    user: bytes
    database: bytes
    identity: bytes | None
    transaction: bytes | None
    peer: bytes

    @property
    def texts(self) -> tuple[bytes, bytes, bytes, bytes, bytes]:
        """What the entry is added up by, in the order of `DIMENSIONS`."""
        return self.query, self.client, self.agent, self.user, self.database


@lru_cache(maxsize=4096)
def hash_bytes(text: bytes) -> int:
    """Return a hash of 64 bits, the very one that compiled code makes.

    Examples
    --------
    >>> hash_bytes(b"neo4j") == hash_bytes(b"neo4j"), hash_bytes(b"a") == hash_bytes(b"b")
    (True, False)
    """
    length = len(text)
    value = (length * _FIRST + _SECOND) & _MASK
    for begin in range(0, length, 8):
        value ^= int.from_bytes(text[begin : begin + 8], "little")
        value = (value * _FIRST) & _MASK
        value = ((value << 29) | (value >> 35)) & _MASK
    return finished(value)


def finished(value: int) -> int:
    """Return the value with every bit spread over all others."""
    value ^= value >> 33
    value = (value * _THIRD) & _MASK
    value ^= value >> 33
    value = (value * _FOURTH) & _MASK
    return value ^ (value >> 33)


def both(first: int, second: int) -> int:
    """Return one hash of two; never 0, which stands for none."""
    value = finished((first + second * _SECOND) & _MASK)
    return value or 1


def milliseconds(text: bytes) -> int:
    """Return the milliseconds since the epoch of `2024-06-27 15:16:34.519+0000`.

    Raises
    ------
    NoEntryError
        When there is no such time.

    Examples
    --------
    >>> milliseconds(b"2024-06-27 17:16:34.519+0200")
    1719501394519
    """
    try:
        day = date(int(text[0:4]), int(text[5:7]), int(text[8:10])).toordinal() - 719163
        hour, minute, second = int(text[11:13]), int(text[14:16]), int(text[17:19])
        thousandth = int(text[20:23])
        ahead_hours, ahead_minutes = int(text[24:26]), int(text[26:28])
    except ValueError as problem:
        raise NoEntryError("a time that is none") from problem
    if text[:2] not in (b"19", b"20") or hour > 23 or minute > 59 or second > 59:
        raise NoEntryError("a time that is none")
    if ahead_hours > 18 or ahead_minutes > 59:
        raise NoEntryError("a time that is none")
    ahead = 60 * ahead_hours + ahead_minutes
    minutes = 1440 * day + 60 * hour + minute - (-ahead if text[23:24] == b"-" else ahead)
    return (60 * minutes + second) * 1000 + thousandth


def lay_out(entries: Sequence[tuple[int, Entry]], rows: Rows | None = None) -> tuple[Rows, Bytes]:
    """Return the rows of entries, and the bytes that their texts lie in.

    Parameters
    ----------
    entries : sequence of (int, Entry)
        Each with its line.
    rows : (n, COLUMNS) array, optional
        Where to write them, a row an entry.
    """
    if rows is None:
        rows = np.zeros((len(entries), COLUMNS), dtype=np.int64)
    parts: list[bytes] = []
    size = 0

    def put(text: bytes) -> int:
        nonlocal size
        parts.append(text)
        size += len(text)
        return size - len(text)

    for index, (line, entry) in enumerate(entries):
        hashes = [hash_bytes(text) for text in entry.texts]
        peer = hash_bytes(entry.peer)
        if entry.identity is not None:
            pair = both(hash_bytes(entry.identity), peer)
        else:
            pair = both(both(hashes[0], peer), both(hashes[3], hashes[4]))
        if entry.transaction is not None:
            hold = both(hash_bytes(entry.transaction), hashes[4])
        else:
            hold = both(peer, 1) if entry.bolt and entry.peer else 0
        held = entry.transaction or b""
        rows[index] = [
            *(entry.kind, entry.failed, entry.bolt, entry.time),
            *(entry.elapsed, entry.planning, entry.cpu, entry.waiting),
            *map(_signed, hashes),
            *map(put, entry.texts),
            *map(len, entry.texts),
            *(_signed(pair), _signed(hold), put(held), len(held)),
            *(put(entry.peer), len(entry.peer), line, 0, 1, 0, 0, _signed(peer), 0),
        ]
    return rows, np.frombuffer(bytearray(b"".join(parts) or b"\0"), dtype=np.uint8)


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value
