"""One staged run: simulated, looked at for its truth, and diagnosed at each level of evidence."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boltkb
from boltkb.twin.scenarios import load_scenario
from boltkb.twin.writing import full_version, write_scenario
from evidence.levels import LEVELS, view
from evidence.regions import Case
from evidence.truths import TARGET, Happened, Truth, happened, judged

__all__ = ["Answer", "Result", "answered", "fingerprint", "run_case"]

ROOT = Path(__file__).resolve().parents[1]
#: What a run is made by, and what reads it: a change of either makes old results worthless.
_MAKES = ("boltkb/twin", "boltkb/catalogue", "evidence/regions", "evidence/staged.py")
_READS = (
    "boltkb/tables.py", "boltkb/exports", "boltkb/queueing", "boltkb/bolt", "evidence/levels.py",
    "evidence/truths.py",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What a diagnosis said.

    Parameters
    ----------
    state : str
        That of the diagnosis; `failed` where there was none.
    cause : str or None
    confidence : str
    supported : tuple of str
        Every cause that is supported, the first one first.
    error : str
        Why there was no diagnosis.
    """

    state: str
    cause: str | None
    confidence: str
    supported: tuple[str, ...]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """A run, its truth, and what was said of it.

    Parameters
    ----------
    case : Case
    truth : Truth
    happened : Happened
    answers : mapping of str to Answer
        By level; none for a run that is dropped.
    seconds : float
        Of processor time.
    """

    case: Case
    truth: Truth
    happened: Happened
    answers: Mapping[str, Answer]
    seconds: float

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Result:
        """Return a result from what `asdict` made of it."""
        truth = kept["truth"]
        answers = {
            level: Answer(**{**answer, "supported": tuple(answer["supported"])})
            for level, answer in kept["answers"].items()
        }
        return cls(
            Case(**kept["case"]),
            Truth(truth["kind"], truth["cause"], tuple(truth["first"]), tuple(truth["supported"])),
            Happened(**kept["happened"]),
            answers,
            kept["seconds"],
        )


def run_case(case: Case, folder: Path, *, exports: bool = False) -> Result:
    """Simulate a case, and diagnose it at each level of evidence.

    Parameters
    ----------
    case : Case
    folder : Path
        Where files may be written.
    exports : bool
        Whether the export is kept in the folder, and taken from there the next time.
    """
    began = time.process_time()
    scenario = load_scenario(
        case.scenario, changes=case.parameters, version=full_version(case.version)
    )
    folder.mkdir(parents=True, exist_ok=True)
    # Nothing about the scenario is in a path: nothing shall be concluded from one.
    with tempfile.TemporaryDirectory(prefix="run-", dir=folder) as spare:
        export = folder / "exports" / _name(case) if exports else Path(spare) / "export"
        if not (export.is_dir() and any(export.iterdir())):
            shutil.rmtree(export, ignore_errors=True)
            write_scenario(
                case.scenario, export, changes=case.parameters, seed=case.seed, version=case.version
            )
        what = happened(export, scenario.parameters)
        cause = None if scenario.cause == "none" else scenario.cause
        truth = judged(case.scenario, cause, what, scenario.parameters)
        answers = {}
        if truth.kind != "dropped":
            for number, level in enumerate(LEVELS, 1):
                seen = view(export, Path(spare) / str(number), level, scenario.server.version)
                answers[level] = answered(seen, what.member)
    return Result(case, truth, what, answers, round(time.process_time() - began, 3))


def answered(path: Path, member: str = "") -> Answer:
    """Return what the chain of verbs says of an export.

    Parameters
    ----------
    path : Path
    member : str
        Of a cluster, the one to diagnose.
    """
    try:
        export = boltkb.open_export(path, server=member)
        pool = boltkb.read_pool(export)
        seen = boltkb.observe(export, pool)
        fit = boltkb.fit_queue(seen)
        diagnosis = boltkb.diagnose(export, pool, seen, fit, rejection=TARGET)
    except Exception as error:
        # A rule that fails on one run of hundreds must not end the others; it is told of loudly.
        return _failed(error)
    supported = tuple(cause.id for cause in diagnosis.causes if cause.status == "supported")
    return Answer(diagnosis.state, diagnosis.cause, diagnosis.confidence, supported)


@cache
def fingerprint(*, making: bool = False) -> str:
    """Return a digest of the text that decides what comes of a case.

    Parameters
    ----------
    making : bool
        Only of what simulates it.
    """
    digest = hashlib.sha256()
    for name in _MAKES if making else (*_MAKES, *_READS):
        place = ROOT / name
        files = [place] if place.is_file() else sorted(place.rglob("*"))
        for file in files:
            # Of the regions only the code: a case holds its own parameters.
            data = file.suffix == ".toml" and file.parent.name != "regions"
            if file.suffix == ".py" or data:
                digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _name(case: Case) -> str:
    told = json.dumps([fingerprint(making=True), asdict(case)], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:24]


def _failed(error: Exception) -> Answer:
    words = " ".join(str(error).split())[:300]
    return Answer("failed", None, "low", (), f"{type(error).__name__}: {words}")
