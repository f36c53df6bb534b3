"""What this room's files look like from outside: by name and first bytes, never by folder."""

from __future__ import annotations

import re

from boltkb.exports.records import SourceKind

__all__ = ["header_kind", "looks_like"]

_TEXT_NAME = re.compile(r"\.(?:log|txt|out|tdump|json|csv|dump)$")
_DUMP_NAME = re.compile(r"thread-?_?dump|jstack|thread-?_?print")
_THREAD = re.compile(rb'(?m)^"[^"\n]+" .*(?:prio|#\d)')
_TRANSACTION_COLUMNS = frozenset({"transactionid", "transaction"})


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
    if not (_TEXT_NAME.search(name) or _DUMP_NAME.search(name)):
        return None
    if b"Full thread dump" in head or _THREAD.search(head):
        return "thread-dump"
    return header_kind(head.split(b"\n", 1)[0].decode("utf-8", "replace"))


def header_kind(line: str) -> SourceKind | None:
    """Return what a table is about, from its first line; None for columns that are not known.

    Examples
    --------
    >>> header_kind("transactionId, connectionId, elapsedTime"), header_kind("a,b")
    ('transactions', None)
    """
    columns = {part.strip().strip('"`').lower() for part in re.split(r"[,;\t|]", line)}
    if columns & _TRANSACTION_COLUMNS and len(columns) > 1:
        return "transactions"
    if "connectionid" in columns and columns & {"connecttime", "useragent", "connector"}:
        return "connections"
    return None
