"""Compiled parser of entries in JSON: the same answers as `structured`, or none (`ODD`).

Only imported where machine code is wanted.  A line is walked as JSON, whatever the order of its
keys; whatever is unusual, such as a half of a surrogate pair or a float, is left to the exact
parser.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from boltkb.exports.queries.compiling import inlined
from boltkb.exports.queries.entries import (
    BOLT,
    CPU,
    ELAPSED,
    END,
    ESCAPED,
    FAILED,
    FIRST_BYTE,
    HOLD_AT,
    HOLD_LENGTH,
    KIND,
    LAST_BYTE,
    LENGTHS,
    LINE,
    LONGEST_SPAN,
    ODD,
    PEER_AT,
    PEER_LENGTH,
    PLACES,
    PLANNING,
    START,
    TIME,
    WAITING,
    Bytes,
    Rows,
)
from boltkb.exports.queries.row_code import host_length, write_hashes
from boltkb.exports.queries.scanning import (
    find_one,
    hash_of,
    number_at,
    time_at,
    word,
)
from boltkb.exports.queries.string_code import (
    K_AUTHENTICATED,
    K_CPU,
    K_DATABASE,
    K_ELAPSED,
    K_EVENT,
    K_EXECUTING,
    K_HELD,
    K_ID,
    K_LEVEL,
    K_NONE,
    K_PAYLOAD,
    K_PLANNING,
    K_QUERY,
    K_SOURCE,
    K_TEXT_PAYLOAD,
    K_TIME,
    K_TYPE,
    K_USERNAME,
    K_WAITING,
    blank,
    key_of,
    short,
    start_of,
    string_end,
    unescaped,
)

__all__ = ["parse_structured_rows"]

_jit: Callable[[Callable[..., Any]], Callable[..., Any]] = inlined

_V_START, _V_SUCCESS, _V_FAIL = map(short, (b"start", b"success", b"fail"))
_V_ERROR, _V_QUERY = map(short, (b"ERROR", b"query"))
_S_BOLT_SES, _S_SESSION = short(b"bolt-ses"), short(b"session\\")
_S_SERVER_S = short(b"server-s")
_S_CLIENT = short(b"client/")
_SEVEN = np.uint64((1 << 56) - 1)


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
def _clear(row: Rows) -> None:
    for column in range(row.shape[0]):
        row[column] = 0
    row[KIND] = ODD
    row[TIME] = -(1 << 62)
    row[ELAPSED] = -1


@_jit
def _structured(buffer: Bytes, at: int, end: int, row: Rows, scratch: Bytes) -> bool:
    """Read one line; return whether it is read."""
    _clear(row)
    at = blank(buffer, at)
    if buffer[at] != 123:
        return False
    at += 1
    stack = np.uint64(1)  # a bit for each open bracket, 1 for an object
    depth, level = 1, 1
    left = False
    fresh = True  # right behind an opening bracket
    query_at = query_end = query_escaped = 0
    source_at = source_end = 0
    identity_at = identity_end = 0
    user = K_NONE
    error = False
    key = K_NONE
    while True:
        in_object = (stack & np.uint64(1)) == np.uint64(1)
        at = blank(buffer, at)
        if at >= end:
            return False
        byte = buffer[at]
        closes = (byte == 125 and in_object) or (byte == 93 and not in_object)
        if not (fresh and closes):
            if in_object:
                if byte != 34:
                    return False
                stop, escaped = string_end(buffer, at + 1, end)
                if stop < 0 or escaped:
                    return False
                key = K_NONE
                if depth == level and not left:
                    key = key_of(buffer, at + 1, stop - at - 1)
                elif depth == 1 and left and key_of(buffer, at + 1, stop - at - 1) == K_PAYLOAD:
                    return False
                at = blank(buffer, stop + 1)
                if buffer[at] != 58:
                    return False
                at = blank(buffer, at + 1)
                byte = buffer[at]
            else:
                key = K_NONE
            if key == K_TEXT_PAYLOAD and level == 1:
                return False
            if byte == 34:
                first = at + 1
                stop, escaped = string_end(buffer, first, end)
                if stop < 0:
                    return False
                at = stop + 1
                length = stop - first
                if key == K_QUERY:
                    query_at, query_end, query_escaped = first, stop, escaped
                elif key == K_SOURCE:
                    source_at, source_end = first, stop
                elif key != K_NONE and escaped:
                    return False
                elif key == K_TIME:
                    if length != 28:
                        return False
                    row[TIME] = time_at(buffer, first)
                elif key == K_LEVEL:
                    error = length == 5 and start_of(buffer, first, 5) == _V_ERROR
                elif key == K_EVENT:
                    said = start_of(buffer, first, length)
                    row[FAILED] = 0
                    if length == 7 and said == _V_SUCCESS:
                        row[KIND] = END
                    elif length == 4 and said == _V_FAIL:
                        row[KIND] = END
                        row[FAILED] = 1
                    elif length == 5 and said == _V_START:
                        row[KIND] = START
                    else:
                        return False
                elif key == K_TYPE:
                    if length != 5 or start_of(buffer, first, 5) != _V_QUERY:
                        return False
                elif key == K_ID:
                    identity_at, identity_end = first, stop
                elif key == K_HELD:
                    row[HOLD_AT], row[HOLD_LENGTH] = first, length
                elif key == K_DATABASE:
                    row[PLACES + 4], row[LENGTHS + 4] = first, length
                elif key == K_EXECUTING:
                    user = key
                    row[PLACES + 3], row[LENGTHS + 3] = first, length
                elif key == K_USERNAME or key == K_AUTHENTICATED:
                    if user != K_EXECUTING and not (user == K_USERNAME and key == K_AUTHENTICATED):
                        user = key
                        row[PLACES + 3], row[LENGTHS + 3] = first, length
                elif key != K_NONE and key != K_PAYLOAD:
                    return False
            elif byte == 123 or byte == 91:
                if depth >= 60:
                    return False
                if key == K_PAYLOAD and level == 1 and byte == 123:
                    level = 2
                    _clear(row)
                    query_at = query_end = query_escaped = source_at = source_end = 0
                    identity_at = identity_end = 0
                    user = K_NONE
                    error = False
                elif key != K_NONE and key != K_PAYLOAD:
                    return False
                stack = (stack << np.uint64(1)) | np.uint64(1 if byte == 123 else 0)
                depth += 1
                at += 1
                fresh = True
                continue
            elif byte == 45 or 48 <= byte <= 57:
                digit = at + 1 if byte == 45 else at
                if buffer[digit] == 48 and 48 <= buffer[digit + 1] <= 57:
                    return False
                first = at
                value, at = number_at(buffer, at)
                if at < 0:
                    return False
                if key == K_ELAPSED:
                    row[ELAPSED] = max(value, 0)
                elif key == K_PLANNING:
                    row[PLANNING] = max(value, 0)
                elif key == K_CPU:
                    row[CPU] = max(value, 0)
                elif key == K_WAITING:
                    row[WAITING] = max(value, 0)
                elif key == K_ID or key == K_HELD:
                    if byte == 45 and value == 0:
                        return False
                    if key == K_ID:
                        identity_at, identity_end = first, at
                    else:
                        row[HOLD_AT], row[HOLD_LENGTH] = first, at - first
                elif key != K_NONE and key != K_PAYLOAD:
                    return False
            else:
                if key != K_NONE and key != K_PAYLOAD:
                    return False
                said = word(buffer, at) & np.uint64((1 << 32) - 1)
                if said == _LITERAL_TRUE or said == _LITERAL_NULL:
                    at += 4
                elif said == _LITERAL_FALS and buffer[at + 4] == 101:
                    at += 5
                else:
                    return False
        # Behind a value, or at a bracket that closes an empty one.
        fresh = False
        while True:
            at = blank(buffer, at)
            if at >= end:
                return False
            in_object = (stack & np.uint64(1)) == np.uint64(1)
            byte = buffer[at]
            at += 1
            if byte == 44:
                break
            if not ((byte == 125 and in_object) or (byte == 93 and not in_object)):
                return False
            stack >>= np.uint64(1)
            depth -= 1
            if level == 2 and depth == 1:
                left = True
            if depth == 0:
                if blank(buffer, at) != end:
                    return False
                if row[KIND] == ODD or row[TIME] == -(1 << 62) or row[ELAPSED] < 0:
                    return False
                if max(row[ELAPSED], row[PLANNING], row[CPU], row[WAITING]) > LONGEST_SPAN:
                    return False
                if error and row[KIND] == END:
                    row[FAILED] = 1
                if not _source(buffer, source_at, source_end, row):
                    return False
                row[PLACES], row[LENGTHS] = query_at, query_end - query_at
                row[ESCAPED] = query_escaped
                if query_escaped:
                    length = unescaped(buffer, query_at, query_end, scratch)
                    if length < 0:
                        return False
                    query = hash_of(scratch, 0, length)
                else:
                    query = hash_of(buffer, query_at, query_end - query_at)
                write_hashes(buffer, row, query, identity_at, identity_end - identity_at)
                return True


_LITERAL_TRUE = np.uint64(int.from_bytes(b"true", "little"))
_LITERAL_NULL = np.uint64(int.from_bytes(b"null", "little"))
_LITERAL_FALS = np.uint64(int.from_bytes(b"fals", "little"))


def parse_structured_rows(
    buffer: Bytes, at: int, end: int, line: int, rows: Rows, scratch: Bytes
) -> tuple[int, int, int]:
    """Fill rows with the entries of a block, from `at` on, until either is used up.

    Returns
    -------
    tuple of (int, int, int)
        Rows filled, where the next entry begins, its line.
    """
    count = 0
    while at < end and count < rows.shape[0]:
        line_end = find_one(buffer, at, end, 10)
        row = rows[count]
        if not _structured(buffer, at, line_end, row, scratch):
            row[KIND] = ODD
            row[FIRST_BYTE] = at
            row[LAST_BYTE] = min(line_end + 1, end)
        row[LINE] = line
        count += 1
        line += 1
        at = min(line_end + 1, end)
    return count, at, line
