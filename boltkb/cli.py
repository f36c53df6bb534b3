"""The `boltkb` command: words in, rooms called, exit codes out.

Knows the names of verbs and how to say things on a terminal; decides nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from boltkb import __version__
from boltkb.errors import BoltkbError, ParameterError

__all__ = ["app", "main"]

app = typer.Typer(
    name="boltkb",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Is a Neo4j Bolt thread pool too small, are its threads held, or its clients too many?",
)
_SAY = Console(stderr=True, highlight=False)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Show the version and end.")] = False,
) -> None:
    if version:
        typer.echo(f"boltkb {__version__}")
        raise typer.Exit


@app.command()
def simulate(
    scenario: Annotated[str, typer.Argument(help="Which situation; see --list.")] = "",
    out: Annotated[Path | None, typer.Option(help="A new folder for the export.")] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A parameter; repeatable."),
    ] = None,
    hours: Annotated[float | None, typer.Option(help="How long; the scenario's own.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same export.")] = 0,
    neo4j: Annotated[str, typer.Option(help="The version of the server.")] = "5.26.0",
    evidence: Annotated[str, typer.Option(help="metrics, logs or all.")] = "all",
    listed: Annotated[bool, typer.Option("--list", help="List the scenarios.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,  # noqa: ARG001
) -> None:
    """Simulate a Neo4j server with its clients, and write what it would have exported."""
    from boltkb.twin import load_scenario, scenario_names, write_scenario

    if listed:
        for name in scenario_names():
            typer.echo(f"{name:<22} {load_scenario(name).title}")
        return
    if not scenario or out is None:
        raise ParameterError("name a scenario (--list shows them) and a new folder with --out")
    folder = write_scenario(
        scenario,
        out,
        changes=_parameters(setting or [], "--set"),
        hours=hours,
        seed=seed,
        version=neo4j,
        evidence=evidence,
    )
    typer.echo(f"simulated export in {folder}")


@app.command()
def report(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Exports: a folder, a zip or a file each."),
    ],
    notebook: Annotated[str, typer.Option(help="Which notebook to run.")] = "thread_pool",
    parameter: Annotated[
        list[str] | None,
        typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="A parameter; repeatable."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the reports go.")] = Path("boltkb-reports"),
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Write a report on each export: a site page, a single HTML file, its facts, its notebook."""
    from boltkb.publish import report as write_report

    failures: set[int] = set()
    given = _parameters(parameter or [])
    for path in paths:
        try:
            with _progress() as bar:
                task = bar.add_task(path, total=None)
                published = write_report(
                    path,
                    notebook=notebook,
                    parameters=given,
                    out=out,
                    progress=_shower(bar, task, path),
                )
        except Exception as error:
            if debug:
                raise
            _complain(error)
            failures.add(_exit_code(error))
            continue
        typer.echo(f"{published.state.replace('_', ' ')}: {published.headline}")
        typer.echo(f"  {published.html}")
    if failures:
        raise typer.Exit(min(failures))


def main() -> None:
    """Run the command; errors of the package end it without a traceback."""
    try:
        app()
    except Exception as error:
        if "--debug" in sys.argv:
            raise
        _complain(error)
        raise SystemExit(_exit_code(error)) from None


def _exit_code(error: Exception) -> int:
    return error.exit_code if isinstance(error, BoltkbError) else 1


def _complain(error: Exception) -> None:
    _SAY.print("[bold red]boltkb:[/]", end=" ")
    inside = "" if isinstance(error, BoltkbError) else f"a failure inside, {type(error).__name__}: "
    _SAY.print(f"{inside}{error}", markup=False, soft_wrap=True)
    if inside:
        _SAY.print("(--debug shows where)", markup=False)


def _parameters(words: list[str], option: str = "-p") -> dict[str, str]:
    """Return NAME=VALUE words as a mapping; every word that is none is named at once."""
    wrong = [word for word in words if "=" not in word or word.startswith("=")]
    if wrong:
        raise ParameterError([f"{option} takes NAME=VALUE; got {word!r}" for word in wrong])
    return dict(word.split("=", 1) for word in words)


def _shower(bar: Progress, task: TaskID, path: str) -> Callable[[int, int, str], None]:
    def show(done: int, total: int, what: str) -> None:
        bar.update(task, completed=done, total=total, description=f"{path}: {what}")

    return show


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TimeElapsedColumn(),
        console=_SAY,
        transient=True,
        disable=not _SAY.is_terminal,
    )
