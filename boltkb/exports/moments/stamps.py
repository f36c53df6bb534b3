"""When a moment was: the lines that a shell's `date` leaves between outputs, and names of files.

Knows how people and shells write a time; not what was looked at then.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

__all__ = ["instant", "line_time", "name_time"]

_ISO = (
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)[T _](?P<hour>\d\d):(?P<minute>\d\d)"
    r":(?P<second>\d\d(?:[.,]\d{1,9})?) ?(?P<zone>Z|UTC|GMT|[A-Z]{2,5}|[+-]\d\d:?\d\d)?"
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_UNIX = (
    r"(?:mon|tue|wed|thu|fri|sat|sun),? +(?:(?P<month1>[a-z]{3}) +(?P<day1>\d{1,2})"
    r"|(?P<day2>\d{1,2}) +(?P<month2>[a-z]{3})(?: +(?P<year2>\d{4}))?) +"
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d):(?P<second>\d\d)(?: +(?P<half>am|pm))?"
    r"(?: +(?P<zone>[a-z]{1,5}|[+-]\d\d(?::?\d\d)?))?(?: +(?P<year1>\d{4}))?"
)
_BEFORE = r"[\s#=*>\-]{0,20}(?:(?:date|time|timestamp|at)\s?[:=]\s?)?"
_AFTER = r"[\s#=*<:\-]{0,20}"
_ISO_LINE = re.compile(f"{_BEFORE}{_ISO}{_AFTER}", re.IGNORECASE)
_UNIX_LINE = re.compile(f"{_BEFORE}{_UNIX}{_AFTER}", re.IGNORECASE)
_EPOCH_LINE = re.compile(rf"{_BEFORE}(?P<epoch>1\d{{9}}(?:\.\d{{1,9}}|\d{{3}})?){_AFTER}")
_IN_NAME = re.compile(
    r"(?<!\d)(?P<year>20\d\d)-?(?P<month>[01]\d)-?(?P<day>[0-3]\d)[T_ .-]?"
    r"(?P<hour>[0-2]\d)[-_:.h]?(?P<minute>[0-5]\d)[-_:.m]?(?P<second>[0-5]\d)"
    r"(?:[.,]\d{1,9})?(?P<zone>Z|UTC|[+-]\d{4})?(?!\d)"
)
_EPOCH_IN_NAME = re.compile(r"(?<!\d)(1[5-9]\d{8})(?:\d{3})?(?!\d)")
#: A line with a time on it is short.
_LONGEST = 80


def line_time(line: str, zone: tzinfo = UTC) -> float | None:
    """Return the time that a line consists of; None for any other line.

    Parameters
    ----------
    line : str
        As `date` prints it in any of its usual formats, ISO 8601, or seconds since 1970.
    zone : tzinfo
        Of a time that names none.

    Returns
    -------
    float or None
        Epoch seconds.  None too for a zone's short name that is neither UTC nor `zone`'s own:
        such names mean different zones in different countries.

    Examples
    --------
    >>> line_time("Mon Nov 24 16:00:00 UTC 2025"), line_time("=== 2025-11-24T16:00:00Z ===")
    (1764000000.0, 1764000000.0)
    >>> line_time("8 rows") is None
    True
    """
    if len(line) > _LONGEST:
        return None
    text = line.strip()
    if found := _EPOCH_LINE.fullmatch(text):
        number = float(found["epoch"])
        return number / 1000 if number > 1e11 else number
    if found := _ISO_LINE.fullmatch(text):
        return _time(found.groupdict(), zone)
    found = _UNIX_LINE.fullmatch(text)
    if found is None:
        return None
    parts = found.groupdict()
    month = (parts["month1"] or parts["month2"]).lower()
    year = parts["year1"] or parts["year2"]
    if month not in _MONTHS or year is None:
        return None
    hour = int(parts["hour"])
    if parts["half"]:
        hour = hour % 12 + (12 if parts["half"].lower() == "pm" else 0)
    return _time(
        {
            "year": year,
            "month": str(_MONTHS.index(month) + 1),
            "day": parts["day1"] or parts["day2"],
            "hour": str(hour),
            "minute": parts["minute"],
            "second": parts["second"],
            "zone": parts["zone"],
        },
        zone,
    )


def name_time(name: str, zone: tzinfo = UTC) -> float | None:
    """Return the time in a file's name, None where there is none.

    Parameters
    ----------
    name : str
    zone : tzinfo
        Of a time that names none.

    Examples
    --------
    >>> name_time("threaddump-20251124T160000Z.txt"), name_time("tx_1764000000.csv")
    (1764000000.0, 1764000000.0)
    >>> name_time("threaddump-1.txt") is None
    True
    """
    found = _IN_NAME.search(name)
    if found:
        return _time(found.groupdict(), zone)
    epoch = _EPOCH_IN_NAME.search(name)
    return float(epoch[1]) if epoch else None


def instant(text: str | None) -> float | None:
    """Return a time that Neo4j wrote in a table, in epoch seconds; None for anything else.

    Examples
    --------
    >>> instant("2025-11-24T16:00:00.000000001Z[UTC]"), instant("yesterday")
    (1764000000.0, None)
    """
    if text is None:
        return None
    # Java writes up to nine decimals and may add a zone's name in brackets.
    plain = re.sub(r"\[[^\]]*\]$", "", text[:100])
    plain = re.sub(r"(\.\d{6})\d+", r"\1", plain).replace(" ", "T", 1)
    try:
        time = datetime.fromisoformat(plain)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _time(parts: dict[str, str | None], zone: tzinfo) -> float | None:
    try:
        second = float((parts["second"] or "0").replace(",", "."))
        local = datetime(
            int(parts["year"] or 0),
            int(parts["month"] or 0),
            int(parts["day"] or 0),
            int(parts["hour"] or 0),
            int(parts["minute"] or 0),
        ) + timedelta(seconds=second)
        named = _zone(parts.get("zone"), local, zone)
        return None if named is None else local.replace(tzinfo=named).timestamp()
    except (ValueError, OverflowError):
        return None


def _zone(name: str | None, local: datetime, zone: tzinfo) -> tzinfo | None:
    if not name:
        return zone
    if name.upper() in {"Z", "UTC", "GMT"}:
        return UTC
    if name[0] in "+-":
        digits = name.replace(":", "").ljust(5, "0")
        return datetime.strptime(digits, "%z").tzinfo
    return zone if local.replace(tzinfo=zone).tzname() == name.upper() else None
