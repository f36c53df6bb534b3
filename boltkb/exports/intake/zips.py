"""Zip archives: what they hold by their directory, or by a walk where that is cut off.

The directory comes from a stranger, so sizes in it are claims: files that lie over each other,
unpack to far more than they take, or carry paths that lead out are refused, and what comes out
is watched while it is read.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from boltkb.errors import ExportError
from boltkb.exports.intake.inflating import Inflating
from boltkb.exports.intake.packing import junk, leads_out, printable
from boltkb.exports.intake.streams import Budget, Damaged, Limits, Stream
from boltkb.exports.intake.windows import RandomBytes, Window
from boltkb.exports.records import Ignored

__all__ = ["Packed", "cut_zip_files", "zip_files"]

_LOCAL = struct.Struct("<4s5H3I2H")
_METHODS = {1: "shrink", 6: "implode", 9: "deflate64", 12: "bzip2", 14: "lzma", 93: "zstd"}
#: Bytes that a directory of as many files as may be read can take; more is a trap for memory.
_DIRECTORY = 16 << 20


@dataclass(frozen=True, slots=True)
class Packed:
    """A file in an archive.

    Parameters
    ----------
    name : str
        As it stands in the archive.
    size : int or None
        Bytes unpacked, as they are declared.
    open : callable
    """

    name: str
    size: int | None
    source: RandomBytes
    start: int
    packed: int
    deflated: bool
    check: int | None
    budget: Budget
    path: str

    def open(self) -> Stream:
        """Open it from its beginning."""
        below = self.source.at(self.start)
        window = Window(below, self.packed)
        raw = Inflating(window, gzip=False) if self.deflated else window
        checked = _Checked(raw, self.check, self.path, self.budget)
        return Stream(checked, self.path, self.packed, self.budget)


class _Checked(io.RawIOBase):
    """Bytes whose check sum is compared once all are read."""

    def __init__(self, raw: io.RawIOBase, check: int | None, path: str, budget: Budget) -> None:
        self._raw = raw
        self._check = check
        self._path = path
        self._budget = budget
        self._sum = 0

    def read(self, size: int = -1) -> bytes:
        data = self._raw.read(size) or b""
        self._sum = zlib.crc32(data, self._sum)
        if not data and size and self._check is not None and self._sum != self._check:
            self._budget.note(self._path, "its check sum is wrong: bytes in it are damaged")
        return data

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _Guarded(io.RawIOBase):
    """A file of which no large part may be asked for at once."""

    def __init__(self, raw: BinaryIO | io.RawIOBase) -> None:
        self._raw = raw

    def read(self, size: int = -1) -> bytes:
        data = self._raw.read(_DIRECTORY + 1 if size < 0 else min(size, _DIRECTORY + 1)) or b""
        if len(data) > _DIRECTORY:
            raise zipfile.BadZipFile("its directory is too large")
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        return self._raw.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def zip_files(
    source: RandomBytes, before: str, budget: Budget, ignored: list[Ignored]
) -> Iterator[Packed]:
    """Yield the files of a zip archive by its directory.

    Parameters
    ----------
    source : RandomBytes
    before : str
        What their paths begin with.
    budget : Budget
    ignored : list of Ignored
        Receives what is refused.

    Raises
    ------
    Damaged
        When there is no directory, or it cannot be read.
    ExportError
        When it holds more files than may be read.
    """
    with source.at(0) as raw:
        try:
            with zipfile.ZipFile(_Guarded(raw)) as archive:
                infos = archive.infolist()
        except (
            zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError, struct.error,
        ) as problem:  # fmt: skip
            raise Damaged(str(problem)[:200]) from None
    if len(infos) > budget.limits.members:
        raise ExportError(f"this archive holds more than {budget.limits.members:,} files")
    latest = {info.filename: info for info in infos}
    over = _overlapping(infos)
    for info in infos:
        if info.is_dir():
            continue
        path = before + printable(info.filename)
        reason = _unfit(info, budget.limits)
        if not reason and info.header_offset in over:
            reason = "lies over another file of the archive"
        if latest[info.filename] is not info:
            reason = "the archive holds this name again later"
        start = 0
        if not reason:
            start, reason = _data_start(source, info.header_offset)
        if reason:
            ignored.append(Ignored(path, reason))
            continue
        yield Packed(
            info.filename, info.file_size, source, start, info.compress_size,
            info.compress_type == zipfile.ZIP_DEFLATED, info.CRC, budget, path,
        )  # fmt: skip


def cut_zip_files(
    source: RandomBytes, before: str, budget: Budget, ignored: list[Ignored]
) -> Iterator[Packed]:
    """Yield the files of a zip archive whose directory is missing, one after the other.

    Each begins with a header of its own, so that a copy that broke off still gives what came
    before.  The last one may be cut.

    Parameters
    ----------
    source : RandomBytes
    before : str
    budget : Budget
    ignored : list of Ignored
    """
    place, count = 0, 0
    # What is unpacked only to find where a file ends counts as well, in a budget of its own.
    walk = Budget(budget.limits)
    while count < budget.limits.members:
        found = _local_header(source, place)
        if found is None:
            return
        count += 1
        name, flags, method, check, packed, size, start = found
        path = before + printable(name)
        open_end = bool(flags & 0x8) and packed == 0
        rest = source.size - start
        reason = leads_out(name) or ("is encrypted" if flags & 0x1 else "") or _method(method)
        if junk(name):
            reason = "an operating system's own file"
        if open_end and method != zipfile.ZIP_DEFLATED:
            ignored.append(Ignored(path, reason or "its end cannot be told in a cut archive"))
            return
        deflated = method == zipfile.ZIP_DEFLATED
        length = rest if open_end else min(packed, rest)
        entry = Packed(
            name, None if open_end else size, source, start, length, deflated,
            None if open_end else check, budget, path,
        )  # fmt: skip
        if not name.endswith("/"):
            if reason:
                ignored.append(Ignored(path, reason))
            else:
                yield entry
        if open_end:
            end = _end_of(source, start, walk, path)
            if end is None:
                return
            place = _after_descriptor(source, end)
        else:
            place = start + packed


def _overlapping(infos: list[zipfile.ZipInfo]) -> set[int]:
    """Return where the headers of files stand whose bytes another one claims as well."""
    over: set[int] = set()
    end, last = -1, -1
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            over |= {info.header_offset, last}
        reach = info.header_offset + _LOCAL.size + info.compress_size
        if reach > end:
            end, last = reach, info.header_offset
    return over


def _unfit(info: zipfile.ZipInfo, limits: Limits) -> str:
    reason = leads_out(info.filename)
    if reason:
        return reason
    if junk(info.filename):
        return "an operating system's own file"
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        return "a link, not a file"
    if stat.S_IFMT(mode) and not stat.S_ISREG(mode):
        return "not an ordinary file"
    if info.flag_bits & 0x1:
        return "is encrypted"
    most = min(limits.member_bytes, limits.packed_bytes)
    if info.file_size > most:
        return f"is larger than {most:,} bytes"
    if info.file_size > limits.ratio_floor and info.file_size > limits.ratio * max(
        info.compress_size, 1
    ):
        return f"unpacks to more than {limits.ratio} times its packed size"
    return _method(info.compress_type)


def _method(number: int) -> str:
    if number in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return ""
    name = _METHODS.get(number, str(number))
    return f"is packed by a method that is not read ({name}); pack it with deflate"


def _data_start(source: RandomBytes, offset: int) -> tuple[int, str]:
    found = _local_header(source, offset)
    if found is None:
        return 0, "its place in the archive holds something else"
    return found[-1], ""


def _local_header(
    source: RandomBytes, offset: int
) -> tuple[str, int, int, int, int, int, int] | None:
    if not 0 <= offset < source.size:
        return None
    with source.at(offset) as raw:
        head = raw.read(_LOCAL.size) or b""
        if len(head) < _LOCAL.size:
            return None
        magic, _, flags, method, _, _, check, packed, size, length, more = _LOCAL.unpack(head)
        if magic != b"PK\x03\x04":
            return None
        name = raw.read(length) or b""
        extra = raw.read(more) or b""
    if len(name) < length or len(extra) < more:
        return None
    if size == 0xFFFFFFFF or packed == 0xFFFFFFFF:
        size, packed = _wide(extra, size, packed)
    text = name.decode("utf-8" if flags & 0x800 else "cp437", "replace")
    return text, flags, method, check, packed, size, offset + _LOCAL.size + length + more


def _wide(extra: bytes, size: int, packed: int) -> tuple[int, int]:
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, place)
        if kind == 1 and length >= 16 and place + 20 <= len(extra):
            size, packed = struct.unpack_from("<2Q", extra, place + 4)
            break
        place += 4 + length
    return size, packed


def _end_of(source: RandomBytes, start: int, walk: Budget, path: str) -> int | None:
    inflating = Inflating(source.at(start), gzip=False)
    try:
        with Stream(inflating, path, source.size - start, walk) as stream:
            while stream.read(1 << 20):
                pass
            return start + inflating.consumed if inflating.complete else None
    except ExportError:
        return None


def _after_descriptor(source: RandomBytes, end: int) -> int:
    # Twelve or twenty bytes, with or without a mark of their own: the next header tells.
    for length in (16, 12, 24, 20):
        if _local_header(source, end + length) is not None:
            return end + length
    return source.size
