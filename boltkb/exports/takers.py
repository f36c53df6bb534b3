"""Which reader takes which kind of file, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from boltkb.exports.assembling import clock_told
from boltkb.exports.drivers.take import take_driver_logs, take_driver_metrics
from boltkb.exports.gathered import Found, Gathered, Taker
from boltkb.exports.intake.take import take_manifests
from boltkb.exports.logs.take import take_collections, take_logs
from boltkb.exports.metrics.take import take_metrics, take_panels, take_scraped
from boltkb.exports.moments.take import (
    take_connections,
    take_dumps,
    take_dumps_in_logs,
    take_sockets,
    take_transactions,
)
from boltkb.exports.queries.take import take_queries
from boltkb.exports.records import SourceKind
from boltkb.exports.settings.take import (
    take_configurations,
    take_environments,
    take_notes,
    take_settings_lists,
)

__all__ = ["TAKERS"]


def _take_logs(entries: Sequence[Found], gathered: Gathered) -> None:
    take_logs(entries, gathered)
    gathered.zone = clock_told(gathered).zone
    take_dumps_in_logs(entries, gathered)


#: What is read first may tell how to read the rest: logs know the zone of dates without one.
TAKERS: Mapping[SourceKind, Taker] = {
    "metric": take_metrics,
    "scraped-metrics": take_scraped,
    "panel": take_panels,
    "log": _take_logs,
    "gc-log": take_collections,
    "query-log": take_queries,
    "configuration": take_configurations,
    "environment": take_environments,
    "settings-list": take_settings_lists,
    "server-notes": take_notes,
    "thread-dump": take_dumps,
    "transactions": take_transactions,
    "connections": take_connections,
    "sockets": take_sockets,
    "driver-log": take_driver_logs,
    "driver-metrics": take_driver_metrics,
    "manifest": take_manifests,
}
