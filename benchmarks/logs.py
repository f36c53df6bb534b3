"""The reader of debug.log against `wc -l` on the same file: `python -m benchmarks.logs`.

Each run is a process of its own, so that what it takes to start and to import counts, and its
peak memory is its own.  The file is made here: entries, stack traces, pauses and rejections in
the shape of 3.5, the same for the same size.  Read the ratios; the machine decides the seconds.

Reading takes two threads and `wc` one.  Where the machine is busy, the second thread waits for a
core and the ratio of seconds says nothing; that of processor seconds still holds, and no machine
is quicker than the busier of the two threads.  The best of several rounds, made in turn.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

#: Megabytes of the log.
SIZE = 100
ROUNDS = 5
_BEGIN = 1_569_925_230
_POOL = (
    "java.util.concurrent.CompletableFuture$AsyncSupply@{n:08x} rejected from"
    " org.neo4j.bolt.runtime.CachedThreadPoolExecutorFactory$ThreadPool@95fe540f[Running, pool size"
    " = 400, active threads = 400, queued tasks = 0, completed tasks = {n}]"
)
_REJECTED = (
    "Unable to schedule bolt session 'bolt-{n}' for execution since there are no available threads"
    " to serve it at the moment. You can retry at a later time or consider increasing max thread"
    " pool size for bolt connector(s)."
)
_TRACE = "\n".join(f"\tat org.neo4j.bolt.runtime.Some$Class.call(Some.java:{i})" for i in range(12))
_READ = """
import sys
from pathlib import Path
from boltkb.exports.intake.members import list_members
(member,), _ = list_members(Path(sys.argv[2]))
if sys.argv[1] == "rejections":
    from boltkb.exports.logs.rejections import read_rejections
    kinds = read_rejections(member).kinds
else:
    from boltkb.exports.logs.reading import read_log
    kinds = [event.kind for event in read_log(member).events]
print(kinds.count("rejection-a"))
"""


def write_log(path: Path, megabytes: int) -> int:
    """Write a log of so many megabytes, and return how many rejections are in it."""
    draw = random.Random(1)
    milliseconds, size, rejections, n = 0, 0, 0, 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        while size < megabytes * 1_000_000:
            n += 1
            milliseconds += int(draw.expovariate(1 / 300))
            moment = datetime.fromtimestamp(_BEGIN + milliseconds // 1000, UTC)
            stamp = f"{moment:%Y-%m-%d %H:%M:%S}.{milliseconds % 1000:03d}+0000"
            kind = draw.random()
            if kind < 0.73:
                text = f"{stamp} INFO  [o.n.k.i.s.f.Some] A record of store block {n} is in use\n"
            elif kind < 0.93:
                text = (
                    f"{stamp} WARN  [o.n.k.i.c.VmPauseMonitorComponent] Detected VM stop-the-world"
                    f" pause: {{pauseTime={draw.randrange(100, 1000)}, gcTime=9, gcCount=1}}\n"
                )
            elif kind < 0.99:
                text = (
                    f"{stamp} ERROR [o.n.b.t.Some] Fatal error\njava.io.IOException: x\n{_TRACE}\n"
                )
            else:
                rejections += 1
                pool = _POOL.format(n=n)
                text = (
                    f"{stamp} ERROR [o.n.b.r.DefaultBoltConnection] {_REJECTED.format(n=n)} Task"
                    f" {pool} \njava.util.concurrent.RejectedExecutionException: Task {pool}\n"
                    f"{_TRACE}\n"
                )
            size += len(text)
            file.write(text)
    return rejections


@dataclass(frozen=True)
class Run:
    """What one process took: seconds on the wall, seconds of processor, peak megabytes."""

    seconds: float
    processor: float
    peak: float
    said: str


def run(command: list[str]) -> Run:
    """Run a command in a process of its own, and return what it took and said."""
    with tempfile.TemporaryFile("w+") as out:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=out)
        _, status, used = os.wait4(process.pid, 0)
        spent = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise RuntimeError(f"{command[0]} ended with exit code {process.returncode}")
        out.seek(0)
        said = out.read().strip()
    return Run(spent, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, said)


def measure(path: Path, rejections: int, rounds: int) -> dict[str, list[Run]]:
    """Return the runs of each way of reading, made in turn."""
    counter = shutil.which("wc") or "wc"
    commands = {
        "wc -l": [counter, "-l", str(path)],
        "rejections alone": [sys.executable, "-c", _READ, "rejections", str(path)],
        "all that is known": [sys.executable, "-c", _READ, "all", str(path)],
    }
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            done = run(command)
            runs[name].append(done)
            if name != "wc -l" and int(done.said) != rejections:
                raise RuntimeError(f"{name}: {done.said} rejections of {rejections} were read")
    return runs


def main(arguments: list[str] | None = None) -> None:
    """Make a log, read it and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--mb", type=int, default=SIZE, help="size of the log (%(default)s)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="runs of each (%(default)s)")
    parser.add_argument("--file", type=Path, help="read this log instead of making one")
    options = parser.parse_args(arguments)
    table = Table("reading debug.log", "s", "/ wc -l", "CPU s", "/ wc -l", "MB/s", "peak MB")
    with tempfile.TemporaryDirectory() as folder:
        path = options.file or Path(folder, "debug.log")
        rejections = _count(path) if options.file else write_log(path, options.mb)
        size = path.stat().st_size / 1e6
        runs = measure(path, rejections, options.rounds)
    peer_seconds, peer_processor = _best(runs["wc -l"])
    for name, done in runs.items():
        seconds, processor = _best(done)
        cells = (
            f"{seconds:.3f}",
            f"{seconds / peer_seconds:.1f}",
            f"{processor:.3f}",
            f"{processor / peer_processor:.1f}",
            f"{size / seconds:.0f}",
            f"{max(one.peak for one in done):.0f}",
        )
        table.add_row(name, *cells)
    load = f"; load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    Console().print(f"{size:.0f} MB; {os.cpu_count()} cores{load}")
    Console().print(table)


def _best(runs: list[Run]) -> tuple[float, float]:
    return min(run.seconds for run in runs), min(run.processor for run in runs)


def _count(path: Path) -> int:
    with path.open("rb") as file:
        return sum(
            b"Unable to schedule bolt session '" in line and line[:1].isdigit() for line in file
        )


if __name__ == "__main__":
    main()
