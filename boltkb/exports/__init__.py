"""What operators export from a Neo4j server, read file by file into one `Export`.

One reader a format, and `open_export`, which finds what a path holds.  Speaks Neo4j; has never
heard of an arrival rate.  Everything read here comes from strangers: nothing in it is trusted,
a broken line is counted and told, never fatal and never silent.
"""

from boltkb.exports.export import Export, empty_export, iso
from boltkb.exports.opening import open_export
from boltkb.exports.records import (
    ConnectionRow,
    Ignored,
    LogEvent,
    LogSpan,
    Series,
    SettingValue,
    Source,
    ThreadDump,
    TransactionRow,
    Where,
    Worker,
)
from boltkb.exports.streams import Limits

__all__ = [
    "ConnectionRow",
    "Export",
    "Ignored",
    "Limits",
    "LogEvent",
    "LogSpan",
    "Series",
    "SettingValue",
    "Source",
    "ThreadDump",
    "TransactionRow",
    "Where",
    "Worker",
    "empty_export",
    "iso",
    "open_export",
]
