"""The theory's pages: examples run, figures are what the script draws, nothing is left out."""

from __future__ import annotations

import doctest
import html
import json
import re
from pathlib import Path

import pytest

from benchmarks import pages
from boltkb import queueing

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "theory"
PAGES = sorted(FOLDER.glob("*.md"))
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|rgba?\(")


@pytest.mark.parametrize("page", [*pages.FIGURES, "index", "simulation"])
def test_every_example_on_the_page_runs(page):
    path = FOLDER / f"{page}.md"
    text = path.read_text(encoding="utf-8")
    # A fence of Markdown ends an example; doctest would take it for output.
    bare = re.sub(r"^```.*$", "", text, flags=re.MULTILINE)
    test = doctest.DocTestParser().get_doctest(bare, {}, path.name, str(path), 0)
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
    result = runner.run(test, out=told.append)
    assert result.attempted > 0
    assert result.failed == 0, "".join(told)


@pytest.mark.parametrize("page", pages.FIGURES)
def test_the_figure_on_the_page_is_the_one_the_script_draws(page):
    text = (FOLDER / f"{page}.md").read_text(encoding="utf-8")
    drawn = pages.figure(page)
    assert drawn in text, "run `make pages`"
    stored = re.search(r"data-figure='([^']*)'", drawn)
    assert stored is not None
    figure = json.loads(html.unescape(stored[1]))
    assert not COLOUR.search(json.dumps(figure)), "a figure holds roles, not colours"
    for trace in figure["data"]:
        assert trace["meta"]["role"]
        assert len(trace["x"]) == len(trace["y"]) >= 8


def test_every_model_has_a_page_and_every_page_is_in_the_index_and_the_nav():
    words = " ".join(path.read_text(encoding="utf-8") for path in PAGES)
    models = (
        "MMc", "MMcc", "MMcK", "Engset", "MMcN", "ErlangA", "MMcD", "Hayward", "BirthDeath",
        "MixedLoss", "TimeVaryingLoss", "RetryLoss", "GGc",
    )  # fmt: skip
    for name in models:
        assert hasattr(queueing, name)
        assert re.search(rf"import .*\b{name}\b", words), f"no page runs {name}"
    index = (FOLDER / "index.md").read_text(encoding="utf-8")
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in (*pages.FIGURES, "simulation"):
        assert f"({page}.md)" in index, page
        assert f"theory/{page}.md" in nav, page


def test_formulas_need_nothing_from_elsewhere():
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        assert "http" not in text, path.name
        assert "\\frac" not in text
        assert "$$" not in text


def test_generated_text_stands_between_its_markers():
    with pytest.raises(ValueError, match="markers"):
        pages.between("no markers here", "figure", "x")
    once = pages.between("a\n<!-- m -->\nold\n<!-- /m -->\nb", "m", "new")
    assert once == "a\n<!-- m -->\n\nnew\n\n<!-- /m -->\nb"
    assert pages.between(once, "m", "new") == once
