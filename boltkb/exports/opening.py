"""`open_export`: finds what a path holds and reads it.

Knows which reader goes with which kind of file and how their results come together; the
readers know the formats.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from boltkb.errors import ExportError
from boltkb.exports.assembling import assemble
from boltkb.exports.cache import cached
from boltkb.exports.export import Export
from boltkb.exports.gathered import Found, Gathered
from boltkb.exports.intake.members import Member, list_members
from boltkb.exports.intake.packing import printable
from boltkb.exports.intake.streams import Limits
from boltkb.exports.progress import Progress, Watch
from boltkb.exports.recognise import recognise
from boltkb.exports.records import Ignored, SourceKind
from boltkb.exports.remote import is_address, open_address
from boltkb.exports.servers import Server, one_server, part_servers
from boltkb.exports.takers import TAKERS

__all__ = ["list_servers", "open_export"]


#: What is left off a file's name to call its export; of `a.tar.gz` both.
_ENDING = re.compile(r"(?<=.)(?:\.tar)?\.[^.]*$")
#: What says nothing of a server's threads by itself.
_NO_EVIDENCE: frozenset[SourceKind] = frozenset({"manifest", "server-notes"})


def open_export(
    path: str | os.PathLike[str],
    *,
    server: str = "",
    start: str = "",
    end: str = "",
    limits: Limits | None = None,
    progress: Progress | None = None,
    peers: bool = True,
) -> Export:
    r"""Return what a folder, an archive or a single file holds of a Neo4j server's evidence.

    Files are recognised by their own names and first bytes; folders may be named and nested in
    any way, so the layout of `neo4j-admin server report` is read as it is.  A folder in which
    the exports of several servers lie side by side is a cluster.  What a large
    export held is kept in a cache (`boltkb.exports.cache`), until one of its files changes.

    Parameters
    ----------
    path : str or path-like
        A folder, an archive (zip, tar, tar packed with gzip), or one file; or the address of a
        running Prometheus, `http://` or `https://`.
    server : str, optional
        Of a cluster, the one server to read, by the name that `list_servers` gives; of a
        Prometheus, the `instance`.
    start, end : str, optional
        The span to ask a Prometheus for, which needs both, ISO 8601 or epoch seconds; files are
        read whole.
    limits : Limits, optional
        How much may be read.
    progress : callable, optional
        Called as `progress(done, total, what)` when the reading of a file begins, and once with
        `done == total` at the end.
    peers : bool
        Whether one server of a cluster gets the exports of the others as its `peers`, each of
        which is read and kept in the cache like any other.

    Returns
    -------
    Export
        What is missing is missing, and what is broken is counted: neither is an error.  Of a
        cluster, one whose `servers` are the exports of its members.

    Raises
    ------
    ExportError
        When the path is absent or empty, is not what its name says, holds no such server, holds
        files of several servers that cannot be told apart, or holds nothing that is known.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "neo4j.conf").write_text("server.bolt.thread_pool_max_size=8\n")
    ...     open_export(folder).setting("bolt-threads-max").value
    '8'
    """
    if is_address(os.fspath(path)):
        return open_address(os.fspath(path), server=server, start=start, end=end)
    given, chosen = Path(path), limits or Limits()
    export = cached(given, chosen, lambda: _opened(given, server, chosen, progress), server=server)
    if not server or not peers:
        return export
    names = (name for name in list_servers(given, limits=chosen) if name != server)
    others = (_peer(given, name, chosen) for name in names)
    return replace(export, peers=tuple(other for other in others if other is not None))


def list_servers(path: str | os.PathLike[str], *, limits: Limits | None = None) -> tuple[str, ...]:
    """Return the names of the servers whose exports a path holds side by side.

    Parameters
    ----------
    path : str or path-like
    limits : Limits, optional

    Returns
    -------
    tuple of str
        Empty where the path holds the export of one server.

    Raises
    ------
    ExportError
        As `open_export`, for a path that cannot be looked through.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for size, name in ((8, "core-1"), (9, "core-2")):
    ...         Path(folder, name).mkdir()
    ...         text = f"server.bolt.thread_pool_max_size={size}"
    ...         _ = Path(folder, name, "neo4j.conf").write_text(text)
    ...     list_servers(folder)
    ('core-1', 'core-2')
    """
    if is_address(os.fspath(path)):
        return ()
    servers, _ = part_servers(_looked_through(Path(path), Gathered(), limits or Limits()))
    return tuple(part.name for part in servers)


def _opened(given: Path, server: str, limits: Limits, progress: Progress | None) -> Export:
    gathered = Gathered()
    found = _looked_through(given, gathered, limits)
    servers, rest = part_servers(found)
    if server:
        _check_server(server, servers, given)
    elif not servers:
        return _one(given, _name(given), found, gathered, Watch(len(found), progress))
    chosen = [part for part in servers if server in {"", part.name}]
    files = sum(len(part.found) for part in chosen) + (0 if server else len(rest))
    watch = Watch(files, progress)
    members = [
        _one(
            given,
            f"{_name(given)}-{part.name}",
            part.found,
            _within(gathered, part.root),
            watch,
            noted=(gathered.problems, part.root),
        )
        for part in chosen
    ]
    if server:
        return members[0]
    roots = tuple(part.root for part in servers)
    outside = [entry for entry in gathered.ignored if not entry.path.startswith(roots)]
    shared = Gathered(
        ignored=outside,
        problems=[problem for problem in gathered.problems if not problem.startswith(roots)],
    )
    _read(rest, given, shared, watch)
    return replace(
        assemble(given, _name(given), shared),
        start=min((m.start for m in members if m.start is not None), default=None),
        end=max((m.end for m in members if m.end is not None), default=None),
        servers=tuple(members),
    )


def _peer(given: Path, server: str, limits: Limits) -> Export | None:
    """Return the export of another member; None for one that cannot be read: it is no error."""
    try:
        return cached(given, limits, lambda: _opened(given, server, limits, None), server=server)
    except ExportError:
        return None


def _looked_through(given: Path, gathered: Gathered, limits: Limits) -> list[Found]:
    members, ignored = list_members(given, limits, notes=gathered.problems)
    gathered.ignored += ignored
    return _recognised(members, gathered)


def _check_server(server: str, servers: Sequence[Server], given: Path) -> None:
    names = [part.name for part in servers]
    if server not in names:
        there = f"it holds {', '.join(names)}" if names else "it holds the export of one server"
        raise ExportError(f"holds no server `{server}`; {there}", given)


def _within(gathered: Gathered, root: str) -> Gathered:
    return Gathered(
        ignored=[entry for entry in gathered.ignored if entry.path.startswith(root)],
        problems=[problem for problem in gathered.problems if problem.startswith(root)],
    )


def _one(
    given: Path,
    name: str,
    found: Sequence[Found],
    gathered: Gathered,
    watch: Watch,
    *,
    noted: tuple[Sequence[str], str] = ((), ""),
) -> Export:
    _read(found, given, gathered, watch)
    # Of a cluster, what was noticed while its members were read belongs to one of them.
    notes, root = noted
    gathered.problems += [note for note in notes if note.startswith(root)]
    if all(source.kind in _NO_EVIDENCE for source in gathered.sources):
        raise ExportError(_nothing(gathered.ignored), given)
    return assemble(given, name, gathered)


def _read(found: Sequence[Found], given: Path, gathered: Gathered, watch: Watch) -> None:
    own = one_server(found, given, gathered.ignored, gathered.problems)
    watch.finish(len(found) - len(own))
    for kind, take in TAKERS.items():
        entries = [watch.told(entry) for entry in own if entry.kind == kind]
        if entries:
            take(entries, gathered)
            watch.finish(len(entries))


def _name(given: Path) -> str:
    name = printable(given.name or given.resolve().name or "export")
    return name if given.is_dir() else _ENDING.sub("", name)


def _recognised(members: Sequence[Member], gathered: Gathered) -> list[Found]:
    found: list[Found] = []
    for member in members:
        try:
            seen = recognise(member)
        except ExportError as problem:
            gathered.ignored.append(Ignored(member.path, problem.message))
            gathered.problems.append(f"{member.path}: not read: {problem.message}")
            continue
        if seen.kind is None:
            gathered.ignored.append(Ignored(member.path, seen.why))
        elif seen.kind not in TAKERS:
            why = f"a {seen.kind.replace('-', ' ')}, which is not read"
            gathered.ignored.append(Ignored(member.path, why))
        else:
            found.append(Found(member, seen.kind, seen.stem, seen.number))
    # The older a rotated file, the higher its number.
    return sorted(found, key=lambda entry: (entry.stem, -entry.number, entry.member.path))


def _nothing(ignored: Sequence[Ignored]) -> str:
    seen = "; ".join(f"{entry.path}: {entry.why}" for entry in ignored[:5])
    more = f" and {len(ignored) - 5} more" if len(ignored) > 5 else ""
    looked = f" Seen: {seen}{more}." if seen else ""
    return (
        "nothing that a Neo4j server exports was recognised"
        " (sought: metric CSV files, neo4j.log, debug.log, neo4j.conf, thread dumps)." + looked
    )
