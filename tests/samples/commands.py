"""What the commands on the pages may say: programs, options, parameters and targets that exist."""

from __future__ import annotations

import re
from collections.abc import Callable

import typer
from papermill.cli import papermill as papermill_command

from boltkb.cli import app
from boltkb.publish.parameters import MODELS
from boltkb.twin import load_scenario, scenario_names
from tests.samples.fences import ROOT

SERVICES = {
    "show": {"--property=TasksMax,TasksCurrent"},
    "edit": set[str](),
    "restart": set[str](),
}


def check(words: list[str]) -> None:
    """Refuse a command that would not be understood, with the reason.

    Raises
    ------
    AssertionError
        For a name, an option, a parameter or a target that does not exist.
    """
    checks: dict[str, Callable[[list[str]], None]] = {
        "boltkb": _boltkb,
        "make": _make,
        "papermill": _papermill,
        "systemctl": _systemctl,
    }
    found = checks.get(words[0])
    if found is not None:
        found(words[1:])


def command_names() -> set[str]:
    """Return the names of boltkb's commands."""
    return set(_group().commands)


def own_options() -> set[str]:
    """Return the options that boltkb takes without a command."""
    return {"--help", *(name for option in _group().params for name in option.opts)}


def _group() -> typer.core.TyperGroup:
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    return group


def _boltkb(words: list[str]) -> None:
    name, rest = words[0], words[1:]
    assert name in command_names(), f"boltkb has no command {name!r}"
    context = _group().commands[name].make_context(name, list(rest))
    given = context.params
    names = [word.split("=", 1)[0] for word in given.get("parameter") or []]
    model = MODELS["what_if" if name == "what-if" else str(given.get("notebook", "thread_pool"))]
    assert set(names) <= set(model.model_fields), f"boltkb {name} -p takes no {names}"
    if name == "simulate" and not given["list_them"]:
        assert given["scenario"] in scenario_names(), given["scenario"]
        changed = {word.split("=", 1)[0] for word in given["change"] or []}
        assert changed <= set(load_scenario(given["scenario"]).parameters), changed


def _make(words: list[str]) -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"(?m)^([a-z]+):", text))
    variables = set(re.findall(r"(?m)^([A-Z]+) \?=", text))
    for word in words:
        name, sign, _ = word.partition("=")
        assert name in (variables if sign else targets), f"make knows no {name}"


def _papermill(words: list[str]) -> None:
    given = papermill_command.make_context("papermill", list(words)).params
    notebook = ROOT / str(given["notebook_path"])
    assert notebook.is_file(), notebook
    names = {name for name, _ in given["parameters"] or ()}
    assert names <= set(MODELS[notebook.stem].model_fields), f"{notebook.stem} takes no {names}"


def _systemctl(words: list[str]) -> None:
    verb, service, *options = words
    assert verb in SERVICES, verb
    assert service == "neo4j"
    assert set(options) <= SERVICES[verb], options
