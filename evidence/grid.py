"""Many staged runs: two at a time, kept as they end, and not made again while nothing changed."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from evidence.regions import Case
from evidence.staged import Result, fingerprint, run_case

__all__ = ["RESULTS", "WORKERS", "frugal", "run_grid", "spread_out"]

#: The file of a folder that keeps every result, a line each.
RESULTS = "results.jsonl"
WORKERS = 2
Given = TypeVar("Given")
Made = TypeVar("Made")
#: Each process has one core, and no export goes into anybody's cache.
_FRUGAL = {"BOLTKB_CACHE": "off", "POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def run_grid(
    cases: Sequence[Case],
    folder: Path,
    *,
    exports: bool = False,
    workers: int = WORKERS,
    say: Callable[[str], None] = print,
) -> list[Result]:
    """Return the result of every case, in the order of the cases.

    Results that the folder keeps are used again, as long as neither the twin nor the rules have
    changed since; so what was broken off goes on where it was.

    Parameters
    ----------
    cases : sequence of Case
    folder : Path
        Made where it is absent.
    exports : bool
        Whether exports are kept too (25 MB each, or so): then rules that have changed are tried
        without simulating again.
    workers : int, >= 1
        Processes.
    say : callable
        Told how far it is.

    Raises
    ------
    RuntimeError
        At the end, for runs that could not be simulated; the others are kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / RESULTS
    known = _kept(place)
    missing = [case for case in cases if _key(case) not in known]
    if len(missing) < len(cases):
        say(f"{len(cases) - len(missing)} of {len(cases)} runs are kept in {place}")
    began, failed = time.monotonic(), list[str]()
    arguments = [(case, folder, exports) for case in missing]
    with frugal(), place.open("a", encoding="utf-8") as file:
        # A line that was broken off ends here, so that it spoils no other.
        if place.stat().st_size and not place.read_bytes().endswith(b"\n"):
            file.write("\n")
        for number, made in enumerate(spread_out(_run, arguments, workers=workers), 1):
            left = (time.monotonic() - began) / number * (len(missing) - number)
            if isinstance(made, str):
                failed.append(made)
                say(f"{number}/{len(missing)}, {left / 60:.0f} min left: {made}")
                continue
            kept = {"fingerprint": fingerprint(), "run": asdict(made)}
            file.write(json.dumps(kept, separators=(",", ":")) + "\n")
            file.flush()
            known[_key(made.case)] = made
            say(f"{number}/{len(missing)}, {left / 60:.0f} min left: {_told(made)}")
    if failed:
        raise RuntimeError(f"{len(failed)} runs failed, the others are kept: {'; '.join(failed)}")
    return [known[_key(case)] for case in cases]


def spread_out(
    work: Callable[[Given], Made], items: Iterable[Given], *, workers: int = WORKERS
) -> Iterator[Made]:
    """Yield what becomes of each item, as it ends, several at a time.

    Parameters
    ----------
    work : callable
        Of a module, so that another process finds it.
    items : iterable
    workers : int, >= 1
        With one, everything happens here.
    """
    if workers == 1:
        yield from map(work, items)
        return
    # Started afresh: libraries with threads of their own do not survive a fork.
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        pending = [pool.submit(work, item) for item in items]
        for done in as_completed(pending):
            yield done.result()


@contextmanager
def frugal() -> Iterator[None]:
    """Set what the workers take over, and put it back."""
    before = {name: os.environ.get(name) for name in _FRUGAL}
    os.environ.update(_FRUGAL)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _run(given: tuple[Case, Path, bool]) -> Result | str:
    """Return a result, or why there is none: one run must not end the others."""
    case, folder, exports = given
    try:
        return run_case(case, folder, exports=exports)
    except Exception as error:
        return f"{case.scenario} {case.seed}: {type(error).__name__}: {str(error)[:200]}"


def _kept(place: Path) -> dict[str, Result]:
    found = {}
    if place.is_file():
        for line in place.read_text("utf-8").splitlines():
            try:
                read = json.loads(line)
            except ValueError:  # broken off while it was written
                continue
            if read["fingerprint"] == fingerprint():
                result = Result.read(read["run"])
                found[_key(result.case)] = result
    return found


def _key(case: Case) -> str:
    return json.dumps(asdict(case), sort_keys=True)


def _told(result: Result) -> str:
    case = result.case
    said = ", ".join(answer.cause or answer.state for answer in result.answers.values())
    return f"{case.scenario} {case.seed}: {result.truth.kind}; {said or 'not diagnosed'}"
