"""Compiled parser of plain-text entries: the same answers as `plain`, or none (`ODD`).

Only imported where machine code is wanted.  A record is scanned once: its header from the left,
its query to the first ` - {`, the rest for the line that begins the next entry.
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
from boltkb.exports.queries.row_code import (
    begins,
    dash,
    eight,
    host_length,
    write_hashes,
)
from boltkb.exports.queries.scanning import (
    find_one,
    find_two,
    hash_of,
    number_at,
    time_at,
    word,
)

__all__ = ["parse_plain_rows"]

_jit: Callable[[Callable[..., Any]], Callable[..., Any]] = inlined


_QUERY_ST = eight(b"Query st")
_TARTED = eight(b"tarted: ")
_TRANSACT = eight(b"transact")
_TION_ID = eight(b"tion id:")
_PLANNIN = eight(b"(plannin")
_WAITING = eight(b", waitin")
_PAGE_HIT = eight(b" page hi")
_PAGE_FAU = eight(b" page fa")
_ULTS = eight(b"ults - \0") & np.uint64((1 << 56) - 1)
_SEVEN = np.uint64((1 << 56) - 1)
_BOLT_SES = eight(b"bolt-ses")
_SESSION = eight(b"session\t")
_SERVER_S = eight(b"server-s")
_EMBEDDED = eight(b"embedded")
_CLIENT = eight(b"client/\0")
_RUNTIME = eight(b"runtime=")


@_jit
def _numbers(buffer: Bytes, at: int, row: Rows) -> int:
    """Read planning, waiting, bytes and pages; return where the source begins, -1 if odd."""
    row[PLANNING] = row[CPU] = row[WAITING] = 0
    while True:
        byte = buffer[at]
        if byte == 40:
            if word(buffer, at) != _PLANNIN or buffer[at + 8] != 103 or buffer[at + 10] != 32:
                return -1
            value, at = number_at(buffer, at + 11)
            if at < 0:
                return -1
            row[PLANNING] = max(value, 0)
            row[CPU] = 0
            if buffer[at + 2] == 99:
                if buffer[at + 3] != 112 or buffer[at + 5] != 58 or buffer[at + 6] != 32:
                    return -1
                value, at = number_at(buffer, at + 7)
                if at < 0:
                    return -1
                row[CPU] = max(value, 0)
            if word(buffer, at) != _WAITING or buffer[at + 8] != 103 or buffer[at + 10] != 32:
                return -1
            value, at = number_at(buffer, at + 11)
            if at < 0 or buffer[at] != 41 or dash(buffer, at + 1, at + 4) < 0:
                return -1
            row[WAITING] = max(value, 0)
            at += 4
        elif byte == 45 or 48 <= byte <= 57:
            value, at = number_at(buffer, at)
            if at < 0:
                return -1
            if buffer[at] == 32 and buffer[at + 1] == 66 and dash(buffer, at + 2, at + 5) >= 0:
                at += 5
            elif word(buffer, at) == _PAGE_HIT and buffer[at + 8] == 116 and buffer[at + 9] == 115:
                if buffer[at + 10] != 44 or buffer[at + 11] != 32:
                    return -1
                value, at = number_at(buffer, at + 12)
                if at < 0 or word(buffer, at) != _PAGE_FAU:
                    return -1
                if (word(buffer, at + 8) & _SEVEN) != _ULTS:
                    return -1
                at += 15
            else:
                return -1
        else:
            return at


@_jit
def _bolt(buffer: Bytes, at: int, line_end: int, row: Rows) -> tuple[int, bool]:
    """Read a Bolt source; return where the owner begins, -1 if odd, and if there is a database."""
    before = before_end = earlier = earlier_end = at
    place = 0
    found = -1
    while True:
        tab = find_one(buffer, at, line_end, 9)
        if tab >= line_end:
            return -1, False
        last = buffer[tab - 1] == 62 and tab > at
        end = tab - 1 if last else tab
        if found < 0 and end - at >= 7 and (word(buffer, at) & _SEVEN) == _CLIENT:
            if place < 3:
                return -1, False
            found = place
            row[PEER_AT] = row[PLACES + 1] = at + 7
            row[PEER_LENGTH] = end - at - 7
            row[LENGTHS + 1] = host_length(buffer, at + 7, end - at - 7)
            row[PLACES + 2] = earlier
            row[LENGTHS + 2] = earlier_end - earlier
        if last:
            return (tab + 1 if found >= 0 else -1), found == 4
        earlier, earlier_end = before, before_end
        before, before_end = at, end
        at = tab + 1
        place += 1


@_jit
def _owner(buffer: Bytes, at: int, line_end: int, row: Rows, named: int) -> int:
    """Read database and user (`named`: 1 both, 0 the user alone, -1 cannot be told)."""
    first = dash(buffer, at, line_end)
    if first < 0:
        return -1
    second = -1 if named == 0 else dash(buffer, first + 3, line_end)
    alone = named == 0
    if named == -1:
        alone = second < 0
        for i in range(first + 3, second):
            byte = buffer[i]
            if byte == 32 or byte == 9 or byte == 40 or byte == 123:
                alone = True
    if alone:
        row[PLACES + 3], row[LENGTHS + 3] = at, first - at
        row[PLACES + 4], row[LENGTHS + 4] = at, 0
        return first + 3
    if second < 0:
        return -1
    row[PLACES + 4], row[LENGTHS + 4] = at, first - at
    row[PLACES + 3], row[LENGTHS + 3] = first + 3, second - first - 3
    return second + 3


@_jit
def _head(buffer: Bytes, begin: int, line_end: int, row: Rows) -> tuple[int, int, int]:
    """Read an entry up to its query; return where that begins (-1 if odd), and the id."""
    identity_at = identity_length = 0
    odd = (-1, 0, 0)
    time = time_at(buffer, begin)
    if time == -(1 << 62) or line_end - begin < 40:
        return odd
    row[TIME] = time
    failed = buffer[begin + 29] == 69 and buffer[begin + 30] == 82 and buffer[begin + 31] == 82
    failed = failed and buffer[begin + 32] == 79 and buffer[begin + 33] == 82
    at = begin + (35 if buffer[begin + 34] == 32 else 34)
    row[KIND] = END
    if word(buffer, at) == _QUERY_ST and word(buffer, at + 7) == _TARTED:
        row[KIND] = START
        at += 15
    row[FAILED] = 1 if failed and row[KIND] == END else 0
    row[HOLD_AT] = row[HOLD_LENGTH] = 0
    while True:
        if buffer[at] == 105 and buffer[at + 1] == 100 and buffer[at + 2] == 58:
            at += 3
            end = at
            while 48 <= buffer[end] <= 57:
                end += 1
            if end == at or end - at > 30 or dash(buffer, end, end + 3) < 0:
                return odd
            identity_at, identity_length = at, end - at
            at = end + 3
        elif word(buffer, at) == _TRANSACT and word(buffer, at + 7) == _TION_ID:
            at += 15
            end = at
            while buffer[end] != 32 and buffer[end] != 10 and buffer[end] != 9:
                end += 1
                if end - at > 64 or end >= line_end:
                    return odd
            if end == at or dash(buffer, end, end + 3) < 0:
                return odd
            row[HOLD_AT], row[HOLD_LENGTH] = at, end - at
            at = end + 3
        else:
            break
    value, at = number_at(buffer, at)
    if at < 0 or buffer[at] != 32 or buffer[at + 1] != 109 or buffer[at + 2] != 115:
        return odd
    if buffer[at + 3] != 58 or buffer[at + 4] != 32:
        return odd
    row[ELAPSED] = max(value, 0)
    at = _numbers(buffer, at + 5, row)
    if at < 0 or at >= line_end:
        return odd
    if max(row[ELAPSED], row[PLANNING], row[CPU], row[WAITING]) > LONGEST_SPAN:
        return odd
    named = -1
    if word(buffer, at) == _BOLT_SES and word(buffer, at + 5) == _SESSION:
        row[BOLT] = 1
        at, has = _bolt(buffer, at, line_end, row)
        named = 1 if has else 0
        if at < 0:
            return odd
    elif word(buffer, at) == _SERVER_S and word(buffer, at + 7) == _SESSION:
        row[BOLT] = 0
        for _ in range(2):
            at = find_one(buffer, at, line_end, 9) + 1
        if at >= line_end:
            return odd
        end = find_one(buffer, at, line_end, 9)
        row[PEER_AT] = row[PLACES + 1] = at
        row[PEER_LENGTH] = row[LENGTHS + 1] = end - at
        row[PLACES + 2], row[LENGTHS + 2] = at, 0
        at = find_one(buffer, min(end + 1, line_end), line_end, 9) + 1
        if at > line_end:
            return odd
    elif word(buffer, at) == _EMBEDDED and word(buffer, at + 9) == _SESSION:
        row[BOLT] = 0
        at += 16
        while buffer[at] == 9:
            at += 1
        row[PEER_AT] = row[PLACES + 1] = row[PLACES + 2] = at
        row[PEER_LENGTH] = row[LENGTHS + 1] = row[LENGTHS + 2] = 0
    else:
        return odd
    return _owner(buffer, at, line_end, row, named), identity_at, identity_length


def parse_plain_rows(
    buffer: Bytes, at: int, end: int, line: int, rows: Rows
) -> tuple[int, int, int]:
    """Fill rows with the entries of a block, from `at` on, until either is used up.

    Returns
    -------
    tuple of (int, int, int)
        Rows filled, where the next entry begins, its line.
    """
    count = 0
    while at < end and count < rows.shape[0]:
        row = rows[count]
        begin = at
        begin_line = line
        line_end = find_one(buffer, begin, end, 10)
        text, identity_at, identity_length = _head(buffer, begin, line_end, row)
        text_end = -1
        place = text if text >= 0 else begin
        while True:
            if text < 0 or text_end >= 0:
                place = find_one(buffer, place, end, 10)
            else:
                place = find_two(buffer, place, end, 10, 123)
            if place >= end:
                at = end
                break
            if buffer[place] == 10:
                line += 1
                if place + 1 >= end or begins(buffer, place + 1):
                    at = place + 1
                    break
            elif (
                place - 3 >= text
                and buffer[place - 1] == 32
                and buffer[place - 2] == 45
                and buffer[place - 3] == 32
            ):
                text_end = place - 3
            place += 1
        row[LINE] = begin_line
        row[ESCAPED] = 0
        count += 1
        if text < 0:
            row[KIND] = ODD
            row[FIRST_BYTE] = begin
            row[LAST_BYTE] = at
            continue
        if text_end < 0:
            text_end = at
            while text_end > begin and (buffer[text_end - 1] == 10 or buffer[text_end - 1] == 13):
                text_end -= 1
        blank = text_end - 1
        lowest = max(text, text_end - 64)
        while blank >= lowest and buffer[blank] != 32:
            blank -= 1
        if (
            blank >= lowest
            and blank >= text + 2
            and buffer[blank - 1] == 45
            and buffer[blank - 2] == 32
            and word(buffer, blank + 1) == _RUNTIME
        ):
            text_end = blank - 2
        text_end = max(text_end, text)
        row[PLACES], row[LENGTHS] = text, text_end - text
        query = hash_of(buffer, text, text_end - text)
        write_hashes(buffer, row, query, identity_at, identity_length)
    return count, at, line
