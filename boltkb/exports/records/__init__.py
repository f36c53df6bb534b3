"""What an export is made of, each with its place: series, events, threads, queries, pools.

`places`: where a fact was read and what was not read; `series`: metrics; `logs`: the server's
logs, holds and the machine; `threads`: moments; `queries`: query logs; `drivers`: clients.
Knows no file format.  Times are epoch seconds in UTC, spans are seconds.
"""

from boltkb.exports.records.drivers import DriverLanguage, DriverPool
from boltkb.exports.records.logs import Holds, LogEvent, LogSpan, MachineFact
from boltkb.exports.records.places import (
    Ignored,
    SettingOrigin,
    SettingValue,
    Source,
    SourceKind,
    Where,
)
from boltkb.exports.records.queries import QueryLog
from boltkb.exports.records.series import Floats, Series
from boltkb.exports.records.threads import (
    ConnectionRow,
    SocketCount,
    ThreadDump,
    ThreadState,
    TransactionRow,
    Worker,
)

__all__ = [
    "ConnectionRow",
    "DriverLanguage",
    "DriverPool",
    "Floats",
    "Holds",
    "Ignored",
    "LogEvent",
    "LogSpan",
    "MachineFact",
    "QueryLog",
    "Series",
    "SettingOrigin",
    "SettingValue",
    "SocketCount",
    "Source",
    "SourceKind",
    "ThreadDump",
    "ThreadState",
    "TransactionRow",
    "Where",
    "Worker",
]
