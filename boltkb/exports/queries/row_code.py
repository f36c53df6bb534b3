"""What both compiled parsers do with a row; only imported where machine code is wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from boltkb.exports.queries.compiling import inlined
from boltkb.exports.queries.entries import (
    ASIDE,
    BOLT,
    HASHES,
    HOLD,
    HOLD_AT,
    HOLD_LENGTH,
    LENGTHS,
    PAIR,
    PEER,
    PEER_AT,
    PEER_LENGTH,
    PLACES,
    Bytes,
    Rows,
)
from boltkb.exports.queries.scanning import both_of, hash_of, word

__all__ = ["begins", "dash", "eight", "host_length", "write_hashes"]

_jit: Callable[[Callable[..., Any]], Callable[..., Any]] = inlined


def eight(text: bytes) -> np.uint64:
    """Return eight bytes as `word` reads them."""
    return np.uint64(int.from_bytes(text, "little"))


@_jit
def host_length(buffer: Bytes, at: int, length: int) -> int:
    """Return the length of an address without its port."""
    end = at + length
    place = end - 1
    while place >= at and end - place <= 6:
        byte = buffer[place]
        if byte == 58:
            return place - at if place < end - 1 else length
        if byte < 48 or byte > 57:
            return length
        place -= 1
    return length


@_jit
def write_hashes(
    buffer: Bytes, row: Rows, query: int, identity_at: int, identity_length: int
) -> None:
    """Fill a row's hashes from its places; `query` is the hash of the query's text."""
    row[ASIDE] = 0
    row[HASHES] = np.int64(query)
    for d in range(1, 5):
        row[HASHES + d] = np.int64(hash_of(buffer, row[PLACES + d], row[LENGTHS + d]))
    peer = hash_of(buffer, row[PEER_AT], row[PEER_LENGTH])
    row[PEER] = np.int64(peer)
    if identity_length > 0:
        row[PAIR] = np.int64(both_of(hash_of(buffer, identity_at, identity_length), peer))
    else:
        owner = both_of(np.uint64(row[HASHES + 3]), np.uint64(row[HASHES + 4]))
        row[PAIR] = np.int64(both_of(both_of(query, peer), owner))
    if row[HOLD_LENGTH] > 0:
        held = hash_of(buffer, row[HOLD_AT], row[HOLD_LENGTH])
        row[HOLD] = np.int64(both_of(held, np.uint64(row[HASHES + 4])))
    elif row[BOLT] == 1 and row[PEER_LENGTH] > 0:
        row[HOLD] = np.int64(both_of(peer, np.uint64(1)))
    else:
        row[HOLD] = 0


_TIME_KEY = eight(b'{"time":')


@_jit
def _digits(buffer: Bytes, at: int, count: int) -> bool:
    for i in range(at, at + count):
        if buffer[i] < 48 or buffer[i] > 57:
            return False
    return True


@_jit
def begins(buffer: Bytes, at: int) -> bool:
    """Return whether an entry begins here; the pattern of `plain`, and of a line of JSON."""
    first = buffer[at]
    if first == 123:
        return word(buffer, at) == _TIME_KEY and buffer[at + 8] == 34
    if not ((first == 50 and buffer[at + 1] == 48) or (first == 49 and buffer[at + 1] == 57)):
        return False
    if not (
        buffer[at + 4] == 45
        and buffer[at + 7] == 45
        and buffer[at + 10] == 32
        and buffer[at + 13] == 58
        and buffer[at + 16] == 58
        and buffer[at + 19] == 46
        and (buffer[at + 23] == 43 or buffer[at + 23] == 45)
        and buffer[at + 28] == 32
    ):
        return False
    if not (
        _digits(buffer, at + 2, 2)
        and _digits(buffer, at + 5, 2)
        and _digits(buffer, at + 8, 2)
        and _digits(buffer, at + 11, 2)
        and _digits(buffer, at + 14, 2)
        and _digits(buffer, at + 17, 2)
        and _digits(buffer, at + 20, 3)
        and _digits(buffer, at + 24, 4)
    ):
        return False
    for i in range(at + 29, at + 33):
        if buffer[i] < 65 or buffer[i] > 90:
            return False
    return buffer[at + 33] == 32 or 65 <= buffer[at + 33] <= 90


@_jit
def dash(buffer: Bytes, at: int, limit: int) -> int:
    """Return where ` - ` stands, -1 for nowhere."""
    while at + 3 <= limit:
        if buffer[at] == 32 and buffer[at + 1] == 45 and buffer[at + 2] == 32:
            return at
        at += 1
    return -1
