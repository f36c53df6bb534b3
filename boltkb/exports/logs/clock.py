"""The time of an entry, `2024-06-27 15:16:34.519+0000`, in epoch seconds.

Stands without numpy, as `needles` does.
"""

from __future__ import annotations

__all__ = ["DATE_LENGTH", "Clock"]

#: A date as it stands at the beginning of an entry: `2024-06-27 15:16:34.519+0000`.
DATE_LENGTH = 28
_DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)


class Clock:
    """Reads the times of entries; the minute is worked out once for all entries in it.

    Examples
    --------
    >>> Clock().read(b"2024-06-27 15:16:34.519+0130 INFO", 0)
    1719495994.519
    """

    def __init__(self) -> None:
        self._minutes: dict[bytes, int] = {}

    def read(self, text: bytes | bytearray, at: int) -> float:
        """Return the time whose first byte is at `at`, in epoch seconds."""
        stamp = bytes(text[at : at + 28])
        minute, zone = stamp[:16], stamp[23:]
        known = self._minutes.get(minute + zone)
        if known is None:
            if len(self._minutes) > 4096:
                self._minutes.clear()
            known = self._minutes[minute + zone] = _minute(minute) - 1000 * _ahead(zone)
        return (known + 1000 * int(stamp[17:19]) + int(stamp[20:23])) / 1000.0

    @staticmethod
    def ahead(text: bytes | bytearray, at: int) -> float:
        """Return by how many seconds the time at `at` is ahead of UTC.

        Examples
        --------
        >>> Clock.ahead(b"2024-06-27 15:16:34.519+0130 INFO", 0)
        5400.0
        """
        return float(_ahead(bytes(text[at + 23 : at + 28])))


def _minute(text: bytes) -> int:
    year, month, day = int(text[:4]), min(max(int(text[5:7]), 1), 12), int(text[8:10])
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    days = 365 * (year - 1970) + (year - 1969) // 4 - (year - 1901) // 100 + (year - 1601) // 400
    days += _DAYS_BEFORE_MONTH[month - 1] + (leap and month > 2) + day - 1
    return 1000 * (days * 86400 + int(text[11:13]) * 3600 + int(text[14:16]) * 60)


def _ahead(zone: bytes) -> int:
    seconds = 3600 * int(zone[1:3]) + 60 * int(zone[3:5])
    return -seconds if zone[:1] == b"-" else seconds
