"""What the compiled parsers stand on: bytes looked at many at a time, hashes, numbers, times.

Only imported where machine code is wanted: it needs numba at once.  A buffer that is scanned
has at least `entries.PADDING` bytes behind its last one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from boltkb.exports.queries.compiling import inlined
from boltkb.exports.queries.entries import Bytes

__all__ = [
    "both_of",
    "copy_32",
    "find_one",
    "find_two",
    "hash_of",
    "number_at",
    "time_at",
    "word",
]

_WIDTH = 32

_FIRST = np.uint64(0x9E3779B185EBCA87)
_SECOND = np.uint64(0xC2B2AE3D27D4EB4F)
_THIRD = np.uint64(0xFF51AFD7ED558CCD)
_FOURTH = np.uint64(0xC4CEB9FE1A85EC53)


def _place(context: Any, builder: Any, buffer_type: Any, buffer: Any, index: Any, kind: Any) -> Any:
    proxy = cgutils.create_struct_proxy(buffer_type)(context, builder, value=buffer)
    place = builder.gep(proxy.data, [index])
    return builder.load(builder.bitcast(place, kind.as_pointer()), align=1)


@intrinsic  # type: ignore[untyped-decorator]
def word(context: Any, buffer: Any, index: Any) -> Any:
    """Return eight bytes as one number, lowest first, wherever they lie."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _place(context, builder, signature.args[0], *arguments, ir.IntType(64))

    return types.uint64(buffer, types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]
def _hits(context: Any, buffer: Any, index: Any, first: Any, second: Any) -> Any:
    """Return a bit for each of 32 bytes that is one of two."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, index, first, second = arguments
        vector = ir.VectorType(ir.IntType(8), _WIDTH)
        read = _place(context, builder, signature.args[0], array, index, vector)

        def equal(value: Any) -> Any:
            one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, _zero())
            mask = ir.Constant(ir.VectorType(ir.IntType(32), _WIDTH), [0] * _WIDTH)
            many = builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), mask)
            return builder.icmp_unsigned("==", read, many)

        both = builder.or_(equal(first), equal(second))
        return builder.zext(builder.bitcast(both, ir.IntType(_WIDTH)), ir.IntType(64))

    return types.uint64(buffer, types.int64, types.uint8, types.uint8), generate


@intrinsic  # type: ignore[untyped-decorator]
def copy_32(context: Any, buffer: Any, index: Any, into: Any, place: Any) -> Any:
    """Copy 32 bytes, whatever of them is wanted; return 32."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, index, into, place = arguments
        vector = ir.VectorType(ir.IntType(8), _WIDTH)
        read = _place(context, builder, signature.args[0], array, index, vector)
        proxy = cgutils.create_struct_proxy(signature.args[2])(context, builder, value=into)
        target = builder.gep(proxy.data, [place])
        builder.store(read, builder.bitcast(target, vector.as_pointer()), align=1)
        return ir.Constant(ir.IntType(64), _WIDTH)

    return types.int64(buffer, types.int64, into, types.int64), generate


def _zero() -> Any:
    return ir.Constant(ir.IntType(32), 0)


@intrinsic  # type: ignore[untyped-decorator]
def _lowest(context: Any, value: Any) -> Any:
    """Return the place of the lowest bit that is set."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate


def _jit(function: Callable[..., Any]) -> Callable[..., Any]:
    return inlined(function)


@_jit
def find_two(buffer: Bytes, at: int, end: int, first: int, second: int) -> int:
    """Return where the first of two bytes stands, `end` for nowhere."""
    while at < end:
        hits = _hits(buffer, at, first, second)
        if hits != np.uint64(0):
            at += _lowest(hits)
            return min(at, end)
        at += 32
    return end


@_jit
def find_one(buffer: Bytes, at: int, end: int, byte: int) -> int:
    """Return where a byte stands first, `end` for nowhere."""
    return find_two(buffer, at, end, byte, byte)


@_jit
def finished(value: int) -> int:
    """Return the value with every bit spread over all others."""
    value ^= value >> np.uint64(33)
    value *= _THIRD
    value ^= value >> np.uint64(33)
    value *= _FOURTH
    return value ^ (value >> np.uint64(33))


@_jit
def hash_of(buffer: Bytes, at: int, length: int) -> int:
    """Return the hash that `entries.hash_bytes` makes."""
    value = np.uint64(length) * _FIRST + _SECOND
    end = at + length
    while at + 8 <= end:
        value ^= word(buffer, at)
        value *= _FIRST
        value = (value << np.uint64(29)) | (value >> np.uint64(35))
        at += 8
    if at < end:
        rest = np.uint64(8 * (end - at))
        value ^= word(buffer, at) & ((np.uint64(1) << rest) - np.uint64(1))
        value *= _FIRST
        value = (value << np.uint64(29)) | (value >> np.uint64(35))
    return finished(value)


@_jit
def both_of(first: int, second: int) -> int:
    """Return one hash of two; never 0."""
    value = finished(first + second * _SECOND)
    return value if value != np.uint64(0) else np.uint64(1)


@_jit
def number_at(buffer: Bytes, at: int) -> tuple[int, int]:
    """Return an integer of at most 18 digits and where it ends; -1 as the end for none."""
    negative = buffer[at] == 45
    if negative:
        at += 1
    begin = at
    value = 0
    # Up to seven digits at once: the lowest byte that is none is where they end.
    bits = word(buffer, at) ^ np.uint64(0x3030303030303030)
    others = ((bits + np.uint64(0x7676767676767676)) | bits) & np.uint64(0x8080808080808080)
    if others != np.uint64(0):
        length = _lowest(others) >> 3
        if length == 0:
            return 0, -1
        bits <<= np.uint64(64 - 8 * length)
        bits = (bits * np.uint64(2561)) >> np.uint64(8)
        bits = ((bits & np.uint64(0x00FF00FF00FF00FF)) * np.uint64(6553601)) >> np.uint64(16)
        bits = ((bits & np.uint64(0x0000FFFF0000FFFF)) * np.uint64(42949672960001)) >> np.uint64(32)
        value = np.int64(bits)
        return (-value if negative else value), at + length
    while 48 <= buffer[at] <= 57:
        if at - begin == 18:
            return 0, -1
        value = value * 10 + (np.int64(buffer[at]) - 48)
        at += 1
    if at == begin:
        return 0, -1
    return (-value if negative else value), at


@_jit
def _two(buffer: Bytes, at: int) -> int:
    first, second = np.int64(buffer[at]) - 48, np.int64(buffer[at + 1]) - 48
    if first < 0 or first > 9 or second < 0 or second > 9:
        return -1_000_000
    return first * 10 + second


@_jit
def time_at(buffer: Bytes, at: int) -> int:
    """Return the milliseconds since the epoch; -(1 << 62) where no time is written."""
    none = -(1 << 62)
    if (
        buffer[at + 4] != 45
        or buffer[at + 7] != 45
        or buffer[at + 10] != 32
        or buffer[at + 13] != 58
        or buffer[at + 16] != 58
        or buffer[at + 19] != 46
        or (buffer[at + 23] != 43 and buffer[at + 23] != 45)
        or not 48 <= buffer[at + 20] <= 57
    ):
        return none
    century, year, month, day = (
        _two(buffer, at),
        _two(buffer, at + 2),
        _two(buffer, at + 5),
        _two(buffer, at + 8),
    )
    hour, minute, second = _two(buffer, at + 11), _two(buffer, at + 14), _two(buffer, at + 17)
    thousandth = 100 * (np.int64(buffer[at + 20]) - 48) + _two(buffer, at + 21)
    ahead_hours, ahead_minutes = _two(buffer, at + 24), _two(buffer, at + 26)
    if century != 19 and century != 20:
        return none
    if min(year, month, day, hour, minute, second, thousandth, ahead_hours, ahead_minutes) < 0:
        return none
    year += 100 * century
    if not 1 <= month <= 12 or day < 1 or hour > 23 or minute > 59 or second > 59:
        return none
    if ahead_hours > 18 or ahead_minutes > 59:
        return none
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    longest = 31
    if month == 2:
        longest = 29 if leap else 28
    elif month == 4 or month == 6 or month == 9 or month == 11:
        longest = 30
    if day > longest:
        return none
    # Days since the epoch, with years that begin in March.
    shifted = year - (1 if month <= 2 else 0)
    era = shifted // 400
    within = shifted - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    days = era * 146097 + within * 365 + within // 4 - within // 100 + of_year - 719468
    ahead = ahead_hours * 60 + ahead_minutes
    minutes = days * 1440 + hour * 60 + minute - (-ahead if buffer[at + 23] == 45 else ahead)
    return (minutes * 60 + second) * 1000 + thousandth
