"""What kind of evidence a file is, by its name and its first bytes; never by its folder.

Knows how the files look from outside; the readers know what is in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from boltkb.exports.drivers import shape as drivers
from boltkb.exports.intake.members import Member
from boltkb.exports.logs import shape as logs
from boltkb.exports.metrics import shape as metrics
from boltkb.exports.moments import shape as moments
from boltkb.exports.queries import shape as queries
from boltkb.exports.records import SourceKind
from boltkb.exports.settings import shape as settings

__all__ = ["Recognised", "recognise"]

_ROTATED = re.compile(r"^(?P<stem>.+?)(?:\.(?P<number>\d{1,4}))?(?:\.(?:zip|gz))?$", re.IGNORECASE)
_CONF_NAME = re.compile(r"^neo4j(?!-admin)[^/]*\.conf$")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")

#: Files of these kinds are scanned as bytes, so they must be UTF-8.
_NARROW: frozenset[SourceKind] = frozenset({"log", "gc-log", "query-log", "metric"})
#: The rooms are asked in this order; the first that knows a file has it.
_SHAPES: tuple[Callable[[str, bytes], SourceKind | None], ...] = (
    queries.looks_like,
    drivers.looks_like,
    # Takes any page of a metrics endpoint, a client's among them.
    metrics.looks_like,
    moments.looks_like,
    logs.looks_like,
    settings.looks_like,
)
_LOG_SETTINGS = frozenset({"server-logs.xml", "user-logs.xml"})
_NOT_READ = {
    ".jar": "a program",
    ".class": "a program",
    ".hprof": "a heap dump",
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
    if lower.endswith(".xml") and lower not in _LOG_SETTINGS:
        return None, "not a kind of file that is read"
    for ending, why in _NOT_READ.items():
        if lower.endswith(ending):
            return None, why
    if lower.startswith("truth"):
        return None, "not evidence that a server exports"
    if lower == "manifest.toml":
        return "manifest", ""
    if other := logs.why_not(lower):
        return None, other
    if lower.endswith(".conf") and not _CONF_NAME.match(lower):
        return None, "not the server's own configuration"
    head = member.head()
    if not head.strip() and not _CONF_NAME.match(lower):
        return None, "empty"
    if head.startswith((b"PK\x03\x04", b"\x1f\x8b")):
        return None, "packed, though its name does not say so"
    wide = head.startswith(_UTF_16)
    text = head.decode("utf-16", "replace").encode() if wide else head.removeprefix(b"\xef\xbb\xbf")
    for looks_like in _SHAPES:
        kind = looks_like(lower, text)
        if kind is None:
            continue
        if wide and kind in _NARROW:
            return None, "UTF-16 text; save it as UTF-8"
        if kind == "configuration" and b"\0" in text:
            return None, "its name says text, its content is not"
        return kind, ""
    if lower.endswith(".csv"):
        return None, "a table with columns that are not known"
    return None, "not a kind of file that is read"
