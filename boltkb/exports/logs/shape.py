"""What this room's files look like from outside: by name and first bytes, never by folder."""

from __future__ import annotations

import re

from boltkb.exports.records import SourceKind

__all__ = ["looks_like"]

_LOG_NAME = re.compile(r"^(?:debug|neo4j)(?:[-_.][\w.-]*)?\.log(?:\.\d+)?$")
_OTHER_LOG = re.compile(r"^(?:query|security|http|gc|bolt|store-?copy|service-\w+)[\w.-]*\.log")
_TEXT_NAME = re.compile(r"\.(?:log|txt|out|json)$")
_ENTRY = re.compile(
    rb'(?:^|\n)(?:\{"time": ?")?\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.,]\d{3}(?:[+-]\d\d:?\d\d|Z)'
    rb'(?: +(?:TRACE|DEBUG|INFO|WARN|ERROR) |", ?"level")'
)


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
    if _OTHER_LOG.match(name):
        return None
    if _LOG_NAME.match(name) or (_TEXT_NAME.search(name) and _ENTRY.search(head)):
        return "log"
    return None
