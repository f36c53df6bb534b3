"""Packed columns come back bit for bit, take few bytes, and stay apart from one another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boltkb.exports.codec import decode, encode
from boltkb.exports.records import Series, Where
from boltkb.exports.records.packed import Packed, pack, unpack

ROWS = 2000
TURNS = np.arange(ROWS)


def bytes_of(stored: object) -> int:
    """What a stored column holds in memory for itself."""
    if isinstance(stored, Packed):
        return stored.parts.nbytes
    assert isinstance(stored, np.ndarray)
    return stored.itemsize if 0 in stored.strides else stored.nbytes


@pytest.mark.parametrize(
    ("values", "size"),
    [
        (np.full(ROWS, 3.25), 0),
        (np.full(ROWS, np.pi), 0),
        (TURNS % 200 + 1e12, 1),
        (TURNS * 100.0, 1),
        (TURNS * 100.0 % 7001, 2),
        (TURNS * 30_000.0 + 1e10, 2),
        ((TURNS * 7919 % 10_007) / 10.0, 2),
        ((TURNS * 7919 % 100_003) / 1000, 4),
        (np.round(np.sin(TURNS / 9) * 1000, 6), 4),
        (-TURNS * 1.0, 1),
        (TURNS % 7 / 3, 8),
        (np.where(TURNS == 1999, np.nan, TURNS), 8),
        (np.where(TURNS == 7, -1e300, TURNS), 8),
        (np.where(TURNS == 7, 1e308, TURNS / 8), 8),
        (TURNS * 1e15, 8),
        (TURNS * 4_000_000.0 * (TURNS % 2 - 0.5), 8),
    ],
)
@pytest.mark.parametrize("scale", [1.0, 0.001])
def test_what_servers_write_takes_few_bytes(values: np.ndarray, size: int, scale: float) -> None:
    stored = pack(np.asarray(values, dtype=np.float64), scale)
    assert bytes_of(stored) == (size * ROWS if size else 8)
    back = unpack(stored)
    assert back.dtype == np.float64
    np.testing.assert_array_equal(back, values * scale)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.one_of(st.floats(), st.integers(-(2**60), 2**60), st.decimals(-999, 999, places=3)),
        min_size=1,
        max_size=12,
    ),
    st.lists(st.integers(-(2**33), 2**33), min_size=1, max_size=5),
    st.sampled_from([1, 10, 1000, 10**6]),
)
def test_any_numbers_come_back(some: list[float], steps: list[int], over: int) -> None:
    walk = np.cumsum(np.resize(np.array(steps), 1500)) / over
    mixed = np.resize(np.array([float(value) for value in some]), 1500)
    with np.errstate(over="ignore"):
        for values in (walk, mixed):
            np.testing.assert_array_equal(unpack(pack(values)), values)


def test_short_columns_are_kept_as_they_are() -> None:
    values = np.arange(1023.0)
    assert pack(values) is values
    assert pack(values, 0.5).tolist() == (values * 0.5).tolist()


def test_a_series_shows_floats_whatever_it_stores() -> None:
    values, means = TURNS * 3.0, (TURNS * 7919 % 10_007) / 1000
    series = Series(
        "query_latency", "histogram", TURNS * 30.0, pack(values), None, Where("a.csv", 2),
        {"mean": pack(means, 0.001), "max": pack(values, 0.001)},
    )  # fmt: skip
    for one in (series, decode(encode((series,)))[0]):
        assert isinstance(one.stored, Packed)
        assert (one.values == values).all()
        assert list(one.columns) == ["mean", "max"]
        assert len(one.columns) == 2
        assert (one.columns["mean"] == means * 0.001).all()
        assert "p50" not in one.columns
        with pytest.raises(KeyError):
            one.columns["p50"]
    # What one reader does to its copy is seen by no other.
    series.values[:] = 0
    assert series.values[-1] == values[-1]
