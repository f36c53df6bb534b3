"""Which page is made by what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from handbook import client, server, words

__all__ = ["PAGES", "REFERENCE"]

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"

#: Each reference page and what writes it.
PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": server.settings,
    "metrics.md": server.metrics,
    "messages.md": server.messages,
    "errors.md": server.error_codes,
    "threads.md": server.threads,
    "driver-pools.md": client.driver_options,
    "driver-logs.md": client.driver_lines,
    "glossary.md": words.glossary,
    "sources.md": words.sources,
}
