"""A scenario's export, with the command that repeats it in its manifest."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from boltkb.errors import ParameterError
from boltkb.twin.scenarios import load_scenario
from boltkb.twin.writing.export import write_export

__all__ = ["write_scenario"]


def write_scenario(
    name: str,
    folder: str | Path,
    *,
    changes: Mapping[str, str] | None = None,
    hours: float | None = None,
    seed: int = 0,
    version: str = "5.26.0",
    evidence: str = "all",
) -> Path:
    """Simulate a scenario and write its export.

    Parameters
    ----------
    name : str
        One of `scenario_names`.
    folder : path-like
        Must not exist, or be empty.
    changes : mapping of str to str, optional
        Values by the names of the scenario's parameters.
    hours : float, > 0, optional
        The scenario's own when absent.
    seed : int, >= 0
        The same seed gives the same files, byte for byte.
    version : str
        Of Neo4j.
    evidence : str
        `metrics`, `logs` or `all`.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as spare:
    ...     made = write_scenario("healthy", spare + "/export", hours=0.1)
    ...     sorted(entry.name for entry in made.iterdir())[:3]
    ['conf', 'logs', 'manifest.toml']
    """
    scenario = load_scenario(name, changes=changes, version=version)
    length = scenario.hours if hours is None else hours
    if not 0 < length < float("inf"):
        raise ParameterError(f"`hours` must be above 0; got {length!r}")
    words = ["boltkb", "simulate", name]
    for key, text in (changes or {}).items():
        words += ["--set", f"{key}={text}"]
    words += ["--hours", f"{length:g}", "--seed", str(seed), "--neo4j", version]
    words += ["--evidence", evidence]
    return write_export(
        scenario.server,
        scenario.clients,
        folder,
        seconds=3600.0 * length,
        seed=seed,
        evidence=evidence,
        cause=scenario.cause,
        name=name,
        command=shlex.join(words),
        parameters={**scenario.parameters, "scenario": name, "seed": seed},
    )
