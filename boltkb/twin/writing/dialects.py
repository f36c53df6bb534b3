"""How the files of each Neo4j version look: layouts, intervals, number formats, rotation."""

from __future__ import annotations

import math
from dataclasses import dataclass

from boltkb.catalogue import Version
from boltkb.twin.server import Server

__all__ = ["Dialect", "java_double"]


def _from(since: str) -> Version:
    return Version.parse(since)


_METERS = _from("3.5")
_DATABASES = _from("4.0")
_FILTER = _from("4.2")
_MODERN = _from("5.0")
_ACCOUNTING = _from("5.18")
_CALENDAR = _from("2025.01")


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a version's files look like.

    Parameters
    ----------
    version : Version
    name : str
        As the server writes it.

    Examples
    --------
    >>> old, new = Dialect.of("3.5.35"), Dialect.of("2026.04.0")
    >>> old.interval, new.interval, old.rotated(1), new.rotated(1)
    (3, 30, '.1', '.01')
    """

    version: Version
    name: str

    @classmethod
    def of(cls, server: Server | str) -> Dialect:
        """Return the dialect of a server or of a version."""
        name = server if isinstance(server, str) else server.version
        return cls(Version.parse(name), name)

    @property
    def interval(self) -> int:
        """Seconds between two rows of a metric."""
        return 30 if self.version >= _FILTER else 3

    @property
    def meters(self) -> bool:
        """Whether a counter has its rates beside it."""
        return self.version >= _METERS

    @property
    def filtered(self) -> bool:
        """Whether a filter decides which metrics are exported."""
        return self.version >= _FILTER

    @property
    def databases(self) -> tuple[str, ...]:
        """The databases that have metrics of their own."""
        return ("neo4j", "system") if self.version >= _DATABASES else ("neo4j",)

    @property
    def header_at_restart(self) -> bool:
        """Whether the header comes again in the midst of a metric's file when the server starts."""
        return self.version < _FILTER

    @property
    def padded(self) -> bool:
        """Whether a level in debug.log takes five places."""
        return self.version >= _FILTER

    @property
    def boxed(self) -> bool:
        """Whether the diagnostics of the start are framed blocks."""
        return self.version >= _DATABASES

    @property
    def repeats_diagnostics(self) -> bool:
        """Whether a rotated debug.log begins with the diagnostics."""
        return _FILTER <= self.version < _CALENDAR

    @property
    def json_debug(self) -> bool:
        """Whether debug.log is JSON unless told otherwise."""
        return self.version >= _CALENDAR

    @property
    def modern(self) -> bool:
        """Whether it is 5.0 or later."""
        return self.version >= _MODERN

    @property
    def accounts(self) -> bool:
        """Whether rejections are gathered into lines about episodes unless told otherwise."""
        return self.version >= _ACCOUNTING

    @property
    def archives_metrics(self) -> bool:
        """Whether rotated metrics are packed."""
        return self.version >= _CALENDAR

    def rotated(self, number: int) -> str:
        """Return what a rotated file's name ends with; 1 is the newest."""
        return f".{number:02}" if self.modern else f".{number}"

    def decimal(self, value: float) -> str:
        """Return a number as a metric's file has it."""
        return java_double(value) if self.version >= _CALENDAR else f"{value:.6f}"


def java_double(value: float) -> str:
    """Return a number as Java prints it: shortest, with an exponent where it is far from one.

    Examples
    --------
    >>> java_double(0.5), java_double(0.00025), java_double(12345678.0)
    ('0.5', '2.5E-4', '1.2345678E7')
    """
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(float(value))
    digits = f"{value!r}"
    if "e" in digits:
        mantissa, power = digits.split("e")
        return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(power)}"
    exponent = math.floor(math.log10(abs(value)))
    plain = digits.replace(".", "").strip("0") or "0"
    return f"{plain[0]}.{plain[1:] or '0'}E{exponent}"
