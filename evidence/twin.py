"""Does the twin do what a real server did?  The same load for both, and what became of it.

`compare` lets the twin repeat each measured run many times, and `write` puts what came of it in
its place and on the page.  What was measured and what came of it are kept
beside the code, so that a test can hold the page, and the twin, to them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.pages import between
from evidence import plain
from evidence.compared import Compared, Comparison, Held, Row, misses
from evidence.staging import (
    AS_THEY_ARE,
    WRONG,
    Floats,
    Outcome,
    Rules,
    measured_outcome,
    replicate,
)
from evidence.twin_page import draw, render

__all__ = [
    "MEASURED", "PAGE", "RESULTS", "compare", "compare_run", "measured", "stored", "write",
]  # fmt: skip

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "explain" / "twin-and-real-server.md"
MEASURED = Path(__file__).with_name("real-server.json")
RESULTS = Path(__file__).with_name("twin.json")

REPLICATIONS = 200
#: Fewer where the twin is given a wrong rule.
FEWER = 60
#: Blocks that are drawn together for the real run's interval: 30 s, longer than any back-off here.
TOGETHER = 3
RESAMPLED = 2_000
#: What has an interval from the real run's own blocks: a sum over others' sum, or a plain sum.
_FROM_BLOCKS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "asked": (("asked",), ()),
    "rejected": (("rejected",), ()),
    "rejected_share": (("rejected",), ("asked",)),
    "opened": (("opened",), ()),
    "fine_share": (("fine",), ("requests",)),
}


def measured() -> list[dict[str, Any]]:
    """Return the measured runs, as `python -m data.lab compare` wrote them."""
    runs: list[dict[str, Any]] = json.loads(MEASURED.read_text(encoding="utf-8"))
    return runs


def compare_run(
    run: Mapping[str, Any],
    *,
    replications: int = REPLICATIONS,
    seed: int = 0,
    rules: Rules = AS_THEY_ARE,
) -> Row:
    """Return one measured run against so many of the twin's.

    Parameters
    ----------
    run : mapping
    replications : int
    seed : int
        That of the first.
    rules : Rules
        Those that the twin is given.
    """
    real = measured_outcome(run)
    made = [replicate(run, seed + number, rules) for number in range(replications)]
    own = _own_intervals(run)
    numbers = {name: _compared(name, real, made, own) for name in real.numbers}
    busy = np.array([outcome.busy for outcome in made])
    mean = busy.mean(axis=0)
    far = 0.5 * np.abs(busy - mean).sum(axis=1)
    distance = float(0.5 * np.abs(real.busy - mean).sum())
    low, high = np.quantile(busy, (0.025, 0.975), axis=0)
    held = Held(
        _rounded(real.busy), _rounded(mean), _rounded(low), _rounded(high),
        round(distance, 5), round(float(np.quantile(far, 0.95)), 5),
        float(np.mean(far < distance)),
    )  # fmt: skip
    machine = run["machine"]
    return Row(
        run["name"], run["seed"], run["threads"], run["seconds"], run["date"], run["neo4j"],
        machine["load_average"] if machine else None, replications, numbers, held,
    )  # fmt: skip


def compare(
    *, replications: int = REPLICATIONS, fewer: int = FEWER, say: Callable[[str], None] = print
) -> Comparison:
    """Return every measured run against the twin's.

    Parameters
    ----------
    replications, fewer : int
        Of the twin as it is, and with each of the wrong rules.
    say : function
        Told of each run.
    """
    rows = []
    for run in measured():
        row = compare_run(run, replications=replications)
        missed = [name for name, number in row.numbers.items() if not number.inside]
        say(f"{row.name}, seed {row.seed}: missed {', '.join(missed) or 'nothing'}")
        rows.append(row)
    wrong = {}
    for name, rules in WRONG.items():
        made = [compare_run(run, replications=fewer, rules=rules) for run in measured()]
        wrong[name] = misses(made)
        say(f"{name}: {wrong[name][0]} missed")
    return Comparison(tuple(rows), wrong)


def _compared(
    name: str,
    real: Outcome,
    made: Sequence[Outcome],
    own: Mapping[str, tuple[float, float]],
) -> Compared:
    values = np.array([outcome.numbers[name] for outcome in made])
    low, high = np.quantile(values, (0.025, 0.975))
    here = real.numbers[name]
    rank = float(np.mean(values < here) + np.mean(values == here) / 2)
    first, last = own.get(name, (None, None))
    short = [round(float(x), 5) for x in (here, values.mean(), low, high)]
    return Compared(short[0], first, last, short[1], short[2], short[3], rank)


def _own_intervals(run: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """Return what the real run's own blocks, drawn anew, say of its numbers.

    Leaks fill a pool for good: such a run has no second half like its first, and no interval.
    """
    if any(stream["kind"] == "leak" for stream in run["streams"]):
        return {}
    blocks = {name: np.array(values, dtype=float) for name, values in run["blocks"].items()}
    count = len(run["blocks"]["asked"])
    rng = np.random.default_rng(1)
    starts = rng.integers(0, count, (RESAMPLED, -(-count // TOGETHER)))
    chosen = (starts[:, :, None] + np.arange(TOGETHER)) % count
    chosen = chosen.reshape(RESAMPLED, -1)[:, :count]
    found = {}
    for name, (above, below) in _FROM_BLOCKS.items():
        sums = sum(blocks[part][chosen].sum(axis=1) for part in above)
        if below:
            sums = sums / np.maximum(sum(blocks[part][chosen].sum(axis=1) for part in below), 1.0)
        low, high = np.quantile(sums, (0.025, 0.975))
        found[name] = (round(float(low), 5), round(float(high), 5))
    return found


def _rounded(values: Floats) -> list[float]:
    return [round(float(value), 5) for value in values]


def write(comparison: Comparison) -> None:
    """Keep what was found, and put tables and figures between the markers of the page."""
    parts = [json.dumps(asdict(row), separators=(",", ":")) for row in comparison.rows]
    rows = ",\n".join(parts)
    wrong = json.dumps(comparison.wrong)
    RESULTS.write_text(f'{{"wrong": {wrong},\n"rows": [\n{rows}\n]}}\n', encoding="utf-8")
    text = PAGE.read_text(encoding="utf-8")
    text = between(text, "comparison", f"\n{render(comparison)}")
    text = between(text, "plain", f"\n{plain.table(measured())}")
    PAGE.write_text(between(text, "figures", f"\n{draw(comparison)}"), encoding="utf-8")


def stored() -> Comparison:
    """Return what the last full comparison found."""
    kept = json.loads(RESULTS.read_text(encoding="utf-8"))
    for row in kept["rows"]:
        row["numbers"] = {name: Compared(**values) for name, values in row["numbers"].items()}
        row["held"] = Held(**row["held"])
    wrong = {name: (missed, clean) for name, (missed, clean) in kept["wrong"].items()}
    return Comparison(tuple(Row(**row) for row in kept["rows"]), wrong)
