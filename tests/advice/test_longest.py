"""The longest transactions, from lists, query logs and traces, and a time-out above them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from boltkb.advice.longest import Long, longest, suggested_timeout, would_be_killed
from boltkb.exports import Holds, QueryLog, Where

EMPTY = np.empty(0)


def long(seconds, *, working=None, still=False, name="tx"):
    return Long(name, "10.0.0.7", seconds, working, still, "query.log:3")


def with_fields(export, **changed):
    fields = {name: getattr(export, name) for name in export.__slots__}
    return type(export)(**(fields | changed))


def test_a_list_a_query_log_and_a_trace_are_put_together_the_longest_first(make, build):
    frame = pl.DataFrame(
        {
            "transaction": ["neo4j-transaction-9"], "database": ["neo4j"], "client": ["10.0.0.8:1"],
            "start": [100.0], "end": [190.0], "queries": [3], "working": [80.0],
        }
    )  # fmt: skip
    none = pl.DataFrame()
    log = QueryLog(0.0, 1.0, 1, 0, 0, EMPTY, EMPTY, none, none, none, none, none, 1, 90.0, frame,
                   (Where("query.log"),))  # fmt: skip
    starts = np.array([10.0, 20.0, np.nan])
    holds = Holds(
        asked=starts, starts=starts, ends=np.array([15.0, np.nan, np.nan]),
        waited=np.array([4.0, 0.0, 0.0]), messages=np.array([1, 1, 0]),
        connections=np.array(["bolt-1", "bolt-2", "bolt-3"]), begin=0.0, end=80.0,
        where=Where("debug-bolt.log", 1), rejected=np.array([False, False, True]),
    )  # fmt: skip
    export = make(transactions=[build.transaction(1, idle=200.0, elapsed=300.0)])
    found = longest(with_fields(export, queries=log, holds=holds))
    assert [(item.name, item.seconds, item.open) for item in found] == [
        ("neo4j-transaction-1", 300.0, True),
        ("neo4j-transaction-9", 90.0, False),
        ("a hold of bolt-2", 60.0, True),
        ("a hold of bolt-1", 5.0, False),
    ]
    assert found[0].working == 100.0
    assert found[3].working == 1.0


def test_a_transaction_over_http_holds_no_bolt_thread(make, build):
    row = build.transaction(1, idle=None, elapsed=900.0)
    row = type(row)(**{n: getattr(row, n) for n in row.__slots__} | {"connection": "http-7"})
    assert longest(make(transactions=[row])) == ()


@pytest.mark.parametrize(
    ("several", "text"),
    [
        ((), "5m"),
        ((long(20.0, working=20.0),), "1m"),
        ((long(70.0, working=65.0),), "5m"),
        ((long(900.0, working=890.0),), "30m"),
        ((long(90000.0, working=89990.0),), "6h"),
        # Silent for minutes, or open with nobody knowing what it does: what the time-out is for.
        ((long(900.0, working=3.0), long(20.0, working=20.0)), "1m"),
        ((long(900.0, still=True), long(20.0, working=20.0)), "1m"),
        ((long(900.0, still=True),), "5m"),
    ],
)
def test_a_timeout_is_twice_the_longest_transaction_that_worked(several, text):
    assert suggested_timeout(several)[1] == text


def test_those_it_would_have_ended_are_named_ten_at_most():
    several = tuple(long(1000.0 - i, name=f"tx-{i}") for i in range(30))
    said = would_be_killed(several, 975.5)
    assert "25 of the 30" in said[0]
    assert len(said) == 12
    assert said[1].startswith("tx-0 of 10.0.0.7: 16 min 40 s")
    assert said[-1] == "and 15 more."


def test_a_timeout_that_ends_none_says_how_long_the_longest_was():
    assert "none of the 1" in would_be_killed((long(20.0),), 60.0)[0]
