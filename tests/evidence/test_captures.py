"""The page says of each capture what the diagnosis says."""

from __future__ import annotations

import pytest

from evidence.captures import CAPTURES, PAGE, Told, folders, render, stored, tell


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
