"""Events of several logs brought together: one for each rejection, restarts told once.

The same rejection stands in neo4j.log and in debug.log, up to 4.4 twice in the latter.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from boltkb.catalogue import load_messages
from boltkb.exports.records import Floats, LogEvent

__all__ = ["count_once", "restart_times"]

#: How far apart two logs put the same event: each stamps it itself, 71 ms apart in a busy server.
_ACROSS = 1.0
#: How far apart one log may write the same line twice.
_WITHIN = 0.01
_POOL = "pool_size"
#: A restart seen in a counter lies within this of the log's line about it.
_NEAR = 120.0


@dataclass(slots=True)
class _Group:
    place: int
    last: dict[str, LogEvent]


def count_once(events: Iterable[LogEvent]) -> tuple[LogEvent, ...]:
    """Return events by time, each once, however many logs tell of it.

    Lines of different logs are one event when they are about the same connection (a rejection)
    or have the same text (anything else) within a second, one line of each log.  Within one log
    they are one within 10 ms, and when only one of two lines about a rejection has the pool's
    state, which is how versions up to 4.4 write it.  The earliest line is kept; numbers that
    only another line has are added.

    Parameters
    ----------
    events : iterable of LogEvent
        Of all logs.

    Returns
    -------
    tuple of LogEvent

    Examples
    --------
    >>> from boltkb.exports.records import Where
    >>> def line(file, time):
    ...     return LogEvent(time, "rejection-c", "ERROR", "x", "bolt-7", {}, Where(file, 1))
    >>> once = count_once([line("debug.log", 10.0), line("neo4j.log", 10.07), line("a", 12.0)])
    >>> [str(event.where) for event in once]
    ['debug.log:1', 'a:1']
    """
    rejections = {m.id for m in load_messages().values() if m.counts == "rejection"}
    open_groups: dict[tuple[str, str | None], list[_Group]] = {}
    kept: list[LogEvent] = []
    for event in sorted(events, key=lambda event: (event.time, event.where.file, event.kind)):
        rejection = event.kind in rejections
        key = ("rejection", event.connection) if rejection else (event.kind, event.text)
        groups = open_groups.get(key)
        if groups is None:
            # Most are told of once.
            open_groups[key] = [_Group(len(kept), {event.where.file: event})]
            kept.append(event)
            continue
        groups = [group for group in groups if event.time - kept[group.place].time <= _ACROSS]
        open_groups[key] = groups
        known = next((group for group in groups if _same(group, event)), None)
        if known is None:
            groups.append(_Group(len(kept), {event.where.file: event}))
            kept.append(event)
            continue
        known.last[event.where.file] = event
        first = kept[known.place]
        if set(event.numbers) - set(first.numbers):
            kept[known.place] = replace(first, numbers={**event.numbers, **first.numbers})
    return tuple(kept)


def _same(group: _Group, event: LogEvent) -> bool:
    before = group.last.get(event.where.file)
    if before is None or event.time - before.time <= _WITHIN:
        return True
    return event.kind == "rejection-a" and (_POOL in event.numbers) != (_POOL in before.numbers)


def restart_times(
    events: Sequence[LogEvent], resets: Sequence[Floats], start: float | None
) -> tuple[float, ...]:
    """Return when the server started anew within an export.

    Parameters
    ----------
    events : sequence of LogEvent
        By time; those of the kind `startup` are starts.
    resets : sequence of (k,) arrays, epoch seconds
        Times at which a counter fell or a metric file began anew.
    start : float or None, epoch seconds
        When the evidence begins: a start before anything else is not a restart.

    Returns
    -------
    tuple of float
        Epoch seconds; the log's time where it has one, else the first sample after it.

    Examples
    --------
    >>> restart_times([], [np.array([5000.0]), np.array([5001.0])], 1000.0)
    (5000.0,)
    """
    logged: list[float] = []
    for event in events:
        if event.kind == "startup" and (not logged or event.time - logged[-1] > 1.0):
            logged.append(event.time)
    fallen = np.unique(np.concatenate(resets)) if resets else np.empty(0)
    starts = list(logged)
    latest = -np.inf
    for time in fallen.tolist():
        after = bisect.bisect_left(logged, time - _NEAR)
        told = after < len(logged) and logged[after] <= time + _NEAR
        if not told and time - latest > _NEAR:
            starts.append(time)
            latest = time
    # The start's own first lines come some seconds before the line that is looked for.
    return tuple(sorted(time for time in starts if start is not None and time - start > 60.0))
