"""Every published case is diagnosed as its evidence allows, and its page says so."""

from __future__ import annotations

import pytest

from boltkb.catalogue import load_causes
from evidence import examples
from evidence.cases import PAGES, PublishedCase, examine, load_cases, render, render_index

ALL = load_cases()


def test_there_are_twenty_five_numbered_cases():
    assert [case.number for case in ALL] == list(range(1, 26))


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.folder.name)
def test_the_evidence_carries_what_is_expected_and_no_more(case: PublishedCase):
    diagnosis, _ = examine(case)
    assert (diagnosis.cause or "") == case.expected
    assert not case.expected or case.expected in load_causes()


@pytest.mark.parametrize(
    "case", [case for case in ALL if not case.expected], ids=lambda case: case.folder.name
)
def test_what_cannot_be_told_is_said_with_what_would_tell(case: PublishedCase):
    diagnosis, _ = examine(case)
    assert diagnosis.state != "ok"
    assert diagnosis.cannot_tell


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.folder.name)
def test_its_page_is_not_stale(case: PublishedCase):
    assert (PAGES / f"{case.folder.name}.md").read_text() == render(case)


def test_the_list_is_not_stale():
    assert (PAGES / "index.md").read_text() == render_index(ALL)


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.folder.name)
def test_what_is_quoted_of_it_is_what_is_said(case: PublishedCase):
    kept = tuple(one for one in examples.stored() if one.export == case.folder.name)
    assert kept == examples.said(case.folder.name, examine(case)[0])
