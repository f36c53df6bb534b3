"""One export: a run, and every file that its server would have left."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from boltkb.catalogue import Version, setting_name
from boltkb.errors import ParameterError
from boltkb.twin.clients import Client
from boltkb.twin.columns import Floats
from boltkb.twin.kernel import codes
from boltkb.twin.running import Run
from boltkb.twin.server import Server
from boltkb.twin.simulating import unended
from boltkb.twin.writing.logs import LogFiles
from boltkb.twin.writing.metrics import MetricFiles, interval
from boltkb.twin.writing.truth import Truth

__all__ = ["EVIDENCE", "write_export"]

#: What an export can consist of.
EVIDENCE = ("metrics", "logs", "all")
#: 23 November 2026, 00:00 UTC: a simulated server has no clock of its own.
BEGIN = 1_795_392_000.0
_ACCOUNTED = Version.parse("5.18")


def write_export(
    server: Server,
    clients: Sequence[Client],
    folder: str | Path,
    *,
    seconds: float,
    seed: int = 0,
    evidence: str = "all",
    accounting: bool = True,
    cause: str = "none",
    name: str = "simulated",
    command: str = "",
    parameters: Mapping[str, object] | None = None,
    begin: float = BEGIN,
) -> Path:
    """Simulate a server and write what it would have exported, with the truth beside it.

    Parameters
    ----------
    server : Server
        Its first member is the one that exports.
    clients : sequence of Client
    folder : path-like
        Must not exist, or be empty.
    seconds : float, > 0
    seed : int, >= 0
        The same seed gives the same files, byte for byte.
    evidence : str
        `metrics`, `logs` or `all`.
    accounting : bool
        `server.bolt.enable_network_error_accounting`, from 5.18 on.
    cause, name, command : str
        For `truth.json` and `manifest.toml`.
    parameters : mapping, optional
        What the truth says of how the run was made.
    begin : float, epoch s

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ParameterError
        A folder with something in it, or an unknown kind of evidence.
    """
    folder = Path(folder)
    if evidence not in EVIDENCE:
        raise ParameterError(f"`evidence` must be one of {', '.join(EVIDENCE)}; got {evidence!r}")
    if not (math.isfinite(seconds) and seconds > 0):
        raise ParameterError(f"`seconds` must be above 0; got {seconds!r}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ParameterError(f"`{folder}` is not an empty folder; name one that does not exist")
    version = server.release
    record = ("holds", "requests", "pauses")
    run = Run(server, clients, seed=seed, sample_every=interval(version), record=record)
    folder.mkdir(parents=True, exist_ok=True)
    writers: list[MetricFiles | LogFiles] = []
    metrics = logs = None
    if evidence != "logs":
        metrics = MetricFiles(folder / "metrics", version, begin=begin)
        writers.append(metrics)
    if evidence != "metrics":
        logs = LogFiles(
            folder / "logs", version, begin=begin, accounting=accounting, threads=server.threads
        )
        writers.append(logs)
    names = [client.name for client in clients]
    truth = Truth(folder, seconds=seconds, begin=begin, clients=names)
    try:
        for block in run.advance(seconds):
            mine = block.records[_of_leader(block.records)]
            truth.write(mine)
            if metrics is not None:
                metrics.write(block.samples[block.samples[:, 1] == 0])
            if logs is not None:
                logs.write(mine)
        left = unended(run)
        truth.write(left[_of_leader(left)])
    finally:
        for writer in writers:
            writer.close()
    truth.close(threads=server.usable_threads, cause=cause, parameters=parameters or {})
    _write_configuration(folder / "conf", server, accounting=accounting)
    _write_manifest(folder / "manifest.toml", server, seed=seed, name=name, command=command)
    return folder


def _of_leader(records: Floats) -> npt.NDArray[np.bool_]:
    """Return which records are the leader's; what its clients saw counts whole."""
    return np.asarray((records[:, 5] == 0) | (records[:, 0] == codes.REC_REQUEST))


def _write_configuration(folder: Path, server: Server, *, accounting: bool) -> None:
    version = server.release
    wanted = {
        "bolt-threads-max": (server.threads, 400),
        "bolt-threads-min": (server.core_threads, 5),
        "bolt-threads-keep-alive": (f"{server.keep_alive:g}s", "300s"),
        "bolt-queue-size": (server.queue, 0),
    }
    lines = ["# Bolt"]
    for identity, (value, default) in wanted.items():
        name = setting_name(identity, version)
        if value != default and name is not None:
            lines.append(f"{name}={value}")
    if not accounting and version >= _ACCOUNTED:
        lines.append(f"{setting_name('bolt-error-accounting', version)}=false")
    folder.mkdir()
    (folder / "neo4j.conf").write_text("\n".join(lines) + "\n", encoding="ascii")


def _write_manifest(path: Path, server: Server, *, seed: int, name: str, command: str) -> None:
    lines = {
        "name": name,
        "origin": "boltkb: a simulated Neo4j server with its clients",
        "real": False,
        "simulated": True,
        "neo4j_version": str(server.release),
        "edition": "enterprise",
        "seed": seed,
        "command": command,
    }
    text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in lines.items())
    path.write_text(text, encoding="utf-8")
