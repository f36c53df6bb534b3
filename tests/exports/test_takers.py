"""Every kind of file has a reader in a room, and only the rooms that are needed are loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from export_shapes import gauge, write

from boltkb.exports.gathered import Gathered
from boltkb.exports.records import SourceKind
from boltkb.exports.takers import TAKERS


@pytest.mark.parametrize("kind", get_args(SourceKind))
def test_a_kind_has_a_reader_that_is_there(kind: SourceKind) -> None:
    # Without any file there is nothing to read, which every reader takes.
    gathered = Gathered()
    TAKERS[kind]([], gathered)
    assert (gathered.sources, gathered.problems) == ([], [])


def test_metrics_are_read_without_the_other_rooms(tmp_path: Path) -> None:
    write(tmp_path, {"neo4j.database.neo4j.transaction.active_read.csv": gauge([1, 2, 3])})
    code = (
        "import sys; from boltkb.exports.opening import open_export;"
        "assert len(open_export(sys.argv[1]).series) == 1;"
        "print([name for name in sys.modules if name in"
        " ('polars', 'numba', 'llvmlite', 'ssl') or name.startswith('boltkb.exports.')"
        " and name.endswith(('logs.take', 'queries.take', 'drivers.take', 'moments.take'))])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"
