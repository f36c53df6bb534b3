"""Readings of many metrics at many times, by server, until they become series.

Where readings come from (Prometheus, a dashboard) does not matter here: a name in any spelling,
labels, a time, a value.  Readings of different servers never meet in one series.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from boltkb.errors import ExportError
from boltkb.exports.metrics.names import read_name, read_scraped_name
from boltkb.exports.metrics.server_readings import RawReadings, ServerReadings, put_together

__all__ = ["Readings", "server_of"]

#: Readings that are kept of one export: 16 bytes each.
_MOST = 20_000_000
_MOST_NAMES = 100_000
#: Metrics of all servers, each column by itself.
_MOST_COLUMNS = 50_000
_QUANTILES = {
    "0.5": "p50",
    "0.75": "p75",
    "0.95": "p95",
    "0.98": "p98",
    "0.99": "p99",
    "0.999": "p999",
}

#: The name with dots, the name as written, the histogram's column.
_Key = tuple[str | None, str, str]


def server_of(labels: Mapping[str, str]) -> str:
    """Return which server a sample's labels name; empty for none.

    A pod keeps its name when its address changes, so it goes before the instance.

    Examples
    --------
    >>> server_of({"instance": "10.0.0.1:2004", "job": "neo4j"}), server_of({})
    ('10.0.0.1:2004', '')
    """
    pod = labels.get("pod") or labels.get("kubernetes_pod_name")
    if pod:
        namespace = labels.get("namespace") or labels.get("kubernetes_namespace")
        return f"{namespace}/{pod}" if namespace else pod
    for name in ("instance", "host", "server", "job"):
        if labels.get(name):
            return labels[name]
    return ""


@dataclass(slots=True)
class Readings:
    """Readings as they are added.

    Examples
    --------
    >>> readings = Readings()
    >>> for second, value in ((1719501420.0, 3.0), (1719501450.0, 4.0)):
    ...     _ = readings.add("neo4j_bolt_connections_running", {}, [second], [value], "a.prom", 1)
    >>> readings.server("").series["connections_running"].values.tolist()
    [3.0, 4.0]
    """

    _servers: dict[str, dict[tuple[str | None, str, str], RawReadings]] = field(
        default_factory=dict
    )
    _known: dict[str, bool] = field(default_factory=dict)
    _count: int = 0
    _columns: int = 0

    def knows(self, name: str, dotted: str | None = None) -> bool:
        """Return whether a name is one of a metric in the catalogue."""
        key = dotted or name
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MOST_NAMES:
                raise ExportError(f"has more than {_MOST_NAMES:,} different names of metrics")
            known = (read_name(dotted) if dotted else None) is not None
            known = known or read_scraped_name(name) is not None
            self._known[key] = known
        return known

    def add(
        self,
        name: str,
        labels: Mapping[str, str],
        times: Sequence[float],
        values: Sequence[float],
        file: str,
        line: int | None,
        *,
        dotted: str | None = None,
        in_unit: bool = False,
    ) -> int:
        """Add readings of one metric of one server, and return how many were kept.

        Parameters
        ----------
        name : str
            In any spelling, with its ending such as `_total`.
        labels : mapping of str to str
            `quantile` and those that name a server count.
        times : sequence of float, epoch seconds
            NaN for readings whose time is not known.
        values : sequence of float
            As written.
        file : str
        line : int or None
        dotted : str, optional
            The name with dots, where the source tells it.
        in_unit : bool
            Whether the values are in the catalogue's unit already.

        Returns
        -------
        int
            None is kept of a metric that is not known.

        Raises
        ------
        ExportError
            When there are too many to be kept.
        """
        if not self.knows(name, dotted):
            return 0
        self._count += len(times)
        if self._count > _MOST:
            raise ExportError(
                f"has more than {_MOST:,} readings; cut the time that it covers", file
            )
        column = _QUANTILES.get(labels.get("quantile", ""), "")
        if "quantile" in labels and not column:
            return 0
        raws = self._servers.setdefault(server_of(labels), {})
        key = (dotted, name, column)
        raw = raws.get(key)
        if raw is None:
            self._columns += 1
            if self._columns > _MOST_COLUMNS:
                raise ExportError(f"tells of more than {_MOST_COLUMNS:,} metrics of servers", file)
            raw = raws[key] = RawReadings(
                dotted, name, column, set(), array("d"), array("d"), {}, in_unit
            )
        if len(raw.labels) < 4:
            raw.labels.add(",".join(f"{one}={labels[one]}" for one in sorted(labels)))
        raw.times.extend(times)
        raw.values.extend(values)
        if line is not None:
            lines = raw.files.setdefault(file, [line, line])
            lines[1] = line
        else:
            raw.files.setdefault(file, [])
        return len(times)

    def merge(self, other: Readings) -> None:
        """Add all that others hold."""
        if self._count + other._count > _MOST:
            raise ExportError(f"more than {_MOST:,} readings; cut the time that they cover")
        if self._columns + other._columns > _MOST_COLUMNS:
            raise ExportError(f"more than {_MOST_COLUMNS:,} metrics of servers, with others")
        self._count += other._count
        for server, raws in other._servers.items():
            self._join(server, raws)

    def rename(self, server: str, name: str) -> None:
        """Give the readings of a server to another one."""
        self._join(name, self._servers.pop(server))

    def _join(self, server: str, raws: Mapping[_Key, RawReadings]) -> None:
        mine = self._servers.setdefault(server, {})
        for key, raw in raws.items():
            known = mine.get(key)
            if known is None:
                self._columns += 1
                mine[key] = raw
                continue
            known.labels |= raw.labels
            known.times.extend(raw.times)
            known.values.extend(raw.values)
            known.files.update(raw.files)

    @property
    def servers(self) -> tuple[str, ...]:
        """The servers that readings were added of."""
        return tuple(sorted(self._servers))

    def by_server(self) -> tuple[ServerReadings, ...]:
        """Return what was read, server by server."""
        return tuple(self.server(name) for name in self.servers)

    def server(self, name: str) -> ServerReadings:
        """Return what was read of one server.

        Parameters
        ----------
        name : str
            One of `servers`.

        Returns
        -------
        ServerReadings
        """
        return put_together(name, list(self._servers.get(name, {}).values()))
