"""Whose name a metric's name is, in any spelling: dotted, with underscores, as Datadog does it.

A name holds a prefix and a database, both free and both with dots in them if need be.  What
is literal in the catalogue's names is found from the end; the prefix is learned from the names
that leave no choice and then holds for the others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from boltkb.catalogue import load_metrics

__all__ = ["Name", "known_tails", "prefixes_of", "read_name", "read_scraped_name"]

_ODD = re.compile(r"[^A-Za-z0-9]+")
#: What Prometheus and OpenMetrics put behind a name, and what it stands for.
_ENDINGS = (("_total", ""), ("_count", "count"), ("_sum", "sum"), ("_created", "created"))


@dataclass(frozen=True, slots=True)
class Name:
    """What a metric's name says.

    Parameters
    ----------
    id : str
        The metric's id in the catalogue.
    database : str or None
        As it stands in the name; with underscores where the spelling has no dots.
    prefix : str
        Empty for a name without one.
    ending : str
        `count`, `sum` or `created`, where an exporter added it; `total` for a counter.
    """

    id: str
    database: str | None
    prefix: str
    ending: str = ""


def prefixes_of(names: Iterable[str], *, mark: str = ".") -> tuple[str, ...]:
    """Return the prefixes in names that leave no choice, the most frequent first.

    Parameters
    ----------
    names : iterable of str
    mark : str
        What stands between a name's parts: `.` or `_`.

    Examples
    --------
    >>> prefixes_of(["eu.prod.dbms.bolt.connections_running", "eu.prod.a.b.transaction.active"])
    ('eu.prod',)
    """
    counts: Counter[str] = Counter()
    for name in names:
        for rest, tail in _tails_of(name, mark):
            heads = _tails(mark)[tail]
            if any(database for _, database, _ in heads):
                break
            if rest and any(prefixed for prefixed, _, _ in heads):
                counts[rest] += 1
                break
    return tuple(prefix for prefix, _ in sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def read_name(name: str, prefixes: Iterable[str] = (), *, mark: str = ".") -> Name | None:
    """Return what a metric's full name says, None for a metric that the catalogue lacks.

    Parameters
    ----------
    name : str
        Of any version.
    prefixes : iterable of str
        Prefixes that are known, the likeliest first; without one that fits, a prefix has one
        part.
    mark : str
        What stands between a name's parts: `.` or `_`.

    Returns
    -------
    Name or None

    Examples
    --------
    >>> read_name("eu.prod.graph.v2.transaction.active", ["eu.prod"])
    Name(id='transaction_active', database='graph.v2', prefix='eu.prod', ending='')
    >>> read_name("vm.thread.total").id, read_name("neo4j.no.such") is None
    ('vm_threads', True)
    """
    known = [*prefixes]
    for rest, tail in _tails_of(name, mark):
        for prefixed, database, metric in _tails(mark)[tail]:
            found = _head(rest, known, mark, prefixed=prefixed, database=database)
            if found is not None:
                return Name(metric, found[1], found[0])
    return None


def read_scraped_name(name: str, prefixes: Iterable[str] = ()) -> Name | None:
    """Return what a name in Prometheus' spelling says, with its ending.

    Parameters
    ----------
    name : str
        With underscores, dots or both.
    prefixes : iterable of str
        In the same spelling.

    Returns
    -------
    Name or None

    Examples
    --------
    >>> read_scraped_name("neo4j_dbms_bolt_messages_received_total").ending
    'total'
    >>> read_scraped_name("neo4j_my_db_transaction_active").database, read_scraped_name("up")
    ('my_db', None)
    """
    plain = _ODD.sub("_", name).strip("_")
    known = [*prefixes]
    found = read_name(plain, known, mark="_")
    if found is not None:
        return found
    for ending, word in _ENDINGS:
        if plain.endswith(ending):
            found = read_name(plain.removesuffix(ending), known, mark="_")
            if found is not None:
                return Name(found.id, found.database, found.prefix, word or "total")
    return None


@lru_cache(maxsize=1)
def known_tails() -> tuple[str, ...]:
    """Return the literal ends of all metrics' names with underscores, for a search by name.

    Examples
    --------
    >>> "bolt_connections_running" in known_tails()
    True
    """
    return tuple(sorted(_tails("_")))


@lru_cache(maxsize=2)
def _tails(mark: str) -> Mapping[str, tuple[tuple[bool, str | None, str], ...]]:
    # By the literal end: whether a prefix stands before it, whether a database does (and what
    # stands literally before that), and the metric.
    tails: dict[str, list[tuple[bool, str | None, str]]] = {}
    for entry in load_metrics().values():
        for interval in entry.names:
            prefixed = interval.name.startswith("{prefix}.")
            text = interval.name.removeprefix("{prefix}.")
            before, braces, behind = text.rpartition("{database}.")
            database = before.rstrip(".") if braces else None
            tail = behind.replace(".", mark)
            heads = tails.setdefault(tail, [])
            if (prefixed, database, entry.id) not in heads:
                heads.append((prefixed, database, entry.id))
    # The more that a name says literally, the earlier it is tried.
    return {
        tail: tuple(
            sorted(heads, key=lambda head: (-len(head[1] or ""), head[1] is None, not head[0]))
        )
        for tail, heads in tails.items()
    }


def _tails_of(name: str, mark: str) -> Iterable[tuple[str, str]]:
    known = _tails(mark)
    if name in known:
        yield "", name
    at = name.find(mark)
    while at >= 0:
        tail = name[at + 1 :]
        if tail in known:
            yield name[:at], tail
        at = name.find(mark, at + 1)


def _head(
    rest: str, known: list[str], mark: str, *, prefixed: bool, database: str | None
) -> tuple[str, str | None] | None:
    """Return the prefix and the database in what stands before a name's literal end."""
    if database is None:
        if not rest:
            return "", None
        return (rest, None) if prefixed and (mark == "." or _plain(rest, known, mark)) else None
    middle = database + mark if database else ""
    for prefix in known:
        if rest.startswith(prefix + mark + middle):
            inner = rest[len(prefix + mark + middle) :]
            if inner:
                return prefix, inner
    prefix, found, inner = rest.partition(mark)
    if middle and inner.startswith(middle) and len(inner) > len(middle):
        return prefix, inner[len(middle) :]
    if middle:
        # A prefix of several parts, or none.
        before, found, inner = rest.partition(mark + middle)
        if found and before and inner:
            return before, inner
        if rest.startswith(middle) and len(rest) > len(middle):
            return "", rest[len(middle) :]
        return None
    return (prefix, inner) if found and inner else None


def _plain(rest: str, known: list[str], mark: str) -> bool:
    return rest in known or mark not in rest or not known
