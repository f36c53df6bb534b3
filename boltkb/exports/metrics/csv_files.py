"""Metric CSV files: one file a metric, rotated ones joined, read in bulk.

Knows the layouts that Neo4j's CSV exporter writes, told apart by the header.  Broken lines are
counted, with the first one's number; a header in mid-file marks a restart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl

from boltkb.catalogue import Metric
from boltkb.errors import ExportError
from boltkb.exports.intake.members import Member
from boltkb.exports.records import Floats, Series, Source, Where

__all__ = ["MetricFile", "join_series", "read_metric"]

#: Times outside these are not times of a Neo4j server (2010 and 2100).
_EARLIEST, _LATEST = 1_262_304_000.0, 4_102_444_800.0
_COLUMNS = ("max", "mean", "min", "stddev", "p50", "p75", "p95", "p98", "p99", "p999")
_HEADER_LIMIT = 4096


@dataclass(frozen=True, slots=True, eq=False)
class MetricFile:
    """One metric file as it was read.

    Parameters
    ----------
    source : Source
    kind : str
        As the header says.
    times : (n,) array, epoch seconds, in the file's order
    values : (n,) array, as in the file
    columns : mapping of str to (n,) array
    restarts : (k,) array, epoch seconds
        The first time after each header in mid-file.
    where : Where
    problems : tuple of str
    """

    source: Source
    kind: Literal["gauge", "counter", "histogram"]
    times: Floats
    values: Floats
    columns: Mapping[str, Floats]
    restarts: Floats
    where: Where
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class _Refused:
    count: int = 0
    first: str = ""
    headers: list[int] = field(default_factory=list)

    def add(self, line: int, why: str) -> None:
        self.count += 1
        if not self.first:
            self.first = f"line {line}: {why}"


def read_metric(member: Member) -> MetricFile:
    r"""Return one metric file.

    Parameters
    ----------
    member : Member
        Its first line must be a header of the exporter: `t,value` or `t,count,...`.

    Returns
    -------
    MetricFile

    Raises
    ------
    ExportError
        When there is no such header, or the file is larger than the limits allow.

    Examples
    --------
    >>> import io
    >>> text = b"t,value\n1719501420,3\n1719501450,x\n1719501480,4\n"
    >>> read = read_metric(Member("a.csv", None, lambda: io.BytesIO(text)))
    >>> read.values.tolist(), read.source.refused, read.source.why
    ([3.0, 4.0], 1, "line 3: not a number: 'x'")
    """
    with member.open() as stream:
        data = stream.read()
    problems: list[str] = []
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    header = data[:_HEADER_LIMIT].split(b"\n", 1)[0].decode("utf-8", "replace").strip()
    names = [name.strip() for name in header.split(",")]
    if len(names) < 2 or names[0] != "t" or names[1] not in {"value", "count"}:
        raise ExportError("no header of a metric file in its first line", member.path, 1)
    refused = _Refused()
    if data and not data.endswith(b"\n"):
        whole, _, cut = data.rpartition(b"\n")
        line = data.count(b"\n") + 1
        refused.add(line, "cut in the middle")
        problems.append(f"{member.path}: its last line is cut and was left out ({len(cut)} bytes)")
        data = whole + b"\n"
    wanted = [names[1], *(name for name in names[2:] if name in _COLUMNS)]
    kind: Literal["gauge", "counter", "histogram"] = "gauge"
    if names[1] == "count":
        kind = "histogram" if "mean" in names else "counter"
    if kind != "histogram":
        wanted = wanted[:1]
    table = _fast(data, names, wanted)
    starts: list[int] = []
    lines: list[int] | range = range(2, data.count(b"\n") + 1)
    if table is None:
        table, starts, lines = _slow(data, names, wanted, refused)
    times = table[0]
    good = np.ones(len(times), dtype=bool)
    for index in np.flatnonzero(~((times > _EARLIEST) & (times < _LATEST)) | np.isinf(table[1])):
        good[index] = False
        refused.add(lines[int(index)], f"not a time or value of a server: {times[index]:g}")
    restarts = np.array([times[i] for i in starts if i < len(times)], dtype=np.float64)
    kept = [column[good] for column in table]
    times = kept[0]
    back = np.flatnonzero(np.diff(times) < 0)
    if len(back):
        problems.append(
            f"{member.path}: the clock goes back {len(back)} times,"
            f" the first time after row {int(back[0]) + 1} of those read"
        )
    source = Source(
        member.path,
        "metric",
        len(times),
        refused.count,
        refused.first,
        float(times.min()) if len(times) else None,
        float(times.max()) if len(times) else None,
    )
    columns = dict(zip(wanted[1:], kept[2:], strict=True))
    where = Where(member.path, 2, max(data.count(b"\n"), 2))
    return MetricFile(source, kind, times, kept[1], columns, restarts, where, tuple(problems))


def join_series(
    metric: Metric, database: str | None, files: Sequence[MetricFile]
) -> tuple[Series, Floats, tuple[str, ...]]:
    r"""Return one series from all files of a metric, the times at which it began anew, problems.

    Parameters
    ----------
    metric : Metric
        The catalogue's entry; values come out in its unit.
    database : str or None
    files : sequence of MetricFile
        Oldest first.  A time that comes more than once counts once, as it was written last.

    Returns
    -------
    tuple of (Series, (k,) array, tuple of str)

    Examples
    --------
    >>> import io
    >>> from boltkb.catalogue import load_metrics
    >>> text = b"t,value\n1719501420,7\n1719501450,2\n"
    >>> file = read_metric(Member("a.csv", None, lambda: io.BytesIO(text)))
    >>> series, anew, _ = join_series(load_metrics()["messages_received"], None, [file])
    >>> series.kind, series.values.tolist(), anew.tolist()
    ('counter', [7.0, 2.0], [1719501450.0])
    """
    problems: list[str] = []
    kinds = {file.kind for file in files}
    kind = files[-1].kind
    if len(kinds) > 1:
        problems.append(
            f"{metric.id}: its files have different layouts ({', '.join(sorted(kinds))});"
            f" those of the newest ({kind}) are used"
        )
        files = [file for file in files if file.kind == kind]
    if kind == "gauge":
        kind = metric.gauge_form
    times = np.concatenate([file.times for file in files])
    values = np.concatenate([file.values for file in files]) * metric.scale
    # Stable, so that of equal times the one written last stays last and is kept.
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    last = np.ones(len(times), dtype=bool)
    if len(times):
        last[:-1] = np.diff(times) > 0
    if kind == "counter":
        last &= ~np.isnan(values)
    names = [name for name in _COLUMNS if all(name in file.columns for file in files)]
    columns = {
        name: (np.concatenate([file.columns[name] for file in files]) * metric.scale)[order][last]
        for name in names
    }
    if kind == "histogram":
        values = values / metric.scale
    restarts = np.concatenate([file.restarts for file in files])
    if kind in {"counter", "histogram"}:
        falls = np.flatnonzero(np.diff(values[last]) < 0) + 1
        restarts = np.concatenate([restarts, times[last][falls]])
    series = Series(
        metric.id,
        kind,
        times[last],
        values[last],
        database,
        files[0].where,
        columns,
        tuple(file.where for file in files),
    )
    return series, np.unique(restarts), tuple(problems)


def _fast(data: bytes, names: list[str], wanted: list[str]) -> list[Floats] | None:
    # The usual file: every field a number.  Anything else takes the slow way, line by line.
    unique = [f"{index}" for index in range(len(names))]
    places = [0, *(names.index(name) for name in wanted)]
    try:
        frame = pl.read_csv(
            data,
            has_header=False,
            skip_rows=1,
            new_columns=unique,
            columns=places,
            schema_overrides=dict.fromkeys(unique, pl.Float64),
            infer_schema=False,
            quote_char=None,
        )
    except (pl.exceptions.PolarsError, ValueError):
        return None
    if any(count for count in frame.null_count().row(0)):
        return None
    return [frame[name].to_numpy() for name in frame.columns]


def _slow(
    data: bytes, names: list[str], wanted: list[str], refused: _Refused
) -> tuple[list[Floats], list[int], list[int]]:
    places = [0, *(names.index(name) for name in wanted)]
    header = ",".join(names)
    rows: list[list[float]] = []
    starts: list[int] = []
    lines: list[int] = []
    for line, raw in enumerate(data.split(b"\n")[1:], start=2):
        if not raw.strip():
            if raw:
                refused.add(line, "blank")
            continue
        text = raw.decode("utf-8", "replace").strip()
        if text == header:
            starts.append(len(rows))
            continue
        parts = text.split(",")
        if len(parts) != len(names):
            refused.add(line, f"{len(parts)} fields instead of {len(names)}")
            continue
        try:
            rows.append([float(parts[place]) for place in places])
        except ValueError:
            wrong = next(parts[place] for place in places if not _is_number(parts[place]))
            refused.add(line, f"not a number: {wrong[:40]!r}")
        else:
            lines.append(line)
    table = np.array(rows, dtype=np.float64).reshape(len(rows), len(places))
    return [table[:, column] for column in range(len(places))], starts, lines


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
