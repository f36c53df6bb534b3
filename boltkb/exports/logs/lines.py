"""What a log line is made of: its level, its message, and the numbers in it.

Knows the text layout and the JSON layout of a line; `entries` knows their times.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from boltkb.catalogue import Message

__all__ = ["TEXT_LIMIT", "find_message", "has_category", "line_parts", "named_numbers"]

#: Characters of a message that are kept.
TEXT_LIMIT = 500

_NUMBER = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,9})?")
_CONTEXT = re.compile(r"\[[\w.-]{1,100}(?:/[0-9a-f]{1,32})?\] ")
_PER_SECOND = {"s": 1.0, "ms": 1e3, "ns": 1e9}
_PLAIN = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}[+-]\d{4}) (?P<level>[A-Z]+) +"
    r"(?:\[(?P<category>[\w.$]+\.[\w$]+)\] )?(?P<message>.*)",
    re.DOTALL,
)


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
    level, message = found.group("level", "message")
    return level, message


def named_numbers(parts: Mapping[str, str | None]) -> Mapping[str, float]:
    """Return the numbers among a pattern's named parts; spans in seconds.

    A part named `_ms`, `_ns` or `_s` is in that unit, one named `_hms` is written as `0:15:00.000`.

    Examples
    --------
    >>> named_numbers({"window_ms": "600000", "threshold": "2", "connection": "bolt-7"})
    {'window': 600.0, 'threshold': 2.0}
    """
    numbers: dict[str, float] = {}
    for name, value in parts.items():
        if name.endswith("_hms") and value is not None:
            hours, minutes, seconds = map(float, value.split(":"))
            numbers[name.removesuffix("_hms")] = 3600.0 * hours + 60.0 * minutes + seconds
            continue
        if value is None or _NUMBER.fullmatch(value) is None:
            continue
        known, _, unit = name.rpartition("_")
        if known and unit in _PER_SECOND:
            numbers[known] = float(value) / _PER_SECOND[unit]
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


def find_message(message: Message, text: str) -> re.Match[str] | None:
    """Return where a message's text is what the catalogue knows, None where it is not.

    Examples
    --------
    >>> from boltkb.catalogue import load_messages
    >>> find_message(load_messages()["started"], "[system/00000000] Started.") is not None
    True
    """
    found = message.pattern.search(text)
    if found is None and text.startswith("["):
        # Which database an entry is about stands before its message.
        context = _CONTEXT.match(text)
        found = None if context is None else message.pattern.search(text[context.end() :])
    return found
