"""The pieces of a page: front matter, heading, figures, and outputs made harmless.

An export is written by strangers.  Results escape what they show; here every output passes an
allow-list once more, so that a forgotten escape cannot become a script on somebody's page.
Each piece is one line, because Markdown leaves a line of raw HTML alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime

import bleach  # type: ignore[import-untyped]
import mistune
from bleach.css_sanitizer import CSSSanitizer  # type: ignore[import-untyped]

from boltkb.tables import escape

__all__ = [
    "PLOTLY_MIME",
    "figure_html",
    "front_matter",
    "html_output",
    "markdown_output",
    "page_footer",
    "page_header",
    "text_output",
]

#: The type under which plotly puts a figure into a notebook.
PLOTLY_MIME = "application/vnd.plotly.v1+json"

#: Trace types that the vendored bundle of plotly.js can draw.
_TRACES = frozenset({"scatter", "bar"})

# fmt: off
_TAGS = frozenset({
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "del",
    "details", "div", "dl", "dt", "em", "figcaption", "figure", "h2", "h3", "h4", "h5", "hr",
    "i", "ins", "kbd", "li", "mark", "ol", "p", "pre", "s", "samp", "small", "span", "strong",
    "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr",
    "u", "ul", "var",
})
# fmt: on
_EVERYWHERE = frozenset(
    {"class", "id", "title", "role", "style", "lang", "dir", "open", "tabindex", "datetime"}
)
_CELL = frozenset({"colspan", "rowspan", "scope", "headers"})
_STYLES = frozenset({"width", "left", "right", "height", "min-height", "text-align", "--h"})
_CSS = CSSSanitizer(allowed_css_properties=_STYLES)
_PLOTLY_MARKUP = re.compile(r"<(?!/?(?:b|i|br|sub|sup|extra)\s*/?>)", re.IGNORECASE)
#: Tables of more rows are folded: they are evidence to look up, not to read through.
_LONG_TABLE = 16
_TABLE = re.compile(r'<div class="boltkb-table[^>]*>(?:(?!<div).)*?</div>', re.DOTALL)
# The sanitizer drops the tags of a script and would keep its text: harmless, and ugly.
_OPAQUE = re.compile(r"<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def html_output(html: str) -> str:
    """Return the HTML of an output as one line with nothing in it that acts.

    Scripts, event handlers, forms, frames, images and addresses other than links go.
    """
    return _folded(_one_line(_clean(_OPAQUE.sub("", html))))


def markdown_output(text: str) -> str:
    """Return the Markdown of an output as one line of HTML; HTML within it stays text.

    Only what a kernel showed comes here; the notebook's own Markdown cells are the author's.
    """
    render = mistune.create_markdown(escape=True, plugins=["table", "strikethrough"])
    return f'<div class="boltkb-prose">{html_output(str(render(text)))}</div>'


def text_output(text: str) -> str:
    """Return the plain text of an output as one line of HTML."""
    lines = "&#10;".join(escape(line) for line in text.splitlines())
    return f'<pre class="boltkb-text">{lines}</pre>'


def figure_html(figure: Mapping[str, object], number: int) -> str:
    """Return a plotly figure as one line of HTML; the page's script draws it.

    Title, caption and alternative text come from `layout.meta`.  The figure itself goes into
    a data attribute: a script element would be run by pages that load themselves in parts.

    Raises
    ------
    ValueError
        For a kind of trace that the vendored bundle cannot draw.
    """
    data, layout = figure.get("data"), figure.get("layout")
    data = data if isinstance(data, list) else []
    layout = dict(layout) if isinstance(layout, Mapping) else {}
    for trace in data:
        kind = trace.get("type", "scatter")
        if kind not in _TRACES:
            raise ValueError(f"a figure has a trace of type {kind!r}; pages draw scatter and bar")
    meta = layout.get("meta")
    meta = meta if isinstance(meta, Mapping) else {}
    layout.pop("template", None)
    height = layout.get("height")
    height = int(height) if isinstance(height, int | float) else 340
    name = f"boltkb-figure-{number}"
    title = f'<b class="title">{escape(meta.get("title", f"Figure {number}"))}</b>'
    caption = f'<span class="caption">{escape(meta["caption"])}</span>' if "caption" in meta else ""
    alt = f'<span class="boltkb-sr">{escape(meta["alt"])}</span>' if "alt" in meta else ""
    drawn = _attribute({"data": [_plain(trace) for trace in data], "layout": _plain(layout)})
    return (
        f'<figure class="boltkb-figure" aria-labelledby="{name}">'
        f'<figcaption id="{name}">{title}{caption}{alt}</figcaption>'
        f'<div class="boltkb-plot" style="--h:{height}px" data-figure=\'{drawn}\'></div></figure>'
    )


def front_matter(facts: Mapping[str, object], title: str) -> str:
    """Return the head of a Markdown page; empty for a notebook without facts or title."""
    headline = _text(facts, "verdict", "headline")
    name = title or _text(facts, "export", "name")
    whole = ": ".join(part for part in (name, headline) if part)
    if not whole:
        return ""
    lines = {"title": escape(whole), "description": escape(headline or whole)}
    head = "".join(
        f"{key}: {json.dumps(_CONTROL.sub(' ', value), ensure_ascii=False)}\n"
        for key, value in lines.items()
    )
    return f"---\n{head}hide:\n  - navigation\n---\n"


def page_header(
    facts: Mapping[str, object],
    title: str,
    body: str,
    *,
    published: str | None = None,
    index: str = "",
) -> str:
    """Return the top of a page: what the report is about, the headline, the facts of the export.

    A part that an output shows already, known by its class, is left to that output.  With
    `index`, the address of the list of reports, a link to it comes first.
    """
    up = f'<a href="{escape(index)}">Reports</a> \u203a ' if index else ""
    headline = _text(facts, "verdict", "headline")
    name = title or _text(facts, "export", "name")
    parts = []
    if "<h1" not in body:
        if headline and name:
            parts.append(f'<p class="boltkb-kicker">{up}{escape(name)}</p>')
        if headline or name:
            parts.append(f"<h1>{escape(headline or name)}</h1>")
    if headline and "boltkb-meta" not in body:
        parts.append(_meta(facts, published))
    export = facts.get("export")
    simulated = isinstance(export, Mapping) and export.get("simulated") is True
    if simulated and "boltkb-simulated" not in body:
        parts.append(
            '<p class="boltkb-simulated"><b>Simulated data.</b> '
            "No server wrote these files; they come from a model of one.</p>"
        )
    return "\n\n".join(parts)


def page_footer(slug: str) -> str:
    """Return the end of a page of the site: what lies beside it, for machines and for mail."""
    name = escape(slug)
    return (
        '<p class="boltkb-note boltkb-beside">Beside this page: '
        f'<a href="{name}.facts.json">the facts as JSON</a>, '
        f'<a href="{name}.ipynb">the executed notebook</a>, and '
        f"<code>{name}.html</code>, one file to send by mail, in the folder of the reports.</p>"
    )


def _meta(facts: Mapping[str, object], published: str | None) -> str:
    export = facts.get("export")
    export = export if isinstance(export, Mapping) else {}
    neo4j = " ".join(str(export[key]) for key in ("version", "edition") if export.get(key))
    pairs = [
        ("Window", _window(export.get("start"), export.get("end"))),
        ("Neo4j", neo4j or "version unknown"),
        ("Threads", _text(facts, "pool", "max_threads")),
        ("Published", _day(published)),
    ]
    spans = "".join(f"<span><b>{label}</b> {escape(text)}</span>" for label, text in pairs if text)
    return f'<div class="boltkb-meta">{spans}</div>'


def _window(start: object, end: object) -> str:
    try:
        first, last = datetime.fromisoformat(str(start)), datetime.fromisoformat(str(end))
    except ValueError:
        return ""
    day = f"{first.day} {first:%b %Y}, {first:%H:%M}"
    until = f"{last:%H:%M}" if first.date() == last.date() else f"{last.day} {last:%b, %H:%M}"
    return f"{day} to {until} {first.tzname() or ''}".strip()


def _day(moment: str | None) -> str:
    if not moment:
        return ""
    day = datetime.fromisoformat(moment)
    return f"{day.day} {day:%b %Y}"


def _text(facts: Mapping[str, object], *path: str) -> str:
    value: object = facts
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return "" if value is None else str(value)


def _allowed(tag: str, name: str, value: str) -> bool:
    del value
    if name in _EVERYWHERE or name.startswith("aria-"):
        return True
    if name.startswith("data-"):
        return name in {"data-label", "data-state", "data-sort"}
    return (tag == "a" and name == "href") or (tag in {"td", "th"} and name in _CELL)


def _clean(html: str) -> str:
    return str(
        bleach.clean(
            html,
            tags=_TAGS,
            attributes=_allowed,
            protocols={"http", "https", "mailto"},
            strip=True,
            strip_comments=True,
            css_sanitizer=_CSS,
        )
    )


def _folded(html: str) -> str:
    """Return the line with each long table folded away under its number of rows."""

    def fold(found: re.Match[str]) -> str:
        rows = found[0].count("<tr") - 1
        if rows <= _LONG_TABLE:
            return found[0]
        title = re.search(r"<caption>(.*?)</caption>", found[0])
        name = f"{title[1]}, " if title else ""
        return (
            f'<details class="boltkb-more"><summary>{name}{rows} rows</summary>{found[0]}</details>'
        )

    return _TABLE.sub(fold, html)


def _one_line(html: str) -> str:
    parts = re.split(r"(<pre\b.*?</pre>)", html, flags=re.DOTALL)
    return "".join(
        part.replace("\n", "&#10;") if index % 2 else " ".join(part.split("\n"))
        for index, part in enumerate(parts)
    ).strip()


def _attribute(value: object) -> str:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    for char in "<>&'\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _plain(value: object, key: str = "") -> object:
    """Return a part of a figure in which text is text but for the markup plotly knows."""
    if isinstance(value, str):
        return value if key == "bdata" else _PLOTLY_MARKUP.sub("&lt;", _CONTROL.sub(" ", value))
    if isinstance(value, Mapping):
        return {str(name): _plain(item, str(name)) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, key) for item in value]
    return value
