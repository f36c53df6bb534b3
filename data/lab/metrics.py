"""Metric files in the layout and under the names of Neo4j 5.26's CSV exporter.

The exporter itself is part of the Enterprise edition; here the same counters, which the
server hands to any listener, were written down once a second by the lab's plugin. Only
what was measured becomes a file. This room must not know the load or the truth.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

METER_HEADER = "t,count,mean_rate,m1_rate,m5_rate,m15_rate,rate_unit"
METER_TAIL = "0.000000,0.000000,0.000000,events/second"
GAUGE_HEADER = "t,value"

Row = Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Metric:
    """One file: its name, whether it is a gauge, and how a snapshot gives its value."""

    name: str
    gauge: bool
    value: Callable[[Row], int | None]
    default: bool = True


def _column(name: str) -> Callable[[Row], int | None]:
    return lambda row: row[name]


def _running(row: Row) -> int | None:
    return _difference(row, "activated", "waiting")


def _idle(row: Row) -> int | None:
    still_open, running = _difference(row, "opened", "closed"), _running(row)
    return None if still_open is None or running is None else still_open - running


def _difference(row: Row, more: str, less: str) -> int | None:
    first, second = row[more], row[less]
    return None if first is None or second is None else max(0, first - second)


BOLT = "neo4j.dbms.bolt."
TRANSACTION = "neo4j.database.neo4j.transaction."
VM = "neo4j.dbms.vm."
METRICS = (
    Metric(BOLT + "connections_opened", False, _column("opened")),
    Metric(BOLT + "connections_closed", False, _column("closed")),
    Metric(BOLT + "connections_running", True, _running),
    Metric(BOLT + "connections_idle", True, _idle),
    Metric(BOLT + "messages_received", False, _column("received")),
    Metric(BOLT + "messages_started", False, _column("started")),
    Metric(BOLT + "messages_done", False, _column("done"), default=False),
    Metric(BOLT + "messages_failed", False, _column("failed"), default=False),
    Metric(BOLT + "accumulated_queue_time", False, _column("queue_millis"), default=False),
    Metric(
        BOLT + "accumulated_processing_time", False, _column("processing_millis"), default=False
    ),
    Metric(TRANSACTION + "active_read", True, _column("active_read")),
    Metric(TRANSACTION + "active_write", True, _column("active_write")),
    Metric(TRANSACTION + "peak_concurrent", False, _column("peak_concurrent")),
    Metric(TRANSACTION + "committed", False, _column("committed")),
    Metric(TRANSACTION + "rollbacks", False, _column("rollbacks")),
    Metric(VM + "threads", True, _column("vm_threads")),
    Metric(VM + "pause_time", False, _column("pause_millis")),
    Metric(VM + "gc.time.g1_young_generation", False, _column("gc_young_millis")),
    Metric(VM + "gc.time.g1_old_generation", False, _column("gc_old_millis")),
)


def read_snapshots(path: Path) -> list[dict[str, int | None]]:
    """Return the plugin's snapshots; an empty field is None.

    Parameters
    ----------
    path : Path
        The plugin's ``snapshots.csv``. A last line that was not yet whole is left out.
    """
    with path.open(newline="") as file:
        reader = csv.DictReader(line for line in file if line.endswith("\n"))
        return [{name: int(text) if text else None for name, text in row.items()} for row in reader]


def write_metrics(
    snapshots: Iterable[Row],
    folder: Path,
    *,
    start: float,
    end: float,
    with_all: bool = False,
) -> list[str]:
    """Write one CSV file per metric and return their names.

    Parameters
    ----------
    snapshots : iterable of mapping
        As `read_snapshots` gives them.
    folder : Path
        Made when absent.
    start, end : float, epoch seconds
        Snapshots outside are left out.
    with_all : bool
        Whether metrics that the default filter keeps back are written too.

    Returns
    -------
    list of str
        Metric names. A value that was not measured is left out, not written as zero.
    """
    rows = list(snapshots)
    if not rows:
        return []
    registered = (rows[0]["millis"] or 0) / 1000 - 1
    folder.mkdir(parents=True, exist_ok=True)
    names: list[str] = []
    for metric in METRICS:
        if not (metric.default or with_all):
            continue
        lines = [GAUGE_HEADER if metric.gauge else METER_HEADER]
        for row in rows:
            at, value = (row["millis"] or 0) / 1000, metric.value(row)
            if value is None or not start <= at <= end:
                continue
            if metric.gauge:
                lines.append(f"{int(at)},{value}")
            else:
                rate = value / (at - registered)
                lines.append(f"{int(at)},{value},{rate:.6f},{METER_TAIL}")
        (folder / f"{metric.name}.csv").write_text("\n".join(lines) + "\n")
        names.append(metric.name)
    return names
