"""Machine code gives the numbers that Python gives, takes no other row, and may be absent."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from export_shapes import START, gauge, member, write
from hypothesis import given, settings
from hypothesis import strategies as st

from boltkb.exports import open_export
from boltkb.exports.metrics import machine
from boltkb.exports.metrics.csv_files import read_metric
from boltkb.exports.metrics.digits import usual_rows
from boltkb.exports.metrics.machine import rows_reader

MUCH = 10**9
READ = rows_reader(MUCH)
FIELD = re.compile(rb"\d+(\.\d+)?")


def slow(block: bytes, width: int, places: list[int]) -> list[list[float]] | None:
    """One row after the other, as the text of `rows_reader` says."""
    rows = []
    for line in block.split(b"\n")[:-1]:
        fields = line.split(b",")
        if len(fields) != width or not re.fullmatch(rb"\d{10}", fields[0]) or len(line) < 12:
            return None
        for place in places[1:]:
            text = fields[place]
            if not FIELD.fullmatch(text) or len(text.replace(b".", b"")) > 15:
                return None
        rows.append([float(fields[place]) for place in places])
    return [list(column) for column in zip(*rows, strict=True)] or None


def test_it_is_machine_code_that_is_tested() -> None:
    assert READ is not usual_rows


NUMBER = st.one_of(
    st.integers(0, 10**15 - 1).map(str),
    st.tuples(st.integers(0, 10**8), st.integers(1, 7), st.integers(0, 10**7 - 1)).map(
        lambda parts: f"{parts[0]}.{str(parts[2]).zfill(7)[: parts[1]]}"
    ),
)
ODD = st.sampled_from(["", "-1", ".5", "5.", "1e3", "1.2.3", "NaN", " 1", "1" * 16, "1\r", "\0"])
TIME = st.one_of(
    st.integers(START, START + 300).map(str),
    st.sampled_from(["0000000012", "\0" * 8 + "12", "999999999", "17195014200", "171950142x"]),
)


@settings(deadline=None, max_examples=300)
@given(st.data(), st.integers(2, 5), st.booleans())
def test_rows_are_those_of_a_slow_reader(data: st.DataObject, width: int, clean: bool) -> None:
    time = st.integers(START, START + 300).map(str) if clean else TIME
    field = NUMBER if clean else st.one_of(NUMBER, NUMBER, NUMBER, ODD)
    rows = data.draw(
        st.lists(st.tuples(time, *[field] * (width - 1)).map(",".join), min_size=1, max_size=12)
    )
    places = [0, *sorted(data.draw(st.sets(st.integers(1, width - 1), min_size=1)))]
    block = "".join(f"{row}\n" for row in rows).encode()
    expected = slow(block, width, places)
    for given_as in (block, memoryview(block)):
        read = READ(given_as, width, places)
        assert (None if read is None else [column.tolist() for column in read]) == expected
    if expected is not None and (usual := usual_rows(block, width, places)) is not None:
        assert [column.tolist() for column in usual] == expected


@pytest.mark.parametrize(
    "block", [b"", b"\n", b"1719501420,1", b"1719501420,1\n1719501450", b"1719501420\n", b",\n"]
)
def test_what_is_no_whole_row_is_left(block: bytes) -> None:
    assert READ(block, 2, [0, 1]) is None


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("block", [7, 64, 1 << 12, 1 << 20])
def test_a_broken_file_is_read_the_same_with_it_and_without(ending: str, block: int) -> None:
    lines = [f"{START + i},{i * 7 % 1000 / 8:.3f}" for i in range(3000)]
    lines[100] = f"{START + 100},-3"
    lines[700] = "t,value"
    lines[1500] = f"{START + 1500},oops"
    lines[1501] = f"{START + 1501},0,250000"
    lines[2000] = "9" * 70_000
    lines[2500] = "99,1"
    text = ending.join(["t,value", *lines, f"{START + 9999},1"])
    one, other = (
        read_metric(member("a.csv", text), block=block, reader=reader)
        for reader in (READ, usual_rows)
    )
    assert (one.source, one.problems, one.where) == (other.source, other.problems, other.where)
    assert (one.source.rows, one.source.refused) == (2996, 4)
    assert one.source.why == "line 1502: not a number: 'oops'"
    assert one.restarts.tolist() == other.restarts.tolist() == [START + 701]
    np.testing.assert_array_equal(one.times, other.times)
    np.testing.assert_array_equal(one.values, other.values)


def test_a_directory_is_read_the_same_with_it_and_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = [i * i % 5000 for i in range(4000)]
    names = [f"neo4j.database.db{i}.transaction.active_read.csv" for i in range(5)]
    write(tmp_path, {name: gauge(values[i:], step=30) for i, name in enumerate(names)})
    without = open_export(tmp_path)
    monkeypatch.setattr(machine, "_WORTH", 0)
    with_it = open_export(tmp_path)
    assert list(without.series) == list(with_it.series)
    assert without.sources == with_it.sources
    for i, (one, other) in enumerate(
        zip(without.series.values(), with_it.series.values(), strict=True)
    ):
        assert one.values.tolist() == other.values.tolist() == values[i:]
        assert one.times.tolist() == other.times.tolist()


def test_little_is_read_without_it_and_much_where_it_cannot_be_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert rows_reader(1000) is usual_rows
    monkeypatch.setattr(machine, "_MADE", [])
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    assert rows_reader(MUCH) is usual_rows
