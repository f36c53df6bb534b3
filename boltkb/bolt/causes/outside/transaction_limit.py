"""Requests fail at the limit of concurrent transactions, while threads are free."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause, contradicted, not_applicable, supported, untold
from boltkb.bolt.causes.outside.looking import (
    SERVER_LOGS,
    collect_metrics,
    free_share,
    lines_of,
    logs_cover,
)
from boltkb.catalogue import Version
from boltkb.exports import Where
from boltkb.tables import number

__all__ = ["weigh_transaction_limit"]

_NAME = "transaction_limit"
_METRICS = "the metrics of open transactions"
_FIRST = Version.parse("4.0")
#: So many samples at the limit are no chance meeting of the two.
_SAMPLES = 2
_FREE = 0.5


def weigh_transaction_limit(case: Case) -> Cause:
    """Return how the evidence stands for the limit of concurrent transactions."""
    pool = case.pool
    limit = pool.transaction_limit.value
    if limit == 0:
        return not_applicable(_NAME, f"There is no such limit: {pool.transaction_limit.how}.")
    if pool.version is not None and Version.parse(pool.version) < _FIRST:
        return not_applicable(_NAME, f"Neo4j {pool.version} has no such limit.")
    lines = lines_of(case, "transaction-limit")
    most, where = _most_open(case)
    times, active = _active(case)
    at_limit = times[active >= limit] if limit is not None else np.empty(0)
    pro: list[str] = []
    kinds: list[str] = []
    if lines:
        kinds.append(SERVER_LOGS)
        pro.append(f"{number(len(lines))} lines of the server's log name the limit.")
        where = [lines[0].where, *where]
    if at_limit.size >= _SAMPLES and limit is not None:
        kinds.append(_METRICS)
        pro.append(
            f"{number(at_limit.size)} samples show {number(float(active.max()))} open transactions,"
            f" of {number(float(limit))} that are allowed at a time."
        )
    if kinds:
        free = free_share(case, [line.time for line in lines] or at_limit)
        if free is not None and free < _FREE and not lines:
            return untold(
                _NAME, ["debug.log and neo4j.log of that time"], pro=pro,
                contra=["The thread pool was full at the same time."], where=where,
            )  # fmt: skip
        failed = max(1.0, float(len(lines)))
        return supported(
            _NAME, failed / (failed + (case.seen.rejected.value or 0.0)), pro, kinds=kinds,
            explains="failures", where=where, began=lines[0].time if lines else float(at_limit[0]),
            contra=[] if free is None or free >= _FREE else ["The thread pool was full as well."],
        )  # fmt: skip
    if most is not None and limit is not None:
        words = (
            f"At most {number(most)} transactions were open at a time, of {number(float(limit))} "
            "that a database allows."
        )
        if most < limit:
            return contradicted(_NAME, [words], where=where)
        return untold(_NAME, ["debug.log and neo4j.log of that time"], pro=[words], where=where)
    servers = case.seen.servers
    bound = pool.thread_binding.value is not False
    few = servers is not None and limit is not None and servers < limit
    if bound and few and logs_cover(case):
        words = (
            f"{servers} Bolt threads cannot have {pool.transaction_limit} transactions open, and "
            "no line of the log names the limit."
        )
        return contradicted(_NAME, [words])
    return untold(_NAME, [collect_metrics(case, "transaction_peak_concurrent")])


def _most_open(case: Case) -> tuple[float | None, list[Where]]:
    """Return the most transactions open at a time in any database, and where it stands."""
    found = [
        (float(np.nanmax(series.values)), series.where)
        for series in case.export.series.values()
        if series.id == "transaction_peak_concurrent" and len(series)
        and np.isfinite(series.values).any()
    ]  # fmt: skip
    if not found:
        return None, []
    most, where = max(found, key=lambda item: item[0])
    return most, [where]


def _active(case: Case) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the open transactions of the fullest database over time, within the window."""
    seen = case.seen
    best: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] = (np.empty(0), np.empty(0))
    series = case.export.series
    for database in {
        item.database for item in series.values() if item.id.startswith("transaction_")
    }:
        parts = [
            item for item in series.values()
            if item.database == database
            and item.id in {"transaction_active_read", "transaction_active_write"}
        ]  # fmt: skip
        if len(parts) == 2:
            shared, i, j = np.intersect1d(parts[0].times, parts[1].times, return_indices=True)
            values = parts[0].values[i] + parts[1].values[j]
        else:
            whole = [i for i in series.values()
                     if i.database == database and i.id == "transaction_active"]  # fmt: skip
            if not whole:
                continue
            shared, values = whole[0].times, whole[0].values
        inside = (shared >= seen.start) & (shared <= seen.end) & np.isfinite(values)
        if inside.any() and (not best[1].size or values[inside].max() > best[1].max()):
            best = shared[inside], values[inside]
    return best
