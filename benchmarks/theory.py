"""The theory wing against its peers: the worst error and the time of one answer, side by side.

Truths are the committed reference values, computed to 30 digits.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.peers import CLOSED_FORMS, SIMULATORS, Answer, Numbers, Peer
from benchmarks.timing import per_call
from boltkb.queueing import (
    ErlangA,
    Exponential,
    MMcK,
    PoissonArrivals,
    erlang_b,
    erlang_c,
    log_erlang_b,
    simulate_markov,
    simulate_queue,
)

REFERENCE = Path(__file__).parents[1] / "tests" / "queueing" / "reference"
#: An answer further from the truth than this share of it is called wrong.
WRONG = 1e-3
#: Smaller values are asked for by their logarithm only.
LEAST = 1e-300

Asked = tuple[Numbers, float]

OURS: Mapping[str, Answer] = {
    "Erlang B": lambda x: erlang_b(int(x["c"]), x["a"]),
    "Erlang C": lambda x: erlang_c(int(x["c"]), x["a"]),
    "M/M/c/K, rejected": lambda x: (
        MMcK(int(x["c"]), int(x["K"]), x["lam"], x["mu"]).blocking_probability
    ),
    "Erlang A, abandoned": lambda x: (
        ErlangA(int(x["c"]), x["lam"], x["mu"], x["theta"]).abandonment_probability
    ),
}
_ROWS = {
    "Erlang B": ("M/M/c/c", "B"),
    "Erlang C": ("M/M/c", "C"),
    "M/M/c/K, rejected": ("M/M/c/K", "P_loss"),
    "Erlang A, abandoned": ("M/M/c+M", "P_abandon"),
}
#: The question that is timed: 400 servers, as Neo4j has threads by default.
_TIMED: Mapping[str, Numbers] = {
    "Erlang B": {"c": 400, "a": 340.0},
    "Erlang C": {"c": 400, "a": 340.0},
    "M/M/c/K, rejected": {"c": 400, "K": 450, "lam": 380.0, "mu": 1.0},
    "Erlang A, abandoned": {"c": 400, "lam": 380.0, "mu": 1.0, "theta": 0.5},
}


@dataclass(frozen=True)
class Accuracy:
    """How one package answered one question."""

    question: str
    who: str
    asked: int
    wrong: int
    failed: int
    worst: float
    worst_at: str
    seconds: float


def cases(question: str) -> list[Asked]:
    """Return the reference values of a question, with their parameters as doubles."""
    model, quantity = _ROWS[question]
    rows = json.loads((REFERENCE / "queueing_reference.json").read_text())["rows"]
    found = []
    for row in rows:
        if (row["model"], row["quantity"]) != (model, quantity):
            continue
        numbers = {name: float(value) for name, value in row["params"].items()}
        truth = float(row.get("exact", row["value"]))
        if truth > LEAST and numbers["c"].is_integer():
            found.append((numbers, truth))
    return found


def judge(question: str, who: str, answer: Answer, asked: list[Asked]) -> Accuracy:
    """Return how far the answers are from the truth; an exception or NaN is a failure."""
    worst, worst_at, wrong, failed = 0.0, "", 0, 0
    for numbers, truth in asked:
        got = _quietly(answer, numbers)
        if math.isnan(got):
            failed += 1
            continue
        error = abs(got / truth - 1)
        wrong += error > WRONG
        if error > worst:
            worst, worst_at = error, _shown(numbers)
    seconds = per_call(lambda: _quietly(answer, _TIMED[question]))
    return Accuracy(question, who, len(asked), wrong, failed, worst, worst_at, seconds)


def accuracy() -> tuple[list[Accuracy], list[str]]:
    """Return the rows of the table, and what is absent."""
    rows = []
    for question, ours in OURS.items():
        asked = cases(question)
        rows.append(judge(question, "boltkb", ours, asked))
        rows += [
            judge(question, peer.name, peer.answers[question], asked)
            for peer in CLOSED_FORMS
            if peer.present and question in peer.answers
        ]
    return rows, [peer.how_to_get for peer in CLOSED_FORMS if not peer.present]


@dataclass(frozen=True)
class Wrong:
    """A question to which a peer gives an answer that is not the truth."""

    who: str
    question: str
    says: str
    truth: str


def wrong_answers() -> list[Wrong]:
    """Return the known wrong answers of the peers that are present, asked for again now."""
    stretched = {"c": 400, "lam": 1600.0, "mu": 4.0, "theta": 1 / 64}
    overload = {"c": 400, "a": 500.0}
    large = {"c": 1_000_000, "a": 950_000.0}
    decimal = log_erlang_b(1_000_000, 950_000.0) / math.log(10)
    patient = "400 servers, 1,600 customers a second of 1/4 s each, patience 64 s: who gives up?"
    listed: tuple[tuple[str, str, str, Numbers, str], ...] = (
        ("pyqueueing", "Erlang A, abandoned", patient, stretched,
         f"{OURS['Erlang A, abandoned'](stretched):.4g}"),
        ("pyqueueing", "Erlang B", "a million servers, 950,000 erlangs: rejected?", large,
         f"10 to the power {decimal:.1f}, which no double can hold; ask `log_erlang_b`"),
        ("pyworkforce", "Erlang C", "400 servers, 500 erlangs: probability of waiting?",
         overload, "1: there is no steady state"),
        ("line-solver", "Erlang C", "10,000 servers, 9,900 erlangs: probability of waiting?",
         {"c": 10_000, "a": 9_900.0}, f"{erlang_c(10_000, 9_900.0):.4g}"),
        ("line-solver", "Erlang B", "400 servers, 380 erlangs: rejected?", {"c": 400, "a": 380.0},
         f"{erlang_b(400, 380.0):.4g}"),
    )  # fmt: skip
    present = {peer.name: peer for peer in CLOSED_FORMS if peer.present}
    return [
        Wrong(who, asked, _said(present[who].answers[question], numbers), truth)
        for who, question, asked, numbers, truth in listed
        if who in present
    ]


@dataclass(frozen=True)
class Rate:
    """How many arrivals a second a simulator draws on M/M/400/400 at 380 erlangs."""

    who: str
    how: str
    arrivals: int
    per_second: float
    blocking: float


def rates() -> tuple[list[Rate], list[str]]:
    """Return arrivals a second, ours and the peers' in turn, and what is absent."""
    jobs: list[tuple[str, str, Callable[[int], tuple[int, float]]]] = [
        ("boltkb", "simulate_markov: lanes", _lanes),
        ("boltkb", "simulate_queue: any law", _any_law),
    ]
    absent = []
    for peer, how, run, arrivals in SIMULATORS:
        if peer.present:
            jobs.append((peer.name, how, partial(_peers, run, arrivals)))
        elif peer.how_to_get not in absent:
            absent.append(peer.how_to_get)
    best = {(who, how): (0.0, 0, math.nan) for who, how, _ in jobs}
    for seed in range(3):
        for who, how, job in jobs:
            begun = time.perf_counter()
            arrived, blocking = job(seed)
            rate = arrived / (time.perf_counter() - begun)
            if rate > best[who, how][0]:
                best[who, how] = (rate, arrived, blocking)
    return [Rate(who, how, n, rate, b) for (who, how), (rate, n, b) in best.items()], absent


def _peers(
    run: Callable[[int, float, int, int], float], arrivals: int, seed: int
) -> tuple[int, float]:
    return arrivals, run(400, 380.0, arrivals, seed)


def _lanes(seed: int) -> tuple[int, float]:
    said = simulate_markov(400, 380.0, 1.0, events=8_000, replications=4_096, seed=seed)
    return said.arrivals, float(said.blocking_probability.value or 0.0)


def _any_law(seed: int) -> tuple[int, float]:
    run = simulate_queue(PoissonArrivals(380.0), Exponential(1.0), 400, duration=5_000.0, seed=seed)
    return int(run.counted.sum()), run.blocking_probability


def vectorised() -> float:
    """Return how many values of Erlang B a second come from one call at 400 servers."""
    loads = np.linspace(1.0, 800.0, 200_000)
    return loads.size / per_call(lambda: erlang_b(400, loads))


def _quietly(answer: Answer, numbers: Numbers) -> float:
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return float(answer(numbers))
        except Exception:
            return math.nan


def _said(answer: Answer, numbers: Numbers) -> str:
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return f"{float(answer(numbers)):.4g}"
        except Exception as error:
            return f"{type(error).__name__}: {str(error)[:60]}"


def _shown(numbers: Numbers) -> str:
    return ", ".join(f"{name}={value:g}" for name, value in numbers.items())


__all__ = [
    "Accuracy", "Peer", "Rate", "Wrong", "accuracy", "cases", "judge", "rates", "vectorised",
    "wrong_answers",
]  # fmt: skip
