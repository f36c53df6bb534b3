"""Records to bytes and back: any tree of the nouns of an export, without a line of code in it.

A container is a mark, the check sum of what follows, the length of a JSON text, that text, and
after it the bytes of arrays as they are and of frames as Parquet.  Classes are named and looked
up among the records; nothing that is read is ever run.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import importlib
import io
import json
import pkgutil
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from boltkb.exports import records
from boltkb.exports.export import Export

__all__ = ["CodecError", "decode", "encode"]

_MARK = b"boltkb records 1\n"
_DIGEST = hashlib.sha256().digest_size
_LENGTH = 8
_PLAIN = frozenset({str, int, float, bool, type(None)})
#: Kinds of arrays that are plain numbers or plain text.
_ARRAYS = "fiubU"


class CodecError(ValueError):
    """A value is none of an export's nouns, or bytes are not what `encode` wrote; stays inside."""


def encode(value: object) -> bytes:
    """Return a value as bytes.

    Parameters
    ----------
    value : object
        Records, in them numbers, texts, None, tuples, lists, frozensets, mappings, arrays of
        numbers or texts, and polars frames.

    Returns
    -------
    bytes

    Raises
    ------
    CodecError
        For anything else.

    Examples
    --------
    >>> from boltkb.exports import Where
    >>> decode(encode((Where("neo4j.conf", 3), float("inf"))))
    (Where(file='neo4j.conf', first_line=3, last_line=None), inf)
    """
    blobs: list[bytes] = []
    tree = _node(value, blobs)
    text = json.dumps({"value": tree, "blobs": [len(blob) for blob in blobs]}).encode("ascii")
    body = b"".join([len(text).to_bytes(_LENGTH, "little"), text, *blobs])
    return _MARK + hashlib.sha256(body).digest() + body


def decode(data: bytes) -> Any:
    """Return what `encode` was given.

    Raises
    ------
    CodecError
        When the bytes are cut, changed, or not from `encode`.
    """
    begin = len(_MARK) + _DIGEST
    body = memoryview(data)[begin:]
    if not data.startswith(_MARK) or hashlib.sha256(body).digest() != data[len(_MARK) : begin]:
        raise CodecError("not what was written")
    try:
        end = _LENGTH + int.from_bytes(body[:_LENGTH], "little")
        content = json.loads(bytes(body[_LENGTH:end]))
        blobs: list[memoryview] = []
        for length in content["blobs"]:
            blobs.append(body[end : end + length])
            end += length
        return _value(content["value"], blobs)
    except CodecError:
        raise
    except (ValueError, TypeError, LookupError, RecursionError, AttributeError) as problem:
        raise CodecError(str(problem)) from problem


def _node(value: Any, blobs: list[bytes]) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, np.generic):
        return _node(value.item(), blobs)
    if kind is tuple:
        return _sequence(value, blobs)
    if kind is list:
        return {"l": _sequence(value, blobs)}
    if kind is frozenset:
        return {"s": _sequence(list(value), blobs)}
    if isinstance(value, Mapping):
        return {"m": [_sequence(list(value), blobs), _sequence(list(value.values()), blobs)]}
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in _ARRAYS:
            raise CodecError(f"an array of {value.dtype}")
        blobs.append(np.ascontiguousarray(value).tobytes())
        return {"a": [len(blobs) - 1, value.dtype.str, list(value.shape)]}
    if dataclasses.is_dataclass(value):
        return {"d": [_name(kind), [_node(part, blobs) for part in _parts(value)]]}
    if kind.__module__.partition(".")[0] == "polars" and hasattr(value, "write_parquet"):
        target = io.BytesIO()
        value.write_parquet(target)
        blobs.append(target.getvalue())
        return {"p": len(blobs) - 1}
    raise CodecError(f"a value of {kind.__name__}")


def _sequence(values: Sequence[Any], blobs: list[bytes]) -> dict[str, Any]:
    kinds = set(map(type, values))
    if kinds <= _PLAIN:
        return {"r": list(values)}
    if len(kinds) == 1 and dataclasses.is_dataclass(kind := next(iter(kinds))):
        # Column by column: a log may have a million events.
        columns = [
            _sequence([getattr(value, field.name) for value in values], blobs)
            for field in dataclasses.fields(kind)
        ]
        return {"c": [_name(kind), columns, len(values)]}
    if kinds == {dict} and len(values) > 1:
        # Of a million mappings most have the same few keys.
        places: dict[tuple[tuple[type, Any], ...], int] = {}
        which = [
            places.setdefault(tuple((type(key), key) for key in value), len(places))
            for value in values
        ]
        items = [item for value in values for item in value.values()]
        keys = [_sequence([key for _, key in names], blobs) for names in places]
        return {"k": [keys, which, _sequence(items, blobs)]}
    return {"t": [_node(value, blobs) for value in values]}


def _value(node: Any, blobs: Sequence[memoryview]) -> Any:
    if not isinstance(node, dict):
        return node
    ((kind, content),) = node.items()
    if kind in {"r", "t", "c", "k"}:
        return tuple(_items(node, blobs))
    if kind == "l":
        return _items(content, blobs)
    if kind == "s":
        return frozenset(_items(content, blobs))
    if kind == "m":
        keys, values = (_items(part, blobs) for part in content)
        return dict(zip(keys, values, strict=True))
    if kind == "a":
        return _array(content, blobs)
    if kind == "d":
        name, parts = content
        return _record(name)(*(_value(part, blobs) for part in parts))
    if kind == "p":
        import polars as pl

        try:
            return pl.read_parquet(io.BytesIO(blobs[content]))
        except pl.exceptions.PolarsError as problem:
            raise CodecError(str(problem)) from problem
    raise CodecError(f"a node {kind!r}")


def _items(node: dict[str, Any], blobs: Sequence[memoryview]) -> list[Any]:
    ((kind, content),) = node.items()
    if kind == "r":
        return list(content)
    if kind == "t":
        return [_value(item, blobs) for item in content]
    if kind == "k":
        names = [_items(part, blobs) for part in content[0]]
        items = iter(_items(content[2], blobs))
        return [dict(zip(names[place], items, strict=False)) for place in content[1]]
    if kind != "c":
        raise CodecError(f"a sequence {kind!r}")
    name, columns, count = content
    record = _record(name)
    if not columns:
        return [record() for _ in range(count)]
    return [record(*row) for row in zip(*(_items(part, blobs) for part in columns), strict=True)]


def _array(content: Any, blobs: Sequence[memoryview]) -> Any:
    place, name, shape = content
    kind = np.dtype(name)
    if kind.kind not in _ARRAYS:
        raise CodecError(f"an array of {name}")
    return np.frombuffer(bytes(blobs[place]), dtype=kind).reshape(shape).copy()


def _parts(value: Any) -> list[Any]:
    return [getattr(value, field.name) for field in dataclasses.fields(value)]


def _name(kind: type) -> str:
    if _classes().get(kind.__name__) is not kind:
        raise CodecError(f"a record of {kind.__name__}")
    return kind.__name__


def _record(name: str) -> type:
    found = _classes().get(name)
    if found is None:
        raise CodecError(f"a record of {name!r}")
    return found


@functools.cache
def _classes() -> Mapping[str, type]:
    """Return the nouns of an export by name: every record that there is."""
    found: dict[str, type] = {"Export": Export}
    for info in pkgutil.iter_modules(records.__path__, f"{records.__name__}."):
        found |= {
            name: kind
            for name, kind in vars(importlib.import_module(info.name)).items()
            if isinstance(kind, type) and dataclasses.is_dataclass(kind)
        }
    return found
