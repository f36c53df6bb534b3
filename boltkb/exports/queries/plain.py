r"""Entries in plain text, read exactly, one by one; what compiled code leaves over ends here.

`TIME LEVEL [Query started: ][id:N - ][transaction id:T - ]E ms: [(planning: P[, cpu: C],
waiting: W) - ][B B - ][H page hits, F page faults - ]SOURCE<TAB>[DATABASE - ]USER - QUERY
[ - {PARAMETERS}][ - runtime=R] - {META}[ - REASON]`

Query and parameters are raw text.  The query ends at the first ` - {`: Cypher has no such thing
outside of strings, while the parameters are anybody's data.
"""

from __future__ import annotations

import re

from boltkb.exports.queries.entries import (
    BEGIN,
    END,
    FINISH,
    LONGEST_SPAN,
    START,
    Entry,
    NoEntryError,
    milliseconds,
)

__all__ = ["ENTRY_BEGINS", "parse_plain", "without_port"]

#: How an entry begins, at a line's start.
ENTRY_BEGINS = re.compile(
    rb"(?:19|20)\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}[+-]\d{4} [A-Z]{4}[A-Z ] ?"
)
_ZONE = 28
_NUMBER = rb"(-?\d{1,18})"
_STARTED = b"Query started: "
_ELAPSED = re.compile(_NUMBER + rb" ms: ")
_IDENTITY = re.compile(rb"id:(\d{1,30}) - ")
_TRANSACTION = re.compile(rb"transaction id:([^ \n\t]{1,64}) - ")
_TIMES = re.compile(
    rb"\(planning: " + _NUMBER + rb"(?:, cpu: " + _NUMBER + rb")?, waiting: " + _NUMBER + rb"\) - "
)
_BYTES = re.compile(rb"-?\d{1,18} B - ")
_PAGES = re.compile(rb"-?\d{1,18} page hits, -?\d{1,18} page faults - ")
_PORT = re.compile(rb":\d{1,5}$")
_NAMES_TRANSACTION = re.compile(
    rb"transaction(?:[ _-]?id[:= ]{1,3}|[:= ]{1,3}(?=\d))([0-9A-Za-z-]{1,64})", re.IGNORECASE
)
_BEGAN = re.compile(rb"\b(?:start(?:ed)?|beg[iu]n|began)\b", re.IGNORECASE)
_FINISHED = re.compile(rb"\b(?:commit(?:ted)?|rollback|rolled back)\b", re.IGNORECASE)


def parse_plain(record: bytes) -> Entry:
    r"""Return the entry that a record is; its lines belong together.

    Parameters
    ----------
    record : bytes
        From the time on, with all its lines.

    Raises
    ------
    NoEntryError
        When it is none.

    Examples
    --------
    >>> entry = parse_plain(
    ...     b"2024-06-27 15:16:34.519+0000 INFO  7 ms: bolt-session\tbolt\tneo4j-java/5\t\t"
    ...     b"client/10.0.0.7:4711\tserver/10.0.0.1:7687>\tneo4j - app - RETURN 1 - {} - {}\n"
    ... )
    >>> entry.query, entry.client, entry.elapsed
    (b'RETURN 1', b'10.0.0.7', 7)
    """
    found = ENTRY_BEGINS.match(record)
    if found is None:
        raise NoEntryError("no entry begins here")
    time = milliseconds(record[:_ZONE])
    failed = record[_ZONE + 1 : _ZONE + 6] == b"ERROR"
    at = found.end()
    line_end = record.find(b"\n")
    line_end = len(record) if line_end < 0 else line_end
    kind = END
    if record.startswith(_STARTED, at):
        kind, at = START, at + len(_STARTED)
    identity = transaction = None
    while True:
        if part := _IDENTITY.match(record, at):
            identity = part[1]
        elif part := _TRANSACTION.match(record, at):
            transaction = part[1]
        else:
            break
        at = part.end()
    part = _ELAPSED.match(record, at)
    if part is None:
        return _of_a_transaction(record[found.end() : line_end], time, transaction, failed=failed)
    elapsed, at = max(int(part[1]), 0), part.end()
    planning = cpu = waiting = 0
    while True:
        if part := _TIMES.match(record, at):
            planning, cpu, waiting = (max(int(number or 0), 0) for number in part.groups())
        else:
            part = _BYTES.match(record, at) or _PAGES.match(record, at)
        if part is None:
            break
        at = part.end()
    if max(elapsed, planning, cpu, waiting) > LONGEST_SPAN:
        raise NoEntryError("a time of more than ten years")
    agent, peer, bolt, named, at = _source(record, at, line_end)
    user, database, at = _owner(record, at, line_end, named=named)
    end = _query_end(record, at)
    client = without_port(peer) if bolt else peer
    return Entry(
        *(kind, failed and kind == END, bolt, time, elapsed, planning, cpu, waiting),
        *(record[at:end], client, agent, user, database, identity, transaction, peer),
    )


def without_port(peer: bytes) -> bytes:
    """Return an address without its port.

    Examples
    --------
    >>> without_port(b"10.0.0.7:4711"), without_port(b"[0:0:0:0:0:0:0:1]:4711")
    (b'10.0.0.7', b'[0:0:0:0:0:0:0:1]')
    """
    return _PORT.sub(b"", peer)


def _source(record: bytes, at: int, line_end: int) -> tuple[bytes, bytes, bool, bool | None, int]:
    # Agent, peer, whether it is Bolt, whether a database follows (None: cannot be told), the rest.
    if record.startswith(b"bolt-session\t", at):
        end = record.find(b">\t", at, line_end)
        if end < 0:
            raise NoEntryError("a source without its end")
        parts = record[at:end].split(b"\t")
        places = [i for i, part in enumerate(parts) if part.startswith(b"client/")]
        if not places or places[0] < 3:
            raise NoEntryError("a Bolt source without its client")
        place = places[0]
        # 3.x has the user between the protocol and the agent, and no database.
        return parts[place - 2], parts[place][7:], True, place == 4, end + 2
    if record.startswith(b"server-session\t", at):
        parts = record[at:line_end].split(b"\t", 4)
        if len(parts) < 5:
            raise NoEntryError("a source without its end")
        return b"", parts[2], False, None, at + sum(map(len, parts[:4])) + 4
    if record.startswith(b"embedded-session\t", at):
        at += len(b"embedded-session")
        while record.startswith(b"\t", at):
            at += 1
        return b"", b"", False, None, at
    raise NoEntryError("a source that is not known")


def _owner(
    record: bytes, at: int, line_end: int, *, named: bool | None
) -> tuple[bytes, bytes, int]:
    first = record.find(b" - ", at, line_end)
    if first < 0:
        raise NoEntryError("no user before the query")
    if named is False:
        return record[at:first], b"", first + 3
    second = record.find(b" - ", first + 3, line_end)
    between = record[first + 3 : second] if second >= 0 else b" "
    # No user's name has a blank in it; what has one is a query, and 3.x wrote it.
    if named is None and any(mark in between for mark in (b" ", b"\t", b"(", b"{")):
        return record[at:first], b"", first + 3
    if second < 0:
        raise NoEntryError("no user before the query")
    return between, record[at:first], second + 3


def _query_end(record: bytes, at: int) -> int:
    end = record.find(b" - {", at)
    if end < 0:
        end = len(record.rstrip(b"\r\n"))
    # Where parameters are not logged, the runtime follows the query itself.
    blank = record.rfind(b" ", max(at, end - 64), end)
    if blank >= at + 2 and record.startswith(b" - runtime=", blank - 2):
        end = blank - 2
    return max(end, at)


def _of_a_transaction(text: bytes, time: int, transaction: bytes | None, *, failed: bool) -> Entry:
    # Written where transactions are logged too.  The exact words were never seen in public, so
    # any line that names a transaction, and says that it began or finished, is taken as such.
    head = text[:300]
    named = _NAMES_TRANSACTION.search(head)
    began, ended = _BEGAN.search(head), _FINISHED.search(head)
    if (transaction is None and named is None) or (began is None) == (ended is None):
        raise NoEntryError("an entry that is neither of a query nor of a transaction")
    if transaction is None and named is not None:
        transaction = named[1]
    agent = peer = user = database = b""
    bolt = False
    at = text.find(b"bolt-session\t")
    if at >= 0:
        try:
            agent, peer, bolt, _, after = _source(text, at, len(text))
        except NoEntryError:
            after = len(text)
        rest = text[after:].split(b" - ")
        database, user = (rest[0], rest[1]) if len(rest) > 2 else (b"", b"")
    return Entry(
        *(BEGIN if began else FINISH, failed, bolt, time, 0, 0, 0, 0),
        *(b"", without_port(peer), agent, user, database, None, transaction, peer),
    )
