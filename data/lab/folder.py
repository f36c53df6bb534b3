"""The folder of a capture: which file holds what, and what its manifest says.

It must not know how anything was seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.lab.build import Build, tell_java
from data.lab.client_logs import KEPT
from data.lab.dumps import DUMP_GAP_SECONDS, Look
from data.lab.files import Neutral, write_json, write_plain, write_table
from data.lab.load import Record
from data.lab.samplers import Sampler
from data.lab.server import Settings
from data.lab.streams import Client, Scenario, Stream
from data.lab.truth import Watched, moment

LICENCE = (
    "The files under logs and the thread dumps were written by Neo4j Community Edition"
    " (GPL-3.0), which is not part of them; they are the output of running it."
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides a capture.

    Parameters
    ----------
    name : str
    scenario : Scenario
    settings : Settings
    seconds : float, seconds, > 0
    seed : int
    command : str
        The command line, for the manifest.
    with_all_metrics : bool
        Whether metrics outside the default filter are written too.
    """

    name: str
    scenario: Scenario
    settings: Settings
    seconds: float
    seed: int
    command: str
    with_all_metrics: bool = False


@dataclass(slots=True)
class Seen:
    """What was taken while the server ran."""

    start: float
    end: float
    record: Record
    watched: Watched
    looks: list[Look]
    logs: dict[str, str]
    client_logs: dict[str, str]
    configuration: str


def write_files(folder: Path, seen: Seen, neutral: Neutral) -> None:
    """Write what the server, its JVM and the clients left, this machine's names taken out.

    Raises
    ------
    LabError
        When a path of this machine is still in it.
    """
    for name in ("logs", "conf"):
        (folder / name).mkdir()
    for name, text in seen.logs.items():
        (folder / "logs" / name).write_text(neutral.clean(text))
    (folder / "conf" / "neo4j.conf").write_text(neutral.clean(seen.configuration))
    for number, look in zip(("", "-1", "-2"), seen.looks, strict=True):
        (folder / f"threaddump{number}.txt").write_text(neutral.clean(look.dump))
        write_plain(folder / f"list-connections{number}.csv", *look.connections, at=look.at)
        write_plain(folder / f"show-transactions{number}.csv", *look.transactions, at=look.at)
    if seen.client_logs:
        (folder / "clients").mkdir()
    for name, text in seen.client_logs.items():
        (folder / "clients" / name).write_text(neutral.clean(text))


def write_truth(
    folder: Path,
    truth: dict[str, Any],
    seen: Seen,
    threads: Sampler,
    transactions: Sampler,
) -> None:
    """Write the truth and the lists that it was summed up from."""
    write_json(folder / "truth.json", truth)
    write_table(
        folder / "truth-attempts.csv.gz",
        ("start", "end", "client", "kind", "outcome", "tries"),
        (
            (f"{a.start:.4f}", f"{a.end:.4f}", a.client, a.kind, a.outcome, a.tries)
            for a in sorted(seen.record.attempts, key=lambda a: a.start)
        ),
    )
    acquisitions = [
        (hold.start, f"{hold.seconds:.6f}", hold.connection, "held" if hold.ended else "open")
        for hold in seen.watched.holds
    ]
    acquisitions += [(at, "", "", "rejected") for at in seen.watched.rejections]
    write_table(
        folder / "truth-acquisitions.csv.gz",
        ("start", "seconds", "connection", "outcome"),
        ((f"{row[0]:.3f}", *row[1:]) for row in sorted(acquisitions)),
    )
    write_table(
        folder / "truth-threads.csv.gz",
        ("at", "pool", "busy", "working", "waiting_client", "waiting_lock"),
        (
            (f"{s.at:.3f}", c.pool, c.busy, c.working, c.waiting_client, c.waiting_lock)
            if (c := s.threads)
            else (f"{s.at:.3f}", "", "", "", "", "")
            for s in threads.samples
        ),
    )
    write_table(
        folder / "truth-transactions.csv.gz",
        ("at", "transactions", "idle_transactions"),
        ((f"{s.at:.3f}", s.transactions, s.idle_transactions) for s in transactions.samples),
    )


def describe(
    plan: Plan, build: Build, seen: Seen, names: list[str], threads: Sampler
) -> dict[str, Any]:
    """Return the content of ``manifest.toml``."""
    most = max(client.log_bytes for client in plan.scenario.clients)
    return {
        "name": plan.name,
        "origin": "boltkb lab: a real Neo4j server under staged load",
        "real": True,
        "simulated": False,
        "neo4j_version": build.version,
        "edition": "community",
        "java_version": tell_java(build.java),
        "seed": plan.seed,
        "command": plan.command,
        "scenario": plan.scenario.name,
        "clients": [_tell_client(client) for client in plan.scenario.clients],
        "load": [_tell_stream(stream) for stream in plan.scenario.streams],
        "started": moment(seen.start),
        "ended": moment(seen.end),
        "edits": [
            "paths of the server's home folder and jar files were replaced by /var/lib/neo4j",
            "the machine's host name was replaced by neo4j-lab",
            "nothing else in the files of the server and of the clients was changed",
        ],
        "licence": LICENCE,
        "sampled": {
            "by": "boltkb",
            "how": (
                "a listener inside the server received the events that the Enterprise"
                " edition turns into metrics; its counts were written every second in the"
                " layout of Neo4j's CSV exporter, which is not part of Community"
            ),
            "interval_seconds": 1,
            "metrics": names,
            "threads": "HotSpot attach protocol, once a second",
            "transactions": "HTTP transaction endpoint, once a second",
            "dumps": _tell_looks(plan),
            "missing_thread_dumps": threads.missing(),
            "clients": (
                "the log of the official driver at debug level, pool by pool, of some processes"
                f" of each client, turned over at {most} bytes with {KEPT} older file kept"
            ),
            "hosts": "each process of a client connects from a loopback address of its own",
            "rejections": "counted in the refusal handler of the server's own thread pool",
        },
        "logging": {
            "debug_level": plan.settings.debug_log,
            "default_accounting": plan.settings.default_accounting,
        },
    }


def _tell_looks(plan: Plan) -> str:
    looks = plan.scenario.looks
    full = f"{looks.share:.0%} of the threads" if looks.full is None else f"{looks.full} threads"
    gap = f"at least {DUMP_GAP_SECONDS:.0f} s apart" if looks.gap is None else "some seconds apart"
    when = "late in the load" if looks.start is None else "while the trouble lasted"
    return f"three, {when} and {gap}, each at a moment when {full} were held if one came soon"


def _tell_stream(stream: Stream) -> str:
    parts = [f"{stream.client}: {stream.kind}"]
    if stream.kind == "burst":
        parts.append(f"{stream.size} at once every {1 / stream.rate:.4g} s")
    else:
        parts.append(f"at most {stream.rate:.4g} per second")
    if stream.kind == "read":
        parts.append(f"{stream.rows} records of {stream.width} characters")
        parts.append("all at once" if stream.fetch < 0 else f"{stream.fetch} at a time")
    else:
        parts.append(f"{stream.shape} server-side work of {stream.hold:.4g} s on average")
    if stream.kind == "lock":
        parts.append(f"after a write to one of {stream.spots} nodes")
    if stream.think:
        parts.append(f"client pauses of {stream.think:.4g} s in all")
    if stream.retries:
        parts.append("tried again by the driver")
    if stream.start > 0 or stream.end < 1:
        parts.append(f"from {stream.start:.0%} to {stream.end:.0%} of the time")
    return ", ".join(parts)


def _tell_client(client: Client) -> str:
    pool = "the driver's default" if client.pool is None else str(client.pool)
    parts = [f"{client.agent}: {client.instances} processes", f"connections at most: {pool} each"]
    if client.later:
        parts.append(f"{client.later} of them from {client.start:.0%} of the time on")
    if client.cut_after:
        parts.append(f"through a relay that cuts what is idle for {client.cut_after:.4g} s")
    return ", ".join(parts)
