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
    FIRST_BYTE,
    KIND,
    LAST_BYTE,
    LINE,
    ODD,
    Bytes,
    Rows,
)
from boltkb.exports.queries.scanning import (
    find_one,
    number_at,
    word,
)
from boltkb.exports.queries.string_code import (
    K_NONE,
    K_PAYLOAD,
    K_TEXT_PAYLOAD,
    blank,
    key_of,
    string_end,
)
from boltkb.exports.queries.value_code import (
    FIRST,
    KINDS,
    NUMBER,
    STOP,
    STRING,
    VALUE,
    write_values,
)

__all__ = ["parse_structured_rows"]

_jit: Callable[[Callable[..., Any]], Callable[..., Any]] = inlined

#: How many keys of a line are expected in the next one.
EXPECTED = 40


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
        if not whole or not write_values(buffer, values, row, scratch):
            row[KIND] = ODD
            row[FIRST_BYTE] = at
            row[LAST_BYTE] = min(line_end + 1, end)
        row[LINE] = line
        count += 1
        line += 1
        at = min(line_end + 1, end)
    return count, at, line
