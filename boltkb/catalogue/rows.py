"""Reads rows of TOML, and says which entry is wrong when one is.

Knows the types of values, not what they mean.  Anything wrong here is our own fault:
`CatalogueError`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from types import MappingProxyType
from typing import Literal, Protocol, TypeVar

from boltkb.catalogue.entries import Interval
from boltkb.catalogue.version import Version
from boltkb.errors import CatalogueError

__all__ = [
    "bound",
    "by_id",
    "choice",
    "defaults",
    "flag",
    "known_bound",
    "names",
    "number",
    "pattern",
    "rows",
    "text",
    "texts",
]


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


_Entry = TypeVar("_Entry", bound=_HasId)
_Bound = Version | Literal["unknown"] | None


def rows(file: str, kind: str) -> Iterator[Mapping[str, object]]:
    """Yield the rows of one of the catalogue's files, which holds nothing else.

    Examples
    --------
    >>> next(rows("rules.toml", "rule"))["id"]
    'bound-fan-out'
    """
    text = resources.files("boltkb.catalogue").joinpath(file).read_text(encoding="utf-8")
    content = tomllib.loads(text)
    if set(content) != {kind}:
        raise CatalogueError(f"{file}: only [[{kind}]] may stand here, found {sorted(content)}")
    yield from content[kind]


def by_id(entries: Iterable[_Entry]) -> Mapping[str, _Entry]:
    """Return entries by their ids, which must differ.

    Examples
    --------
    >>> from boltkb.catalogue.entries import Rule
    >>> rule = Rule("a", "Title", "low", "Change.", False, "Meaning.", "source")
    >>> list(by_id([rule]))
    ['a']
    """
    found: dict[str, _Entry] = {}
    for entry in entries:
        if entry.id in found:
            raise CatalogueError(f"the id {entry.id!r} stands twice")
        found[entry.id] = entry
    return MappingProxyType(found)


def text(row: Mapping[str, object], key: str) -> str:
    """Return a row's text.

    Examples
    --------
    >>> text({"id": "x", "unit": "threads"}, "unit")
    'threads'
    """
    value = row.get(key)
    if not isinstance(value, str):
        raise CatalogueError(f"{row.get('id')!r}: `{key}` must be text, found {value!r}")
    return value


def texts(row: Mapping[str, object], key: str) -> tuple[str, ...]:
    """Return a row's list of texts.

    Examples
    --------
    >>> texts({"id": "x", "needles": ["a", "b"]}, "needles")
    ('a', 'b')
    """
    value = row.get(key)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise CatalogueError(f"{row.get('id')!r}: `{key}` must be a list of texts, found {value!r}")
    return tuple(value)


def choice(row: Mapping[str, object], key: str, allowed: tuple[str, ...]) -> str:
    """Return a row's text, one of those allowed.

    Examples
    --------
    >>> choice({"id": "x", "kind": "gauge"}, "kind", ("gauge", "counter"))
    'gauge'
    """
    value = text(row, key)
    if value not in allowed:
        raise CatalogueError(f"{row.get('id')!r}: `{key}` must be one of {allowed}, not {value!r}")
    return value


def flag(row: Mapping[str, object], key: str) -> bool:
    """Return a row's switch.

    Examples
    --------
    >>> flag({"id": "x", "dynamic": True}, "dynamic")
    True
    """
    value = row.get(key)
    if not isinstance(value, bool):
        raise CatalogueError(f"{row.get('id')!r}: `{key}` must be true or false, found {value!r}")
    return value


def number(row: Mapping[str, object], key: str) -> float:
    """Return a row's number.

    Examples
    --------
    >>> number({"id": "x", "scale": 1}, "scale")
    1.0
    """
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CatalogueError(f"{row.get('id')!r}: `{key}` must be a number, found {value!r}")
    return float(value)


def pattern(row: Mapping[str, object], key: str) -> re.Pattern[str]:
    """Return a row's regular expression, compiled.

    Examples
    --------
    >>> pattern({"id": "x", "pattern": "a+"}, "pattern").pattern
    'a+'
    """
    try:
        return re.compile(text(row, key))
    except re.error as problem:
        raise CatalogueError(f"{row.get('id')!r}: `{key}`: {problem}") from problem


def bound(value: object) -> _Bound:
    """Return a version, `unknown`, or None for an open end.

    Examples
    --------
    >>> str(bound("5.26")), bound("unknown"), bound(None)
    ('5.26.0', 'unknown', None)
    """
    if value is None:
        return None
    if value == "unknown":
        return "unknown"
    if isinstance(value, str):
        return Version.parse(value)
    raise CatalogueError(f'a version is text such as "5.26" or "unknown", found {value!r}')


def known_bound(value: object) -> Version | None:
    """Return a version, or None for an open end; `unknown` is refused.

    Examples
    --------
    >>> str(known_bound("4.3")), known_bound(None)
    ('4.3.0', None)
    """
    found = bound(value)
    if found == "unknown":
        raise CatalogueError("here a version must be known")
    return found if isinstance(found, Version) else None


def names(row: Mapping[str, object]) -> tuple[Interval, ...]:
    """Return a row's names with their versions.

    Examples
    --------
    >>> names({"id": "x", "names": [{"name": "a.b", "since": "5.0"}]})[0].name
    'a.b'
    """
    return _intervals(row, "names", "name")


def defaults(row: Mapping[str, object]) -> tuple[Interval, ...]:
    """Return what a row's default was in which versions; empty where it never changed.

    Examples
    --------
    >>> defaults({"id": "x", "defaults": [{"value": "3s", "until": "4.2"}]})[0].name
    '3s'
    """
    return _intervals(row, "defaults", "value") if "defaults" in row else ()


def _intervals(row: Mapping[str, object], key: str, name: str) -> tuple[Interval, ...]:
    value = row.get(key)
    if not isinstance(value, list) or not value:
        raise CatalogueError(f"{row.get('id')!r}: `{key}` must be a list of {key}")
    return tuple(
        Interval(text(item, name), bound(item.get("since")), bound(item.get("until")))
        for item in value
    )
