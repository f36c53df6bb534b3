"""What the readers of one path bring together, before it is an `Export`.

Every room under `exports` has two doors: `shape.looks_like(name, head)` says which of its kinds
a file is, and `take` functions read found files into a `Gathered`.  `opening` opens both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING

from boltkb.errors import ExportError
from boltkb.exports.intake.members import Member
from boltkb.exports.records import (
    ConnectionRow,
    DriverPool,
    Floats,
    Holds,
    Ignored,
    LogEvent,
    MachineFact,
    QueryLog,
    Series,
    SettingValue,
    SocketCount,
    Source,
    SourceKind,
    ThreadDump,
    TransactionRow,
)

if TYPE_CHECKING:
    from boltkb.exports.intake.manifests import Manifest
    from boltkb.exports.logs.reading import LogFile

__all__ = ["Found", "Gathered", "Taker", "one_by_one"]


@dataclass(frozen=True, slots=True)
class Found:
    """A member with what it was taken for.

    Parameters
    ----------
    member : Member
    kind : str
    stem : str
        What rotated files have in common in their names.
    number : int
        The number of a rotated file, 0 for the current one.
    """

    member: Member
    kind: SourceKind
    stem: str
    number: int


@dataclass(slots=True)
class Gathered:
    """What has been read so far; readers add to it, `opening` makes the export of it.

    Parameters
    ----------
    settings : dict of str to SettingValue
        What configuration files and environments say; `told` is what the server said itself,
        and `outranked` what one of the former says against another.
    resets : list of (k,) arrays, epoch seconds
        Times at which counters of the whole server began anew.
    zone : tzinfo
        The zone of dates that have none, once the logs are read.
    """

    sources: list[Source] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    series: dict[str, Series] = field(default_factory=dict)
    resets: list[Floats] = field(default_factory=list)
    logs: list[LogFile] = field(default_factory=list)
    events: list[LogEvent] = field(default_factory=list)
    holds: Holds | None = None
    machine: list[MachineFact] = field(default_factory=list)
    settings: dict[str, SettingValue] = field(default_factory=dict)
    told: dict[str, SettingValue] = field(default_factory=dict)
    outranked: list[SettingValue] = field(default_factory=list)
    configured: bool = False
    queries: QueryLog | None = None
    dumps: list[ThreadDump] = field(default_factory=list)
    transactions: list[TransactionRow] = field(default_factory=list)
    connections: list[ConnectionRow] = field(default_factory=list)
    sockets: list[SocketCount] = field(default_factory=list)
    drivers: list[DriverPool] = field(default_factory=list)
    manifest: Manifest | None = None
    version: str | None = None
    edition: str | None = None
    zone: tzinfo = UTC

    def ignore(self, found: Found, why: str) -> None:
        """Say that a file is not read, and why."""
        self.ignored.append(Ignored(found.member.path, why))

    def fail(self, found: Found, problem: ExportError) -> None:
        """Say that a file should have been read and could not be."""
        self.ignore(found, problem.message)
        self.problems.append(f"{found.member.path}: not read: {problem.message}")


#: Reads all found files of one kind, oldest of rotated ones first.
Taker = Callable[[Sequence[Found], Gathered], None]


def one_by_one(take: Callable[[Found, Gathered], None]) -> Taker:
    """Return a taker that reads files one by one; one that cannot be read stops no other."""

    def take_all(entries: Sequence[Found], gathered: Gathered) -> None:
        for entry in entries:
            try:
                take(entry, gathered)
            except ExportError as problem:
                gathered.fail(entry, problem)

    return take_all
