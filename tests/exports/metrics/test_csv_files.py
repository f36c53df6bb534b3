"""Metric files of every layout are read; broken lines are counted, restarts found."""

from __future__ import annotations

import numpy as np
import pytest
from export_shapes import START, counter, gauge, member
from hypothesis import given, settings
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


@settings(deadline=None)
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


def slow_rows(text: str) -> tuple[list[tuple[float, float]], int]:
    """An independent reader of a metric file: rows kept, lines refused."""
    header, *lines = text.split("\n")
    width = header.count(",") + 1
    kept, refused = [], 0
    if lines and lines[-1] == "":
        lines.pop()
    elif lines:
        lines.pop()
        refused += 1
    for line in lines:
        if line == header or line == "":
            continue
        cells = line.strip().split(",")
        try:
            time, value = float(cells[0]), float(cells[1])
        except (ValueError, IndexError):
            refused += 1
            continue
        sane = 1_262_304_000 < time < 4_102_444_800 and not np.isinf(value)
        if len(cells) != width or not sane or "_" in line.split(",")[1]:
            refused += 1
        else:
            kept.append((time, value))
    return kept, refused


_NUMBERS = st.one_of(
    st.integers(0, 10**12).map(str),
    st.integers(-50, 10**5).map(str),
    st.floats(0, 1e6).map(lambda value: f"{value:.6f}"),
    st.floats(0, 1e9, allow_subnormal=False).map(repr),
    st.just("NaN"),
)
_LINES = st.one_of(
    st.tuples(st.integers(START, START + 10**6), _NUMBERS).map(lambda row: f"{row[0]},{row[1]}"),
    st.sampled_from(
        ["", "t,value", "x", "1,2", f"{START},x", f"{START},1,2", f"{START}", "\x00,1"]
    ),
)


@settings(deadline=None)
@given(st.lists(_LINES, max_size=60), st.booleans(), st.integers(1, 80))
def test_any_chunk_size_gives_what_a_slow_reader_gives(
    lines: list[str], ended: bool, block: int
) -> None:
    text = "t,value\n" + "".join(f"{line}\n" for line in lines) + ("" if ended else "cut")
    kept, refused = slow_rows(text)
    for size in (block, 1 << 20):
        read = read_metric(member("a.csv", text), block=size)
        assert read.times.tolist() == [time for time, _ in kept]
        np.testing.assert_array_equal(read.values, [value for _, value in kept])
        assert (read.source.rows, read.source.refused) == (len(kept), refused)
        assert read.where.last_line == max(2, 1 + len(lines) + (not ended))


def test_refused_lines_far_inside_a_large_file_have_their_numbers() -> None:
    lines = [f"{START + i},{i % 9}" for i in range(30_000)]
    lines[12_345] = "1764012345,oops"
    lines[20_000] = "t,value"
    lines[25_000] = f"{START},1,2"
    read = read_metric(member("a.csv", "\n".join(["t,value", *lines]) + "\n"))
    assert read.source.why == "line 12347: not a number: 'oops'"
    assert (read.source.rows, read.source.refused) == (29_997, 2)
    assert read.restarts.tolist() == [START + 20_001]
    assert str(read.where) == "a.csv:2-30001"


def test_a_row_that_lacks_columns_nobody_asked_for_is_refused() -> None:
    lines = counter(list(range(50))).splitlines()
    lines[10] = ",".join(lines[10].split(",")[:4])
    lines[20] += ",more"
    read = read_metric(member("a.csv", "\n".join(lines) + "\n"))
    assert (read.source.rows, read.source.refused) == (48, 2)
    assert read.source.why == "line 11: 4 fields instead of 7"


def test_headers_one_after_the_other_and_at_the_end() -> None:
    text = (
        "t,value\nt,value\n\n" + f"{START},1\n" + "t,value\nt,value\n" + f"{START + 9},2\nt,value\n"
    )
    read = read_metric(member("a.csv", text))
    assert read.values.tolist() == [1, 2]
    assert read.restarts.tolist() == [START, START + 9]
    assert (read.where.last_line, read.source.refused) == (8, 0)


def test_a_decimal_comma_is_read_where_it_is_sure() -> None:
    head = "t,count,mean_rate,m1_rate,m5_rate,m15_rate,rate_unit\n"
    row = f"{START},80,3,511783,0,000000,0,000000,0,000000,events/second\n"
    read = read_metric(member("a.csv", head + row + row.replace("511783", "51")), rates=True)
    assert (read.values.tolist(), read.rates.tolist()) == ([80], [3.511783])
    assert read.source.why == "line 3: 11 fields instead of 7"
    assert "decimal comma" in read.problems[0]
    gauges = read_metric(member("a.csv", f"t,value\n{START},0,250000\n{START + 3},1\n"))
    assert gauges.values.tolist() == [0.25, 1.0]


def test_a_line_without_end_takes_no_memory_and_is_refused() -> None:
    text = f"t,value\n{START},1\n".encode() + b"9" * 3_000_000 + f"\n{START + 1},2\n".encode()
    for block in (1 << 10, 1 << 16, 1 << 22):
        read = read_metric(member("a.csv", text), block=block)
        assert read.values.tolist() == [1, 2]
        assert read.source.refused == 1
        assert read.source.why.startswith("line 3: ")
        assert read.where.last_line == 4
    endless = read_metric(member("a.csv", text[:2_000_000]), block=1 << 16)
    assert (endless.values.tolist(), endless.source.refused) == ([1], 1)


def test_nothing_but_headers_is_read_in_no_time_and_space() -> None:
    read = read_metric(member("a.csv", "t,value\n" * 200_000 + f"{START},1\n"))
    assert (read.values.tolist(), read.restarts.tolist()) == ([1], [START])
    assert read.where.last_line == 200_001


def test_a_header_that_never_ends_or_names_a_column_twice_is_an_error() -> None:
    with pytest.raises(ExportError, match="no header"):
        read_metric(member("a.csv", b"t," + b"v" * 1_000_000))
    with pytest.raises(ExportError, match="twice"):
        read_metric(member("a.csv", "t,value,value\n"))
    with pytest.raises(ExportError, match="more than 40 columns"):
        read_metric(member("a.csv", "t,count" + "".join(f",p{i}" for i in range(99)) + "\n"))


def test_a_timer_has_a_histogram_s_columns() -> None:
    head = (
        HISTOGRAM.split("\n", 1)[0] + ",mean_rate,m1_rate,m5_rate,m15_rate,rate_unit,duration_unit"
    )
    row = f"{START},8,197,74.1,19,58.9,65.0,104.75,197.0,197.0,197.0,197.0"
    row += ",1.0,0.0,0.0,0.0,events/second,milliseconds"
    read = read_metric(member("a.csv", f"{head}\n{row}\n"))
    assert (read.kind, read.columns["p75"].tolist()) == ("histogram", [104.75])
    assert read_metric(member("a.csv", f"t,count\n{START},3\n")).kind == "counter"
