from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from boltkb.errors import BoltkbError, ExportError, ParameterError, RunError
from boltkb.publish.run import Published, find_notebook, run_report
from tests.publish.small import small_notebook, write_export, write_notebook

pytestmark = pytest.mark.slow


def _files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def test_four_files_and_nothing_else(published: Published) -> None:
    slug = published.slug
    assert slug == "script-alert-1-script-prod"
    assert _files(published.page.parent) == {
        f"{slug}.md", f"{slug}.html", f"{slug}.ipynb", f"{slug}.facts.json"
    }  # fmt: skip
    assert published.state == "saturated"
    assert not published.renamed


def test_no_path_of_the_machine_is_left_behind(published: Published) -> None:
    folder = str(published.page.parent.parent)
    for path in (published.page, published.html, published.facts):
        assert folder not in path.read_text(encoding="utf-8"), path.name
    record = json.loads(published.notebook.read_text(encoding="utf-8"))["metadata"]["papermill"]
    assert record["input_path"] == "thread_pool.ipynb"


@pytest.mark.parametrize(
    ("parameters", "kind"),
    [
        ({"export": "nowhere-at-all"}, ExportError),
        ({"export": ".", "exprot": "x"}, ParameterError),
        ({"export": ".", "target_rejection": 7}, ParameterError),
        ({"export": ".", "start": "noon"}, ParameterError),
    ],
)
def test_what_is_wrong_beforehand_starts_no_kernel(
    tmp_path: Path, parameters: dict[str, object], kind: type[BoltkbError]
) -> None:
    calls: list[int] = []
    notebook = write_notebook(tmp_path)
    with pytest.raises(kind) as caught:
        run_report(
            notebook, parameters, tmp_path / "out", progress=lambda done, *_: calls.append(done)
        )
    assert caught.value.exit_code == 2
    assert not calls
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("cell", "kind", "said"),
    [
        ("from boltkb.errors import ExportError\nraise ExportError('cut off', 'x.log', 3)",
         ExportError, "`x.log`, line 3: cut off"),
        ("from boltkb.errors import MissingMetric\nraise MissingMetric('a', None, 'b')",
         ExportError, "no metric `a`"),
        ("from boltkb.errors import ParameterError\nraise ParameterError('outside the data')",
         ParameterError, "outside the data"),
        ("from boltkb.errors import ModelError\nraise ModelError('servers', 'at least 1', 0)",
         RunError, "servers"),
        ("1 / 0", RunError, "ZeroDivisionError"),
        ("class ExportErrorLike(Exception): pass\nraise ExportErrorLike('x')", RunError, "x"),
        ("import os\nos._exit(9)", RunError, "died"),
    ],
)  # fmt: skip
def test_a_failing_cell_writes_nothing_and_keeps_its_class(
    tmp_path: Path, cell: str, kind: type[BoltkbError], said: str
) -> None:
    notebook = write_notebook(tmp_path, extra=(cell,))
    with pytest.raises(BoltkbError) as caught:
        run_report(notebook, {"export": write_export(tmp_path / "in")}, tmp_path / "out")
    assert type(caught.value) is kind
    assert said in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("ending", ["", "raise SystemExit(0)"])
def test_a_notebook_without_facts_writes_nothing(tmp_path: Path, ending: str) -> None:
    notebook = write_notebook(tmp_path, without="verdict", extra=(ending,))
    with pytest.raises(RunError, match=r"facts.*incomplete"):
        run_report(notebook, {"export": write_export(tmp_path / "in")}, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_figure_that_pages_cannot_draw_writes_nothing(tmp_path: Path) -> None:
    cell = "go.Figure(go.Heatmap(z=[[1, 2], [3, 4]]))"
    notebook = write_notebook(tmp_path, extra=(cell,))
    with pytest.raises(RunError, match="heatmap"):
        run_report(notebook, {"export": write_export(tmp_path / "in")}, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_where_the_folder_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    with pytest.raises(ParameterError, match="not a folder"):
        run_report(
            write_notebook(tmp_path), {"export": write_export(tmp_path / "in")}, tmp_path / "out"
        )
    assert (tmp_path / "out").read_text(encoding="utf-8") == "mine"


def test_progress_is_told_cell_by_cell_and_a_rerun_replaces_its_own(tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    notebook, export = write_notebook(tmp_path), write_export(tmp_path / "in")
    first = run_report(notebook, {"export": export}, tmp_path / "out")
    second = run_report(
        notebook, {"export": export, "title": "Again"}, tmp_path / "out",
        progress=lambda *step: told.append(step),
    )  # fmt: skip
    total = len(small_notebook().cells) + 1  # and the parameters that papermill put in
    assert [step[0] for step in told] == list(range(total + 1))
    assert {step[1] for step in told} == {total}
    assert "What happened" in {step[2] for step in told}
    assert first.page == second.page
    assert "Again" in second.page.read_text(encoding="utf-8")
    assert len(_files(tmp_path / "out")) == 4


def test_another_export_of_the_same_name_keeps_the_first(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path)
    first = run_report(notebook, {"export": write_export(tmp_path / "a")}, tmp_path / "out")
    before = first.page.read_bytes()
    second = run_report(notebook, {"export": write_export(tmp_path / "b")}, tmp_path / "out")
    assert second.slug.startswith(f"{first.slug}-")
    assert second.renamed
    assert first.page.read_bytes() == before
    assert len(_files(tmp_path / "out")) == 8


def test_a_notebook_of_ones_own_has_its_names_checked(tmp_path: Path) -> None:
    notebook = tmp_path / "own.ipynb"
    nbformat.write(small_notebook(), notebook)
    export = write_export(tmp_path / "in")
    with pytest.raises(ParameterError, match="did you mean `title`"):
        run_report(notebook, {"export": export, "titel": "x"}, tmp_path / "out")
    with pytest.raises(ParameterError, match="`export` is missing"):
        run_report(notebook, {}, tmp_path / "out")


@pytest.mark.parametrize("name", ["no_such", "no/such.ipynb", "../thread_pool", ""])
def test_an_unknown_notebook_is_refused(name: str) -> None:
    with pytest.raises(ParameterError, match="no notebook"):
        find_notebook(name)
