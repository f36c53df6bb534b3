"""Query logs: boltkb against `wc -l` on the same file, beside pgBadger and pt-query-digest.

`python -m benchmarks.queries [MEGABYTES]`.  Each run of ours is a process of its own, so imports
count, and its peak memory is that of the whole process.  The two peers read logs of other
databases, so only megabytes a second compare: what they do that we do not stands beside.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.query_logs import json_log, mysql_log, plain_log, postgres_log

ROUNDS = 3
#: Peers take a minute for what we read in a second.
_PEERS_SIZE = 20_000_000

_OURS = """
import json, resource, sys
from pathlib import Path
from boltkb.exports import Limits, open_export
large = 1 << 50
export = open_export(Path(sys.argv[1]), limits=Limits(member_bytes=large, total_bytes=large))
log = export.queries
print(json.dumps([log.completed + log.failed, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
"""


@dataclass(frozen=True)
class Measured:
    """One log, read by us and counted by `wc -l`, in turn; seconds, megabytes."""

    what: str
    size: float
    ours: float
    count: float
    ratio: float
    memory: float
    queries: int


@dataclass(frozen=True)
class PeerSpeed:
    """A peer on its own format, megabytes a second, and what it does that we do not."""

    who: str
    speed: float
    more: str


#: Program, its Debian package, its log, its arguments, what its answer must hold, what it does.
_PEERS: tuple[tuple[str, str, Callable[[int], Iterator[bytes]], tuple[str, ...], str], ...] = (
    (
        "pgbadger",
        "pgbadger",
        postgres_log,
        ("-q", "-f", "stderr", "-p", "%m [%p]: [%l-1] user=%u,db=%d ", "-x", "json", "-o", "-"),
        "puts queries of one form together, draws a report",
    ),
    (
        "pt-query-digest",
        "percona-toolkit",
        mysql_log,
        ("--limit", "20"),
        "puts queries of one form together, prints examples",
    ),
)


def measure(folder: Path, size: int) -> list[Measured]:
    """Return how plain, JSON and packed logs of `size` bytes are read."""
    found = []
    for what, log in (("plain", plain_log), ("JSON", json_log), ("JSON, gzip", json_log)):
        file = folder / "query.log"
        _write(file, log(size))
        counted = file
        if what.endswith("gzip"):
            file = folder / "query.log.gz"
            with counted.open("rb") as bare, gzip.open(file, "wb", compresslevel=3) as packed:
                shutil.copyfileobj(bare, packed, 1 << 20)
        _ours(file)  # Machine code is made once for each machine.
        rows = []
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            queries, memory = _ours(file)
            middle = time.perf_counter()
            subprocess.run(
                [shutil.which("wc") or "wc", "-l", counted], check=True, stdout=subprocess.DEVNULL
            )
            rows.append((middle - begun, time.perf_counter() - middle, memory))
        ours, count = (statistics.median(row[i] for row in rows) for i in (0, 1))
        ratio = statistics.median(row[0] / row[1] for row in rows)
        most = max(row[2] for row in rows)
        megabytes = counted.stat().st_size / 1e6
        found.append(Measured(what, megabytes, ours, count, ratio, most, queries))
        for done in {file, counted}:
            done.unlink()
    return found


def peers(folder: Path, size: int) -> tuple[list[PeerSpeed], list[str]]:
    """Return how fast the peers are, and the absent ones with the line that brings them."""
    found, absent = [], []
    for program, package, log, arguments, more in _PEERS:
        path = shutil.which(program)
        if path is None:
            absent.append(f"{program} is absent: apt-get install {package}")
            continue
        file = folder / "peer.log"
        _write(file, log(min(size, _PEERS_SIZE)))
        begun = time.perf_counter()
        done = subprocess.run([path, *arguments, str(file)], capture_output=True, check=True)
        spent = time.perf_counter() - begun
        # A peer that understood nothing is quick.
        text = done.stdout.decode("utf-8", "replace")
        if "person_" not in text.lower():
            absent.append(f"{program} found no query in its log")
        else:
            found.append(PeerSpeed(program, file.stat().st_size / 1e6 / spent, more))
        file.unlink()
    return found, absent


def show(console: Console, size: int = 200_000_000) -> None:
    """Measure and print both tables."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = Table("query log", "MB", "queries", "ours, s", "wc -l, s", "ours / wc", "peak MB")
        rows = measure(folder, size)
        for row in rows:
            table.add_row(
                *(row.what, f"{row.size:.0f}", f"{row.queries:,}", f"{row.ours:.2f}"),
                *(f"{row.count:.3f}", f"{row.ratio:.1f}", f"{row.memory:.0f}"),
            )
        console.print(table)
        others = Table("log analyser", "MB a second", "does besides")
        others.add_row("boltkb", f"{rows[0].size / rows[0].ours:.0f}", "queries under way, holds")
        found, absent = peers(folder, size)
        for peer in found:
            others.add_row(peer.who, f"{peer.speed:.1f}", peer.more)
        console.print(others)
        for line in absent:
            console.print(line)


def _ours(file: Path) -> tuple[int, float]:
    command = [sys.executable, "-c", _OURS, str(file)]
    # What was read before is not to be remembered.
    environment = os.environ | {"BOLTKB_CACHE": "off"}
    done = subprocess.run(command, check=True, capture_output=True, env=environment)
    queries, kilobytes = json.loads(done.stdout)
    return queries, kilobytes / 1024


def _write(file: Path, log: Iterator[bytes]) -> None:
    with file.open("wb") as out:
        out.writelines(log)


if __name__ == "__main__":
    show(Console(), int(float(sys.argv[1]) * 1e6) if len(sys.argv) > 1 else 200_000_000)
