"""What this room's files look like from outside: by name and first bytes, never by folder."""

from __future__ import annotations

import re
from dataclasses import replace

from boltkb.exports.logs.prefixes import find_wrapping
from boltkb.exports.records import SourceKind

__all__ = ["looks_like", "why_not"]

_LOG_NAME = re.compile(r"^(?:debug|neo4j)(?:[-_.][\w.-]*)?\.log(?:\.\d+)?$")
_OTHER_LOG = re.compile(
    r"^(?:query|security|http|gc|bolt|store-?copy|service-(?:error|out))[\w.-]*\.log"
)
_NOT_READ = (
    (re.compile(r"^security[\w.-]*\.log"), "log-ins and rights; it says nothing of threads"),
    (re.compile(r"^http[\w.-]*\.log"), "requests to the HTTP server; they hold no Bolt thread"),
    (re.compile(r"^bolt[\w.-]*\.log"), "messages of single connections, of 3.x; not read"),
    (re.compile(r"^store-?copy[\w.-]*\.log"), "how a store was copied; it says nothing of threads"),
    (re.compile(r"^service-(?:out|error)[\w.-]*\.log"), "what Windows' service wrapper said"),
)
_COLLECTIONS = re.compile(r"^gc[\w.-]*\.log(?:\.\d{1,4})?(?:\.current)?$")
_PAUSES = re.compile(
    rb"(?:^|\n)(?:\[[^\]\n]{1,64}\]){1,6} ?(?:GC\(\d+\)|Using [A-Z]|Safepoint|Total time for)"
    rb"|(?:^|\n)[^\n]{0,60}: \[(?:GC|Full GC) |application threads were stopped: "
)
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
    if _COLLECTIONS.match(name) and _PAUSES.search(head):
        return "gc-log"
    if _OTHER_LOG.match(name):
        return None
    if _LOG_NAME.match(name):
        return "log"
    if _TEXT_NAME.search(name) and (_ENTRY.search(head) or _ENTRY.search(_bare(head))):
        return "log"
    return None


def _bare(head: bytes) -> bytes:
    """Return the lines of a collector's file as the server wrote them; nothing for any other."""
    wrapping = find_wrapping(head)
    if wrapping is None or not wrapping.name:
        return b""
    return replace(wrapping, respelt=False).strip(head[: head.rfind(b"\n") + 1])


def why_not(name: str) -> str | None:
    """Return why one of the server's other logs is not read, None for any other file.

    Parameters
    ----------
    name : str
        As for `looks_like`.

    Examples
    --------
    >>> why_not("security.log"), why_not("debug.log")
    ('log-ins and rights; it says nothing of threads', None)
    """
    return next((why for shape, why in _NOT_READ if shape.match(name)), None)
