"""How often is the diagnosis right?  Every scenario of the twin, at three levels of evidence.

`measure` runs the grid, `write` keeps what came of it beside the code and puts it on the page, so
that a test can hold the page to it.  The region `held_out` is for that page alone.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.pages import between
from boltkb.twin.scenarios import scenario_names
from evidence.diagnosis_page import render
from evidence.grid import WORKERS, run_grid
from evidence.levels import LEVELS
from evidence.regions import REGIONS, cases
from evidence.scores import Judged, judge, score
from evidence.staged import Answer
from evidence.truths import Truth

__all__ = ["KEPT", "PAGE", "RESULTS", "SEEDS", "Matrix", "main", "measure", "stored", "write"]

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "evidence" / "diagnosis.md"
RESULTS = Path(__file__).with_name("diagnosis.json")
#: Where results are kept unless told otherwise: outside of the repository.
KEPT = Path(tempfile.gettempdir()) / "boltkb-evidence"
SEEDS = 20


@dataclass(frozen=True, slots=True)
class Matrix:
    """What the grid found.

    Parameters
    ----------
    region : str
    seeds : int
    scenarios : tuple of str
    runs : tuple of Judged
        Those that are dropped included.
    minutes : float
        Of processor time.
    """

    region: str
    seeds: int
    scenarios: tuple[str, ...]
    runs: tuple[Judged, ...]
    minutes: float

    @property
    def command(self) -> str:
        """The command that makes it again."""
        words = f"python -m evidence diagnosis --region {self.region} --seeds {self.seeds}"
        if self.scenarios != scenario_names():
            words += f" --scenarios {' '.join(self.scenarios)}"
        return words


def measure(
    region: str,
    *,
    seeds: int = SEEDS,
    scenarios: Sequence[str] | None = None,
    keep: Path = KEPT,
    exports: bool = False,
    workers: int = WORKERS,
    say: Callable[[str], None] = print,
) -> Matrix:
    """Return what the diagnosis says of every scenario, with so many fresh seeds each.

    Parameters
    ----------
    region : str
        One of `REGIONS`.
    seeds : int, >= 1
    scenarios : sequence of str, optional
        All of them when absent.
    keep : Path
        The folder that keeps results, and what was broken off.
    exports : bool
        Whether it keeps the exports as well.
    workers : int, >= 1
    say : callable
        Told how far it is.
    """
    chosen = tuple(scenarios or scenario_names())
    results = run_grid(
        cases(region, seeds, chosen), keep, exports=exports, workers=workers, say=say
    )
    for result in results:
        for level, answer in result.answers.items():
            if answer.error:
                say(f"{result.case.scenario} {result.case.seed}, {level}: {answer.error}")
    minutes = sum(result.seconds for result in results) / 60.0
    return Matrix(region, seeds, chosen, tuple(map(judge, results)), round(minutes, 1))


def write(matrix: Matrix) -> None:
    """Keep what was found, and put it between the markers of the page."""
    rows = [
        json.dumps(asdict(run) | {"answers": _short(run)}, separators=(",", ":"))
        for run in matrix.runs
    ]
    head = {"region": matrix.region, "seeds": matrix.seeds, "scenarios": matrix.scenarios}
    head |= {"minutes": matrix.minutes}
    lines = ",\n".join(rows)
    text = f'{json.dumps(head)[:-1]}, "runs": [\n{lines}\n]}}\n'
    RESULTS.write_text(text, encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(between(page, "matrix", f"\n{_page_part(matrix)}"), encoding="utf-8")


def stored() -> Matrix:
    """Return what the last full grid found."""
    kept = json.loads(RESULTS.read_text(encoding="utf-8"))
    runs = []
    for row in kept["runs"]:
        truth = row["truth"]
        answers = {
            level: Answer(*told[:3], tuple(told[3]), *told[4:])
            for level, told in zip(LEVELS, row["answers"], strict=False)
        }
        runs.append(
            Judged(
                row["scenario"], row["seed"], row["version"],
                Truth(
                    truth["kind"], truth["cause"], tuple(truth["first"]), tuple(truth["supported"])
                ),
                answers,
            )
        )  # fmt: skip
    return Matrix(
        kept["region"], kept["seeds"], tuple(kept["scenarios"]), tuple(runs), kept["minutes"]
    )


def main(words: Sequence[str]) -> int:
    """Run the command line, and return its exit code: 1 where a diagnosis failed.

    Parameters
    ----------
    words : sequence of str
        What follows `python -m evidence diagnosis`.
    """
    parser = argparse.ArgumentParser(prog="python -m evidence diagnosis", description=__doc__)
    parser.add_argument("--region", choices=REGIONS, default="development")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--scenarios", nargs="+", choices=scenario_names(), metavar="NAME")
    parser.add_argument("--keep", type=Path, default=KEPT, help="folder of the results")
    parser.add_argument("--exports", action="store_true", help="keep the exports there too")
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument(
        "--write", action="store_true",
        help="put it on the page; the whole held-out region always goes there",
    )  # fmt: skip
    given = parser.parse_args(words)
    try:
        matrix = measure(
            given.region, seeds=given.seeds, scenarios=given.scenarios, keep=given.keep,
            exports=given.exports, workers=given.workers,
        )  # fmt: skip
    except ValueError as error:
        parser.error(str(error))
    whole = matrix.scenarios == scenario_names() and matrix.seeds >= SEEDS
    if given.write or (given.region == "held_out" and whole):
        write(matrix)
    place = given.keep / f"diagnosis-{given.region}.md"
    place.write_text(f"{_page_part(matrix)}\n", encoding="utf-8")
    scores = score(matrix.runs, tuple(LEVELS))
    for level, found in scores.items():
        rates = ", ".join(
            f"{name.replace('_', ' ')} {rate['part']}/{rate['whole']}"
            for name, rate in asdict(found).items()
            if name != "failed"
        )
        sys.stdout.write(f"{level}: {rates}\n")
    sys.stdout.write(f"{matrix.minutes} minutes of processor time; all of it: {place}\n")
    return int(any(found.failed for found in scores.values()))


def _page_part(matrix: Matrix) -> str:
    return render(
        matrix.runs, region=matrix.region, seeds=matrix.seeds, command=matrix.command,
        minutes=matrix.minutes,
    )  # fmt: skip


def _short(run: Judged) -> list[list[object]]:
    return [
        [told.state, told.cause, told.confidence, list(told.supported)]
        + ([told.error] if told.error else [])
        for told in run.answers.values()
    ]
