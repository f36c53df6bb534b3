"""A scenario's export, with the command that repeats it in its manifest."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path

from boltkb.errors import ParameterError
from boltkb.twin.scenarios import load_scenario
from boltkb.twin.writing.export import Written, write_export
from boltkb.twin.writing.options import START, Options

__all__ = ["RELEASES", "full_version", "write_scenario"]

#: What is meant by the first numbers of a version.
RELEASES: Mapping[str, str] = {
    "3.4": "3.4.18",
    "3.5": "3.5.35",
    "4.1": "4.1.12",
    "4.2": "4.2.19",
    "4.4": "4.4.40",
    "5.10": "5.10.0",
    "5.26": "5.26.30",
    "2025.10": "2025.10.1",
    "2026": "2026.04.0",
    "2026.04": "2026.04.0",
    "2026.x": "2026.04.0",
}


def full_version(version: str) -> str:
    """Return a version with all its numbers.

    Examples
    --------
    >>> full_version("5.26"), full_version("2026.x"), full_version("5.12"), full_version("4.4.4")
    ('5.26.30', '2026.04.0', '5.12.0', '4.4.4')
    """
    known = RELEASES.get(version)
    if known is not None:
        return known
    return f"{version}.0" if version.count(".") == 1 else version


def write_scenario(
    name: str,
    out: str | Path,
    *,
    changes: Mapping[str, str] | None = None,
    hours: float | None = None,
    seed: int = 0,
    version: str = "5.26",
    options: Options | None = None,
    force: bool = False,
    progress: Callable[[float, float], None] | None = None,
) -> Written:
    """Simulate a scenario and write its export.

    Parameters
    ----------
    name : str
        One of `scenario_names`.
    out : path-like
        Must not exist, or be empty.
    changes : mapping of str to str, optional
        Values by the names of the scenario's parameters.
    hours : float, > 0, optional
        The scenario's own when absent.
    seed : int, >= 0
        The same seed gives the same files, byte for byte.
    version : str
        Of Neo4j; its first two numbers are enough.
    options : Options, optional
    force : bool
        Whether an earlier simulated export may be replaced.
    progress : callable, optional
        Called with the simulated seconds so far, and all of them.

    Returns
    -------
    Written

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as spare:
    ...     done = write_scenario("healthy", spare + "/export", hours=0.05, version="4.4")
    ...     (done.folder / "conf" / "neo4j.conf").is_file(), done.rejected
    (True, 0)
    """
    chosen = options or Options()
    release = full_version(version)
    scenario = load_scenario(name, changes=changes, version=release)
    length = scenario.hours if hours is None else hours
    if not (isinstance(length, int | float) and math.isfinite(length) and length > 0):
        raise ParameterError(f"`hours` must be above 0; got {length!r}")
    return write_export(
        scenario.server,
        scenario.clients,
        out,
        seconds=3600.0 * length,
        seed=seed,
        options=chosen,
        cause=None if scenario.cause == "none" else scenario.cause,
        about={
            "scenario": name,
            "title": scenario.title,
            "signature": scenario.signature,
            "conclude": scenario.conclude,
            "parameters": dict(scenario.parameters),
        },
        command=_command(name, changes or {}, length, seed, release, chosen),
        force=force,
        progress=progress,
    )


def _command(
    name: str,
    changes: Mapping[str, str],
    hours: float,
    seed: int,
    version: str,
    options: Options,
) -> str:
    """Return the command that repeats an export, without its output folder."""
    words = ["boltkb", "simulate", name]
    for key, text in changes.items():
        words += ["--set", f"{key}={text}"]
    words += ["--hours", f"{hours:g}", "--seed", str(seed), "--neo4j", version]
    if options.evidence != "all":
        words += ["--evidence", options.evidence]
    if options.edition != "enterprise":
        words += ["--edition", options.edition]
    if options.query_log is not None:
        words += ["--query-log", options.query_log]
    if not options.accounting:
        words.append("--no-accounting")
    if options.debug:
        words.append("--debug-log")
    if options.start != START:
        words += ["--start", options.start]
    return shlex.join(words)
