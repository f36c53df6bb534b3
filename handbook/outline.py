"""A page's own part as a tree, and the tree as Markdown without HTML; knows no file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

__all__ = ["Element", "as_markdown", "read_article"]

_VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
_BLOCKS = {
    "article", "aside", "blockquote", "details", "div", "dl", "figcaption", "figure", "form",
    "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre", "section", "summary", "table", "ul",
}  # fmt: skip
_LEFT_OUT = {"button", "input", "nav", "script", "style", "template"}
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*"}


@dataclass(slots=True)
class Element:
    """An element of a page: its tag, its attributes, what is inside."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    inside: list[Element | str] = field(default_factory=list)

    def has(self, name: str) -> bool:
        """Return whether the element is of a class."""
        return name in self.attributes.get("class", "").split()

    def every(self, tag: str) -> Iterator[Element]:
        """Return the elements inside, at any depth, with a tag."""
        for part in self.inside:
            if isinstance(part, Element):
                if part.tag == tag:
                    yield part
                yield from part.every(tag)

    def words(self) -> str:
        """Return the text inside as it stands."""
        return "".join(part if isinstance(part, str) else part.words() for part in self.inside)


def read_article(html: str) -> Element:
    """Return the part of a built page that is its own, without what the theme puts around it."""
    start, end = html.find("<article"), html.rfind("</article>")
    if start < 0 or end < 0:
        raise ValueError("the page has no <article>")
    reader = _Reader()
    reader.feed(html[start:end])
    reader.close()
    return reader.root


def as_markdown(
    article: Element, *, link: Callable[[str], str], linked: frozenset[str] = frozenset()
) -> str:
    """Return an article as Markdown without HTML.

    Parameters
    ----------
    article : Element
    link : callable
        Says where an address of the page leads from the copy.
    linked : frozenset of str
        The ids that other pages lead to; headings and terms say theirs.
    """
    return "\n\n".join(_Writer(link, linked).blocks(article)).strip() + "\n"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("article")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "article":
            return
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].inside.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        for depth in range(len(self._open) - 1, 0, -1):
            if self._open[depth].tag == tag:
                del self._open[depth:]
                return

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)


class _Writer:
    def __init__(self, link: Callable[[str], str], linked: frozenset[str]) -> None:
        self._link = link
        self._linked = linked

    def blocks(self, element: Element) -> list[str]:
        """Return the blocks inside an element; text between them is a block too."""
        found: list[str] = []
        line: list[Element | str] = []

        def close() -> None:
            if text := self._line(line):
                found.append(text)
            line.clear()

        for part in element.inside:
            if isinstance(part, Element) and part.tag in _BLOCKS | _LEFT_OUT:
                close()
                found += self._block(part)
            else:
                line.append(part)
        close()
        return found

    def _block(self, element: Element) -> list[str]:
        tag = element.tag
        if tag in _LEFT_OUT or "hidden" in element.attributes:
            return []
        if re.fullmatch(r"h[1-6]", tag):
            text = self._line(element.inside)
            return [f"{'#' * int(tag[1])} {text}{self._name(element)}"]
        if tag == "p" and element.has("admonition-title"):
            return [f"**{self._line(element.inside)}**"]
        if tag in {"p", "summary"}:
            text = self._line(element.inside)
            return [text] if text else []
        if tag == "pre":
            return [_fenced(element.words().strip("\n"))]
        if tag == "hr":
            return ["---"]
        if tag in {"ul", "ol"}:
            return [self._list(element)]
        if tag == "dl":
            return [self._terms(element)]
        if tag == "table":
            return self._table(element)
        if tag == "blockquote":
            return [_indented("\n\n".join(self.blocks(element)), "> ", "> ")]
        if element.has("tabbed-set"):
            return self._tabs(element)
        return self.blocks(element)

    def _list(self, element: Element) -> str:
        items = [part for part in element.inside if isinstance(part, Element) and part.tag == "li"]
        lines = []
        for number, item in enumerate(items, 1):
            mark = f"{number}. " if element.tag == "ol" else "- "
            text = "\n\n".join(self.blocks(item)) + self._name(item)
            lines.append(_indented(text, mark, " " * len(mark)))
        return "\n".join(lines)

    def _terms(self, element: Element) -> str:
        lines = []
        for part in element.inside:
            if isinstance(part, Element) and part.tag == "dt":
                lines.append(f"**{self._line(part.inside)}**")
            elif isinstance(part, Element):
                lines.append(_indented("\n\n".join(self.blocks(part)), ": ", "  "))
        return "\n".join(lines)

    def _table(self, element: Element) -> list[str]:
        title = [f"**{self._line(part.inside)}**" for part in element.every("caption")]
        rows = [
            [self._cell(cell) for cell in row.inside if isinstance(cell, Element)]
            for row in element.every("tr")
            if "hidden" not in row.attributes
        ]
        if not rows:
            return title
        if not list(element.every("th")):
            rows.insert(0, [""] * len(rows[0]))
        rows.insert(1, ["---"] * len(rows[0]))
        return [*title, "\n".join(f"| {' | '.join(row)} |" for row in rows)]

    def _cell(self, cell: Element) -> str:
        text = "; ".join(self.blocks(cell))
        return re.sub(r"\s*\n\s*", "; ", text).replace("|", "\\|")

    def _tabs(self, element: Element) -> list[str]:
        labels = [self._line(label.inside) for label in element.every("label")]
        bodies = [part for part in element.every("div") if part.has("tabbed-block")]
        found = []
        for label, body in zip(labels, bodies, strict=True):
            found += [f"**{label}**", *self.blocks(body)]
        return found

    def _line(self, parts: list[Element | str]) -> str:
        text = ""
        for part in parts:
            more = _plain(part) if isinstance(part, str) else self._inline(part)
            text += _gap(text, part, more) + more
        return re.sub(r" *\n *", "\n", re.sub(r"[ \t]+", " ", text)).strip()

    def _inline(self, element: Element) -> str:
        tag = element.tag
        if tag in _LEFT_OUT or "hidden" in element.attributes or element.has("headerlink"):
            return ""
        if tag == "br":
            return "\n"
        if tag == "code":
            return _quoted(" ".join(element.words().split()))
        if tag == "svg":
            told = [part for name in ("title", "desc") for part in element.every(name)]
            return " ".join(_plain(part.words()) for part in told)
        if tag == "img":
            return _plain(element.attributes.get("alt", ""))
        if tag in _BLOCKS:
            return " " + " ".join(self._block(element)) + " "
        text = self._line(element.inside)
        edge = " " if element.words()[:1].isspace() else ""
        tail = " " if element.words()[-1:].isspace() else ""
        if tag == "a" and text and element.attributes.get("href"):
            text = f"[{text}]({self._link(element.attributes['href'])})"
        elif tag in _MARKS and text:
            text = f"{_MARKS[tag]}{text}{_MARKS[tag]}"
        elif tag in {"sub", "sup"} and text:
            text = f"{'_' if tag == 'sub' else '^'}{text}"
        return f"{edge}{text}{self._name(element)}{tail}"

    def _name(self, element: Element) -> str:
        name = element.attributes.get("id", "")
        return f" {{#{name}}}" if name in self._linked else ""


def _gap(text: str, part: Element | str, more: str) -> str:
    """Return the space that only a style makes on the page."""
    if isinstance(part, str) or part.tag in {"sub", "sup"} or text[-1:] in " \n([":
        return ""
    touching = text[-1:].isalnum() and more.lstrip("*`[")[:1].isalnum()
    return " " if touching or (more and part.tag in {"small", "span"}) else ""


def _plain(text: str) -> str:
    """Return text in which nothing is HTML, its white space as one."""
    return re.sub(r"\s+", " ", text).replace("<", "\\<")


def _quoted(text: str) -> str:
    runs = [len(run) for run in re.findall(r"`+", text)]
    mark = "`" * (max(runs, default=0) + 1)
    return f"{mark} {text} {mark}" if runs else f"{mark}{text}{mark}"


def _fenced(text: str) -> str:
    mark = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"{mark}\n{text}\n{mark}"


def _indented(text: str, first: str, rest: str) -> str:
    lines = text.split("\n")
    return "\n".join(
        (first if index == 0 else rest if line or rest.strip() else "") + line
        for index, line in enumerate(lines)
    )
