"""What a server exports of its metrics unless told otherwise, and what a filter lets through.

Knows Neo4j's own globbing: `*` for any characters, `?` for one; nothing else is special.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from boltkb.catalogue.entries import FIRST_FILTER
from boltkb.catalogue.loader import load_metrics
from boltkb.catalogue.rows import bound, by_id, rows, text, texts
from boltkb.catalogue.version import Version
from boltkb.errors import CatalogueError

__all__ = ["DefaultFilter", "default_filter", "lets_through", "load_filters", "metric_glob"]

_PLACE = re.compile(r"^\{prefix\}\.(?:dbms\.|database\.\{database\}\.|\{database\}\.)?")


@dataclass(frozen=True, slots=True)
class DefaultFilter:
    """The metrics that are exported where no filter is set.

    Parameters
    ----------
    id : str
        The catalogue's own name: the first version of the list.
    patterns : tuple of str
        In Neo4j's order.
    since : Version
    until : Version or None
        The first version in which the list was not read; None where it is the newest.
    source : str
        The id of the source.
    exact : bool
        False for a version between two lists that were read: then both together, which leaves out
        nothing that the version's own list has from either.
    """

    id: str
    patterns: tuple[str, ...]
    since: Version
    until: Version | None
    source: str
    exact: bool = True

    @property
    def line(self) -> str:
        """The list as a setting's value."""
        return ",".join(self.patterns)


@lru_cache(maxsize=1)
def load_filters() -> Mapping[str, DefaultFilter]:
    """Return the lists that were read, by id, oldest first.

    Examples
    --------
    >>> list(load_filters())[0], list(load_filters())[-1]
    ('4.2', '2025.06')
    """
    read = [
        DefaultFilter(
            id=text(row, "id"),
            patterns=texts(row, "patterns"),
            since=_version(row.get("since"), text(row, "id")),
            until=None if "until" not in row else _version(row["until"], text(row, "id")),
            source=text(row, "source"),
        )
        for row in rows("filters.toml", "filter")
    ]
    return by_id(sorted(read, key=lambda entry: entry.since))


def default_filter(version: Version) -> DefaultFilter | None:
    """Return what a version exports where no filter is set; None before 4.2: everything.

    Examples
    --------
    >>> default_filter(Version(4, 1)) is None, default_filter(Version(5, 11)).id
    (True, '5.10')
    >>> default_filter(Version(5, 26)).exact
    False
    """
    if version < FIRST_FILTER:
        return None
    lists = list(load_filters().values())
    before = [entry for entry in lists if entry.since <= version]
    last = before[-1]
    if last.until is None or version < last.until:
        return last
    following = lists[len(before)]
    patterns = dict.fromkeys([*last.patterns, *following.patterns])
    return DefaultFilter(
        id=f"{last.id}, {following.id}",
        patterns=tuple(patterns),
        since=last.until,
        until=following.since,
        source=following.source,
        exact=False,
    )


def lets_through(patterns: Iterable[str], name: str) -> bool:
    """Return whether a metric's full name matches one of a filter's patterns.

    Takes time in proportion to the two lengths multiplied, whatever the pattern.

    Examples
    --------
    >>> lets_through(["*bolt.connections*"], "neo4j.dbms.bolt.connections_running")
    True
    >>> lets_through(["*transaction.active"], "neo4j.database.neo4j.transaction.active_read")
    False
    """
    return any(_matches(pattern, name) for pattern in patterns)


def metric_glob(key: str, version: Version) -> str:
    """Return a pattern that lets a metric through in a version, for whatever prefix and database.

    Raises
    ------
    CatalogueError
        For an id that the catalogue does not have, or a version without such a metric.

    Examples
    --------
    >>> metric_glob("worker_thread_bound_time", Version(5, 26))
    '*bolt.worker_thread_bound_time'
    >>> metric_glob("transaction_active", Version(4, 4))
    '*transaction.active'
    """
    entry = load_metrics().get(key)
    names = [interval.name for interval in entry.names if interval.holds(version)] if entry else []
    if not names:
        raise CatalogueError(f"no metric {key!r} in Neo4j {version}")
    tails = {_PLACE.sub("", name) for name in names}
    return "*" + min(tails, key=len)


def _matches(pattern: str, name: str) -> bool:
    # The classic two pointers: on a mismatch only the last star takes one character more.
    at, place, star, retry = 0, 0, -1, 0
    while place < len(name):
        if at < len(pattern) and pattern[at] == "*":
            star, retry = at, place
            at += 1
        elif at < len(pattern) and pattern[at] in {"?", name[place]}:
            at += 1
            place += 1
        elif star >= 0:
            retry += 1
            at, place = star + 1, retry
        else:
            return False
    return all(character == "*" for character in pattern[at:])


def _version(value: object, key: str) -> Version:
    found = bound(value)
    if not isinstance(found, Version):
        raise CatalogueError(f"{key!r}: a list of metrics needs a version that is known")
    return found
