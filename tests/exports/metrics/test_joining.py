"""Rotated files become one series; what is absent is told and never filled in."""

from __future__ import annotations

import numpy as np
from export_shapes import START, counter, gauge, member

from boltkb.catalogue import load_metrics
from boltkb.exports.metrics.csv_files import read_metric
from boltkb.exports.metrics.joining import gaps_of, join_series, told_gaps
from boltkb.exports.records import Series, Where


def test_rotated_files_are_joined_by_their_times() -> None:
    parts = [
        ("a.csv.2", counter([1, 2], step=30)),
        ("a.csv.1", counter([2, 3, 4], step=30, start=START + 30)),
        ("a.csv", counter([5], start=START + 120)),
    ]
    joined = join_series(
        load_metrics()["messages_started"], None, [read_metric(member(*part)) for part in parts]
    )
    assert joined.series.values.tolist() == [1, 2, 3, 4, 5]
    assert np.diff(joined.series.times).tolist() == [30, 30, 30, 30]
    assert [str(where) for where in joined.series.files] == [
        "a.csv.2:2-3",
        "a.csv.1:2-4",
        "a.csv:2",
    ]


def test_a_series_that_never_changes_reads_like_any_other() -> None:
    read = read_metric(member("a.csv", gauge([7] * 5000)))
    series = join_series(load_metrics()["connections_idle"], None, [read]).series
    assert series.values.dtype == np.float64
    assert (series.values.sum(), len(series)) == (35_000, 5000)


def test_jitter_is_no_gap_and_gaps_are_counted() -> None:
    times = np.array([0, 3, 6, 8, 13, 16, 19, 22.0])
    assert gaps_of(times) is None
    told = gaps_of(np.array([0, 30, 60, 600, 630, 660, 7860, 7890.0]))
    assert (told.count, told.total, told.longest, told.first) == (2, 7740, 7200, 60)
    assert gaps_of(np.array([0.0, 9999.0])) is None


def test_the_same_gaps_are_told_once() -> None:
    times = np.array([0, 30, 60, 600, 630.0])

    def one(key: str) -> Series:
        return Series(key, "gauge", times.copy(), times, None, Where("a.csv"))

    lines = told_gaps({"a": one("a"), "b": one("b"), "c": one("c")})
    assert lines == [
        "a and 2 more: 1 gap of 9 min; samples usually come every 30 s; nothing is filled in"
    ]
