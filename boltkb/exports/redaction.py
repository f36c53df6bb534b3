"""An export without the names of users, clients and servers and without literals of queries.

What each field of each record may hold is declared here; a field that is not declared is
replaced as a whole, so that one that is added later cannot be forgotten.  Labels, property names
and names of databases stay: without them no finding could be acted upon.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from boltkb.errors import ParameterError
from boltkb.exports.export import Export
from boltkb.exports.pseudonyms import Pseudonyms
from boltkb.exports.records import SettingValue

if TYPE_CHECKING:
    import polars as pl

__all__ = ["POLICIES", "hide_names", "redact"]

_Record = TypeVar("_Record")

#: What texts a field may hold, by record and field.  `keep`: words of boltkb's or of Neo4j's own.
POLICIES: Mapping[str, Mapping[str, str]] = {
    "ConnectionRow": {
        "connection": "connection", "client": "client", "user": "user", "agent": "agent",
        "connector": "text",
    },
    "DriverPool": {
        "language": "keep", "version": "text", "address": "server", "counts": "keep",
        "totals": "keep",
    },
    "Export": {
        "name": "name", "path": "name", "version": "text", "edition": "text", "settings": "keep",
        "series": "keep", "machine": "keep", "problems": "problem", "started_with": "keep",
    },
    "Holds": {"connections": "connection"},
    "Ignored": {"path": "path", "why": "problem"},
    "LogEvent": {
        "kind": "keep", "level": "text", "text": "text", "connection": "connection",
        "numbers": "keep",
    },
    "LogSpan": {"file": "path", "levels": "text"},
    "MachineFact": {"id": "keep", "text": "text"},
    "Packed": {},
    "QueryLog": {
        "by_query": "query", "by_client": "client", "by_agent": "agent", "by_user": "user",
        "by_database": "keep", "transactions": "hidden",
    },
    "Series": {"id": "keep", "kind": "keep", "database": "keep", "stored_columns": "keep"},
    "SettingValue": {"name": "keep", "value": "hidden", "origin": "keep"},
    "SocketCount": {"peer": "client", "state": "keep"},
    "Source": {"path": "path", "kind": "keep", "why": "problem"},
    "ThreadDump": {},
    "TransactionRow": {
        "transaction": "connection", "database": "keep", "connection": "connection",
        "client": "client", "user": "user", "status": "text", "query": "query",
    },
    "Where": {"file": "path"},
    "Worker": {
        "thread": "text", "connection": "connection", "client": "client", "state": "keep",
        "top_frame": "frame",
    },
}  # fmt: skip
#: What columns of frames hold that do not depend on the frame; `key` does.
_COLUMNS = {
    "agent": "agent", "client": "client", "connection": "connection", "database": "keep",
    "query": "query", "transaction": "connection", "user": "user",
}  # fmt: skip


def redact(export: Export, key: bytes | Pseudonyms) -> Export:
    """Return an export in which users, hosts and literals have pseudonyms.

    The same text gets the same pseudonym under the same key, in every field, and no two texts
    share one.  Loopback addresses and ports stay.

    Parameters
    ----------
    export : Export
    key : bytes or Pseudonyms
        The key; or pseudonyms that were given before, which receive the new ones.

    Returns
    -------
    Export

    Examples
    --------
    >>> from boltkb.exports import ConnectionRow, Where, empty_export
    >>> row = ConnectionRow("bolt-1", "10.1.2.3:4000", "ann", None, None, None, Where("c.csv", 2))
    >>> hidden = redact(replace(empty_export(), connections=(row,)), b"key").connections[0]
    >>> hidden.client.startswith("client-"), hidden.client.endswith(":4000"), "ann" in hidden.user
    (True, True, False)
    """
    names = key if isinstance(key, Pseudonyms) else Pseudonyms(key)
    # The first time through finds the names; the second knows them wherever they stand.
    _redacted(export, names)
    hidden = _redacted(export, names)
    # A member of a cluster is called after the cluster.
    members = [
        replace(member, name=f"{hidden.name}-{names.name(name)}")
        for member, name in zip(hidden.servers, export.server_names, strict=True)
    ]
    return replace(hidden, servers=tuple(members)) if members else hidden


def hide_names(export: Export, file: str | os.PathLike[str]) -> Export:
    """Return an export with pseudonyms whose key and meaning are kept in a private file.

    Parameters
    ----------
    export : Export
    file : str or path-like
        Made where it is absent, for its owner's eyes only; the key in it is used again, so that
        pseudonyms stay the same.  Empty: the export is returned as it is.

    Returns
    -------
    Export

    Raises
    ------
    ParameterError
        When the file cannot be read or written, or is something else.

    Examples
    --------
    >>> from boltkb.exports import empty_export
    >>> hide_names(empty_export("prod-7"), "").name
    'prod-7'
    """
    if not os.fspath(file):
        return export
    place = Path(file)
    names, key = _pseudonyms(place)
    hidden = redact(export, names)
    content = {
        "what": "boltkb redaction",
        "export": str(Path(export.path).resolve()),
        "key": key.hex(),
        "pseudonyms": dict(sorted(names.originals.items())),
    }
    text = json.dumps(content, indent=1, ensure_ascii=True) + "\n"
    part = place.with_name(f"{place.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as target:
            target.write(text)
        part.replace(place)
    except OSError as problem:
        raise ParameterError(f"`{place}`: cannot be written ({problem.strerror})") from problem
    return hidden


def _pseudonyms(place: Path) -> tuple[Pseudonyms, bytes]:
    if not place.exists():
        key = secrets.token_bytes(32)
        return Pseudonyms(key), key
    try:
        content = json.loads(place.read_text(encoding="utf-8"))
        key = bytes.fromhex(content["key"])
        known = {str(name): str(text) for name, text in content["pseudonyms"].items()}
    except OSError as problem:
        raise ParameterError(f"`{place}`: cannot be read ({problem.strerror})") from problem
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise ParameterError(
            f"`{place}` does not hold a key for pseudonyms; name another file"
        ) from problem
    return Pseudonyms(key, known), key


def _redacted(record: _Record, names: Pseudonyms) -> _Record:
    if isinstance(record, SettingValue):
        value = names.setting(record.name, record.value)
        where = _redacted(record.where, names)
        return replace(record, value=value, where=where)
    policies = POLICIES.get(type(record).__name__, {})
    changes: dict[str, object] = {}
    for field in fields(record):  # type: ignore[arg-type]
        value = getattr(record, field.name)
        policy = policies.get(field.name, "hidden")
        new = _value(value, policy, names)
        if new is not value:
            changes[field.name] = new
    return replace(record, **changes) if changes else record  # type: ignore[type-var]


def _value(value: Any, policy: str, names: Pseudonyms) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return _scrub(policy, names)(value)
    if isinstance(value, np.ndarray):
        return _array(value, policy, names)
    if isinstance(value, Mapping):
        scrub = _scrub(policy, names)
        return {scrub(key): _value(item, policy, names) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_value(item, policy, names) for item in value)
    if isinstance(value, frozenset):
        return frozenset(_value(item, policy, names) for item in value)
    if is_dataclass(value):
        return _redacted(value, names)
    return _frame(value, policy, names)


def _scrub(policy: str, names: Pseudonyms) -> Callable[[str], str]:
    scrubs: Mapping[str, Callable[[str], str]] = {
        "keep": str,
        "agent": names.agent,
        "client": names.client,
        "connection": names.connection,
        "frame": names.frame,
        "name": _name_of(names),
        "path": names.path,
        "problem": lambda text: names.text(text, paths=True),
        "query": names.query,
        "server": names.server,
        "text": names.text,
        "user": names.user,
    }
    return scrubs.get(policy, lambda text: names.of("text", text) if text else text)


def _name_of(names: Pseudonyms) -> Callable[[str], str]:
    # Of a path only the last part may be shown, under the export's own pseudonym.
    def name(text: str) -> str:
        last = Path(text).name
        for ending in (".zip", ".tgz", ".gz", ".tar"):
            last = last[: -len(ending)] if last.lower().endswith(ending) else last
        return names.name(last)

    return name


def _array(value: Any, policy: str, names: Pseudonyms) -> Any:
    if value.dtype.kind not in "US":
        return value if value.dtype.kind in "fiub" else np.full(value.shape, "(hidden)")
    scrub = _scrub(policy, names)
    distinct, places = np.unique(value, return_inverse=True)
    return np.array([scrub(str(text)) for text in distinct], dtype=np.str_)[places]


def _frame(value: pl.DataFrame, policy: str, names: Pseudonyms) -> pl.DataFrame:
    import polars as pl

    columns: list[pl.Series] = []
    for column in value.get_columns():
        chosen = policy if column.name == "key" else _COLUMNS.get(column.name, "hidden")
        if column.dtype in {pl.String, pl.Categorical}:
            scrub = _scrub(chosen, names)
            texts = column.cast(pl.String)
            given = {text: scrub(text) for text in texts.unique() if text is not None}
            columns.append(
                pl.Series(column.name, [given.get(text) for text in texts], dtype=pl.String)
            )
        elif column.dtype.is_numeric() or column.dtype.is_temporal() or column.dtype == pl.Boolean:
            columns.append(column)
        else:
            columns.append(pl.Series(column.name, ["(hidden)"] * len(column), dtype=pl.String))
    return pl.DataFrame(columns)
