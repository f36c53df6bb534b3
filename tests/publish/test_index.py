from __future__ import annotations

import json
from pathlib import Path

import pytest

from boltkb.publish.index import LIST_NAME, is_reports_folder, list_reports, write_index
from boltkb.publish.naming import choose_slug, export_id, slugify
from boltkb.publish.run import Published, run_report
from tests.publish.small import write_export, write_notebook


def _report(folder: Path, slug: str, **changes: object) -> None:
    facts = {
        "export": {"name": slug, "version": "5.26.28", "start": "2026-11-01T13:30:00+00:00",
                   "end": "2026-11-01T13:50:00+00:00"},
        "pool": {"max_threads": 8},
        "verdict": {"state": "ok", "headline": "Nothing is wrong", "cause": None},
        "estimates": {"busy_threads_peak": {"value": 5.0}, "rejections_observed": {"value": 0}},
    }  # fmt: skip
    for key, value in changes.items():
        facts[key] = {**facts[key], **value}  # type: ignore[dict-item]
    (folder / f"{slug}.md").write_text("x", encoding="utf-8")
    (folder / f"{slug}.facts.json").write_text(json.dumps(facts), encoding="utf-8")


def test_the_worst_comes_first(tmp_path: Path) -> None:
    _report(tmp_path, "a")
    _report(tmp_path, "b", verdict={"state": "cannot_tell"})
    _report(tmp_path, "c", verdict={"state": "saturated", "cause": "leaked_transactions"})
    _report(tmp_path, "d", verdict={"state": "at_risk"})
    assert [item.slug for item in list_reports(tmp_path)] == ["c", "d", "a", "b"]


def test_the_number_fits_the_cause(tmp_path: Path) -> None:
    _report(tmp_path, "quiet")
    _report(
        tmp_path, "small",
        verdict={"state": "saturated", "cause": "pool_too_small"},
        estimates={"recommended_threads": {"value": 13}},
    )  # fmt: skip
    _report(tmp_path, "leak", verdict={"state": "saturated", "cause": "leaked_transactions",
                                       "number": "8 threads held"})  # fmt: skip
    told = {"label": "attempts were rejected", "value": 0.04, "unit": "probability"}
    _report(tmp_path, "told", verdict={"number": told})
    figures = {item.slug: item.figure for item in list_reports(tmp_path)}
    assert figures == {
        "quiet": "at most 5 of 8 busy",
        "small": "8 to 13 threads",
        "leak": "8 threads held",
        "told": "4.0\u202f% of attempts were rejected",
    }


def test_broken_and_orphaned_facts_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.facts.json").write_text("{", encoding="utf-8")
    (tmp_path / "b.facts.json").write_text("[]", encoding="utf-8")
    _report(tmp_path, "c")
    (tmp_path / "c.md").unlink()
    assert list_reports(tmp_path) == []


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    _report(tmp_path, "x", export={"name": "<script>alert(1)</script>", "version": "<b>"},
            verdict={"cause": "<i>", "headline": "<img src=x>", "state": "<s>"})  # fmt: skip
    html = write_index(tmp_path).read_text(encoding="utf-8")
    for tag in ("<script", "<b>", "<i>", "<img", "<s>"):
        assert tag not in html


def test_the_list_goes_when_the_reports_go(tmp_path: Path) -> None:
    _report(tmp_path, "a")
    path = write_index(tmp_path)
    assert path.name == LIST_NAME
    assert 'href="a.html"' in path.read_text(encoding="utf-8")
    (tmp_path / "a.facts.json").unlink()
    write_index(tmp_path)
    assert not path.exists()


def test_only_the_sites_own_folder_gets_a_list(tmp_path: Path, published: Published) -> None:
    assert not (published.page.parent / LIST_NAME).exists()
    assert not is_reports_folder(published.page.parent)
    folder = tmp_path / "reports"
    folder.mkdir()
    page = folder / "index.md"
    page.write_text(f'--8<-- "{LIST_NAME}"\n', encoding="utf-8")
    before = page.read_bytes()
    made = run_report(
        write_notebook(tmp_path), {"export": write_export(tmp_path / "in", name="index")}, folder
    )
    assert made.slug == "export-index"
    assert page.read_bytes() == before
    assert "export-index.html" in (folder / LIST_NAME).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Prod EU/1", "prod-eu-1"),
        ("neo4j-5.26-leaked", "neo4j-5.26-leaked"),
        ("../../etc/passwd", "etc-passwd"),
        ("日本", "export"),
        ("", "export"),
        (".hidden", "hidden"),
        ("INDEX", "export-index"),
        ("a" * 300, "a" * 80),
    ],
)
def test_slugs_are_safe_names(name: str, slug: str) -> None:
    assert slugify(name) == slug


def test_a_slug_in_foreign_hands_is_not_taken(tmp_path: Path) -> None:
    identity = export_id(tmp_path / "x")
    assert choose_slug("a", identity, tmp_path) == "a"
    (tmp_path / "a.md").write_text("by hand", encoding="utf-8")
    assert choose_slug("a", identity, tmp_path) == f"a-{identity[:6]}"
    facts = {"run": {"export_id": identity}}
    (tmp_path / "a.facts.json").write_text(json.dumps(facts), encoding="utf-8")
    assert choose_slug("a", identity, tmp_path) == "a"
    assert choose_slug("a", export_id(tmp_path / "y"), tmp_path) != "a"
