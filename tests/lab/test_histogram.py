from __future__ import annotations

import statistics
from pathlib import Path

import pytest

from data.lab.histogram import BOUND_TIME, HISTOGRAM_HEADER, write_bound_time

RELEASES = [(10.5, 100.0), (11.5, 300.0), (11.7, 200.9), (20.0, 5.0)]


def rows(folder: Path) -> list[list[float]]:
    lines = (folder / f"{BOUND_TIME}.csv").read_text().splitlines()
    assert lines[0] == HISTOGRAM_HEADER
    return [[float(part) for part in line.split(",")] for line in lines[1:]]


def test_each_row_knows_the_releases_up_to_its_time(tmp_path: Path) -> None:
    assert write_bound_time(RELEASES, [10, 11, 12, 13], tmp_path) == BOUND_TIME
    found = rows(tmp_path)
    assert [row[:2] for row in found] == [[11, 1], [12, 3], [13, 3]]
    high, mean, low, deviation, median = found[1][2:7]
    assert (high, low, median) == (300, 100, 200)
    assert mean == pytest.approx(200.0)
    assert deviation == pytest.approx(statistics.pstdev([100, 200, 300]), abs=1e-6)


def test_quantiles_interpolate_between_order_statistics(tmp_path: Path) -> None:
    write_bound_time([(1.0, float(n)) for n in range(1, 101)], [2], tmp_path)
    (row,) = rows(tmp_path)
    assert row[6:] == pytest.approx([50.5, 75.75, 95.95, 98.98, 99.99, 100.0])


def test_without_releases_there_is_only_a_header(tmp_path: Path) -> None:
    write_bound_time([], [1, 2], tmp_path)
    assert rows(tmp_path) == []
