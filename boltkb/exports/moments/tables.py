"""Tables of transactions and of connections, in whatever form somebody saved them.

Knows the columns of `SHOW TRANSACTIONS`, `dbms.listTransactions` and `dbms.listConnections`;
columns are found by their names, in any order.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, tzinfo

from boltkb.exports.intake.members import Member
from boltkb.exports.moments.listing import Row, read_rows
from boltkb.exports.moments.stamps import instant
from boltkb.exports.records import ConnectionRow, Source, SourceKind, TransactionRow, Where

__all__ = ["duration", "read_moments"]

_QUERY = 500
_DURATION = re.compile(
    r"(?P<sign>-?)P(?:(?P<years>[\d.]+)Y)?(?:(?P<months>[\d.]+)M)?(?:(?P<days>[\d.]+)D)?"
    r"(?:T(?:(?P<hours>-?[\d.]+)H)?(?:(?P<minutes>-?[\d.]+)M)?(?:(?P<seconds>-?[\d.]+)S)?)?"
)
_CLOCK = re.compile(r"(?:(\d+) days?, )?(\d+):(\d\d):(\d\d(?:\.\d+)?)")
_NOTHING = frozenset({"", "NULL", "NONE", "<NULL>"})
#: Rows that are kept of one file: 400 a minute for a day.
_ROWS = 576_000
#: Rows whose own clocks agree to this many seconds were listed at one time.
_SAME = 2.0


def read_moments(
    member: Member, kind: SourceKind, zone: tzinfo = UTC
) -> tuple[Source, tuple[TransactionRow, ...], tuple[ConnectionRow, ...]]:
    r"""Return the transactions and the connections in a file's lists.

    Parameters
    ----------
    member : Member
    kind : str
        What the file was taken for; a file may hold lists of both kinds.
    zone : tzinfo
        Of times between the lists that name none.

    Returns
    -------
    tuple of (Source, tuple of TransactionRow, tuple of ConnectionRow)
        Spans in seconds, queries cut to 500 characters.  The time of a list is when a row began
        and how long it had run, else what stands before the list, else what the file's name
        says.

    Raises
    ------
    ExportError
        When the file cannot be read.

    Examples
    --------
    >>> import io
    >>> text = b'transactionId,connectionId,elapsedTime\n"neo4j-transaction-3","bolt-7",PT2.5S\n'
    >>> member = Member("t.csv", None, lambda: io.BytesIO(text))
    >>> _, rows, _ = read_moments(member, "transactions")
    >>> rows[0].connection, rows[0].elapsed
    ('bolt-7', 2.5)
    """
    transactions: list[TransactionRow] = []
    connections: list[ConnectionRow] = []
    refused, why = 0, ""
    for row in read_rows(member, zone):
        if len(transactions) + len(connections) + refused == _ROWS:
            refused += 1
            why = why or f"line {row.line}: more than {_ROWS:,} rows; the rest is not read"
            break
        where = Where(member.path, row.line)
        name = _one(row.values, "transactionid", "transaction")
        connection = _one(row.values, "connectionid")
        if row.kind == "transactions" and name:
            transactions.append(_transaction(name, row, where))
        elif row.kind == "connections" and connection:
            connections.append(_connection(connection, row, where))
        else:
            refused += 1
            why = why or f"line {row.line}: not a row of the list, or a row without an id"
    transactions = _listed_at(transactions)
    times = [row.time for row in transactions if row.time is not None]
    times += [row.time for row in connections if row.time is not None]
    source = Source(
        member.path,
        kind,
        len(transactions) + len(connections),
        refused,
        why,
        min(times, default=None),
        max(times, default=None),
    )
    return source, tuple(transactions), tuple(connections)


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
    text = text.strip()[:100]
    try:
        span = float(text) * unit if text[:1].isdigit() and ":" not in text else _spelt(text)
    except ValueError:
        return None
    return span if span is not None and math.isfinite(span) else None


def _transaction(name: str, row: Row, where: Where) -> TransactionRow:
    values = row.values
    return TransactionRow(
        name[:200],
        _one(values, "database"),
        _one(values, "connectionid"),
        _address(_one(values, "clientaddress")),
        _one(values, "username", "currentuser", "executinguser"),
        _one(values, "status"),
        _span(values, "elapsedtime"),
        _span(values, "idletime"),
        (_one(values, "currentquery", "query") or "")[:_QUERY] or None,
        where,
        cpu=_span(values, "cputime"),
        waiting=_span(values, "waittime"),
        started=instant(_one(values, "starttime")),
        time=row.time,
    )


def _connection(name: str, row: Row, where: Where) -> ConnectionRow:
    values = row.values
    return ConnectionRow(
        name[:200],
        _address(_one(values, "clientaddress")),
        _one(values, "username"),
        _one(values, "useragent"),
        instant(_one(values, "connecttime")),
        _one(values, "connector"),
        where,
        time=row.time,
    )


def _listed_at(rows: list[TransactionRow]) -> list[TransactionRow]:
    # What began then and has run so long was listed then, by the server's own clock; rows that
    # do not say so stand in the same list as their neighbours.
    timed: list[TransactionRow] = []
    begins = 0
    for place in range(1, len(rows) + 1):
        if place < len(rows) and not _new_list(rows[place - 1], rows[place]):
            continue
        listed = rows[begins:place]
        clocks = [
            row.started + row.elapsed
            for row in listed
            if row.started is not None and row.elapsed is not None
        ]
        when = max(clocks) if clocks and max(clocks) - min(clocks) <= _SAME else None
        timed += [replace(row, time=when) if when is not None else row for row in listed]
        begins = place
    return timed


def _new_list(before: TransactionRow, row: TransactionRow) -> bool:
    if before.time != row.time:
        return True
    if None in (before.started, before.elapsed, row.started, row.elapsed):
        return False
    gap = (row.started or 0) + (row.elapsed or 0) - (before.started or 0) - (before.elapsed or 0)
    return abs(gap) > _SAME


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


def _one(row: Mapping[str, str], *names: str) -> str | None:
    for name in names:
        value = row.get(name, "").strip()
        if value.upper() not in _NOTHING:
            return value[: 10 * _QUERY]
    return None


def _span(row: Mapping[str, str], name: str) -> float | None:
    if name in row:
        return duration(row[name])
    return duration(row.get(f"{name}millis", ""), unit=0.001)


def _address(text: str | None) -> str | None:
    return None if text is None else text.rpartition("/")[2] or None
