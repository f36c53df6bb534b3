"""The list of the reports in a folder, read from their facts.

The site's reports page is committed and never changes: it includes this list, a hidden file
that git ignores.  Without reports the file is absent and the page says so itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from boltkb.tables import escape, number, share

__all__ = ["LIST_NAME", "Listed", "is_reports_folder", "list_reports", "write_index"]

#: The generated file; hidden, so that the site does not take it for a page.
LIST_NAME = ".list.html"

_STATES = {
    "saturated": ("bad", "Saturated"),
    "at_risk": ("warn", "At risk"),
    "ok": ("ok", "OK"),
    "cannot_tell": ("unknown", "Cannot tell"),
}

_CAUSES = {
    "pool_too_small": "pool too small",
    "leaked_transactions": "leaked transactions",
    "client_think_time": "client think time",
}


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list.

    Parameters
    ----------
    slug, name, state, headline, cause : str
    version : str
        Of Neo4j; empty when unknown.
    figure : str
        The number that matters most for the cause, in words.
    start, end : str
        The window, ISO 8601; empty when unknown.
    simulated : bool
    """

    slug: str
    name: str
    state: str
    headline: str
    cause: str
    version: str
    figure: str
    start: str
    end: str
    simulated: bool


def is_reports_folder(folder: Path) -> bool:
    """Return whether a folder is the site's own: its committed page includes the list."""
    page = folder / "index.md"
    return page.is_file() and LIST_NAME in page.read_text(encoding="utf-8", errors="replace")


def list_reports(folder: Path) -> list[Listed]:
    """Return the reports in a folder, the worst verdicts first, then the latest windows.

    Parameters
    ----------
    folder : Path
        With `*.facts.json` files; those that cannot be read are left out.

    Returns
    -------
    list of Listed
    """
    found = []
    for path in sorted(folder.glob("*.facts.json")):
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        slug = path.name.removesuffix(".facts.json")
        if isinstance(facts, Mapping) and (folder / f"{slug}.md").is_file():
            found.append(_listed(slug, facts))
    order = list(_STATES)
    found.sort(key=lambda item: item.start, reverse=True)
    found.sort(key=lambda item: order.index(item.state))
    return found


def write_index(folder: Path) -> Path:
    """Write the list of the reports in a folder and return its path.

    Without reports the list is removed.
    """
    path, reports = folder / LIST_NAME, list_reports(folder)
    if reports:
        path.write_text(_html(reports), encoding="utf-8", newline="\n")
    else:
        path.unlink(missing_ok=True)
    return path


def _listed(slug: str, facts: Mapping[str, object]) -> Listed:
    export, verdict = _part(facts, "export"), _part(facts, "verdict")
    state = str(verdict.get("state"))
    cause = str(verdict.get("cause") or "")
    return Listed(
        slug=slug,
        name=str(export.get("name") or slug),
        state=state if state in _STATES else "cannot_tell",
        headline=str(verdict.get("headline") or ""),
        cause=_CAUSES.get(cause, cause.replace("_", " ")),
        version=str(export.get("version") or ""),
        figure=_told(verdict.get("number")) or _figure(cause, facts),
        start=str(export.get("start") or ""),
        end=str(export.get("end") or ""),
        simulated=export.get("simulated") is True,
    )


def _told(telling: object) -> str:
    """Return the number that the verdict itself calls the most telling one; empty for none."""
    if not isinstance(telling, Mapping):
        return str(telling or "")
    value, label = telling.get("value"), str(telling.get("label") or "")
    if not isinstance(value, int | float):
        return ""
    if telling.get("unit") in {"probability", "share"}:
        return f"{share(value)} of {label}"
    return f"{number(value)}: {label}"


def _figure(cause: str, facts: Mapping[str, object]) -> str:
    threads = _part(facts, "pool").get("max_threads")
    wanted = _value(facts, "recommended_threads")
    rejected = _value(facts, "rejections_observed")
    peak = _value(facts, "busy_threads_peak")
    of_all = f" of {threads}" if isinstance(threads, int) else ""
    if cause == "pool_too_small" and wanted is not None:
        return f"{threads} to {number(wanted)} threads" if of_all else f"{number(wanted)} threads"
    if rejected:
        return f"{number(rejected)} rejected"
    if peak is not None:
        return f"at most {number(peak)}{of_all} busy"
    return "not known"


def _html(reports: list[Listed]) -> str:
    states = [state for state in _STATES if any(item.state == state for item in reports)]
    buttons = "".join(
        f'<button type="button" class="boltkb-chip {_STATES[state][0]}" data-state="{state}" '
        f'aria-pressed="false">{_STATES[state][1]}</button>'
        for state in states
    )
    rows = "".join(_row(item) for item in reports)
    heads = "".join(
        f"<th>{head}</th>" for head in ("Report", "Verdict", "Cause", "Number", "Window")
    )
    return (
        '<div class="boltkb-filter" hidden><label>Find a report'
        '<input type="search" placeholder="name, cause, version" autocomplete="off"></label>'
        f'<span class="states">{buttons}</span><output aria-live="polite"></output></div>\n\n'
        '<div class="boltkb-table reports"><table class="boltkb">'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>\n"
    )


def _row(item: Listed) -> str:
    kind, word = _STATES[item.state]
    simulated = ' <span class="boltkb-chip unknown">simulated</span>' if item.simulated else ""
    version = f"Neo4j {item.version}. " if item.version else ""
    return (
        f'<tr data-state="{item.state}"><td data-label="Report">'
        f'<a href="{item.slug}.html">{escape(item.name)}</a>{simulated}'
        f'<span class="boltkb-note">{escape(version + item.headline)}</span></td>'
        f'<td data-label="Verdict"><span class="boltkb-chip {kind}">{word}</span></td>'
        f'<td data-label="Cause">{escape(item.cause or "none")}</td>'
        f'<td data-label="Number">{escape(item.figure)}</td>'
        f'<td data-label="Window">{escape(_window(item))}</td></tr>'
    )


def _window(item: Listed) -> str:
    try:
        start, end = datetime.fromisoformat(item.start), datetime.fromisoformat(item.end)
    except ValueError:
        return "not known"
    minutes = max(1, round((end - start).total_seconds() / 60))
    return f"{start:%Y-%m-%d %H:%M}, {minutes}\u00a0min"


def _part(facts: Mapping[str, object], key: str) -> Mapping[str, object]:
    part = facts.get(key)
    return part if isinstance(part, Mapping) else {}


def _value(facts: Mapping[str, object], name: str) -> float | None:
    estimate = _part(facts, "estimates").get(name)
    value = estimate.get("value") if isinstance(estimate, Mapping) else None
    return float(value) if isinstance(value, int | float) else None
