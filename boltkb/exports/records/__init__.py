"""What an export is made of, each with its place: series, events, threads, queries, pools.

`places`: where a fact was read and what was not read; `series`: metrics; `logs`: the server's
logs, holds and the machine; `threads`: moments; `queries`: query logs; `drivers`: clients.
Knows no file format.  Times are epoch seconds in UTC, spans are seconds.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

_ROOMS = {
    "ConnectionRow": "boltkb.exports.records.threads",
    "DriverLanguage": "boltkb.exports.records.drivers",
    "DriverPool": "boltkb.exports.records.drivers",
    "Floats": "boltkb.exports.records.series",
    "Holds": "boltkb.exports.records.logs",
    "Ignored": "boltkb.exports.records.places",
    "LogEvent": "boltkb.exports.records.logs",
    "LogSpan": "boltkb.exports.records.logs",
    "MachineFact": "boltkb.exports.records.logs",
    "QueryLog": "boltkb.exports.records.queries",
    "Series": "boltkb.exports.records.series",
    "SettingOrigin": "boltkb.exports.records.places",
    "SettingValue": "boltkb.exports.records.places",
    "SocketCount": "boltkb.exports.records.threads",
    "Source": "boltkb.exports.records.places",
    "SourceKind": "boltkb.exports.records.places",
    "ThreadDump": "boltkb.exports.records.threads",
    "ThreadState": "boltkb.exports.records.threads",
    "TransactionRow": "boltkb.exports.records.threads",
    "Where": "boltkb.exports.records.places",
    "Worker": "boltkb.exports.records.threads",
}


def __getattr__(name: str) -> object:
    """Load the nouns of one room when one of them is first asked for."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(_ROOMS[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__]
