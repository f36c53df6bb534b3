"""The parts of the writer, each against an independent and slower account of the same."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

import numpy as np
import pytest

from boltkb.twin.writing.dialects import Dialect, java_double
from boltkb.twin.writing.histograms import Histogram
from boltkb.twin.writing.lines import moments, stamp
from boltkb.twin.writing.rejections import Episodes
from boltkb.twin.writing.rotating import RotatingFile


def entries(count: int, seed: int) -> list[bytes]:
    rng = random.Random(seed)
    return [
        b"2026 entry %d %s\n" % (i, b"x" * rng.randrange(40))
        + b"".join(b"\tat frame\n" for _ in range(rng.randrange(3)))
        for i in range(count)
    ]


@pytest.mark.parametrize("pieces", [1, 3, 50])
def test_rotation_loses_and_splits_no_entry(tmp_path: Path, pieces: int) -> None:
    written = entries(50, seed=3)
    ending = "{:02}".format
    with RotatingFile(
        tmp_path / "a.log", limit=300, ending=lambda n: f".{ending(n)}", keep=99, entry=b"\n20"
    ) as file:
        for first in range(0, 50, -(-50 // pieces)):
            file.write(b"".join(written[first : first + -(-50 // pieces)]))
    found = sorted((path for path in tmp_path.iterdir() if path.name != "a.log"), reverse=True)
    parts = [path.read_bytes() for path in [*found, tmp_path / "a.log"]]
    assert b"".join(parts) == b"".join(written)
    assert len(parts) > 5
    assert all(part.startswith(b"2026 entry") for part in parts)
    longest = max(map(len, written))
    assert all(300 <= len(part) < 300 + longest for part in parts[:-1])


def test_the_oldest_files_go_and_the_newest_is_number_one(tmp_path: Path) -> None:
    with RotatingFile(
        tmp_path / "m.csv",
        limit=10,
        ending=lambda n: f".{n}",
        keep=3,
        entry=b"\n",
        begin=lambda: b"t,value\n",
    ) as file:
        for number in range(40):
            file.write(b"%d,%d\n" % (number, number))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["m.csv", "m.csv.1", "m.csv.2", "m.csv.3"]
    assert (tmp_path / "m.csv.1").read_text() == "t,value\n38,38\n"
    assert (tmp_path / "m.csv.3").read_text() == "t,value\n36,36\n"


def test_packed_files_hold_one_entry_and_no_clock(tmp_path: Path) -> None:
    for name in ("one", "two"):
        with RotatingFile(
            tmp_path / name / "m.csv",
            limit=5,
            ending=lambda n: f".{n:02}",
            entry=b"\n",
            packed=True,
        ) as file:
            file.write(b"t,value\n1,2\n")
            file.write(b"2,3\n")
    packed = tmp_path / "one" / "m.csv.01.zip"
    with zipfile.ZipFile(packed) as archive:
        assert archive.namelist() == ["m.csv.01"]
    assert packed.read_bytes() == (tmp_path / "two" / "m.csv.01.zip").read_bytes()


@pytest.mark.parametrize("seed", range(4))
def test_a_histogram_agrees_with_all_its_values(seed: int) -> None:
    rng = np.random.default_rng(seed)
    parts = [rng.lognormal(-2, 1.6, rng.integers(0, 400)) for _ in range(6)]
    counted = Histogram()
    for part in parts:
        counted.add(part)
    cells = [float(cell) for cell in counted.row(Dialect.of("5.26.0")).split(",")]
    whole = np.floor(np.concatenate(parts) * 1000.0 + 1e-6)
    assert cells[:2] == [whole.size, whole.max()]
    assert cells[3] == whole.min()
    assert cells[2] == pytest.approx(whole.mean(), abs=1e-5)
    assert cells[4] == pytest.approx(whole.std(), abs=1e-3)
    ordered = np.sort(whole)
    for cell, share in zip(cells[5:], (0.5, 0.75, 0.95, 0.98, 0.99, 0.999), strict=True):
        exact = ordered[int(np.ceil(share * whole.size)) - 1]
        assert cell == pytest.approx(exact, rel=0.011, abs=1.0)


def slowly_told(times: list[float]) -> tuple[list[float], list[float]]:
    """Return what the accountant of 5.18 says, event by event."""
    begun, ended = [], []
    count, last, tripped = 0, -np.inf, False
    for time in times:
        quiet = time - last >= 600.0
        if quiet:
            count = 0
            if tripped:
                ended.append(time)
                tripped = False
        count += 1
        if count > 2 and not tripped:
            begun.append(time)
            tripped = True
        last = time
    return begun, ended


@pytest.mark.parametrize("seed", range(8))
def test_episodes_are_told_as_by_counting_one_by_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    gaps = rng.choice([0.1, 5.0, 300.0, 599.0, 600.0, 700.0], 200)
    times = np.cumsum(gaps)
    episodes = Episodes()
    begun: list[float] = []
    ended: list[float] = []
    first = 0
    while first < times.size:
        last = first + int(rng.integers(0, 9))
        some, over = episodes.take(times[first:last])
        begun += some.tolist()
        ended += over.tolist()
        first = last
    assert (begun, ended) == slowly_told(times.tolist())
    assert begun
    assert ended


def test_times_are_text_to_the_millisecond() -> None:
    times = np.array([1772409600.0, 1772409600.194, 1772409661.9994, 1800000000.001])
    assert [stamp(time) for time in times.tolist()] == moments(times).to_list()
    assert moments(times).to_list()[1:3] == ["2026-03-02 00:00:00.194", "2026-03-02 00:01:01.999"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.0"), (3.5, "3.5"), (1e7, "1.0E7"), (0.00012, "1.2E-4"), (1.5e-10, "1.5E-10")],
)
def test_numbers_as_java_prints_them(value: float, text: str) -> None:
    assert java_double(value) == text
