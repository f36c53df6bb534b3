"""Events of several logs brought together: one for each rejection, restarts told once.

The same rejection stands in neo4j.log and in debug.log, up to 4.4 twice in the latter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from boltkb.catalogue import load_messages
from boltkb.exports.records import Floats, LogEvent

__all__ = ["count_once", "restart_times"]

#: How far apart two logs may put the same event.  Both take the time when the line is formatted.
_SAME = 0.01
#: A restart seen in a counter lies within this of the log's line about it.
_NEAR = 120.0


def count_once(events: Iterable[LogEvent]) -> tuple[LogEvent, ...]:
    """Return events by time, each once, however many logs tell of it.

    Rejections of one connection within 10 ms are one.  Other messages are one when their text
    is the same within 10 ms.  Of several lines the first file's is kept; numbers that only
    another line has are added.

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
    >>> once = count_once([line("debug.log", 10.0), line("neo4j.log", 10.001), line("a", 11.0)])
    >>> [str(event.where) for event in once]
    ['debug.log:1', 'a:1']
    """
    kinds = load_messages()
    ordered = sorted(events, key=lambda event: (event.time, event.where.file, event.kind))
    latest: dict[tuple[str, str | None], int] = {}
    last_seen: dict[tuple[str, str | None], float] = {}
    kept: list[LogEvent] = []
    for event in ordered:
        rejection = kinds[event.kind].counts == "rejection"
        key = ("rejection", event.connection) if rejection else (event.kind, event.text)
        known = latest.get(key)
        if known is not None and event.time - last_seen[key] <= _SAME:
            first = kept[known]
            if set(event.numbers) - set(first.numbers):
                numbers = {**event.numbers, **first.numbers}
                kept[known] = LogEvent(
                    first.time,
                    first.kind,
                    first.level,
                    first.text,
                    first.connection,
                    numbers,
                    first.where,
                )
        else:
            latest[key] = len(kept)
            last_seen[key] = event.time
            kept.append(event)
    return tuple(kept)


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
    """
    starts: list[float] = []
    for event in events:
        if event.kind == "startup" and (not starts or event.time - starts[-1] > 1.0):
            starts.append(event.time)
    fallen = np.unique(np.concatenate(resets)) if resets else np.empty(0)
    for time in fallen:
        if not any(-_NEAR <= time - known <= _NEAR for known in starts):
            starts.append(float(time))
    # The start's own first lines come some seconds before the line that is looked for.
    return tuple(sorted(time for time in starts if start is not None and time - start > 60.0))
