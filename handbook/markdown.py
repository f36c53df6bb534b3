"""Pieces of Markdown: tables, headings with an anchor, and the mark of a claim."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from boltkb.catalogue import Interval, Version
from handbook.reading import LOOKED_UP

__all__ = [
    "LANGUAGES",
    "claim",
    "code",
    "front",
    "holds",
    "plain",
    "table",
    "versions",
]

Bound = Version | str | None
#: The oldest version that boltkb reads.
OLDEST = "3.4"
LANGUAGES = {
    "any": "any",
    "dotnet": ".NET",
    "go": "Go",
    "java": "Java",
    "javascript": "JavaScript",
    "python": "Python",
    "rust": "Rust",
}


def front(
    title: str,
    description: str,
    lead: str,
    audience: str,
    *,
    origin: str = "the catalogue",
    boost: float = 1.0,
    wide: bool = False,
) -> list[str]:
    """Return the first lines of a generated page that is looked things up in.

    Parameters
    ----------
    title, description, lead, audience : str
    origin : str
        What the page is generated from.
    boost : float
        Its weight in the site's search; 1 is that of any page.
    wide : bool
        Whether it is one table without headings: it takes the place of the table of contents.
    """
    return [
        "---",
        f'title: "{title}"',
        f'description: "{description}"',
        *([] if boost == 1.0 else ["search:", f"  boost: {boost}"]),
        *(["hide:", "  - toc"] if wide else []),
        "---",
        "",
        f"<!-- from {origin}, by `python -m handbook` -->",
        "",
        f"# {title}",
        "",
        f"*For {audience}. {LOOKED_UP}*",
        "",
        lead,
        "",
    ]


def claim(source: str, span: str, *, page: str = "sources.md") -> str:
    """Return the mark of a claim: the versions for which it holds, linked to its source.

    Examples
    --------
    >>> claim("neo4j-manual-settings", "5.0+")
    '[5.0+](sources.md#neo4j-manual-settings){ .claim }'
    """
    return f"[{span}]({page}#{source}){{ .claim }}"


def versions(since: Bound, until: Bound, *, oldest: str = OLDEST) -> str:
    """Return a half-open span of versions in words.

    Parameters
    ----------
    since, until : Version, None or "unknown"
    oldest : str
        What an absent beginning means; empty where nothing is known of the oldest ones.

    Examples
    --------
    >>> versions(None, Version(5)), versions(Version(5, 18), None), versions("unknown", None)
    ('3.4 to before 5.0', '5.18+', 'unknown to now')
    >>> versions(None, Version(6), oldest=""), versions(None, None, oldest="")
    ('before 6.0', 'all')
    """
    first = oldest if since is None else _short(since)
    if until is None:
        return "unknown to now" if first == "unknown" else f"{first}+" if first else "all"
    return f"{first} to before {_short(until)}" if first else f"before {_short(until)}"


def holds(intervals: Sequence[Interval]) -> str:
    """Return names with their spans of versions, a line each, the newest first."""
    return "<br>".join(
        f"{code(interval.name)} ({versions(interval.since, interval.until)})"
        for interval in reversed(intervals)
    )


def code(text: str) -> str:
    """Return text as code, safe within a table."""
    shown = text.replace("|", "&#124;").replace("<", "&lt;").replace("{", "&#123;")
    return f"<code>{shown}</code>"


def plain(text: str) -> str:
    """Return text that Markdown and a table take as text."""
    # An underscore inside a word is no emphasis, and names must stay whole.
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table, and an empty line."""
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows), ""]


def _short(version: Version | str) -> str:
    text = str(version)
    return text.removesuffix(".0") if text.count(".") == 2 else text
