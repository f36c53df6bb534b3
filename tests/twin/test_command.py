"""`boltkb simulate`, as a user types it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from boltkb.cli import app
from boltkb.errors import ParameterError
from boltkb.twin import scenario_names

RUNNER = CliRunner()


def test_the_list_has_every_scenario_with_its_title() -> None:
    told = RUNNER.invoke(app, ["simulate", "--list"])
    assert told.exit_code == 0
    assert [line.split()[0] for line in told.output.splitlines()] == list(scenario_names())


def test_an_export_is_written_where_it_was_asked_for(tmp_path: Path) -> None:
    words = ["simulate", "pool_too_small", "--set", "threads=6", "--hours", "0.05", "--seed", "2"]
    told = RUNNER.invoke(app, [*words, "--neo4j", "4.4.17", "--out", str(tmp_path / "x")])
    assert told.exit_code == 0, told.output
    assert "thread_pool_max_size=6" in (tmp_path / "x" / "conf" / "neo4j.conf").read_text()
    assert (tmp_path / "x" / "metrics" / "neo4j.bolt.connections_running.csv").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["simulate"], "name a scenario"),
        (["simulate", "healthy"], "--out"),
        (["simulate", "healthy", "--out", "x", "--set", "rate"], "--set takes NAME=VALUE"),
        (["simulate", "healthy", "--out", "x", "--neo4j", "3.3"], "3.4 or later"),
        (["simulate", "healthy", "--out", "x", "--hours", "0"], "`hours` must be above 0"),
        (["simulate", "healthy", "--out", "x", "--evidence", "some"], "metrics, logs, all"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    told = RUNNER.invoke(app, words)
    assert isinstance(told.exception, ParameterError)
    assert said in str(told.exception)
    assert list(tmp_path.iterdir()) == []
