"""The page of the command line says what the command takes, and its examples run."""

from __future__ import annotations

import ast
import importlib
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from boltkb.cli import app
from boltkb.publish.parameters import MODELS
from handbook.command import ENVIRONMENT, EXAMPLES
from handbook.pages import PAGES

ROOT = Path(__file__).resolve().parents[2]
_READS = ("os.environ.get", "os.environ.pop", "os.environ.setdefault", "os.getenv")
COMMANDS = typer.main.get_command(app).commands


def variables(path: Path) -> set[str]:
    """The environment variables that a module reads, by `os.environ` or `os.getenv`."""
    found = set()
    text = path.read_text(encoding="utf-8")
    if "environ" not in text and "getenv" not in text:
        return found
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in _READS:
            name = node.args[0]
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            name = node.slice
        else:
            continue
        if isinstance(name, ast.Name):
            found.add(getattr(importlib.import_module(module), name.id))
        else:
            found.add(ast.literal_eval(name))
    return found


def test_every_variable_that_is_read_is_on_the_page_and_no_other():
    read = set().union(*(variables(path) for path in (ROOT / "boltkb").rglob("*.py")))
    assert read == set(ENVIRONMENT)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import os\nos.environ.get('A'), os.environ['B'], os.getenv('C', '')", {"A", "B", "C"}),
        ("import os\ndict(os.environ)", set()),
    ],
)
def test_a_variable_is_found_however_it_is_read(tmp_path, monkeypatch, text, names):
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    (tmp_path / "x.py").write_text(text)
    assert variables(tmp_path / "x.py") == names


def test_there_is_an_example_of_each_command():
    assert set(EXAMPLES) == set(COMMANDS)
    assert list(EXAMPLES).index("report") < list(EXAMPLES).index("what-if")


@pytest.mark.parametrize("name", MODELS)
def test_what_a_notebook_shows_is_what_a_command_takes_for_it(name):
    text = PAGES["reference/command-line.md"]().split(f"{{ #parameters-{name} }}")[1]
    for key, field in MODELS[name].model_fields.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| <code>{key}</code>"))
        if field.is_required():
            assert "must be given" in row
        else:
            shown = f'"{field.default}"' if isinstance(field.default, str) else str(field.default)
            assert f"<code>{shown}</code>" in row


def test_the_examples_run_one_after_the_other(tmp_path):
    (tmp_path / "data").symlink_to(ROOT / "data")
    said = {}
    for name, example in EXAMPLES.items():
        first, *words = shlex.split(example)
        assert (first, words[0]) == ("boltkb", name)
        done = subprocess.run(
            [sys.executable, "-m", "boltkb", *words],
            cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (example, done.stderr)
        said[name] = done.stdout.splitlines()
    for name, begins in (("report", "saturated: "), ("what-if", "simulated: Rejected are ")):
        answer, where = said[name]
        assert answer.startswith(begins)
        assert (tmp_path / where.strip()).is_file()
    assert (tmp_path / said["simulate"][-1].strip()).is_dir()
