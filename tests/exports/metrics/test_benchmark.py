"""The benchmark's directory is one that is read whole, and its clock runs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.metrics import run, write_directory
from boltkb.exports import open_export


def test_every_file_of_the_benchmark_is_read_and_kept(tmp_path: Path) -> None:
    size = write_directory(tmp_path, 7, 40)
    files = list(tmp_path.glob("*.csv"))
    assert size == sum(path.stat().st_size for path in files)
    export = open_export(tmp_path)
    assert len(export.series) == len(files) == 7
    assert all(len(series) == 40 for series in export.series.values())
    assert (export.ignored, export.problems) == ((), ())


def test_a_process_tells_its_memory_and_a_failure_is_none() -> None:
    ended = run([sys.executable, "-c", "print(len(bytearray(64 << 20)))"])
    assert ended.said.strip() == str(64 << 20)
    assert ended.memory > 64
    with pytest.raises(SystemExit, match="failed"):
        run([sys.executable, "-c", "raise SystemExit(3)"])
