"""Numbers that Java's driver keeps about its pools: snapshots of them, joined over time.

`ConnectionPoolMetrics` as a client prints it, and what other readers hand over as snapshots.
Counters that fall begin anew: the client was restarted.  Knows no file format but the former.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from boltkb.exports.drivers.tally import Steps
from boltkb.exports.records import DriverPool, Where

__all__ = ["METRICS_NEEDLE", "Gauges", "read_metrics_text"]

METRICS_NEEDLE = b", timedOutToAcquire="
_BEGIN = "=[created="
_VALUES = re.compile(r"\d{1,19},(?: ?[A-Za-z]{1,40}=\d{1,19},?){3,20}\]")
_PAIR = re.compile(r"([A-Za-z]+)=(\d+)")
_NO_NAME = frozenset(" \t\r\n=[](),")
_LONGEST_NAME = 300
_HASH = re.compile(r"-\d{1,12}$")
#: The dump's names of running counts, by ours.
_COUNTS = {
    "created": "created",
    "closed": "closed",
    "failed": "failedToCreate",
    "acquired": "acquired",
    "timed_out": "timedOutToAcquire",
    "hold_count": "totalInUseCount",
    "hold_ms": "totalInUseTime",
    "wait_ms": "totalAcquisitionTime",
    "create_ms": "totalConnectionTime",
}
_GAUGES = {"in_use": "inUse", "idle": "idle", "waiting": "acquiring", "limit": "limit"}
#: Pools told apart in one file.
_POOLS = 200


def read_metrics_text(text: str) -> Iterator[tuple[str, Mapping[str, float]]]:
    """Yield each pool's name and numbers from a printed `ConnectionPoolMetrics`.

    Running counts are those of `DriverPool.counts`, and `hold_count`, `hold_seconds`,
    `wait_count`, `wait_seconds`, `create_seconds`; `in_use`, `idle` and `waiting` are gauges.

    Examples
    --------
    >>> text = (
    ...     "[db:7687-19=[created=3, closed=0, creating=0, failedToCreate=0, acquiring=0,"
    ...     " acquired=11, timedOutToAcquire=19, inUse=1, idle=2, totalAcquisitionTime=5443,"
    ...     " totalConnectionTime=1721, totalInUseTime=3572, totalInUseCount=11]]"
    ... )
    >>> name, values = next(read_metrics_text(text))
    >>> name, values["in_use"], values["hold_seconds"] / values["hold_count"]
    ('db:7687-19', 1.0, 0.3247...)
    """
    if "timedOutToAcquire=" not in text:
        return
    place = text.find(_BEGIN)
    while place >= 0:
        begin, place = place, text.find(_BEGIN, place + 1)
        found = _VALUES.match(text, begin + len(_BEGIN))
        name = _name_before(text, begin)
        if found is None or not name:
            continue
        told = dict(_PAIR.findall("created=" + found[0]))
        values: dict[str, float] = {}
        for ours, theirs in (*_COUNTS.items(), *_GAUGES.items()):
            if theirs not in told:
                continue
            if ours.endswith("_ms"):
                values[ours.removesuffix("_ms") + "_seconds"] = int(told[theirs]) / 1000
            else:
                values[ours] = float(told[theirs])
        if "acquired" in values:
            values["wait_count"] = values["acquired"]
        if "created" in values:
            values["create_count"] = values["created"]
        yield name, values


def _name_before(text: str, end: int) -> str:
    begin = end
    while begin > 0 and end - begin < _LONGEST_NAME and text[begin - 1] not in _NO_NAME:
        begin -= 1
    return text[begin:end]


@dataclass(slots=True)
class _Gauged:
    base: dict[str, float] = field(default_factory=dict)
    last: dict[str, float] = field(default_factory=dict)
    steps: Mapping[str, Steps] = field(
        default_factory=lambda: {name: Steps() for name in ("in_use", "idle", "waiting")}
    )
    limit: float | None = None
    first_line: int | None = None
    last_line: int | None = None
    start: float | None = None
    end: float | None = None


class Gauges:
    """Snapshots of pools, joined by the pool's name.

    Parameters
    ----------
    path : str
        The file's path inside the export.

    Examples
    --------
    >>> gauges = Gauges("dump.txt")
    >>> gauges.snapshot("db:7687-19", 10.0, {"acquired": 5.0, "in_use": 2.0}, 1)
    >>> gauges.snapshot("db:7687-19", 20.0, {"acquired": 3.0, "in_use": 1.0}, 2)
    >>> (pool,) = gauges.records(None)
    >>> pool.address, dict(pool.counts), pool.in_use.tolist()
    ('db:7687', {'acquired': 8}, [2.0, 1.0])
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._pools: dict[str, _Gauged] = {}

    def snapshot(
        self, name: str, time: float | None, values: Mapping[str, float], line: int | None
    ) -> None:
        """Take what a pool's numbers are at a time.

        Parameters
        ----------
        name : str
            The pool's, an address with or without the hash that Java puts behind it.
        time : float or None, epoch seconds
            Without one the counts count and the gauges do not.
        values : mapping of str to float
            As `read_metrics_text` yields them, with `limit` where it is known.
        line : int or None
        """
        if name not in self._pools and len(self._pools) >= _POOLS:
            return
        pool = self._pools.setdefault(name, _Gauged())
        pool.first_line = line if pool.first_line is None else pool.first_line
        pool.last_line = line
        for key, value in values.items():
            if key == "limit":
                pool.limit = value
            elif key in pool.steps:
                if time is not None:
                    pool.steps[key].add(time, value)
            else:
                before = pool.last.get(key, 0.0)
                if value < before:
                    pool.base[key] = pool.base.get(key, 0.0) + before
                pool.last[key] = value
        if time is not None:
            pool.start = time if pool.start is None else min(pool.start, time)
            pool.end = time if pool.end is None else max(pool.end, time)

    def records(self, version: str | None) -> Iterator[DriverPool]:
        """Yield the pools, by name."""
        for name, pool in sorted(self._pools.items()):
            sums = {key: value + pool.base.get(key, 0.0) for key, value in pool.last.items()}
            spans = {key: value for key, value in sums.items() if "_" in key and key != "timed_out"}
            counts = {key: round(value) for key, value in sums.items() if key not in spans}
            times, in_use = pool.steps["in_use"].series()
            yield DriverPool(
                language="java",
                version=version,
                address=_HASH.sub("", name),
                start=pool.start,
                end=pool.end,
                counts=dict(sorted(counts.items())),
                times=times,
                in_use=in_use,
                waits=np.empty(0),
                holds=np.empty(0),
                limit=None if pool.limit is None else round(pool.limit),
                events=(),
                where=Where(self._path, pool.first_line, pool.last_line),
                totals=dict(sorted(spans.items())),
                idle=_beside(pool.steps["idle"], times),
                waiting=_beside(pool.steps["waiting"], times),
            )


def _beside(steps: Steps, times: np.ndarray) -> np.ndarray:
    own, values = steps.series()
    return values if np.array_equal(own, times) else np.empty(0)
