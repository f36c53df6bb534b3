"""Keys and strings of JSON, compiled; only imported where machine code is wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from boltkb.exports.queries.compiling import inlined
from boltkb.exports.queries.entries import Bytes
from boltkb.exports.queries.row_code import eight
from boltkb.exports.queries.scanning import copy_32, find_one, find_two, word

_jit: Callable[[Callable[..., Any]], Callable[..., Any]] = inlined

# Keys, by their length, their first and their last eight bytes.
K_NONE, K_TIME, K_LEVEL, K_EVENT, K_TYPE, K_ID, K_ELAPSED, K_PLANNING, K_CPU, K_WAITING = range(10)
K_SOURCE, K_DATABASE, K_USERNAME, K_EXECUTING, K_AUTHENTICATED, K_QUERY, K_HELD = range(10, 17)
K_PAYLOAD, K_TEXT_PAYLOAD = 17, 18


def short(text: bytes) -> np.uint64:
    """Return up to eight bytes as `start_of` reads them."""
    return eight(text.ljust(8, b"\0"))


_N_TIME, _N_LEVEL, _N_EVENT, _N_TYPE = map(short, (b"time", b"level", b"event", b"type"))
_N_ID, _N_PLANNING, _N_CPU = map(short, (b"id", b"planning", b"cpu"))
_N_WAITING, _N_SOURCE, _N_DATABASE = map(short, (b"waiting", b"source", b"database"))
_N_USERNAME, _N_QUERY = map(short, (b"username", b"query"))
_N_ELAPSEDT, _N_EDTIMEMS = eight(b"elapsedT"), eight(b"edTimeMs")
_N_EXECUTIN, _N_TINGUSER = eight(b"executin"), eight(b"tingUser")
_N_AUTHENTI, _N_ATEDUSER = eight(b"authenti"), eight(b"atedUser")
_N_TRANSACT, _N_ACTIONID = eight(b"transact"), eight(b"actionId")
_N_JSONPAYL, _N_NPAYLOAD = eight(b"jsonPayl"), eight(b"nPayload")
_N_TEXTPAYL, _N_TPAYLOAD = eight(b"textPayl"), eight(b"tPayload")


@_jit
def start_of(buffer: Bytes, at: int, length: int) -> int:
    """Return up to eight bytes as a number, whatever stands behind them."""
    value = word(buffer, at)
    if length < 8:
        value &= (np.uint64(1) << np.uint64(8 * length)) - np.uint64(1)
    return value


@_jit
def key_of(buffer: Bytes, at: int, length: int) -> int:
    """Return which key stands here, `K_NONE` for one of no interest."""
    first = start_of(buffer, at, length)
    if length <= 8:
        if length == 2 and first == _N_ID:
            return K_ID
        if length == 3 and first == _N_CPU:
            return K_CPU
        if length == 4:
            return K_TIME if first == _N_TIME else K_TYPE if first == _N_TYPE else K_NONE
        if length == 5:
            if first == _N_QUERY:
                return K_QUERY
            return K_LEVEL if first == _N_LEVEL else K_EVENT if first == _N_EVENT else K_NONE
        if length == 6 and first == _N_SOURCE:
            return K_SOURCE
        if length == 7 and first == _N_WAITING:
            return K_WAITING
        if length == 8:
            if first == _N_PLANNING:
                return K_PLANNING
            return (
                K_DATABASE
                if first == _N_DATABASE
                else K_USERNAME
                if first == _N_USERNAME
                else K_NONE
            )
        return K_NONE
    last = word(buffer, at + length - 8)
    if length == 13:
        if first == _N_ELAPSEDT and last == _N_EDTIMEMS:
            return K_ELAPSED
        if first == _N_EXECUTIN and last == _N_TINGUSER:
            return K_EXECUTING
        if first == _N_TRANSACT and last == _N_ACTIONID:
            return K_HELD
    elif length == 17 and first == _N_AUTHENTI and buffer[at + 8] == 99 and last == _N_ATEDUSER:
        return K_AUTHENTICATED
    elif length == 11:
        if first == _N_JSONPAYL and last == _N_NPAYLOAD:
            return K_PAYLOAD
        if first == _N_TEXTPAYL and last == _N_TPAYLOAD:
            return K_TEXT_PAYLOAD
    return K_NONE


@_jit
def _hex(byte: int) -> int:
    if 48 <= byte <= 57:
        return np.int64(byte) - 48
    if 97 <= byte <= 102:
        return np.int64(byte) - 87
    if 65 <= byte <= 70:
        return np.int64(byte) - 55
    return -1


@_jit
def _code_point(buffer: Bytes, at: int) -> int:
    value = 0
    for i in range(at, at + 4):
        digit = _hex(buffer[i])
        if digit < 0:
            return -1
        value = 16 * value + digit
    return value


@_jit
def string_end(buffer: Bytes, at: int, end: int) -> tuple[int, int]:
    """Return where a string ends (-1 if odd) and whether something in it is escaped."""
    escaped = 0
    while True:
        at = find_two(buffer, at, end, 34, 92)
        if at >= end:
            return -1, 0
        if buffer[at] == 34:
            return at, escaped
        escaped = 1
        byte = buffer[at + 1]
        if byte == 117:
            if at + 6 > end or _code_point(buffer, at + 2) < 0:
                return -1, 0
            at += 6
        elif (
            byte == 110
            or byte == 34
            or byte == 92
            or byte == 116
            or byte == 47
            or byte == 98
            or byte == 102
            or byte == 114
        ):
            at += 2
        else:
            return -1, 0


@_jit
def unescaped(buffer: Bytes, at: int, end: int, scratch: Bytes) -> int:
    """Write a string as it is meant; return its length, -1 for halves of surrogate pairs."""
    length = 0
    while at < end:
        mark = find_one(buffer, at, end, 92)
        copied = 0
        while copied < mark - at:
            copied += copy_32(buffer, at + copied, scratch, length + copied)
        length += mark - at
        at = mark
        if at >= end:
            break
        byte = buffer[at + 1]
        at += 2
        if byte == 117:
            point = _code_point(buffer, at)
            at += 4
            if 0xD800 <= point <= 0xDFFF:
                return -1
            if point < 0x80:
                scratch[length] = point
                length += 1
            elif point < 0x800:
                scratch[length] = 0xC0 | (point >> 6)
                scratch[length + 1] = 0x80 | (point & 63)
                length += 2
            else:
                scratch[length] = 0xE0 | (point >> 12)
                scratch[length + 1] = 0x80 | ((point >> 6) & 63)
                scratch[length + 2] = 0x80 | (point & 63)
                length += 3
            continue
        if byte == 110:
            byte = 10
        elif byte == 116:
            byte = 9
        elif byte == 98:
            byte = 8
        elif byte == 102:
            byte = 12
        elif byte == 114:
            byte = 13
        scratch[length] = byte
        length += 1
    return length


@_jit
def blank(buffer: Bytes, at: int) -> int:
    """Return where the next byte that is no blank stands."""
    while buffer[at] == 32 or buffer[at] == 9 or buffer[at] == 13:
        at += 1
    return at
