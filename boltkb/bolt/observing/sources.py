"""Held threads from metrics, thread dumps, lists and the query log: each source by itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from boltkb.bolt.holders import holds_no_thread
from boltkb.bolt.observing.evidence import (
    BOUND_TIME,
    DUMPS,
    GAUGE,
    LIST,
    OPEN,
    PEAK,
    QUERIES,
    BusyEvidence,
    Floats,
    looked,
)
from boltkb.bolt.pool import Pool
from boltkb.catalogue import Version
from boltkb.exports import Export, Series

__all__ = [
    "completed_holds",
    "held_by_gauge",
    "held_by_open_transactions",
    "held_by_peak",
    "held_by_release",
    "held_in_dumps",
    "held_in_lists",
    "held_in_query_log",
    "without_rejected",
]

#: From here on running connections are held threads exactly.
_FIRST_EXACT = Version.parse("5.0")
_GAUGE = "connections_running"
_RELEASES = "worker_thread_bound_time"
_PEAKS = "transaction_peak_concurrent"
_OPEN = ("transaction_active_read", "transaction_active_write")


def held_by_gauge(export: Export) -> BusyEvidence | None:
    """Return the samples of `connections_running`, which counts held threads."""
    series = export.series.get(_GAUGE)
    if series is None or not series.times.size:
        return None
    return looked(
        GAUGE, series.times, series.values, words=f"{_GAUGE}, {series.where}",
        where=(series.where,),
    )  # fmt: skip


def without_rejected(gauge: BusyEvidence, pool: Pool) -> BusyEvidence:
    """Return the samples of a server up to 4.4 without requests that were being rejected.

    There a rejected request counts as running while it is answered, by a thread that is none of
    the pool's; so more than the pool has means that every thread was held.
    """
    threads = pool.threads
    old = pool.version is not None and Version.parse(pool.version) < _FIRST_EXACT
    if threads is None or not old or not gauge.peak > threads:
        return gauge
    over = int(np.count_nonzero(gauge.busy > threads))
    capped = looked(
        GAUGE, gauge.times, np.minimum(gauge.busy, float(threads)), where=gauge.where,
        words=(
            f"{gauge.words}; {over:,} sample{'' if over == 1 else 's'} above {threads:,} had "
            "requests in them that were being rejected, and count as every thread held"
        ),
    )  # fmt: skip
    return replace(capped, censored=gauge.censored)


def held_in_dumps(export: Export) -> BusyEvidence | None:
    """Return the held workers of the thread dumps whose time is known."""
    by_time = {dump.time: dump for dump in export.thread_dumps if dump.time is not None}
    if not by_time:
        return None
    dumps = [by_time[time] for time in sorted(by_time)]
    return looked(
        DUMPS,
        np.array(sorted(by_time), dtype=np.float64),
        np.array([dump.held for dump in dumps], dtype=np.float64),
        words=f"{len(dumps)} thread dump{'' if len(dumps) == 1 else 's'}",
        where=tuple(dump.where for dump in dumps),
    )


def completed_holds(series: Series) -> tuple[Floats, Floats, Floats]:
    """Return (edges, counts, seconds held) of the holds that ended between two samples.

    Parameters
    ----------
    series : Series
        `worker_thread_bound_time`, whose `mean` is of recent holds only, in seconds.

    Returns
    -------
    tuple of (n,), (n - 1,) and (n - 1,) arrays
        NaN where the counter began anew; seconds are NaN without a mean.
    """
    counts = np.diff(series.values)
    counts[counts < 0] = np.nan
    mean = series.columns.get("mean")
    if mean is None:
        return series.times, counts, np.full(counts.size, np.nan)
    # Nothing ended: what the mean says then is of earlier holds.
    seconds = np.where(counts == 0, 0.0, counts * np.maximum(mean[1:], 0.0))
    return series.times, counts, seconds


def held_by_release(export: Export) -> BusyEvidence | None:
    """Return the carried load that holds which ended prove; a hold that goes on is not in it."""
    series = export.series.get(_RELEASES)
    if series is None or series.times.size < 2:
        return None
    edges, _, seconds = completed_holds(series)
    widths = np.diff(edges)
    known = ~np.isnan(seconds)
    if not bool(known.any()):
        return None
    return looked(
        BOUND_TIME,
        ((edges[1:] + edges[:-1]) / 2)[known],
        (seconds / widths)[known],
        kind="averages",
        bound=True,
        width=float(np.median(widths)),
        words=(
            f"{_RELEASES}, {series.where}: holds that ended, times their recent mean. A thread "
            "that is not let go never shows."
        ),
        where=(series.where,),
    )


def held_in_lists(export: Export) -> BusyEvidence | None:
    """Return the open Bolt transactions of the lists whose time is known, a thread each."""
    timed = [row for row in export.transactions if row.time is not None]
    if not timed:
        return None
    held = Counter({row.time: 0 for row in timed})
    held.update(row.time for row in timed if not holds_no_thread(row))
    times = np.array(sorted(time for time in held if time is not None), dtype=np.float64)
    return looked(
        LIST, times, np.array([held[time] for time in times.tolist()], dtype=np.float64),
        bound=True,
        words=(
            f"{times.size} list{'' if times.size == 1 else 's'} of open transactions, a thread "
            "each; threads that wait for a bookmark, sign somebody in or send a result have no "
            "row."
        ),
        where=(timed[0].where,),
    )  # fmt: skip


def held_by_open_transactions(export: Export) -> BusyEvidence | None:
    """Return the open transactions of all databases, by their gauges."""
    found = [s for s in export.series.values() if s.id in _OPEN and s.times.size]
    if not found:
        found = [s for s in export.series.values() if s.id == "transaction_active" and s.times.size]
    if not found:
        return None
    longest = max(found, key=len)
    busy: Floats = np.zeros(longest.times.size)
    for series in found:
        _, i, j = np.intersect1d(longest.times, series.times, return_indices=True)
        busy[i] += series.values[j]
    names = ", ".join(sorted({series.id for series in found}))
    return looked(
        OPEN, longest.times, busy, bound=True,
        words=(
            f"{names} of every database, a thread each; threads without a transaction are not in "
            "it, and transactions that did not come by Bolt are."
        ),
        where=tuple(series.where for series in found),
    )  # fmt: skip


def held_by_peak(export: Export, start: float, end: float) -> BusyEvidence | None:
    """Return the highest mark of open transactions that was set within a stretch of time.

    A mark counts since the server's start, so only one that rose within the time says that so
    many were open in it.
    """
    best: tuple[float, float, Series] | None = None
    for series in export.series.values():
        if series.id != _PEAKS or series.times.size < 2:
            continue
        values = series.values
        rose = np.flatnonzero(
            (np.diff(values) > 0) & (series.times[:-1] >= start) & (series.times[1:] <= end)
        )
        if rose.size:
            top = int(rose[np.argmax(values[rose + 1])]) + 1
            if best is None or values[top] > best[0]:
                best = float(values[top]), float(series.times[top]), series
    if best is None:
        return None
    mark, when, series = best
    nothing = float("nan")
    return BusyEvidence(
        PEAK, "peak", True, np.array([when]), np.array([nothing]), np.zeros(1, dtype=np.bool_),
        0.0, nothing, mark,
        f"{_PEAKS}, {series.where}: the most transactions of one database open at one time since "
        "the server's start, set anew within this time. Those that did not come by Bolt count "
        "too.",
        (series.where,),
    )  # fmt: skip


def held_in_query_log(export: Export) -> BusyEvidence | None:
    """Return the queries of Bolt clients under way, averaged over the log's bins."""
    queries = export.queries
    if queries is None or not queries.bins.size:
        return None
    width = float(queries.bins[1] - queries.bins[0]) if queries.bins.size > 1 else 1.0
    return looked(
        QUERIES, queries.bins + width / 2, queries.busy, kind="averages", bound=True, width=width,
        words=(
            f"the query log, {queries.completed + queries.failed:,} queries; the time in which an "
            "open transaction runs no query is not in it, nor are queries that did not end."
        ),
        where=queries.where,
    )  # fmt: skip
