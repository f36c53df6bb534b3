"""Eight digits in one word give the same numbers as one digit after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boltkb.exports.metrics.digits import usual_rows

TIMES = st.integers(1_262_304_001, 1_269_999_999)


@settings(deadline=None)
@given(st.lists(st.tuples(TIMES, st.integers(0, 10**15 - 1)), min_size=1, max_size=40))
def test_whole_numbers_of_any_length_mixed(rows: list[tuple[int, int]]) -> None:
    block = "".join(f"{time},{value}\n" for time, value in rows).encode()
    read = usual_rows(block, 2, [0, 1])
    lengths = {len(str(value)) for _, value in rows}
    if read is None:
        # Short and long ones in one block are left to the general reader.
        assert min(lengths) < 8 < max(lengths)
        return
    assert read[0].tolist() == [time for time, _ in rows]
    assert read[1].tolist() == [value for _, value in rows]


@settings(deadline=None)
@given(
    st.lists(st.floats(0, 99_999_999, exclude_max=True), min_size=1, max_size=40),
    st.integers(1, 7),
)
def test_decimals_are_rounded_as_python_rounds_them(values: list[float], decimals: int) -> None:
    texts = [f"{min(value, 9_999_999.0):.{decimals}f}" for value in values]
    block = "".join(f"1764000000,{i},{text},x/second\n" for i, text in enumerate(texts)).encode()
    read = usual_rows(block, 4, [0, 2])
    assert read is not None
    assert read[1].tolist() == [float(text) for text in texts]


@pytest.mark.parametrize(
    "line",
    [
        "1764000000,",
        "1764000000",
        "176400000,1",
        "17640000000,1",
        "1764000000,1,2",
        "1764000000,-1",
        "1764000000, 1",
        "1764000000,1e3",
        "1764000000,1.5.5",
        "1764000000,.500000",
        "1764000000,1.50000a",
        "1764000000,1:34",
        "1764000000,/",
        "1x64000000,1",
        "17640000a0,1",
        "t,value",
        "",
        "1764000000,NaN",
        "1764000000,1234567890123456789",
        "\x00764000000,1",
        "x" * 300,
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_whatever_is_unusual_is_left_to_others(line: str, place: int) -> None:
    for usual in ("1764000001,5", "1764000001,5.250000"):
        lines = [usual, usual]
        lines.insert(place, line)
        assert usual_rows("".join(f"{one}\n" for one in lines).encode(), 2, [0, 1]) is None


@settings(deadline=None)
@given(st.binary(max_size=400), st.integers(2, 7))
def test_any_bytes_give_right_numbers_or_none(block: bytes, width: int) -> None:
    read = usual_rows(block + b"\n", width, [0, 1])
    if read is not None:
        rows = [line.split(b",") for line in block.split(b"\n")]
        assert read[1].tolist() == [float(row[1]) for row in rows]


def test_a_block_of_many_rows() -> None:
    rng = np.random.default_rng(3)
    values = rng.integers(0, 400, 50_000)
    block = "".join(f"{1_764_000_000 + 3 * i},{v}\n" for i, v in enumerate(values)).encode()
    read = usual_rows(block, 2, [0, 1])
    assert read is not None
    np.testing.assert_array_equal(read[0], 1_764_000_000 + 3 * np.arange(50_000))
    np.testing.assert_array_equal(read[1], values)
