"""A built site as its files say it: links, places, what is loaded, heads; knows no browser."""

from __future__ import annotations

import functools
import posixpath
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
#: What the theme's own parts are called; its drawer lists a page's contents a second time.
_THEMES = re.compile(r"__\w+|toggle-.*")


class Page(HTMLParser):
    """What a page links to, loads and says of itself, and what can be linked to in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.names: list[str] = []
        self.meant: list[str] = []
        self.words: list[str] = []
        self.head: dict[str, str] = {}
        self.title = ""
        self.unnamed = 0  # columns of tables
        self._column = ""
        self._within: list[tuple[str, bool]] = []
        self._article = self._title = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if "id" in found:
            self.names.append(found["id"])
        elif tag == "a" and "name" in found:
            self.names.append(found["name"])
        for key in ("aria-labelledby", "aria-describedby", "aria-controls", "for"):
            self.meant += found.get(key, "").split()
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        elif tag in {"script", "img", "iframe", "source"} and found.get("src"):
            self.loaded.append(found["src"])
        elif tag == "link" and found.get("href") and found.get("rel") != "canonical":
            self.loaded.append(found["href"])
            self.head.setdefault(found.get("rel", ""), found["href"])
        elif tag == "meta":
            self.head.setdefault(found.get("name", ""), found.get("content", ""))
        elif tag == "html":
            self.head["lang"] = found.get("lang", "")
        self._title = tag == "title" and not self.title
        if tag == "th":
            self._column = found.get("aria-label", "")
        if tag == "article":
            self._article = True
        if self._article and tag not in _VOID:
            silent = (
                tag in {"script", "style", "nav", "button", "svg"}
                or "hidden" in found
                or "headerlink" in found.get("class", "")
            )
            # A drawing's own words stand for it.
            silent = silent or (bool(self._within) and self._within[-1][1])
            self._within.append((tag, silent and tag not in {"title", "desc"}))

    def handle_endtag(self, tag: str) -> None:
        self._title = False
        if tag == "th":
            self.unnamed += not self._column.strip()
        while self._within and self._within.pop()[0] != tag:
            pass
        if tag == "article":
            self._article = False

    def handle_data(self, data: str) -> None:
        self._column += data
        if self._title:
            self.title += data
        if self._within and not self._within[-1][1]:
            self.words += re.findall(r"\w+", data)


@functools.lru_cache(maxsize=400)
def _parsed(html: str) -> Page:
    return Page(html)


@functools.lru_cache(maxsize=4)
def read_site(folder: Path) -> dict[str, Page]:
    """Return the pages of a site by their path; equal pages of two sites are read once."""
    return {
        path.relative_to(folder).as_posix(): _parsed(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.html"))
    }


def broken(folder: Path) -> list[str]:
    """Return every address in a built site that leads nowhere, raw HTML included."""
    pages = read_site(folder)
    names = {name: set(page.names) for name, page in pages.items()}
    there: dict[str, bool] = {}
    wrong = []
    for name, page in pages.items():
        if name == "404.html":  # it names everything from the site's root
            continue
        for link in dict.fromkeys([*page.links, *page.loaded]):
            parts = urlsplit(link)
            if parts.scheme in {"http", "https", "mailto", "data"}:
                continue
            target = name
            if parts.path:
                target = posixpath.join(posixpath.dirname(name), unquote(parts.path))
                target = posixpath.normpath(target)
            if target not in there:
                place = folder / target
                there[target] = place.is_file() or (place / "index.html").is_file()
            place_in_page = unquote(parts.fragment)
            named = target not in names or place_in_page in names[target]
            if place_in_page.startswith("__"):  # the theme's own
                named = True
            if not there[target] or (place_in_page and not named):
                wrong.append(f"{name}: {link}")
    return wrong


def confused(page: Page) -> list[str]:
    """Return the ids of a page that stand twice, and those meant that are not there."""
    seen: set[str] = set()
    twice = [name for name in page.names if name in seen or seen.add(name)]  # type: ignore[func-returns-value]
    return [name for name in [*twice, *sorted({*page.meant} - seen)] if not _THEMES.fullmatch(name)]
