"""How the sites that the tests look at are made; knows no test and no browser."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from boltkb.publish.run import Published, run_report
from tests.publish.small import write_export, write_notebook

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = "prod <img src=x onerror=alert(1)>"


@dataclass(frozen=True)
class Built:
    """A site that was built, and how."""

    folder: Path
    said: str
    exit_code: int


@dataclass(frozen=True)
class Whole:
    """The site with reports, as `make report` makes it."""

    built: Built
    texts: Built
    attacked: Published
    captured: tuple[Published, ...]


def run(folder: Path, *words: str) -> Built:
    """Run a module of the environment in the folder of a site's sources."""
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=180,
    )
    return Built(folder / "site", done.stdout, done.returncode)


def build(folder: Path) -> Built:
    """Build a site strictly, the way the Makefile does: from its own folder, never quiet."""
    return run(folder, "mkdocs", "build", "--strict")


def copy_sources(folder: Path) -> None:
    """Copy the site's sources as a fresh clone has them: no report was ever made."""

    def generated(path: str, names: list[str]) -> set[str]:
        return set(names) - {"index.md"} if Path(path).name == "reports" else set()

    shutil.copy(ROOT / "mkdocs.yml", folder)
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=generated)


def build_bare(folder: Path) -> Built:
    """Build the site of a fresh clone."""
    copy_sources(folder)
    return build(folder)


def build_whole(folder: Path) -> Whole:
    """Build the site with reports: on committed captures, and on an export with a hostile name."""
    copy_sources(folder)
    reports = folder / "docs" / "reports"
    notebook = write_notebook(folder)
    quiet = write_export(folder / "a", name="quiet-1")
    run_report(notebook, {"export": quiet}, reports, redact=False)
    # What the pseudonyms of a report stand for lies beside it and must not reach the site.
    (reports / ".quiet-1.redaction.json").write_text("{}")
    hostile = write_export(folder / "b", name=HOSTILE, simulated=True)
    attacked = run_report(notebook, {"export": hostile}, reports, redact=False)
    captured = tuple(
        run_report("thread_pool", {"export": capture}, reports, redact=False)
        for capture in _reported()
    )
    built = build(folder)
    return Whole(built, run(folder, "handbook", "texts", "--site", "site"), attacked, captured)


def make_once(root: Path, name: str, make: Callable[[Path], object]) -> object:
    """Return what `make` made of a folder, made by whichever process of a run asks first."""
    import fcntl
    import pickle

    folder, kept = root / f"once-{name}", root / f"once-{name}.pickle"
    with (root / f"once-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.is_file():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            kept.write_bytes(pickle.dumps(make(folder)))
        return pickle.loads(kept.read_bytes())


def _reported() -> list[Path]:
    """Return the captures that `make report` reports on."""
    found = re.search(r"^REPORTED := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert found is not None
    return [ROOT / "data" / "captures" / f"neo4j-5.26-{name}" for name in found[1].split()]
