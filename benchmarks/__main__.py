"""`make bench`: each row is boltkb against a named peer, in turn, in this very run.

Machines are noisy: read the ratio, not the seconds.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy import stats

from benchmarks import queries
from benchmarks.pages import benchmark_tables, write
from benchmarks.peers import CLOSED_FORMS, SIMULATORS
from benchmarks.theory import accuracy, rates, vectorised, wrong_answers
from benchmarks.timing import paired
from boltkb.exports import open_export
from boltkb.queueing import erlang_b


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


def theory(console: Console) -> None:
    """Hold the theory wing against its peers; write the page when all of them are here."""
    answers, absent = accuracy()
    simulated, missing = rates()
    wrong, each_second = wrong_answers(), vectorised()
    table = Table("question", "package", "worst error", "wrong", "no answer", "us an answer")
    for row in answers:
        cells = (f"{row.worst:.0e}", f"{row.wrong}/{row.asked}", f"{row.failed}/{row.asked}")
        table.add_row(row.question, row.who, *cells, f"{1e6 * row.seconds:.0f}")
    console.print(table)
    for told in wrong:
        console.print(f"{told.who}: {told.question} Says {told.says}; truth: {told.truth}")
    console.print(f"Erlang B at 400 servers, vectorised: {each_second / 1e6:.1f} million a second")
    speed = Table("simulator", "how", "arrivals a second", "blocking", "ours, times")
    fastest = max(row.per_second for row in simulated if row.who == "boltkb")
    for rate in simulated:
        cells = (f"{rate.per_second:,.0f}", f"{rate.blocking:.4f}")
        speed.add_row(rate.who, rate.how, *cells, f"{fastest / rate.per_second:,.0f}")
    console.print(speed)
    gone = sorted({*absent, *missing})
    for line in gone:
        console.print(line)
    if gone:
        console.print("docs/theory/benchmarks.md is left as it is: not all peers are here")
        return
    peers = {peer.name: peer.version for peer in (*CLOSED_FORMS, *(row[0] for row in SIMULATORS))}
    versions = ", ".join(f"{name} {version}" for name, version in peers.items())
    tables = benchmark_tables(answers, wrong, simulated, each_second, versions)
    write("benchmarks", "benchmarks", tables)


def main() -> None:
    """Run every row and print the tables."""
    console = Console()
    theory(console)
    table = Table("what", "peer", "ours, s", "peer, s", "ours / peer", "rate")
    with tempfile.TemporaryDirectory() as folder:
        for row in (erlang(), metrics(Path(folder))):
            what, peer, first, second, ratio, rate = row
            table.add_row(what, peer, f"{first:.3f}", f"{second:.3f}", f"{ratio:.2f}", rate)
    console.print(table)
    queries.show(console)


if __name__ == "__main__":
    main()
