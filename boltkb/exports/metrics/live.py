"""Reads metrics from a running Prometheus over HTTP, sample by sample, for a span of time.

Nothing is written anywhere.  Without a step the samples come as they were scraped, each once and
with its own time; with a step Prometheus evaluates at fixed times, and repeats a value for up
to five minutes where there is none.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from boltkb.errors import ExportError, ParameterError
from boltkb.exports.gathered import Gathered
from boltkb.exports.metrics.asking import Prometheus, TooMuch
from boltkb.exports.metrics.names import known_tails
from boltkb.exports.metrics.query_results import take_answer
from boltkb.exports.metrics.readings import Readings
from boltkb.exports.metrics.server_readings import ServerReadings
from boltkb.exports.metrics.take import add_server
from boltkb.exports.metrics.times import read_moment
from boltkb.exports.records import Source

__all__ = ["Fetched", "fetch_prometheus", "fetch_servers", "take_fetched"]

#: Prometheus answers a range with at most 11,000 points a series.
_POINTS = 10_000
_WINDOW = 6 * 3600.0
_SHORTEST_WINDOW = 60.0
_LABEL_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True, eq=False)
class Fetched:
    """What a Prometheus said about one server or several.

    Parameters
    ----------
    servers : tuple of ServerReadings
        By name.
    source : Source
        The Prometheus, as a source of readings; its path is the address without a password.
    problems : tuple of str
    """

    servers: tuple[ServerReadings, ...]
    source: Source
    problems: tuple[str, ...] = ()


def fetch_prometheus(
    url: str,
    start: float | str,
    end: float | str,
    step: float | None = None,
    instance: str | None = None,
    *,
    labels: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = 30.0,
) -> Fetched:
    """Return the known metrics of one server between two times.

    Parameters
    ----------
    url : str
        Of Prometheus itself, `http://` or `https://`, such as `http://127.0.0.1:9090`; a user
        and a password may stand in it.
    start, end : float or str
        Epoch seconds, or ISO 8601; both ends are included.
    step : float, optional, seconds, > 0
        The distance of the points; without it the samples as they were scraped.
    instance : str, optional
        The value of the label `instance` of the server that is meant.
    labels : mapping of str to str, optional
        Further labels that samples must have.
    headers : mapping of str to str, optional
        Sent with each request, such as `Authorization`.
    timeout : float, seconds
        How long Prometheus may be silent.

    Returns
    -------
    Fetched
        With exactly one server.

    Raises
    ------
    ExportError
        When Prometheus cannot be reached or does not answer as it should, has no metric that is
        known in this time, or has those of several servers.
    ParameterError
        For a span, a step or a label that is none.

    Examples
    --------
    >>> fetch_prometheus("ftp://127.0.0.1", 1719501420, 1719505020)
    Traceback (most recent call last):
    boltkb.errors.ExportError: `ftp://127.0.0.1`: not an address that begins with http:// or https://
    """
    wanted = dict(labels or {})
    if instance is not None:
        wanted["instance"] = instance
    fetched = fetch_servers(url, start, end, step, labels=wanted, headers=headers, timeout=timeout)
    if len(fetched.servers) > 1:
        told = ", ".join(server.server or "one without a name" for server in fetched.servers[:8])
        raise ExportError(
            f"has the metrics of {len(fetched.servers)} servers ({told}); choose one by its"
            " instance or other labels",
            fetched.source.path,
        )
    return fetched


def fetch_servers(
    url: str,
    start: float | str,
    end: float | str,
    step: float | None = None,
    *,
    labels: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = 30.0,
) -> Fetched:
    """Return the known metrics of all servers between two times, server by server.

    Parameters, errors and the rest are those of `fetch_prometheus`.

    Examples
    --------
    >>> fetch_servers("http://127.0.0.1:9090", 1719505020, 1719501420)
    Traceback (most recent call last):
    boltkb.errors.ParameterError: the start must be before the end
    """
    begin, until = _moment(start, "start"), _moment(end, "end")
    if begin >= until:
        raise ParameterError("the start must be before the end")
    if step is not None and not (math.isfinite(step) and step > 0):
        raise ParameterError(f"the step must be a number of seconds above 0; got {step!r}")
    asked = Prometheus.at(url, headers or {}, timeout)
    selector = _selector(labels or {})
    readings = Readings()
    rows = refused = 0
    why = ""
    spans = _windows(begin, until) if step is None else _steps(begin, until, step)
    waiting = list(spans)[::-1]
    while waiting:
        first, last, edge = waiting.pop()
        try:
            text = asked.samples(selector, first, last, step)
        except TooMuch as problem:
            middle = (first + last) / 2
            if step is not None:
                middle = first + math.floor((middle - first) / step) * step
            if last - first < _SHORTEST_WINDOW or not first < middle < last:
                raise ExportError(f"its answer is too large ({problem})", asked.path) from problem
            rest = middle if step is None else middle + step
            waiting += [
                (rest, last, edge),
                (first, middle, middle if step is None else math.nextafter(middle, math.inf)),
            ]
            continue
        got = take_answer(text, asked.path, readings, between=(first, edge))
        rows, refused, why = rows + got.rows, refused + got.refused, why or got.why
    servers = readings.by_server()
    if not any(server.series for server in servers):
        raise ExportError(
            "has no metric of a Neo4j server in this time; look at the span, the labels and"
            " whether the server's Prometheus endpoint is scraped",
            asked.path,
        )
    starts = [float(one.times[0]) for server in servers for one in server.series.values()]
    ends = [float(one.times[-1]) for server in servers for one in server.series.values()]
    source = Source(asked.path, "scraped-metrics", rows, refused, why, min(starts), max(ends))
    problems = []
    if step is not None:
        problems.append(
            f"{asked.path}: values every {step:g} s as Prometheus evaluates them; where nothing"
            " was scraped it repeats the last value for up to five minutes"
        )
    return Fetched(servers, source, tuple(problems))


def take_fetched(fetched: Fetched, gathered: Gathered) -> None:
    """Add what was fetched of one server, so that an export can be made of it.

    Parameters
    ----------
    fetched : Fetched
        With one server, as `fetch_prometheus` returns it.
    gathered : Gathered

    Examples
    --------
    >>> gathered = Gathered()
    >>> readings = Readings()
    >>> _ = readings.add("neo4j_bolt_connections_idle", {}, [1719501420.0], [2.0], "a", None)
    >>> take_fetched(Fetched(readings.by_server(), Source("a", "scraped-metrics", 1)), gathered)
    >>> list(gathered.series)
    ['connections_idle']
    """
    gathered.sources.append(fetched.source)
    gathered.problems += fetched.problems
    for server in fetched.servers:
        add_server(server, gathered)


def _windows(begin: float, end: float) -> Iterator[tuple[float, float, float]]:
    first = begin
    while first < end:
        last = min(first + _WINDOW, end)
        yield first, last, last if last < end else math.nextafter(end, math.inf)
        first = last


def _steps(begin: float, end: float, step: float) -> Iterator[tuple[float, float, float]]:
    points = math.floor((end - begin) / step) + 1
    for place in range(0, points, _POINTS):
        first = begin + place * step
        last = begin + (min(place + _POINTS, points) - 1) * step
        yield first, last, math.nextafter(last, math.inf)


def _moment(given: float | str, what: str) -> float:
    if isinstance(given, str):
        found = read_moment(given)
        if found is None:
            raise ParameterError(f"the {what} must be epoch seconds or ISO 8601; got {given!r}")
        return found[0]
    if not math.isfinite(given) or given < 0:
        raise ParameterError(f"the {what} must be epoch seconds; got {given!r}")
    return float(given)


def _selector(labels: Mapping[str, str]) -> str:
    # One selector for the names of all versions, whatever the prefix and the database.
    names = "|".join(re.escape(tail) for tail in known_tails())
    matchers = [f'__name__=~"(?:.+_)?(?:{names})(?:_total|_count)?"']
    for name, value in sorted(labels.items()):
        if not _LABEL_NAME.fullmatch(name):
            raise ParameterError(f"not the name of a label: {name!r}")
        matchers.append(f"{name}={json.dumps(value, ensure_ascii=False)}")
    return "{" + ",".join(matchers) + "}"
