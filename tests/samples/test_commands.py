"""Commands on the pages exist, with the options, parameters and targets that they are given."""

from __future__ import annotations

import ast
import configparser
import re
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import click
import pytest
from typer._click.exceptions import ClickException, MissingParameter

import boltkb
from boltkb.publish.parameters import MODELS
from tests.samples.commands import check, command_names, own_options
from tests.samples.fences import CRON, ROOT, Fence, of, pages
from tests.samples.installed import need
from tests.samples.shells import missing, run_shell

#: Real dumps of a server some of whose threads wait for their clients.
CAPTURE = ROOT / "data" / "captures" / "neo4j-5.26-bookmark-wait"


def named(found: list[Fence]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("fence", found, ids=lambda fence: fence.name)


@named(of("airflow"))
def test_an_operator_takes_parameters_that_its_notebook_has(fence: Fence):
    (call,) = [node for node in ast.walk(ast.parse(fence.text)) if isinstance(node, ast.Call)]
    given = {word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg}
    if "bash_command" in given:
        check(bare(given["bash_command"]))
        return
    notebook = ROOT / given["input_nb"]
    assert notebook.is_file()
    assert set(given["parameters"]) <= set(MODELS[notebook.stem].model_fields)
    assert {"task_id", "input_nb", "output_nb", "parameters"} >= set(given)


def bare(line: str) -> list[str]:
    """Return the words of a command, its program without the folder it lies in."""
    program, *rest = shlex.split(re.sub(r"\{\{.*?\}\}", "x", line))
    return [program.rpartition("/")[2], *rest]


def test_what_a_timer_starts_exists():
    for fence in of("cron"):
        found = CRON.fullmatch(fence.text)
        assert found is not None
        started(bare(found["command"]))
    for fence in of("unit"):
        unit = configparser.ConfigParser(interpolation=None, strict=True)
        unit.read_string(fence.text)
        assert {"Unit", "Service", "Timer", "Install"} >= set(unit.sections())
        assert {"Service", "Timer"} & set(unit.sections())
        if "Service" in unit:
            started(bare(unit["Service"]["ExecStart"]))


def started(words: list[str]) -> None:
    """Refuse what is neither boltkb's command nor a script of the site."""
    if words[0] == "boltkb":
        check(words)
        return
    assert list((ROOT / "docs" / "assets").rglob(words[0])), words[0]


@named(of("shell"))
def test_a_shell_block_runs_and_calls_only_what_exists(fence: Fence, facts: str, tmp_path: Path):
    need(missing(fence))
    for dump in CAPTURE.glob("threaddump*.txt"):
        shutil.copy(dump, tmp_path)
    for name in ("exports/prod-1", "exports/prod-2", "reports"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("prod-1", "prod-2"):
        (tmp_path / "reports" / f"{name}.facts.json").write_text(facts, encoding="utf-8")
    ran = run_shell(fence, tmp_path, {})
    # A gate that ends a job is closed for these facts, and says so by its code alone.
    assert ran.code == ("jq -e" in fence.text), ran.complained
    assert ran.complained == ""
    assert ran.calls
    for words in ran.calls:
        check(words)


def test_the_threads_that_a_block_counts_in_dumps_are_those_of_a_report(tmp_path: Path):
    (fence,) = [fence for fence in of("shell") if "BoltWorker" in fence.text]
    need(missing(fence))
    for dump in CAPTURE.glob("threaddump*.txt"):
        shutil.copy(dump, tmp_path)
    found = re.findall(r"(\S+) held (\d+) waiting (\d+)", run_shell(fence, tmp_path, {}).said)
    told = {name: (int(held), int(waiting)) for name, held, waiting in found}
    dumps = boltkb.open_export(CAPTURE).thread_dumps
    assert len(set(told.values())) == len(told) == 2
    assert told == {
        dump.where.file: (
            dump.held,
            sum(worker.state == "waiting_for_client" for worker in dump.workers),
        )
        for dump in dumps
        if dump.where.file in told
    }


@pytest.mark.parametrize(
    "line",
    [
        "boltkb no-such-command x",
        "boltkb report x --no-such-option",
        "boltkb report x -p no_such_parameter=1",
        "boltkb simulate no_such_scenario --out x",
        "boltkb simulate leaked_transactions --out x --set no_such=1",
        "make no-such-target",
        "make report NO_SUCH=1",
        "papermill notebooks/thread_pool.ipynb out.ipynb -p no_such_parameter 1",
        "papermill notebooks/no_such.ipynb out.ipynb",
        "systemctl no-such-verb neo4j",
    ],
)
def test_a_command_that_does_not_exist_is_refused(line: str):
    with pytest.raises((AssertionError, click.ClickException, ClickException)):
        check(line.split())


def test_commands_within_sentences_exist():
    found = []
    for page in pages():
        text = page.read_text(encoding="utf-8")
        found += re.findall(r"`((?:boltkb|papermill|make) [^`\n]+)`", text)
    assert len(found) > 20
    for line in found:
        words = shlex.split(line)
        if words[0] == "boltkb" and len(words) == 2:
            # A sentence may name the command alone.
            assert words[1] in command_names() | own_options(), line
        elif "..." not in words and not words[1].isupper():
            try:
                check(words)
            except MissingParameter:
                # Nor need it say on what.
                check([*words, "PATH"])


def test_a_program_without_a_stand_in_is_refused(tmp_path: Path):
    fence = replace(of("shell")[0], text="no-such-program --option\n")
    assert run_shell(fence, tmp_path, {}).code == 127
    assert run_shell(replace(fence, text="kill 1\n"), tmp_path, {}).code == 127
    with pytest.raises(AssertionError, match="writes to"):
        run_shell(replace(fence, text="cat x > /etc/neo4j.conf\n"), tmp_path, {})
