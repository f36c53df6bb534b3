"""`make bench`: each row is boltkb against a named peer, in turn, in this very run.

Machines are noisy: read the ratio, not the seconds.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy import stats

from boltkb.exports import open_export
from boltkb.queueing import erlang_b

ROUNDS = 7


def paired(ours: Callable[[], object], peers: Callable[[], object]) -> tuple[float, float, float]:
    """Return the median seconds of both and the median ratio, run in turn."""
    ours(), peers()
    rows = []
    for _ in range(ROUNDS):
        spent = []
        for job in (ours, peers):
            begun = time.perf_counter()
            job()
            spent.append(time.perf_counter() - begun)
        rows.append(spent)
    first, second = (statistics.median(column) for column in zip(*rows, strict=True))
    return first, second, statistics.median(a / b for a, b in rows)


def erlang() -> tuple[str, str, float, float, float, str]:
    """Erlang B at 400 servers, 100,000 loads, against scipy's Poisson law."""
    loads = np.linspace(100.0, 420.0, 100_000)
    law = stats.poisson
    first, second, ratio = paired(
        lambda: erlang_b(400, loads), lambda: law.pmf(400, loads) / law.cdf(400, loads)
    )
    return "Erlang B, 100,000 values", "scipy.stats.poisson", first, second, ratio, ""


def metrics(folder: Path) -> tuple[str, str, float, float, float, str]:
    """Open an export of twelve metric files of 100,000 rows, against `wc -l` on the same files."""
    names = [
        f"neo4j.dbms.bolt.{name}"
        for name in (
            "connections_running", "connections_idle", "connections_opened", "connections_closed",
            "messages_received", "messages_started",
        )
    ] + [f"neo4j.database.db{i}.transaction.active_read" for i in range(6)]  # fmt: skip
    rows = np.arange(100_000)
    busy = np.random.default_rng(1).integers(0, 400, rows.size)
    (folder / "metrics").mkdir()
    for name in names:
        gauge = "running" in name or "idle" in name or "active" in name
        values = busy if gauge else np.cumsum(busy)
        pairs = zip((1_795_000_000 + 30 * rows).tolist(), values.tolist(), strict=True)
        text = "t,value\n" + "\n".join(f"{t},{v}" for t, v in pairs)
        (folder / "metrics" / f"{name}.csv").write_text(text + "\n")
    files = sorted(map(str, (folder / "metrics").glob("*.csv")))
    counter = shutil.which("wc") or "wc"
    first, second, ratio = paired(
        lambda: open_export(folder),
        lambda: subprocess.run([counter, "-l", *files], check=True, capture_output=True),
    )
    size = sum(Path(name).stat().st_size for name in files) / 1e6
    return "12 metric files", "wc -l", first, second, ratio, f"{size / first:.0f} MB/s"


def main() -> None:
    """Run every row and print the table."""
    table = Table("what", "peer", "ours, s", "peer, s", "ours / peer", "rate")
    with tempfile.TemporaryDirectory() as folder:
        for row in (erlang(), metrics(Path(folder))):
            what, peer, first, second, ratio, rate = row
            table.add_row(what, peer, f"{first:.3f}", f"{second:.3f}", f"{ratio:.2f}", rate)
    Console().print(table)


if __name__ == "__main__":
    main()
