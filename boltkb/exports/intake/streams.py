"""Bytes of strangers' files, read with limits.

Knows nothing of names, folders or formats.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from boltkb.errors import ExportError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["Budget", "Damaged", "Limits", "Stream"]

_Got = TypeVar("_Got")


class Damaged(Exception):
    """Packed bytes end early or contradict themselves; never leaves `intake`."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a stranger's files may make this process read.

    A plain file costs time only, since readers hold little of it: a query log of 10 GB is
    read.  What is packed may be far larger than the file that was sent, so it is held shorter.

    Parameters
    ----------
    members : int
        Files in a folder or in an archive.
    folder_depth : int
        Folders inside folders.
    archive_depth : int
        Archives inside archives.
    member_bytes : int
        Bytes of one file.
    total_bytes : int
        Bytes of all files that are read from one path.
    packed_bytes : int
        Bytes of one packed file, unpacked.
    packed_total_bytes : int
        Bytes of all packed files that are read from one path, unpacked.
    whole_bytes : int
        Bytes of a file that a reader wants to have in memory as a whole.
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
    member_bytes: int = 64 << 30
    total_bytes: int = 256 << 30
    packed_bytes: int = 4 << 30
    packed_total_bytes: int = 16 << 30
    whole_bytes: int = 128 << 20
    nested_bytes: int = 128 << 20
    ratio: int = 250
    ratio_floor: int = 4 << 20


@dataclass(slots=True)
class Budget:
    """What has been read of one path so far, and what may be.

    Parameters
    ----------
    limits : Limits
    total, packed_total : int
        Bytes read so far; those of packed files, unpacked.
    notes : list of str
        What was noticed on the way: a file that is cut, one that changed while it was read.
    """

    limits: Limits
    total: int = 0
    packed_total: int = 0
    notes: list[str] = field(default_factory=list)

    def note(self, path: str, what: str) -> None:
        """Write down once what was noticed of a file."""
        told = f"{path}: {what}"
        if told not in self.notes:
            self.notes.append(told)


class Stream(io.RawIOBase):
    """Bytes of a member, with its limits watched while they are read.

    Raises `ExportError` when the member is larger than the limits allow, and when its packed
    bytes are damaged from their start.  Of packed bytes that are cut or damaged later, what
    comes before is given, and the budget's notes say so.

    Parameters
    ----------
    raw : binary file
        Closed with the stream.
    path : str
        For messages.
    packed : int or None
        Packed bytes; None for a plain file.
    budget : Budget
    expected : int or None
        Bytes that a plain file had when it was opened; no more are read, so that a file that
        grows comes to an end.
    """

    def __init__(
        self,
        raw: BinaryIO | io.RawIOBase,
        path: str,
        packed: int | None,
        budget: Budget,
        *,
        expected: int | None = None,
    ) -> None:
        self._raw = raw
        self._path = path
        self._packed = packed
        self._budget = budget
        self._expected = expected
        self._read = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes; all that is left for a negative size.

        Raises
        ------
        ExportError
            As the class says; and for a negative size when more is left than `whole_bytes`.
        """
        if size is None or size < 0:
            return self._whole()
        data = self._guarded(self._raw.read, self._fitting(size)) or b""
        self._count(len(data), wanted=size)
        return data

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read into a buffer, and return how many bytes; 0 at the end.

        Raises
        ------
        ExportError
            As the class says.
        """
        room = memoryview(buffer).cast("B")
        if isinstance(self._raw, io.BufferedIOBase):
            part = room[: self._fitting(len(room))]
            got = self._guarded(self._raw.readinto, part) or 0
            self._count(got, wanted=len(room))
            return got
        data = self.read(len(room))
        room[: len(data)] = data
        return len(data)

    def _fitting(self, size: int) -> int:
        return size if self._expected is None else min(size, self._expected - self._read)

    def _whole(self) -> bytes:
        limit = self._budget.limits.whole_bytes
        whole = bytearray()
        while part := self.read(1 << 20):
            whole += part
            if len(whole) > limit:
                raise ExportError(f"is larger than {limit:,} bytes", self._path)
        return bytes(whole)

    def _guarded(self, action: Callable[..., _Got], *given: object) -> _Got | None:
        try:
            return action(*given)
        except Damaged as problem:
            if not self._read:
                raise ExportError(f"its packed bytes are damaged ({problem})", self._path) from None
            self._budget.note(
                self._path,
                f"its packed bytes are damaged ({problem}); the {self._read:,} bytes before are"
                " read, the rest is missing",
            )
            return None
        except OSError as problem:
            why = problem.strerror or str(problem)
            raise ExportError(f"cannot be read ({why})", self._path) from problem

    def _count(self, size: int, *, wanted: int) -> None:
        if self._expected is not None and wanted and not size and self._read < self._expected:
            self._budget.note(self._path, "became shorter while it was read")
            self._expected = self._read
        budget, limits = self._budget, self._budget.limits
        self._read += size
        budget.total += size
        most, most_of_all, so_far = limits.member_bytes, limits.total_bytes, budget.total
        if self._packed is not None:
            budget.packed_total += size
            most = min(most, limits.packed_bytes)
            if budget.packed_total > limits.packed_total_bytes:
                most_of_all, so_far = limits.packed_total_bytes, budget.packed_total
        if self._read > most:
            raise ExportError(f"is larger than {most:,} bytes", self._path)
        if so_far > most_of_all:
            raise ExportError(f"more than {most_of_all:,} bytes in all have been read", self._path)
        if (
            self._packed is not None
            and self._read > limits.ratio_floor
            and self._read > limits.ratio * max(self._packed, 1)
        ):
            raise ExportError(
                f"unpacks to more than {limits.ratio} times its packed size", self._path
            )

    def close(self) -> None:
        """Close the file below as well."""
        if not self.closed:
            self._raw.close()
        super().close()
