"""One database's transactions hold most threads of the pool that all databases share."""

from __future__ import annotations

from collections import Counter

import numpy as np

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause, contradicted, not_applicable, supported, untold
from boltkb.bolt.causes.collecting import wanted_metrics, wanted_queries
from boltkb.bolt.holders import holds_no_thread
from boltkb.bolt.thread_time import LIST, METRICS, QUERIES
from boltkb.tables import share

__all__ = ["weigh_database_starvation"]

#: What one database holds where it starves the others.
_MOST = 0.75
#: Databases that serve the server itself.
_OWN = frozenset({"system"})
#: A database with less than this part of the transactions has no users that could starve.
_USED = 0.01
#: Transactions that a list must hold to tell a share.
_FEWEST = 8
_OPEN = ("transaction_active_read", "transaction_active_write")


def weigh_database_starvation(case: Case) -> Cause:
    """Return how the evidence stands for one database that takes the threads of the others."""
    name = "database_starvation"
    used = _used(case)
    if used is not None and len(used) < 2:
        return not_applicable(name, "Only one database of this server is used.")
    if not case.shortage:
        return not_applicable(name, "The pool was not full.")
    says = [
        (kind, shares)
        for kind, shares in (
            (LIST, _listed(case)), (METRICS, _gauged(case)), (QUERIES, _logged(case)),
        )
        if shares
    ]  # fmt: skip
    if not says:
        return untold(name, (
            *wanted_metrics(case, "transaction_active_read", "transaction_active_write"),
            *wanted_queries(case),
        ))  # fmt: skip
    if used is None and max(len(shares) for _, shares in says) < 2:
        return not_applicable(name, "Transactions of one database only were seen.")
    first = max(says[0][1], key=lambda database: says[0][1][database])
    told = [(kind, shares.get(first, 0.0)) for kind, shares in says]
    words = [
        f"By {kind} {share(part)} of the open transactions were those of {first}."
        for kind, part in told
    ]
    if told[0][1] < _MOST:
        return contradicted(name, words)
    agree = [kind for kind, part in told if part >= _MOST]
    return supported(name, told[0][1], words, kinds=agree)


def _used(case: Case) -> dict[str, float] | None:
    """Return the databases with work of their own, and their share; None without counters."""
    counts: Counter[str] = Counter()
    for series in case.export.series.values():
        if series.id in {"transaction_committed", "transaction_rollbacks"} and series.database:
            inside = series.values[
                (series.times >= case.seen.start) & (series.times <= case.seen.end)
            ]
            steps = np.diff(inside)
            counts[series.database] += int(steps[steps > 0].sum())
    if not counts:
        return None
    total = sum(counts.values())
    return {
        database: count / total
        for database, count in counts.items()
        if database not in _OWN and total and count >= _USED * total
    }


def _shares(held: Counter[str]) -> dict[str, float]:
    rest = {database: count for database, count in held.items() if database not in _OWN}
    total = sum(rest.values())
    return {database: count / total for database, count in rest.items()} if total > 0 else {}


def _listed(case: Case) -> dict[str, float]:
    rows = [row for row in case.export.transactions if not holds_no_thread(row) and row.database]
    if len(rows) < _FEWEST:
        return {}
    return _shares(Counter(str(row.database) for row in rows))


def _gauged(case: Case) -> dict[str, float]:
    """Return each database's share of open transactions while the pool was full, by gauges."""
    several = [s for s in case.export.series.values() if s.id in _OPEN and s.database]
    several = several or [
        s for s in case.export.series.values() if s.id == "transaction_active" and s.database
    ]
    incident = case.seen.incident
    start, end = (
        (case.seen.start, case.seen.end) if incident is None else (incident.start, incident.end)
    )
    held: Counter[str] = Counter()
    for series in several:
        inside = (series.times >= start) & (series.times <= end)
        held[str(series.database)] += float(np.nansum(series.values[inside]))  # type: ignore[assignment]
    return _shares(held)


def _logged(case: Case) -> dict[str, float]:
    log = case.export.queries
    if log is None or not log.by_database.height:
        return {}
    rows = log.by_database.drop_nulls("key").iter_rows(named=True)
    held: Counter[str] = Counter()
    for row in rows:
        if row["key"]:
            held[str(row["key"])] += float(row["elapsed"])  # type: ignore[assignment]
    return _shares(held)
