"""Entries as JSON, read exactly, one by one; what compiled code leaves over ends here.

Keys stand in any order.  Cloud exports wrap an entry in `jsonPayload`, or its plain text in
`textPayload`; the time then may stand on the wrapper alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime

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
from boltkb.exports.queries.plain import parse_plain, without_port

__all__ = ["parse_structured"]

_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}[+-]\d{4}", re.ASCII)
_QUERY_KINDS = {"start": START, "success": END, "fail": END, "commit": END, "rollback": END}
_TRANSACTION_KINDS = {"start": BEGIN, "begin": BEGIN, "commit": FINISH, "rollback": FINISH}


def parse_structured(record: bytes) -> Entry:
    r"""Return the entry that a line of JSON is.

    Raises
    ------
    NoEntryError
        When it is none.

    Examples
    --------
    >>> entry = parse_structured(
    ...     b'{"time":"2024-06-27 15:16:34.519+0000","level":"INFO","event":"success",'
    ...     b'"type":"query","id":"1","elapsedTimeMs":7,"database":"neo4j",'
    ...     b'"source":"bolt-session\\tbolt\\tneo4j-java/5\\t\\tclient/10.0.0.7:4711\\t'
    ...     b'server/10.0.0.1:7687>","executingUser":"app","query":"RETURN 1"}'
    ... )
    >>> entry.query, entry.client, entry.elapsed
    (b'RETURN 1', b'10.0.0.7', 7)
    """
    try:
        found = json.loads(record.decode("utf-8", "surrogateescape"), strict=False)
    except (ValueError, RecursionError) as problem:
        raise NoEntryError("not JSON") from problem
    if not isinstance(found, dict):
        raise NoEntryError("not an object of JSON")
    wrapper: Mapping[str, object] = {}
    if isinstance(payload := found.get("jsonPayload"), dict):
        wrapper, found = found, payload
    elif isinstance(text := found.get("textPayload"), str):
        return parse_plain(_bytes(text))
    kinds = _kinds(found)
    event = _text(found, "event") or ("fail" if found.get("level") == "ERROR" else "success")
    if event not in kinds:
        raise NoEntryError(f"an event that is not known: {event[:40]!r}")
    kind = kinds[event]
    if kind in (START, END) and "elapsedTimeMs" not in found:
        raise NoEntryError("no elapsed time")
    agent, peer, bolt = _source(_text(found, "source"))
    numbers = [_span(found, key) for key in ("elapsedTimeMs", "planning", "cpu", "waiting")]
    user = _text(found, "executingUser", "username", "authenticatedUser")
    failed = event in ("fail", "rollback") or (found.get("level") == "ERROR" and kind == END)
    client = without_port(_bytes(peer)) if bolt else _bytes(peer)
    identity, transaction = _text(found, "id"), _text(found, "transactionId")
    if kind in (BEGIN, FINISH) and not transaction:
        raise NoEntryError("a transaction without its id")
    return Entry(
        *(kind, failed, bolt, _time(found, wrapper), numbers[0], numbers[1]),
        *(numbers[2], numbers[3], _bytes(_text(found, "query")), client),
        *(_bytes(agent), _bytes(user), _bytes(_text(found, "database"))),
        *(_bytes(identity) if identity else None, _bytes(transaction) if transaction else None),
        _bytes(peer),
    )


def _kinds(found: Mapping[str, object]) -> Mapping[str, int]:
    said = found.get("type", "query")
    if said == "query":
        return _QUERY_KINDS
    if said == "transaction":
        return _TRANSACTION_KINDS
    raise NoEntryError(f"an entry of a type that is not known: {str(said)[:40]!r}")


def _text(found: Mapping[str, object], *keys: str) -> str:
    for key in keys:
        value = found.get(key)
        if isinstance(value, str):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return ""


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _span(found: Mapping[str, object], key: str) -> int:
    value = found.get(key)
    if value is None or isinstance(value, bool):
        return 0
    try:
        span = int(value) if isinstance(value, int | float | str) else 0
    except (ValueError, OverflowError) as problem:
        raise NoEntryError(f"no number: {key}") from problem
    if span > LONGEST_SPAN:
        raise NoEntryError("a time of more than ten years")
    return max(span, 0)


def _time(found: Mapping[str, object], wrapper: Mapping[str, object]) -> int:
    text = _text(found, "time")
    if _TIME.fullmatch(text):
        return milliseconds(text.encode())
    for said in (text, _text(wrapper, "timestamp"), _text(wrapper, "time")):
        # Clouds write nanoseconds, which is more than Python reads.
        short = re.sub(r"(\.\d{6})\d{1,3}", r"\1", said[:40])
        try:
            moment = datetime.fromisoformat(short)
        except ValueError:
            continue
        if moment.tzinfo is not None and moment.year >= 1900:
            return round(moment.timestamp() * 1000)
    raise NoEntryError("no time")


def _source(text: str) -> tuple[str, str, bool]:
    parts = text.rstrip(">").split("\t")
    if parts[0] == "bolt-session":
        places = [i for i, part in enumerate(parts) if part.startswith("client/")]
        if places and places[0] >= 3:
            return parts[places[0] - 2], parts[places[0]][7:], True
        return (parts[2] if len(parts) > 2 else ""), "", True
    if parts[0] == "server-session":
        return "", (parts[2] if len(parts) > 2 else ""), False
    return "", "", False
