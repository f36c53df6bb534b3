"""`open_export`: finds what a path holds and reads it.

Knows which reader goes with which kind of file and how their results come together; the
readers know the formats.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from boltkb.catalogue import load_messages, load_metrics, metric_id
from boltkb.errors import ExportError
from boltkb.exports.configuration import read_configuration
from boltkb.exports.dumps import read_dumps
from boltkb.exports.export import Export
from boltkb.exports.incidents import count_once, restart_times
from boltkb.exports.logs import LogFile, read_log
from boltkb.exports.manifests import Manifest, read_manifest
from boltkb.exports.members import Member, list_members
from boltkb.exports.metrics import MetricFile, join_series, read_metric
from boltkb.exports.recognise import recognise
from boltkb.exports.reconcile import Clock, clock_of, settings_in_force, timed
from boltkb.exports.records import (
    ConnectionRow,
    Floats,
    Ignored,
    Series,
    SettingValue,
    Source,
    SourceKind,
    ThreadDump,
    TransactionRow,
)
from boltkb.exports.servers import Found, one_server
from boltkb.exports.snapshots import read_connections, read_transactions
from boltkb.exports.streams import Limits

__all__ = ["open_export"]


@dataclass(slots=True)
class _Gathered:
    sources: list[Source] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    series: dict[str, Series] = field(default_factory=dict)
    resets: list[Floats] = field(default_factory=list)
    logs: list[LogFile] = field(default_factory=list)
    settings: dict[str, SettingValue] = field(default_factory=dict)
    configured: bool = False
    dumps: list[ThreadDump] = field(default_factory=list)
    transactions: list[TransactionRow] = field(default_factory=list)
    connections: list[ConnectionRow] = field(default_factory=list)
    manifest: Manifest = field(default_factory=Manifest)


def open_export(path: str | os.PathLike[str], *, limits: Limits | None = None) -> Export:
    r"""Return what a folder, a zip archive or a single file holds of a Neo4j server's evidence.

    Files are recognised by their own names and first bytes; folders may be named and nested in
    any way, so the layout of `neo4j-admin server report` is read as it is.

    Parameters
    ----------
    path : str or path-like
        A folder, a zip archive, or one file.
    limits : Limits, optional
        How much may be read.

    Returns
    -------
    Export
        What is missing is missing, and what is broken is counted: neither is an error.

    Raises
    ------
    ExportError
        When the path is absent or empty, is not what its name says, holds the files of several
        servers, or holds nothing that is known.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "neo4j.conf").write_text("server.bolt.thread_pool_max_size=8\n")
    ...     open_export(folder).setting("bolt-threads-max").value
    '8'
    """
    given = Path(path)
    members, ignored = list_members(given, limits)
    gathered = _Gathered(ignored=list(ignored))
    found = one_server(_recognised(members, gathered), given, gathered.ignored, gathered.problems)
    by_kind: dict[SourceKind, list[Found]] = {}
    for entry in found:
        by_kind.setdefault(entry.kind, []).append(entry)
    _read_metrics(by_kind.get("metric", []), gathered)
    for entry in by_kind.get("log", []):
        _guarded(entry, gathered, _take_log)
    for entry in by_kind.get("configuration", []):
        _guarded(entry, gathered, _take_configuration)
    for entry in by_kind.get("thread-dump", []):
        _guarded(entry, gathered, _take_dumps)
    for entry in by_kind.get("transactions", []):
        _guarded(entry, gathered, _take_transactions)
    for entry in by_kind.get("connections", []):
        _guarded(entry, gathered, _take_connections)
    for entry in by_kind.get("manifest", []):
        _guarded(entry, gathered, _take_manifest)
    evidence = [source for source in gathered.sources if source.kind != "manifest"]
    if not evidence:
        raise ExportError(_nothing(gathered.ignored), given)
    return _export(given, gathered)


def _recognised(members: Sequence[Member], gathered: _Gathered) -> list[Found]:
    found: list[Found] = []
    for member in members:
        try:
            seen = recognise(member)
        except ExportError as problem:
            gathered.ignored.append(Ignored(member.path, problem.message))
            gathered.problems.append(f"{member.path}: not read: {problem.message}")
            continue
        if seen.kind is None:
            gathered.ignored.append(Ignored(member.path, seen.why))
        else:
            found.append(Found(member, seen.kind, seen.stem, seen.number))
    # The older a rotated file, the higher its number.
    return sorted(found, key=lambda entry: (entry.stem, -entry.number, entry.member.path))


def _guarded(entry: Found, gathered: _Gathered, take: Callable[[Found, _Gathered], None]) -> None:
    try:
        take(entry, gathered)
    except ExportError as problem:
        gathered.ignored.append(Ignored(entry.member.path, problem.message))
        gathered.problems.append(f"{entry.member.path}: not read: {problem.message}")


def _read_metrics(found: Sequence[Found], gathered: _Gathered) -> None:
    groups: dict[tuple[str, str | None], dict[str, list[Found]]] = {}
    for entry in found:
        name = entry.stem[: -len(".csv")]
        known = metric_id(name)
        if known is None:
            gathered.ignored.append(Ignored(entry.member.path, "a metric that is not used"))
        else:
            groups.setdefault(known, {}).setdefault(name, []).append(entry)
    for (key, database), names in groups.items():
        # 4.x may write a metric with and without its namespace: the same numbers.
        chosen = max(names, key=lambda name: (len(name.split(".")), name))
        for name in names.keys() - {chosen}:
            gathered.problems.append(f"{name} and {chosen} are the same metric; {chosen} is used")
            gathered.ignored += [
                Ignored(entry.member.path, f"the same metric as {chosen}") for entry in names[name]
            ]
        _take_metric(key, database, names[chosen], gathered)


def _take_metric(
    key: str, database: str | None, entries: Sequence[Found], gathered: _Gathered
) -> None:
    files: list[MetricFile] = []

    def take(entry: Found, gathered: _Gathered) -> None:
        file = read_metric(entry.member)
        gathered.sources.append(file.source)
        gathered.problems += file.problems
        if len(file.times):
            files.append(file)

    for entry in entries:
        _guarded(entry, gathered, take)
    if not files:
        return
    series, resets, problems = join_series(load_metrics()[key], database, files)
    gathered.series[series.key] = series
    # A database may be stopped and started while the server runs on.
    if database is None:
        gathered.resets.append(resets)
    gathered.problems += problems


def _take_log(entry: Found, gathered: _Gathered) -> None:
    log = read_log(entry.member)
    if log.span is None and not log.events:
        gathered.ignored.append(Ignored(entry.member.path, "not a single entry with a time in it"))
        return
    gathered.logs.append(log)
    gathered.sources.append(log.source)
    gathered.problems += log.problems


def _take_configuration(entry: Found, gathered: _Gathered) -> None:
    source, settings, problems = read_configuration(entry.member)
    gathered.sources.append(source)
    gathered.settings.update(settings)
    gathered.problems += problems
    gathered.configured = True


def _take_dumps(entry: Found, gathered: _Gathered) -> None:
    source, dumps = read_dumps(entry.member, _clock(gathered).zone)
    if not dumps:
        gathered.ignored.append(Ignored(entry.member.path, "no thread in it"))
        return
    gathered.sources.append(source)
    gathered.dumps += dumps


def _take_transactions(entry: Found, gathered: _Gathered) -> None:
    source, rows = read_transactions(entry.member)
    gathered.sources.append(source)
    gathered.transactions += rows


def _take_connections(entry: Found, gathered: _Gathered) -> None:
    source, rows = read_connections(entry.member)
    gathered.sources.append(source)
    gathered.connections += rows


def _take_manifest(entry: Found, gathered: _Gathered) -> None:
    source, gathered.manifest = read_manifest(entry.member)
    gathered.sources.append(source)


def _clock(gathered: _Gathered) -> Clock:
    logs = sorted(
        (log for log in gathered.logs if log.span is not None),
        key=lambda log: log.span.end if log.span else 0.0,
    )
    return clock_of([log.span for log in logs if log.span], [log.zone for log in logs])


def _nothing(ignored: Sequence[Ignored]) -> str:
    seen = "; ".join(f"{entry.path}: {entry.why}" for entry in ignored[:5])
    more = f" and {len(ignored) - 5} more" if len(ignored) > 5 else ""
    looked = f" Seen: {seen}{more}." if seen else ""
    return (
        "nothing that a Neo4j server exports was recognised"
        " (sought: metric CSV files, neo4j.log, debug.log, neo4j.conf, thread dumps)." + looked
    )


def _export(path: Path, gathered: _Gathered) -> Export:
    events = count_once(event for log in gathered.logs for event in log.events)
    spans = tuple(
        sorted(
            (log.span for log in gathered.logs if log.span is not None),
            key=lambda span: (span.start, span.file),
        )
    )
    starts = [float(series.times[0]) for series in gathered.series.values()]
    ends = [float(series.times[-1]) for series in gathered.series.values()]
    start = min([*starts, *(span.start for span in spans)], default=None)
    end = max([*ends, *(span.end for span in spans)], default=None)
    told = [log for log in gathered.logs if log.settings is not None and log.span is not None]
    if told:
        newest = max(told, key=lambda log: log.span.end if log.span else 0.0)
        settings, problems = settings_in_force(
            gathered.settings, newest.settings or (), configured=gathered.configured
        )
    else:
        settings, problems = gathered.settings, ()
    gathered.problems += problems
    dumps, problems = timed(gathered.dumps, start, end, _clock(gathered))
    gathered.problems += problems
    resets = [times for times in gathered.resets if len(times)]
    editions = [log.edition for log in gathered.logs if log.edition]
    versions = [event.text for event in events if event.kind == "startup"]
    version = gathered.manifest.version
    if versions:
        found = load_messages()["startup"].pattern.search(versions[-1])
        version = found["version"] if found else version
    said = gathered.manifest.version
    if said and version and not version.startswith(said) and not said.startswith(version):
        gathered.problems.append(f"the manifest says Neo4j {said}, the log {version}")
    name = path.name or path.resolve().name or "export"
    return Export(
        name=name if path.is_dir() else Path(name).stem,
        path=str(path),
        version=version,
        edition=editions[-1] if editions else gathered.manifest.edition,
        start=start,
        end=end,
        simulated=gathered.manifest.simulated,
        settings=settings,
        series=dict(sorted(gathered.series.items())),
        events=events,
        log_spans=spans,
        restarts=restart_times(events, resets, start),
        thread_dumps=dumps,
        transactions=tuple(gathered.transactions),
        connections=tuple(gathered.connections),
        sources=tuple(sorted(gathered.sources, key=lambda source: source.path)),
        ignored=tuple(sorted(gathered.ignored, key=lambda entry: entry.path)),
        problems=tuple(dict.fromkeys(gathered.problems)),
        sampling_interval=gathered.manifest.sampling_interval,
    )
