"""What each change of the tuning guide brings, by experiment: pairs of runs, before and after.

The twin runs each pair of `evidence.changes` with the same seeds, several of them; a few pairs were
run on a real server too.  `write` keeps what came of it and puts it on the page and between the
markers of the tuning guide and of the myths.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import special

from boltkb.queueing import Estimate
from boltkb.twin.repeating import Floats, Repeated, interval_of, repeat, share_of
from evidence.changes import PAIRS
from evidence.pairs import Pair, Side

__all__ = [
    "MEASURES", "RESULTS", "RUNS", "SEED", "Effect", "Measure", "digest", "main", "measure",
    "measure_pair", "stored",
]  # fmt: skip

RESULTS = Path(__file__).with_name("effects.json")
RUNS, SEED = 10, 7
#: Seconds after what is counted, so that what began in time can end.
_TAIL = 60.0
#: A change of less than this, as a share of what was, is none that anybody would look for.
_NOTHING = 0.05


@dataclass(frozen=True, slots=True)
class Measure:
    """What is counted in each run.

    Parameters
    ----------
    words : str
        As a table's head.
    estimate : callable
        Over the runs, with its interval.
    each : callable
        One number a run, for the difference.
    better : int
        -1 where less is better, 1 where more is, 0 where neither.
    least : float
        A difference below this is none.
    """

    words: str
    estimate: Callable[[Repeated], Estimate]
    each: Callable[[Repeated], Floats]
    better: int
    least: float = 0.0


MEASURES: Mapping[str, Measure] = {
    "rejected": Measure(
        "rejected",
        lambda seen: share_of(seen.rejected, seen.attempts),
        lambda seen: seen.rejected / seen.attempts,
        -1,
        0.0005,
    ),
    "failed": Measure(
        "requests that failed",
        lambda seen: share_of(seen.failed, seen.requests),
        lambda seen: seen.failed / seen.requests,
        -1,
        0.0005,
    ),
    "held": Measure(
        "threads held, mean",
        lambda seen: interval_of(seen.held, "threads"),
        lambda seen: seen.held,
        0,
    ),
    "answer_95": Measure(
        "95\u202f% of answers within",
        lambda seen: interval_of(seen.answer_95, "s"),
        lambda seen: seen.answer_95,
        -1,
    ),
    "asked": Measure(
        "threads asked for, a request",
        lambda seen: interval_of(seen.attempts / seen.requests, "times"),
        lambda seen: seen.attempts / seen.requests,
        -1,
    ),
    "first": Measure(
        "first rejection after",
        lambda seen: interval_of(seen.first_rejected, "s"),
        lambda seen: seen.first_rejected,
        1,
    ),
    "connections": Measure(
        "connections open, mean",
        lambda seen: interval_of(seen.connections, "connections"),
        lambda seen: seen.connections,
        0,
    ),
}


@dataclass(frozen=True, slots=True)
class Effect:
    """What came of a pair.

    Parameters
    ----------
    pair : Pair
    settings : str
        A digest of both sides, so that a table that is out of date is noticed.
    runs, seed : int
    before, after : mapping of str to Estimate
        By the names of `MEASURES`.
    difference : mapping of str to tuple
        After less before, run by run: its mean and its 95 % interval; without a number where
        too few runs can tell.
    """

    pair: Pair
    settings: str
    runs: int
    seed: int
    before: dict[str, Estimate]
    after: dict[str, Estimate]
    difference: dict[str, tuple[float, float, float] | None]

    def sign(self, name: str) -> int:
        """Return whether a measure became better (1), worse (-1), or neither (0)."""
        measure, told = MEASURES[name], self.difference[name]
        if told is None:
            # No rejection in any run afterwards: there is no moment of the first.
            return int(name == "first" and self.after[name].value is None)
        mean, low, high = told
        was = abs(self.before[name].value or 0.0)
        if low <= 0.0 <= high or abs(mean) < max(measure.least, _NOTHING * was):
            return 0
        return measure.better if mean > 0 else -measure.better

    @property
    def verdict(self) -> str:
        """Whether the change helps, delays the end, hurts, does both, or nothing."""
        signs = {self.sign(name) for name in self.pair.about}
        if {1, -1} <= signs:
            return "gives and takes"
        if self.pair.about == ("first",) and signs == {1}:
            return "delays"
        return "helps" if 1 in signs else "hurts" if -1 in signs else "does nothing"


def digest(pair: Pair) -> str:
    """Return a digest of everything that a pair's runs depend on."""
    told = repr((pair.before, pair.after, pair.seconds, pair.warm_up))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def measure_pair(pair: Pair, *, runs: int = RUNS, seed: int = SEED) -> Effect:
    """Return what a change brings: both sides with the same seeds.

    Parameters
    ----------
    pair : Pair
    runs : int, >= 2
    seed : int, >= 0
    """

    def seen(side: Side) -> Repeated:
        return repeat(
            side.server, side.clients, seconds=pair.seconds, warm_up=pair.warm_up, tail=_TAIL,
            runs=runs, seed=seed,
        )  # fmt: skip

    before, after = seen(pair.before), seen(pair.after)
    return Effect(
        pair, digest(pair), runs, seed,
        {name: m.estimate(before) for name, m in MEASURES.items()},
        {name: m.estimate(after) for name, m in MEASURES.items()},
        {name: _difference(m.each(before), m.each(after)) for name, m in MEASURES.items()},
    )  # fmt: skip


def measure(
    only: Sequence[str] | None = None, *, say: Callable[[str], None] = print
) -> tuple[Effect, ...]:
    """Return what came of every pair, or of some."""
    found = []
    for pair in PAIRS:
        if only is None or pair.name in only:
            found.append(measure_pair(pair))
            say(f"{pair.name}: {found[-1].verdict}")
    return tuple(found)


def stored() -> tuple[Effect, ...]:
    """Return what the last full run found."""
    return tuple(_read(row) for row in json.loads(RESULTS.read_text(encoding="utf-8")))


def main(words: Sequence[str]) -> int:
    """Run the command line, and return its exit code.

    Parameters
    ----------
    words : sequence of str
        What follows `python -m evidence effects`.
    """
    from evidence import effects_page, effects_real

    parser = argparse.ArgumentParser(prog="python -m evidence effects", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="PAIR", help="not written anywhere")
    parser.add_argument("--pages", action="store_true", help="write the pages from the table again")
    parser.add_argument("--real", type=Path, metavar="FOLDER", help="captures of the lab to read")
    given = parser.parse_args(words)
    if given.only is not None:
        unknown = set(given.only) - {pair.name for pair in PAIRS}
        if unknown:
            known = ", ".join(pair.name for pair in PAIRS)
            sys.exit(f"unknown: {', '.join(sorted(unknown))}; known: {known}")
        for effect in measure(given.only):
            sys.stdout.write(f"{effects_page.sentence(effect)}\n")
        return 0
    if given.real is not None:
        effects_real.write(given.real)
    elif not given.pages:
        _keep(measure())
    effects_page.write()
    return 0


def _difference(before: Floats, after: Floats) -> tuple[float, float, float] | None:
    apart = after - before
    apart = apart[~np.isnan(apart)]
    if apart.size < 2:
        return None
    width = float(special.stdtrit(apart.size - 1, 0.975))
    half = width * float(apart.std(ddof=1)) / float(np.sqrt(apart.size))
    mean = float(apart.mean())
    return mean, mean - half, mean + half


def _keep(effects: Sequence[Effect]) -> None:
    lines = ",\n".join(json.dumps(_short(_row(effect))) for effect in effects)
    RESULTS.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def _row(effect: Effect) -> dict[str, Any]:
    """Return an effect as it is kept; the words stand with the pair."""
    row: dict[str, Any] = {"name": effect.pair.name}
    row |= {name: getattr(effect, name) for name in ("settings", "runs", "seed", "difference")}
    for side in ("before", "after"):
        row[side] = {name: asdict(told) for name, told in getattr(effect, side).items()}
    return row


def _short(value: Any) -> Any:
    """Return the same with six digits, which is more than the intervals can carry."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _short(part) for key, part in value.items()}
    return [_short(part) for part in value] if isinstance(value, list | tuple) else value


def _read(row: dict[str, Any]) -> Effect:
    pairs = {pair.name: pair for pair in PAIRS}
    sides = {
        side: {name: Estimate(**told) for name, told in row[side].items()}
        for side in ("before", "after")
    }
    apart = {name: told and tuple(told) for name, told in row["difference"].items()}
    return Effect(
        pairs[row["name"]], row["settings"], row["runs"], row["seed"], **sides, difference=apart
    )
