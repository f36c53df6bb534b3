"""What this room's files look like from outside: by name and first bytes, never by folder."""

from __future__ import annotations

import re

from boltkb.exports.records import SourceKind

__all__ = ["looks_like"]

_NAME = re.compile(r"^query[\w.-]*\.log")
_TEXT_NAME = re.compile(r"\.(?:log|txt|out|json)$")
_ENTRY = re.compile(rb"\tbolt\t|(?:bolt|server|embedded)-session(?:\t|\\t)")


def looks_like(name: str, head: bytes) -> SourceKind | None:
    """Return which of this room's kinds a file is, None for none.

    Parameters
    ----------
    name : str
        In lower case, without folders, without the number and the ending of a rotated or packed
        file.
    head : bytes
        Its first 64 KiB, as UTF-8.
    """
    if _NAME.match(name) or (_TEXT_NAME.search(name) and _ENTRY.search(head)):
        return "query-log"
    return None
