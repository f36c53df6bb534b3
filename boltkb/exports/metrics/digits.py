"""Numbers of many rows at once, eight digits in one machine word.

Knows no metric.  Takes rows of the usual shape only: a time of ten digits in front, fields of
up to fifteen digits, each column with one number of decimals in a block.  Whatever else comes
is left to a general reader.

A word of eight digits becomes a number in three steps: neighbouring digits are joined to pairs,
pairs to fours, fours to eight (Lamport 1975, *Multiple byte processing with full-word
instructions*).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from boltkb.exports.records import Floats

__all__ = ["usual_rows"]

Words = NDArray[np.uint64]
Places = NDArray[np.intp]

_ROOM = 16
_TIME = 10
_COMMA, _NEWLINE, _POINT = ord(","), ord("\n"), ord(".")
_ZEROS = np.uint64(0x3030303030303030)
_OVER_NINE = np.uint64(0x7676767676767676)
_HIGH_BITS = np.uint64(0x8080808080808080)
_FIRST_THREE = np.uint64(0xFFFFFF)
_PAIRS = np.uint64(0x00FF00FF00FF00FF)
_FOURS = np.uint64(0x0000FFFF0000FFFF)
_TEN, _HUNDRED, _MYRIAD = np.uint64(2561), np.uint64(6553601), np.uint64(42949672960001)
_8, _16, _32 = np.uint64(8), np.uint64(16), np.uint64(32)


def usual_rows(block: bytes | memoryview, width: int, places: Sequence[int]) -> list[Floats] | None:
    r"""Return columns of a block of rows, None where a row is not of the usual shape.

    Parameters
    ----------
    block : bytes or memoryview
        Whole lines, each ended by a line feed; best of a size that the processor's cache holds.
    width : int, >= 2
        Fields in a row.
    places : sequence of int
        The columns that are wanted, 0 (the time) first.

    Returns
    -------
    list of (n,) arrays, or None

    Examples
    --------
    >>> rows = b"1719501420,3,0.250000,x\n1719501450,12,1.500000,x\n"
    >>> [column.tolist() for column in usual_rows(rows, 4, [0, 1, 2])]
    [[1719501420.0, 1719501450.0], [3.0, 12.0], [0.25, 1.5]]
    >>> usual_rows(b"1719501420,3\n1719501450\n", 2, [0, 1]) is None
    True
    """
    text = np.empty(len(block) + 2 * _ROOM, dtype=np.uint8)
    text[:_ROOM] = text[-_ROOM:] = 0
    text[_ROOM:-_ROOM] = np.frombuffer(block, dtype=np.uint8)
    words = np.ndarray((len(text) - 7,), dtype="<u8", buffer=text.data, strides=(1,))
    if width == 2:
        # The comma's place is known: the time has ten digits.
        ends = np.flatnonzero(text == _NEWLINE)
        begins = _begins(ends)
        if not len(ends) or int((ends - begins).min()) < _TIME + 2:
            return None
        marks: list[Places] = [begins + _TIME, ends]
    else:
        found = np.flatnonzero((text == _COMMA) | (text == _NEWLINE))
        if not len(found) or len(found) % width:
            return None
        table = found.reshape(-1, width)
        kinds = text[found].reshape(-1, width)
        if (kinds[:, -1] != _NEWLINE).any() or (kinds[:, :-1] != _COMMA).any():
            return None
        marks = [table[:, place] for place in range(width)]
        begins = _begins(marks[-1])
        if (marks[0] - begins != _TIME).any():
            return None
    times = _times(words, begins)
    if times is None:
        return None
    columns = [times]
    for place in places[1:]:
        column = _numbers(words, marks[place], marks[place] - marks[place - 1] - 1)
        if column is None:
            return None
        columns.append(column)
    return columns


def _begins(ends: Places) -> Places:
    begins = np.empty_like(ends)
    begins[:1] = _ROOM
    np.add(ends[:-1], 1, out=begins[1:])
    return begins


def _times(words: Words, begins: Places) -> Floats | None:
    # Digits 1 to 3, the same for 115 days; digits 4 to 10 with the comma behind them.
    head, tail = words[begins] & _FIRST_THREE, words[begins + 3]
    if (head != head[0]).any() or (tail >> np.uint64(56) != _COMMA).any():
        return None
    tail ^= _ZEROS
    tail <<= _8
    first = (head[:1] ^ (_ZEROS & _FIRST_THREE)) << np.uint64(40)
    if not (_digits_only(tail) and _digits_only(first)):
        return None
    times = _joined(tail)
    times += _joined(first)[0] * np.uint64(10_000_000)
    return times.astype(np.float64)


def _numbers(words: Words, ends: Places, lengths: Places) -> Floats | None:
    shortest, longest = int(lengths.min()), int(lengths.max())
    if shortest < 1 or longest > _ROOM - 1:
        return None
    low = words[ends - 8] ^ _ZEROS
    if longest <= 8:
        whole = _cut(low, lengths)
        if _digits_only(whole):
            return _joined(whole).astype(np.float64)
    decimals = _decimals(int(low[0]), min(shortest, 8))
    if decimals:
        return _decimal_numbers(words, low, ends, lengths, decimals)
    if shortest < 8:
        return None
    high = _cut(words[ends - 16] ^ _ZEROS, lengths - 8)
    if _digits_only(low) and _digits_only(high):
        return (_joined(high) * np.uint64(100_000_000) + _joined(low)).astype(np.float64)
    return None


def _decimals(word: int, length: int) -> int:
    """Return how many digits stand behind the point of a field's last characters; 0 for none."""
    text = word.to_bytes(8, "little")[8 - length :]
    at = text.rfind(_POINT ^ 0x30)
    return length - 1 - at if at >= 0 else 0


def _decimal_numbers(
    words: Words, low: Words, ends: Places, lengths: Places, decimals: int
) -> Floats | None:
    blank = np.uint64(8 * (8 - decimals))
    longest = int(lengths.max()) - decimals - 1
    if longest > 8 or int(lengths.min()) < decimals + 2:
        return None
    if ((low << np.uint64(8 * decimals)) >> np.uint64(56) != _POINT ^ 0x30).any():
        return None
    part = (low >> blank) << blank
    whole = _cut(words[ends - (decimals + 9)] ^ _ZEROS, lengths - (decimals + 1))
    if not (_digits_only(part) and _digits_only(whole)):
        return None
    # Both parts are whole and together below 2**53, so that one division rounds as it should.
    power = 10**decimals
    scaled = _joined(whole) * np.uint64(power) + _joined(part)
    return scaled.astype(np.float64) / np.float64(power)


def _cut(digits: Words, lengths: Places) -> Words:
    """Return words whose digits before the last `lengths` are zero."""
    # A shift by all 64 bits is not defined, so that it is done in two halves.
    bits = ((8 - lengths) * 4).astype(np.uint64)
    return ((digits >> bits >> bits) << bits) << bits


def _digits_only(digits: Words) -> bool:
    return not int(np.bitwise_or.reduce((digits + _OVER_NINE) | digits) & _HIGH_BITS)


def _joined(digits: Words) -> Words:
    pairs = (digits * _TEN >> _8) & _PAIRS
    fours = (pairs * _HUNDRED >> _16) & _FOURS
    return fours * _MYRIAD >> _32
