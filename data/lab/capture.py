"""One capture from beginning to end: server, load, samplers, files.

The order of things stands here and nowhere else. What each of them does stands in its own
room, and this one must not know how.
"""

from __future__ import annotations

import asyncio
import math
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from data.lab.build import Build
from data.lab.client_logs import ClientLogs
from data.lab.dumps import look_round, take_looks
from data.lab.errors import LabError
from data.lab.files import Neutral, write_toml
from data.lab.folder import Plan, Seen, describe, write_files, write_truth
from data.lab.histogram import write_bound_time
from data.lab.hosts import Loop
from data.lab.load import Load, Record, plan_arrivals
from data.lab.metrics import read_snapshots, write_metrics
from data.lab.samplers import Sampler, sample_threads, sample_transactions
from data.lab.server import Server
from data.lab.streams import Stalls
from data.lab.truth import read_watch, tell_truth

SNAPSHOT_SECONDS = 1.3
GRACE_SECONDS = 0.25


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
            with (
                tempfile.TemporaryDirectory(prefix="boltkb-lab-clients-") as place,
                ClientLogs(Path(place), plan.scenario.clients) as logs,
                asyncio.Runner(loop_factory=Loop) as runner,
            ):
                seen = runner.run(_drive(plan, server, logs, (threads, transactions), tell))
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
        scenario=plan.scenario.situation,
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
        write_files(draft, seen, neutral)
        write_truth(draft, truth, seen, threads, transactions)
        write_toml(draft / "manifest.toml", describe(plan, build, seen, names, threads))
        if out.exists():
            shutil.rmtree(out)
        draft.rename(out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return truth


async def _drive(
    plan: Plan,
    server: Server,
    client_logs: ClientLogs,
    samplers: tuple[Sampler, ...],
    tell: Callable[[float], None],
) -> Seen:
    load = Load(server.bolt_address, plan.scenario, plan.settings.threads, client_logs)
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
            take_looks(server, plan.settings.threads, plan.scenario, start, plan.seconds)
        )
        ticking = asyncio.create_task(_tick(server, start, tell))
        stalling = asyncio.create_task(_stall(server, plan.scenario.stalls))
        try:
            await load.run(arrivals, plan.seconds)
            # A little longer, so that the fate of the last arrival belongs to the capture.
            await asyncio.sleep(max(0.0, start + plan.seconds + GRACE_SECONDS - time.time()))
            end = time.time()
            told = client_logs.read()
            logs = {name: (server.logs / name).read_text() for name in ("debug.log", "neo4j.log")}
            for sampler in samplers:
                await asyncio.to_thread(sampler.stop)
            looks = await taking
        finally:
            for task in (ticking, taking, stalling):
                task.cancel()
        await load.drain()
        await asyncio.sleep(SNAPSHOT_SECONDS)
        record = Record(list(load.record.attempts))
        configuration = server.configuration.read_text()
        # Before the leaked transactions are given up, so that their holds count as open.
        watched = read_watch(server.watch)
        return Seen(start, end, record, watched, looks, logs, told, configuration)
    finally:
        await load.close()


async def _tick(server: Server, start: float, tell: Callable[[float], None]) -> None:
    while server.is_running():
        tell(time.time() - start)
        await asyncio.sleep(0.5)


async def _stall(server: Server, stalls: Stalls | None) -> None:
    """Let the whole server stand still again and again, until cancelled."""
    if stalls is None:
        return
    while True:
        await asyncio.sleep(stalls.every - stalls.seconds)
        try:
            os.kill(server.pid, signal.SIGSTOP)
            await asyncio.sleep(stalls.seconds)
        finally:
            os.kill(server.pid, signal.SIGCONT)
