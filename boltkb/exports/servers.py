"""Whether the files of one path are one server's or a cluster's, and which copy is read.

Two servers' files mixed would give numbers that belong to neither: they are parted where their
folders say how, and an error where not.  A copy of the same file is left out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from boltkb.errors import ExportError
from boltkb.exports.gathered import Found
from boltkb.exports.intake.members import Member
from boltkb.exports.records import Ignored, SourceKind

__all__ = ["Server", "one_server", "part_servers"]

#: What belongs to one server for certain, and so tells servers apart.
_OWN: frozenset[SourceKind] = frozenset({"metric", "log", "query-log", "configuration"})
_ARCHIVE = re.compile(r"\.(?:zip|tgz|tar|tar\.gz)$", re.IGNORECASE)
_ONE_EACH: tuple[SourceKind, ...] = ("metric", "log", "query-log", "configuration", "manifest")


@dataclass(frozen=True, slots=True)
class Server:
    """The files of one server of a cluster.

    Parameters
    ----------
    name : str
        The folder or the archive that holds them, without an archive's ending.
    root : str
        Its path inside what was given, with the mark that ends it.
    found : list of Found
    """

    name: str
    root: str
    found: list[Found]


def part_servers(found: Sequence[Found]) -> tuple[tuple[Server, ...], list[Found]]:
    """Return the servers of a cluster with their files, and the files of none of them.

    The exports of several servers lie side by side, each in a folder or an archive of its own,
    laid out alike: then what each holds is one server's, and the folder is its name.

    Parameters
    ----------
    found : sequence of Found

    Returns
    -------
    tuple of (tuple of Server, list of Found)
        No server and all files when they are not parted so.

    Examples
    --------
    >>> import io
    >>> def log(path, text):
    ...     member = Member(path, len(text), lambda: io.BytesIO(text))
    ...     return Found(member, "log", "debug.log", 0)
    >>> servers, _ = part_servers([log("core-1/debug.log", b"x"), log("core-2/debug.log", b"y")])
    >>> [server.name for server in servers]
    ['core-1', 'core-2']
    """
    own = [entry for entry in found if entry.kind in _OWN]
    depth = _shared_depth([_parts(entry)[:-1] for entry in own])
    roots: dict[str, list[Found]] = {}
    for entry in own:
        parts = _parts(entry)
        if len(parts) - 1 <= depth:
            return (), list(found)
        roots.setdefault(parts[depth], []).append(entry)
    if len(roots) < 2 or not _laid_out_alike(roots, depth):
        return (), list(found)
    before = _parts(own[0])[:depth]
    files: dict[str, list[Found]] = {root: [] for root in sorted(roots)}
    rest: list[Found] = []
    for entry in found:
        parts = _parts(entry)
        if len(parts) - 1 > depth and parts[:depth] == before and parts[depth] in files:
            files[parts[depth]].append(entry)
        else:
            rest.append(entry)
    plain = [_ARCHIVE.sub("", root) for root in files]
    return tuple(
        Server(
            name if plain.count(name) == 1 else root,
            entries[0].member.path[: len("/".join((*before, root))) + 1],
            entries,
        )
        for name, (root, entries) in zip(plain, files.items(), strict=True)
    ), rest


def _parts(entry: Found) -> tuple[str, ...]:
    return PurePosixPath(entry.member.folder, entry.member.name).parts


def _shared_depth(folders: Sequence[tuple[str, ...]]) -> int:
    depth = 0
    while folders and all(len(folder) > depth for folder in folders):
        if len({folder[depth] for folder in folders}) > 1:
            break
        depth += 1
    return depth


def _laid_out_alike(roots: Mapping[str, Sequence[Found]], depth: int) -> bool:
    """Return whether every root has a file, other in content, at a place that another has too."""
    places: dict[tuple[str, ...], dict[str, Found]] = {}
    for root, entries in roots.items():
        for entry in entries:
            inside = _parts(entry)[depth + 1 :]
            # Whoever packs an archive packs one server, whatever the layout inside.
            place = inside[-1:] if _ARCHIVE.search(root) else inside
            places.setdefault(place, {}).setdefault(root, entry)
    alike: set[str] = set()
    for same in places.values():
        if len(same) > 1 and len(_different(list(same.values()))) > 1:
            alike |= same.keys()
    return alike == roots.keys()


def one_server(
    found: Sequence[Found], path: Path, ignored: list[Ignored], problems: list[str]
) -> list[Found]:
    """Return the files of the one server that a path holds, copies left out.

    Parameters
    ----------
    found : sequence of Found
    path : Path
        As it was given, for the message.
    ignored, problems : lists
        Receive what is left out.

    Returns
    -------
    list of Found
        In the order given.

    Raises
    ------
    ExportError
        When files that a server has once stand in several folders with different content.

    Examples
    --------
    >>> import io
    >>> def conf(folder, text):
    ...     member = Member(f"{folder}/neo4j.conf", len(text), lambda: io.BytesIO(text))
    ...     return Found(member, "configuration", "neo4j.conf", 0)
    >>> left_out = []
    >>> kept = one_server([conf("a", b"x=1"), conf("b", b"x=1")], Path("."), left_out, [])
    >>> len(kept), left_out[0].why
    (1, 'the same as a/neo4j.conf')
    """
    groups: dict[tuple[str, str], list[Found]] = {}
    for entry in found:
        if entry.kind in _ONE_EACH:
            groups.setdefault((entry.kind, entry.member.name.lower()), []).append(entry)
    dropped: set[str] = set()
    clashes: list[list[Found]] = []
    for (kind, _), entries in groups.items():
        distinct = _distinct(entries, ignored, dropped)
        if len({entry.member.folder for entry in distinct}) < 2:
            continue
        if kind in {"configuration", "manifest"}:
            kept = _shallowest(distinct)
            if kept is not None:
                for entry in distinct:
                    if entry is not kept:
                        dropped.add(entry.member.path)
                        why = f"{kept.member.path} lies higher up and is taken"
                        ignored.append(Ignored(entry.member.path, why))
                        problems.append(f"{entry.member.path} differs from it: {why}")
                continue
        clashes.append(distinct)
    if clashes:
        folders = sorted({entry.member.folder for entries in clashes for entry in entries})
        told = ", ".join(f"`{folder}`" for folder in folders[:4])
        more = f" and {len(folders) - 4} more" if len(folders) > 4 else ""
        example = clashes[0][0].member.name
        raise ExportError(
            f"holds more than one export: `{example}` stands in {told}{more} with different"
            " content; give one of these, or their common folder without the others",
            path,
        )
    return [entry for entry in found if entry.member.path not in dropped]


def _distinct(entries: Sequence[Found], ignored: list[Ignored], dropped: set[str]) -> list[Found]:
    groups = _different(sorted(entries, key=lambda entry: _depth(entry.member)))
    for first, *copies in groups:
        for entry in copies:
            dropped.add(entry.member.path)
            ignored.append(Ignored(entry.member.path, f"the same as {first.member.path}"))
    return [group[0] for group in groups]


def _different(entries: Sequence[Found]) -> list[list[Found]]:
    """Return entries grouped by their content; a whole file is read only where it must be."""
    if len(entries) < 2:
        return [[entry] for entry in entries]
    alike: dict[tuple[int | None, bytes], list[Found]] = {}
    for entry in entries:
        try:
            head = entry.member.head()
        except ExportError:
            head = f"unreadable {entry.member.path}".encode()
        alike.setdefault((entry.member.size, head), []).append(entry)
    groups: list[list[Found]] = []
    for same in alike.values():
        contents: dict[str, list[Found]] = {}
        for entry in same:
            digest = _digest(entry.member) if len(same) > 1 else ""
            contents.setdefault(digest, []).append(entry)
        groups += contents.values()
    return groups


def _shallowest(entries: Sequence[Found]) -> Found | None:
    ordered = sorted(entries, key=lambda entry: _depth(entry.member))
    first, second = ordered[0], ordered[1]
    return first if _depth(first.member)[0] < _depth(second.member)[0] else None


def _depth(member: Member) -> tuple[int, str]:
    return member.path.count("/") + member.path.count("!"), member.path


def _digest(member: Member) -> str:
    digest = hashlib.sha256()
    try:
        with member.open() as stream:
            while part := stream.read(1 << 20):
                digest.update(part)
    except ExportError:
        return f"unreadable {member.path}"
    return digest.hexdigest()
