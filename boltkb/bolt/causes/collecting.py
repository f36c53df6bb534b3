"""What would tell of a cause, with the exact command or setting of the server's version."""

from __future__ import annotations

from boltkb.bolt.causes.case import Case
from boltkb.bolt.pool import Pool
from boltkb.bolt.thread_time import DUMPS, LIST, METRICS, QUERIES, TRACE
from boltkb.catalogue import Version, metrics_in, setting_name
from boltkb.exports import Export

__all__ = [
    "CLIENT_LOG",
    "COLLECT_DUMPS",
    "COLLECT_LIST",
    "CONNECTIONS_LISTED",
    "wanted",
    "wanted_metrics",
    "wanted_queries",
]

CLIENT_LOG = (
    "the log of a client that was rejected, with its driver's lines about retries (Java: the "
    "logger `org.neo4j.driver` at DEBUG; Python: `logging.getLogger('neo4j')` at DEBUG)"
)
CONNECTIONS_LISTED = "the output of `CALL dbms.listConnections()`, taken while the pool is full"

COLLECT_DUMPS = (
    "three thread dumps ten seconds apart while the pool is full: `jcmd PID Thread.print` "
    "needs no Bolt thread"
)
COLLECT_LIST = "the output of `SHOW TRANSACTIONS`, taken while the pool is full"

_TRACE = (
    "a quarter of an hour of the debug-level trace: a logger `org.neo4j.bolt` at level DEBUG "
    "with a file of its own in server-logs.xml, which needs no restart (5.0 and later)"
)
_SHOWS_TRANSACTIONS = Version(4, 4)
_COMMUNITY_LISTS = Version(4, 2)
_TRACES = Version(5, 0)
_FILTERS = Version(4, 2)
#: The names of this version are told where an export does not say its own.
_USUAL = Version(5, 26)


def wanted(case: Case, *kinds: str, metrics: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return how to have the kinds of evidence that a case lacks, or has of another time only.

    Parameters
    ----------
    case : Case
    kinds : str
        `DUMPS`, `LIST`, `TRACE`, `QUERIES` or `METRICS`, the least trouble first.
    metrics : tuple of str
        The catalogue's ids of the metrics that are wanted.

    Returns
    -------
    tuple of str
        Nothing for a kind that the server's version or edition does not have.
    """
    looks = {look.kind for look in case.thread_time.looks if look.of_incident}
    sayings = []
    for kind in kinds:
        if kind in looks and kind not in {DUMPS, METRICS}:
            continue
        if kind == DUMPS and kind in looks and case.seen.holders.dumps > 1:
            continue
        sayings.append(_how(kind, case.export, case.pool, metrics))
    return tuple(words for words in sayings if words)


def wanted_metrics(case: Case, *identities: str) -> tuple[str, ...]:
    """Return how to have metrics that the export lacks; nothing where its edition has none."""
    words = _how(METRICS, case.export, case.pool, identities)
    return (words,) if words else ()


def wanted_queries(case: Case) -> tuple[str, ...]:
    """Return how to have a query log; nothing where it is there, or the edition has none."""
    words = "" if case.export.queries is not None else _how(QUERIES, case.export, case.pool, ())
    return (words,) if words else ()


def _how(kind: str, export: Export, pool: Pool, metrics: tuple[str, ...]) -> str:
    version = _version(pool)
    if kind == DUMPS:
        return COLLECT_DUMPS
    if kind == LIST:
        return _list(version, export.edition)
    if kind == TRACE:
        return "" if version is not None and version < _TRACES else _TRACE
    if export.edition == "community":
        return ""
    if kind == QUERIES:
        return _queries(version or _USUAL)
    there = {series.id for series in export.series.values()}
    return _metrics([key for key in metrics if key not in there], version or _USUAL)


def _list(version: Version | None, edition: str | None) -> str:
    if version is None or version >= _SHOWS_TRANSACTIONS:
        return COLLECT_LIST
    if edition == "community" and version < _COMMUNITY_LISTS:
        return ""
    return "the output of `CALL dbms.listTransactions()`, taken while the pool is full"


def _queries(version: Version) -> str:
    names = [f"{setting_name('query-log', version)}={'true' if version < Version(4) else 'INFO'}"]
    if version < _TRACES:
        names.append(f"{setting_name('query-log-time', version)}=true")
    return f"query.log with its rotated files ({', '.join(names)})"


def _metrics(keys: list[str], version: Version) -> str:
    names = metrics_in(version, *keys)
    if not names:
        return ""
    through = ""
    if version >= _FILTERS:
        through = f" (let through by {setting_name('metrics-filter', version)})"
    return f"the metric{'s' if len(names) > 1 else ''} {', '.join(names)}{through}"


def _version(pool: Pool) -> Version | None:
    return None if pool.version is None else Version.parse(pool.version)
