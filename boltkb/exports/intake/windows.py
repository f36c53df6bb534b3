"""Bytes that can be entered anywhere, and parts of them.

What archives hold is read through these, each time through a file of its own, so that members
can be read side by side and nothing is unpacked to disk.
"""

from __future__ import annotations

import io
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

from boltkb.errors import ExportError
from boltkb.exports.intake.streams import Damaged

__all__ = ["HeldBytes", "PathBytes", "RandomBytes", "Window", "open_plain"]


class RandomBytes(Protocol):
    """Bytes that can be entered anywhere."""

    @property
    def size(self) -> int:
        """How many there are."""
        ...

    def at(self, offset: int) -> BinaryIO | io.RawIOBase:
        """Return a file that begins at an offset."""
        ...


def open_plain(place: Path, name: str) -> tuple[BinaryIO, int]:
    """Return an ordinary file, opened, and its size at this moment.

    Raises
    ------
    ExportError
        When it cannot be opened, or has become a pipe or a device since it was listed.
    """
    try:
        # A pipe that took the file's place would wait for a writer for ever.
        handle = os.open(place, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or str(problem)
        raise ExportError(f"cannot be opened ({why})", name) from problem
    file = os.fdopen(handle, "rb")
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        file.close()
        raise ExportError("not an ordinary file", name)
    return file, status.st_size


@dataclass(frozen=True, slots=True)
class PathBytes:
    """The bytes of a file on disk."""

    place: Path
    name: str
    size: int

    def at(self, offset: int) -> BinaryIO:
        """Return a file that begins at an offset."""
        file, _ = open_plain(self.place, self.name)
        file.seek(offset)
        return file


@dataclass(frozen=True, slots=True)
class HeldBytes:
    """Bytes that are held in memory."""

    data: bytes = field(repr=False)

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.data)

    def at(self, offset: int) -> BinaryIO:
        """Return a file that begins at an offset."""
        file = io.BytesIO(self.data)
        file.seek(offset)
        return file


class Window(io.RawIOBase):
    """So many bytes of a file, from where it stands.

    Parameters
    ----------
    below : binary file
        Closed with the window.
    size : int, bytes
    """

    def __init__(self, below: BinaryIO | io.RawIOBase, size: int) -> None:
        self._below = below
        self._left = size

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes; all that is left for a negative size.

        Raises
        ------
        Damaged
            When the file ends before the window does.
        """
        size = self._left if size is None or size < 0 else min(size, self._left)
        if not size:
            return b""
        data = self._below.read(size) or b""
        if not data:
            raise Damaged("they end early")
        self._left -= len(data)
        return data

    def close(self) -> None:
        """Close the file below as well."""
        if not self.closed:
            self._below.close()
        super().close()
