"""Evidence of held threads made in memory: a trace, lists of transactions, a query log."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boltkb.exports import Holds, QueryLog, TransactionRow, Where
from boltkb.queueing import Observations, fit_queue

EPOCH = 1_795_000_000.0


def trace(starts, ends, waited, *, begin=0.0, end=600.0):
    begun = EPOCH + np.asarray(starts, dtype=float)
    count = begun.size
    return Holds(
        begun, begun, EPOCH + np.asarray(ends, dtype=float), np.asarray(waited, dtype=float),
        np.ones(count, dtype=np.int64), np.array([f"bolt-{i}" for i in range(count)]),
        EPOCH + begin, EPOCH + end, Where("debug.log", 1), np.zeros(count, dtype=bool),
    )  # fmt: skip


def listed(number, *, query="", second=300.0, elapsed=0.4, **more):
    row = TransactionRow(
        transaction=f"neo4j-transaction-{number}", database="neo4j", connection=f"bolt-{number}",
        client=f"10.0.0.7:{40000 + number}", user="reporter", status="Running", elapsed=elapsed,
        idle=None, query=query, where=Where("show-transactions.csv", number + 2),
        started=EPOCH + second - elapsed, time=EPOCH + second,
    )  # fmt: skip
    return replace(row, **more)


def query_log(*, elapsed, held, busy, waiting=0.0, cpu=0.0, ids=True, seconds=600):
    import polars as pl

    groups = pl.DataFrame(
        {"key": ["MATCH (n) RETURN n"], "count": [100], "failed": [0], "elapsed": [elapsed],
         "longest": [1.0], "planning": [0.0], "cpu": [cpu], "waiting": [waiting],
         "p50": [0.1], "p95": [0.1], "p99": [0.1]}
    )  # fmt: skip
    longest = pl.DataFrame(
        {"transaction": ["t-1" if ids else None], "database": ["neo4j"], "client": ["10.0.0.7:1"],
         "start": [EPOCH], "end": [EPOCH + 5.0], "queries": [3], "working": [0.1]},
        schema_overrides={"transaction": pl.String},
    )  # fmt: skip
    bins = EPOCH + np.arange(float(seconds))
    return QueryLog(
        EPOCH, EPOCH + seconds, 100, 0, 0, bins, np.full(seconds, float(busy)),
        groups, groups, groups, groups, groups, 100, held, longest, (Where("query.log"),),
    )  # fmt: skip


class Evidence:
    """The builders by name."""

    trace = staticmethod(trace)
    listed = staticmethod(listed)
    query_log = staticmethod(query_log)


@pytest.fixture
def evidence() -> type[Evidence]:
    return Evidence


@pytest.fixture(scope="session")
def any_fit():
    """A fit, which no rule of held threads looks at."""
    times = EPOCH + np.arange(60.0)
    return fit_queue(Observations(times=times, busy=np.tile([2.0, 3.0, 1.0], 20), servers=8,
                                  capacity=8.0))  # fmt: skip
