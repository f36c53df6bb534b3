"""The chapter that explains: one page leads to the next, and its numbers are the package's."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import numpy as np
import pytest

from benchmarks import pages
from boltkb.catalogue import load_terms
from boltkb.figures import explain
from boltkb.queueing import RetryLoss, erlang_b, erlang_c, load_for_blocking

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "explain"
NAV = re.findall(r"explain/([\w-]+)\.md", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
#: Made by its notebook, which knows nothing of the chapter.
GENERATED = "threads-vs-connections"
READ = [name for name in NAV if name != GENERATED]


def source(page: str) -> str:
    return (FOLDER / f"{page}.md").read_text(encoding="utf-8")


def percent(value: float, digits: int = 2) -> str:
    return f"{float(f'{100 * value:.{digits}g}'):g} %"


def test_every_page_of_the_chapter_is_in_the_nav_once():
    assert sorted(NAV) == sorted(path.stem for path in FOLDER.glob("*.md"))


def test_each_page_leads_to_the_next():
    for page, following in zip(NAV, [*NAV[1:], None], strict=True):
        if page == GENERATED:
            continue
        said = source(page).rstrip().splitlines()[-1]
        assert "Next: [" in said, page
        if following is not None:
            assert f"]({following}.md)" in said, page


@pytest.mark.parametrize("page", READ)
def test_a_page_answers_first(page):
    if page in {"seen-on-a-real-server", "twin-and-real-server"}:
        return
    said = re.search(r"(?m)^\*For .+\*\n\n", source(page))
    assert said is not None
    assert source(page)[said.end() :].startswith("**"), "the answer comes first, in bold"


def test_every_word_of_the_glossary_that_a_page_links_is_there():
    words = load_terms()
    linked = {
        (page, term)
        for page in NAV
        for term in re.findall(r"reference/glossary\.md#([\w-]+)", source(page))
    }
    assert len(linked) >= 15
    assert not [pair for pair in linked if pair[1] not in words]


@pytest.mark.parametrize("page", pages.EXPLAINED)
def test_the_figure_is_the_one_that_the_script_draws(page):
    drawn = pages.figure(page)
    assert drawn in source(page), "run `make pages`"
    stored = re.search(r"data-figure='([^']*)'", drawn)
    assert stored is not None
    figure = json.loads(html.unescape(stored[1]))
    assert all(trace["meta"]["role"] for trace in figure["data"])
    assert {"title", "caption", "alt"} <= set(figure["layout"]["meta"])


def test_the_example_of_six_erlangs_is_what_the_formula_says():
    load = 20 * 0.3
    assert load == pytest.approx(6)
    for page in ("threads-and-connections", "four-thousand-threads"):
        text = source(page)
        for threads in (8, 12, 15):
            told = percent(float(erlang_b(threads, load)), 1 if threads == 15 else 2)
            assert re.search(rf"\b{threads} threads (?:reject )?{re.escape(told)}", text), page
    text = source("littles-law")
    assert "20 transactions a second, 0.3 s each: 6 threads" in text
    assert f"{percent(float(erlang_b(8, load)))} of the requests find all of them taken" in text
    carried = load * (1 - float(erlang_b(8, load)))
    assert "held for two thirds of the time" in source("threads-and-connections")
    assert carried / 8 == pytest.approx(2 / 3, abs=0.02)


def test_little_is_reckoned_right():
    text = source("littles-law")
    held, started, each, customers = 40, 20, 0.3, 20 * 60
    assert (
        f"{held} threads held and {started} a second started means that each is held for "
        f"{held / started:g} s"
    ) in text
    assert f"{held / started:g} s against 30 ms is a factor of {held / started / 0.030:.0f}" in text
    spent = customers * each
    assert f"{customers:,} transactions of {each} s are {spent:.0f} thread-seconds" in text
    assert f"{spent:.0f} thread-seconds in 60 seconds are {spent / 60:.0f} threads" in text


def test_the_day_of_the_averages_is_what_the_formula_says():
    text = source("averages-hide-the-peak")
    hours, loads = explain.day()
    assert (hours[0], hours[-1]) == (0, 24)
    loads = loads[:-1]
    blocking = np.asarray(erlang_b(20, loads))
    mean = loads.mean()
    assert "2 [erlangs](../reference/glossary.md#erlang) at night and 20 at noon make 11" in text
    assert (loads.min(), loads.max(), mean) == (2, 20, pytest.approx(11))
    at_mean, at_noon = percent(float(erlang_b(20, mean)), 1), percent(float(erlang_b(20, 20)))
    assert f"A pool of 20 rejects {at_mean} at 11, and {at_noon} at 20" in text
    lost = percent(float((loads * blocking).sum() / loads.sum()), 1)
    assert f"{lost} of the requests are rejected" in text
    assert f"reject {lost} of its requests" in text  # its description
    used = float((loads * (1 - blocking)).mean() / 20)
    assert "it is half used" in text
    assert used == pytest.approx(0.5, abs=0.02)
    burst, apart, word = 2, 30, {15: "fifteen"}
    seen = f"A burst of {burst} s between two samples {apart} s apart is seen once in "
    assert f"{seen}{word[apart // burst]} times" in text
    members = (30, 30, 90)
    mean = sum(members) / len(members)
    assert f"Three members at {members[0]}, {members[1]} and {members[2]} % are {mean:g} %" in text


def test_processors_and_attempts_are_reckoned_right():
    processors, waiting = 16, 0.96
    assert (
        f"wait for {100 * waiting:.0f} % of the time, {processors} processors keep "
        f"{processors / (1 - waiting):.0f} threads busy"
    ) in source("four-thousand-threads")
    text = source("retries-and-storms")
    assert "At 10 % that is 1.1; at 80 % it is five." in text
    # The share rejected is the model's own: loads at which a tenth and four fifths are.
    for share, attempts in ((0.1, 1.1), (0.8, 5.0)):
        fresh = float(load_for_blocking(8, share)) * (1 - share)
        pool = RetryLoss(8, fresh, 1.0, retry_probability=1.0, backoff=100.0)
        assert pool.blocking_probability == pytest.approx(share, rel=1e-6)
        assert pool.total_load / fresh == pytest.approx(attempts, rel=0.02)


def test_one_pool_has_an_edge_and_the_other_has_none():
    text = source("which-model")
    assert "at a load of *c* erlangs the wait becomes endless" in text
    assert erlang_c(8, 8.0) == 1
    shares = [float(erlang_b(8, load)) for load in (6.0, 8.0, 12.0, 80.0)]
    assert shares == sorted(shares)
    assert shares[-1] < 1
