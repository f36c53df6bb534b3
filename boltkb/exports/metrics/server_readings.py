"""Readings of one server become series: spellings of a metric joined, times put in order."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from boltkb.catalogue import Metric, load_metrics
from boltkb.exports.metrics.joining import fallen, in_order, told_gaps
from boltkb.exports.metrics.names import Name, prefixes_of, read_name, read_scraped_name
from boltkb.exports.records import Floats, Series, Where

__all__ = ["RawReadings", "ServerReadings", "put_together"]


@dataclass(frozen=True, slots=True, eq=False)
class ServerReadings:
    """What was read of one server.

    Parameters
    ----------
    server : str
        As its labels name it; empty where nothing does.
    series : mapping of str to Series
        By key, as in `Export.series`.
    resets : tuple of (k,) arrays, epoch seconds
        First times after counters of the whole server fell.
    moment : mapping of str to tuple of (float, ...)
        Values of readings that have no time, by series key.
    where : mapping of str to Where
        Of the readings in `moment`.
    problems : tuple of str
    """

    server: str
    series: Mapping[str, Series]
    resets: tuple[Floats, ...] = ()
    moment: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    where: Mapping[str, Where] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class RawReadings:
    """Readings of one name of one server, in the order in which they came.

    Parameters
    ----------
    dotted : str or None
        The name with dots, where the source told it.
    name : str
        As it was written.
    column : str
        A histogram's column; empty for the value or the count.
    labels : set of str
        The first few sets of labels.
    times, values : arrays
    files : dict of str to list of int
        The first and the last line in each file.
    in_unit : bool
        Whether values are in the catalogue's unit already.
    """

    dotted: str | None
    name: str
    column: str
    labels: set[str]
    times: array[float]
    values: array[float]
    files: dict[str, list[int]]
    in_unit: bool


def put_together(name: str, raws: Sequence[RawReadings]) -> ServerReadings:
    """Return the series of one server.

    Parameters
    ----------
    name : str
        The server's.
    raws : sequence of RawReadings

    Returns
    -------
    ServerReadings

    Examples
    --------
    >>> put_together("a:2004", []).series
    {}
    """
    groups: dict[tuple[str, str | None], dict[str, list[tuple[Name, RawReadings]]]] = {}
    for known, raw in _named(raws):
        spelled = f"{known.prefix}/{raw.dotted or _base(raw.name, known)}"
        groups.setdefault((known.id, known.database), {}).setdefault(spelled, []).append(
            (known, raw)
        )
    series: dict[str, Series] = {}
    problems: list[str] = []
    moment: dict[str, tuple[float, ...]] = {}
    places: dict[str, Where] = {}
    for (identity, database), spellings in groups.items():
        metric = load_metrics()[identity]
        made = []
        for spelled, members in spellings.items():
            one = _series(metric, database, members, problems)
            if one is not None:
                made.append((spelled, one))
            undated = _undated(metric, members)
            if undated:
                key = identity if database is None else f"{identity}[{database}]"
                moment[key] = undated
                places[key] = _where(members[0][1])[0]
        if made:
            joined = _one_of(made, problems)
            series[joined.key] = joined
    resets = tuple(
        fallen(one.times, one.values)
        for one in series.values()
        if one.kind != "gauge" and one.database is None
    )
    problems += told_gaps(series)
    return ServerReadings(name, series, resets, moment, places, tuple(problems))


def _named(raws: Sequence[RawReadings]) -> list[tuple[Name, RawReadings]]:
    dotted = prefixes_of(raw.dotted for raw in raws if raw.dotted)
    spelled = prefixes_of((_bare(raw.name) for raw in raws), mark="_")
    named = []
    for raw in raws:
        plain = read_scraped_name(raw.name, spelled)
        full = read_name(raw.dotted, dotted) if raw.dotted else None
        ending = plain.ending if plain is not None else ""
        known = plain if full is None else Name(full.id, full.database, full.prefix, ending)
        if known is not None:
            named.append((known, raw))
    return named


def _bare(name: str) -> str:
    known = read_scraped_name(name)
    return name if known is None else _base(name, known)


def _base(name: str, known: Name) -> str:
    return name.removesuffix(f"_{known.ending}") if known.ending else name


def _series(
    metric: Metric,
    database: str | None,
    members: Sequence[tuple[Name, RawReadings]],
    problems: list[str],
) -> Series | None:
    count = [
        raw for name, raw in members if not raw.column and name.ending not in {"sum", "created"}
    ]
    if metric.kind == "histogram":
        count = [raw for name, raw in members if not raw.column and name.ending == "count"]
    if not count:
        return None
    raw = count[0]
    ending = next(name.ending for name, one in members if one is raw)
    kind = metric.kind if metric.kind == "histogram" else metric.gauge_form
    if ending in {"total", "count"} and kind == "gauge":
        kind = "counter"
    times, values = _dated(raw)
    # A reading that is not a number marks the end of what was scraped.
    whole = ~np.isnan(values)
    times, values = times[whole], values[whole]
    if not len(times):
        return None
    order = in_order(times, values, whole=True)
    if len(raw.labels) > 1 and order.kept is not None:
        problems.append(
            f"{raw.name}: {len(raw.labels)} or more sets of labels for one server"
            f" ({'; '.join(sorted(raw.labels)[:2])}); of equal times the last one read counts"
        )
    times, values = order.of(times), order.of(values)
    scale = 1.0 if raw.in_unit else metric.scale
    columns = {one.column: _aligned(times, one) * scale for _, one in members if one.column}
    if kind != "histogram":
        values = values * scale
    wheres = _where(raw)
    return Series(
        metric.id, kind, times, values, database, wheres[0], dict(sorted(columns.items())), wheres
    )


def _dated(raw: RawReadings) -> tuple[Floats, Floats]:
    times = np.array(raw.times, dtype=np.float64)
    values = np.array(raw.values, dtype=np.float64)
    dated = ~np.isnan(times)
    return times[dated], values[dated]


def _undated(metric: Metric, members: Sequence[tuple[Name, RawReadings]]) -> tuple[float, ...]:
    values: list[float] = []
    for name, raw in members:
        if raw.column or name.ending in {"sum", "created"}:
            continue
        undated = np.isnan(np.array(raw.times, dtype=np.float64))
        found = np.array(raw.values, dtype=np.float64)[undated]
        scale = 1.0 if metric.kind == "histogram" or raw.in_unit else metric.scale
        values += (found[~np.isnan(found)] * scale).tolist()
    return tuple(values)


def _aligned(times: Floats, raw: RawReadings) -> Floats:
    given, values = _dated(raw)
    order = in_order(given, values, whole=False)
    given, values = order.of(given), order.of(values)
    aligned = np.full(len(times), np.nan)
    if len(given):
        places = np.minimum(np.searchsorted(given, times), len(given) - 1)
        same = given[places] == times
        aligned[same] = values[places[same]]
    return aligned


def _one_of(made: Sequence[tuple[str, Series]], problems: list[str]) -> Series:
    # After an upgrade the same metric has another name: the two are one, one after the other.
    made = sorted(made, key=lambda one: float(one[1].times[0]))
    joined = made[0][1]
    for spelled, one in made[1:]:
        name, other = made[0][0].partition("/")[2], spelled.partition("/")[2]
        if float(joined.times[-1]) < float(one.times[0]) and joined.kind == one.kind:
            problems.append(f"{name} is followed by {other}: they are one metric, {one.id}")
            joined = Series(
                one.id,
                one.kind,
                np.concatenate([joined.times, one.times]),
                np.concatenate([joined.values, one.values]),
                one.database,
                joined.where,
                {
                    column: np.concatenate([joined.columns[column], one.columns[column]])
                    for column in joined.columns
                    if column in one.columns
                },
                joined.files + one.files,
            )
        else:
            problems.append(f"{name} and {other} are the same metric; {name} is used")
    return joined


def _where(raw: RawReadings) -> tuple[Where, ...]:
    return tuple(Where(file, *lines[:2]) for file, lines in raw.files.items())
