"""Reads the catalogue's TOML into its entries, and finds an entry by a name met in a file.

Everything is read once and kept.  A file that contradicts itself is our own fault:
`CatalogueError`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, cast

from boltkb.catalogue.entries import Interval, Message, Metric, Rule, Setting, Source, Term
from boltkb.catalogue.rows import (
    bound,
    by_id,
    choice,
    defaults,
    flag,
    known_bound,
    names,
    number,
    rows,
    text,
    texts,
)
from boltkb.catalogue.version import Version
from boltkb.errors import CatalogueError

__all__ = [
    "load_messages",
    "load_metrics",
    "load_rules",
    "load_settings",
    "load_sources",
    "load_terms",
    "metric_id",
    "metric_name",
    "metrics_in",
    "setting_id",
    "setting_name",
]

_OTHERS = frozenset({"http", "https"})
_PREFIX = r"(?:[^./\\\s]+(?:\.[^./\\\s]+)*?)"
_DATABASE = r"(?P<database>[^/\\\s]+?)"


@lru_cache(maxsize=1)
def load_settings() -> Mapping[str, Setting]:
    """Return the settings by id.

    Examples
    --------
    >>> load_settings()["bolt-threads-max"].default
    '400'
    """
    return by_id(
        Setting(
            id=text(row, "id"),
            names=names(row),
            default=text(row, "default"),
            kind=text(row, "kind"),
            unit=text(row, "unit"),
            dynamic=flag(row, "dynamic"),
            meaning=text(row, "meaning"),
            source=text(row, "source"),
            defaults=defaults(row),
            edition=cast(
                Literal["both", "enterprise"],
                choice(row, "edition", ("both", "enterprise")) if "edition" in row else "both",
            ),
            dynamic_since=bound(row.get("dynamic_since")),
        )
        for row in rows("settings.toml", "setting")
    )


@lru_cache(maxsize=1)
def load_metrics() -> Mapping[str, Metric]:
    """Return the metrics by id.

    Examples
    --------
    >>> load_metrics()["connections_running"].kind
    'gauge'
    """
    return by_id(
        Metric(
            id=text(row, "id"),
            names=names(row),
            kind=cast(
                Literal["gauge", "counter", "histogram"],
                choice(row, "kind", ("gauge", "counter", "histogram")),
            ),
            gauge_form=cast(
                Literal["gauge", "counter"],
                choice(row, "gauge_form", ("gauge", "counter"))
                if "gauge_form" in row
                else ("counter" if row.get("kind") == "counter" else "gauge"),
            ),
            unit=text(row, "unit"),
            scale=number(row, "scale"),
            default_export=flag(row, "default_export"),
            meaning=text(row, "meaning"),
            source=text(row, "source"),
            exported_since=known_bound(row.get("exported_since")),
        )
        for row in rows("metrics.toml", "metric")
    )


@lru_cache(maxsize=1)
def load_messages() -> Mapping[str, Message]:
    """Return the log messages by id.

    Examples
    --------
    >>> load_messages()["starvation-increase"].counts
    'episode'
    """
    return by_id(
        Message(
            id=text(row, "id"),
            needles=texts(row, "needles"),
            expression=text(row, "pattern"),
            traced=flag(row, "traced") if "traced" in row else False,
            level=text(row, "level"),
            since=bound(row.get("since")),
            until=bound(row.get("until")),
            counts=cast(
                Literal["rejection", "episode", "none"],
                choice(row, "counts", ("rejection", "episode", "none")),
            ),
            meaning=text(row, "meaning"),
            source=text(row, "source"),
        )
        for row in rows("messages.toml", "message")
    )


@lru_cache(maxsize=1)
def load_sources() -> Mapping[str, Source]:
    """Return the sources by id.

    Examples
    --------
    >>> load_sources()["erlang-1917"].kind
    'paper'
    """
    return by_id(
        Source(
            id=text(row, "id"),
            title=text(row, "title"),
            kind=text(row, "kind"),
            url=text(row, "url"),
            note=text(row, "note"),
        )
        for row in rows("sources.toml", "source")
    )


@lru_cache(maxsize=1)
def load_terms() -> Mapping[str, Term]:
    """Return the glossary's terms by id.

    Examples
    --------
    >>> load_terms()["offered-load"].unit
    'erlangs'
    """
    return by_id(
        Term(
            id=text(row, "id"),
            word=text(row, "word"),
            symbol=text(row, "symbol"),
            unit=text(row, "unit"),
            definition=text(row, "definition"),
            source=text(row, "source"),
        )
        for row in rows("glossary.toml", "term")
    )


@lru_cache(maxsize=1)
def load_rules() -> Mapping[str, Rule]:
    """Return the rules of advice by id.

    Examples
    --------
    >>> load_rules()["raise-threads"].restart
    True
    """
    return by_id(
        Rule(
            id=text(row, "id"),
            title=text(row, "title"),
            severity=cast(
                Literal["high", "medium", "low", "info"],
                choice(row, "severity", ("high", "medium", "low", "info")),
            ),
            change=text(row, "change"),
            restart=flag(row, "restart"),
            meaning=text(row, "meaning"),
            source=text(row, "source"),
            **{key: text(row, key) for key in ("cause", "do_not", "cost", "undo") if key in row},
        )
        for row in rows("rules.toml", "rule")
    )


def setting_name(key: str, version: Version | str | None = None) -> str:
    """Return the name that a setting has in a version.

    Parameters
    ----------
    key : str
        The setting's id in the catalogue.
    version : Version, str or None
        The Neo4j version; None for the newest name.

    Returns
    -------
    str

    Raises
    ------
    CatalogueError
        For an id that the catalogue does not have, or a version without such a setting.

    Examples
    --------
    >>> setting_name("bolt-threads-max", "5.26.0"), setting_name("bolt-threads-max", "4.4")
    ('server.bolt.thread_pool_max_size', 'dbms.connector.bolt.thread_pool_max_size')
    """
    entry = load_settings().get(key)
    if entry is None:
        raise CatalogueError(f"no setting with the id {key!r}")
    return _name_in(entry.names, version, key)


@lru_cache(maxsize=4096)
def setting_id(name: str) -> str | None:
    """Return the id of the setting with a name, of any version; None when it is not known.

    Bolt connectors of 3.x could have any name but those of the HTTP connectors;
    `dbms.connector.<any>.thread_pool_max_size` is found.

    Examples
    --------
    >>> setting_id("server.bolt.thread_pool_max_size"), setting_id("no.such.thing")
    ('bolt-threads-max', None)
    """
    known = _setting_ids()
    if name in known:
        return known[name]
    parts = name.split(".")
    if len(parts) == 4 and parts[:2] == ["dbms", "connector"] and parts[2] not in _OTHERS:
        return known.get(f"dbms.connector.bolt.{parts[3]}")
    return None


def metric_name(key: str, version: Version | str | None = None) -> str:
    """Return the full name that a metric has in a version, with the default prefix `neo4j`.

    `{database}` stays in the name of a metric that exists once per database.

    Raises
    ------
    CatalogueError
        For an id that the catalogue does not have, or a version without such a metric.

    Examples
    --------
    >>> metric_name("connections_running", "5.26.0")
    'neo4j.dbms.bolt.connections_running'
    """
    entry = load_metrics().get(key)
    if entry is None:
        raise CatalogueError(f"no metric with the id {key!r}")
    return _name_in(entry.names, version, key).replace("{prefix}", "neo4j")


def metrics_in(version: Version | None, *keys: str) -> tuple[str, ...]:
    """Return the full names of those metrics that a version has, with the default prefix.

    Without a version, the newest names of all of them.

    Raises
    ------
    CatalogueError
        For an id that the catalogue does not have.

    Examples
    --------
    >>> metrics_in(Version(3, 4), "vm_pause_time", "transaction_active")
    ('neo4j.transaction.active',)
    """
    entries = load_metrics()
    unknown = [key for key in keys if key not in entries]
    if unknown:
        raise CatalogueError(f"no metric with the id {unknown[0]!r}")
    return tuple(
        metric_name(key, version)
        for key in keys
        if version is None or any(interval.holds(version) for interval in entries[key].names)
    )


@lru_cache(maxsize=8192)
def metric_id(full_name: str) -> tuple[str, str | None] | None:
    """Return the id and the database of a metric, from its full name of any version.

    Parameters
    ----------
    full_name : str
        As in a file's name without `.csv`, whatever the prefix.

    Returns
    -------
    tuple of (str, str or None), or None
        None for a metric that the catalogue does not know.

    Examples
    --------
    >>> metric_id("neo4j.database.movies.transaction.active_read")
    ('transaction_active_read', 'movies')
    >>> metric_id("prod.dbms.bolt.connections_running")
    ('connections_running', None)
    """
    for shape, key in _metric_patterns():
        found = shape.fullmatch(full_name)
        if found:
            return key, found.groupdict().get("database")
    return None


@lru_cache(maxsize=1)
def _setting_ids() -> Mapping[str, str]:
    return {
        interval.name: entry.id for entry in load_settings().values() for interval in entry.names
    }


@lru_cache(maxsize=1)
def _metric_patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    templates = {
        interval.name: entry.id for entry in load_metrics().values() for interval in entry.names
    }
    # The more that a template says literally, the earlier it is tried.
    order = sorted(templates, key=lambda name: (-len(re.sub(r"\{\w+\}", "", name)), name))
    return tuple(
        (
            re.compile(
                re.escape(name).replace(r"\{prefix\}", _PREFIX).replace(r"\{database\}", _DATABASE)
            ),
            templates[name],
        )
        for name in order
    )


def _name_in(names: tuple[Interval, ...], version: Version | str | None, key: str) -> str:
    if version is None:
        return names[-1].name
    wanted = Version.parse(version) if isinstance(version, str) else version
    fitting = [interval.name for interval in names if interval.holds(wanted)]
    if not fitting:
        raise CatalogueError(f"{key!r} has no name in Neo4j {wanted}")
    return fitting[0]
