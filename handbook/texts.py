"""Plain copies of a built site for tools: `NAME.md` beside each page, `llms.txt` over all.

Made from the built pages and not from their sources: there, what a page includes stands in its
place, and a report says no more than its page does.  Knows no catalogue; changes no page.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml

from handbook.outline import as_markdown, read_article

__all__ = ["Copied", "write_texts"]

#: What is asked about last: a tool that has little room may leave it out (llmstxt.org).
_OPTIONAL = ("Decisions",)
_NOT_PAGES = {"404.html"}
#: A link to a place in a page, but for the mark with which a heading links to itself.
_LEADS = re.compile(r'<a\b(?! class="headerlink")[^>]*?href="([^"]*#[^"]+)"')


@dataclass(frozen=True, slots=True)
class Copied:
    """A page that has a copy.

    Parameters
    ----------
    path : str
        Of the copy, from the site's root.
    title, description : str
    """

    path: str
    title: str
    description: str


def write_texts(site: Path, configuration: Path) -> list[Copied]:
    """Write a Markdown copy beside each page of a built site, `llms.txt` and `llms-full.txt`.

    Parameters
    ----------
    site : Path
        A folder that mkdocs or zensical filled.
    configuration : Path
        The `mkdocs.yml` it was built from, for the order of the pages.

    Returns
    -------
    list of Copied
        In the order of the navigation; reports come at the end of their section.
    """
    names = sorted(str(path.relative_to(site).as_posix()) for path in site.rglob("*.html"))
    pages = {name: (site / name).read_text(encoding="utf-8") for name in names}
    pages = {name: html for name, html in pages.items() if name not in _NOT_PAGES}
    linked = _linked(pages)
    copies: dict[str, Copied] = {}
    texts: dict[str, str] = {}
    for name, html in pages.items():

        def link(address: str, name: str = name) -> str:
            return _link(address, name, pages)

        text = as_markdown(read_article(html), link=link, linked=linked.get(name, frozenset()))
        path = name.removesuffix(".html") + ".md"
        (site / path).write_text(text, encoding="utf-8", newline="\n")
        copies[name] = Copied(path, _head(html, r"<title>(.*?)</title>"), _description(html))
        texts[name] = text
    settings = yaml.load(configuration.read_text(encoding="utf-8"), yaml.SafeLoader)
    sections = _sections(settings["nav"], list(pages))
    sections = {
        title: [name for name in listed if name in pages] for title, listed in sections.items()
    }
    site_name = str(settings["site_name"])
    copies = {
        name: Copied(copy.path, copy.title.removesuffix(f" - {site_name}"), copy.description)
        for name, copy in copies.items()
    }
    overview = _overview(site_name, str(settings["site_description"]), sections, copies)
    (site / "llms.txt").write_text(overview, encoding="utf-8", newline="\n")
    ordered = [name for names in sections.values() for name in names]
    whole = "\n\n".join(f"<!-- {copies[name].path} -->\n\n{texts[name]}" for name in ordered)
    (site / "llms-full.txt").write_text(whole, encoding="utf-8", newline="\n")
    return [copies[name] for name in ordered]


def _head(html: str, pattern: str) -> str:
    found = re.search(pattern, html, re.DOTALL)
    return " ".join(unescape(found[1]).split()) if found else ""


def _description(html: str) -> str:
    """Return what a page says of itself; its quotes may be missing, as zensical leaves them."""
    return _head(html, r'<meta name="?description"? content="([^"]*)"')


def _target(address: str, page: str) -> tuple[str, str]:
    """Return the page that an address leads to, from the site's root, and the place in it."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return "", ""
    place = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(parts.path)))
    return (place if parts.path else page), unquote(parts.fragment)


def _linked(pages: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Return the places that the pages' own parts lead to, for each page."""
    found: dict[str, set[str]] = {}
    for name, html in pages.items():
        start = html.find("<article")
        for address in _LEADS.findall(html[start:]):
            page, place = _target(unescape(address), name)
            found.setdefault(page, set()).add(place)
    return {page: frozenset(places) for page, places in found.items()}


def _link(address: str, page: str, pages: Mapping[str, str]) -> str:
    """Return an address as the copy has it: to the other copy where there is one."""
    name, place = _target(address, page)
    if name not in pages:
        return address.replace(" ", "%20").replace(")", "%29")
    path = os.path.relpath(name.removesuffix(".html") + ".md", posixpath.dirname(page) or ".")
    return Path(path).as_posix() + (f"#{place}" if place else "")


def _sections(nav: list[object], names: list[str]) -> dict[str, list[str]]:
    """Return the pages by section, in the order of the navigation; what is optional comes last."""
    sections: dict[str, list[str]] = {"Overview": []}
    for entry in nav:
        if isinstance(entry, Mapping):
            for title, inside in entry.items():
                listed = list(_listed(inside))
                sections.setdefault(title if isinstance(inside, list) else "Overview", [])
                sections[title if isinstance(inside, list) else "Overview"] += listed
        else:
            sections["Overview"] += list(_listed(entry))
    known = {name for listed in sections.values() for name in listed}
    sections.setdefault("Reports", []).extend(name for name in names if name not in known)
    last = {title: sections.pop(title) for title in _OPTIONAL if title in sections}
    return {**sections, "Optional": [name for listed in last.values() for name in listed]}


def _listed(entry: object) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry.removesuffix(".md") + ".html"
    elif isinstance(entry, Mapping):
        for inside in entry.values():
            yield from _listed(inside)
    elif isinstance(entry, list):
        for inside in entry:
            yield from _listed(inside)


def _overview(
    name: str, about: str, sections: Mapping[str, list[str]], copies: Mapping[str, Copied]
) -> str:
    how = (
        "Each page of the site is here as Markdown, under its own name with the ending `.md`; "
        "`llms-full.txt` holds all of them. A mark like [5.18+](reference/sources.md) names the "
        "versions of Neo4j for which a sentence holds, and leads to its source."
    )
    lines = [f"# {name}", "", f"> {about}", "", how]
    for section, names in sections.items():
        if names:
            lines += ["", f"## {section}", ""]
        for page in names:
            copy = copies[page]
            lines.append(f"- [{_bracketed(copy.title)}]({copy.path}): {copy.description}")
    return "\n".join(lines) + "\n"


def _bracketed(title: str) -> str:
    return re.sub(r"([\[\]])", r"\\\1", title.replace("<", "\\<"))
