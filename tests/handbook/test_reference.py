"""Generated pages are as the catalogue is, and every claim leads to a source."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from boltkb.catalogue import load_settings, load_sources
from handbook.pages import DOCS, PAGES
from handbook.reading import minutes, said
from handbook.server import docker

CLAIM = re.compile(r"\[(?P<span>[^\[\]]+)\]\((?P<page>[^)#]*)#(?P<source>[^)]+)\)\{ \.claim \}")
#: Versions of the server or of a driver: `5.18+`, `3.4 to 4.4`, `Java 5.0+`; or the source alone.
SPAN = re.compile(
    r"source|all|(?:(?:Java|Python|JavaScript|\.NET|Go|Rust) )?"
    r"(?:\d+(?:\.\d+){0,2}\+|\d+(?:\.\d+){0,2}(?: to (?:before )?\d+(?:\.\d+){0,2})?)"
)


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_not_stale(name: str):
    assert (DOCS / name).read_text() == PAGES[name]()


@pytest.mark.parametrize(
    "page", sorted(DOCS.rglob("*.md")), ids=lambda page: str(page.relative_to(DOCS))
)
def test_every_claim_leads_to_a_source_and_names_its_versions(page: Path):
    text = page.read_text()
    for found in CLAIM.finditer(text):
        target = (page.parent / found["page"]).resolve()
        assert target == (DOCS / "reference" / "sources.md").resolve(), found[0]
        assert found["source"] in load_sources(), found[0]
        assert SPAN.fullmatch(found["span"]), found[0]
    # Nothing may look like a claim and escape the checks.
    assert text.count(".claim") == len(CLAIM.findall(text))


def test_every_spelling_of_every_setting_is_on_the_page():
    text = PAGES["reference/settings.md"]()
    for setting in load_settings().values():
        for interval in setting.names:
            assert f"<code>{interval.name}</code>" in text
        assert docker(setting.names[-1].name) in text


#: Where a page may be one to look things up in, or to work with, and say no minutes.
NOT_READ_THROUGH = ("reference/", "tools/", "tuning.md", "cases/index.md", "decisions/index.md",
                    "reports/index.md")  # fmt: skip
#: A report is a page of its reader's own.
EVERY = sorted(
    page for page in DOCS.rglob("*.md") if page.parent.name != "reports" or page.stem == "index"
)


@pytest.mark.parametrize("page", EVERY, ids=lambda page: str(page.relative_to(DOCS)))
def test_a_page_says_for_whom_it_is_and_how_long_it_takes(page: Path):
    text = page.read_text(encoding="utf-8")
    told = said(text)
    assert told is not None, "below the title: *For whoever …. About a minute.*"
    # The line is the first thing below the title.
    assert re.search(r"(?m)^# .+\n\n\*For ", text)
    if told == 0:
        assert str(page.relative_to(DOCS)).startswith(NOT_READ_THROUGH)
    else:
        assert abs(told - minutes(text)) < 1, f"it takes about {minutes(text):.0f} minutes"
