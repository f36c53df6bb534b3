"""Whether the recommended number of threads is enough, and not far too many.

A pool that is too small is simulated, exported and read as a report reads it; then fresh runs of
the same load meet the number that was recommended.  `write` keeps what came of it and puts it on
the page.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np

import boltkb
from benchmarks.pages import between
from boltkb.twin.writing import Options, write_export
from evidence.demands import Demand, Need, demands, fresh, need, need_between, setting
from evidence.grid import WORKERS, frugal, spread_out
from evidence.levels import EVERYTHING, view
from evidence.sized import Sized
from evidence.sizing_page import render

__all__ = ["PAGE", "RESULTS", "main", "measure", "size", "stored", "write"]

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "evidence" / "sizing.md"
RESULTS = Path(__file__).with_name("sizing.json")
#: Fresh windows at the recommended size, of which the first is the one that must meet the target.
_WINDOWS = 12


def size(demand: Demand, *, attempts: int | None = None) -> Sized:
    """Return what is recommended for a demand, and how it does.

    Parameters
    ----------
    demand : Demand
    attempts : int, optional
        Over the fresh runs of each size that is tried for the true need.
    """
    truth = need(demand) if attempts is None else need(demand, attempts=attempts)
    server, client = setting(demand, demand.threads)
    with tempfile.TemporaryDirectory() as spare:
        # The query log says what the metrics say, in a hundred times the space.
        options = Options(evidence="all", query_log="off")
        export = write_export(
            server, client, Path(spare) / "export", seconds=demand.seconds, seed=demand.seed,
            options=options,
        ).folder  # fmt: skip
        read = boltkb.open_export(view(export, Path(spare) / "1", EVERYTHING, server.version))
        pool = boltkb.read_pool(read)
        seen = boltkb.observe(read, pool)
    fit = boltkb.fit_queue(seen)
    sizing = boltkb.size_threads(fit, rejection=demand.target)
    diagnosis = boltkb.diagnose(read, pool, seen, fit, rejection=demand.target)
    advised = boltkb.advise(pool, fit, sizing, diagnosis).estimates["recommended_threads"]
    told, by = advised, "advice"
    if advised.value is None and diagnosis.cause != "pool_too_small":
        told, by = sizing.servers, "model"
    times = fit.observations.times - options.began
    first, last = max(0.0, float(times[0])), min(demand.seconds, float(times[-1]))
    there = need_between(demand, first, last)
    row = Sized(
        demand, truth, diagnosis.cause, by, told.value, told.low, told.high, "", first, last, there,
        None, None,
    )  # fmt: skip
    if told.value is None:
        return replace(row, by="declined", low=None, high=None, reason=told.reason)
    share, lower = _met(demand, int(told.value))
    return replace(row, share=share, lower=lower)


def measure(
    rounds: int = 1,
    *,
    only: Sequence[int] | None = None,
    attempts: int | None = None,
    workers: int = WORKERS,
    say: Callable[[str], None] = print,
) -> tuple[Sized, ...]:
    """Return what is recommended for every demand.

    Parameters
    ----------
    rounds : int, >= 1
    only : sequence of int, optional
        The numbers of some demands.
    attempts : int, optional
        As in `size`.
    workers : int, >= 1
    say : callable
        Told of each.
    """
    chosen = [d for d in demands(rounds) if only is None or d.number in set(only)]
    found = []
    with frugal():
        for row in spread_out(partial(size, attempts=attempts), chosen, workers=workers):
            found.append(row)
            demand = row.demand
            say(
                f"{len(found)}/{len(chosen)}, {demand.number}: {demand.threads} threads, "
                f"{demand.shape}, target {demand.target}: needs {row.need.threads} "
                f"(formula {row.need.formula}), {row.by} {row.threads} {row.reason}"
            )
    return tuple(sorted(found, key=lambda row: row.demand.number))


def write(rows: Sequence[Sized]) -> None:
    """Keep what was found, and put it between the markers of the page."""
    lines = ",\n".join(json.dumps(asdict(row), separators=(",", ":")) for row in rows)
    RESULTS.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(between(page, "sizing", f"\n{render(rows)}"), encoding="utf-8")


def stored() -> tuple[Sized, ...]:
    """Return what the last full run found."""
    kept = json.loads(RESULTS.read_text(encoding="utf-8"))
    return tuple(
        Sized(**{**row, "demand": Demand(**row["demand"]), "need": Need(**row["need"])})
        for row in kept
    )


def main(words: Sequence[str]) -> int:
    """Run the command line, and return its exit code.

    Parameters
    ----------
    words : sequence of str
        What follows `python -m evidence sizing`.
    """
    parser = argparse.ArgumentParser(prog="python -m evidence sizing", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1, help="how often each pool comes")
    parser.add_argument("--only", type=int, nargs="+", metavar="NUMBER", help="not on the page")
    parser.add_argument("--workers", type=int, default=WORKERS)
    given = parser.parse_args(words)
    rows = measure(given.rounds, only=given.only, workers=given.workers)
    if given.only is None:
        write(rows)
    sys.stdout.write(f"{render(rows)}\n")
    return 0


def _met(demand: Demand, threads: int) -> tuple[float, float]:
    """Return what a fresh window rejects, and the lower end of its 95 % interval."""
    counts = [fresh(demand, threads, demand.seed + 500 + run) for run in range(_WINDOWS)]
    shares = np.array([refused / asked for asked, refused in counts])
    # Rejections come in clumps, so that a window's own counts would promise too much.
    spread = float(shares[1:].std(ddof=1))
    return float(shares[0]), max(0.0, float(shares[0]) - 1.959964 * spread)
