"""What was read before: exports kept on disk, so that opening a large one again starts at once.

The key of an entry is everything the result depends on: each file's path, size, times, inode and
first and last bytes, the limits, and the text of the readers themselves, so that a change of any
of them is a miss.  `BOLTKB_CACHE` names another folder, `BOLTKB_CACHE=off` turns the cache off.
A broken entry, somebody else's or one that cannot be written is as good as none.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from boltkb.exports.codec import CodecError, decode, encode
from boltkb.exports.export import Export
from boltkb.exports.intake.streams import Limits

__all__ = ["cache_folder", "cached", "clear_cache"]

#: Exports up to this many bytes are read as quickly as an entry.
_WORTH_IT = 4 << 20
#: Bytes that all entries may take; past them the one unused longest goes first.
_MOST = 1 << 30
#: Bytes at both ends of a file that are looked at.
_ENDS = 4096
#: Seconds; a file changed so shortly before may change again without a sign.
_FRESH = 2.0
_ENDING = ".records"
_PRIVATE = 0o700


@dataclass(frozen=True, slots=True)
class _State:
    """What a path looked like at one moment."""

    digest: str
    size: int
    newest: float


def cached(path: Path, limits: Limits, read: Callable[[], Export], *, server: str = "") -> Export:
    """Return what was read of a path, from the cache where nothing has changed since.

    Parameters
    ----------
    path : Path
    limits : Limits
    read : callable
        Reads it.
    server : str, optional
        Of a cluster, the one that is read.

    Returns
    -------
    Export

    Raises
    ------
    ExportError
        Whatever `read` raises; nothing else.
    """
    folder = cache_folder()
    began = time.time()
    state = None if folder is None else _state(path, limits)
    if folder is None or state is None:
        return read()
    entry = folder / f"{_key(path, limits, state, server)}{_ENDING}"
    kept = _load(entry)
    if kept is not None:
        return kept
    export = read()
    if state.newest < began - _FRESH and _state(path, limits) == state:
        _store(entry, export)
    return export


def cache_folder() -> Path | None:
    """Return the folder of the cache, which may be absent; None where it is turned off.

    Examples
    --------
    >>> from unittest import mock
    >>> with mock.patch.dict(os.environ, BOLTKB_CACHE="off"):
    ...     print(cache_folder())
    None
    """
    given = os.environ.get("BOLTKB_CACHE", "").strip()
    if given.lower() == "off":
        return None
    if given:
        return Path(given) / "exports"
    import platformdirs

    return platformdirs.user_cache_path("boltkb", appauthor=False) / "exports"


def clear_cache() -> int:
    """Remove every entry of the cache and return how many there were.

    Examples
    --------
    >>> from unittest import mock
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with mock.patch.dict(os.environ, BOLTKB_CACHE=folder):
    ...         clear_cache()
    0
    """
    folder = cache_folder()
    removed = 0
    for entry in [] if folder is None else sorted(folder.glob(f"*{_ENDING}*")):
        with contextlib.suppress(OSError):
            entry.unlink()
            removed += entry.suffix == _ENDING
    return removed


def _key(path: Path, limits: Limits, state: _State, server: str) -> str:
    # The path as given is part of the export; where it leads may change with the folder one is in.
    parts = [_readers(), str(path), str(path.resolve()), server, asdict(limits), state.digest]
    return hashlib.sha256(json.dumps(parts).encode("ascii")).hexdigest()


@functools.cache
def _readers() -> str:
    """Return a digest of the readers and of the catalogue: their text is their version."""
    home = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for room, ending in (("exports", "*.py"), ("catalogue", "*")):
        for file in sorted((home / room).rglob(ending)):
            if file.suffix in {".py", ".toml"}:
                digest.update(f"{file.relative_to(home)}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _state(path: Path, limits: Limits) -> _State | None:
    """Return what a path looks like now; None where it is small or cannot be looked at whole."""
    places: list[tuple[Path, os.stat_result]] = []
    size = 0
    try:
        for place in _places(path):
            status = place.stat()
            places.append((place, status))
            size += status.st_size
            if len(places) > limits.members:
                return None
        if size < _WORTH_IT:
            return None
        digest = hashlib.sha256()
        newest = 0.0
        for place, status in places:
            newest = max(newest, status.st_mtime, status.st_ctime)
            known = (
                str(place), status.st_mode, status.st_size, status.st_mtime_ns,
                status.st_ctime_ns, status.st_ino, status.st_dev,
            )  # fmt: skip
            digest.update(repr(known).encode("utf-8", "backslashreplace"))
            if stat.S_ISREG(status.st_mode):
                digest.update(_ends(place, status.st_size))
    except OSError:
        return None
    return _State(digest.hexdigest(), size, newest)


def _places(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return

    def stop(problem: OSError) -> None:
        raise problem

    for folder, folders, files in os.walk(path, onerror=stop):
        folders.sort()
        for name in sorted(files):
            place = Path(folder, name)
            # A link that leads nowhere is nothing that could change what is read.
            if place.exists():
                yield place


def _ends(place: Path, size: int) -> bytes:
    handle = os.open(place, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb") as file:
        head = file.read(_ENDS)
        file.seek(max(size - _ENDS, 0))
        return hashlib.sha256(head + file.read(_ENDS)).digest()


def _load(entry: Path) -> Export | None:
    try:
        handle = os.open(entry, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode) or not _ours(status):
                return None
            data = file.read()
        with contextlib.suppress(OSError):
            os.utime(entry)
        export = decode(data)
    except (OSError, CodecError):
        return None
    return export if isinstance(export, Export) else None


def _store(entry: Path, export: Export) -> None:
    with contextlib.suppress(OSError, CodecError):
        data = encode(export)
        if len(data) > _MOST // 4:
            return
        folder = entry.parent
        folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        if not _ours(folder.stat()):
            return
        folder.chmod(_PRIVATE)
        # Made for its owner only, and in its place at once: another process sees all or nothing.
        handle, name = tempfile.mkstemp(prefix=entry.name, dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).replace(entry)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        _evict(folder, keep=entry)


def _ours(status: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or status.st_uid == os.geteuid()


def _evict(folder: Path, *, keep: Path) -> None:
    entries: list[tuple[float, int, Path]] = []
    for entry in folder.glob(f"*{_ENDING}*"):
        with contextlib.suppress(OSError):
            status = entry.stat()
            if entry.suffix == _ENDING:
                entries.append((status.st_mtime, status.st_size, entry))
            elif status.st_mtime < time.time() - 3600:
                entry.unlink()
    size = sum(taken for _, taken, _ in entries)
    for _, taken, entry in sorted(entries):
        if size <= _MOST:
            return
        if entry != keep:
            with contextlib.suppress(OSError):
                entry.unlink()
            size -= taken
