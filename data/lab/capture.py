"""One capture from beginning to end: server, load, samplers, files.

The order of things stands here and nowhere else. What each of them does stands in its own
room, and this one must not know how.
"""

from __future__ import annotations

import asyncio
import math
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.lab.build import Build, tell_java
from data.lab.dumps import DUMP_GAP_SECONDS, FULL_SHARE, Listing, look_round, take_dumps
from data.lab.errors import LabError
from data.lab.files import Neutral, write_json, write_plain, write_table, write_toml
from data.lab.histogram import write_bound_time
from data.lab.load import Load, Record, plan_arrivals
from data.lab.metrics import read_snapshots, write_metrics
from data.lab.samplers import (
    Sampler,
    sample_threads,
    sample_transactions,
)
from data.lab.scenarios import Scenario, Stream
from data.lab.server import Server, Settings
from data.lab.truth import Watched, moment, read_watch, tell_truth

SNAPSHOT_SECONDS = 1.3
GRACE_SECONDS = 0.25
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
    dumps: list[str]
    connections: Listing
    transactions: Listing
    logs: dict[str, str]
    configuration: str


def make_capture(
    plan: Plan, build: Build, out: Path, tell: Callable[[float], None]
) -> dict[str, Any]:
    """Run a capture, write its folder and return the content of its ``truth.json``.

    Parameters
    ----------
    plan : Plan
    build : Build
    out : Path
        Written at the end, whole or not at all; what is there then is replaced.
    tell : callable
        Called now and then with the seconds of load that have passed.

    Raises
    ------
    LabError
        When the server does not start or ends before its time.
    """
    with Server(build, plan.settings) as server:
        threads = sample_threads(server.pid)
        transactions = sample_transactions(server.http_port)
        try:
            seen = asyncio.run(_drive(plan, server, (threads, transactions), tell))
        finally:
            threads.stop()
            transactions.stop()
        if not server.is_running():
            raise LabError("The server ended while the capture ran; nothing was written.")
        snapshots = read_snapshots(server.watch / "snapshots.csv")
        neutral = Neutral(server.home, (*build.jars, build.plugin))
    truth = tell_truth(
        seen.watched,
        seen.record.attempts,
        start=seen.start,
        end=seen.end,
        threads=plan.settings.threads,
        cause=plan.scenario.cause,
    )
    draft = out.parent / f".{out.name}.draft"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        names = write_metrics(
            snapshots,
            draft / "metrics",
            start=seen.start,
            end=seen.end,
            with_all=plan.with_all_metrics,
        )
        if plan.with_all_metrics:
            releases = [
                (hold.start + hold.seconds, hold.seconds * 1000)
                for hold in seen.watched.holds
                if hold.ended
            ]
            times = range(math.ceil(seen.start), math.floor(seen.end) + 1)
            names.append(write_bound_time(releases, times, draft / "metrics"))
        _write_server_files(draft, seen, neutral)
        _write_truth(draft, truth, seen, threads, transactions)
        write_toml(draft / "manifest.toml", _describe(plan, build, seen, names, threads))
        if out.exists():
            shutil.rmtree(out)
        draft.rename(out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return truth


async def _drive(
    plan: Plan, server: Server, samplers: tuple[Sampler, ...], tell: Callable[[float], None]
) -> Seen:
    load = Load(server.bolt_address, plan.scenario, plan.settings.threads)
    arrivals = plan_arrivals(plan.scenario, plan.seconds, plan.seed)
    try:
        await load.open()
        # Once beforehand, so that the lists come at once when they count.
        await look_round(server)
        await asyncio.sleep(math.ceil(time.time() + 0.5) - time.time())
        start = time.time()
        for sampler in samplers:
            sampler.start()
        taking = asyncio.create_task(
            take_dumps(server, plan.settings.threads, plan.scenario.profile, start, plan.seconds)
        )
        ticking = asyncio.create_task(_tick(server, start, tell))
        try:
            await load.run(arrivals)
            # A little longer, so that the fate of the last arrival belongs to the capture.
            await asyncio.sleep(max(0.0, start + plan.seconds + GRACE_SECONDS - time.time()))
            end = time.time()
            logs = {name: (server.logs / name).read_text() for name in ("debug.log", "neo4j.log")}
            for sampler in samplers:
                await asyncio.to_thread(sampler.stop)
            dumps, connections, transactions = await taking
        finally:
            ticking.cancel()
            taking.cancel()
        await load.drain()
        await asyncio.sleep(SNAPSHOT_SECONDS)
        record = Record(list(load.record.attempts))
        configuration = server.configuration.read_text()
        # Before the leaked transactions are given up, so that their holds count as open.
        watched = read_watch(server.watch)
        return Seen(
            start, end, record, watched, dumps, connections, transactions, logs, configuration
        )
    finally:
        await load.close()


async def _tick(server: Server, start: float, tell: Callable[[float], None]) -> None:
    while server.is_running():
        tell(time.time() - start)
        await asyncio.sleep(0.5)


def _write_server_files(folder: Path, seen: Seen, neutral: Neutral) -> None:
    for name in ("logs", "conf"):
        (folder / name).mkdir()
    for name, text in seen.logs.items():
        (folder / "logs" / name).write_text(neutral.clean(text))
    (folder / "conf" / "neo4j.conf").write_text(neutral.clean(seen.configuration))
    for name, dump in zip(("", "-1", "-2"), seen.dumps, strict=True):
        (folder / f"threaddump{name}.txt").write_text(neutral.clean(dump))
    write_plain(folder / "list-connections.csv", *seen.connections)
    write_plain(folder / "show-transactions.csv", *seen.transactions)


def _write_truth(
    folder: Path,
    truth: dict[str, Any],
    seen: Seen,
    threads: Sampler,
    transactions: Sampler,
) -> None:
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


def _tell_stream(stream: Stream) -> str:
    parts = [
        f"{stream.client}: {stream.kind}",
        f"at most {stream.rate:.4g} per second",
        f"{stream.shape} server-side work of {stream.hold:.4g} s on average",
    ]
    if stream.think:
        parts.append(f"client pauses of {stream.think:.4g} s in all")
    return ", ".join(parts)


def _describe(
    plan: Plan, build: Build, seen: Seen, names: list[str], threads: Sampler
) -> dict[str, Any]:
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
        "load": [_tell_stream(stream) for stream in plan.scenario.streams],
        "started": moment(seen.start),
        "ended": moment(seen.end),
        "edits": [
            "paths of the server's home folder and jar files were replaced by /var/lib/neo4j",
            "the machine's host name was replaced by neo4j-lab",
            "nothing else in the server's files was changed",
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
            "dumps": (
                f"three, late in the load and at least {DUMP_GAP_SECONDS:.0f} s apart, each at"
                f" a moment when {FULL_SHARE:.0%} of the threads were held if one came soon"
            ),
            "missing_thread_dumps": threads.missing(),
            "rejections": "counted in the refusal handler of the server's own thread pool",
        },
        "logging": {
            "debug_level": plan.settings.debug_log,
            "default_accounting": plan.settings.default_accounting,
        },
    }
