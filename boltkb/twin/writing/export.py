"""`write_export`: a run, and the files that its servers and clients would have left."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from boltkb.errors import ParameterError
from boltkb.twin.clients import Client
from boltkb.twin.running import Run
from boltkb.twin.server import Server
from boltkb.twin.simulating import unended
from boltkb.twin.writing.dialects import Dialect
from boltkb.twin.writing.driver_logs import DriverLogs
from boltkb.twin.writing.lines import Floats
from boltkb.twin.writing.members import MemberExport
from boltkb.twin.writing.metric_files import MetricFiles
from boltkb.twin.writing.options import Options

__all__ = ["Written", "write_export"]

#: Moments at which a dump may be taken lie so far apart, s.
_LOOK = 15.0
#: Rows that are gathered before they are written.
_ROWS = 250_000
_SAMPLE_EVERY = 1.0


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    Parameters
    ----------
    folder : Path
    servers : tuple of str
        The folders of a cluster's members; empty for one server.
    attempts, rejected : int
        How often a thread was asked for and not to be had, at all members.
    events : int
        Of the run.
    """

    folder: Path
    servers: tuple[str, ...]
    attempts: int
    rejected: int
    events: int


def write_export(
    server: Server,
    clients: Client | Sequence[Client],
    out: str | Path,
    *,
    seconds: float,
    seed: int = 0,
    options: Options | None = None,
    cause: str | None = None,
    about: Mapping[str, object] | None = None,
    command: str = "",
    force: bool = False,
    progress: Callable[[float, float], None] | None = None,
) -> Written:
    """Write what a simulated server, or each member of a cluster, would have exported.

    A day needs no more memory than a minute: the run is let on in steps and written as it goes.

    Parameters
    ----------
    server : Server
        Its version decides what the files look like.
    clients : Client or sequence of Client
    out : path-like
        Must not exist, or be empty; a cluster's members get a folder each inside.
    seconds : float, > 0
    seed : int, >= 0
        The same seed, and the same other parameters, give the same files byte for byte.
    options : Options, optional
    cause : str, optional
        The trouble that was staged, for `truth.json`.
    about : mapping, optional
        What `truth.json` shall say besides.
    command : str
        For `manifest.toml`; without the output folder.
    force : bool
        Whether an earlier simulated export in `out` may be replaced.
    progress : callable, optional
        Called with the simulated seconds so far, and all of them.

    Returns
    -------
    Written

    Raises
    ------
    ParameterError
        Parameters that cannot be; an output folder that holds something.

    Examples
    --------
    >>> import tempfile
    >>> from boltkb.twin import Poisson, Work
    >>> shop = Client("shop-api/2.3", Work(seconds=0.5), Poisson(12.0))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = write_export(Server(threads=8), shop, f"{folder}/x", seconds=120.0, seed=1)
    ...     sorted(path.name for path in done.folder.iterdir())[:4]
    ['clients', 'conf', 'list-connections.csv', 'logs']
    """
    if not (isinstance(seconds, int | float) and math.isfinite(seconds) and seconds > 0):
        raise ParameterError(f"`seconds` must be above 0; got {seconds!r}")
    listed = (clients,) if isinstance(clients, Client) else tuple(clients)
    chosen = options or Options()
    dialect = Dialect.of(server)
    run = Run(
        server,
        listed,
        seed=seed,
        sample_every=_SAMPLE_EVERY,
        record=_recorded(dialect, chosen),
    )
    folder = Path(out).absolute()
    part = _prepared(folder, force=force)
    try:
        written = _write(run, part, float(seconds), chosen, dialect, progress)
        for member in written:
            member.tell(
                seed=seed, cause=cause, about=about or {}, command=command, seconds=float(seconds)
            )
        _put_in_place(part, folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    members = run.state.members
    return Written(
        folder=folder,
        servers=tuple(member.folder.name for member in written) if len(written) > 1 else (),
        attempts=int(members["asked"].sum()),
        rejected=int(members["refused"].sum()),
        events=run.events,
    )


def _recorded(dialect: Dialect, options: Options) -> tuple[str, ...]:
    kinds = ["holds", "requests", "tries", "connections", "pauses"]
    counted = options.metrics and MetricFiles.needs_queries(dialect)
    if counted or options.query_log_mode != "off":
        kinds.append("queries")
    return tuple(kinds)


def _prepared(folder: Path, *, force: bool) -> Path:
    """Return a fresh folder beside the one that was asked for, which takes its place at the end."""
    if not folder.name:
        raise ParameterError(f"`{folder}` cannot hold an export; give a folder inside it")
    if folder.exists() and not folder.is_dir():
        raise ParameterError(f"`{folder}` is a file; give a folder that does not exist yet")
    if folder.is_dir() and any(folder.iterdir()):
        if not force:
            raise ParameterError(
                f"`{folder}` is not empty; give another folder, or --force to replace a simulated"
                " export in it"
            )
        if not _simulated(folder):
            raise ParameterError(
                f"`{folder}` holds something else than a simulated export, which is not replaced;"
                " give another folder"
            )
    part = folder.with_name(f".{folder.name}.part")
    if part.exists():
        shutil.rmtree(part)
    part.mkdir(parents=True)
    return part


def _put_in_place(part: Path, folder: Path) -> None:
    """Move what was written into its folder, which may be where somebody stands."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        else:
            old.unlink()
    for new in part.iterdir():
        new.rename(folder / new.name)
    part.rmdir()


def _simulated(folder: Path) -> bool:
    found = [*folder.glob("manifest.toml"), *folder.glob("server-*/manifest.toml")]
    return bool(found) and all(
        "simulated = true\n" in path.read_text("utf-8", "replace") for path in found
    )


def _write(
    run: Run,
    folder: Path,
    seconds: float,
    options: Options,
    dialect: Dialect,
    progress: Callable[[float, float], None] | None,
) -> list[MemberExport]:
    count = run.server.members
    places = [folder / f"server-{m + 1}" for m in range(count)] if count > 1 else [folder]
    members = [
        MemberExport(place, run, m, dialect, options, seconds) for m, place in enumerate(places)
    ]
    clients = DriverLogs(folder / "clients", run.clients, options.began)
    kept: list[Floats] = []
    sampled: list[Floats] = []
    rows = 0

    def flush() -> None:
        nonlocal rows
        if not kept:
            return
        records, samples = np.concatenate(kept), np.concatenate(sampled)
        for m, member in enumerate(members):
            own = records if count == 1 else records[records[:, 5] == m]
            member.take(own, samples if count == 1 else samples[samples[:, 1] == m])
        if options.clients:
            clients.take(records)
        kept.clear()
        sampled.clear()
        rows = 0

    moment = 0.0
    while moment < seconds:
        moment = min(moment + _LOOK, seconds)
        for block in run.advance(moment):
            kept.append(block.records)
            sampled.append(block.samples)
            rows += len(block.records) + len(block.samples)
            if rows >= _ROWS:
                flush()
        for member in members:
            member.look()
        if progress is not None:
            progress(moment, seconds)
    flush()
    left = unended(run)
    for m, member in enumerate(members):
        member.finish(left[left[:, 5] == m])
    clients.close()
    return members
