"""The reference page of the command line: from the command itself and the notebooks' parameters.

Knows what an environment variable is for, which stands nowhere else, and one example of each
command, which a test runs.
"""

from __future__ import annotations

import ast
import typing
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import papermill
import typer
from typer.models import ArgumentInfo, OptionInfo

from boltkb import errors
from boltkb.cli import app
from boltkb.publish.parameters import MODELS
from handbook.docstrings import opening
from handbook.markdown import code, front, plain, table

__all__ = ["ENVIRONMENT", "EXAMPLES", "command_line"]

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"

#: What an environment variable does, by its name.
ENVIRONMENT: Mapping[str, str] = {
    "BOLTKB_CACHE": "Folder in which readings of large exports are kept, in place of the user's "
    "cache folder; `off` keeps none.",
    "BOLTKB_PROMETHEUS_AUTHORIZATION": "Sent as `Authorization` to a Prometheus whose address "
    "is given as the export; a password never belongs into that address.",
    "NUMBA_CACHE_DIR": "Folder for the compiled twin, in place of the user's cache folder.",
    "XDG_CACHE_HOME": "The user's cache folder: compiled code goes below it; without it, below "
    "`~/.cache`.",
    "LOCALAPPDATA": "The same on Windows.",
}

#: One example of each command, from a clone of the repository; the second uses what the first made.
EXAMPLES: Mapping[str, str] = {
    "report": "boltkb report data/captures/neo4j-5.26-saturated --out build/reports",
    "what-if": "boltkb what-if build/reports/neo4j-5.26-saturated.facts.json"
    " -p threads=12 -p runs=2 -p seconds=60 --out build/reports",
    "inspect": "boltkb inspect data/captures/neo4j-5.26-saturated",
    "simulate": "boltkb simulate pool_too_small --hours 0.1 --evidence logs --out build/simulated",
    "cache": "boltkb cache",
}

_KINDS = {bool: "switch", Path: "path", float: "number", int: "whole number", str: "text"}
#: What a notebook's parameter may be, by the words of JSON Schema.
_LIMITS = {
    "exclusiveMinimum": "above",
    "minimum": "from",
    "exclusiveMaximum": "below",
    "maximum": "up to",
}


def command_line() -> str:
    """Return the page of commands, options, exit codes, environment and parameters."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    lines = front(
        "Command line",
        "Every command and option of boltkb, exit codes, environment variables, and the "
        "parameters of its notebooks.",
        "**`boltkb report PATH` writes a report, `boltkb inspect PATH` shows what an export "
        "holds.** `python -m boltkb` is the same command.",
        "whoever runs boltkb in a terminal or a pipeline",
        origin="the command and the notebooks",
    )
    lines += table(
        ("Command", "What it does"),
        [(f"[`boltkb {name}`](#{name})", plain(found.help)) for name, found in commands.items()],
    )
    lines += ["`boltkb --version` shows the version, `boltkb COMMAND --help` what stands here.", ""]
    for name, found in commands.items():
        lines += _command(name, found)
    lines += _exit_codes()
    lines += ["## Environment variables { #environment }", ""]
    lines += table(
        ("Name", "What it does"), [(code(name), words) for name, words in ENVIRONMENT.items()]
    )
    lines += _parameters()
    return "\n".join(lines)


def _command(name: str, command: typing.Any) -> list[str]:
    told = typing.get_type_hints(command.callback, include_extras=True)
    arguments = [found for found in command.params if found.param_type_name == "argument"]
    options = [found for found in command.params if found.param_type_name == "option"]
    takes = " ".join(
        found.metavar if found.required else f"[{found.metavar}]" for found in arguments
    )
    usage = f"boltkb {name} {takes} [OPTIONS]".replace("  ", " ")
    rows = [
        (
            code(found.metavar),
            "text",
            "must be given" if found.required else "",
            plain(found.help),
        )
        for found in arguments
    ]
    rows += [
        (
            "<br>".join(code(word) for word in (*found.opts, *found.secondary_opts)),
            _takes(found, told[found.name]),
            _default(found),
            plain(found.help),
        )
        for found in options
    ]
    return [
        f"## boltkb {name} {{ #{name} }}",
        "",
        plain(command.help),
        "",
        "```text",
        usage,
        "```",
        "",
        *table(("Option", "Takes", "Default", "What it does"), rows),
        "From a clone of the repository:",
        "",
        "```bash",
        EXAMPLES[name],
        "```",
        "",
    ]


def _takes(found: typing.Any, annotation: object) -> str:
    """Return what an option takes, in words, with its limits."""
    kind, *extras = typing.get_args(annotation)
    info = next(extra for extra in extras if isinstance(extra, OptionInfo | ArgumentInfo))
    words = found.metavar or _KINDS[_innermost(kind)]
    limits = [
        f"{word} {value}"
        for word, value in (("from", info.min), ("up to", info.max))
        if value is not None
    ]
    return ", ".join([code(words) if found.metavar else words, *limits])


def _innermost(kind: object) -> type:
    """Return the plain type within `X | None` or `list[X]`."""
    while inner := [part for part in typing.get_args(kind) if part is not type(None)]:
        kind = inner[0]
    assert isinstance(kind, type)
    return kind


def _default(found: typing.Any) -> str:
    if isinstance(found.show_default, str):
        return found.show_default
    if found.default is None:
        return ""
    if found.is_bool_flag:
        # A switch with two names says which of them holds; one with one name is off.
        return code(found.opts[0] if found.default else found.secondary_opts[0]) if (
            found.secondary_opts
        ) else "off"  # fmt: skip
    return code(str(found.default))


def _exit_codes() -> list[str]:
    by_code: dict[int, list[str]] = defaultdict(list)
    for name in errors.__all__:
        found = getattr(errors, name)
        if issubclass(found, errors.BoltkbError) and found is not errors.BoltkbError:
            by_code[found.exit_code].append(f"{code(name)}: {plain(opening(found))}")
    rest = {
        1: "Any other failure; it is ours. `--debug` shows where.",
        2: "A command, an option or an argument that there is not.",
    }
    rows = [("0", "Everything that was asked for was done.")]
    rows += [
        (str(number), "<br>".join([*by_code[number], rest[number]])) for number in sorted(by_code)
    ]
    return [
        "## Exit codes { #exit-codes }",
        "",
        (
            "Of several exports each gets its report or its error; the exit code is then the "
            "smallest of the failures'."
        ),
        "",
        *table(("Code", "Means"), rows),
    ]


def _parameters() -> list[str]:
    lines = [
        "## Parameters of the notebooks { #parameters }",
        "",
        (
            "`boltkb report` and `boltkb what-if` pass each `-p NAME=VALUE` on; with papermill it "
            "is `-p NAME VALUE`. An unknown name, or a value out of its limits, is an error before "
            "anything runs. `boltkb.report` takes them as `parameters`. What must be given has an "
            "example in the notebook, so that it runs as it is."
        ),
        "",
    ]
    for name, model in MODELS.items():
        schema = model.model_json_schema()
        told = papermill.inspect_notebook(str(NOTEBOOKS / f"{name}.ipynb"))
        rows = [
            (
                code(key),
                _KINDS[type(ast.literal_eval(found["default"]))],
                _limits(schema["properties"][key]),
                "must be given" if key in schema.get("required", ()) else code(found["default"]),
                plain(found["help"]),
            )
            for key, found in told.items()
        ]
        lines += [f"### {name} {{ #parameters-{name} }}", ""]
        lines += [plain(opening(model)), ""]
        lines += table(("Name", "Type", "Limits", "Default", "What it is"), rows)
    return lines


def _limits(schema: Mapping[str, object]) -> str:
    return ", ".join(
        f"{words} {schema[word]:,}" for word, words in _LIMITS.items() if word in schema
    )
