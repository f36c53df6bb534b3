"""What a fresh clone relies on: one lock file without addresses, a Makefile that helps."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False, text=True
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def test_the_lock_file_pins_everything_and_names_no_address():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    assert lines
    for line in lines:
        assert re.match(r"^[a-z0-9._-]+==[^\s]+( ; .+)?$", line), line


def test_the_lock_file_of_the_audit_pins_everything_and_names_no_address():
    folder = ROOT / "tests" / "site" / "lighthouse"
    text = (folder / "package-lock.json").read_text()
    assert "://" not in text
    wanted = json.loads((folder / "package.json").read_text())["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    packages = json.loads(text)["packages"]
    assert packages.pop("")["dependencies"] == wanted
    assert packages
    assert all({"version", "integrity"} <= set(package) for package in packages.values())


def test_every_dependency_is_in_the_lock_file():
    locked = {line.split("==")[0] for line in (ROOT / "requirements.lock").read_text().splitlines()}
    wanted = [
        *PROJECT["project"]["dependencies"],
        *PROJECT["dependency-groups"]["dev"],
        *PROJECT["project"]["optional-dependencies"]["site"],
        *PROJECT["project"]["optional-dependencies"]["lab"],
    ]
    names = {re.split(r"[\[<>=~! ]", item, maxsplit=1)[0].lower() for item in wanted}
    assert names <= locked


def test_the_version_stands_once_in_words_and_is_the_same():
    import boltkb

    assert boltkb.__version__ == PROJECT["project"]["version"]


def test_every_public_name_can_be_had_and_they_are_few():
    import boltkb

    assert len(boltkb.__all__) <= 20
    for name in boltkb.__all__:
        assert callable(getattr(boltkb, name))


def test_make_help_names_every_target():
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, check=True,
        text=True,
    ).stdout  # fmt: skip
    for target in ("setup", "report", "test", "audit", "fuzz", "site", "serve", "bench", "lab"):
        assert f"make {target}" in shown


def test_files_of_the_package_are_rooms_not_halls():
    for path in (ROOT / "boltkb").rglob("*.py"):
        assert len(path.read_text().splitlines()) <= 380, f"{path.name} is two rooms"


def test_no_file_names_a_path_of_a_machine():
    home = re.compile(rb"(?<![\w}\])>.])/(?:root|home/[a-z]+|Users/[A-Za-z]+)/")
    for path in tracked():
        if path.suffix in {".js", ".png", ".gz"} or not path.is_file():
            continue
        assert not home.search(path.read_bytes()), path
