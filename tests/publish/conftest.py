from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from boltkb.publish.run import Published, run_report
from tests.publish.small import write_export, write_notebook


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """One run of the small notebook, on an export whose name is an attack."""
    folder = tmp_path_factory.mktemp("published")
    export = write_export(folder / "in", name="<script>alert(1)</script> prod'\"&")
    notebook = write_notebook(folder)
    return run_report(notebook, {"export": export}, folder / "out")


@pytest.fixture
def executed(published: Published) -> nbformat.NotebookNode:
    return nbformat.read(Path(published.notebook), as_version=4)
