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
    START,
    TIME,
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
    K_DATABASE,
    K_ELAPSED,
    K_EXECUTING,
    K_HELD,
    K_ID,
    K_LEVEL,
    K_NONE,
    K_PAYLOAD,
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

#: How many keys of a line are expected in the next one.
EXPECTED = 40
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
def _expected(buffer: Bytes, at: int, notes: Rows) -> bool:
    """Return whether the key of a line before stands here again, with its quotes and its colon."""
    wrong = (np.int64(word(buffer, at)) ^ notes[0]) & notes[3]
    wrong |= (np.int64(word(buffer, at + 8)) ^ notes[1]) & notes[4]
    wrong |= (np.int64(word(buffer, at + 16)) ^ notes[2]) & notes[5]
    return wrong == 0 and notes[6] > 0


@_jit
def _expect(buffer: Bytes, at: int, size: int, key: int, notes: Rows) -> None:
    """Note a key of `size` bytes for the lines to come."""
    notes[6] = 0
    if size > 24:
        return
    for part in range(3):
        bits = np.uint64(8 * min(max(size - 8 * part, 0), 8))
        mask = np.uint64(0)
        if bits > np.uint64(0):
            mask = ~np.uint64(0) >> (np.uint64(64) - bits)
        notes[part] = np.int64(word(buffer, at + 8 * part) & mask)
        notes[3 + part] = np.int64(mask)
    notes[6], notes[7] = size, key


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
def _write(buffer: Bytes, values: Rows, row: Rows, scratch: Bytes) -> bool:
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


@_jit
def _walk(buffer: Bytes, at: int, end: int, keys: Rows, values: Rows) -> bool:
    """Find the values of a line; return whether it is an object of JSON with nothing unusual."""
    values[:] = 0
    at = blank(buffer, at)
    if buffer[at] != 123:
        return False
    at += 1
    stack = np.uint64(1)  # a bit for each open bracket, 1 for an object
    depth, level = 1, 1
    left = False
    fresh = True  # right behind an opening bracket
    seen = 0
    while True:
        in_object = (stack & np.uint64(1)) == np.uint64(1)
        at = blank(buffer, at)
        if at >= end:
            return False
        byte = buffer[at]
        closes = (byte == 125 and in_object) or (byte == 93 and not in_object)
        if not (fresh and closes):
            key = K_NONE
            if in_object:
                mine = depth == level and not left
                if mine and seen < EXPECTED and _expected(buffer, at, keys[seen]):
                    key = keys[seen, 7]
                    at += keys[seen, 6]
                    seen += 1
                else:
                    if byte != 34:
                        return False
                    stop, escaped = string_end(buffer, at + 1, end)
                    if stop < 0 or escaped:
                        return False
                    if mine or (depth == 1 and left):
                        key = key_of(buffer, at + 1, stop - at - 1)
                    if not mine:
                        if key == K_PAYLOAD:
                            return False
                        key = K_NONE
                    colon = blank(buffer, stop + 1)
                    if buffer[colon] != 58:
                        return False
                    if mine and seen < EXPECTED:
                        if colon == stop + 1:
                            _expect(buffer, at, colon + 1 - at, key, keys[seen])
                        seen += 1
                    at = colon + 1
                at = blank(buffer, at)
                byte = buffer[at]
            if byte == 34:
                first = at + 1
                stop, escaped = string_end(buffer, first, end)
                if stop < 0:
                    return False
                if key == K_TEXT_PAYLOAD:
                    return False
                at = stop + 1
                values[key, FIRST], values[key, STOP] = first, stop
                values[key, VALUE], values[key, KINDS] = escaped, STRING
            elif byte == 123 or byte == 91:
                if depth >= 60:
                    return False
                if key == K_PAYLOAD and level == 1 and byte == 123:
                    level = 2
                    values[:] = 0
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
                if key == K_TEXT_PAYLOAD:
                    return False
                values[key, FIRST] = at
                value, at = number_at(buffer, at)
                if at < 0:
                    return False
                values[key, STOP] = at
                values[key, VALUE], values[key, KINDS] = value, NUMBER
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
                return blank(buffer, at) == end


_LITERAL_TRUE = np.uint64(int.from_bytes(b"true", "little"))
_LITERAL_NULL = np.uint64(int.from_bytes(b"null", "little"))
_LITERAL_FALS = np.uint64(int.from_bytes(b"fals", "little"))


def parse_structured_rows(
    buffer: Bytes, at: int, end: int, line: int, rows: Rows, scratch: Bytes, notes: Rows
) -> tuple[int, int, int]:
    """Fill rows with the entries of a block, from `at` on, until either is used up.

    Parameters
    ----------
    scratch : (n,) array
        At least as long as the buffer.
    notes : (NOTES, 8) array
        Zeros at first, then the keys in the order of the line before, which most lines repeat;
        and the values of a line.  What is found does not depend on them.

    Returns
    -------
    tuple of (int, int, int)
        Rows filled, where the next entry begins, its line.
    """
    count = 0
    keys, values = notes[:EXPECTED], notes[EXPECTED:]
    while at < end and count < rows.shape[0]:
        line_end = find_one(buffer, at, end, 10)
        row = rows[count]
        whole = _walk(buffer, at, line_end, keys, values)
        if not whole or not _write(buffer, values, row, scratch):
            row[KIND] = ODD
            row[FIRST_BYTE] = at
            row[LAST_BYTE] = min(line_end + 1, end)
        row[LINE] = line
        count += 1
        line += 1
        at = min(line_end + 1, end)
    return count, at, line
