"""metrics/*.csv: each metric of the version in a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from boltkb.catalogue import (
    Metric,
    Version,
    default_filter,
    lets_through,
    load_metrics,
)
from boltkb.twin.columns import SAMPLES
from boltkb.twin.kernel import codes
from boltkb.twin.writing.dialects import Dialect
from boltkb.twin.writing.histograms import HISTOGRAM_HEADER, Histogram
from boltkb.twin.writing.lines import Floats
from boltkb.twin.writing.options import Options
from boltkb.twin.writing.rotating import RotatingFile

__all__ = ["MetricFiles"]

_METER_HEADER = "t,count,mean_rate,m1_rate,m5_rate,m15_rate,rate_unit"
_PLACE = {name: i for i, name in enumerate(SAMPLES)}
_UNLIMITED = 9223372036854775807
#: How long before the run begins the metrics were registered, s.
_REGISTERED = 0.5
#: Threads of a server besides the Bolt workers.
_OTHER_THREADS = 62
_HEAP_FLOOR, _HEAP_WAVE, _HEAP_PER_MESSAGE = 412_000_000, 1_600_000_000, 61_000
_YOUNG_GC_MS = 9.0
#: Metrics that are no numbers of the run itself, but of a server at rest.
_SYSTEM_COMMITTED = 31

Columns = Callable[[str], Floats]


def _of(name: str, scale: float = 1.0) -> Callable[[Columns], Floats]:
    return lambda column: column(name) * scale


def _heap(column: Columns) -> Floats:
    return _HEAP_FLOOR + (column("started") * _HEAP_PER_MESSAGE) % _HEAP_WAVE


def _young(column: Columns) -> Floats:
    collected = np.floor(column("started") * _HEAP_PER_MESSAGE / _HEAP_WAVE)
    return column("pause_seconds") * 1000.0 + collected * _YOUNG_GC_MS


def _memory(column: Columns) -> Floats:
    connections = column("running") + column("idle")
    return 2_097_152 + connections * 70_656 + column("running") * 16_384


_SOURCES: Mapping[str, Callable[[Columns], Floats]] = {
    "accumulated_processing_time": _of("processing_seconds", 1000.0),
    "accumulated_queue_time": _of("queue_seconds", 1000.0),
    "bolt_memory_free": lambda column: column("time") * 0 + _UNLIMITED,
    "bolt_memory_limit": lambda column: column("time") * 0 + _UNLIMITED,
    "bolt_memory_used": _memory,
    "bolt_memory_used_heap": _memory,
    "connections_closed": _of("closed"),
    "connections_idle": _of("idle"),
    "connections_opened": _of("opened"),
    "connections_running": _of("running"),
    "http_threads": lambda column: column("time") * 0 + 9,
    "http_threads_idle": lambda column: column("time") * 0 + 2,
    "messages_done": _of("done"),
    "messages_failed": _of("failed"),
    "messages_received": _of("received"),
    "messages_started": _of("started"),
    "query_failures": _of("terminated"),
    "sessions_started": _of("opened"),
    "transaction_active": _of("active"),
    "transaction_committed": _of("committed"),
    "transaction_peak_concurrent": _of("peak"),
    "transaction_rollbacks": _of("rolled_back"),
    "transaction_rollbacks_deadlocked": lambda column: column("time") * 0,
    "transaction_started": _of("transactions"),
    "transaction_terminated": _of("terminated"),
    "vm_gc_time_old": lambda column: column("time") * 0,
    "vm_gc_time_young": _young,
    "vm_heap_used": _heap,
    "vm_pause_time": _of("pause_seconds", 1000.0),
    "vm_threads": lambda column: _OTHER_THREADS + column("pool_size") + column("second_pool_size"),
}
_HISTOGRAMS = {"query_latency": "queries", "worker_thread_bound_time": "holds"}
_PER_QUERY = ("query_successes",)
#: Gauges in their file, though they count.
_GAUGES_UNTIL = {"vm_pause_time": Version.parse("5.0")}


class MetricFiles:
    """Writes one member's metrics.

    Parameters
    ----------
    folder : Path
        Its `metrics`.
    dialect : Dialect
    options : Options
    writes : float, 0 to 1
        The share of transactions that write.
    """

    def __init__(self, folder: Path, dialect: Dialect, options: Options, writes: float) -> None:
        self._dialect = dialect
        self._began = options.began
        self._writes = writes
        self._step = 0.0
        self._counted = {"queries": Histogram(), "holds": Histogram()}
        self._waiting: dict[str, list[Floats]] = {"queries": [], "holds": []}
        chosen = None if options.every_metric else default_filter(dialect.version)
        self._files: list[tuple[str, str, bool, RotatingFile]] = []
        for entry in load_metrics().values():
            for database in self._databases(entry, dialect):
                name = _full_name(entry, dialect, database)
                if name is None or not (chosen is None or lets_through(chosen.patterns, name)):
                    continue
                meter = entry.kind == "counter" and dialect.meters
                until = _GAUGES_UNTIL.get(entry.id)
                if until is not None and dialect.version < until:
                    meter = False
                header = _METER_HEADER if meter else "t,value"
                if entry.id in _HISTOGRAMS:
                    header = HISTOGRAM_HEADER
                line = f"{header}\n".encode()
                file = RotatingFile(
                    folder / f"{name}.csv",
                    limit=options.metric_size,
                    ending=dialect.rotated,
                    entry=b"\n",
                    begin=partial(bytes, line),
                    packed=dialect.archives_metrics,
                )
                file.write(line)
                self._files.append((entry.id, database, meter, file))

    @staticmethod
    def needs_queries(dialect: Dialect) -> bool:
        """Return whether a version's metrics count single queries."""
        return dialect.version >= Version.parse("4.3")

    def take(self, records: Floats, samples: Floats) -> None:
        """Add a block's records and samples of this member."""
        self._keep("queries", records[records[:, 0] == codes.REC_QUERY], 2)
        ended = records[(records[:, 0] == codes.REC_HOLD) & (records[:, 8] == codes.HELD)]
        self._keep("holds", ended, 3)
        interval = self._dialect.interval
        times = samples[:, 0]
        # The first look at or after a round moment: within a pause nobody looks.
        steps = np.floor(times / interval + 1e-9)
        rows = samples[np.diff(steps, prepend=self._step) > 0]
        if not len(rows):
            return
        self._step = float(steps[-1])
        histograms, successes = self._count_up_to(rows[:, 0])

        def column(name: str) -> Floats:
            found: Floats = rows[:, _PLACE[name]]
            return found

        at = np.floor(self._began + rows[:, 0] + 1e-6).astype(np.int64).tolist()
        ages = (rows[:, 0] + _REGISTERED).tolist()
        for key, database, meter, file in self._files:
            if key in _HISTOGRAMS:
                lines = histograms[_HISTOGRAMS[key]]
                if database == "system":
                    lines = [Histogram().row(self._dialect)] * len(at)
                text = [f"{t},{line}" for t, line in zip(at, lines, strict=True)]
            else:
                values = successes if key in _PER_QUERY else self._values(key, column)
                if database == "system":
                    values = np.full(len(at), _SYSTEM_COMMITTED if "committed" in key else 0)
                whole = np.floor(np.asarray(values) + 1e-6)
                whole = np.minimum(whole, np.nextafter(float(_UNLIMITED), 0.0))
                numbers = whole.astype(np.int64).tolist()
                if _unlimited(key):
                    numbers = [_UNLIMITED] * len(at)
                text = self._meter(at, numbers, ages) if meter else _gauge(at, numbers)
            file.write(("\n".join(text) + "\n").encode())

    def close(self) -> None:
        """Finish the files."""
        for *_, file in self._files:
            file.close()

    @staticmethod
    def _databases(entry: Metric, dialect: Dialect) -> tuple[str, ...]:
        own = any("{database}" in name.name for name in entry.names)
        return dialect.databases if own else ("neo4j",)

    def _values(self, key: str, column: Columns) -> Floats:
        if key == "transaction_active_write":
            writing: Floats = np.rint(column("active") * self._writes)
            return writing
        if key == "transaction_active_read":
            reading: Floats = column("active") - np.rint(column("active") * self._writes)
            return reading
        found: Floats = _SOURCES[key](column)
        return found

    def _meter(self, at: list[int], numbers: list[int], ages: list[float]) -> list[str]:
        decimal = self._dialect.decimal
        zero = decimal(0.0)
        rest = f"{zero},{zero},{zero},events/second"
        return [
            f"{t},{number},{decimal(number / age)},{rest}"
            for t, number, age in zip(at, numbers, ages, strict=True)
        ]

    def _keep(self, what: str, rows: Floats, start: int) -> None:
        if len(rows):
            self._waiting[what].append(np.stack([rows[:, 1], rows[:, 1] - rows[:, start]]))

    def _count_up_to(self, times: Floats) -> tuple[dict[str, list[str]], Floats]:
        """Return each histogram's rows at some moments, and how many queries had ended."""
        found: dict[str, list[str]] = {}
        successes = np.zeros(len(times))
        for what, counted in self._counted.items():
            parts = self._waiting[what]
            both = np.concatenate(parts, axis=1) if parts else np.zeros((2, 0))
            stops = np.searchsorted(both[0], times, side="right")
            rows, first = [], 0
            for i, stop in enumerate(stops.tolist()):
                counted.add(both[1, first:stop])
                first = stop
                rows.append(counted.row(self._dialect))
                if what == "queries":
                    successes[i] = counted.count
            self._waiting[what] = [both[:, first:]]
            found[what] = rows
        return found, successes


def _full_name(entry: Metric, dialect: Dialect, database: str) -> str | None:
    if entry.id not in _SOURCES and entry.id not in (
        *_HISTOGRAMS,
        *_PER_QUERY,
        "transaction_active_read",
        "transaction_active_write",
    ):
        return None
    # Where two names hold (4.2 to 4.4) the first is that of the default, without namespaces.
    names = [interval.name for interval in entry.names if interval.holds(dialect.version)]
    if not names:
        return None
    return names[0].format(prefix="neo4j", database=database)


def _gauge(at: list[int], numbers: list[int]) -> list[str]:
    return [f"{t},{number}" for t, number in zip(at, numbers, strict=True)]


def _unlimited(key: str) -> bool:
    return key in ("bolt_memory_free", "bolt_memory_limit")
