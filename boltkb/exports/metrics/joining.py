"""Rotated files of one metric become one series; restarts and gaps are found in it.

Files rotate one by one, so that the rows of two metrics are joined by their times, never by
their places.  Nothing is interpolated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from boltkb.catalogue import Metric
from boltkb.exports.metrics.csv_files import COLUMNS, MetricFile
from boltkb.exports.metrics.process_starts import ProcessStart, told_starts
from boltkb.exports.records import Floats, Series
from boltkb.exports.records.packed import pack
from boltkb.tables import span

__all__ = ["Gaps", "Joined", "fallen", "gaps_of", "in_order", "join_series", "told_gaps"]

#: A step of more than so many usual steps is a gap.
_STEPS = 3.0
#: Seconds by which a sample may come late without a gap: stamps are whole seconds and jitter.
_LATE = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """A series, and what was seen while it was put together.

    Parameters
    ----------
    series : Series
    resets : (k,) array, epoch seconds
        The first time after each restart that a header or a fallen count tells.
    starts : tuple of ProcessStart or None
        What its mean rates tell of processes, where a counter's files have them.
    problems : tuple of str
    """

    series: Series
    resets: Floats
    starts: tuple[ProcessStart, ...] | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gaps:
    """Times without samples inside a series.

    Parameters
    ----------
    count : int
    total, longest : float, seconds
    first : float, epoch seconds
        The last sample before the first gap.
    step : float, seconds
        The usual step between samples.
    """

    count: int
    total: float
    longest: float
    first: float
    step: float

    def __str__(self) -> str:
        each = "1 gap of" if self.count == 1 else f"{self.count} gaps, in all"
        longest = "" if self.count == 1 else f", the longest {span(self.longest)}"
        return f"{each} {span(self.total)}{longest}; samples usually come every {span(self.step)}"


def join_series(metric: Metric, database: str | None, files: Sequence[MetricFile]) -> Joined:
    r"""Return one series from all files of a metric.

    Parameters
    ----------
    metric : Metric
        The catalogue's entry; values come out in its unit.
    database : str or None
    files : sequence of MetricFile
        Oldest first.  A time that comes more than once counts once, as it was written last.

    Returns
    -------
    Joined

    Examples
    --------
    >>> import io
    >>> from boltkb.catalogue import load_metrics
    >>> from boltkb.exports.intake.members import Member
    >>> from boltkb.exports.metrics.csv_files import read_metric
    >>> text = b"t,value\n1719501420,7\n1719501450,2\n"
    >>> file = read_metric(Member("a.csv", None, lambda: io.BytesIO(text)))
    >>> joined = join_series(load_metrics()["messages_received"], None, [file])
    >>> joined.series.kind, joined.series.values.tolist(), joined.resets.tolist()
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
    times = _chained([file.times for file in files])
    values = _chained([file.values for file in files])
    order = in_order(times, values, whole=kind == "counter")
    names = [name for name in COLUMNS if all(name in file.columns for file in files)]
    columns = {
        name: pack(order.of(_chained([file.columns[name] for file in files])), metric.scale)
        for name in names
    }
    starts = None
    if kind == "counter" and all(file.rates is not None for file in files):
        rates = _chained([file.rates for file in files if file.rates is not None])
        starts = tuple(told_starts(times, values, rates))
    times, values = order.of(times), order.of(values)
    resets = np.concatenate([file.restarts for file in files])
    if kind != "gauge":
        resets = np.concatenate([resets, fallen(times, values)])
    series = Series(
        metric.id,
        kind,
        times,
        pack(values, 1.0 if kind == "histogram" else metric.scale),
        database,
        files[0].where,
        columns,
        tuple(file.where for file in files),
    )
    return Joined(series, np.unique(resets), starts, tuple(problems))


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """How rows are put in order; `kept` is None where they are so already."""

    kept: np.ndarray | None

    def of(self, column: Floats) -> Floats:
        """Return a column's kept rows in their order."""
        return column if self.kept is None else column[self.kept]


def in_order(times: Floats, values: Floats, *, whole: bool) -> Order:
    """Return how rows come into the order of their times, each time once.

    Parameters
    ----------
    times, values : (n,) arrays
        In the order in which they were written: of equal times the last one counts.
    whole : bool
        Whether rows without a value are left out.

    Returns
    -------
    Order

    Examples
    --------
    >>> order = in_order(np.array([2.0, 1.0, 2.0]), np.array([5.0, 6.0, 7.0]), whole=False)
    >>> order.of(np.array([5.0, 6.0, 7.0])).tolist()
    [6.0, 7.0]
    """
    missing = whole and bool(np.isnan(values).any())
    if not missing and bool((times[1:] > times[:-1]).all()):
        return Order(None)
    # Stable, so that of equal times the one written last stays last and is kept.
    order = np.argsort(times, kind="stable")
    last = np.ones(len(times), dtype=bool)
    if missing:
        order = order[~np.isnan(values[order])]
        last = last[: len(order)]
    last[:-1] = np.diff(times[order]) > 0
    return Order(order[last])


def fallen(times: Floats, counts: Floats) -> Floats:
    """Return the first time after each fall of a running count, which is a restart.

    Examples
    --------
    >>> fallen(np.array([10.0, 20.0, 30.0]), np.array([4.0, 1.0, 2.0])).tolist()
    [20.0]
    """
    return times[np.flatnonzero(counts[1:] < counts[:-1]) + 1]


def gaps_of(times: Floats) -> Gaps | None:
    """Return the gaps of a series, None for none or for fewer than three samples.

    A gap is a step of more than three times the usual one, the median, and 5 s more than it.

    Examples
    --------
    >>> str(gaps_of(np.array([0.0, 30.0, 60.0, 90.0, 3690.0, 3720.0])))
    '1 gap of 1 h; samples usually come every 30 s'
    """
    if len(times) < 3:
        return None
    steps = np.diff(times)
    usual = float(np.median(steps))
    wide = np.flatnonzero(steps > max(_STEPS * usual, usual + _LATE))
    if not len(wide):
        return None
    lengths = steps[wide]
    return Gaps(len(wide), float(lengths.sum()), float(lengths.max()), float(times[wide[0]]), usual)


def told_gaps(series: Mapping[str, Series]) -> list[str]:
    """Return a line for each different set of gaps among series, with who has them."""
    groups: dict[Gaps, list[str]] = {}
    seen: dict[int, Gaps | None] = {}
    for key, one in series.items():
        # Most series share one array of times.
        place = id(one.times)
        if place not in seen:
            seen[place] = gaps_of(one.times)
        gaps = seen[place]
        if gaps is not None:
            groups.setdefault(gaps, []).append(key)
    lines = []
    for gaps, keys in groups.items():
        more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
        lines.append(f"{keys[0]}{more}: {gaps}; nothing is filled in")
    return lines


def _chained(parts: Sequence[Floats]) -> Floats:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
