"""What a path holds, file by file, and how each is read without trusting it.

A folder, an archive, an archive inside either, one file: all become `Member`s with a name and
a stream of bytes.  Nothing is unpacked to disk; names, sizes and ratios have limits; a link
that leads out of the folder is not followed.  Knows nothing of what the files mean.  What unpacks
is loaded when something is packed: it takes as long as reading a hundred megabytes.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from boltkb.errors import ExportError
from boltkb.exports.intake.packing import HEAD, is_tar, junk, other_archive, packing, printable
from boltkb.exports.intake.streams import Budget, Damaged, Limits, Stream
from boltkb.exports.intake.windows import HeldBytes, PathBytes, RandomBytes, open_plain
from boltkb.exports.records import Ignored

if TYPE_CHECKING:
    from boltkb.exports.intake.tars import Filed
    from boltkb.exports.intake.zips import Packed

__all__ = ["Member", "list_members"]

#: A rotated file in an archive of its own, such as `x.csv.02.zip!x.csv.01`.
_ROTATED = re.compile(
    r"(?:^|[/!])(?P<stem>[^/!]+)\.(?P<number>\d{1,4})\.zip!(?P=stem)\.\d{1,4}$", re.IGNORECASE
)


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
        """The file's own name, without folders, and without the ending of a packed file.

        A rotated file that is packed by itself keeps inside the number that it had when it was
        packed; what counts is the archive's.
        """
        rotated = _ROTATED.search(self.path)
        if rotated:
            return f"{rotated['stem']}.{rotated['number']}"
        name = PurePosixPath(self.path.replace("!", "/")).name
        return name[:-3] if name.lower().endswith(".gz") else name

    @property
    def folder(self) -> str:
        """The folder that it lies in."""
        path = self.path.rpartition("!")[0] if _ROTATED.search(self.path) else self.path
        return str(PurePosixPath(path.replace("!", "/")).parent)

    def open(self) -> Stream:
        """Open the file from its beginning."""
        return self.opener()

    def head(self, size: int = 65536) -> bytes:
        """Return the first bytes of the file."""
        with self.open() as stream:
            return stream.read(size)


def list_members(
    path: Path, limits: Limits | None = None, *, notes: list[str] | None = None
) -> tuple[tuple[Member, ...], tuple[Ignored, ...]]:
    """Return the files that a path holds, and those that cannot be read, with the reason.

    Parameters
    ----------
    path : Path
        A folder, an archive (zip, tar, tar packed with gzip) or one file.
    limits : Limits, optional
    notes : list of str, optional
        Receives what is noticed, now and later while members are read: an archive that is cut,
        a file that changed meanwhile.

    Returns
    -------
    tuple of (tuple of Member, tuple of Ignored)
        Members by path.

    Raises
    ------
    ExportError
        When the path is absent, an empty folder, too large to be an export, an archive of a
        kind that is not read, or a file whose name ends in `.zip` that is not an archive.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "neo4j.conf").write_text("a=1")
    ...     [member.path for member in list_members(Path(folder))[0]]
    ['neo4j.conf']
    """
    budget = Budget(limits or Limits(), notes=[] if notes is None else notes)
    try:
        status = path.stat()
    except (OSError, ValueError) as problem:
        raise ExportError("there is no such file or folder", printable(str(path))) from problem
    ignored: list[Ignored] = []
    if stat.S_ISDIR(status.st_mode):
        members = list(_folder(path, budget, ignored))
        if not members and not ignored:
            raise ExportError("this folder is empty", path)
    elif stat.S_ISREG(status.st_mode):
        members = list(_single(path, status.st_size, budget, ignored))
    else:
        raise ExportError("this is neither a folder nor a file", path)
    members.sort(key=lambda member: member.path)
    ignored.sort(key=lambda entry: entry.path)
    _tell_clashes(members, budget)
    return tuple(members), tuple(ignored)


def _tell_clashes(members: list[Member], budget: Budget) -> None:
    seen: dict[str, str] = {}
    for member in members:
        first = seen.setdefault(member.path.lower(), member.path)
        if first != member.path:
            budget.note(member.path, f"its name differs from {first} by capitals only")


def _single(path: Path, size: int, budget: Budget, ignored: list[Ignored]) -> Iterator[Member]:
    name = printable(path.name)
    if not size:
        raise ExportError("this file is empty", path)
    source = PathBytes(path, name, size)
    try:
        yield from _contents(source, name, "", budget, ignored, depth=0)
    except ExportError as problem:
        raise ExportError(problem.message, path) from problem
    except Damaged as problem:
        raise ExportError(
            f"this archive is damaged or cut ({problem}); copy it again", path
        ) from problem


def _folder(root: Path, budget: Budget, ignored: list[Ignored]) -> Iterator[Member]:
    home = root.resolve()
    limits = budget.limits
    seen = 0
    waiting: list[tuple[Path, int]] = [(root, 0)]
    while waiting:
        folder, depth = waiting.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(islice(listing, limits.members + 1), key=lambda entry: entry.name)
        except OSError as problem:
            ignored.append(Ignored(_inside(folder, root), f"cannot be listed ({problem.strerror})"))
            continue
        seen += len(entries)
        if seen > limits.members:
            raise ExportError(
                f"holds more than {limits.members:,} files; give the folder of the export itself",
                root,
            )
        for entry in entries:
            place = Path(entry.path)
            inside = _inside(place, root)
            reason = _unfit(entry, place, home)
            if reason:
                ignored.append(Ignored(inside, reason))
            elif entry.is_dir(follow_symlinks=False):
                if depth < limits.folder_depth:
                    waiting.append((place, depth + 1))
                else:
                    ignored.append(Ignored(inside, "lies too deep in the folder"))
            else:
                yield from _looked_into(place, inside, budget, ignored)


def _looked_into(
    place: Path, inside: str, budget: Budget, ignored: list[Ignored]
) -> Iterator[Member]:
    try:
        source = PathBytes(place, inside, place.stat().st_size)
        yield from _contents(source, inside, f"{inside}!", budget, ignored, depth=0)
    except OSError as problem:
        ignored.append(Ignored(inside, f"cannot be opened ({problem.strerror})"))
    except ExportError as problem:
        ignored.append(Ignored(inside, problem.message))
    except Damaged as problem:
        ignored.append(Ignored(inside, f"a damaged archive ({problem})"))


def _unfit(entry: os.DirEntry[str], place: Path, home: Path) -> str:
    try:
        if junk(entry.name):
            return "an operating system's own file"
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
        return f"cannot be looked at ({printable(str(problem))})"
    return ""


def _contents(
    source: PathBytes | HeldBytes,
    path: str,
    before: str,
    budget: Budget,
    ignored: list[Ignored],
    *,
    depth: int,
) -> Iterator[Member]:
    """Yield a file, or the files that are packed in it."""
    plain = Member(path, source.size, _plain(source, path, budget))
    head = plain.head(HEAD)
    kind = packing(head, path)
    other = other_archive(head)
    if other:
        if depth or before:
            ignored.append(Ignored(path, other))
            return
        raise ExportError(other, path)
    if kind == "gzip":
        gunzipped = _gunzipped(plain, budget)
        if not is_tar(_first(gunzipped)):
            yield gunzipped
            return
    elif kind == "plain":
        if path.lower().endswith((".zip", ".tar", ".tgz")) and head:
            what = "zip" if path.lower().endswith(".zip") else "tar"
            raise ExportError(f"its name says {what} archive, its content is not one", path)
        yield plain
        return
    if depth >= budget.limits.archive_depth:
        ignored.append(Ignored(path, "an archive too deep inside archives"))
        return
    files: Iterable[Packed | Filed]
    if kind == "zip":
        files = _zipped(source, path, before, budget, ignored)
    else:
        from boltkb.exports.intake.inflating import GzipBytes
        from boltkb.exports.intake.tars import tar_files

        tar = GzipBytes(source) if kind == "gzip" else source
        files = tar_files(tar, path, before, budget, ignored)
    for file in files:
        yield from _member_of(file, budget, ignored, depth=depth + 1)


def _zipped(
    source: RandomBytes, path: str, before: str, budget: Budget, ignored: list[Ignored]
) -> Iterator[Packed]:
    from boltkb.exports.intake.zips import cut_zip_files, zip_files

    try:
        yield from zip_files(source, before, budget, ignored)
    except Damaged as problem:
        found = 0
        for file in cut_zip_files(source, before, budget, ignored):
            found += 1
            yield file
        if not found:
            raise
        budget.note(
            path,
            f"this archive is cut ({problem}); the {found} files that it begins with are read, the"
            " last one may be cut too",
        )


def _member_of(
    file: Packed | Filed, budget: Budget, ignored: list[Ignored], *, depth: int
) -> Iterator[Member]:
    member = Member(file.path, file.size, file.open)
    limit = budget.limits.nested_bytes
    try:
        head = _first(member)
        kind = packing(head, member.path)
        packed_tar = kind == "gzip" and is_tar(_first(_gunzipped(member, budget)))
        if kind == "gzip" and not packed_tar:
            yield _gunzipped(member, budget)
            return
        if kind == "plain" and not other_archive(head):
            if member.path.lower().endswith(".zip") and head:
                why = "its name says zip archive, its content is not one"
                ignored.append(Ignored(member.path, why))
            else:
                yield member
            return
        if depth >= budget.limits.archive_depth:
            ignored.append(Ignored(member.path, "an archive too deep inside archives"))
            return
        with member.open() as stream:
            data = bytearray()
            while len(data) <= limit and (part := stream.read(1 << 20)):
                data += part
        if len(data) > limit:
            ignored.append(Ignored(member.path, f"an archive of more than {limit:,} bytes inside"))
            return
        held = HeldBytes(bytes(data))
        yield from _contents(held, member.path, f"{member.path}!", budget, ignored, depth=depth)
    except ExportError as problem:
        ignored.append(Ignored(member.path, problem.message))
    except Damaged as problem:
        ignored.append(Ignored(member.path, f"a damaged archive ({problem})"))


def _first(member: Member) -> bytes:
    # What is damaged from its start is told by whoever reads it.
    try:
        return member.head(HEAD)
    except ExportError:
        return b""


def _plain(source: PathBytes | HeldBytes, path: str, budget: Budget) -> Callable[[], Stream]:
    def open_it() -> Stream:
        if isinstance(source, HeldBytes):
            return Stream(source.at(0), path, None, budget)
        file, size = open_plain(source.place, path)
        return Stream(file, path, None, budget, expected=size)

    return open_it


def _gunzipped(member: Member, budget: Budget) -> Member:
    from boltkb.exports.intake.inflating import Inflating

    def unpack() -> Stream:
        raw = Inflating(member.open(), gzip=True)
        return Stream(raw, member.path, member.size, budget)

    return Member(member.path, None, unpack)


def _inside(place: Path, root: Path) -> str:
    return printable(place.relative_to(root).as_posix())
