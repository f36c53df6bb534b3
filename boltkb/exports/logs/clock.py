"""The time of an entry, `2024-06-27 15:16:34.519+0000`, in epoch seconds.

Stands without numpy, as `needles` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["DATE_LENGTH", "Clock"]

#: A date as it stands at the beginning of an entry: `2024-06-27 15:16:34.519+0000`.
DATE_LENGTH = 28
_DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)


class Clock:
    """Reads the times of entries; the day is worked out once for all entries in it.

    Examples
    --------
    >>> Clock().read(b"2024-06-27 15:16:34.519+0130 INFO", 0)
    1719495994.519
    """

    def __init__(self) -> None:
        self._days: dict[bytes, int] = {}

    def read(self, text: bytes | bytearray, at: int) -> float:
        """Return the time whose first byte is at `at`, in epoch seconds."""
        stamp = bytes(text[at : at + DATE_LENGTH])
        day = stamp[:10] + stamp[23:]
        known = self._days.get(day)
        if known is None:
            if len(self._days) > 4096:
                self._days.clear()
            known = self._days[day] = 1000 * (_day(stamp) - _ahead(stamp[23:]))
        # One number of nine digits, hours to milliseconds, is read in half the time of four.
        minutes, rest = divmod(int(stamp[11:23].translate(None, b":.")), 100_000)
        return (known + 60_000 * (minutes - 40 * (minutes // 100)) + rest) / 1000.0

    def read_parts(self, dates: Iterable[Sequence[bytes]]) -> list[float]:
        """Return the times of dates taken apart, in epoch seconds.

        Parameters
        ----------
        dates : iterable of sequence of bytes
            Of each first day, hour and minute, `2024-06-27 15:16`; then its seconds, its
            milliseconds, and its zone.

        Examples
        --------
        >>> Clock().read_parts([(b"2024-06-27 15:16", b"34", b"519", b"+0130")])
        [1719495994.519]
        """
        # Most lines are of the same minute as the one before.
        last, begun = (b"", b""), 0
        times = []
        for minute, second, millisecond, zone, *_ in dates:
            if (minute, zone) != last:
                last = (minute, zone)
                begun = round(1000 * self.read(minute + b":00.000" + zone, 0))
            times.append((begun + int(second + millisecond)) / 1000.0)
        return times

    @staticmethod
    def ahead(text: bytes | bytearray, at: int) -> float:
        """Return by how many seconds the time at `at` is ahead of UTC.

        Examples
        --------
        >>> Clock.ahead(b"2024-06-27 15:16:34.519+0130 INFO", 0)
        5400.0
        """
        return float(_ahead(bytes(text[at + 23 : at + 28])))


def _day(text: bytes) -> int:
    year, month, day = int(text[:4]), min(max(int(text[5:7]), 1), 12), int(text[8:10])
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    days = 365 * (year - 1970) + (year - 1969) // 4 - (year - 1901) // 100 + (year - 1601) // 400
    days += _DAYS_BEFORE_MONTH[month - 1] + (leap and month > 2) + day - 1
    return 86400 * days


def _ahead(zone: bytes) -> int:
    seconds = 3600 * int(zone[1:3]) + 60 * int(zone[3:5])
    return -seconds if zone[:1] == b"-" else seconds
