"""Whether the files of one path are one server's, and which of two copies is read.

Two servers' files mixed would give numbers that belong to neither, so that is an error; a copy
of the same file is left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from boltkb.errors import ExportError
from boltkb.exports.gathered import Found
from boltkb.exports.intake.members import Member
from boltkb.exports.records import Ignored, SourceKind

__all__ = ["one_server"]

_ONE_EACH: tuple[SourceKind, ...] = ("metric", "log", "configuration", "manifest")


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
    if len(entries) < 2:
        return list(entries)
    seen: dict[str, Found] = {}
    for entry in sorted(entries, key=lambda entry: _depth(entry.member)):
        digest = _digest(entry.member)
        if digest in seen:
            dropped.add(entry.member.path)
            ignored.append(Ignored(entry.member.path, f"the same as {seen[digest].member.path}"))
        else:
            seen[digest] = entry
    return list(seen.values())


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
