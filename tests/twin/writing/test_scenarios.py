"""Every scenario is written and read, in one version or another; and the command for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner
from written_exports import every_file, truth_of

from boltkb.cli import app
from boltkb.errors import ParameterError
from boltkb.exports import open_export
from boltkb.twin import load_scenario, scenario_names
from boltkb.twin.writing import write_scenario

pytestmark = pytest.mark.slow

RUNNER = CliRunner()
_VERSIONS = ("3.5", "4.4", "5.10", "5.26", "2026.x")
#: A reduced grid: each scenario in one version, each version with several scenarios.
GRID = [(name, _VERSIONS[i % 5]) for i, name in enumerate(scenario_names())]


@pytest.mark.parametrize(("name", "version"), GRID)
def test_a_scenario_is_written_and_read_whole(tmp_path: Path, name: str, version: str) -> None:
    done = write_scenario(name, tmp_path / "x", hours=0.05, seed=17, version=version)
    export = open_export(done.folder)
    for server in export.servers or (export,):
        assert server.simulated is True
        assert [source for source in server.sources if source.refused] == []
        extra = [found.path.rpartition("/")[2] for found in server.ignored]
        assert [file for file in extra if not file.startswith("truth")] == []
    folders = [done.folder / name for name in done.servers] or [done.folder]
    truths = [truth_of(folder) for folder in folders]
    assert sum(truth["rejected"] for truth in truths) == done.rejected
    cause = load_scenario(name).cause
    assert {truth["cause"] for truth in truths} == {None if cause == "none" else cause}
    assert truths[0]["simulation"]["scenario"] == name


def test_the_command_writes_what_its_manifest_repeats(tmp_path: Path) -> None:
    words = ["simulate", "pool_too_small", "--set", "threads=6", "--hours", "0.05", "--seed", "2"]
    words += ["--neo4j", "4.4", "--evidence", "logs"]
    told = RUNNER.invoke(app, [*words, "--out", str(tmp_path / "x")])
    assert told.exit_code == 0, told.output
    folder = tmp_path / "x"
    assert f"{truth_of(folder)['rejected']:,} times there was none" in told.output
    assert "thread_pool_max_size=6" in (folder / "conf" / "neo4j.conf").read_text()
    manifest = (folder / "manifest.toml").read_text()
    assert str(tmp_path) not in manifest
    (line,) = [line for line in manifest.splitlines() if line.startswith("command = ")]
    again = json.loads(line.partition(" = ")[2]).split()
    assert again[:2] == ["boltkb", "simulate"]
    told = RUNNER.invoke(app, [*again[1:], "--out", str(tmp_path / "y")])
    assert told.exit_code == 0, told.output
    assert every_file(tmp_path / "x") == every_file(tmp_path / "y")


def test_the_list_has_every_scenario_with_its_parameters() -> None:
    told = RUNNER.invoke(app, ["simulate", "--list"])
    assert told.exit_code == 0
    named = [line.partition(":")[0] for line in told.output.splitlines() if line[0] != " "]
    assert named == list(scenario_names())
    assert "threads=8" in told.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["simulate"], "takes a scenario and --out FOLDER"),
        (["simulate", "healthy"], "takes a scenario and --out FOLDER"),
        (["simulate", "nothing", "--out", "x"], "no scenario 'nothing'"),
        (["simulate", "healthy", "--out", "x", "--set", "rate"], "--set takes NAME=VALUE"),
        (["simulate", "healthy", "--out", "x", "--set", "x=1"], "no parameter 'x'"),
        (["simulate", "healthy", "--out", "x", "--neo4j", "3.3"], "3.4 or later"),
        (["simulate", "healthy", "--out", "x", "--hours", "0"], "`hours` must be above 0"),
        (["simulate", "healthy", "--out", "x", "--evidence", "some"], "usual, metrics, logs, all"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    told = RUNNER.invoke(app, words)
    assert isinstance(told.exception, ParameterError)
    assert told.exception.exit_code == 2
    assert said in str(told.exception)
    assert list(tmp_path.iterdir()) == []
