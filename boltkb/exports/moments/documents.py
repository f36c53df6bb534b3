"""Rows in JSON: what Browser, drivers, `jq` and the server's HTTP interfaces write.

Knows the shapes around the rows; not what the rows are about.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

__all__ = ["document_rows", "plain", "values_at"]

_DEEPEST = 6
#: Where the columns of a table stand, and where its rows: HTTP API, Query API, Browser, scripts.
_TABLES = (
    ("columns", "data"),
    ("fields", "values"),
    ("keys", "_fields"),
    ("columns", "rows"),
    ("keys", "rows"),
)
_DECODER = json.JSONDecoder()
#: Characters of one value that are kept.
_LONGEST = 20_000


def values_at(text: str, start: int) -> Iterator[tuple[int, object, int]]:
    """Yield the JSON values that begin at a place; of an array, its elements one by one.

    Parameters
    ----------
    text : str
    start : int
        Where `{` or `[` stands.

    Yields
    ------
    tuple of (int, object, int)
        Where the value begins, the value, and the place after it and its comma or bracket.
        What is broken ends the values; the caller sees no bracket at the last place.

    Examples
    --------
    >>> list(values_at('[{"a": 1}, {"a": 2}]', 0))
    [(1, {'a': 1}, 10), (11, {'a': 2}, 20)]
    """
    if text[start] == "{":
        found = _value(text, start)
        if found is not None:
            yield start, *found
        return
    place = _skip(text, start + 1)
    while place < len(text):
        found = _value(text, place)
        if found is None:
            return
        value, end = found
        after = _skip(text, end)
        closed = text[after : after + 1]
        if closed not in {",", "]"}:
            return
        yield place, value, after + 1
        if closed == "]":
            return
        place = _skip(text, after + 1)


def document_rows(value: object, depth: int = 0) -> Iterator[Mapping[str, str]]:
    """Yield the rows in a JSON value, keys in lower case, values as text.

    Objects with plain values are rows; `columns` with `data`, `fields` with `values` and `keys`
    with `_fields` are tables.

    Parameters
    ----------
    value : object
    depth : int
        How deep it lies.

    Examples
    --------
    >>> http = {"results": [{"columns": ["a"], "data": [{"row": [1]}, {"row": [None]}]}]}
    >>> list(document_rows(http)), list(document_rows({"data": {"fields": ["b"], "values": [[2]]}}))
    ([{'a': '1'}, {'a': ''}], [{'b': '2'}])
    """
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for item in value:
            yield from document_rows(item, depth + 1)
        return
    if not isinstance(value, dict):
        return
    names, rows = _table(value)
    if names is not None:
        for row in rows:
            cells = row.get("row") if isinstance(row, dict) else row
            if isinstance(cells, list) and len(cells) == len(names):
                yield {name: plain(cell) for name, cell in zip(names, cells, strict=True)}
            else:
                yield {}
        return
    inner = [item for item in value.values() if _holds_rows(item)]
    if inner and not any(key.lower().endswith(("id", "name")) for key in value):
        for item in inner:
            yield from document_rows(item, depth + 1)
        return
    yield {key.lower(): plain(item) for key, item in value.items()}


def plain(value: object) -> str:
    """Return a JSON value as text: a driver's own form of numbers and spans is undone.

    Examples
    --------
    >>> plain({"$type": "Duration", "_value": "PT2S"}), plain({"low": 7, "high": 0}), plain(True)
    ('PT2S', '7', 'true')
    >>> plain({"months": 0, "days": 0, "seconds": {"low": 5, "high": 0}, "nanoseconds": 500000000})
    'PT5.5S'
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)[:_LONGEST]
    if isinstance(value, dict):
        if "_value" in value and "$type" in value and not isinstance(value["_value"], dict):
            return plain(value["_value"])
        if set(value) == {"low", "high"}:
            low, high = value["low"], value["high"]
            if isinstance(low, int) and isinstance(high, int) and abs(high) < 1 << 32:
                return str((high << 32) + (low & 0xFFFFFFFF))
        if "seconds" in value and "nanoseconds" in value:
            parts = [plain(value.get(name, 0)) for name in ("days", "seconds", "nanoseconds")]
            try:
                days, seconds, nanos = (int(part[:20] or 0) for part in parts)
            except ValueError:
                return ""
            return f"PT{(86400 * days + seconds) + nanos / 1e9:.9f}".rstrip("0").rstrip(".") + "S"
    if isinstance(value, list) and len(value) < 100:
        return ", ".join(plain(item) for item in value if not isinstance(item, list | dict))
    return ""


def _table(value: Mapping[str, object]) -> tuple[list[str] | None, list[object]]:
    for names, rows in _TABLES:
        found, cells = value.get(names), value.get(rows)
        if isinstance(found, list) and isinstance(cells, list):
            return [str(name).lower() for name in found], [cells] if rows == "_fields" else cells
    return None, []


def _holds_rows(value: object) -> bool:
    if isinstance(value, list):
        return any(isinstance(item, dict) for item in value[:3])
    return isinstance(value, dict) and _table(value)[0] is not None


def _value(text: str, place: int) -> tuple[object, int] | None:
    try:
        return _DECODER.raw_decode(text, place)
    except (ValueError, RecursionError):
        return None


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n":
        place += 1
    return place
