"""Metric files of every layout are read; broken lines are counted, restarts found."""

from __future__ import annotations

import numpy as np
import pytest
from export_shapes import START, counter, gauge, member
from hypothesis import given
from hypothesis import strategies as st

from boltkb.catalogue import load_metrics
from boltkb.errors import ExportError
from boltkb.exports.metrics.csv_files import read_metric
from boltkb.exports.metrics.joining import join_series

HISTOGRAM = (
    "t,count,max,mean,min,stddev,p50,p75,p95,p98,p99,p999\n"
    f"{START},8,197,74.125000,19,58.9,65.0,104.75,197.0,197.0,197.0,197.0\n"
    f"{START + 30},11,296,82.5,2,89.98,61.0,114.0,296.0,296.0,296.0,296.0\n"
)


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=50))
def test_a_gauge_is_read_as_written(values: list[int]) -> None:
    read = read_metric(member("a.csv", gauge(values)))
    assert read.values.tolist() == values
    assert read.times.tolist() == [START + i for i in range(len(values))]
    assert (read.source.rows, read.source.refused) == (len(values), 0)


def test_a_counter_and_a_histogram_are_told_by_their_headers() -> None:
    assert read_metric(member("a.csv", counter([1, 2]))).kind == "counter"
    read = read_metric(member("a.csv", HISTOGRAM))
    assert read.kind == "histogram"
    assert read.columns["max"].tolist() == [197, 296]
    series = join_series(load_metrics()["worker_thread_bound_time"], None, [read]).series
    assert series.values.tolist() == [8, 11]
    np.testing.assert_allclose(series.columns["mean"], [0.074125, 0.0825])


def test_accumulated_times_come_out_in_seconds() -> None:
    read = read_metric(member("a.csv", counter([1500, 4000])))
    series = join_series(load_metrics()["accumulated_processing_time"], None, [read]).series
    assert series.values.tolist() == [1.5, 4.0]


def test_old_counters_in_gauge_layout_are_counters() -> None:
    read = read_metric(member("a.csv", gauge([5, 6, 1])))
    joined = join_series(load_metrics()["messages_received"], None, [read])
    assert joined.series.kind == "counter"
    assert joined.resets.tolist() == [START + 2]
    assert join_series(load_metrics()["vm_pause_time"], None, [read]).series.kind == "gauge"


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_endings_and_marks_change_nothing(ending: str, mark: str) -> None:
    text = mark + gauge([1, 2, 3]).replace("\n", ending)
    read = read_metric(member("a.csv", text))
    assert read.values.tolist() == [1, 2, 3]
    assert read.source.refused == 0


def test_a_header_in_mid_file_is_a_restart_not_a_broken_line() -> None:
    read = read_metric(member("a.csv", gauge([1, 2]) + gauge([0, 1], start=START + 10)))
    assert read.source.refused == 0
    assert read.values.tolist() == [1, 2, 0, 1]
    assert read.restarts.tolist() == [START + 10]


def test_broken_lines_are_counted_with_the_first_ones_number() -> None:
    text = gauge([1, 2, 3]).splitlines()
    text[2:2] = ["garbage", f"{START},1,1", f"{START},x", "\x00\x00,1", "12,5", f"{START},inf", " "]
    read = read_metric(member("a.csv", "\n".join(text) + "\n"))
    assert read.values.tolist() == [1, 2, 3]
    assert read.source.refused == 7
    assert read.source.why == "line 3: 1 fields instead of 2"
    assert str(read.where) == "a.csv:2-11"


def test_invalid_utf_8_is_a_broken_line() -> None:
    read = read_metric(member("a.csv", gauge([1]).encode() + b"\xff\xfe,\xff\n"))
    assert (read.source.rows, read.source.refused) == (1, 1)


def test_a_cut_last_line_is_left_out_and_told() -> None:
    read = read_metric(member("a.csv", gauge([1, 2, 345])[:-2]))
    assert read.values.tolist() == [1, 2]
    assert read.source.why == "line 4: cut in the middle"
    assert "cut" in read.problems[0]


def test_a_time_that_is_none_is_refused_at_its_line() -> None:
    read = read_metric(member("a.csv", f"t,value\n{START},1\n-5,1\n{START + 1},2\n"))
    assert read.values.tolist() == [1, 2]
    assert read.source.why.startswith("line 3: not a time")


def test_a_missing_gauge_value_stays_missing() -> None:
    read = read_metric(member("a.csv", f"t,value\n{START},NaN\n{START + 1},2\n"))
    series = join_series(load_metrics()["connections_running"], None, [read]).series
    np.testing.assert_array_equal(series.values, [np.nan, 2])


def test_a_clock_that_goes_back_is_told_and_times_stay_in_order() -> None:
    text = gauge([1, 2, 3]) + gauge([4, 5], start=START + 1).split("\n", 1)[1]
    read = read_metric(member("a.csv", text))
    series = join_series(load_metrics()["connections_running"], None, [read]).series
    assert "clock goes back 1 times" in read.problems[0]
    assert series.times.tolist() == [START, START + 1, START + 2]
    assert series.values.tolist() == [1, 4, 5]


def test_duplicated_files_count_once() -> None:
    reads = [read_metric(member(name, counter([1, 2, 3]))) for name in ("a.csv.1", "a.csv")]
    joined = join_series(load_metrics()["messages_received"], None, reads)
    assert joined.series.values.tolist() == [1, 2, 3]
    assert joined.resets.size == 0


def test_files_of_different_layouts_are_not_mixed() -> None:
    reads = [read_metric(member("a.1", gauge([9]))), read_metric(member("a", counter([1, 2])))]
    joined = join_series(load_metrics()["messages_received"], None, reads)
    assert joined.series.values.tolist() == [1, 2]
    assert "different layouts" in joined.problems[0]


def test_an_empty_file_has_no_rows_and_no_header_is_an_error() -> None:
    assert read_metric(member("a.csv", "t,value\n")).source.rows == 0
    with pytest.raises(ExportError, match="no header"):
        read_metric(member("a.csv", "time,x\n1,2\n"))
