"""Times as people and programs write them into cells, lines and names of files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

__all__ = ["EARLIEST", "LATEST", "read_moment", "time_in_name"]

#: Times outside these are not times of a Neo4j server (2010 and 2100).
EARLIEST, LATEST = 1_262_304_000.0, 4_102_444_800.0
_LONGEST = 64
_EPOCH = re.compile(r"(\d{10}(?:\.\d{1,9})?)|(\d{13})|(\d{16})|(\d{19})")
_DATE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?"
    r"\s*(Z|UTC|[+-]\d\d:?\d\d)?"
)
_IN_NAME_NUMBER = re.compile(r"(?<!\d)(\d{10})(\d{3})?(?!\d)")
_IN_NAME_DATE = re.compile(
    r"(?<!\d)(20\d\d)-?([01]\d)-?([0-3]\d)[T_ -]?([0-2]\d)[:.-]?([0-5]\d)[:.-]?([0-5]\d)"
    r"(?:\.\d{1,6})?(Z|[+-]\d{4})?(?!\d)",
    re.IGNORECASE,
)


def read_moment(text: str) -> tuple[float, bool] | None:
    """Return a written time in epoch seconds, and whether its zone is sure; None where unclear.

    Parameters
    ----------
    text : str
        Epoch seconds, milliseconds, micro- or nanoseconds, or ISO 8601; without a zone it is
        read as UTC.

    Examples
    --------
    >>> read_moment("2024-06-27 15:17:00"), read_moment("1719501420000")
    ((1719501420.0, False), (1719501420.0, True))
    >>> read_moment("06/07/2024 15:17") is None
    True
    """
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    found = _EPOCH.fullmatch(text)
    if found is not None:
        digits = found[1] or text
        scale = {13: 1e3, 16: 1e6, 19: 1e9}.get(len(digits), 1.0) if not found[1] else 1.0
        return _within(float(digits) / scale, sure=True)
    date = _DATE.fullmatch(text)
    if date is None:
        return None
    seconds = _seconds(date.groups()[:6], date[8])
    if seconds is None:
        return None
    fraction = float(f"0.{date[7]}") if date[7] else 0.0
    return _within(seconds + fraction, sure=date[8] is not None)


def time_in_name(name: str) -> tuple[float, bool] | None:
    """Return the time in a file's name, and whether its zone stands there too.

    Parameters
    ----------
    name : str
        With a time as epoch seconds or milliseconds, or as ISO 8601.

    Returns
    -------
    tuple of (float, bool), or None
        Epoch seconds, read as UTC where there is no zone.  None for none, or for several.

    Examples
    --------
    >>> time_in_name("neo4j-1719501420.prom"), time_in_name("page_2024-06-27T15-17-00.txt")
    ((1719501420.0, True), (1719501420.0, False))
    >>> time_in_name("page-12.prom") is None
    True
    """
    times: set[tuple[float, bool]] = set()
    for found in _IN_NAME_NUMBER.finditer(name):
        seconds = int(found[1]) + (int(found[2]) / 1000 if found[2] else 0.0)
        known = _within(seconds, sure=True)
        if known is not None:
            times.add(known)
    for found in _IN_NAME_DATE.finditer(name):
        moment = _seconds(found.groups()[:6], found[7])
        known = None if moment is None else _within(moment, sure=found[7] is not None)
        if known is not None:
            times.add(known)
    return times.pop() if len(times) == 1 else None


def _within(seconds: float, *, sure: bool) -> tuple[float, bool] | None:
    return (seconds, sure) if EARLIEST < seconds < LATEST else None


def _seconds(parts: Sequence[str | None], zone: str | None) -> float | None:
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    ahead = 0
    if zone is not None and zone[0] in "+-":
        digits = zone[1:].replace(":", "")
        ahead = (int(digits[:2]) * 60 + int(digits[2:])) * (60 if zone[0] == "+" else -60)
    return moment.timestamp() - ahead
