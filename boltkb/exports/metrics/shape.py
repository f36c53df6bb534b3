"""What this room's files look like from outside: by name and first bytes, never by folder."""

from __future__ import annotations

import re

from boltkb.exports.metrics.exposition import looks_like_page
from boltkb.exports.metrics.panels import looks_like_panel
from boltkb.exports.metrics.query_results import looks_like_answer
from boltkb.exports.records import SourceKind

__all__ = ["looks_like"]

_CSV_HEADER = re.compile(rb"^t,(?:value|count)\b")
_LOOKED_AT = 16384


def looks_like(name: str, head: bytes) -> SourceKind | None:
    """Return which of this room's kinds a file is, None for none.

    Parameters
    ----------
    name : str
        In lower case, without folders, without the number and the ending of a rotated or packed
        file.
    head : bytes
        Its first 64 KiB, as UTF-8.
    """
    if name.endswith(".csv") and _CSV_HEADER.match(head):
        return "metric"
    if name.endswith((".conf", ".toml", ".env", ".xml")):
        return None
    text = head[:_LOOKED_AT].decode("utf-8", "replace")
    if looks_like_answer(text) or looks_like_page(text):
        return "scraped-metrics"
    if name.endswith((".csv", ".tsv", ".txt")) and looks_like_panel(text):
        return "panel"
    return None
