"""Tables saved from a dashboard's panel: Grafana's CSV in its forms, Datadog's.

A panel shows what somebody chose to show: values may be rounded, have units, or be rates of a
counter rather than the counter.  Each column is mapped by its name; what cannot be is named.
"""

from __future__ import annotations

import csv
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from boltkb.catalogue import load_metrics
from boltkb.errors import ExportError
from boltkb.exports.intake.members import Member
from boltkb.exports.metrics.names import read_scraped_name
from boltkb.exports.metrics.panel_names import PanelName, panel_name
from boltkb.exports.metrics.quantities import read_quantity
from boltkb.exports.metrics.readings import Readings, server_of
from boltkb.exports.metrics.text_lines import text_lines
from boltkb.exports.metrics.times import read_moment
from boltkb.exports.records import Source

__all__ = ["looks_like_panel", "read_panel"]

_TIMES = frozenset({"time", "timestamp", "date", "datetime", "_time"})
_SERIES = frozenset({"series", "metric", "metric name", "metric_name", "__name__", "_measurement"})
_VALUES = frozenset({"value", "_value", "avg", "mean"})
_SEPARATOR = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_MOST_COLUMNS = 2000
_MOST_CELLS = 20_000_000
#: Of the steps of a running count, the share that may fall: restarts.
_FALLS = 0.1


def looks_like_panel(head: str) -> bool:
    r"""Return whether a text begins like a table that was saved from a panel.

    Examples
    --------
    >>> looks_like_panel('"Time","neo4j_dbms_bolt_connections_running"\n1719501420000,3\n')
    True
    >>> looks_like_panel('"Time","something else"\n1719501420000,3\n')
    False
    """
    lines = [line for line in head.splitlines()[:64] if line.strip()]
    if lines and _SEPARATOR.fullmatch(lines[0].strip()):
        lines = lines[1:]
    if not lines:
        return False
    for delimiter in _delimiters(lines[0]):
        rows = _rows_of(lines, delimiter)
        columns = [cell.strip().lower() for cell in rows[0]]
        if not _TIMES & set(columns) or len(columns) < 2:
            continue
        if any(panel_name(cell) is not None for cell in rows[0]):
            return True
        series = [place for place, cell in enumerate(columns) if cell in _SERIES]
        if series and _VALUES & set(columns):
            cells = (row[series[0]] for row in rows[1:] if len(row) > series[0])
            if any(panel_name(cell) is not None for cell in cells):
                return True
    return False


def read_panel(member: Member, readings: Readings) -> tuple[Source, tuple[str, ...]]:
    r"""Add the columns of one saved panel to readings, and return what was read, and doubts.

    Parameters
    ----------
    member : Member
    readings : Readings
        Receives what the columns of known metrics say.

    Returns
    -------
    tuple of (Source, tuple of str)

    Raises
    ------
    ExportError
        When there is no column of times or none of a metric that is known.

    Examples
    --------
    >>> import io
    >>> text = b'"Time","neo4j_bolt_connections_running"\n1719501420000,3\n1719501450000,\n'
    >>> readings = Readings()
    >>> read_panel(Member("panel.csv", None, lambda: io.BytesIO(text)), readings)[0].rows
    1
    """
    table = _Panel(member.path)
    with member.open() as stream:
        lines = text_lines(stream)  # type: ignore[arg-type]
        for number, line in lines:
            table.line(number, line)
    return table.finish(readings)


@dataclass(slots=True)
class _Drawn:
    name: PanelName
    head: str
    times: array[float] = field(default_factory=lambda: array("d"))
    values: array[float] = field(default_factory=lambda: array("d"))
    first: int = 0
    last: int = 0
    units: set[str] = field(default_factory=set)


class _Panel:
    """One table while its lines are read."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.refused = 0
        self.why = ""
        self._delimiter = ""
        self._columns: list[str] = []
        self._time = -1
        self._series = self._value = -1
        self._drawn: dict[str, _Drawn] = {}
        self._unknown: dict[str, None] = {}
        self._local = self._count = 0

    def refuse(self, number: int, why: str) -> None:
        self.refused += 1
        if not self.why:
            self.why = f"line {number}: {why}"

    def line(self, number: int, line: str | None) -> None:
        if line is None:
            self.refuse(number, "too long")
            return
        if not line.strip():
            return
        if not self._columns:
            given = _SEPARATOR.fullmatch(line.strip())
            if given is not None:
                self._delimiter = given[1]
                return
            self._head(line)
            return
        rows = _rows_of([line], self._delimiter)
        cells = rows[0] if rows else []
        if len(cells) != len(self._columns):
            self.refuse(number, f"{len(cells)} cells instead of {len(self._columns)}")
            return
        if cells == self._columns:
            return
        time = self._moment(cells[self._time])
        if time is None:
            self.refuse(number, f"not a time that is clear: {cells[self._time][:40]!r}")
            return
        for place, head in self._cells(cells):
            self._take(number, head, cells[place], time)

    def _head(self, line: str) -> None:
        for delimiter in [self._delimiter] if self._delimiter else _delimiters(line):
            cells = _rows_of([line], delimiter)[0]
            lower = [cell.strip().lower() for cell in cells]
            times = [place for place, cell in enumerate(lower) if cell in _TIMES]
            if times and len(cells) > 1:
                break
        else:
            raise ExportError("no column of times in its first line", self.path, 1)
        if len(cells) > _MOST_COLUMNS:
            raise ExportError(f"has more than {_MOST_COLUMNS:,} columns", self.path, 1)
        self._delimiter, self._columns, self._time = delimiter, cells, times[0]
        series = [place for place, cell in enumerate(lower) if cell in _SERIES]
        values = [place for place, cell in enumerate(lower) if cell in _VALUES]
        if series and values:
            self._series, self._value = series[0], values[0]

    def _cells(self, cells: Sequence[str]) -> Iterator[tuple[int, str]]:
        if self._series < 0:
            for place, head in enumerate(self._columns):
                if place != self._time:
                    yield place, head
            return
        head = cells[self._series]
        if "{" not in head:
            others = [
                f'{name}="{cells[place]}"'
                for place, name in enumerate(self._columns)
                if place not in {self._time, self._series, self._value}
                and cells[place]
                and re.fullmatch(r"[A-Za-z_]\w*", name)
                and '"' not in cells[place]
                and "\\" not in cells[place]
            ]
            head = f"{head}{{{','.join(others)}}}" if others else head
        yield self._value, head

    def _take(self, number: int, head: str, cell: str, time: float) -> None:
        drawn = self._drawn.get(head)
        if drawn is None:
            if head in self._unknown:
                return
            name = panel_name(head)
            if name is None or len(self._drawn) >= _MOST_COLUMNS:
                if len(self._unknown) < _MOST_COLUMNS:
                    self._unknown[head] = None
                return
            drawn = self._drawn[head] = _Drawn(name, head, first=number)
        text = cell.strip()
        if not text or text.lower() in {"null", "undefined", "nan", "no data", "-", "n/a"}:
            return
        found = read_quantity(text, decimal_comma=self._delimiter == ";")
        if found is None:
            self.refuse(number, f"not a number that is clear: {text[:40]!r}")
            return
        if found.unit:
            drawn.units.add(found.unit)
        self._count += 1
        if self._count > _MOST_CELLS:
            raise ExportError(
                f"has more than {_MOST_CELLS:,} values; save a shorter time", self.path
            )
        drawn.times.append(time)
        drawn.values.append(found.value)
        drawn.last = number

    def _moment(self, text: str) -> float | None:
        found = read_moment(text)
        if found is None:
            return None
        self._local += not found[1]
        return found[0]

    def finish(self, readings: Readings) -> tuple[Source, tuple[str, ...]]:
        if not self._columns:
            raise ExportError("no table in it", self.path, 1)
        problems: list[str] = []
        rows = 0
        first, last = np.inf, -np.inf
        for drawn in self._drawn.values():
            problem = _unfit(drawn)
            if problem:
                problems.append(f"{self.path}: {drawn.head[:120]}: not used: {problem}")
                continue
            if drawn.units - {"s", "ms", "us", "ns"}:
                units = ", ".join(sorted(drawn.units))
                problems.append(
                    f"{self.path}: {drawn.head[:120]}: values are rounded as they were shown"
                    f" ({units})"
                )
            if drawn.name.summed and not server_of(drawn.name.labels):
                problems.append(
                    f"{self.path}: {drawn.head[:120]}: if the panel showed several servers, this"
                    f" is their {drawn.name.summed}"
                )
            spans = bool(drawn.units & {"ns", "us", "ms", "s", "min", "h", "d", "week"})
            kept = readings.add(
                drawn.name.name, drawn.name.labels, drawn.times, drawn.values, self.path,
                drawn.first, in_unit=spans,
            )  # fmt: skip
            rows += kept
            if kept:
                first, last = min(first, *drawn.times), max(last, *drawn.times)
        if self._unknown:
            told = ", ".join(head[:80] for head in list(self._unknown)[:5])
            more = f" and {len(self._unknown) - 5} more" if len(self._unknown) > 5 else ""
            problems.append(f"{self.path}: no metric of the catalogue: {told}{more}")
        if self._local:
            problems.append(f"{self.path}: its times have no zone and are read as UTC")
        if not self._drawn:
            raise ExportError("no column of a metric that is known", self.path, 1)
        dated = first <= last
        source = Source(
            self.path,
            "panel",
            rows,
            self.refused,
            self.why,
            float(first) if dated else None,
            float(last) if dated else None,
        )
        return source, tuple(problems)


def _unfit(drawn: _Drawn) -> str:
    found = read_scraped_name(drawn.name.name)
    if found is None or not drawn.values:
        return "no values"
    metric = load_metrics()[found.id]
    counts = metric.kind == "counter" or found.ending in {"total", "count"}
    if drawn.name.rate and counts:
        return f"{drawn.name.rate} of a counter, not the counter itself; show the counter"
    if any(unit.endswith("/s") for unit in drawn.units):
        return "values a second, not the counter itself; show the counter"
    if counts and metric.gauge_form == "counter" and len(drawn.values) > 4:
        order = np.argsort(np.array(drawn.times), kind="stable")
        falls = np.diff(np.array(drawn.values)[order]) < 0
        if falls.mean() > _FALLS:
            return "it falls too often for a running count; it shows a rate or steps of one"
    return ""


def _delimiters(line: str) -> list[str]:
    return sorted((",", ";", "\t"), key=lambda one: -line.count(one))


def _rows_of(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(lines, delimiter=delimiter)) or [[]]
    except csv.Error:
        return [[]]
