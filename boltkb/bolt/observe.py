"""What the pool saw: held threads, connections and rejections over one stretch of time.

Part of the bridge.  A customer is a *thread hold*: from the moment a worker takes up a
connection until it lets go, an open transaction's thinking client included.  Held threads come
from the strongest evidence there is, in the order of `observing.reading`; the rest is compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boltkb.bolt.holders import Holders, find_holders
from boltkb.bolt.observing.clocks import clock_offset
from boltkb.bolt.observing.comparing import strongest
from boltkb.bolt.observing.cuts import find_cuts
from boltkb.bolt.observing.evidence import BusyEvidence, Floats
from boltkb.bolt.observing.failed import shortage_times
from boltkb.bolt.observing.flow import read_flow
from boltkb.bolt.observing.observations import PoolObservations, Trace
from boltkb.bolt.observing.reading import read_evidence
from boltkb.bolt.pool import Pool, read_pool
from boltkb.bolt.rejections import Rejections, read_rejections
from boltkb.bolt.window import Incident, Window, choose_window, find_incidents, parse_time
from boltkb.catalogue import Version, metric_name
from boltkb.exports import Export, Series

__all__ = ["PoolObservations", "Trace", "observe", "observe_members"]


def observe(
    export: Export, pool: Pool, *, start: str | None = None, end: str | None = None
) -> PoolObservations:
    """Return what the pool saw, within a window or in the whole export.

    Parameters
    ----------
    export : Export
    pool : Pool
    start, end : str, optional
        ISO 8601 with a zone.  Without them a long export is narrowed to its worst incident.

    Returns
    -------
    PoolObservations

    Raises
    ------
    ParameterError
        When `start` or `end` is no such text, or the window lies outside the data.

    Examples
    --------
    >>> import boltkb
    >>> export = boltkb.open_export("data/captures/neo4j-5.26-quiet")
    >>> boltkb.observe(export, boltkb.read_pool(export)).incident is None
    True
    """
    look = _look(export, pool)
    window = choose_window(
        look.first,
        look.last,
        look.worst,
        start=parse_time(start, "start") if start else None,
        end=parse_time(end, "end") if end else None,
    )
    return _observe(export, pool, look, window)


def observe_members(
    export: Export, *, window: Window | None = None
) -> tuple[PoolObservations, ...]:
    """Return what the pools of a cluster's members saw, all for the same time.

    Parameters
    ----------
    export : Export
        A cluster, of which every member is observed; or one member, of which the others are.
    window : Window, optional
        Such as the one that was chosen for one member.  Left out: all that the members' data
        cover together, or of a long export the worst incident of any of them.

    Returns
    -------
    tuple of PoolObservations
        In the order of the members' names, each with the pool's `name` to tell it by; empty for
        a server by itself.  A member whose data lie outside the window has no samples.

    Examples
    --------
    >>> import boltkb
    >>> observe_members(boltkb.open_export("data/captures/neo4j-5.26-quiet"))
    ()
    """
    members = export.servers or export.peers
    pools = [read_pool(member) for member in members]
    looks = [_look(member, pool) for member, pool in zip(members, pools, strict=True)]
    if window is None:
        incidents = [look.worst for look in looks if look.worst is not None]
        window = choose_window(
            min((look.first for look in looks if look.first is not None), default=None),
            max((look.last for look in looks if look.last is not None), default=None),
            max(incidents, key=lambda i: i.rejections + i.full_seconds, default=None),
            start=None,
            end=None,
        )
    return tuple(
        _observe(member, pool, look, window)
        for member, pool, look in zip(members, pools, looks, strict=True)
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """A first look at a whole export, by which the window is chosen."""

    first: float | None
    last: float | None
    worst: Incident | None


def _look(export: Export, pool: Pool) -> _Look:
    evidence = read_evidence(export, pool)
    chosen = strongest(evidence)
    first, last = _data_span(export, chosen)
    if last is None:
        return _Look(first, last, None)
    found = _incidents(chosen, pool, shortage_times(export), last)
    return _Look(first, last, found[0] if found else None)


def _observe(export: Export, pool: Pool, look: _Look, window: Window) -> PoolObservations:
    evidence = read_evidence(export, pool, window.start, window.end)
    chosen = strongest(evidence)
    interval = None if chosen is None else chosen.interval
    empty: Floats = np.empty(0)
    # What was logged until the sample after the last would have been taken belongs to the window.
    until = window.end + (interval or 0.0) if window.end == look.last else window.end
    rejected = read_rejections(export, pool, start=window.start, end=until)
    incident = _incident(rejected, chosen, pool, window.end if look.last is None else look.last)
    flow = read_flow(export, pool, rejected, window, interval)
    cuts = find_cuts(export, chosen, window.start, window.end)
    return PoolObservations(
        times=empty if chosen is None else chosen.times,
        busy=empty if chosen is None else chosen.busy,
        censored=chosen.censored if chosen is not None and chosen.censored.any() else None,
        lower_bound=chosen is not None and chosen.bound,
        servers=pool.threads,
        capacity=pool.capacity,
        arrivals=flow.arrivals,
        rejections=flow.rejections,
        mean_hold=flow.mean_hold,
        gaps=tuple((cut.start, cut.end) for cut in cuts if cut.kind in {"restart", "gap"}),
        pool=pool,
        window=window,
        data_start=look.first,
        data_end=look.last,
        interval=interval,
        busy_from=_nothing(pool) if chosen is None else chosen.words,
        open_connections=_open(export, window),
        idle_connections=_trace(export, "connections_idle", window),
        message_rate=_rate(export, "messages_started", window),
        rejected=rejected,
        incident=incident,
        holders=_holders(export, window, incident),
        restarts=tuple(time for time in export.restarts if window.start < time <= window.end),
        evidence=evidence,
        chosen=chosen,
        cuts=cuts,
        clock=clock_offset(export),
        arrivals_from=flow.arrivals_from,
        hold_from=flow.hold_from,
    )


def _nothing(pool: Pool) -> str:
    version = None if pool.version is None else Version.parse(pool.version)
    name = "connections_running"
    if version is not None:
        name = metric_name("connections_running", version) or name
    return f"no metric {name} and no timed thread dump in the export"


def _data_span(export: Export, chosen: BusyEvidence | None) -> tuple[float | None, float | None]:
    """Return what the measurements cover; logs count only where there is no metric."""
    spans = [(s.times[0], s.times[-1]) for s in export.series.values() if s.times.size]
    if spans:
        return float(min(a for a, _ in spans)), float(max(b for _, b in spans))
    if export.start is None and chosen is not None and chosen.covered > 0:
        return float(chosen.times[0]), float(chosen.times[-1])
    # Without a metric, what clients tell of is as good a time as what the server's logs do.
    told = [(pool.start, pool.end) for pool in export.drivers]
    begins = [at for at in (export.start, *(start for start, _ in told)) if at is not None]
    ends = [at for at in (export.end, *(end for _, end in told)) if at is not None]
    return min(begins, default=None), max(ends, default=None)


def _incident(
    rejected: Rejections, chosen: BusyEvidence | None, pool: Pool, last: float
) -> Incident | None:
    """Return the worst incident within the window; a pool full for a moment only is none."""
    trouble = np.concatenate([rejected.times, np.array(rejected.episodes, dtype=np.float64)])
    found = _incidents(chosen, pool, trouble, last)
    return found[0] if found else None


def _incidents(
    chosen: BusyEvidence | None, pool: Pool, trouble: Floats, last: float
) -> tuple[Incident, ...]:
    times: Floats = np.empty(0) if chosen is None else chosen.times
    full: npt.NDArray[np.bool_] = np.zeros(times.size, dtype=np.bool_)
    if chosen is not None and pool.threads is not None:
        full = (chosen.busy >= pool.threads) | chosen.censored
    interval = None if chosen is None else chosen.interval
    return find_incidents(times, full, trouble, interval=interval or 1.0, end_of_data=last)


def _trace(export: Export, name: str, window: Window) -> Trace | None:
    series = export.series.get(name)
    if series is None or not series.times.size:
        return None
    inside = (series.times >= window.start) & (series.times <= window.end)
    return series.times[inside], series.values[inside]


def _open(export: Export, window: Window) -> Trace | None:
    """Return open connections: running plus idle, which is opened minus closed."""
    idle, running = (export.series.get(f"connections_{name}") for name in ("idle", "running"))
    if idle is None or running is None:
        return None
    shared, i, j = np.intersect1d(idle.times, running.times, return_indices=True)
    inside = (shared >= window.start) & (shared <= window.end)
    return shared[inside], (idle.values[i] + running.values[j])[inside]


def _rate(export: Export, name: str, window: Window) -> Trace | None:
    """Return a counter's rate a second; resets and gaps give no rate."""
    series: Series | None = export.series.get(name)
    if series is None or series.times.size < 2:
        return None
    steps = np.diff(series.times)
    usable = (steps > 0) & (np.diff(series.values) >= 0)
    usable &= (series.times[1:] >= window.start) & (series.times[1:] <= window.end)
    rate = np.diff(series.values)[usable] / steps[usable]
    return series.times[1:][usable], rate


def _holders(export: Export, window: Window, incident: Incident | None) -> Holders:
    """Return who held threads; in an incident, by what was collected then, if anything was."""
    if incident is not None:
        during = find_holders(export, start=incident.start, end=incident.end)
        if during.dumps:
            return during
    return find_holders(export, start=window.start, end=window.end)
