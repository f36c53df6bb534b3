"""What the pool saw: held threads, connections and rejections over one stretch of time.

Part of the bridge.  A customer is a *thread hold*: from the moment a worker takes up a
connection until it lets go, an open transaction's thinking client included.  Busy threads come
from `connections_running`, and where that metric is missing from a series of thread dumps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boltkb.bolt.holders import Holders, find_holders
from boltkb.bolt.pool import Pool
from boltkb.bolt.rejections import Rejections, binned, read_rejections
from boltkb.bolt.window import Incident, Window, choose_window, find_incidents, iso, parse_time
from boltkb.catalogue import Version, metric_name
from boltkb.exports import Export, Series
from boltkb.queueing import Counts, Observations
from boltkb.tables import Column, Shown, Table, number, span

__all__ = ["PoolObservations", "observe"]

Floats = npt.NDArray[np.float64]
Trace = tuple[Floats, Floats]

#: Rejections are counted in bins no narrower than this, s.
_BIN = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolObservations(Observations, Shown):
    """What the pool saw in a window, with where each part came from.

    The fields of `Observations` are what queueing theory needs; the others are Bolt's.

    Parameters
    ----------
    pool : Pool
    window : Window
        The stretch of time analysed; `data_start` and `data_end` bound the export.
    interval : float or None, s
        The usual time between two samples.
    busy_from : str
        Where the counts of held threads came from, or why there are none.
    open_connections, idle_connections, message_rate : (times, values) or None
        Epoch s; connections, connections, messages started a second.
    rejected : Rejections
    incident : Incident or None
        The worst stretch in which the pool was full or rejected work.
    holders : Holders
    """

    pool: Pool
    window: Window
    data_start: float | None
    data_end: float | None
    interval: float | None
    busy_from: str
    open_connections: Trace | None
    idle_connections: Trace | None
    message_rate: Trace | None
    rejected: Rejections
    incident: Incident | None
    holders: Holders
    restarts: tuple[float, ...] = ()

    @property
    def start(self) -> float:
        """When the window begins, epoch s."""
        return self.window.start

    @property
    def end(self) -> float:
        """When the window ends, epoch s."""
        return self.window.end

    @property
    def peak(self) -> float | None:
        """The most threads held in any sample; None without a sample."""
        return None if not self.samples else float(np.nanmax(self.busy))

    @property
    def samples(self) -> int:
        """How many samples of held threads the window holds."""
        return int(np.count_nonzero(~np.isnan(self.busy)))

    @property
    def full_share(self) -> float | None:
        """The share of samples in which every thread was held; None when it cannot be told."""
        if self.servers is None or not self.samples:
            return None
        return float(np.count_nonzero(self.busy >= self.servers)) / self.samples

    def table(self) -> Table:
        """Return what was seen as a table."""
        idle = "not in the export"
        if self.idle_connections is not None and self.idle_connections[1].size:
            idle = f"{number(float(np.median(self.idle_connections[1])))} (median)"
        rows = [
            ("analysed", f"{iso(self.start)} to {iso(self.end)}", self.window.how),
            ("samples of held threads", number(self.samples), self.busy_from),
            (
                "time between samples",
                "unknown" if self.interval is None else span(self.interval),
                f"{len(self.gaps)} gaps, {len(self.restarts)} restarts",
            ),
            ("most threads held", number(self.peak), "the highest sample"),
            ("idle connections", idle, "hold no thread"),
            ("rejections", _rejected(self.rejected), self.rejected.reason),
        ]
        columns = (Column("What was seen"), Column("Value", numeric=True), Column("Known from"))
        return Table(columns, tuple(rows), kind="boltkb-seen")

    def __str__(self) -> str:
        return str(self.table())

    def to_html(self) -> str:
        """Return what was seen as one line of HTML."""
        return self.table().to_html()

    def facts(self) -> Mapping[str, object]:
        """Return the `window` part of `facts.json`."""
        return {
            "window": {
                "start": iso(self.start),
                "end": iso(self.end),
                "how": self.window.how,
                "samples": self.samples,
                "interval": self.interval,
                "busy_from": self.busy_from,
                "gaps": [[iso(a), iso(b)] for a, b in self.gaps],
                "restarts": [iso(moment) for moment in self.restarts],
                "incident": None if self.incident is None else self.incident.facts(),
            }
        }


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
    running, busy_from = _busy(export, pool)
    times, busy = running
    interval = float(np.median(np.diff(times))) if times.size > 1 else None
    first, last = _data_span(export)
    full = np.zeros(times.size, dtype=bool) if pool.threads is None else busy >= pool.threads
    worst = _worst(export, times, full, interval, last)
    window = choose_window(
        first,
        last,
        worst,
        start=parse_time(start, "start") if start else None,
        end=parse_time(end, "end") if end else None,
    )
    inside = (times >= window.start) & (times <= window.end)
    times, busy, full = times[inside], busy[inside], full[inside]
    # What was logged until the sample after the last would have been taken belongs to the window.
    until = window.end + (interval or 0.0) if window.end == last else window.end
    rejected = read_rejections(export, pool, start=window.start, end=until)
    incident = _incident(rejected, times, full, interval, window.end, last)
    restarts = tuple(t for t in export.restarts if window.start < t <= window.end)
    return PoolObservations(
        times=times,
        busy=busy,
        servers=pool.threads,
        capacity=pool.capacity,
        arrivals=None,
        rejections=_counts(rejected, window, interval),
        mean_hold=None,
        gaps=_gaps(times, interval),
        pool=pool,
        window=window,
        data_start=first,
        data_end=last,
        interval=interval,
        busy_from=busy_from,
        open_connections=_open(export, window),
        idle_connections=_trace(export, "connections_idle", window),
        message_rate=_rate(export, "messages_started", window),
        rejected=rejected,
        incident=incident,
        holders=_holders(export, window, incident),
        restarts=restarts,
    )


def _busy(export: Export, pool: Pool) -> tuple[Trace, str]:
    series = export.series.get("connections_running")
    if series is not None and series.times.size:
        return (series.times, series.values), f"connections_running, {series.where}"
    timed = [dump for dump in export.thread_dumps if dump.time is not None]
    if timed:
        times = np.array([dump.time for dump in timed], dtype=np.float64)
        held = [sum(worker.state != "idle" for worker in dump.workers) for dump in timed]
        return (times, np.array(held, dtype=np.float64)), f"{len(timed)} thread dumps"
    version = None if pool.version is None else Version.parse(pool.version)
    name = "connections_running"
    if version is not None:
        name = metric_name("connections_running", version) or name
    empty: Floats = np.empty(0)
    return (empty, empty), f"no metric {name} and no timed thread dump in the export"


def _data_span(export: Export) -> tuple[float | None, float | None]:
    """Return what the measurements cover; logs count only where there is no metric."""
    spans = [(s.times[0], s.times[-1]) for s in export.series.values() if s.times.size]
    if spans:
        return float(min(a for a, _ in spans)), float(max(b for _, b in spans))
    return export.start, export.end


def _worst(
    export: Export,
    times: Floats,
    full: npt.NDArray[np.bool_],
    interval: float | None,
    last: float | None,
) -> Incident | None:
    """Return the worst incident of the whole export, to choose a window by."""
    if last is None:
        return None
    trouble = np.array(
        [e.time for e in export.events if e.kind.startswith(("rejection-", "starvation-increase"))]
    )
    found = find_incidents(times, full, trouble, interval=interval or 1.0, end_of_data=last)
    return found[0] if found else None


def _incident(
    rejected: Rejections,
    times: Floats,
    full: npt.NDArray[np.bool_],
    interval: float | None,
    end: float,
    last: float | None,
) -> Incident | None:
    """Return the worst incident within the window; a pool full for a moment only is none."""
    trouble = np.concatenate([rejected.times, np.array(rejected.episodes, dtype=np.float64)])
    found = find_incidents(
        times, full, trouble, interval=interval or 1.0, end_of_data=end if last is None else last
    )
    return found[0] if found else None


def _counts(rejected: Rejections, window: Window, interval: float | None) -> Counts | None:
    if rejected.how == "counted" or (rejected.how == "none" and rejected.high == 0):
        width = max(_BIN, 2 * (interval or 0.0))
        end = max(window.end, float(rejected.times[-1])) if rejected.times.size else window.end
        edges, counts = binned(rejected.times, window.start, end, width)
        return Counts(edges=edges, counts=counts.astype(np.float64))
    return None


def _gaps(times: Floats, interval: float | None) -> tuple[tuple[float, float], ...]:
    if interval is None or times.size < 3:
        return ()
    steps = np.diff(times)
    wide = np.flatnonzero(steps > max(3 * interval, interval + 2))
    return tuple((float(times[i]), float(times[i + 1])) for i in wide)


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


def _rejected(rejected: Rejections) -> str:
    if rejected.value is None:
        return "unknown" if rejected.low is None else f"at least {number(rejected.low)}"
    if rejected.how == "estimated":
        return f"about {number(rejected.value)}"
    return number(rejected.value)
