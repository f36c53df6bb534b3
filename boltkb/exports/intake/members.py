"""What a path holds, file by file, and how each is read without trusting it.

A folder, an archive, an archive inside either, one file: all become `Member`s with a name and
a stream of bytes.  Nothing is unpacked to disk; names, sizes and ratios have limits; a link
that leads out of the folder is not followed.  Knows nothing of what the files mean.
"""

from __future__ import annotations

import gzip
import io
import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from boltkb.errors import ExportError
from boltkb.exports.intake.streams import Budget, Limits, Stream
from boltkb.exports.records import Ignored

__all__ = ["Member", "list_members"]

_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Member:
    """A file that can be read, wherever it lies.

    Parameters
    ----------
    path : str
        Path inside the export, with `/`; `outer.zip!inner` for one in an archive inside.
    size : int or None
        Bytes unpacked, where they are declared; a declaration, not a promise.
    opener : callable
        Opens it from its beginning.
    """

    path: str
    size: int | None
    opener: Callable[[], Stream] = field(repr=False)

    @property
    def name(self) -> str:
        """The file's own name, without folders, and without the ending of a packed file."""
        name = PurePosixPath(self.path.replace("!", "/")).name
        return name[:-3] if name.lower().endswith(".gz") else name

    @property
    def folder(self) -> str:
        """The folder that it lies in."""
        return str(PurePosixPath(self.path.replace("!", "/")).parent)

    def open(self) -> Stream:
        """Open the file from its beginning."""
        return self.opener()

    def head(self, size: int = 65536) -> bytes:
        """Return the first bytes of the file."""
        with self.open() as stream:
            return stream.read(size)


def list_members(
    path: Path, limits: Limits | None = None
) -> tuple[tuple[Member, ...], tuple[Ignored, ...]]:
    """Return the files that a path holds, and those that cannot be read, with the reason.

    Parameters
    ----------
    path : Path
        A folder, a zip archive or one file.
    limits : Limits, optional

    Returns
    -------
    tuple of (tuple of Member, tuple of Ignored)
        Members by path.

    Raises
    ------
    ExportError
        When the path is absent, an empty folder, too large to be an export, or a file whose
        name ends in `.zip` that is not an archive.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "neo4j.conf").write_text("a=1")
    ...     [member.path for member in list_members(Path(folder))[0]]
    ['neo4j.conf']
    """
    budget = Budget(limits or Limits())
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as problem:
        raise ExportError("there is no such file or folder", path) from problem
    ignored: list[Ignored] = []
    if stat.S_ISDIR(mode):
        members = list(_folder(path, budget, ignored))
        if not members and not ignored:
            raise ExportError("this folder is empty", path)
    elif stat.S_ISREG(mode):
        members = list(_single(path, budget, ignored))
    else:
        raise ExportError("this is neither a folder nor a file", path)
    members.sort(key=lambda member: member.path)
    ignored.sort(key=lambda entry: entry.path)
    return tuple(members), tuple(ignored)


def _single(path: Path, budget: Budget, ignored: list[Ignored]) -> Iterator[Member]:
    member = _file(path, path.name, budget)
    try:
        head = member.head(8)
    except ExportError as problem:
        raise ExportError(problem.message, path) from problem
    if head.startswith(_ZIP_MAGIC):
        try:
            yield from _archive(path, "", budget, ignored, depth=1)
        except zipfile.BadZipFile as problem:
            raise ExportError(
                f"this archive is damaged or cut ({problem}); copy it again", path
            ) from problem
    elif path.suffix.lower() in {".zip", ".jar"}:
        raise ExportError("its name says zip archive, its content is not one", path)
    elif not head and path.stat().st_size == 0:
        raise ExportError("this file is empty", path)
    else:
        yield member


def _folder(root: Path, budget: Budget, ignored: list[Ignored]) -> Iterator[Member]:
    home = root.resolve()
    seen = 0
    waiting: list[tuple[Path, int]] = [(root, 0)]
    while waiting:
        folder, depth = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as problem:
            ignored.append(Ignored(_inside(folder, root), f"cannot be listed ({problem.strerror})"))
            continue
        for entry in entries:
            place = Path(entry.path)
            inside = _inside(place, root)
            seen += 1
            if seen > budget.limits.members:
                raise ExportError(
                    f"holds more than {budget.limits.members:,} files;"
                    " give the folder of the export itself",
                    root,
                )
            reason = _unfit(entry, place, home)
            if reason:
                ignored.append(Ignored(inside, reason))
            elif entry.is_dir(follow_symlinks=False):
                if depth < budget.limits.folder_depth:
                    waiting.append((place, depth + 1))
                else:
                    ignored.append(Ignored(inside, "lies too deep in the folder"))
            else:
                yield from _plain_or_packed(_file(place, inside, budget), budget, ignored, depth=0)


def _unfit(entry: os.DirEntry[str], place: Path, home: Path) -> str:
    try:
        if entry.is_symlink():
            target = place.resolve()
            if not target.is_relative_to(home):
                return "a link that leads out of the folder"
            if not target.exists():
                return "a link that leads nowhere"
            if target.is_dir():
                return "a link to a folder that is read anyway"
        elif entry.is_dir(follow_symlinks=False):
            return ""
        if not stat.S_ISREG(entry.stat().st_mode):
            return "not an ordinary file"
        if not os.access(place, os.R_OK):
            return "may not be read by this user"
    except (OSError, RuntimeError) as problem:
        return f"cannot be looked at ({problem})"
    return ""


def _plain_or_packed(
    member: Member, budget: Budget, ignored: list[Ignored], *, depth: int
) -> Iterator[Member]:
    if not member.path.lower().endswith(".zip"):
        yield member
        return
    if depth >= budget.limits.archive_depth:
        ignored.append(Ignored(member.path, "an archive too deep inside archives"))
        return
    limit = budget.limits.nested_bytes
    try:
        with member.open() as stream:
            data = stream.read(min(8, limit))
            if not data.startswith(_ZIP_MAGIC):
                ignored.append(
                    Ignored(member.path, "its name says zip archive, its content is not one")
                )
                return
            data += _up_to(stream, limit)
        if len(data) > limit:
            ignored.append(Ignored(member.path, f"an archive of more than {limit:,} bytes inside"))
            return
        yield from _archive(io.BytesIO(data), f"{member.path}!", budget, ignored, depth=depth + 1)
    except ExportError as problem:
        ignored.append(Ignored(member.path, problem.message))
    except zipfile.BadZipFile as problem:
        ignored.append(Ignored(member.path, f"a damaged archive ({problem})"))


def _up_to(stream: Stream, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while size <= limit and (part := stream.read(1 << 20)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _archive(
    file: Path | BinaryIO, before: str, budget: Budget, ignored: list[Ignored], *, depth: int
) -> Iterator[Member]:
    try:
        archive = zipfile.ZipFile(file)
    except (ValueError, NotImplementedError, OSError, EOFError) as problem:
        raise zipfile.BadZipFile(str(problem)) from problem
    infos = archive.infolist()
    if len(infos) > budget.limits.members:
        raise ExportError(f"this archive holds more than {budget.limits.members:,} files")
    latest = {info.filename: info for info in infos}
    for info in infos:
        path = before + info.filename
        if info.is_dir():
            continue
        reason = _unfit_packed(info, budget.limits)
        if latest[info.filename] is not info:
            reason = "the archive holds this name again later"
        if reason:
            ignored.append(Ignored(path, reason))
            continue
        member = Member(path, info.file_size, _unpacker(archive, info, path, budget))
        yield from _plain_or_packed(_gunzipped(member, budget), budget, ignored, depth=depth)


def _unfit_packed(info: zipfile.ZipInfo, limits: Limits) -> str:
    name = info.filename
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or (len(name) > 1 and name[1] == ":"):
        return "its path leads out of the archive"
    if any(ord(character) < 32 for character in name) or "\\" in name or len(name) > 1024:
        return "its path holds characters that no export has"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "a link, not a file"
    if info.flag_bits & 0x1:
        return "is encrypted"
    if info.file_size > limits.member_bytes:
        return f"is larger than {limits.member_bytes:,} bytes"
    if info.file_size > limits.ratio_floor and info.file_size > limits.ratio * max(
        info.compress_size, 1
    ):
        return f"unpacks to more than {limits.ratio} times its packed size"
    return ""


def _unpacker(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: str, budget: Budget
) -> Callable[[], Stream]:
    def unpack() -> Stream:
        try:
            raw = archive.open(info)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as problem:
            raise ExportError(f"cannot be unpacked ({problem})", path) from problem
        return Stream(raw, path, info.compress_size, budget)  # type: ignore[arg-type]

    return unpack


def _file(place: Path, inside: str, budget: Budget) -> Member:
    def open_it() -> Stream:
        try:
            return Stream(place.open("rb"), inside, None, budget)
        except OSError as problem:
            raise ExportError(f"cannot be opened ({problem.strerror})", inside) from problem

    try:
        size = place.stat().st_size
    except OSError:
        size = None
    return _gunzipped(Member(inside, size, open_it), budget)


def _gunzipped(member: Member, budget: Budget) -> Member:
    if not member.path.lower().endswith(".gz"):
        return member

    def unpack() -> Stream:
        packed = member.open()
        raw = gzip.GzipFile(fileobj=packed, mode="rb")
        return Stream(raw, member.path, member.size, budget, below=packed)  # type: ignore[arg-type]

    return Member(member.path, None, unpack)


def _inside(place: Path, root: Path) -> str:
    return place.relative_to(root).as_posix()
