"""What operators export from a Neo4j server, read file by file into one `Export`.

`open_export` finds what a path holds; a room for each kind of evidence reads it: `metrics`,
`logs`, `queries`, `settings`, `moments` (thread dumps and lists), `drivers`.  `intake` opens
strangers' files with limits, `records` has the nouns, and each room has two doors: `shape` says
which files are its own, `take` reads them.  Speaks Neo4j; has never heard of an arrival rate.
Everything read here comes from strangers: nothing in it is trusted, a broken line is counted and
told, never fatal and never silent.
"""

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
