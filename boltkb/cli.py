"""The `boltkb` command: words in, rooms called, exit codes out.

Knows the names of verbs and how to say things on a terminal; decides nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
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
    redact: Annotated[
        bool | None,
        typer.Option(
            help="Give users, clients and servers pseudonyms.",
            show_default="yes among a site's pages",
        ),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Write a report on each export: a site page, a single HTML file, its facts, its notebook."""
    from boltkb.publish import report as write_report

    failures: set[int] = set()
    given = _parameters(parameter or [])
    for path in paths:
        try:
            servers = _servers(path, given)
        except Exception as error:
            _fail(error, failures, debug=debug)
            continue
        for server in servers:
            named = {**given, "server": server} if server else given
            label = f"{path} {server}".rstrip()
            try:
                with _progress() as bar:
                    task = bar.add_task(label, total=None)
                    published = write_report(
                        path,
                        notebook=notebook,
                        parameters=named,
                        out=out,
                        redact=redact,
                        progress=_shower(bar, task, label),
                    )
            except Exception as error:
                _fail(error, failures, debug=debug)
                continue
            typer.echo(f"{published.state.replace('_', ' ')}: {published.headline}")
            typer.echo(f"  {published.html}")
    if failures:
        raise typer.Exit(min(failures))


def _servers(path: str, given: Mapping[str, str]) -> tuple[str, ...]:
    """Return the servers to report on: those of a cluster's folder, else the one without a name."""
    from boltkb.exports import list_servers

    if "server" in given:
        return (given["server"],)
    return list_servers(path) or ("",)


def _fail(error: Exception, failures: set[int], *, debug: bool) -> None:
    if debug:
        raise error
    _complain(error)
    failures.add(_exit_code(error))


@app.command("what-if")
def what_if(
    facts: Annotated[str, typer.Argument(metavar="FACTS", help="The .facts.json beside a report.")],
    parameter: Annotated[
        list[str] | None,
        typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="What is changed."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the answer goes.")] = Path("boltkb-reports"),
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Simulate a report's pool and load with something changed; theory stands beside it."""
    del debug  # `main` looks for it
    from boltkb.publish.pages import what_if as answer

    with _progress() as bar:
        task = bar.add_task(facts, total=None)
        given = _parameters(parameter or [])
        made = answer(facts, given, out, progress=_shower(bar, task, facts))
    typer.echo(f"simulated: {made.headline}")
    typer.echo(f"  {made.html}")


@app.command()
def inspect(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A folder, a zip or a file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Show what an export holds, what it can tell, and the lines that would make it tell more."""
    del debug  # `main` looks for it
    from boltkb.exports import open_export
    from boltkb.exports.missing import missing

    with _progress() as bar:
        task = bar.add_task(path, total=None)
        export = open_export(path, progress=_shower(bar, task, path))
    members = export.servers or (export,)
    if not as_json:
        typer.echo(str(export))
        for member in members:
            typer.echo("")
            if export.servers:
                typer.echo(str(member))
                typer.echo("")
            typer.echo(str(missing(member)))
        return
    found = [
        {**_part(member.facts_in_full()), **_part(missing(member).facts())} for member in members
    ]
    whole = {**_part(export.facts_in_full()), "servers": found} if export.servers else found[0]
    typer.echo(json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False))


def _part(facts: Mapping[str, object]) -> dict[str, object]:
    """Return what facts say of the export."""
    part = facts["export"]
    return dict(part) if isinstance(part, Mapping) else {}


@app.command()
def simulate(
    scenario: Annotated[
        str | None, typer.Argument(metavar="SCENARIO", help="Which situation to simulate.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where the export goes.")] = None,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="One of its parameters; repeatable."),
    ] = None,
    hours: Annotated[float | None, typer.Option(help="How long; else the scenario's own.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same one gives the same files.")] = 0,
    neo4j: Annotated[str, typer.Option(help="The server's version.")] = "5.26",
    evidence: Annotated[
        str, typer.Option(help="What is exported: usual, metrics, logs or all.")
    ] = "all",
    edition: Annotated[str, typer.Option(help="enterprise or community.")] = "enterprise",
    query_log: Annotated[
        str | None, typer.Option(help="off, info, verbose or json.", show_default="by evidence")
    ] = None,
    accounting: Annotated[
        bool, typer.Option(help="From 5.18 on: rejections as episodes, not one line each.")
    ] = True,
    debug_log: Annotated[bool, typer.Option(help="DEBUG lines in debug.log.")] = False,
    start: Annotated[
        str | None, typer.Option(help="When the server starts, ISO 8601 with its time zone.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Replace a simulated export.")] = False,
    list_them: Annotated[bool, typer.Option("--list", help="Show the scenarios and end.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Write what a simulated server would have exported, with the truth beside it."""
    del debug  # `main` looks for it
    from boltkb.twin import scenario_names
    from boltkb.twin.writing import START, Options, write_scenario

    if list_them:
        typer.echo(_scenarios())
        return
    if scenario is None or out is None:
        known = ", ".join(scenario_names())
        raise ParameterError(
            f"simulate takes a scenario and --out FOLDER; the scenarios are {known}"
        )
    options = Options(
        evidence=evidence,
        edition=edition,
        query_log=query_log,
        accounting=accounting,
        debug=debug_log,
        start=start or START,
    )
    with _progress() as bar:
        task = bar.add_task(f"simulating {scenario}", total=None)
        done = write_scenario(
            scenario,
            out,
            changes=_parameters(change or [], option="--set"),
            hours=hours,
            seed=seed,
            version=neo4j,
            options=options,
            force=force,
            progress=lambda so_far, whole: bar.update(task, completed=so_far, total=whole),
        )
    typer.echo(
        f"{done.attempts:,} times a thread was asked for, {done.rejected:,} times there was none"
    )
    typer.echo(f"  {done.folder}")


def _scenarios() -> str:
    """Return the scenarios with their titles and parameters."""
    from boltkb.twin import load_scenario, scenario_names

    lines = []
    for name in scenario_names():
        found = load_scenario(name)
        settings = ", ".join(
            f"{key}={value:g}" if isinstance(value, float) else f"{key}={value}"
            for key, value in found.parameters.items()
        )
        lines += [f"{name}: {found.title}", f"  {found.hours:g} h; {settings}"]
    return "\n".join(lines)


@app.command()
def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Remove what is kept.")] = False,
) -> None:
    """Say where readings of large exports are kept, or remove them; BOLTKB_CACHE=off keeps none."""
    from boltkb import cache_folder, clear_cache

    if clear:
        typer.echo(f"removed {clear_cache()} readings")
    typer.echo(cache_folder() or "nothing is kept: BOLTKB_CACHE=off")


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
        # Names of files come from strangers, and a terminal obeys what is not printable.
        words = "".join(sign if sign.isprintable() else "?" for sign in f"{path}: {what}")
        bar.update(task, completed=done, total=total, description=words)

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
