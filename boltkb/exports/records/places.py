"""Where a fact was read, what a file was taken for, and what was not read.

Knows no file format.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "Ignored",
    "SettingOrigin",
    "SettingValue",
    "Source",
    "SourceKind",
    "Where",
]

SourceKind = Literal[
    "metric",
    "scraped-metrics",
    "panel",
    "log",
    "query-log",
    "gc-log",
    "driver-log",
    "driver-metrics",
    "configuration",
    "settings-list",
    "environment",
    "thread-dump",
    "transactions",
    "connections",
    "sockets",
    "server-notes",
    "manifest",
]
#: How a setting's value came to be known, weakest first.
SettingOrigin = Literal["file", "environment", "start", "running"]


@dataclass(frozen=True, slots=True)
class Where:
    """The place that a fact was read from.

    Parameters
    ----------
    file : str
        Path inside the export; `a.zip!b` for a file in an archive inside it.
    first_line, last_line : int, optional
        Lines, counted from 1.

    Examples
    --------
    >>> str(Where("conf/neo4j.conf", 12)), str(Where("metrics/x.csv", 2, 1201))
    ('conf/neo4j.conf:12', 'metrics/x.csv:2-1201')
    """

    file: str
    first_line: int | None = None
    last_line: int | None = None

    def __str__(self) -> str:
        if self.first_line is None:
            return self.file
        if self.last_line is None or self.last_line == self.first_line:
            return f"{self.file}:{self.first_line}"
        return f"{self.file}:{self.first_line}-{self.last_line}"


@dataclass(frozen=True, slots=True)
class SettingValue:
    """A setting as it was found; a secret's value never gets this far.

    Parameters
    ----------
    name : str
        The name as written.
    value : str
        The value as written, `(hidden)` for a secret.
    where : Where
    origin : str
        How it is known, weakest first: `file` (what is written may not be in force),
        `environment`, `start` (the server listed it when it started), `running` (the running
        server was asked).
    """

    name: str
    value: str
    where: Where
    origin: SettingOrigin = "file"


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read.

    Parameters
    ----------
    path : str
        Path inside the export.
    kind : str
    rows : int
        Rows, entries or threads read.
    refused : int
        Lines that could not be read.
    why : str
        Why the first of them was refused, with its line; empty for none.
    start, end : float or None
        Epoch seconds that it covers.
    """

    path: str
    kind: SourceKind
    rows: int
    refused: int = 0
    why: str = ""
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """A file that was not read, and why."""

    path: str
    why: str
