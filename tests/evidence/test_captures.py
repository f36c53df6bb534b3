"""The page says of each capture what the diagnosis says."""

from __future__ import annotations

import pytest

from evidence import examples
from evidence.captures import (
    CAPTURES,
    PAGE,
    Told,
    diagnose_capture,
    folders,
    render,
    stored,
    tell,
)


@pytest.mark.parametrize(
    ("told", "mark"),
    [
        (Told("a", "gc_pauses", "saturated", "gc_pauses", "high"), "right"),
        (Told("a", None, "ok", None, "high"), "right"),
        (Told("a", None, "saturated", None, "low"), "**wrong**"),
        (Told("a", None, "ok", "rolling_deploy", "low"), "**wrong**"),
        (Told("a", "gc_pauses", "ok", None, "high"), "not told"),
        (Told("a", "gc_pauses", "saturated", "host_stall", "high"), "**wrong**"),
    ],
)
def test_what_counts_as_right(told, mark):
    assert told.mark == mark


def test_the_page_is_not_stale():
    part = render([tell(folder) for folder in folders(CAPTURES)], stored())
    assert part in PAGE.read_text(encoding="utf-8")


def test_what_is_quoted_of_captures_is_what_is_said():
    found = [one for folder in folders(CAPTURES)
             for one in examples.said(folder.name, diagnose_capture(folder))]  # fmt: skip
    names = {folder.name for folder in folders(CAPTURES)}
    assert [one for one in examples.stored() if one.export in names] == found
