"""A plain export for the tests of this room; the shapes are in `export_shapes`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = str(Path(__file__).parent)
if HERE not in sys.path:
    sys.path.insert(0, HERE)

from export_shapes import files, write  # noqa: E402


@pytest.fixture
def export_folder(tmp_path: Path) -> Path:
    """A folder with a plain export."""
    return write(tmp_path / "plain", files())
