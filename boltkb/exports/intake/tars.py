"""Tar archives, packed with gzip or not: what they hold, read in one pass without unpacking.

Links, devices and pipes are refused; a cut archive gives what came before the cut.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from boltkb.errors import ExportError
from boltkb.exports.intake.inflating import GzipBytes
from boltkb.exports.intake.packing import junk, leads_out, printable
from boltkb.exports.intake.streams import Budget, Damaged, Limits, Stream
from boltkb.exports.intake.windows import RandomBytes, Window
from boltkb.exports.records import Ignored

__all__ = ["Filed", "tar_files"]

#: No header of a tar archive is larger; a larger one is a trap for memory.
_HEADER = 1 << 20


@dataclass(frozen=True, slots=True)
class Filed:
    """A file in a tar archive.

    Parameters
    ----------
    name : str
        As it stands in the archive.
    size : int
        Bytes, as they are declared.
    """

    name: str
    size: int
    source: RandomBytes | GzipBytes
    start: int
    packed: int | None
    budget: Budget
    path: str

    def open(self) -> Stream:
        """Open it from its beginning."""
        try:
            below = self.source.at(self.start)
        except Damaged as problem:
            raise ExportError(f"its packed bytes are damaged ({problem})", self.path) from None
        return Stream(Window(below, self.size), self.path, self.packed, self.budget)


class _Forward(io.RawIOBase):
    """A stream that is only read forwards, as a file that can be told to skip."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._place = 0

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > _HEADER:
            raise tarfile.ReadError("a header is too large")
        parts = bytearray()
        while len(parts) < size and (part := self._stream.read(size - len(parts))):
            parts += part
        self._place += len(parts)
        return bytes(parts)

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence or offset < self._place:
            raise tarfile.ReadError("its files do not follow each other")
        while self._place < offset and self.read(min(offset - self._place, _HEADER)):
            pass
        return self._place

    def tell(self) -> int:
        return self._place

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


def tar_files(
    source: RandomBytes | GzipBytes,
    path: str,
    before: str,
    budget: Budget,
    ignored: list[Ignored],
) -> Iterator[Filed]:
    """Yield the files of a tar archive.

    Parameters
    ----------
    source : RandomBytes or GzipBytes
        The latter for one that is packed.
    path : str
        The archive's own.
    before : str
        What the paths of its files begin with.
    budget : Budget
    ignored : list of Ignored
        Receives what is refused.

    Raises
    ------
    Damaged
        When not a single header can be read.
    ExportError
        When it holds more files than may be read, or unpacks to more.
    """
    packed = source.packed_size if isinstance(source, GzipBytes) else None
    # Looking through a packed archive reads all of it once; that counts by itself.
    walk = Budget(budget.limits)
    if packed is not None:
        walk = Budget(_whole(budget))
    found: list[Filed] = []
    with _from_start(source, path) as raw, Stream(raw, path, packed, walk) as stream:
        try:
            archive = tarfile.open(fileobj=_Forward(stream), mode="r:")  # noqa: SIM115
            for count, info in enumerate(archive, 1):
                if count > budget.limits.members:
                    raise ExportError(  # noqa: TRY301
                        f"this archive holds more than {budget.limits.members:,} files"
                    )
                _file(info, source, packed, before, budget, ignored, found)
                # The library keeps every header it has read.
                archive.members = []  # type: ignore[attr-defined]
        except ExportError as problem:
            if not found:
                raise
            budget.note(path, f"{problem.message}; the files before that are read")
        except (tarfile.TarError, ValueError, OverflowError, EOFError, LookupError) as problem:
            if not found:
                raise Damaged(str(problem)[:200]) from None
            budget.note(path, f"this archive is cut ({problem}); what stands before is read")
    for note in walk.notes:
        budget.note(path, note.removeprefix(f"{path}: "))
    yield from found


def _whole(budget: Budget) -> Limits:
    limits = budget.limits
    return replace(
        limits,
        member_bytes=max(limits.member_bytes, limits.packed_total_bytes),
        packed_bytes=limits.packed_total_bytes,
    )


def _from_start(source: RandomBytes | GzipBytes, path: str) -> BinaryIO | io.RawIOBase:
    try:
        return source.at(0)
    except Damaged as problem:
        raise ExportError(f"its packed bytes are damaged ({problem})", path) from None


def _file(
    info: tarfile.TarInfo,
    source: RandomBytes | GzipBytes,
    packed: int | None,
    before: str,
    budget: Budget,
    ignored: list[Ignored],
    found: list[Filed],
) -> None:
    # `tar -C folder .` writes every name with a dot before it.
    name = info.name.removeprefix("./")
    if info.isdir() or not name:
        return
    path = before + printable(name)
    reason = leads_out(name)
    most = budget.limits.member_bytes
    if packed is not None:
        most = min(most, budget.limits.packed_bytes)
    if not reason and junk(name):
        reason = "an operating system's own file"
    elif not reason and (info.issym() or info.islnk()):
        reason = "a link, not a file"
    elif not reason and (not info.isfile() or info.issparse()):
        reason = "not an ordinary file"
    elif not reason and info.size > most:
        reason = f"is larger than {most:,} bytes"
    if reason:
        ignored.append(Ignored(path, reason))
    else:
        found.append(Filed(name, info.size, source, info.offset_data, packed, budget, path))
