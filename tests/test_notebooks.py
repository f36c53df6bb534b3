"""The notebooks are thin, have no outputs in git, and take the parameters that are checked."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import papermill
import pytest

from boltkb.publish.parameters import MODELS

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FORBIDDEN = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.If,
    ast.Try, ast.With, ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp, ast.Compare,
)  # fmt: skip

pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)


def code_cells(path: Path):
    notebook = nbformat.read(path, as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_it_is_committed_without_outputs_and_with_its_kernel(path):
    notebook = nbformat.read(path, as_version=4)
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in code_cells(path):
        assert cell.outputs == []
        assert cell.execution_count is None


def test_it_holds_no_logic(path):
    for cell in code_cells(path):
        found = [n for n in ast.walk(ast.parse(cell.source)) if isinstance(n, FORBIDDEN)]
        assert not found, f"{path.name} computes in a cell:\n{cell.source}"


def test_it_holds_no_number_outside_its_parameters(path):
    for cell in code_cells(path):
        if "parameters" in cell.metadata.get("tags", []):
            continue
        numbers = [
            n.value
            for n in ast.walk(ast.parse(cell.source))
            if isinstance(n, ast.Constant) and isinstance(n.value, int | float)
        ]
        assert not numbers, f"{path.name} holds thresholds: {numbers}"


def test_a_cell_calls_one_verb(path):
    for cell in code_cells(path):
        calls = [
            n
            for n in ast.walk(ast.parse(cell.source))
            if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
        ]
        assert len(calls) <= 1, cell.source
        if "parameters" not in cell.metadata.get("tags", []):
            assert len(cell.source.splitlines()) <= 8


def test_its_parameters_are_typed_explained_and_checked(path):
    listed = papermill.inspect_notebook(path)
    assert set(listed) == set(MODELS[path.stem].model_fields)
    for name, entry in listed.items():
        assert entry["inferred_type_name"] != "None", f"{name} has no type"
        assert entry["help"], f"{name} has no explanation"
