"""What the samples' languages need from their registries, pinned by the files beside this one.

Each is installed once into a folder of the user's cache, named after the files that pin it.  Knows
npm and Maven; Go has a cache of its own.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
LONGEST_SECONDS = 600


def cache(*pins: Path) -> Path:
    """Return the folder for what these files pin."""
    digest = hashlib.sha256(b"".join(pin.read_bytes() for pin in pins)).hexdigest()[:12]
    root = os.environ.get("XDG_CACHE_HOME")
    made = (Path(root) if root else Path.home() / ".cache") / "boltkb-samples" / digest
    made.mkdir(parents=True, exist_ok=True)
    return made


def need(packages: Collection[str], what: str = "the samples need") -> None:
    """Skip without these packages; fail instead where the machine is ours to set up."""
    reason = f"{what}: {', '.join(sorted(packages))}"
    if packages and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if packages:
        pytest.skip(reason)


def run(command: list[object], **more: object) -> str:
    """Run a program and return what it wrote; what it wrote is in the error where it fails."""
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        stdin=subprocess.DEVNULL,
        **more,  # type: ignore[call-overload]
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return str(done.stdout)


def modules() -> Path:
    """Return the folder that holds `node_modules`."""
    pins = [HERE / "javascript" / name for name in ("package.json", "package-lock.json")]
    folder = cache(*pins)
    if not (folder / "complete").is_file():
        for pin in pins:
            shutil.copy(pin, folder)
        run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder)
        (folder / "complete").touch()
    return folder


def class_path(folder: str = "java") -> list[Path]:
    """Return the jars of the Java driver, and those with the settings of its frameworks."""
    pom = HERE / folder / "pom.xml"
    listing = cache(pom) / "classpath.txt"
    jars = listing.read_text().strip().split(os.pathsep) if listing.is_file() else []
    if not jars or not all(Path(jar).is_file() for jar in jars):
        goal = f"-Dmdep.outputFile={listing}"
        run(["mvn", "--quiet", "--batch-mode", f"--file={pom}", "dependency:build-classpath", goal])
        jars = listing.read_text().strip().split(os.pathsep)
    return [Path(jar) for jar in jars]
