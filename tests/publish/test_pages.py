"""Pages from notebooks without an export: run as a user runs them, small and quick."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from boltkb.errors import ParameterError
from boltkb.publish.pages import page_of, what_if
from tests.twin.test_what_if import facts

QUICK = {"runs": 2, "seconds": 60.0}
EXPERIMENT = {
    "threads": 20, "arrival_rate": 10.0, "mean_hold": 0.3, "connections": 200, "seconds": 100.0,
    "timeout": 10.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("secret-place")
    (folder / "shop.facts.json").write_text(json.dumps(facts()))
    return folder


@pytest.fixture(scope="module")
def answered(place):
    return what_if(place / "shop.facts.json", {"threads": 12, **QUICK}, place / "out")


def test_a_what_if_leaves_a_page_a_single_file_its_notebook_and_its_answer(answered):
    assert answered.page.name == "shop-what-if-threads-12-runs-2-seconds-60.0.md"
    page = answered.page.read_text(encoding="utf-8")
    assert page.startswith('---\ntitle: "What if: shop, threads 12, runs 2, seconds 60.0"\n')
    assert "# What if this pool were another one?" in page
    assert 'class="boltkb-simulated"' in page
    assert "by theory" in page
    assert page.count("data-figure=") == 1
    html = answered.html.read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>")
    assert "Simulated." in html
    answer = json.loads(answered.facts.read_text(encoding="utf-8"))
    assert answer["what_if"]["simulated"] is True
    assert answer["question"]["after"]["threads"] == 12
    assert answered.headline == answer["what_if"]["headline"]


def test_it_does_not_tell_where_the_facts_lay(answered):
    for path in (answered.page, answered.html, answered.notebook, answered.facts):
        assert "secret-place" not in path.read_text(encoding="utf-8"), path.name
    executed = nbformat.read(answered.notebook, as_version=4)
    assert executed.metadata.papermill.parameters["facts"] == "shop.facts.json"


def test_it_is_no_report(answered):
    assert not list(answered.page.parent.glob("*.facts.json"))


def test_another_change_does_not_replace_the_first(place, answered):
    before = answered.page.read_text(encoding="utf-8")
    other = what_if(place / "shop.facts.json", {"threads": 9, **QUICK}, place / "out")
    assert other.page != answered.page
    assert answered.page.read_text(encoding="utf-8") == before


def test_a_refused_fit_is_declined_to_the_end_of_the_page(place):
    (place / "refused.facts.json").write_text(json.dumps(facts(load=None)))
    made = what_if(place / "refused.facts.json", QUICK, place / "out")
    page = made.page.read_text(encoding="utf-8")
    assert "Nothing is simulated" in page
    assert "connections_running" in page
    assert made.headline.startswith("Declined")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"thread": 9}, "did you mean `threads`"),
        ({"threads": "many"}, "threads"),
        ({"driver": "cobol"}, "driver"),
        ({"runs": 1}, "runs"),
        ({"load": 0}, "load"),
        ({"facts": "x"}, "given twice"),
    ],
)
def test_wrong_parameters_are_named_before_a_kernel_starts(place, given, words):
    with pytest.raises(ParameterError, match=words):
        what_if(place / "shop.facts.json", given, place / "never")
    assert not (place / "never").exists()


def test_absent_facts_name_the_command_that_makes_them(place):
    with pytest.raises(ParameterError, match="boltkb report"):
        what_if(place / "gone.facts.json", {}, place / "never")


def test_the_experiments_run_on_other_numbers():
    page = page_of("threads_vs_connections", EXPERIMENT, title='A "title"', description="Words.")
    assert page.startswith('---\ntitle: "A &quot;title&quot;"\ndescription: "Words."\n')
    assert page.count("data-figure=") == 2
    for words in ("20 threads in the pool", "Each leaked transaction held 1 thread", ">21<"):
        assert words in page


def test_too_few_connections_for_the_load_are_refused():
    with pytest.raises(ParameterError, match="16 times the load"):
        page_of(
            "threads_vs_connections", {**EXPERIMENT, "connections": 40}, title="x", description="x"
        )
