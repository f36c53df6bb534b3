"""Reads found metric files into series."""

from __future__ import annotations

from collections.abc import Sequence

from boltkb.catalogue import load_metrics, metric_id
from boltkb.errors import ExportError
from boltkb.exports.gathered import Found, Gathered
from boltkb.exports.metrics.csv_files import MetricFile, join_series, read_metric

__all__ = ["take_metrics"]


def take_metrics(entries: Sequence[Found], gathered: Gathered) -> None:
    """Read metric CSV files; rotated ones of the same metric become one series."""
    groups: dict[tuple[str, str | None], dict[str, list[Found]]] = {}
    for entry in entries:
        name = entry.stem[: -len(".csv")]
        known = metric_id(name)
        if known is None:
            gathered.ignore(entry, "a metric that is not used")
        else:
            groups.setdefault(known, {}).setdefault(name, []).append(entry)
    for (key, database), names in groups.items():
        # 4.x may write a metric with and without its namespace: the same numbers.
        chosen = max(names, key=lambda name: (len(name.split(".")), name))
        for name in names.keys() - {chosen}:
            gathered.problems.append(f"{name} and {chosen} are the same metric; {chosen} is used")
            for entry in names[name]:
                gathered.ignore(entry, f"the same metric as {chosen}")
        _take_metric(key, database, names[chosen], gathered)


def _take_metric(
    key: str, database: str | None, entries: Sequence[Found], gathered: Gathered
) -> None:
    files: list[MetricFile] = []
    for entry in entries:
        try:
            file = read_metric(entry.member)
        except ExportError as problem:
            gathered.fail(entry, problem)
            continue
        gathered.sources.append(file.source)
        gathered.problems += file.problems
        if len(file.times):
            files.append(file)
    if not files:
        return
    series, resets, problems = join_series(load_metrics()[key], database, files)
    gathered.series[series.key] = series
    # A database may be stopped and started while the server runs on.
    if database is None:
        gathered.resets.append(resets)
    gathered.problems += problems
