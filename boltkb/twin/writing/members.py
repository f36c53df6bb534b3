"""One member's export: every file that its server would have left, and the truth beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from boltkb.twin.loads import Load
from boltkb.twin.running import Run
from boltkb.twin.writing.configuration import configuration, explicit_settings
from boltkb.twin.writing.dialects import Dialect
from boltkb.twin.writing.dumps import thread_dump
from boltkb.twin.writing.lines import Floats, stamp
from boltkb.twin.writing.listings import (
    connections_listed,
    lists_connections,
    lists_transactions,
    transactions_listed,
)
from boltkb.twin.writing.metric_files import MetricFiles
from boltkb.twin.writing.options import Options
from boltkb.twin.writing.places import Places
from boltkb.twin.writing.queries import QueryLog
from boltkb.twin.writing.server_logs import ServerLogs
from boltkb.twin.writing.snapshots import Worst
from boltkb.twin.writing.truth import Truth

__all__ = ["MemberExport"]

_ORIGIN = "boltkb's twin: a simulated Neo4j server with simulated clients"


class MemberExport:
    """Writes one member's export while the run goes on.

    Parameters
    ----------
    folder : Path
    run : Run
    member : int
    dialect : Dialect
    options : Options
    seconds : float
        How long the run takes.
    """

    def __init__(
        self,
        folder: Path,
        run: Run,
        member: int,
        dialect: Dialect,
        options: Options,
        seconds: float,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._run = run
        self._member = member
        self._dialect = dialect
        self._options = options
        self._places = Places()
        self._worst = Worst()
        self._refused = 0
        server, clients = run.server, run.clients
        settings = explicit_settings(server, dialect, options, member)
        _put(folder / "conf" / "neo4j.conf", configuration(settings))
        self._truth = Truth(folder, clients, seconds, options.began)
        self._metrics: MetricFiles | None = None
        if options.metrics:
            writes = float(np.mean([client.writes for client in clients]))
            self._metrics = MetricFiles(folder / "metrics", dialect, options, writes)
        self._logs: ServerLogs | None = None
        if options.logs:
            self._logs = ServerLogs(
                folder / "logs",
                server=server,
                clients=clients,
                member=member,
                dialect=dialect,
                options=options,
                settings=settings,
                places=self._places,
            )
        self._queries: QueryLog | None = None
        if options.query_log_mode != "off":
            self._queries = QueryLog(
                folder / "logs",
                clients=clients,
                member=member,
                dialect=dialect,
                options=options,
                places=self._places,
            )

    def look(self) -> None:
        """Consider the present moment for a dump."""
        own = self._run.state.members[self._member]
        refused = int(own["refused"])
        self._worst.offer(
            self._run,
            self._member,
            refused=refused - self._refused,
            held=float(own["running"]),
        )
        self._refused = refused

    def take(self, records: Floats, samples: Floats) -> None:
        """Write a block's records and samples, all of this member."""
        self._places.learn(records)
        self._truth.take(records, samples)
        if self._metrics is not None:
            self._metrics.take(records, samples)
        if self._logs is not None:
            self._logs.take(records)
        if self._queries is not None:
            self._queries.take(records, self._run)

    def finish(self, left: Floats) -> None:
        """Write what had not ended, the dumps and the listings, and close every file."""
        self._truth.take(left, np.zeros((0, 34)))
        for writer in (self._metrics, self._logs, self._queries):
            if writer is not None:
                writer.close()
        if not self._options.logs:
            return
        began = self._options.began
        clients, dialect = self._run.clients, self._dialect
        for number, found in enumerate(self._worst.series):
            name = f"threaddump-{number}.txt" if number else "threaddump.txt"
            _put(self.folder / name, thread_dump(found, dialect, self._places, began))
        if not self._worst.series:
            return
        found = self._worst.series[0]
        if lists_connections(dialect, self._options.edition):
            text = connections_listed(found, clients, self._member, self._places, began)
            _put(self.folder / "list-connections.csv", text)
        if lists_transactions(dialect):
            text = transactions_listed(found, clients, dialect, self._member, self._places, began)
            _put(self.folder / "show-transactions.csv", text)

    def tell(
        self,
        *,
        seed: int,
        cause: str | None,
        about: Mapping[str, object],
        command: str,
        seconds: float,
    ) -> None:
        """Write `truth.json` and `manifest.toml`."""
        server = self._run.server
        first = {"threads": server.usable_threads, "cause": cause}
        truth = self._truth.finish(first)
        truth["simulation"] = {
            "seed": seed,
            "seconds": seconds,
            "version": server.version,
            "queue": server.queue,
            "member": self._member,
            "members": server.members,
            **about,
        }
        text = json.dumps(truth, indent=2, ensure_ascii=False, allow_nan=False)
        _put(self.folder / "truth.json", text + "\n")
        _put(self.folder / "manifest.toml", self._manifest(seed, command, seconds, about))

    def _manifest(
        self, seed: int, command: str, seconds: float, about: Mapping[str, object]
    ) -> str:
        options = self._options
        began = options.began
        loads = [
            f"{client.name}: {client.work.kind}, {_load(client.load)}, {client.processes} processes"
            for client in self._run.clients
        ]
        top: dict[str, object] = {
            "name": f"simulated-{self._dialect.name}",
            "origin": _ORIGIN,
            "real": False,
            "simulated": True,
            "neo4j_version": self._dialect.name,
            "edition": options.edition,
            "seed": seed,
            "command": command,
            "scenario": about.get("scenario", ""),
            "load": loads,
            "started": _moment(began),
            "ended": _moment(began + seconds),
        }
        sampled: dict[str, object] = {
            "by": "boltkb",
            "how": "written from a simulation, in the layout of that version",
            "interval_seconds": self._dialect.interval,
            "rejections": "counted in the simulated pool",
        }
        logging: dict[str, object] = {
            "debug_level": options.debug,
            "default_accounting": options.gathers(self._dialect),
        }
        lines = [f"{key} = {_toml(value)}" for key, value in top.items()]
        for name, part in (("sampled", sampled), ("logging", logging)):
            lines += ["", f"[{name}]"]
            lines += [f"{key} = {_toml(value)}" for key, value in part.items()]
        return "\n".join(lines) + "\n"


def _load(load: Load) -> str:
    kind = type(load).__name__.lower()
    rate = getattr(load, "rate", None)
    return kind if rate is None else f"{kind}, {rate:g} per second"


def _moment(time: float) -> str:
    return stamp(time, "%Y-%m-%dT%H:%M:%S%.3f") + "+00:00"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    # A string of JSON is one of TOML, as long as what is not printable is written as \\u.
    return json.dumps(value)


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
