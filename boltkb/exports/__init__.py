"""What operators export from a Neo4j server, read file by file into one `Export`.

`open_export` finds what a path holds; a room for each kind of evidence reads it: `metrics`,
`logs`, `queries`, `settings`, `moments` (thread dumps and lists), `drivers`.  `intake` opens
strangers' files with limits, `records` has the nouns, and each room has two doors: `shape` says
which files are its own, `take` reads them.  Speaks Neo4j; has never heard of an arrival rate.
Everything read here comes from strangers: nothing in it is trusted, a broken line is counted and
told, never fatal and never silent.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from boltkb.exports.cache import cache_folder, clear_cache
    from boltkb.exports.export import Export, empty_export, iso
    from boltkb.exports.intake.streams import Limits
    from boltkb.exports.opening import list_servers, open_export
    from boltkb.exports.records import (
        ConnectionRow,
        DriverPool,
        Holds,
        Ignored,
        LogEvent,
        LogSpan,
        MachineFact,
        QueryLog,
        Series,
        SettingValue,
        SocketCount,
        Source,
        ThreadDump,
        TransactionRow,
        Where,
        Worker,
    )
    from boltkb.exports.redaction import hide_names, redact

__all__ = [
    "ConnectionRow",
    "DriverPool",
    "Export",
    "Holds",
    "Ignored",
    "Limits",
    "LogEvent",
    "LogSpan",
    "MachineFact",
    "QueryLog",
    "Series",
    "SettingValue",
    "SocketCount",
    "Source",
    "ThreadDump",
    "TransactionRow",
    "Where",
    "Worker",
    "cache_folder",
    "clear_cache",
    "empty_export",
    "hide_names",
    "iso",
    "list_servers",
    "open_export",
    "redact",
]

_ROOMS = {
    "ConnectionRow": "boltkb.exports.records",
    "DriverPool": "boltkb.exports.records",
    "Export": "boltkb.exports.export",
    "Holds": "boltkb.exports.records",
    "Ignored": "boltkb.exports.records",
    "Limits": "boltkb.exports.intake.streams",
    "LogEvent": "boltkb.exports.records",
    "LogSpan": "boltkb.exports.records",
    "MachineFact": "boltkb.exports.records",
    "QueryLog": "boltkb.exports.records",
    "Series": "boltkb.exports.records",
    "SettingValue": "boltkb.exports.records",
    "SocketCount": "boltkb.exports.records",
    "Source": "boltkb.exports.records",
    "ThreadDump": "boltkb.exports.records",
    "TransactionRow": "boltkb.exports.records",
    "Where": "boltkb.exports.records",
    "Worker": "boltkb.exports.records",
    "cache_folder": "boltkb.exports.cache",
    "clear_cache": "boltkb.exports.cache",
    "empty_export": "boltkb.exports.export",
    "hide_names": "boltkb.exports.redaction",
    "iso": "boltkb.exports.export",
    "list_servers": "boltkb.exports.opening",
    "open_export": "boltkb.exports.opening",
    "redact": "boltkb.exports.redaction",
}


def __getattr__(name: str) -> object:
    """Load a room when one of its names is first asked for: reading logs needs no other."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(_ROOMS[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__]
