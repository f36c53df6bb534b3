"""All kinds of evidence of held thread-time, each looked at in the incident or in the window."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from boltkb.bolt.observe import PoolObservations
from boltkb.bolt.pool import Pool
from boltkb.bolt.snapshots import (
    SLACK,
    connections_at_work,
    dumps_within,
    holds_no_thread,
    lists_within,
)
from boltkb.bolt.thread_time.dumped import kept_in_dumps, look_at_dumps
from boltkb.bolt.thread_time.listed import kept_in_list, look_at_list
from boltkb.bolt.thread_time.logged import look_at_queries
from boltkb.bolt.thread_time.look import TRACE, Kept, Look, Moment, ThreadTime
from boltkb.bolt.thread_time.metered import look_at_metrics, stick
from boltkb.bolt.thread_time.staircase import kept_in_course
from boltkb.bolt.thread_time.traced import kept_in_trace, look_at_trace
from boltkb.bolt.window import Incident
from boltkb.exports import Export, Holds, Where

__all__ = ["read_thread_time"]

#: An incident with fewer samples of held threads is chosen for its full ones: its mean is biased.
_ENOUGH = 20


def read_thread_time(export: Export, _pool: Pool, seen: PoolObservations) -> ThreadTime:
    """Return where held thread-time went in the incident, or in the window without one.

    Evidence that tells nothing of the incident is looked at over the window.

    Parameters
    ----------
    export : Export
    seen : PoolObservations

    Returns
    -------
    ThreadTime
        Empty where the export has no evidence of what held threads did.

    Examples
    --------
    >>> import boltkb
    >>> export = boltkb.open_export("data/captures/neo4j-5.26-think-time")
    >>> pool = boltkb.read_pool(export)
    >>> told = read_thread_time(export, pool, boltkb.observe(export, pool))
    >>> [look.kind for look in told.looks]
    ['thread dumps', 'the list of open transactions', 'metrics']
    """
    window = Moment(seen.start, seen.end)
    incident = window if seen.incident is None else _of(seen.incident)
    moments = [incident] if incident == window else [incident, window]
    dumps = next(filter(None, (dumps_within(export, m.start, m.end) for m in moments)), ())
    listed = next(filter(None, (lists_within(export, m.start, m.end) for m in moments)), ())
    rows = tuple(row for row in listed if not holds_no_thread(row))
    taken = sorted({row.time for row in listed if row.time is not None})
    first = {row.where.file: row.where for row in reversed(listed)}
    empty = () if export.transactions else _without_rows(export)
    holds, log = export.holds, export.queries
    running = export.series.get("connections_running")
    looks: list[Look | None] = []
    if holds is not None:
        counted = _counted(export, holds)
        looks.append(
            _first(
                (look_at_trace(holds, m, export.restarts, counted), m == incident) for m in moments
            )
        )
    full = seen.servers is not None and any(dump.held >= seen.servers for dump in dumps)
    dumped = [dump.time for dump in dumps]
    looks.append(_within(look_at_dumps(dumps, rows), dumped, incident, full=full))
    found = look_at_list(rows, taken, seen, dumps, (*first.values(), *empty))
    full = found is not None and seen.servers is not None and found.held >= seen.servers
    looks.append(_within(found, taken, incident, full=full))
    if log is not None:
        told = [m for m in moments if _samples(seen, m) >= _ENOUGH or m == window]
        looks.append(
            _first(
                (look_at_queries(log, m, seen, _held(seen, m, looks)), m == incident) for m in told
            )
        )
    looks.append(_first((look_at_metrics(export, m), m == incident) for m in moments))
    kept: tuple[Kept | None, ...] = (
        None
        if holds is None
        else kept_in_trace(holds, window, export.restarts, _counted(export, holds)),
        kept_in_dumps(dumps, rows, _held_after(seen, [d.time for d in dumps])),
        kept_in_list(
            rows, seen, connections_at_work(dumps), _held_after(seen, [row.time for row in rows])
        ),
        kept_in_course(seen, None if running is None else running.where),
    )
    return ThreadTime(
        tuple(look for look in looks if look is not None),
        tuple(item for item in kept if item is not None),
        next((s for s in (stick(export, m) for m in moments) if s is not None), None),
    )


def _counted(export: Export, holds: Holds) -> float | None:
    """Return how many threads were held while a trace ran, as the gauge counts them."""
    running = export.series.get("connections_running")
    if running is None:
        return None
    inside = (running.times >= holds.begin) & (running.times <= holds.end)
    values = running.values[inside]
    values = values[~np.isnan(values)]
    return float(values.mean()) if values.size > 1 else None


def _of(incident: Incident) -> Moment:
    return Moment(incident.start, incident.end)


def _first(looks: Iterable[tuple[Look | None, bool]]) -> Look | None:
    return next(
        (replace(look, of_incident=inside) for look, inside in looks if look is not None), None
    )


def _within(
    look: Look | None, times: Sequence[float | None], incident: Moment, *, full: bool
) -> Look | None:
    """Return a look with whether it is of the incident, or of other times of a full pool."""
    if look is None or full or not any(time is not None for time in times):
        return look
    inside = any(
        t is not None and incident.start - SLACK <= t <= incident.end + SLACK for t in times
    )
    return replace(look, of_incident=inside)


def _without_rows(export: Export) -> tuple[Where, ...]:
    """Return the lists of transactions in which nothing was open."""
    return tuple(
        Where(source.path)
        for source in export.sources
        if source.kind == "transactions" and not source.rows and not source.refused
    )


def _held_after(seen: PoolObservations, times: Iterable[float | None]) -> float | None:
    """Return the least that were held at any later time; None without a later sample."""
    last = max((time for time in times if time is not None), default=None)
    if last is None or seen.lower_bound:
        return None
    later = seen.busy[(seen.times > last) & ~np.isnan(seen.busy)]
    return float(later.min()) if later.size else None


def _samples(seen: PoolObservations, moment: Moment) -> int:
    inside = (seen.times >= moment.start) & (seen.times <= moment.end) & ~np.isnan(seen.busy)
    return int(np.count_nonzero(inside))


def _held(seen: PoolObservations, moment: Moment, looks: Iterable[Look | None]) -> float | None:
    """Return how many threads were held on average: by the trace, the gauge, or another look."""
    told = [look for look in looks if look is not None]
    if told and told[0].kind == TRACE:
        return told[0].held
    inside = (seen.times >= moment.start) & (seen.times <= moment.end) & ~np.isnan(seen.busy)
    # What is only a lower bound of held threads would make every share of them too large.
    if _samples(seen, moment) > 1 and not seen.lower_bound:
        return float(seen.busy[inside].mean())
    return next((look.held for look in told), None)
