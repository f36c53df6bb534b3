"""What log lines are made of: their times, read in bulk, their level, message and numbers.

Knows the shape of a line's beginning: text layout `2024-06-27 15:16:34.519+0000 INFO  ...` and
JSON layout `{"time":"2024-06-27 15:16:34.519+0000","level":"INFO",...`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from boltkb.exports.records import Floats

__all__ = ["entry_times", "has_category", "line_parts", "named_numbers", "offset_of"]

_JSON = b'{"time":"'
#: A time's shape: 0 where a digit stands.
_SHAPE = np.frombuffer(b"0000-00-00 00:00:00.000", dtype=np.uint8)
_LENGTH = len(_SHAPE) + 5
_LEVELS = {"T": "TRACE", "D": "DEBUG", "I": "INFO", "W": "WARN", "E": "ERROR"}
_DAYS_BEFORE_MONTH = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334])

_PLAIN = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.,]\d{3}[+-]\d{4}) (?P<level>[A-Z]+) +"
    r"(?:\[(?P<category>[\w.$]+\.[\w$]+)\] )?(?P<message>.*)",
    re.DOTALL,
)


def entry_times(
    block: NDArray[np.uint8], starts: NDArray[np.intp]
) -> tuple[NDArray[np.intp], Floats, set[str]]:
    r"""Return which lines begin an entry, their times, and the levels met.

    Parameters
    ----------
    block : (n,) array of bytes
        Whole lines.
    starts : (m,) array
        Where each line begins.

    Returns
    -------
    tuple
        Indices into `starts`; epoch seconds; levels.

    Examples
    --------
    >>> text = b"2024-06-27 15:16:34.519+0000 WARN  [a.B] x\n\tat y\n"
    >>> block = np.frombuffer(text, dtype=np.uint8)
    >>> places, times, levels = entry_times(block, np.array([0, 43]))
    >>> places.tolist(), times.tolist(), levels
    ([0], [1719501394.519], {'WARN'})
    """
    size = len(block)
    begins = starts.copy()
    brace = np.zeros(len(starts), dtype=bool)
    if len(starts):
        brace = (block[starts] == _JSON[0]) & (starts + len(_JSON) < size)
        begins[brace] += len(_JSON)
    room = np.flatnonzero(begins + _LENGTH + 6 <= size)
    # A year begins with 1 or 2: most continuation lines are out with one look.
    first = block[begins[room]]
    room = room[(first == 50) | (first == 49)]
    if not len(room):
        return np.empty(0, dtype=np.intp), np.empty(0), set()
    text = block[begins[room][:, None] + np.arange(_LENGTH + 6)]
    head = text[:, : len(_SHAPE)]
    digit = _SHAPE == 48
    is_digit = (head >= 48) & (head <= 57)
    fits = is_digit[:, digit].all(axis=1)
    marks = head[:, ~digit] == _SHAPE[~digit]
    marks[:, -1] |= head[:, 19] == ord(",")
    marks[:, 2] |= head[:, 10] == ord("T")
    zone = text[:, len(_SHAPE) : _LENGTH]
    fits &= marks.all(axis=1) & ((zone[:, 0] == ord("+")) | (zone[:, 0] == ord("-")))
    fits &= ((zone[:, 1:] >= 48) & (zone[:, 1:] <= 57)).all(axis=1)
    room, text, zone = room[fits], text[fits].astype(np.int64) - 48, zone[fits]
    if not len(room):
        return np.empty(0, dtype=np.intp), np.empty(0), set()
    return room, _epoch(text, zone), _levels(block, begins[room], brace[room], size)


def offset_of(block: bytes, start: int) -> float:
    """Return by how many seconds the times of an entry are ahead of UTC.

    Examples
    --------
    >>> offset_of(b"2024-06-27 15:16:34.519+0130 INFO", 0)
    5400.0
    """
    if block.startswith(_JSON, start):
        start += len(_JSON)
    zone = block[start + len(_SHAPE) : start + _LENGTH].decode("ascii", "replace")
    seconds = 3600.0 * int(zone[1:3]) + 60.0 * int(zone[3:5])
    return -seconds if zone[0] == "-" else seconds


def line_parts(raw: bytes) -> tuple[str, str]:
    """Return a line's level and message; the whole line as message where it begins no entry.

    Examples
    --------
    >>> line_parts(b"2024-06-27 15:16:34.519+0000 WARN  [a.B] text")
    ('WARN', 'text')
    """
    text = raw.decode("utf-8", "replace").rstrip("\r")
    if text.startswith('{"time"'):
        try:
            entry = json.loads(text)
        except (ValueError, RecursionError):
            return "", text
        message = "\n".join(str(entry.get(key, "")) for key in ("message", "stacktrace"))
        return str(entry.get("level", ""))[:10], message.rstrip("\n")
    found = _PLAIN.match(text)
    if found is None:
        return "", text
    return found["level"], found["message"]


def named_numbers(parts: Mapping[str, str | None]) -> Mapping[str, float]:
    """Return the numbers among a pattern's named parts; those named `_ms` in seconds.

    Examples
    --------
    >>> named_numbers({"window_ms": "600000", "threshold": "2", "connection": "bolt-7"})
    {'window': 600.0, 'threshold': 2.0}
    """
    numbers: dict[str, float] = {}
    for name, value in parts.items():
        if value is None or not value.isascii() or not value.isdigit() or len(value) > 18:
            continue
        if name.endswith("_ms"):
            numbers[name.removesuffix("_ms")] = int(value) / 1000
        else:
            numbers[name] = float(value)
    return numbers


def has_category(raw: bytes) -> bool:
    """Return whether a line is laid out like debug.log, with a category, or is JSON.

    Examples
    --------
    >>> has_category(b"2024-06-27 15:16:34.519+0000 ERROR [bolt-7] text")
    False
    """
    found = _PLAIN.match(raw.decode("utf-8", "replace"))
    return found is None or found["category"] is not None


def _epoch(text: NDArray[np.int64], zone: NDArray[np.uint8]) -> Floats:
    def read(first: int, last: int) -> NDArray[np.int64]:
        value = np.zeros(len(text), dtype=np.int64)
        for place in range(first, last):
            value = value * 10 + text[:, place]
        return value

    year, month, day = read(0, 4), np.clip(read(5, 7), 1, 12), read(8, 10)
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    days = 365 * (year - 1970) + (year - 1969) // 4 - (year - 1901) // 100 + (year - 1601) // 400
    days = days + _DAYS_BEFORE_MONTH[month - 1] + (leap & (month > 2)) + day - 1
    seconds = days * 86400 + read(11, 13) * 3600 + read(14, 16) * 60 + read(17, 19)
    ahead = read(24, 26) * 3600 + read(26, 28) * 60
    ahead = np.where(zone[:, 0] == ord("-"), -ahead, ahead)
    milliseconds = (seconds - ahead) * 1000 + read(20, 23)
    return np.asarray(milliseconds / 1000.0, dtype=np.float64)


def _levels(
    block: NDArray[np.uint8], begins: NDArray[np.intp], json: NDArray[np.bool_], size: int
) -> set[str]:
    # Text: one blank between the time and the level.  JSON: `","level":"`.
    away = _LENGTH + np.where(json, len(b'","level":"'), 1)
    letters = np.unique(block[np.minimum(begins + away, size - 1)])
    return {_LEVELS[chr(letter)] for letter in letters if chr(letter) in _LEVELS}
