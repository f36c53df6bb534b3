"""The twin's pages: the example runs, the page that is a notebook is what the notebook makes."""

from __future__ import annotations

import doctest
import json
import re
from html import unescape
from pathlib import Path

import papermill
import pytest

from benchmarks import pages
from boltkb.publish.parameters import MODELS
from tests.twin.test_what_if import facts

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
EXPLAIN = ROOT / "docs" / "explain"
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
#: By how much a number may differ from the committed page, where logarithms round otherwise.
SHARE, LEAST = 0.15, 20.0


def test_the_example_on_the_page_runs():
    path = EXPLAIN / "the-twin.md"
    text = re.sub(r"^```.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    test = doctest.DocTestParser().get_doctest(text, {}, path.name, str(path), 0)
    told: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(test, out=told.append)
    assert result.attempted == 7
    assert result.failed == 0, "".join(told)


def apart(page: str) -> tuple[str, list[float], list[dict]]:
    """Take a page apart: its words, the numbers between them, and its figures."""
    drawn = [json.loads(unescape(text)) for text in re.findall(r"data-figure='([^']*)'", page)]
    bare = re.sub(r"data-figure='[^']*'", "", page)
    numbers = [float(text.replace(",", "")) for text in NUMBER.findall(bare)]
    return NUMBER.sub("#", bare), numbers, drawn


def test_the_page_of_the_experiments_is_what_its_notebook_makes():
    committed = apart(pages.EXPERIMENTS.read_text(encoding="utf-8"))
    made = apart(pages.experiments())
    assert made[0] == committed[0], "run `make pages`"
    for now, was in zip(made[1], committed[1], strict=True):
        assert abs(now - was) <= max(LEAST, SHARE * was), "run `make pages`"
    for now, was in zip(made[2], committed[2], strict=True):
        assert [trace["name"] for trace in now["data"]] == [t["name"] for t in was["data"]]
        for trace, old in zip(now["data"], was["data"], strict=True):
            assert trace["x"] == old["x"]
            far = [abs(a - b) for a, b in zip(trace["y"], old["y"], strict=True)]
            assert sum(far) / len(far) < LEAST


def test_the_page_claims_what_the_run_shows():
    text = pages.EXPERIMENTS.read_text(encoding="utf-8")
    fields = MODELS["threads_vs_connections"].model_fields
    assert (fields["threads"].default, fields["connections"].default) == (400, 4000)
    _, _, (growth, _) = apart(text)
    connections, held = (trace["y"] for trace in growth["data"])
    assert connections[-1] >= 4000
    assert max(held) < 200
    assert "400 threads, 100.0 erlangs of work all the time; 0 requests were rejected." in text
    full = dict(re.findall(r'At the end">([^<]*)</td><td[^>]*>([^<]*)<', text))
    assert full["transactions that were begun"] == "401"
    assert full["threads held"] == "400"
    assert full["of these at work"] == "0"
    assert full["rejected"] == "1"


def test_papermill_runs_a_what_if_as_the_page_says(tmp_path):
    (tmp_path / "x.facts.json").write_text(json.dumps(facts()))
    done = papermill.execute_notebook(
        ROOT / "notebooks" / "what_if.ipynb",
        tmp_path / "out.ipynb",
        parameters={
            "facts": str(tmp_path / "x.facts.json"), "threads": 12, "runs": 2, "seconds": 50.0,
        },
        progress_bar=False,
    )  # fmt: skip
    assert (tmp_path / "out.ipynb").is_file()
    shown = json.dumps(done.cells)
    assert "Simulated: no server ran." in shown


def test_papermill_refuses_a_parameter_that_does_not_exist(tmp_path):
    with pytest.raises(papermill.exceptions.PapermillExecutionError, match="did you mean"):
        papermill.execute_notebook(
            ROOT / "notebooks" / "what_if.ipynb",
            tmp_path / "out.ipynb",
            parameters={"facts": "x", "thread": 12},
            progress_bar=False,
        )


def test_both_pages_are_in_the_nav():
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in ("the-twin", "threads-vs-connections"):
        assert f"explain/{page}.md" in nav
