"""All kinds of evidence of held thread-time, each looked at in the incident or in the window."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from boltkb.bolt.holders import dumps_within, holds_no_thread, lists_within
from boltkb.bolt.observe import PoolObservations
from boltkb.bolt.pool import Pool
from boltkb.bolt.thread_time.dumped import kept_in_dumps, look_at_dumps
from boltkb.bolt.thread_time.listed import kept_in_list, look_at_list
from boltkb.bolt.thread_time.logged import look_at_queries
from boltkb.bolt.thread_time.look import Kept, Look, Moment, ThreadTime
from boltkb.bolt.thread_time.metered import look_at_metrics, stick
from boltkb.bolt.thread_time.staircase import kept_in_course
from boltkb.bolt.thread_time.traced import kept_in_trace, look_at_trace
from boltkb.exports import Export, Where

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
    incident = None if seen.incident is None else Moment(seen.incident.start, seen.incident.end)
    moments = [moment for moment in (incident, window) if moment is not None]
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
        looks.append(_first(look_at_trace(holds, moment) for moment in moments))
    looks.append(look_at_dumps(dumps, rows))
    looks.append(look_at_list(rows, taken, seen, dumps, (*first.values(), *empty)))
    if log is not None:
        told = [m for m in moments if _samples(seen, m) >= _ENOUGH or m is window]
        looks.append(_first(look_at_queries(log, m, seen, _held(seen, m, looks)) for m in told))
    looks.append(_first(look_at_metrics(export, moment) for moment in moments))
    kept: tuple[Kept | None, ...] = (
        None if holds is None else kept_in_trace(holds, window),
        kept_in_dumps(dumps, rows),
        kept_in_list(rows, seen),
        kept_in_course(seen, None if running is None else running.where),
    )
    return ThreadTime(
        tuple(look for look in looks if look is not None),
        tuple(item for item in kept if item is not None),
        next((s for s in (stick(export, m) for m in moments) if s is not None), None),
    )


def _first(looks: Iterable[Look | None]) -> Look | None:
    return next((look for look in looks if look is not None), None)


def _without_rows(export: Export) -> tuple[Where, ...]:
    """Return the lists of transactions in which nothing was open."""
    return tuple(
        Where(source.path)
        for source in export.sources
        if source.kind == "transactions" and not source.rows and not source.refused
    )


def _samples(seen: PoolObservations, moment: Moment) -> int:
    inside = (seen.times >= moment.start) & (seen.times <= moment.end) & ~np.isnan(seen.busy)
    return int(np.count_nonzero(inside))


def _held(seen: PoolObservations, moment: Moment, looks: Iterable[Look | None]) -> float | None:
    """Return how many threads were held on average, by the gauge or else by another look."""
    inside = (seen.times >= moment.start) & (seen.times <= moment.end) & ~np.isnan(seen.busy)
    if _samples(seen, moment) > 1:
        return float(seen.busy[inside].mean())
    return next((look.held for look in looks if look is not None), None)
