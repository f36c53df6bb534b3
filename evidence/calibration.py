"""Do the intervals cover?  Samples from known laws, fitted as an analyst fits them.

`measure` runs the grid, `render` writes it as a table for the page, and `write` puts both in
their places.  The results are kept beside the code, so that a test can hold the page to them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from boltkb.queueing import Estimate, Fit, Observations, erlang_b, fit_queue
from boltkb.queueing.erlang import FloatArray
from evidence.simulate import steady_counts, wandering_counts, wandering_loads

__all__ = ["PAGE", "RESULTS", "Row", "measure", "render", "steady", "stored", "wandering", "write"]

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "theory" / "calibration.md"
RESULTS = Path(__file__).with_name("calibration.json")

SERVERS = 400
GAPS = (0.05, 0.2, 1.0, 5.0)
LOADS = (200.0, 380.0)
SAMPLES = 1_200
#: The load that wanders: median, standard deviation of its logarithm, memory in samples of 30 s.
MEDIAN, SPREAD, MEMORY, INTERVAL = 300.0, 0.10, 20.0, 30.0


@dataclass(frozen=True, slots=True)
class Row:
    """How often 95 % intervals held the truth in one setting.

    Parameters
    ----------
    setting : str
    samples : int
        In each run.
    runs : int
    load, blocking : float or None
        Share of the runs whose interval held the true load, and the true blocking.
    forecast : float or None
        Share of the runs whose interval for other days held the true blocking there; None
        where none was given.
    declined : float
        Share of the runs in which no interval for other days was given.
    sound : float
        Share of the runs with the verdict SOUND.
    """

    setting: str
    samples: int
    runs: int
    load: float
    blocking: float
    forecast: float | None
    declined: float
    sound: float


def steady(load: float, gap: float, *, runs: int, samples: int = SAMPLES, seed: int = 1) -> Row:
    """Return the coverage for a constant load.

    Parameters
    ----------
    load : float, erlangs
    gap : float
        Distance of samples in mean holds.
    runs, samples : int
    seed : int
    """
    counts = steady_counts(SERVERS, load, gap, samples, runs, seed)
    chance = float(erlang_b(SERVERS, load))
    hits = np.zeros(5)
    for number, busy in enumerate(counts):
        fit = fit_queue(_seen(busy, gap), seed=number)
        hits += _hits(fit, load, chance, chance)
    return _row(f"constant load {load:.0f}, a sample every {gap:g} holds", samples, runs, hits)


def wandering(hours: float, *, runs: int, seed: int = 1) -> Row:
    """Return the coverage for a load that wanders by 10 % with a memory of ten minutes.

    The truth inside a window is what its own loads give; that of other days, what the law of
    the load gives.

    Parameters
    ----------
    hours : float
    runs : int
    seed : int
    """
    samples = round(hours * 3_600 / INTERVAL)
    z = np.linspace(-7.0, 7.0, 2_001)
    law = np.exp(-z * z / 2.0) / np.exp(-z * z / 2.0).sum()
    everywhere = _met(MEDIAN * np.exp(SPREAD * z), law)
    hits = np.zeros(5)
    for number in range(runs):
        rng = np.random.default_rng((seed, number))
        loads = wandering_loads(MEDIAN, SPREAD, MEMORY, samples, rng)
        busy = wandering_counts(SERVERS, loads, rng)
        even = np.full(samples, 1.0 / samples)
        fit = fit_queue(_seen(busy, INTERVAL), seed=number)
        hits += _hits(fit, float(loads.mean()), _met(loads, even), everywhere)
    setting = f"load {MEDIAN:.0f} that wanders by {SPREAD:.0%}, {hours:g} h"
    return _row(setting, samples, runs, hits)


def measure(
    *, steady_runs: int = 120, day_runs: int = 40, say: Callable[[str], None] = print
) -> tuple[Row, ...]:
    """Return the whole grid.

    Parameters
    ----------
    steady_runs, day_runs : int
        Runs in each setting of a constant and of a wandering load.
    say : function
        Told of each row.
    """
    rows = []
    for index, load in enumerate(LOADS):
        for gap in GAPS:
            rows.append(steady(load, gap, runs=steady_runs, seed=10 * index + round(gap * 20)))
            say(str(rows[-1]))
    for hours in (24.0, 2.0):
        rows.append(wandering(hours, runs=day_runs))
        say(str(rows[-1]))
    return tuple(rows)


def render(rows: tuple[Row, ...]) -> str:
    """Return the rows as a Markdown table."""
    names = (
        "Truth", "Samples", "Runs", "Load covered", "Blocking in the window covered",
        "Blocking on other days covered", "Other days declined", "Sound",
    )  # fmt: skip
    lines = [f"| {' | '.join(names)} |", "|---|" + "--:|" * (len(names) - 1)]
    for row in rows:
        other = "none given" if row.forecast is None else f"{row.forecast:.0%}"
        lines.append(
            f"| {row.setting} | {row.samples:,} | {row.runs} | {row.load:.0%} | "
            f"{row.blocking:.0%} | {other} | {row.declined:.0%} | {row.sound:.0%} |"
        )
    return "\n".join(lines)


def write(rows: tuple[Row, ...]) -> None:
    """Keep the rows, and put their table between the markers of the page."""
    RESULTS.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    page = PAGE.read_text(encoding="utf-8")
    marked = re.compile("(<!-- calibration -->\n).*?(<!-- /calibration -->)", re.DOTALL)
    text = marked.sub(lambda m: f"{m[1]}\n{render(rows)}\n\n{m[2]}", page)
    PAGE.write_text(text, encoding="utf-8")


def stored() -> tuple[Row, ...]:
    """Return the rows of the last full run."""
    return tuple(Row(**row) for row in json.loads(RESULTS.read_text(encoding="utf-8")))


def _seen(busy: FloatArray, interval: float) -> Observations:
    return Observations(
        np.arange(busy.size, dtype=np.float64) * np.float64(interval), busy, SERVERS, SERVERS
    )


def _met(loads: FloatArray, weights: FloatArray) -> float:
    chances = np.asarray(erlang_b(SERVERS, loads))
    return float(weights @ (loads * chances) / (weights @ loads))


def _hits(fit: Fit, load: float, blocking: float, elsewhere: float) -> FloatArray:
    inside = fit.models[0].parameters.get("blocking_probability", Estimate(None))
    other = fit.forecast.blocking if fit.forecast is not None else Estimate(None)
    return np.array(
        [
            _covers(fit.offered_load, load),
            _covers(inside, blocking),
            _covers(other, elsewhere),
            other.value is None,
            fit.verdict == "SOUND",
        ],
        dtype=float,
    )


def _covers(estimate: Estimate, truth: float) -> bool:
    if estimate.low is None or estimate.high is None:
        return False
    return estimate.low <= truth <= estimate.high


def _row(setting: str, samples: int, runs: int, hits: FloatArray) -> Row:
    load, blocking, forecast, declined, sound = hits.tolist()
    given = runs - declined
    return Row(
        setting, samples, runs, load / runs, blocking / runs,
        None if given == 0 else forecast / given, declined / runs, sound / runs,
    )  # fmt: skip
