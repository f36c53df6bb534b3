"""The reference page of what is recorded and when an alert fires."""

from __future__ import annotations

import re
from collections.abc import Iterable

from handbook.markdown import code, front, plain
from handbook.watching.alerts import ALERTS, Alert
from handbook.watching.recorded import DERIVED, LIMIT, SOURCES, Recorded

__all__ = ["alerts_page"]

_VALUE = re.compile(r"\{\{ \$value(?: \| (\w+))? \}\}")
_UNITS = {"humanizePercentage": "N %", "humanizeDuration": "N s"}
_FILES = {"5": "5.0+", "4.4": "4.x", "community": "Community"}


def alerts_page() -> str:
    """Return the page as Markdown."""
    lines = front(
        "Alerts, and what is recorded for them",
        "Each alert of the rule files: what it says, what to look at first, and where its threshold comes from.",  # noqa: E501
        "Files and installation: [Watch it](../how-to/watch-it.md). A `page` wakes somebody, a "
        "`ticket` waits for the morning.",
        "whoever was woken by one, or sets its threshold",
    )
    for alert in ALERTS:
        lines += _alert(alert)
    lines += ["## What is recorded", ""]
    lines += [f"- {code(one.name)} ({where}): {plain(one.means)}" for one, where in _series()]
    return "\n".join(lines).rstrip("\n") + "\n"


def _alert(alert: Alert) -> list[str]:
    said = _VALUE.sub(lambda found: _UNITS.get(found[1] or "", "N"), alert.says)
    page = alert.page.replace(".html", ".md")
    lasts = "at once" if alert.lasts == "0m" else f"after {alert.lasts}"
    return [
        f"## {alert.name}",
        "",
        f"**{alert.severity}, {lasts}.** {said}",
        "",
        f"- Look first: {alert.look_first} [Read on](../{page})",
        f"- Why there: {alert.why}",
        "",
        "```promql",
        alert.expression,
        "```",
        "",
    ]


def _series() -> Iterable[tuple[Recorded, str]]:
    seen: dict[str, tuple[Recorded, list[str]]] = {}
    for key, make in SOURCES.items():
        for one in make():
            seen.setdefault(one.name, (one, []))[1].append(_FILES[key])
    for one, files in seen.values():
        yield one, ", ".join(files)
    yield LIMIT, "bolt-limit.yml"
    for one in DERIVED:
        yield one, "bolt-rules.yml"
