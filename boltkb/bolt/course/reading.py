"""The course of one export, read once: bins, shifts, pauses, bursts, contention.

Part of the bridge.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from boltkb.bolt.course.contending import find_contention
from boltkb.bolt.course.counting import (
    Counter,
    Gauge,
    best_throughput,
    held_threads,
    read_counter,
    read_gauge,
    trace_of,
)
from boltkb.bolt.course.lost import find_rejections
from boltkb.bolt.course.records import Contention, Course, Pause, Shift
from boltkb.bolt.course.rushes import find_bursts
from boltkb.bolt.course.standstill import find_pauses, would_be_seen
from boltkb.bolt.observe import PoolObservations, Trace
from boltkb.bolt.pool import Pool
from boltkb.exports import Export
from boltkb.queueing.shifts import find_shifts

__all__ = ["read_course"]

Floats = npt.NDArray[np.float64]

#: Work that a bin should hold, and mean holds that it should last.
_PER_BIN = 20.0
_HOLDS_PER_BIN = 10.0
#: Bins at most, and at least.
_MOST, _LEAST = 240, 30


def read_course(export: Export, pool: Pool, seen: PoolObservations) -> Course:
    """Return how load and work moved over the whole export, the time before the window included.

    Parameters
    ----------
    export : Export
    pool : Pool
    seen : PoolObservations

    Returns
    -------
    Course

    Examples
    --------
    >>> import boltkb
    >>> export = boltkb.open_export("data/captures/neo4j-5.26-quiet")
    >>> pool = boltkb.read_pool(export)
    >>> read_course(export, pool, boltkb.observe(export, pool)).throughput_from
    'transactions that ended'
    """
    start, end = _whole(seen)
    pauses = find_pauses(export)
    busy = held_threads(export)
    # What was logged until the sample after the last would have been taken belongs to it.
    until = end + (busy.interval if busy is not None else 0.0)
    rejections, first, known = find_rejections(export, pool, start=start, end=until)
    done = best_throughput(export)
    bare = Course(
        throughput=None,
        throughput_from="" if done is None else done.named,
        hold=None,
        pauses=pauses,
        bursts=find_bursts(rejections, busy, pool.threads),
        rejections=rejections,
        first_rejection=first,
        stalls_known=bool(pauses) or would_be_seen(export),
    )
    edges = _edges(start, end, busy, done)
    if edges is None:
        return bare
    width = np.diff(edges)
    # What a counter tells at a sample happened before it.
    late = busy.interval / 2 if busy is not None and known.how == "estimated" else 0.0
    level = None if busy is None else busy.means(edges)
    counted = None if done is None else done.between(edges)
    asked = None if counted is None else counted + _lost(rejections, edges, late)
    hold = None
    if level is not None and counted is not None:
        with np.errstate(divide="ignore", invalid="ignore"):
            hold = np.where(counted > 0, level * width / counted, np.nan)
    connections = _open(export, edges)
    opened = read_counter(export, ("connections_opened",), "connections opened")
    shifts = {
        name: _shifts(edges, values)
        for name, values in (
            ("arrivals", None if asked is None else asked / width),
            ("hold", hold),
            ("busy", level),
            ("connections", connections),
        )
    }
    contention = Contention("cannot_tell", None, None, None, "holds are not counted.")
    if counted is not None:
        contention = _contention(export, edges, level, counted, pauses, shifts["hold"])
    return replace(
        bare,
        throughput=_trace(edges, None if counted is None else counted / width),
        hold=_trace(edges, hold),
        shifts=shifts,
        contention=contention,
        arrivals=_trace(edges, None if asked is None else asked / width),
        busy=_trace(edges, level),
        connections=_trace(edges, connections),
        opened=_trace(edges, None if opened is None else opened.between(edges) / width),
        bin=float(np.median(width)),
    )


def _contention(
    export: Export,
    edges: Floats,
    level: Floats | None,
    done: Floats,
    pauses: tuple[Pause, ...],
    shifts: tuple[Shift, ...],
) -> Contention:
    """Return whether holds grow with threads at work, or with held ones where work is not told.

    Held threads that only wait share nothing; that their number and the mean hold rise together
    over time, as where threads are kept, is left out of account.
    """
    worked = read_counter(export, ("accumulated_processing_time",), "work")
    if worked is not None:
        return find_contention(edges, worked.between(edges) / np.diff(edges), done, pauses, shifts)
    if level is None:
        return Contention("cannot_tell", None, None, None, "held threads are not sampled.")
    return find_contention(edges, level, done, pauses, shifts, detrended=True)


def _whole(seen: PoolObservations) -> tuple[float, float]:
    start = seen.start if seen.data_start is None else seen.data_start
    end = seen.end if seen.data_end is None else seen.data_end
    return start, end


def _edges(start: float, end: float, busy: Gauge | None, done: Counter | None) -> Floats | None:
    """Return bins that begin at samples, each wide enough for a mean hold; None without samples.

    A counter is exact only where it was sampled.
    """
    source = busy if busy is not None else done
    if source is None:
        return None
    times = source.times[(source.times >= start) & (source.times <= end)]
    if times.size < 3:
        return None
    length = float(times[-1] - times[0])
    width = max(length / _MOST, source.interval)
    if done is not None:
        width = max(width, done.interval)
        counted = float(np.diff(np.interp(times[[0, -1]], done.times, done.total))[0])
        width = max(width, _PER_BIN * length / max(counted, 1.0))
        if busy is not None:
            mean = float(np.nanmean(busy.values)) * length / max(counted, 1.0)
            width = max(width, _HOLDS_PER_BIN * mean)
    every = max(1, min(round(width / source.interval), times.size // _LEAST))
    return np.asarray(times[::every])


def _lost(rejections: Trace | None, edges: Floats, late: float) -> Floats:
    if rejections is None or not rejections[0].size:
        return np.zeros(edges.size - 1)
    counts = np.histogram(rejections[0] - late, edges, weights=rejections[1])[0]
    return np.asarray(counts, dtype=np.float64)


def _open(export: Export, edges: Floats) -> Floats | None:
    """Return open connections: those with a thread and those without."""
    parts = [read_gauge(export, f"connections_{name}") for name in ("running", "idle")]
    if any(part is None for part in parts):
        return None
    return np.asarray(sum(part.means(edges) for part in parts if part is not None))


def _shifts(edges: Floats, values: Floats | None) -> tuple[Shift, ...]:
    if values is None:
        return ()
    middle = (edges[1:] + edges[:-1]) / 2
    return tuple(
        Shift(found.time, found.before, found.after, found.low, found.high)
        for found in find_shifts(middle, values)
    )


def _trace(edges: Floats, values: Floats | None) -> Trace | None:
    return None if values is None else trace_of(edges, values)
