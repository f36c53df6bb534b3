"""`open_export`: finds what a path holds and reads it.

Knows which reader goes with which kind of file and how their results come together; the
readers know the formats.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from boltkb.catalogue import load_messages
from boltkb.errors import ExportError
from boltkb.exports.export import Export
from boltkb.exports.gathered import Found, Gathered, Taker
from boltkb.exports.intake.manifests import Manifest
from boltkb.exports.intake.members import Member, list_members
from boltkb.exports.intake.streams import Limits
from boltkb.exports.intake.take import take_manifests
from boltkb.exports.logs.incidents import count_once, restart_times
from boltkb.exports.logs.take import take_logs
from boltkb.exports.metrics.take import take_metrics
from boltkb.exports.moments.take import take_connections, take_dumps, take_transactions
from boltkb.exports.queries.take import take_queries
from boltkb.exports.recognise import recognise
from boltkb.exports.reconcile import Clock, clock_of, settings_in_force, timed
from boltkb.exports.records import Ignored, SourceKind
from boltkb.exports.servers import one_server
from boltkb.exports.settings.take import take_configurations

__all__ = ["open_export"]


#: What is read first may tell how to read the rest: logs know the zone of dates without one.
_TAKERS: Mapping[SourceKind, Taker] = {
    "metric": take_metrics,
    "log": take_logs,
    "query-log": take_queries,
    "configuration": take_configurations,
    "thread-dump": take_dumps,
    "transactions": take_transactions,
    "connections": take_connections,
    "manifest": take_manifests,
}


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
    gathered = Gathered(ignored=list(ignored))
    found = one_server(_recognised(members, gathered), given, gathered.ignored, gathered.problems)
    for kind, take in _TAKERS.items():
        entries = [entry for entry in found if entry.kind == kind]
        if entries:
            take(entries, gathered)
        if kind == "log":
            gathered.zone = _clock(gathered).zone
    evidence = [source for source in gathered.sources if source.kind != "manifest"]
    if not evidence:
        raise ExportError(_nothing(gathered.ignored), given)
    return _export(given, gathered)


def _recognised(members: Sequence[Member], gathered: Gathered) -> list[Found]:
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
        elif seen.kind not in _TAKERS:
            why = f"a {seen.kind.replace('-', ' ')}, which is not read"
            gathered.ignored.append(Ignored(member.path, why))
        else:
            found.append(Found(member, seen.kind, seen.stem, seen.number))
    # The older a rotated file, the higher its number.
    return sorted(found, key=lambda entry: (entry.stem, -entry.number, entry.member.path))


def _clock(gathered: Gathered) -> Clock:
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


def _export(path: Path, gathered: Gathered) -> Export:
    manifest = gathered.manifest or Manifest()
    events = count_once(
        [*(event for log in gathered.logs for event in log.events), *gathered.events]
    )
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
    version = manifest.version
    if versions:
        found = load_messages()["startup"].pattern.search(versions[-1])
        version = found["version"] if found else version
    said = manifest.version
    if said and version and not version.startswith(said) and not said.startswith(version):
        gathered.problems.append(f"the manifest says Neo4j {said}, the log {version}")
    name = path.name or path.resolve().name or "export"
    return Export(
        name=name if path.is_dir() else Path(name).stem,
        path=str(path),
        version=version,
        edition=editions[-1] if editions else manifest.edition,
        start=start,
        end=end,
        simulated=manifest.simulated,
        settings=settings,
        series=dict(sorted(gathered.series.items())),
        events=events,
        log_spans=spans,
        restarts=restart_times(events, resets, start),
        thread_dumps=dumps,
        transactions=tuple(gathered.transactions),
        connections=tuple(gathered.connections),
        sockets=tuple(gathered.sockets),
        holds=gathered.holds,
        queries=gathered.queries,
        drivers=tuple(gathered.drivers),
        machine={known.id: known for known in gathered.machine},
        sources=tuple(sorted(gathered.sources, key=lambda source: source.path)),
        ignored=tuple(sorted(gathered.ignored, key=lambda entry: entry.path)),
        problems=tuple(dict.fromkeys(gathered.problems)),
        sampling_interval=manifest.sampling_interval,
    )
