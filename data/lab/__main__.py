"""The command line of the lab: ``python -m data.lab``.

It turns arguments into a plan and errors into one paragraph and an exit code: 2 for
arguments, 1 for everything else. It must not know how a capture is made.
"""

from __future__ import annotations

import argparse
import importlib.util
import logging
import shlex
import signal
import sys
import time
from dataclasses import fields, replace
from pathlib import Path
from types import FrameType
from typing import NoReturn

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from data.lab.build import DEFAULT_VERSION, build
from data.lab.choices import Choice
from data.lab.errors import LabError
from data.lab.scenarios import SCENARIOS, stage
from data.lab.server import DEFAULT_HEAP, DEFAULT_THREADS, Server, Settings
from data.lab.streams import PROFILES, WORKS, Scenario


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    arguments : list of str, optional
        Those of the process when absent.
    """
    given = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(given)
    # The driver reports each refused connection in its log; it belongs into the capture.
    logging.getLogger("neo4j").setLevel(logging.CRITICAL)
    before = {number: signal.signal(number, _end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        if options.command == "start":
            return _start(options)
        if options.command == "compare":
            return _compare(options)
        return _capture(options, given)
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the server was ended and nothing was written", file=sys.stderr)
        return 130
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _capture(options: argparse.Namespace, given: list[str]) -> int:
    out: Path = options.out
    replaceable = options.force and (out / "manifest.toml").is_file()
    if out.exists() and not replaceable and (not out.is_dir() or any(out.iterdir())):
        wrong = (
            f"{out} exists and is not an empty folder; remove it, choose another --out, or"
            " replace an earlier capture with --force."
        )
        print(f"error: {wrong}", file=sys.stderr)
        return 2
    if importlib.util.find_spec("neo4j") is None:
        raise LabError(
            "The load needs the official Python driver of Neo4j, which is not installed here."
            " Install it with the project's extra: pip install 'boltkb[lab]'."
        )
    from data.lab.capture import make_capture
    from data.lab.folder import Plan

    scenario = _scenario(options)
    plan = Plan(
        name=out.name,
        scenario=scenario,
        settings=replace(
            _settings(options, scenario.default_accounting, scenario.threads),
            heap=scenario.heap or DEFAULT_HEAP,
            extra=scenario.settings,
        ),
        seconds=options.minutes * 60,
        seed=options.seed,
        command=_tell_command(given, out),
        with_all_metrics=options.all_metrics,
    )
    made = build(options.neo4j)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f} of {task.total:.0f} s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(f"capture {out.name}", total=plan.seconds)
        truth = make_capture(plan, made, out, lambda at: progress.update(task, completed=at))
    print(
        f"{out}: {truth['attempts']} attempts, {truth['rejected']} rejected, mean hold"
        f" {truth['mean_hold_seconds']} s, offered load {truth['offered_load']} erlangs"
    )
    return 0


def _compare(options: argparse.Namespace) -> int:
    from data.lab.setups import run_all

    options.folder.mkdir(parents=True, exist_ok=True)
    run_all(options.seeds, options.folder, options.out)
    print(f"{options.out}: renew the twin's side of it with python -m evidence twin")
    return 0


def _scenario(options: argparse.Namespace) -> Scenario:
    choices = {field.name: getattr(options, field.name) for field in fields(Choice)}
    return stage(options.scenario, Choice(**choices))


def plan_of(words: list[str]) -> tuple[Scenario, float]:
    """Return what a command for a capture asks for, and for how many seconds.

    Parameters
    ----------
    words : list of str
        As after ``python -m data.lab``.
    """
    options = _parser().parse_args(words)
    return _scenario(options), options.minutes * 60


def _start(options: argparse.Namespace) -> int:
    settings = _settings(options, options.default_accounting is not False, DEFAULT_THREADS)
    with Server(build(options.neo4j), settings) as server:
        print(f"{server.bolt_address} (HTTP on 127.0.0.1:{server.http_port}); Ctrl-C ends it")
        sys.stdout.flush()
        while server.is_running():
            time.sleep(0.2)
    raise LabError("The server ended by itself.")


def _settings(options: argparse.Namespace, default_accounting: bool, threads: int) -> Settings:
    return Settings(
        threads=options.threads or threads,
        default_accounting=default_accounting,
        debug_log=options.debug_log,
        bolt_port=options.bolt_port,
        http_port=options.http_port,
    )


def _tell_command(given: list[str], out: Path) -> str:
    """Word the command as it can be repeated from a clone, without this machine's paths."""
    kept = [word for word in given if word != "--force"]
    words = [f"data/captures/{out.name}" if Path(word) == out else word for word in kept]
    return shlex.join(["python", "-m", "data.lab", *words])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m data.lab", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    server = argparse.ArgumentParser(add_help=False)
    server.add_argument(
        "--threads",
        type=_count,
        help=f"Bolt threads (default {DEFAULT_THREADS}, or the scenario's)",
    )
    server.add_argument("--neo4j", default=DEFAULT_VERSION, help="version (%(default)s)")
    server.add_argument("--bolt-port", type=_port, default=0, help="default: a free one")
    server.add_argument("--http-port", type=_port, default=0, help="default: a free one")
    server.add_argument("--debug-log", action="store_true", help="Bolt at debug level")
    server.add_argument(
        "--default-accounting",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="sum rejections up in the log, as by default, or one ERROR line each",
    )
    commands.add_parser("start", parents=[server], help="a server to play with")
    capture = commands.add_parser("capture", parents=[server], help="make a capture")
    capture.add_argument("--scenario", choices=sorted(SCENARIOS), required=True)
    capture.add_argument("--out", type=Path, required=True, help="folder to write")
    capture.add_argument("--force", action="store_true", help="replace an earlier capture")
    capture.add_argument("--minutes", type=_positive, required=True)
    capture.add_argument("--rate", type=_positive, help="requests per second at the top")
    capture.add_argument("--hold", type=_positive, help="mean seconds of server-side work")
    capture.add_argument("--think", type=_positive, help="mean seconds of client pauses")
    capture.add_argument("--leak-every", type=_positive, help="seconds between leaks")
    capture.add_argument("--burst-every", type=_positive, help="seconds between bursts")
    capture.add_argument("--burst-size", type=_count, help="requests of a burst")
    capture.add_argument("--stall-every", type=_positive, help="seconds between standstills")
    capture.add_argument("--stall", type=_positive, help="seconds that the server stands still")
    capture.add_argument("--wait", type=_positive, help="seconds to wait for a bookmark")
    capture.add_argument("--cut-after", type=_positive, help="idle seconds until a cut")
    capture.add_argument("--processes", type=_count, help="of the client in question")
    capture.add_argument("--spots", type=_count, help="nodes that writers share")
    capture.add_argument("--fetch", type=int, help="records asked for at a time, -1 for all")
    capture.add_argument("--limit", type=_count, help="most transactions at once")
    capture.add_argument("--heap", type=_count, help="MiB, for pauses of the collector")
    capture.add_argument("--work", choices=WORKS, help="wait, or use a processor")
    capture.add_argument("--profile", choices=PROFILES, help="how the rate varies")
    capture.add_argument("--client-pool", type=_count, help="most connections per client")
    capture.add_argument("--retries", action="store_true", help="use the driver's retries")
    capture.add_argument("--all-metrics", action="store_true", help="beyond the default filter")
    capture.add_argument("--seed", type=int, default=1, help="default %(default)s")
    compare = commands.add_parser("compare", help="the runs that the twin is compared with")
    compare.add_argument("--folder", type=Path, required=True, help="for the captures")
    compare.add_argument("--out", type=Path, required=True, help="JSON file to write")
    compare.add_argument("--seeds", type=int, nargs="+", default=[21, 22], help="%(default)s")
    return parser


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return value


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value < 1 << 16:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port between 0 and 65535")
    return value


if __name__ == "__main__":
    sys.exit(main())
