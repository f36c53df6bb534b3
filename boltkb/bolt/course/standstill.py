"""Times in which the whole server stood still, by logs and by metrics.

Part of the bridge.  A monitor tells of a pause when it is over, so the line's time is its end.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from boltkb.bolt.course.counting import read_counter
from boltkb.bolt.course.records import Pause
from boltkb.exports import Export, LogEvent

__all__ = ["find_pauses", "would_be_seen"]

Floats = npt.NDArray[np.float64]

#: Shorter pauses fill no pool, s.
SHORTEST = 0.1
#: The part of a pause that garbage collection takes where it is the cause.
_MOSTLY = 0.5
_KINDS = frozenset({"vm-pause", "gc-monitor-pause", "gc-pause", "safepoint-pause"})
#: Operations at a safepoint that collect garbage, in OpenJDK's names.
_COLLECTS = re.compile(r"G1|CMS|GenCollect|ParallelGC|Shenandoah|ZMark|ZRelocate|XMark|XRelocate")


def find_pauses(export: Export) -> tuple[Pause, ...]:
    """Return the pauses of a tenth of a second or more, in order of time, each told once."""
    told = [
        pause
        for event in export.events
        if event.kind in _KINDS and "count" not in event.numbers
        if (pause := _of_line(event)) is not None
    ]
    told += _of_metrics(export, told)
    return _joined(sorted(told, key=lambda pause: pause.start))


def would_be_seen(export: Export) -> bool:
    """Whether pauses would have left a trace in the export: a debug.log, a gc.log, a metric."""
    return (
        "vm_pause_time" in export.series
        or any(not log.user_log for log in export.log_spans)
        or any(source.kind == "gc-log" for source in export.sources)
    )


def _of_line(event: LogEvent) -> Pause | None:
    seconds = event.numbers.get("pause")
    if seconds is None or not seconds >= SHORTEST:
        return None
    return Pause(event.time - seconds, seconds, _collecting(event, seconds), event.where)


def _collecting(event: LogEvent, seconds: float) -> bool | None:
    if event.kind == "gc-pause":
        return True
    if event.kind == "safepoint-pause":
        return True if _COLLECTS.search(event.text) else None
    spent = event.numbers.get("gc")
    return None if spent is None else spent >= _MOSTLY * seconds


def _of_metrics(export: Export, told: list[Pause]) -> list[Pause]:
    """Return the pauses that only `vm_pause_time` tells: so much between two samples."""
    series = export.series.get("vm_pause_time")
    counter = read_counter(export, ("vm_pause_time",), "pauses")
    if series is None or counter is None:
        return []
    grown = np.diff(counter.total)
    collected = _collected(export, counter.times)
    known = _told_between(told, counter.times)
    found = []
    for index in np.flatnonzero(grown - known >= SHORTEST):
        seconds = float(grown[index] - known[index])
        end = float(counter.times[index + 1])
        spent = None if collected is None else bool(collected[index] >= _MOSTLY * grown[index])
        found.append(Pause(end - seconds, seconds, spent, series.where))
    return found


def _collected(export: Export, times: Floats) -> Floats | None:
    """Return the time of garbage collections between samples; None without the metrics."""
    counters = [
        found
        for name in ("vm_gc_time_young", "vm_gc_time_old")
        if (found := read_counter(export, (name,), name)) is not None
    ]
    if not counters:
        return None
    return np.asarray(np.diff(sum(np.interp(times, c.times, c.total) for c in counters)))


def _told_between(told: list[Pause], times: Floats) -> Floats:
    """Return the time of pauses that logs tell of, between samples and near them."""
    known = np.zeros(times.size - 1)
    for pause in told:
        place = int(np.searchsorted(times, pause.start + pause.seconds)) - 1
        # The counter moves when the pause is noticed, which may be a sample early or late.
        known[max(0, place - 1) : place + 2] += pause.seconds
    return known


def _joined(pauses: list[Pause]) -> tuple[Pause, ...]:
    """Return pauses with those that overlap told once: the longest, by whoever knows its cause."""
    found: list[Pause] = []
    for pause in pauses:
        last = found[-1] if found else None
        if last is None or pause.start >= last.start + last.seconds:
            found.append(pause)
            continue
        longer = max(last, pause, key=lambda one: one.seconds)
        knows = longer.collecting
        if knows is not True and True in (last.collecting, pause.collecting):
            shorter = last if longer is pause else pause
            if shorter.seconds >= _MOSTLY * longer.seconds:
                knows = True
        found[-1] = Pause(longer.start, longer.seconds, knows, longer.where)
    return tuple(found)
