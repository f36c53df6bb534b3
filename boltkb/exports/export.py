"""The export: everything that was read from one place, with what was not.

Knows no file format; `opening` fills it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from boltkb.catalogue import load_settings, setting_id
from boltkb.errors import CatalogueError
from boltkb.exports.counts import counted, iso, told
from boltkb.exports.records import (
    ConnectionRow,
    DriverPool,
    Holds,
    Ignored,
    LogEvent,
    LogSpan,
    MachineFact,
    QueryLog,
    Series,
    SettingValue,
    SocketCount,
    Source,
    ThreadDump,
    TransactionRow,
)
from boltkb.tables import Column, Shown, Table, escape, number, span

__all__ = ["Export", "iso"]

#: How many ignored files are told one by one before they are told by their reason.
_TOLD = 12


@dataclass(frozen=True, slots=True, eq=False)
class Export(Shown):
    """What a folder, an archive or a file held.

    Parameters
    ----------
    name : str
        The folder's or the archive's own name, without an ending.
    path : str
        As it was given.
    version, edition : str or None
        Of the Neo4j server, as its own files say.
    start, end : float or None
        Epoch seconds that metrics and logs cover together.
    simulated : bool or None
        Whether a manifest says that no real server wrote this; None without one.
    settings : mapping of str to SettingValue
        By name as written.
    series : mapping of str to Series
        By the metric's id, `id[database]` for one that exists once per database.
    events : tuple of LogEvent
        By time; one entry for each rejection, in however many logs it was written.
    log_spans : tuple of LogSpan
        The time that each log covers.
    restarts : tuple of float
        Epoch seconds at which the server started anew within the export.
    thread_dumps : tuple of ThreadDump
        By time.
    transactions : tuple of TransactionRow
    connections : tuple of ConnectionRow
    sockets : tuple of SocketCount
    holds : Holds or None
        Exact thread holds, where a debug-level trace of 5.x is at hand.
    queries : QueryLog or None
    drivers : tuple of DriverPool
        Pools on the client's side.
    machine : mapping of str to MachineFact
        What the server says about the machine that it runs on.
    sources : tuple of Source
    ignored : tuple of Ignored
    problems : tuple of str
        What a reader of the report should know about the files.
    sampling_interval : float or None
        Seconds between samples, where a manifest says so.
    servers : tuple of Export
        The members of a cluster, where the path holds the exports of several servers; then the
        other fields hold only what belongs to none of them.
    peers : tuple of Export
        Of one member of a cluster, the other members.
    outranked : tuple of SettingValue
        Values of settings that others in `settings` outrank and contradict.
    started_with : frozenset of str or None
        Names of the settings that the server listed at its last start, so that one that is not
        among them had its default; None where no log has such a list.
    """

    name: str
    path: str
    version: str | None
    edition: str | None
    start: float | None
    end: float | None
    simulated: bool | None
    settings: Mapping[str, SettingValue]
    series: Mapping[str, Series]
    events: tuple[LogEvent, ...]
    log_spans: tuple[LogSpan, ...]
    restarts: tuple[float, ...]
    thread_dumps: tuple[ThreadDump, ...]
    transactions: tuple[TransactionRow, ...]
    connections: tuple[ConnectionRow, ...]
    sources: tuple[Source, ...]
    ignored: tuple[Ignored, ...]
    problems: tuple[str, ...]
    sampling_interval: float | None = None
    sockets: tuple[SocketCount, ...] = ()
    holds: Holds | None = None
    queries: QueryLog | None = None
    drivers: tuple[DriverPool, ...] = ()
    machine: Mapping[str, MachineFact] = field(default_factory=dict)
    servers: tuple[Export, ...] = ()
    peers: tuple[Export, ...] = ()
    outranked: tuple[SettingValue, ...] = ()
    started_with: frozenset[str] | None = None

    @property
    def server_names(self) -> tuple[str, ...]:
        """The names of a cluster's members, as `open_export` takes them."""
        return tuple(server.name.removeprefix(f"{self.name}-") for server in self.servers)

    def setting(self, key: str) -> SettingValue | None:
        """Return a setting by its id in the catalogue, whatever its name in the version.

        Parameters
        ----------
        key : str
            Such as `bolt-threads-max`.

        Returns
        -------
        SettingValue or None
            None where the export does not say.

        Raises
        ------
        CatalogueError
            For an id that the catalogue does not have.

        Examples
        --------
        >>> from boltkb.exports import Where
        >>> name = "server.bolt.thread_pool_max_size"
        >>> empty_export(settings={name: SettingValue(name, "8", Where("neo4j.conf", 3))}).setting(
        ...     "bolt-threads-max"
        ... ).value
        '8'
        """
        if key not in load_settings():
            raise CatalogueError(f"no setting with the id {key!r}")
        newest_first = [interval.name for interval in reversed(load_settings()[key].names)]
        for name in newest_first:
            if name in self.settings:
                return self.settings[name]
        for name, value in self.settings.items():
            if setting_id(name) == key:
                return value
        return None

    def table(self) -> Table:
        """Return what was read as a table, a row a file."""
        columns = (
            Column("File"),
            Column("What"),
            Column("Rows", numeric=True),
            Column("Refused", numeric=True),
            Column("From"),
            Column("To"),
            Column("Why refused"),
        )
        rows = tuple(
            (
                source.path,
                source.kind.replace("-", " "),
                number(source.rows),
                number(source.refused),
                iso(source.start) or "",
                iso(source.end) or "",
                source.why,
            )
            for source in self.sources
        )
        return Table(columns, rows, title="What was read", notes=tuple(self._notes()))

    def facts(self) -> Mapping[str, object]:
        """Return what `facts.json` says about the export, times as ISO 8601 in UTC."""
        return self._facts(self._ignored())

    def facts_in_full(self) -> Mapping[str, object]:
        """Return the facts with every ignored file by its own name, however many they are."""
        return self._facts([(entry.path, entry.why) for entry in self.ignored])

    def _facts(self, ignored: Sequence[tuple[str, str]]) -> Mapping[str, object]:
        return {
            "export": {
                "name": self.name,
                "version": self.version,
                "edition": self.edition,
                "start": iso(self.start),
                "end": iso(self.end),
                "simulated": self.simulated,
                "sources": [
                    {
                        "path": source.path,
                        "kind": source.kind,
                        "rows": source.rows,
                        "refused": source.refused,
                        "why": source.why,
                        "start": iso(source.start),
                        "end": iso(source.end),
                    }
                    for source in self.sources
                ],
                "ignored": [{"path": path, "why": why} for path, why in ignored],
                "problems": list(self.problems),
                **counted(self),
            }
        }

    def to_html(self) -> str:
        """Return a lead line and the table of what was read, as one line of HTML."""
        return f"<p>{escape(self._lead())}</p>{self.table().to_html()}"

    def __str__(self) -> str:
        return f"{self._lead()}\n{self.table()}"

    def _lead(self) -> str:
        server = "Neo4j" + (f" {self.version}" if self.version else " of an unknown version")
        if self.edition:
            server += f" {self.edition.capitalize()}"
        if self.start is None or self.end is None:
            time = "without a time span"
        else:
            time = f"{iso(self.start)} to {iso(self.end)} ({span(self.end - self.start)})"
        made = " (simulated)" if self.simulated else ""
        return f"Export {self.name}{made}: {server}, {time}, {len(self.sources)} files read."

    def _notes(self) -> list[str]:
        notes = [*told(self), *self.problems]
        ignored = self._ignored()
        if ignored:
            named = "; ".join(f"{path}: {why}" for path, why in ignored)
            notes.append(f"Not read: {named}.")
        return notes

    def _ignored(self) -> list[tuple[str, str]]:
        # A server's home holds thousands of files; past a dozen for one reason they are counted.
        counts = Counter(entry.why for entry in self.ignored)
        first: dict[str, int] = {}
        lines: list[tuple[str, str]] = []
        for entry in self.ignored:
            many = counts[entry.why] > _TOLD
            if not many:
                lines.append((entry.path, entry.why))
            elif entry.why not in first:
                first[entry.why] = len(lines)
                more = counts[entry.why] - 1
                lines.append((f"{entry.path} and {more} more files", entry.why))
        return lines


def empty_export(
    name: str = "empty", *, settings: Mapping[str, SettingValue] | None = None
) -> Export:
    """Return an export without anything in it but the settings given; for tests and examples.

    Examples
    --------
    >>> empty_export().series
    {}
    """
    return Export(
        name=name,
        path=name,
        version=None,
        edition=None,
        start=None,
        end=None,
        simulated=None,
        settings=dict(settings or {}),
        series={},
        events=(),
        log_spans=(),
        restarts=(),
        thread_dumps=(),
        transactions=(),
        connections=(),
        sources=(),
        ignored=(),
        problems=(),
    )
