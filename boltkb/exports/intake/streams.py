"""Bytes of strangers' files, read with limits.

Knows nothing of names, folders or formats.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from boltkb.errors import ExportError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["Budget", "Limits", "Stream"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a stranger's archive may make this process read.

    Parameters
    ----------
    members : int
        Files in a folder or in an archive.
    folder_depth : int
        Folders inside folders.
    archive_depth : int
        Archives inside archives.
    member_bytes : int
        Bytes of one file, unpacked.
    total_bytes : int
        Bytes of all files that are read from one path, unpacked.
    nested_bytes : int
        Bytes of an archive that lies inside another and is held in memory for reading.
    ratio : int
        Unpacked bytes for one packed byte, told apart from small files by `ratio_floor`.
    ratio_floor : int
        Bytes up to which the ratio does not matter.
    """

    members: int = 50_000
    folder_depth: int = 12
    archive_depth: int = 2
    member_bytes: int = 2 << 30
    total_bytes: int = 8 << 30
    nested_bytes: int = 256 << 20
    ratio: int = 250
    ratio_floor: int = 4 << 20


@dataclass(slots=True)
class Budget:
    """What has been read of one path so far, and what may be.

    Parameters
    ----------
    limits : Limits
    total : int
        Bytes read so far, unpacked.
    """

    limits: Limits
    total: int = 0


class Stream(io.RawIOBase):
    """Bytes of a member, with its limits watched while they are read.

    Raises `ExportError` when the member unpacks to more than the limits allow, and when its
    packed bytes are damaged.
    """

    def __init__(
        self,
        raw: BinaryIO,
        path: str,
        packed: int | None,
        budget: Budget,
        *,
        below: BinaryIO | Stream | None = None,
    ) -> None:
        self._below = below
        self._raw = raw
        self._path = path
        self._packed = packed
        self._budget = budget
        self._read = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes; all that is left for a negative size."""
        if size is None or size < 0:
            parts = []
            while part := self.read(1 << 20):
                parts.append(part)
            return b"".join(parts)
        try:
            data = self._raw.read(size)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as problem:
            raise ExportError(f"its packed bytes are damaged ({problem})", self._path) from problem
        self._count(len(data))
        return data

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read into a buffer, and return how many bytes; 0 at the end."""
        try:
            got: int = self._raw.readinto(buffer)  # type: ignore[attr-defined]
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as problem:
            raise ExportError(f"its packed bytes are damaged ({problem})", self._path) from problem
        self._count(got)
        return got

    def _count(self, got: int) -> None:
        self._read += got
        self._budget.total += got
        limits = self._budget.limits
        if self._read > limits.member_bytes:
            raise ExportError(f"is larger than {limits.member_bytes:,} bytes", self._path)
        if self._budget.total > limits.total_bytes:
            raise ExportError(
                f"more than {limits.total_bytes:,} bytes in all have been read", self._path
            )
        if (
            self._packed is not None
            and self._read > limits.ratio_floor
            and self._read > limits.ratio * max(self._packed, 1)
        ):
            raise ExportError(
                f"unpacks to more than {limits.ratio} times its packed size", self._path
            )

    def close(self) -> None:
        """Close the stream below as well."""
        if not self.closed:
            self._raw.close()
            if self._below is not None:
                self._below.close()
        super().close()
