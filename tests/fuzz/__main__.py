"""`python tests/fuzz`: readers over many mutated inputs, in one process.

Nothing but a `BoltkbError` may leave, no input may take long, memory may not grow.  An input that
fails is kept under `build/fuzz` and named with what makes it again.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import io
import os
import random
import resource
import shutil
import sys
import tarfile
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from corpus import ROOT, as_member, by_kind, seeds
from mutate import mutated

from boltkb.errors import BoltkbError, DoubtfulFit, GapInSeries
from boltkb.exports import Export, opening
from boltkb.exports.codec import encode
from boltkb.exports.gathered import Found, Gathered
from boltkb.exports.intake.streams import Limits
from boltkb.exports.recognise import recognise
from boltkb.exports.redaction import redact

#: Seconds for one input; most take a few milliseconds, and machines may be busy.
SLOWEST = 20.0
#: Megabytes that a process has which was started for this.
_FRESH = 150.0
#: Megabytes that the process may have taken at its peak.
MOST_MEMORY = 700
_HANGS = 120.0
_LIMITS = Limits(
    member_bytes=8 << 20, total_bytes=32 << 20, whole_bytes=8 << 20, nested_bytes=1 << 20
)


class Failure(Exception):
    """An input that did what none may."""


def inputs(seed: int, number: int) -> tuple[str, dict[str, bytes], random.Random]:
    """What one input is made of: how it is given, files by name, and the chance for the rest."""
    chance = random.Random(f"{seed}:{number}")
    way = chance.choices(("reader", "folder", "zip", "tar"), (70, 15, 10, 5))[0]
    files: dict[str, bytes] = {}
    for _ in range(1 if way == "reader" else chance.choice((1, 2, 3, 5))):
        # Kinds in equal shares: captures hold far more metrics than anything else.
        chosen, other = (chance.choice(chance.choice(by_kind())) for _ in range(2))
        name = chosen.name if chance.random() < 0.9 else other.name
        files[name] = mutated(chosen.data, other.data, chance)
    return way, files, chance


def run(seed: int, number: int, folder: Path) -> str:
    """Run one input; return what came of it.  Raises whatever a reader should not have."""
    way, files, chance = inputs(seed, number)
    if way == "reader":
        return _through_reader(*next(iter(files.items())), chance)
    place = folder / "export"
    if way == "folder":
        place.mkdir()
        for name, data in files.items():
            (place / name).write_bytes(data)
    else:
        data = _zipped(files) if way == "zip" else _tarred(files, chance)
        if chance.random() < 0.7:
            data = mutated(data, data, chance)
        place = folder / f"export.{way}"
        place.write_bytes(data)
    try:
        export = opening.open_export(place, limits=_LIMITS)
    except BoltkbError:
        return "refused"
    finally:
        shutil.rmtree(folder / "export", ignore_errors=True)
        place.unlink(missing_ok=True) if place.is_file() else None
    _use(export, chance)
    return "read"


def _through_reader(name: str, data: bytes, chance: random.Random) -> str:
    member = as_member(name, data)
    try:
        kind = recognise(member).kind
    except BoltkbError:
        return "refused"
    if chance.random() < 0.3 or kind not in opening.TAKERS:
        # Whatever it looks like now, the reader of what it was must stand it.
        kind = next((s.kind for s in seeds() if s.name == name and s.kind), kind)
    if kind not in opening.TAKERS:
        return "not taken"
    gathered = Gathered()
    stem = recognise(member).stem
    with contextlib.suppress(BoltkbError):
        opening.TAKERS[kind]([Found(member, kind, stem, 0)], gathered)
    return kind


def _use(export: Export, chance: random.Random) -> None:
    for part in (export, *export.servers):
        str(part)
        part.to_html().encode()
        part.facts()
    if chance.random() < 0.2:
        encode(redact(export, b"key"))


def _zipped(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


def _tarred(files: dict[str, bytes], chance: random.Random) -> bytes:
    target = io.BytesIO()
    mode = chance.choice(("w", "w:gz"))
    with tarfile.open(fileobj=target, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return target.getvalue()


def memory(what: str) -> float:
    """Megabytes of this process: `VmHWM` at its peak, `VmRSS` now."""
    status = Path("/proc/self/status")
    if not status.exists():
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    line = next(line for line in status.read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) / 1024


def peak(before: float) -> float:
    """Megabytes at the peak, without what the process had before it did anything here.

    A process that was started for this has little before; one that has tested other things all
    day may have much, and the system's own figure is even handed on to the programs it starts.
    """
    return memory("VmHWM") - max(0.0, before - _FRESH)


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    memory = Path("/dev/shm")
    where = str(memory) if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="boltkb-fuzz-", dir=where) as folder:
        yield Path(folder)


def _keep(seed: int, number: int, problem: str) -> Path:
    place = ROOT / "build" / "fuzz" / f"{seed}-{number}"
    place.mkdir(parents=True, exist_ok=True)
    way, files, _ = inputs(seed, number)
    for name, data in files.items():
        (place / name).write_bytes(data)
    (place / "problem.txt").write_text(f"given as {way}\n{problem}")
    return place


def main(arguments: list[str] | None = None) -> int:
    """Run and say what came of it; return 1 when an input failed."""
    parser = argparse.ArgumentParser(prog="python tests/fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="the number of the one input to run")
    given = parser.parse_args(arguments)
    os.environ["BOLTKB_CACHE"] = "off"
    with contextlib.suppress(OSError):  # the peak is counted from here
        Path("/proc/self/clear_refs").write_text("5")
    before = memory("VmRSS")
    warnings.simplefilter("error")
    for harmless in (DoubtfulFit, GapInSeries):
        warnings.simplefilter("ignore", harmless)
    numbers = range(given.inputs) if given.only is None else [given.only]
    counts: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    slowest, began = (0.0, -1), time.monotonic()
    with _scratch() as folder:
        for number in numbers:
            faulthandler.dump_traceback_later(_HANGS, exit=True, file=sys.__stderr__)
            start = time.monotonic()
            try:
                counts[run(given.seed, number, folder)] += 1
                slowest = max(slowest, (time.monotonic() - start, number))
                if time.monotonic() - start > SLOWEST:
                    raise Failure(f"took {time.monotonic() - start:.1f} s")  # noqa: TRY301
                if peak(before) > MOST_MEMORY:
                    raise Failure(f"{peak(before):.0f} MB at the peak")  # noqa: TRY301
            except Exception as problem:
                text = traceback.format_exc()
                frame = traceback.extract_tb(problem.__traceback__)[-1]
                cause = f"{type(problem).__name__} in {Path(frame.filename).name}:{frame.lineno}"
                failed[cause] += 1
                if failed[cause] == 1:
                    place = _keep(given.seed, number, text)
                    print(f"{text}\nkept in {place}", file=sys.stderr)
                    print(f"again: python tests/fuzz --seed {given.seed} --only {number}\n")
                if peak(before) > MOST_MEMORY:
                    break
    faulthandler.cancel_dump_traceback_later()
    seconds = time.monotonic() - began
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in counts.most_common())
    print(
        f"{counts.total() + failed.total():,} inputs in {seconds:.0f} s,"
        f" peak {peak(before):.0f} MB,"
        f" slowest {slowest[0]:.2f} s (number {slowest[1]}): {kinds}"
    )
    for cause, count in failed.most_common():
        print(f"failed {count:,} times: {cause}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
