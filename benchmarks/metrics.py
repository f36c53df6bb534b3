"""`python -m benchmarks.metrics [files] [rows]`: a metrics directory against `wc -l` on it.

Each turn is a fresh process, Python's start and all imports included, followed by `wc -l` on the
same files; the ratio of the two is what counts.  Every file is one of a metric that is known, so
that all are read and kept.  300 files of 100,000 rows are what a year of a busy server leaves.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

FILES, ROWS = 60, 20_000
ROUNDS = 5
START, STEP = 1_764_000_000, 30

_READ = (
    "import sys; from boltkb.exports import open_export; export = open_export(sys.argv[1]);"
    "print(len(export.series), sum(source.rows for source in export.sources))"
)


@dataclass(frozen=True)
class Run:
    """A process that ended: wall seconds, seconds on processors, most MiB held, what it said."""

    seconds: float
    processor: float
    memory: float
    said: str


def write_directory(folder: Path, files: int, rows: int) -> int:
    """Write metric files of many databases, as 5.x writes them; return their bytes."""
    rng = np.random.default_rng(1)
    times = (START + STEP * np.arange(rows)).tolist()
    names = ("transaction.active_read", "transaction.active_write", "transaction.committed")
    size = 0
    for number in range(files):
        name = f"neo4j.database.db{number // len(names)}.{names[number % len(names)]}"
        busy = rng.integers(0, 400, rows)
        if name.endswith("committed"):
            counts = np.cumsum(busy)
            rates = counts / (STEP * np.arange(1, rows + 1))
            head = "t,count,mean_rate,m1_rate,m5_rate,m15_rate,rate_unit"
            lines = [
                f"{t},{count},{rate:.6f},0.000000,0.000000,0.000000,events/second"
                for t, count, rate in zip(times, counts.tolist(), rates.tolist(), strict=True)
            ]
        else:
            head = "t,value"
            lines = [f"{t},{value}" for t, value in zip(times, busy.tolist(), strict=True)]
        text = "\n".join([head, *lines, ""])
        (folder / f"{name}.csv").write_text(text)
        size += len(text)
    return size


def run(command: list[str]) -> Run:
    """Run a command to its end, and return what it took."""
    begun = time.perf_counter()
    # Nothing is taken from a cache: it is the reading that is measured.
    alone = {**os.environ, "BOLTKB_CACHE": "off"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=alone)
    assert process.stdout is not None
    with process.stdout:
        said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} failed")
    spent = time.perf_counter() - begun
    return Run(spent, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, said)


def measure(folder: Path) -> tuple[list[Run], list[Run]]:
    """Return our runs and the peer's, in turn."""
    files = sorted(map(str, folder.glob("*.csv")))
    ours = [sys.executable, "-c", _READ, str(folder)]
    peers = [shutil.which("wc") or "wc", "-l", *files]
    run(ours), run(peers)
    pairs = [(run(ours), run(peers)) for _ in range(ROUNDS)]
    return [one for one, _ in pairs], [other for _, other in pairs]


def main(arguments: list[str]) -> None:
    """Write a directory, read it in turn with `wc -l`, print the table."""
    files = int(arguments[0]) if arguments else FILES
    rows = int(arguments[1]) if len(arguments) > 1 else ROWS
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        size = write_directory(Path(folder), files, rows)
        ours, peers = measure(Path(folder))
    series, read = map(int, ours[0].said.split())
    if (series, read) != (files, files * rows):
        raise SystemExit(f"read {series} series and {read} rows of {files} and {files * rows}")
    table = Table(
        "what", "peer", "ours, s", "of processors", "peer, s", "ours / peer", "MB/s", "MiB"
    )
    seconds = statistics.median(one.seconds for one in ours)
    table.add_row(
        f"{files} metric files, {size / 1e6:.0f} MB",
        "wc -l",
        f"{seconds:.2f}",
        f"{statistics.median(one.processor for one in ours):.2f}",
        f"{statistics.median(one.seconds for one in peers):.3f}",
        f"{statistics.median(a.seconds / b.seconds for a, b in zip(ours, peers, strict=True)):.1f}",
        f"{size / 1e6 / seconds:.0f}",
        f"{max(one.memory for one in ours):.0f}",
    )
    console.print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
