"""Which reader takes which kind of file, in the order in which they are asked.

A room is loaded when a file of its kind is there: most exports have files of a few kinds.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence

from boltkb.exports.assembling import clock_told
from boltkb.exports.gathered import Found, Gathered, Taker
from boltkb.exports.records import SourceKind

__all__ = ["TAKERS"]


def _of(room: str, name: str) -> Taker:
    def take(entries: Sequence[Found], gathered: Gathered) -> None:
        getattr(importlib.import_module(f"boltkb.exports.{room}.take"), name)(entries, gathered)

    take.__name__ = name
    return take


def _take_logs(entries: Sequence[Found], gathered: Gathered) -> None:
    _of("logs", "take_logs")(entries, gathered)
    gathered.zone = clock_told(gathered).zone
    _of("moments", "take_dumps_in_logs")(entries, gathered)


#: What is read first may tell how to read the rest: logs know the zone of dates without one.
TAKERS: Mapping[SourceKind, Taker] = {
    "metric": _of("metrics", "take_metrics"),
    "scraped-metrics": _of("metrics", "take_scraped"),
    "panel": _of("metrics", "take_panels"),
    "log": _take_logs,
    "gc-log": _of("logs", "take_collections"),
    "query-log": _of("queries", "take_queries"),
    "configuration": _of("settings", "take_configurations"),
    "environment": _of("settings", "take_environments"),
    "settings-list": _of("settings", "take_settings_lists"),
    "server-notes": _of("settings", "take_notes"),
    "thread-dump": _of("moments", "take_dumps"),
    "transactions": _of("moments", "take_transactions"),
    "connections": _of("moments", "take_connections"),
    "sockets": _of("moments", "take_sockets"),
    "driver-log": _of("drivers", "take_driver_logs"),
    "driver-metrics": _of("drivers", "take_driver_metrics"),
    "manifest": _of("intake", "take_manifests"),
}
