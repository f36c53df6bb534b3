r"""What Micrometer exports about Java's driver: Prometheus text and the actuator's JSON.

Names of 5.x (`neo4j_driver_connections_in_use{address="..."}`) and of 6.x
(`db_client_connection_count{db_client_connection_pool_name="...",db_client_connection_state=
"used",db_system_name="neo4j"}`).  Several scrapes in one file are one after the other.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, tzinfo

from boltkb.exports.drivers.dumps import Gauges
from boltkb.exports.drivers.lines import time_of
from boltkb.exports.drivers.reading import DriverLog
from boltkb.exports.intake.members import Member
from boltkb.exports.records import Source

__all__ = ["read_driver_scrapes"]

_LONGEST_LINE = 1 << 16
_LONGEST_JSON = 8 << 20
_BLOCK = 1 << 20
_DEEPEST = 6
_SAMPLE = re.compile(
    r"^(?P<name>[A-Za-z_:][\w:]{0,200})(?:\{(?P<labels>[^}]{0,4000})\})? +(?P<value>\S{1,40})"
    r"(?: +(?P<ms>\d{1,16}))?$"
)
_LABEL = re.compile(r'(\w{1,200})="((?:[^"\\]|\\.){0,1000})"')
#: Our names by Micrometer's of 5.x, with points as the actuator has them.
_OURS = {
    "in.use": "in_use",
    "idle": "idle",
    "acquiring": "waiting",
    "failed": "failed",
    "closed": "closed",
    "acquisition.timeout": "timed_out",
    "acquisition": "wait",
    "creation": "create",
    "usage": "hold",
}
_OLD = "neo4j.driver.connections."
_OLD_TEXT = "neo4j_driver_connections_"
_NEW = "db_client_connection_"
_TEXT_NAMES = {
    **{
        _OLD_TEXT + theirs.replace(".", "_"): ours
        for theirs, ours in _OURS.items()
        if ours in ("in_use", "idle", "waiting")
    },
    f"{_OLD_TEXT}failed_total": "failed",
    f"{_OLD_TEXT}closed_total": "closed",
    f"{_OLD_TEXT}acquisition_timeout_total": "timed_out",
    f"{_OLD_TEXT}acquisition_seconds_count": "wait_count",
    f"{_OLD_TEXT}acquisition_seconds_sum": "wait_seconds",
    f"{_OLD_TEXT}creation_seconds_count": "create_count",
    f"{_OLD_TEXT}creation_seconds_sum": "create_seconds",
    f"{_OLD_TEXT}usage_seconds_count": "hold_count",
    f"{_OLD_TEXT}usage_seconds_sum": "hold_seconds",
    f"{_NEW}max": "limit",
    f"{_NEW}pending_requests": "waiting",
    f"{_NEW}timeouts_total": "timed_out",
    f"{_NEW}wait_time_seconds_count": "wait_count",
    f"{_NEW}wait_time_seconds_sum": "wait_seconds",
    f"{_NEW}create_time_seconds_count": "create_count",
    f"{_NEW}create_time_seconds_sum": "create_seconds",
    f"{_NEW}use_time_seconds_count": "hold_count",
    f"{_NEW}use_time_seconds_sum": "hold_seconds",
}
_STATISTICS = {"COUNT": "_count", "TOTAL_TIME": "_seconds"}
_COUNTED = frozenset({"failed", "closed", "timed_out"})
_GAUGED = frozenset({"in_use", "idle", "waiting"})


def read_driver_scrapes(member: Member, zone: tzinfo = UTC) -> DriverLog:
    r"""Return what scrapes of a client's metrics tell of its driver's pools.

    Parameters
    ----------
    member : Member
        Prometheus text, or JSON of the actuator: one answer, a list of them, or one a line.
    zone : tzinfo, optional
        The zone of times that name none.

    Returns
    -------
    DriverLog

    Raises
    ------
    ExportError
        When the file cannot be read or is larger than the limits allow.

    Examples
    --------
    >>> import io
    >>> text = (
    ...     b'neo4j_driver_connections_in_use{address="db:7687"} 3.0 1795705301000\n'
    ...     b'neo4j_driver_connections_usage_seconds_count{address="db:7687"} 13\n'
    ...     b'neo4j_driver_connections_usage_seconds_sum{address="db:7687"} 4.04\n'
    ... )
    >>> (pool,) = read_driver_scrapes(Member("scrape.txt", None, lambda: io.BytesIO(text))).pools
    >>> pool.in_use.tolist(), round(pool.mean_hold, 3)
    ([3.0], 0.311)
    """
    reader = _Reader(member.path, zone)
    head = member.head(1).strip()
    if head[:1] in (b"{", b"["):
        reader.whole_json(member)
    else:
        for number, raw in _numbered(member, reader):
            reader.line(number, raw)
    return reader.finished()


def _numbered(member: Member, reader: _Reader) -> Iterator[tuple[int, bytes]]:
    number, rest, too_long = 0, b"", False
    with member.open() as stream:
        while part := stream.read(_BLOCK):
            *lines, tail = part.split(b"\n")
            for raw in lines:
                number += 1
                whole = rest + raw
                rest = b""
                if too_long or len(whole) > _LONGEST_LINE:
                    reader.refuse(number, f"longer than {_LONGEST_LINE:,} bytes")
                    too_long = False
                else:
                    yield number, whole
            rest += tail
            if len(rest) > _LONGEST_LINE:
                too_long, rest = True, b""
    if too_long:
        reader.refuse(number + 1, f"longer than {_LONGEST_LINE:,} bytes")
    elif rest:
        yield number + 1, rest


class _Reader:
    def __init__(self, path: str, zone: tzinfo) -> None:
        self._path = path
        self._zone = zone
        self._gauges = Gauges(path)
        self._open: dict[str, dict[str, float]] = {}
        self._seen: set[tuple[str, str]] = set()
        self._time: float | None = None
        self._number = 0
        self._rows = 0
        self._refused = 0
        self._why = ""

    def refuse(self, line: int | None, why: str) -> None:
        self._refused += 1
        if not self._why:
            self._why = why if line is None else f"line {line}: {why}"

    def line(self, number: int, raw: bytes) -> None:
        text = raw.decode("utf-8", "replace").strip()
        self._number = number
        if not text.startswith((_OLD_TEXT, _NEW)):
            # Whoever scrapes again and again may write a date between two scrapes.
            if not text.startswith(("# HELP", "# TYPE")):
                time = time_of(text, self._zone)
                if time is not None and not _SAMPLE.match(text):
                    self._end_scrape()
                    self._time = time
            return
        found = _SAMPLE.match(text)
        labels = dict(_LABEL.findall(found["labels"] or "")) if found else {}
        value = _number(found["value"]) if found else None
        if found is None or value is None:
            self.refuse(number, "not a sample of a metric")
            return
        if found["name"].startswith(_NEW) and labels.get("db_system_name", "neo4j") != "neo4j":
            return
        key = _TEXT_NAMES.get(found["name"])
        if found["name"] == f"{_NEW}count":
            state = labels.get("db_client_connection_state")
            key = {"used": "in_use", "idle": "idle"}.get(state or "")
        if labels.get("error", "none") != "none":
            # An acquisition that failed waited as well, but had nothing in the end.
            key = "failed" if found["name"] == f"{_NEW}create_time_seconds_count" else None
        pool = labels.get("address") or labels.get("db_client_connection_pool_name")
        if key is None or pool is None:
            return
        # The same count split by another label, such as the kind of error, is one count.
        sample = (found["name"], found["labels"] or "")
        time = int(found["ms"]) / 1000 if found["ms"] else None
        if sample in self._seen or (time is not None and time != self._time):
            self._end_scrape()
            self._time = time if time is not None else self._time
        self._seen.add(sample)
        self._rows += 1
        values = self._open.setdefault(pool[:300], {})
        values[key] = value if key in _GAUGED else values.get(key, 0.0) + value

    def _end_scrape(self) -> None:
        for pool, values in self._open.items():
            self._gauges.snapshot(pool, self._time, _whole(values), self._number)
        self._open = {}
        self._seen = set()

    def whole_json(self, member: Member) -> None:
        with member.open() as stream:
            raw = stream.read(_LONGEST_JSON + 1)
        if len(raw) > _LONGEST_JSON:
            self.refuse(None, f"JSON of more than {_LONGEST_JSON:,} bytes")
            return
        text = raw.decode("utf-8", "replace")
        try:
            self._answers(json.loads(text), None, 0)
        except (ValueError, RecursionError):
            for number, line in enumerate(text.splitlines(), 1):
                if not line.strip():
                    continue
                try:
                    self._answers(json.loads(line), number, 0)
                except (ValueError, RecursionError):
                    self.refuse(number, "not JSON")

    def _answers(self, value: object, line: int | None, depth: int) -> None:
        if depth > _DEEPEST:
            return
        if isinstance(value, list):
            for item in value:
                self._answers(item, line, depth + 1)
        elif isinstance(value, dict):
            if isinstance(value.get("name"), str):
                self._answer(value, line)
            else:
                for item in value.values():
                    if isinstance(item, dict | list):
                        self._answers(item, line, depth + 1)

    def _answer(self, answer: Mapping[str, object], line: int | None) -> None:
        name = str(answer["name"])
        ours = _OURS.get(name.removeprefix(_OLD)) if name.startswith(_OLD) else None
        measurements = answer.get("measurements")
        if ours is None or not isinstance(measurements, list):
            return
        self._number = line or 1
        self._rows += 1
        stamp = next((answer[key] for key in ("timestamp", "time") if key in answer), None)
        time = time_of(stamp, self._zone) if isinstance(stamp, str) else None
        if time is not None and time != self._time:
            self._end_scrape()
            self._time = time
        values = self._open.setdefault(_address(answer), {})
        for item in measurements:
            if not isinstance(item, dict):
                continue
            value, statistic = item.get("value"), str(item.get("statistic"))
            if isinstance(value, bool) or not isinstance(value, int | float):
                continue
            if statistic == "VALUE" or (statistic == "COUNT" and ours in _COUNTED):
                values[ours] = float(value)
            elif statistic in _STATISTICS and ours in ("wait", "create", "hold"):
                values[ours + _STATISTICS[statistic]] = float(value)

    def finished(self) -> DriverLog:
        self._end_scrape()
        pools = tuple(self._gauges.records(None))
        starts = [pool.start for pool in pools if pool.start is not None]
        ends = [pool.end for pool in pools if pool.end is not None]
        source = Source(
            self._path,
            "driver-metrics",
            self._rows,
            self._refused,
            self._why,
            min(starts, default=None),
            max(ends, default=None),
        )
        return DriverLog(source, pools, ())


def _whole(values: Mapping[str, float]) -> Mapping[str, float]:
    found = dict(values)
    for counted, what in (("wait_count", "acquired"), ("create_count", "created")):
        if counted in found:
            found.setdefault(what, found[counted])
    return found


def _address(answer: Mapping[str, object]) -> str:
    tags = answer.get("availableTags")
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, dict) and tag.get("tag") == "address":
            values = tag.get("values")
            if isinstance(values, list) and len(values) == 1:
                return str(values[0])[:300]
    return "unknown"


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None
