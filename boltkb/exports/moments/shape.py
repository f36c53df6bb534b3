"""What this room's files look like from outside: by name and first bytes, never by folder."""

from __future__ import annotations

import re
from collections.abc import Iterable

from boltkb.exports.moments.stamps import line_time
from boltkb.exports.records import SourceKind

__all__ = ["header_kind", "looks_like"]

_TEXT_NAME = re.compile(
    r"\.(?:log|txt|text|out|tdump|threads|json|jsonl|ndjson|csv|tsv|dump|td|lst|list)$|^[^.]+$"
)
_DUMP_NAME = re.compile(r"thread-?_?dump|jstack|thread-?_?print|\btdump")
_THREAD = re.compile(rb'(?m)^"[^"\n]{0,500}" (?:[^\n]{0,80}prio|#\d)|^#\d+ "neo4j\.')
#: A log that holds a dump in its midst stays a log; `take` looks for the dump in it.
_LOG_ENTRY = re.compile(
    rb"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.,]\d{3}(?:[+-]\d\d:?\d\d|Z)"
    rb" +(?:TRACE|DEBUG|INFO|WARN|ERROR) "
)
_JSON_DUMP = re.compile(rb'\{\s{0,20}"threadDump"\s{0,5}:')
_SOCKETS = re.compile(
    rb"(?mi)^\s{0,12}(?:\d{1,9}\s{1,8})?(?:tcp\w{0,4}\s[^\n]{0,200}\b|)(?:ESTAB|LISTEN|TIME[-_]WAIT"
    rb"|CLOSE[-_]WAIT|FIN[-_]WAIT|SYN[-_])[^\n]{0,200}\r?$"
)
_ADDRESS = re.compile(rb"[\d\]*]:(?:\d{1,5}|\*)(?:\s|$)")
_KEY = re.compile(rb'"(\w{3,40})"')
_TRANSACTION_COLUMNS = frozenset({"transactionid", "transaction"})
_SETTING_COLUMNS = frozenset(
    {"isdynamic", "dynamic", "defaultvalue", "startupvalue", "isexplicitlyset", "explicitlyset"}
)
_SETTING = re.compile(rb"\b(?:server|dbms|db|internal|metrics|cypher)\.[a-z_]+[.\w]*")
_LINES = 60


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
    if not (_TEXT_NAME.search(name) or _DUMP_NAME.search(name)) or b"\0" in head[:64]:
        return None
    if _JSON_DUMP.match(head):
        return "thread-dump"
    if _LOG_ENTRY.match(head):
        return None
    if b"Full thread dump" in head or _THREAD.search(head):
        return "thread-dump"
    return _listed(head) or _sockets(head)


def header_kind(columns: Iterable[str]) -> SourceKind | None:
    """Return what a table is about, from its columns; None for columns that are not known.

    Examples
    --------
    >>> header_kind(["transactionId", "connectionId", "elapsedTime"]), header_kind(["a", "b"])
    ('transactions', None)
    >>> header_kind(["name", "value", "isDynamic"])
    'settings-list'
    """
    found = {column.strip().strip('"`').lower() for column in columns}
    if found & _TRANSACTION_COLUMNS and len(found) > 1:
        return "transactions"
    if "connectionid" in found and found & {"connecttime", "useragent", "connector"}:
        return "connections"
    if {"name", "value"} <= found and (found & _SETTING_COLUMNS or len(found) == 2):
        return "settings-list"
    return None


def _listed(head: bytes) -> SourceKind | None:
    for raw in head.split(b"\n", _LINES)[:_LINES]:
        line = raw.strip()[:20_000]
        if not line or line.startswith(b"+-") or line_time(line.decode("utf-8", "replace")):
            continue
        if line[:1] in b"{[":
            return _keyed(head)
        parts = re.split(r"[,;\t|]", line.decode("utf-8", "replace"))
        kind = header_kind(parts)
        if kind == "settings-list" and not _SETTING.search(head):
            kind = None
        if kind is not None:
            return kind
    return None


def _keyed(head: bytes) -> SourceKind | None:
    # Keys, and of a table in JSON its columns: both stand in quotes before the first row ends.
    words = [found[1].decode().lower() for found in _KEY.finditer(head[:8192])]
    kind = header_kind(set(words))
    if kind == "settings-list":
        return kind if _SETTING.search(head) else None
    if kind == "transactions" and "transactionid" not in words:
        return None
    return kind


def _sockets(head: bytes) -> SourceKind | None:
    lines = [found[0] for found in _SOCKETS.finditer(head[:16_384])]
    return "sockets" if any(_ADDRESS.search(line) for line in lines) else None
