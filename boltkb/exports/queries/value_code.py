"""Values of a line of JSON made a row, compiled; only imported where machine code is wanted.

Whatever is unusual, such as a half of a surrogate pair, is left to the exact parser.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from boltkb.exports.queries.compiling import inlined
from boltkb.exports.queries.entries import (
    BOLT,
    ELAPSED,
    END,
    ESCAPED,
    FAILED,
    HOLD_AT,
    HOLD_LENGTH,
    KIND,
    LENGTHS,
    LONGEST_SPAN,
    PEER_AT,
    PEER_LENGTH,
    PLACES,
    START,
    TIME,
    Bytes,
    Rows,
)
from boltkb.exports.queries.row_code import host_length, write_hashes
from boltkb.exports.queries.scanning import (
    find_one,
    hash_of,
    time_at,
    word,
)
from boltkb.exports.queries.string_code import (
    K_AUTHENTICATED,
    K_DATABASE,
    K_ELAPSED,
    K_EXECUTING,
    K_HELD,
    K_ID,
    K_LEVEL,
    K_QUERY,
    K_SOURCE,
    K_TIME,
    K_TYPE,
    K_USERNAME,
    K_WAITING,
    short,
    start_of,
    unescaped,
)

__all__ = ["ABSENT", "FIRST", "KINDS", "NUMBER", "STOP", "STRING", "VALUE", "write_values"]

_jit: Callable[[Callable[..., Any]], Callable[..., Any]] = inlined

_V_START, _V_SUCCESS, _V_FAIL = map(short, (b"start", b"success", b"fail"))
_V_ERROR, _V_QUERY = map(short, (b"ERROR", b"query"))
_S_BOLT_SES, _S_SESSION = short(b"bolt-ses"), short(b"session\\")
_S_SERVER_S = short(b"server-s")
_S_CLIENT = short(b"client/")
_SEVEN = np.uint64((1 << 56) - 1)

#: Keys of interest with their own values, K_NONE among them.
KEYS = K_HELD + 1
# What is known of a value: where it stands, the number or whether it is escaped, its kind.
FIRST, STOP, VALUE, KINDS = range(4)
ABSENT, STRING, NUMBER = range(3)


@_jit
def _source(buffer: Bytes, at: int, end: int, row: Rows) -> bool:
    """Read client and agent out of a source, whose parts lie between escaped tabs."""
    row[BOLT] = 0
    row[PEER_AT] = row[PLACES + 1] = row[PLACES + 2] = at
    row[PEER_LENGTH] = row[LENGTHS + 1] = row[LENGTHS + 2] = 0
    bolt = end - at > 12 and word(buffer, at) == _S_BOLT_SES and word(buffer, at + 5) == _S_SESSION
    server = (
        end - at > 14 and word(buffer, at) == _S_SERVER_S and word(buffer, at + 7) == _S_SESSION
    )
    if not bolt and not server:
        # An embedded source is of no interest; anything else is looked at exactly.
        return end == at or buffer[at] == 101
    row[BOLT] = 1 if bolt else 0
    before = before_end = earlier = earlier_end = at
    place = 0
    found = False
    while True:
        mark = find_one(buffer, at, end, 92)
        if mark < end and buffer[mark + 1] != 116:
            return False
        if server and place == 2:
            if mark >= end:
                return False
            row[PEER_AT] = row[PLACES + 1] = at
            row[PEER_LENGTH] = row[LENGTHS + 1] = mark - at
            found = True
        if bolt and not found and mark - at >= 7 and (word(buffer, at) & _SEVEN) == _S_CLIENT:
            if place < 3 or mark >= end:
                return False
            found = True
            row[PEER_AT] = row[PLACES + 1] = at + 7
            row[PEER_LENGTH] = mark - at - 7
            row[LENGTHS + 1] = host_length(buffer, at + 7, mark - at - 7)
            row[PLACES + 2], row[LENGTHS + 2] = earlier, earlier_end - earlier
        if mark >= end:
            return found
        earlier, earlier_end = before, before_end
        before, before_end = at, mark
        at = mark + 2
        place += 1


@_jit
def _usual(values: Rows) -> bool:
    """Return whether all values have the kinds that are read here; absent ones are empty."""
    for key in range(1, KEYS):
        kind = values[key, KINDS]
        counted = K_ELAPSED <= key <= K_WAITING
        if kind == STRING:
            if counted or (values[key, VALUE] != 0 and key != K_QUERY and key != K_SOURCE):
                return False
        elif kind == NUMBER and not counted:
            # An id may be one; `-0` is looked at exactly.
            if key != K_ID and key != K_HELD:
                return False
            if values[key, VALUE] == 0 and values[key, STOP] > values[key, FIRST] + 1:
                return False
    return True


@_jit
def write_values(buffer: Bytes, values: Rows, row: Rows, scratch: Bytes) -> bool:
    """Make a row of the values of a line; return whether nothing is unusual about them."""
    if not _usual(values) or values[K_ELAPSED, KINDS] != NUMBER:
        return False
    if values[K_TIME, STOP] - values[K_TIME, FIRST] != 28:
        return False
    row[TIME] = time_at(buffer, values[K_TIME, FIRST])
    if row[TIME] == -(1 << 62):
        return False
    row[KIND], row[FAILED], error, query_type = END, 0, False, True
    for key in range(K_LEVEL, K_TYPE + 1):
        length = values[key, STOP] - values[key, FIRST]
        said = start_of(buffer, values[key, FIRST], length)
        if key == K_LEVEL:
            error = length == 5 and said == _V_ERROR
        elif key == K_TYPE:
            query_type = values[key, KINDS] == ABSENT or (length == 5 and said == _V_QUERY)
        elif length == 5 and said == _V_START:
            row[KIND] = START
        elif length == 4 and said == _V_FAIL:
            row[FAILED] = 1
        elif length != 7 or said != _V_SUCCESS:
            return False
    if not query_type:
        return False
    if error and row[KIND] == END:
        row[FAILED] = 1
    for column in range(4):
        # They come in the order of their keys.
        row[ELAPSED + column] = max(values[K_ELAPSED + column, VALUE], 0)
        if row[ELAPSED + column] > LONGEST_SPAN:
            return False
    if not _source(buffer, values[K_SOURCE, FIRST], values[K_SOURCE, STOP], row):
        return False
    user = K_AUTHENTICATED
    if values[K_USERNAME, KINDS] != ABSENT:
        user = K_USERNAME
    if values[K_EXECUTING, KINDS] != ABSENT:
        user = K_EXECUTING
    row[PLACES + 3] = values[user, FIRST]
    row[LENGTHS + 3] = values[user, STOP] - values[user, FIRST]
    row[PLACES + 4] = values[K_DATABASE, FIRST]
    row[LENGTHS + 4] = values[K_DATABASE, STOP] - values[K_DATABASE, FIRST]
    row[HOLD_AT] = values[K_HELD, FIRST]
    row[HOLD_LENGTH] = values[K_HELD, STOP] - values[K_HELD, FIRST]
    first, length = values[K_QUERY, FIRST], values[K_QUERY, STOP] - values[K_QUERY, FIRST]
    row[PLACES], row[LENGTHS], row[ESCAPED] = first, length, values[K_QUERY, VALUE]
    text = buffer
    if row[ESCAPED] == 1:
        length = unescaped(buffer, first, first + length, scratch)
        if length < 0:
            return False
        text, first = scratch, 0
    identity = values[K_ID, FIRST]
    query = hash_of(text, first, length)
    write_hashes(buffer, row, query, identity, values[K_ID, STOP] - identity)
    return True
