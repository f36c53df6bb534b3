"""Reads found metric files into series."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import numpy as np

from boltkb.catalogue import load_metrics
from boltkb.errors import ExportError
from boltkb.exports.gathered import Found, Gathered
from boltkb.exports.metrics.csv_files import MetricFile, read_metric
from boltkb.exports.metrics.exposition import read_page
from boltkb.exports.metrics.joining import Joined, join_series, told_gaps
from boltkb.exports.metrics.machine import Reader, rows_reader
from boltkb.exports.metrics.names import Name, prefixes_of, read_name
from boltkb.exports.metrics.panels import read_panel
from boltkb.exports.metrics.process_starts import ProcessStart, distinct_starts, without_known
from boltkb.exports.metrics.query_results import looks_like_answer, read_answer
from boltkb.exports.metrics.readings import Readings
from boltkb.exports.metrics.server_readings import ServerReadings
from boltkb.exports.records import Floats, MachineFact, Series, Source

__all__ = ["add_server", "server_readings", "take_metrics", "take_panels", "take_scraped"]

#: Threads that read files: the reading itself releases Python's lock.
_READERS = 4
#: Bytes: more than most files have, so that little is put together from pieces.
_BLOCK = 5 << 19
#: Bytes, never touched.
_KEPT_MEMORY = 8 << 20

_Failed = list[tuple[Found, ExportError]]
#: Times by their number and the first of them.
_Times = dict[tuple[int, float], Floats]


def take_metrics(entries: Sequence[Found], gathered: Gathered) -> None:
    """Read metric CSV files; rotated ones of the same metric become one series."""
    groups = _groups(entries, gathered)
    # The C library keeps freed memory up to the size of the largest piece that was ever given
    # back; otherwise it fetches the same pages from the system again for every block.
    np.empty(_KEPT_MEMORY, dtype=np.uint8)
    workers = max(1, min(_READERS, os.cpu_count() or 1))
    read = rows_reader(sum(entry.member.size or 0 for _, found in groups for entry in found))
    joined: list[Joined] = []
    shared: _Times = {}
    with ThreadPoolExecutor(workers, thread_name_prefix="metrics") as readers:
        for sources, problems, failed, one in readers.map(partial(_read, read, shared), groups):
            gathered.sources += sources
            gathered.problems += problems
            for entry, problem in failed:
                gathered.fail(entry, problem)
            if one is not None:
                joined.append(one)
                gathered.problems += one.problems
    series = {one.series.key: one.series for one in joined}
    gathered.series.update(series)
    gathered.problems += told_gaps(series)
    _take_restarts(joined, gathered)


def take_scraped(entries: Sequence[Found], gathered: Gathered) -> None:
    """Read what Prometheus scraped of one server, in whatever form it was saved."""
    _take_readings(entries, gathered)


def take_panels(entries: Sequence[Found], gathered: Gathered) -> None:
    """Read tables that were saved from a dashboard's panels about one server."""
    _take_readings(entries, gathered)


def server_readings(entries: Sequence[Found], gathered: Gathered) -> tuple[ServerReadings, ...]:
    """Return what scraped metrics or saved panels say, server by server.

    Parameters
    ----------
    entries : sequence of Found
        Of the kinds `scraped-metrics` and `panel`.
    gathered : Gathered
        Receives the sources, and what is wrong with them; no series.

    Returns
    -------
    tuple of ServerReadings
        By the server's name.  Readings without any label belong to the only server that has
        one, where there is just one; else to a server without a name.
    """
    read: list[tuple[Found, Readings, Source]] = []
    for entry in entries:
        # Each file is read by itself first: one that fails half-way leaves nothing behind.
        own = Readings()
        try:
            source, problems = _read_one(entry, own)
        except ExportError as problem:
            gathered.fail(entry, problem)
            continue
        read.append((entry, own, source))
        gathered.problems += problems
    readings = Readings()
    apart = _same_times(read)
    for entry, own, source in read:
        if apart and "" in own.servers:
            own.rename("", f"folder {entry.member.folder}")
        try:
            readings.merge(own)
        except ExportError as problem:
            gathered.fail(entry, problem)
        else:
            gathered.sources.append(source)
    named = [server for server in readings.servers if server]
    if len(named) == 1 and "" in readings.servers:
        gathered.problems.append(
            f"metrics without a label that names a server are taken as those of {named[0]}"
        )
        readings.rename("", named[0])
    return readings.by_server()


def add_server(server: ServerReadings, gathered: Gathered) -> None:
    """Add what was read of one server; what CSV files say goes before it.

    Parameters
    ----------
    server : ServerReadings
    gathered : Gathered
    """
    twice = sorted(server.series.keys() & gathered.series.keys())
    if twice:
        told = ", ".join(twice[:4]) + (f" and {len(twice) - 4} more" if len(twice) > 4 else "")
        other = next(iter(server.series[twice[0]].files), server.series[twice[0]].where)
        taken = gathered.series[twice[0]].where
        gathered.problems.append(f"{told}: in {taken.file} and in {other.file}; the former is used")
    for key, series in server.series.items():
        gathered.series.setdefault(key, series)
    if not twice:
        gathered.resets += [times for times in server.resets if len(times)]
    gathered.problems += server.problems
    if server.moment:
        gathered.problems.append(
            f"{len(server.moment)} metrics have readings without a time (the first in"
            f" {next(iter(server.where.values()))}): they tell of moments, not of a course"
        )
    for key, values in server.moment.items():
        least, most = min(values), max(values)
        text = f"{most:g}" if len(values) == 1 else f"{least:g} to {most:g} in {len(values)} pages"
        gathered.machine.append(MachineFact(f"metric:{key}", most, text, server.where[key]))


def _take_readings(entries: Sequence[Found], gathered: Gathered) -> None:
    before = len(gathered.sources)
    servers = server_readings(entries, gathered)
    if len(servers) > 1:
        told = ", ".join(server.server or "one without a name" for server in servers[:6])
        more = f" and {len(servers) - 6} more" if len(servers) > 6 else ""
        why = (
            f"the metrics of {len(servers)} servers are in it or beside it ({told}{more});"
            " none is taken: save those of one server by themselves"
        )
        # What was read of them is taken back: none of it is used.
        refused = {source.path for source in gathered.sources[before:]}
        del gathered.sources[before:]
        for entry in entries:
            if entry.member.path in refused:
                gathered.ignore(entry, why)
        gathered.problems.append(f"{entries[0].member.path}: not read: {why}")
        return
    for server in servers:
        add_server(server, gathered)


def _same_times(read: Sequence[tuple[Found, Readings, Source]]) -> bool:
    """Return whether readings without a server's name stand in several folders at one time.

    Then they are of several servers: one server is in one place at a time.
    """
    spans: dict[str, list[float]] = {}
    for entry, own, source in read:
        if "" in own.servers:
            start = -np.inf if source.start is None else source.start
            end = np.inf if source.end is None else source.end
            span = spans.setdefault(entry.member.folder, [start, end])
            span[:] = [min(span[0], start), max(span[1], end)]
    ordered = sorted(spans.values())
    return any(later[0] <= before[1] for before, later in itertools.pairwise(ordered))


def _read_one(entry: Found, readings: Readings) -> tuple[Source, tuple[str, ...]]:
    if entry.kind == "panel":
        return read_panel(entry.member, readings)
    head = entry.member.head(16384)
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if looks_like_answer(head.decode("utf-16" if wide else "utf-8-sig", "replace")):
        return read_answer(entry.member, readings), ()
    return read_page(entry.member, readings)


def _groups(entries: Sequence[Found], gathered: Gathered) -> list[tuple[Name, list[Found]]]:
    by_name: dict[str, list[Found]] = {}
    for entry in entries:
        by_name.setdefault(entry.stem[: -len(".csv")], []).append(entry)
    prefixes = prefixes_of(by_name)
    by_metric: dict[tuple[str, str | None], dict[str, Name]] = {}
    for name, found in by_name.items():
        known = read_name(name, prefixes)
        if known is None:
            for entry in found:
                gathered.ignore(entry, "a metric that is not used")
        else:
            by_metric.setdefault((known.id, known.database), {})[name] = known
    groups = []
    for names in by_metric.values():
        # 4.x may write a metric with and without its namespace: the same numbers.
        chosen = max(names, key=lambda name: (len(name.split(".")), name))
        for name in sorted(names.keys() - {chosen}):
            gathered.problems.append(f"{name} and {chosen} are the same metric; {chosen} is used")
            for entry in by_name[name]:
                gathered.ignore(entry, f"the same metric as {chosen}")
        groups.append((names[chosen], by_name[chosen]))
    return groups


def _read(
    reader: Reader, shared: _Times, group: tuple[Name, Sequence[Found]]
) -> tuple[list[Source], list[str], _Failed, Joined | None]:
    name, entries = group
    files: list[MetricFile] = []
    failed: _Failed = []
    # A database may be stopped and started while the server runs on.
    whole = name.database is None
    for entry in entries:
        try:
            files.append(read_metric(entry.member, rates=whole, block=_BLOCK, reader=reader))
        except ExportError as problem:
            failed.append((entry, problem))
    filled = [file for file in files if len(file.times)]
    joined = join_series(load_metrics()[name.id], name.database, filled) if filled else None
    if joined is not None:
        joined = replace(joined, series=_sharing(joined.series, shared))
    # The rows themselves go no further: results wait for one another.
    problems = [problem for file in files for problem in file.problems]
    return [file.source for file in files], problems, failed, joined


def _sharing(series: Series, shared: _Times) -> Series:
    # All metrics of a server are written at the same times: one array serves them all.
    times = series.times
    known = shared.setdefault((len(times), float(times[0])), times)
    if known is times or not np.array_equal(known, times):
        return series
    return replace(series, times=known)


def _take_restarts(joined: Sequence[Joined], gathered: Gathered) -> None:
    own = [one for one in joined if one.series.database is None]
    counters = [one for one in own if one.starts is not None]
    starts = distinct_starts(start for one in counters for start in one.starts or ())
    begin = min((float(one.series.times[0]) for one in own), default=np.inf)
    restarts = [start.time for start in starts if start.time > begin]
    if restarts:
        gathered.resets.append(np.array(restarts))
    for one in own:
        gathered.resets.append(without_known(one.resets, one.series.times, starts))
    if starts:
        _take_start(starts[-1], counters[0].series, gathered)


def _take_start(start: ProcessStart, series: Series, gathered: Gathered) -> None:
    moment = datetime.fromtimestamp(round(start.time), UTC)
    text = (
        f"{moment:%Y-%m-%dT%H:%M:%SZ}, to {start.doubt:.0f} s:"
        " the time of a sample less the count over its mean rate"
    )
    gathered.machine.append(MachineFact("process-start", start.time, text, series.files[-1]))
