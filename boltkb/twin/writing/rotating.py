"""A file that grows in pieces and is put aside when it is full, as Neo4j rotates its own."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

__all__ = ["RotatingFile"]

_PACKED_AT = (2026, 1, 1, 0, 0, 0)  # a moment that no run's clock moves


class RotatingFile:
    r"""A file to which bytes are added; a full one gets a number, and the oldest go.

    Parameters
    ----------
    path : Path
    limit : int, bytes
        Checked before each entry, so that a file is a little longer.
    ending : callable
        Returns what the name of the n-th rotated file ends with.
    keep : int
        Rotated files, at most.
    entry : bytes
        With what an entry begins, its line break included.
    begin : callable, optional
        Returns what stands at the top of each rotated-in file.
    packed : bool
        Whether a rotated file is put into a zip.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.log")
    ...     with RotatingFile(path, limit=8, ending=lambda n: f".{n}", entry=b"\n") as file:
    ...         file.write(b"one\ntwo\nthree\nfour\n")
    ...     path.read_bytes(), Path(folder, "a.log.1").read_bytes()
    (b'three\nfour\n', b'one\ntwo\n')
    """

    def __init__(
        self,
        path: Path,
        *,
        limit: int,
        ending: Callable[[int], str],
        keep: int = 7,
        entry: bytes,
        begin: Callable[[], bytes] | None = None,
        packed: bool = False,
    ) -> None:
        self.path = path
        self._limit = limit
        self._ending = ending
        self._keep = keep
        self._entry = entry
        self._begin = begin
        self._packed = packed
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: io.BufferedWriter = path.open("wb")
        self._size = 0

    def __enter__(self) -> RotatingFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def write(self, data: bytes) -> None:
        """Add whole entries, rotating between two of them where the file is full."""
        place = 0
        while place < len(data):
            if self._size >= self._limit:
                self._rotate()
            # One byte back, so that an entry which begins exactly at the limit is found.
            cut = data.find(self._entry, place + max(self._limit - self._size, 1) - 1)
            # The line break belongs to the entry before.
            stop = len(data) if cut < 0 else cut + 1
            self._file.write(memoryview(data)[place:stop])
            self._size += stop - place
            place = stop

    def _rotate(self) -> None:
        self._file.close()
        last = ".zip" if self._packed else ""
        for number in range(self._keep, 0, -1):
            old = self._named(number, last)
            if old.exists():
                if number == self._keep:
                    old.unlink()
                else:
                    old.rename(self._named(number + 1, last))
        first = self._named(1)
        self.path.rename(first)
        if self._packed:
            self._pack(first)
        self._file = self.path.open("wb")
        self._size = 0
        if self._begin is not None:
            self._size = self._file.write(self._begin())

    def _named(self, number: int, last: str = "") -> Path:
        return self.path.with_name(self.path.name + self._ending(number) + last)

    def _pack(self, plain: Path) -> None:
        entry = zipfile.ZipInfo(plain.name, _PACKED_AT)
        entry.compress_type = zipfile.ZIP_DEFLATED
        with zipfile.ZipFile(plain.with_name(plain.name + ".zip"), "w") as archive:
            archive.writestr(entry, plain.read_bytes())
        plain.unlink()
