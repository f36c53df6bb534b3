"""Tables of transactions and of connections, as cypher-shell or a browser exports them.

Knows the columns of `SHOW TRANSACTIONS`, `dbms.listTransactions` and `dbms.listConnections`;
columns are found by their names, in any order.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from boltkb.exports.intake.members import Member
from boltkb.exports.records import ConnectionRow, Source, TransactionRow, Where

__all__ = ["duration", "read_connections", "read_transactions"]

_SIZE = 64 << 20
_QUERY = 500
_DURATION = re.compile(
    r"(?P<sign>-?)P(?:(?P<years>[\d.]+)Y)?(?:(?P<months>[\d.]+)M)?(?:(?P<days>[\d.]+)D)?"
    r"(?:T(?:(?P<hours>-?[\d.]+)H)?(?:(?P<minutes>-?[\d.]+)M)?(?:(?P<seconds>-?[\d.]+)S)?)?"
)
_ESCAPED = re.compile(r'\\(.)|""', re.DOTALL)
_CLOCK = re.compile(r"(?:(\d+) days?, )?(\d+):(\d\d):(\d\d(?:\.\d+)?)")


def read_transactions(member: Member) -> tuple[Source, tuple[TransactionRow, ...]]:
    r"""Return the transactions of a table.

    Parameters
    ----------
    member : Member

    Returns
    -------
    tuple of (Source, tuple of TransactionRow)
        Spans in seconds, queries cut to 500 characters.

    Raises
    ------
    ExportError
        When the file cannot be read.

    Examples
    --------
    >>> import io
    >>> text = b'transactionId,connectionId,elapsedTime\n"neo4j-transaction-3","bolt-7",PT2.5S\n'
    >>> _, rows = read_transactions(Member("t.csv", None, lambda: io.BytesIO(text)))
    >>> rows[0].connection, rows[0].elapsed
    ('bolt-7', 2.5)
    """
    rows: list[TransactionRow] = []
    refused, why = 0, ""
    for line, row in _rows(member):
        name = row.get("transactionid") or row.get("transaction")
        if not name or row.get("") is not None:
            refused += 1
            why = why or f"line {line}: not as many fields as columns, or no transaction id"
            continue
        rows.append(
            TransactionRow(
                name[:200],
                _one(row, "database"),
                _one(row, "connectionid"),
                _address(_one(row, "clientaddress")),
                _one(row, "username", "currentuser", "executinguser"),
                _one(row, "status"),
                _span(row, "elapsedtime"),
                _span(row, "idletime"),
                (_one(row, "currentquery", "query") or "")[:_QUERY] or None,
                Where(member.path, line),
            )
        )
    return Source(member.path, "transactions", len(rows), refused, why), tuple(rows)


def read_connections(member: Member) -> tuple[Source, tuple[ConnectionRow, ...]]:
    r"""Return the connections of a table.

    Parameters
    ----------
    member : Member

    Returns
    -------
    tuple of (Source, tuple of ConnectionRow)

    Raises
    ------
    ExportError
        When the file cannot be read.

    Examples
    --------
    >>> import io
    >>> text = b'connectionId, userAgent, clientAddress\n"bolt-7", "shop/1.0", "127.0.0.1:5000"\n'
    >>> _, rows = read_connections(Member("c.csv", None, lambda: io.BytesIO(text)))
    >>> rows[0].agent, rows[0].client
    ('shop/1.0', '127.0.0.1:5000')
    """
    rows: list[ConnectionRow] = []
    refused, why = 0, ""
    for line, row in _rows(member):
        name = row.get("connectionid")
        if not name or row.get("") is not None:
            refused += 1
            why = why or f"line {line}: not as many fields as columns, or no connection id"
            continue
        rows.append(
            ConnectionRow(
                name[:200],
                _address(_one(row, "clientaddress")),
                _one(row, "username"),
                _one(row, "useragent"),
                _instant(_one(row, "connecttime")),
                _one(row, "connector"),
                Where(member.path, line),
            )
        )
    return Source(member.path, "connections", len(rows), refused, why), tuple(rows)


def duration(text: str, *, unit: float = 1.0) -> float | None:
    """Return a span in seconds, from ISO 8601, from a clock or from a bare number.

    Parameters
    ----------
    text : str
        `P0M0DT2.5S`, `0:00:02.5` or `2.5`.
    unit : float, seconds
        What a bare number counts.

    Returns
    -------
    float or None
        None for anything else, such as `null`.

    Examples
    --------
    >>> duration("PT1M0.25S"), duration("250", unit=0.001), duration("0:01:00"), duration("NULL")
    (60.25, 0.25, 60.0, None)
    """
    text = text.strip()
    try:
        span = float(text) * unit if text[:1].isdigit() and ":" not in text else _spelt(text)
    except ValueError:
        return None
    return span if span is not None and math.isfinite(span) else None


def _spelt(text: str) -> float | None:
    clock = _CLOCK.fullmatch(text)
    if clock:
        days, hours, minutes, seconds = (float(part or 0) for part in clock.groups())
        return 86400 * days + 3600 * hours + 60 * minutes + seconds
    found = _DURATION.fullmatch(text)
    if found is None or text in {"P", "-P", "PT"}:
        return None
    # A month has no fixed length; Neo4j's spans of transactions never hold one.
    sizes = {"years": 31556952, "months": 2629746, "days": 86400, "hours": 3600, "minutes": 60}
    total = float(found["seconds"] or 0)
    total += sum(size * float(found[name] or 0) for name, size in sizes.items())
    return -total if found["sign"] else total


def _rows(member: Member) -> Iterator[tuple[int, Mapping[str, str]]]:
    with member.open() as stream:
        data = stream.read(_SIZE)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    else:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    text = text.replace("\0", "\ufffd")
    names: list[str] | None = None
    for line, cells in _cells(text):
        if not any(cells):
            continue
        keys = [cell.strip("`").lower() for cell in cells]
        if names is None:
            names = keys
        elif keys != names:
            fits = len(cells) == len(names)
            yield line, dict(zip(names, cells, strict=True)) if fits else {"": "ragged"}


def _cells(text: str) -> Iterator[tuple[int, list[str]]]:
    # cypher-shell writes maps and lists bare, so a comma inside braces parts no fields; it
    # escapes a quote with a backslash where other programs double it.
    head = text.split("\n", 1)[0]
    mark = max(",;\t|", key=head.count)
    # A quote that is never closed takes the rest: anything else could be made to take for ever.
    token = re.compile(
        rf'"(?:[^"\\]++|\\.?|"")*+(?:"|\Z)|[\[{{]|[\]}}]|{re.escape(mark)}|\r?\n'
        rf'|[^"\[\]{{}}\r\n{re.escape(mark)}]+|.',
        re.DOTALL,
    )
    cells: list[str] = []
    parts: list[str] = []
    line, begins, depth = 1, 1, 0
    blank = True
    for found in token.finditer(text):
        piece = found[0]
        if piece in {"\n", "\r\n"}:
            yield begins, [*cells, _unquoted("".join(parts))]
            line += 1
            cells, parts, begins, depth, blank = [], [], line, 0, True
            continue
        line += piece.count("\n")
        if piece == mark and depth == 0:
            cells.append(_unquoted("".join(parts)))
            parts, blank = [], True
            continue
        if piece in "{[" and (depth or blank):
            depth += 1
        elif piece in "}]" and depth:
            depth -= 1
        blank = blank and not piece.strip()
        parts.append(piece)
    if cells or parts:
        yield begins, [*cells, _unquoted("".join(parts))]


def _unquoted(cell: str) -> str:
    cell = cell.strip()
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return _ESCAPED.sub(lambda found: found[1] or '"', cell[1:-1]).strip()
    return cell


def _one(row: Mapping[str, str], *names: str) -> str | None:
    for name in names:
        value = row.get(name, "")
        if value and value.upper() != "NULL":
            return value[: 10 * _QUERY]
    return None


def _span(row: Mapping[str, str], name: str) -> float | None:
    if name in row:
        return duration(row[name])
    return duration(row.get(f"{name}millis", ""), unit=0.001)


def _address(text: str | None) -> str | None:
    return None if text is None else text.rpartition("/")[2] or None


def _instant(text: str | None) -> float | None:
    if text is None:
        return None
    # Java writes up to nine decimals and may add a zone's name in brackets.
    plain = re.sub(r"(\.\d{6})\d+", r"\1", re.sub(r"\[[^\]]*\]$", "", text)).replace(" ", "T", 1)
    try:
        time = datetime.fromisoformat(plain)
    except ValueError:
        return None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
