"""One export made of what the readers gathered: contradictions told, clocks and restarts settled.

Knows the nouns, no file format.
"""

from __future__ import annotations

from pathlib import Path

from boltkb.catalogue import load_messages
from boltkb.exports.export import Export
from boltkb.exports.gathered import Gathered
from boltkb.exports.intake.manifests import Manifest
from boltkb.exports.intake.packing import printable
from boltkb.exports.logs.incidents import count_once, restart_times
from boltkb.exports.reconcile import Clock, clock_of, others_than, settings_in_force, timed

__all__ = ["assemble", "clock_told"]


def clock_told(gathered: Gathered) -> Clock:
    """Return the clock by which dates without a zone are read, as the logs tell it."""
    logs = sorted(
        (log for log in gathered.logs if log.span is not None),
        key=lambda log: log.span.end if log.span else 0.0,
    )
    return clock_of([log.span for log in logs if log.span], [log.zone for log in logs])


def assemble(path: str | Path, name: str, gathered: Gathered) -> Export:
    """Return the export of one server, made of all that was read of it.

    Parameters
    ----------
    path : str or Path
        As it was given.
    name : str
    gathered : Gathered

    Returns
    -------
    Export
    """
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
    if start is None and gathered.queries is not None:
        start, end = gathered.queries.start, gathered.queries.end
    told = [log for log in gathered.logs if log.settings is not None and log.span is not None]
    newest = max(told, key=lambda log: log.span.end if log.span else 0.0, default=None)
    listed = (newest.settings or ()) if newest else ()
    settings, problems = settings_in_force(
        gathered.settings,
        [*listed, *gathered.told.values()],
        configured=gathered.configured,
        started=newest is not None,
    )
    gathered.problems += problems
    outranked = others_than(
        settings,
        [*gathered.settings.values(), *gathered.outranked, *listed, *gathered.told.values()],
    )
    dumps, problems = timed(gathered.dumps, start, end, clock_told(gathered))
    gathered.problems += problems
    resets = [times for times in gathered.resets if len(times)]
    editions = [log.edition for log in gathered.logs if log.edition]
    versions = [event.text for event in events if event.kind == "startup"]
    version = manifest.version or gathered.version
    if versions:
        found = load_messages()["startup"].pattern.search(versions[-1])
        version = found["version"] if found else version
    said = manifest.version
    if said and version and not version.startswith(said) and not said.startswith(version):
        gathered.problems.append(f"the manifest says Neo4j {said}, the log {version}")
    noted = gathered.version
    if noted and version and not version.startswith(noted) and not noted.startswith(version):
        gathered.problems.append(f"version.txt says Neo4j {noted}, the other files {version}")
    return Export(
        name=name,
        path=printable(str(path)),
        version=version,
        edition=editions[-1] if editions else manifest.edition or gathered.edition,
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
        outranked=outranked,
        started_with=None if newest is None else frozenset(value.name for value in listed),
    )
