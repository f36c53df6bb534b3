"""What would tell of load and holds, with the names of the server's version."""

from __future__ import annotations

from boltkb.bolt.causes.case import Case
from boltkb.catalogue import Version, metrics_in, setting_name

__all__ = ["CLIENT_LOG", "CONNECTIONS_LISTED", "DUMPS_WANTED", "wanted_metrics", "wanted_queries"]

CLIENT_LOG = (
    "the log of a client that was rejected, with its driver's lines about retries (Java: the "
    "logger `org.neo4j.driver` at DEBUG; Python: `logging.getLogger('neo4j')` at DEBUG)"
)
CONNECTIONS_LISTED = "the output of `CALL dbms.listConnections()`, taken while the pool is full"
DUMPS_WANTED = (
    "three thread dumps ten seconds apart while the pool is full: `jcmd PID Thread.print` "
    "needs no Bolt thread"
)
#: The names of this version are told where an export does not say its own.
_USUAL = Version(5, 26)
_FILTERS = Version(4, 2)


def wanted_metrics(case: Case, *identities: str) -> tuple[str, ...]:
    """Return how to have metrics that the export lacks; nothing where its edition has none."""
    if case.export.edition == "community":
        return ()
    version = _version(case)
    there = {series.id for series in case.export.series.values()}
    names = metrics_in(version, *(name for name in identities if name not in there))
    if not names:
        return ()
    through = ""
    if version >= _FILTERS:
        through = f" (let through by {setting_name('metrics-filter', version)})"
    return (f"the metric{'s' if len(names) > 1 else ''} {', '.join(names)}{through}",)


def wanted_queries(case: Case) -> tuple[str, ...]:
    """Return how to have a query log; nothing where it is there, or the edition has none."""
    if case.export.queries is not None or case.export.edition == "community":
        return ()
    version = _version(case)
    level = "true" if version < Version(4) else "INFO"
    return (f"query.log with its rotated files ({setting_name('query-log', version)}={level})",)


def _version(case: Case) -> Version:
    return _USUAL if case.pool.version is None else Version.parse(case.pool.version)
