"""Lists that a server gave when it was asked, in whatever form somebody saved them.

Comma-separated values, cypher-shell's framed tables, JSON of every kind, and several of them
one after the other with the time between them, as a loop in a shell leaves them.  Knows the
forms; the readers know the columns.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo

from boltkb.exports.intake.members import Member
from boltkb.exports.moments.cells import frame_rows, mark_of, record
from boltkb.exports.moments.documents import document_rows, values_at
from boltkb.exports.moments.shape import header_kind
from boltkb.exports.moments.stamps import line_time, name_time
from boltkb.exports.records import SourceKind

__all__ = ["Row", "read_rows", "text_of"]

_SIZE = 64 << 20
#: Broken pieces of JSON after which no more of a file is read: each is looked at to its end.
_BROKEN = 50
#: What a shell leaves around a list: prompts, counts of rows, timings, notices.
_NOISE = re.compile(
    r"(?:\d+ rows?\b.*|ready to start consuming.*|(?:[\w.@-]{1,60})?(?:#|>|\$) .*|:\w+.*"
    r"|\(?no changes, no records\)?.*|(?:call|show|return)\b.*;?|-{3,}|={3,}|\+-+\+?"
    r"|connected to neo4j.*|type :help.*|note that cypher.*|bye!|warning: .*)",
    re.IGNORECASE,
)

_HEADED = re.compile(r"(?:transaction|connection)id\b|\bvalue\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list.

    Parameters
    ----------
    kind : str or None
        What its columns are about; None for a row that cannot be read.
    line : int
        Its first line, from 1.
    values : mapping of str to str
        By the column's name in lower case; empty for one that cannot be read.
    time : float or None
        Epoch seconds at which the list was taken, as a line before it or the file's name says.
    """

    kind: SourceKind | None
    line: int
    values: Mapping[str, str]
    time: float | None


def read_rows(member: Member, zone: tzinfo = UTC) -> Iterator[Row]:
    r"""Yield the rows of all lists in a file.

    Parameters
    ----------
    member : Member
    zone : tzinfo
        Of times that name none.

    Raises
    ------
    ExportError
        When the file cannot be read.

    Examples
    --------
    >>> import io
    >>> text = b"Mon Nov 24 16:00:00 UTC 2025\nconnectionId,connector\nbolt-7,bolt\n"
    >>> [row] = read_rows(Member("c.txt", None, lambda: io.BytesIO(text)))
    >>> row.kind, row.line, row.values["connectionid"], row.time
    ('connections', 3, 'bolt-7', 1764000000.0)
    """
    text, whole = text_of(member)
    lines = _Lines(text)
    reading = _Reading(name_time(member.name, zone))
    place = 0
    while place < len(text) and reading.broken < _BROKEN:
        end = text.find("\n", place)
        end = len(text) if end < 0 else end
        line = text[place:end].strip()
        if not line:
            place = end + 1
            continue
        # From here on the place is that of the line's first letter, so that each way goes on.
        place += text[place:end].index(line[0])
        number = lines.at(place)
        if (time := line_time(line, zone)) is not None:
            reading.time, place = time, end + 1
        elif line[0] in "{[" and (reading.names is None or line.startswith(('{"', "[{"))):
            reading.names = None
            place = yield from _documents(text, place, lines, reading)
        elif line.startswith(("+-", "| ")):
            place = yield from _frame(text, place, number, reading)
        else:
            place = yield from _record(text, place, number, reading)
    if place < len(text) or not whole:
        yield Row(None, lines.at(min(place, len(text))), {}, None)


def text_of(member: Member) -> tuple[str, bool]:
    """Return a file's text, at most 64 MiB of it, and whether that is all of it.

    UTF-8, or UTF-16 where its first bytes say so; a NUL becomes U+FFFD.

    Raises
    ------
    ExportError
        When the file cannot be read.
    """
    with member.open() as stream:
        data = stream.read(_SIZE + 1)
    whole = len(data) <= _SIZE
    if not whole:
        data = data[: data.rfind(b"\n", 0, _SIZE) + 1] or data[:_SIZE]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    else:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    return text.replace("\0", "\ufffd"), whole


#: Rows, and at the end the place in the text where they end.
_Rows = Generator[Row, None, int]


@dataclass(slots=True)
class _Reading:
    time: float | None
    names: list[str] | None = None
    mark: str = ","
    escaped: bool = False
    kind: SourceKind | None = None
    broken: int = 0


class _Lines:
    """Numbers of lines, asked for in rising order of places."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._line = 1

    def at(self, place: int) -> int:
        self._line += self._text.count("\n", self._place, place)
        self._place = place
        return self._line


def _documents(text: str, place: int, lines: _Lines, reading: _Reading) -> _Rows:
    end = place
    for begin, value, end in values_at(text, place):  # noqa: B007
        number = lines.at(begin)
        for values in document_rows(value):
            kind = header_kind(values)
            if kind is not None or not values:
                yield Row(kind, number, values, reading.time)
            elif "errors" not in values and "bookmarks" not in values:
                yield Row(None, number, {}, reading.time)
    whole = end > place and (text[place] == "{" or text[end - 1] == "]")
    if not whole and not _empty_array(text, place):
        reading.broken += 1
        bad = max(end, place)
        while bad < len(text) - 1 and text[bad].isspace():
            bad += 1
        yield Row(None, lines.at(bad), {}, reading.time)
        following = text.find("\n", max(end, place))
        return len(text) if following < 0 or text[place] == "[" else following + 1
    return _after_array(text, place) if end == place else end


def _frame(text: str, place: int, number: int, reading: _Reading) -> _Rows:
    lines: list[str] = []
    while place < len(text) and text[place] in "+|\\":
        end = text.find("\n", place)
        end = len(text) if end < 0 else end
        lines.append(text[place:end].rstrip("\r"))
        place = end + 1
    names: list[str] | None = None
    kind: SourceKind | None = None
    for at, cells in frame_rows(lines):
        if names is None:
            names = [cell.strip("`").lower() for cell in cells]
            kind = header_kind(names)
            continue
        fits = kind is not None and len(cells) == len(names)
        values = dict(zip(names, cells, strict=True)) if fits else {}
        yield Row(kind if fits else None, number + at, values, reading.time)
    reading.names = None
    return place


def _record(text: str, place: int, number: int, reading: _Reading) -> _Rows:
    end = text.find("\n", place)
    line = text[place : len(text) if end < 0 else end].strip()
    if reading.names is None or header_kind(_names(line)) is not None:
        mark = mark_of(line)
        escaped = f"{mark} " in line
        cells, after = record(text, place, mark, escaped=escaped)
        names = [cell.strip("`").lower() for cell in cells]
        kind = header_kind(names)
        if kind is not None:
            reading.names, reading.mark, reading.kind = names, mark, kind
            reading.escaped = escaped
            return after
    if reading.names is None:
        if not _NOISE.fullmatch(line):
            yield Row(None, number, {}, reading.time)
        return len(text) if end < 0 else end + 1
    cells, after = record(text, place, reading.mark, escaped=reading.escaped)
    if len(cells) == 1 and len(reading.names) > 1 and _NOISE.fullmatch(line):
        return after
    if len(cells) == len(reading.names):
        values = dict(zip(reading.names, cells, strict=True))
        yield Row(reading.kind, number, values, reading.time)
    else:
        yield Row(None, number, {}, reading.time)
    return after


def _names(line: str) -> list[str]:
    # A header of another list holds one of these; a row seldom does.
    if len(line) > 4000 or not _HEADED.search(line):
        return []
    return [part.strip().strip('"`').lower() for part in line.split(mark_of(line))]


def _empty_array(text: str, place: int) -> bool:
    return re.match(r"\[\s{0,1000}\]", text[place : place + 1002]) is not None


def _after_array(text: str, place: int) -> int:
    return text.index("]", place) + 1
