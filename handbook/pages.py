"""Which page is made by what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from handbook import api, causes, client, command, facts, names, server, words
from handbook.watching.dashboard import DASHBOARD, dashboard
from handbook.watching.page import alerts_page
from handbook.watching.writing import RULE_FILES

__all__ = ["DOCS", "PAGES"]

DOCS = Path(__file__).parents[1] / "docs"

#: Each page, or file beside the pages, and what writes it.
PAGES: Mapping[str, Callable[[], str]] = {
    "reference/settings.md": server.settings,
    "reference/metrics.md": server.metrics,
    "reference/messages.md": server.messages,
    "reference/errors.md": server.error_codes,
    "reference/threads.md": server.threads,
    "reference/driver-pools.md": client.driver_options,
    "reference/driver-logs.md": client.driver_lines,
    "reference/alerts.md": alerts_page,
    "reference/glossary.md": words.glossary,
    "reference/sources.md": words.sources,
    "reference/causes.md": causes.causes,
    "reference/command-line.md": command.command_line,
    "reference/python-api.md": api.python_api,
    "reference/facts.md": facts.facts,
    "assets/facts.schema.json": facts.schema,
    **api.api_pages(),
    "tools/setting-names.md": names.setting_names,
    **RULE_FILES,
    DASHBOARD: dashboard,
}
