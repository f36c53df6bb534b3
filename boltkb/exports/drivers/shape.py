"""What this room's files look like from outside: by name and first bytes, never by folder."""

from __future__ import annotations

from boltkb.exports.records import SourceKind

__all__ = ["looks_like"]


def looks_like(_name: str, _head: bytes) -> SourceKind | None:
    """Return which of this room's kinds a file is, None for none.

    Parameters
    ----------
    _name : str
        In lower case, without folders, without the number and the ending of a rotated or packed
        file.
    _head : bytes
        Its first 64 KiB, as UTF-8.
    """
    return None
