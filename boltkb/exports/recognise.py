"""What kind of evidence a file is, by its name and its first bytes; never by its folder.

Knows how the files look from outside; the readers know what is in them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from boltkb.exports.members import Member
from boltkb.exports.records import SourceKind

__all__ = ["Recognised", "header_kind", "recognise"]

_ROTATED = re.compile(r"^(?P<stem>.+?)(?:\.(?P<number>\d{1,4}))?(?:\.(?:zip|gz))?$", re.IGNORECASE)
_LOG_NAME = re.compile(r"^(?:debug|neo4j)(?:[-_.][\w.-]*)?\.log(?:\.\d+)?$", re.IGNORECASE)
_OTHER_LOG = re.compile(
    r"^(?:query|security|http|gc|bolt|store-?copy|service-\w+)[\w.-]*\.log", re.IGNORECASE
)
_CONF_NAME = re.compile(r"^neo4j(?!-admin)[^/]*\.conf$")
_DUMP_NAME = re.compile(r"thread-?_?dump|jstack|thread-?_?print", re.IGNORECASE)
_TEXT_NAME = re.compile(r"\.(?:log|txt|out|tdump|json|csv|dump)(?:\.\d+)?$", re.IGNORECASE)
_ENTRY = re.compile(
    rb'(?:^|\n)(?:\{"time": ?")?\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.,]\d{3}(?:[+-]\d\d:?\d\d|Z)'
    rb'(?: +(?:TRACE|DEBUG|INFO|WARN|ERROR) |", ?"level")'
)
_QUERY_ENTRY = re.compile(rb"\tbolt\t|bolt-session|server-session|embedded-session")
_CSV_HEADER = re.compile(rb"^(?:\xef\xbb\xbf)?t,(?:value|count)\b")
_SETTING = re.compile(
    rb"(?m)^[ \t]*(?:dbms|server|db|metrics|internal|unsupported|initial)\.[\w.]+[ \t]*[=:]"
)

_TRANSACTION_COLUMNS = frozenset({"transactionid", "transaction"})
_NOT_READ = {
    ".jar": "a program",
    ".class": "a program",
    ".hprof": "a heap dump",
    ".xml": "settings of the logs, not read",
    ".html": "a page",
    ".png": "a picture",
    ".svg": "a picture",
}


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file was taken for.

    Parameters
    ----------
    kind : str or None
        None for a file that is not read.
    why : str
        Why it is not read; empty otherwise.
    stem : str
        The name without the number of a rotated file: what rotated files have in common.
    number : int
        The number of a rotated file, 0 for the current one; the higher, the older.
    """

    kind: SourceKind | None
    why: str
    stem: str
    number: int


def recognise(member: Member) -> Recognised:
    r"""Return what a member is taken for.

    At most its first 64 KiB are read, and none where the name alone decides.

    Raises
    ------
    ExportError
        When its first bytes cannot be read.

    Examples
    --------
    >>> import io
    >>> head = io.BytesIO(b"t,value\n1719501420,0\n")
    >>> recognise(Member("m/neo4j.dbms.vm.threads.csv.01", 21, lambda: head)).stem
    'neo4j.dbms.vm.threads.csv'
    """
    found = _ROTATED.match(member.name)
    stem = found["stem"] if found else member.name
    number = int(found["number"]) if found and found["number"] else 0
    kind, why = _kind(member, stem)
    return Recognised(kind, why, stem, number)


def _kind(member: Member, stem: str) -> tuple[SourceKind | None, str]:
    lower = stem.lower()
    for ending, why in _NOT_READ.items():
        if lower.endswith(ending):
            return None, why
    if lower.startswith("truth"):
        return None, "not evidence that a server exports"
    if lower == "manifest.toml":
        return "manifest", ""
    if _CONF_NAME.match(lower):
        return _text_or("configuration", member)
    if lower.endswith(".conf"):
        return None, "not the server's own configuration"
    if _OTHER_LOG.match(lower):
        return None, "a log that is not read yet"
    if lower.endswith(".csv"):
        return _csv(member)
    if _LOG_NAME.match(lower):
        return _log_by_name(member)
    if _DUMP_NAME.search(lower) or _TEXT_NAME.search(lower):
        return _by_content(member)
    return None, "not a kind of file that is read"


def _text_or(kind: SourceKind, member: Member) -> tuple[SourceKind | None, str]:
    head = member.head(4096)
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None, "its name says text, its content is not"
    return kind, ""


def _log_by_name(member: Member) -> tuple[SourceKind | None, str]:
    head = member.head()
    if not head:
        return None, "empty"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None, "UTF-16 text; save it as UTF-8"
    if head.startswith((b"PK\x03\x04", b"\x1f\x8b")):
        return None, "packed, though its name says log"
    return "log", ""


def _csv(member: Member) -> tuple[SourceKind | None, str]:
    head = member.head(4096)
    if not head.strip():
        return None, "empty"
    if _CSV_HEADER.match(head):
        return "metric", ""
    line = head.lstrip(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    kind = header_kind(line.decode("utf-8", "replace"))
    return (kind, "") if kind else (None, "a table with columns that are not known")


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


def _by_content(member: Member) -> tuple[SourceKind | None, str]:
    head = member.head()
    if not head.strip():
        return None, "empty"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "replace").encode()
    if b"Full thread dump" in head or re.search(rb'(?m)^"[^"\n]+" .*(?:prio|#\d)', head):
        return "thread-dump", ""
    if _ENTRY.search(head):
        if _QUERY_ENTRY.search(head) and b"NettyServer" not in head:
            return None, "a log that is not read yet"
        return "log", ""
    if len(_SETTING.findall(head)) > 2 and b"{" not in head[:1]:
        return None, "looks like a configuration; its name must be neo4j.conf to be read"
    line = head.split(b"\n", 1)[0].decode("utf-8", "replace")
    kind = header_kind(line)
    return (kind, "") if kind else (None, "not a kind of file that is read")
