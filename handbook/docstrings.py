"""Docstrings in numpydoc's form, taken apart and written as Markdown.

Knows the form, and no name of the package.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from handbook.markdown import code, plain, table

__all__ = ["Docstring", "described", "opening", "read", "sentences"]

_RULE = re.compile(r"^(?P<title>[A-Z][A-Za-z ]*)\n-{3,}$", re.MULTILINE)
#: Sections that name things, each with a type and words; the others are prose or examples.
_NAMED = {"Parameters": "Takes", "Returns": "Returns", "Yields": "Yields", "Raises": "Raises"}
_CODE = re.compile(r"``(?P<double>[^`]+)``|`(?P<single>[^`]+)`")


@dataclass(frozen=True, slots=True)
class Docstring:
    """A docstring in its parts.

    Parameters
    ----------
    summary : str
        Its first paragraph, on one line.
    more : str
        The paragraphs before the first section.
    sections : mapping of str to str
    """

    summary: str
    more: str = ""
    sections: Mapping[str, str] = field(default_factory=dict)


def read(thing: object) -> Docstring:
    """Return the docstring of a thing in its parts; an empty one where it has none.

    Examples
    --------
    >>> found = read(read)
    >>> found.summary, list(found.sections)
    ('Return the docstring of a thing in its parts; an empty one where it has none.', ['Examples'])
    """
    parts = _RULE.split(inspect.getdoc(thing) or "")
    summary, _, more = parts[0].strip().partition("\n\n")
    sections = {
        title: body.strip("\n") for title, body in zip(parts[1::2], parts[2::2], strict=True)
    }
    return Docstring(" ".join(summary.split()), more.strip(), sections)


def opening(thing: object) -> str:
    """Return the first paragraph of a thing's docstring, on one line."""
    return read(thing).summary


def sentences(text: str) -> str:
    r"""Return a docstring's prose as Markdown: code stays code, and the rest is text.

    Examples
    --------
    >>> sentences("1 / B = a * b, where ``c < d``; `x`")
    '1 / B = a \\* b, where `c < d`; `x`'
    """
    out, last = [], 0
    for found in _CODE.finditer(text):
        out += [plain(text[last : found.start()]), f"`{found['double'] or found['single']}`"]
        last = found.end()
    return "".join([*out, plain(text[last:])])


def described(docstring: Docstring) -> list[str]:
    """Return a docstring as lines of Markdown, without headings, so that it fits below any."""
    lines = [sentences(docstring.summary), ""]
    if docstring.more:
        lines += _prose(docstring.more)
    for title, body in docstring.sections.items():
        if title in _NAMED:
            lines += [f"**{_NAMED[title]}**", "", *_table(title, body)]
        elif title == "Examples":
            lines += ["```pycon", body, "```", ""]
        else:
            lines += _prose(body)
    return lines


def _prose(text: str) -> list[str]:
    """Return paragraphs and, where lines are indented or begin with >>>, code."""
    lines = []
    for block in re.split(r"\n\s*\n", text):
        if block.startswith((" ", ">>>")):
            lines += ["```text", inspect.cleandoc(block), "```", ""]
        else:
            lines += [sentences(" ".join(block.split())), ""]
    return lines


def _table(title: str, body: str) -> list[str]:
    """Return what a section names: a name, its type with unit and domain, and what it is."""
    items: list[tuple[str, list[str]]] = []
    for line in body.splitlines():
        if line and not line.startswith(" "):
            items.append((line.rstrip(), []))
        elif items:
            items[-1][1].append(line)
    rows = [(first, sentences(" ".join(" ".join(told).split()))) for first, told in items]
    if title == "Raises":
        return table(("Error", "When"), [(_names(first), words) for first, words in rows])
    if title != "Parameters":
        return [part for first, words in rows
                for part in (f"{sentences(first)}. {words}".rstrip(), "")]  # fmt: skip
    parts = [(*first.partition(" : ")[::2], words) for first, words in rows]
    if not any(words for _, _, words in parts):
        # Types with their units and domains often say it all.
        return table(
            ("Name", "Type, unit, domain"),
            [(_names(name), sentences(kind)) for name, kind, _ in parts],
        )
    return table(
        ("Name", "Type, unit, domain", "What it is"),
        [(_names(name), sentences(kind), words) for name, kind, words in parts],
    )


def _names(names: str) -> str:
    return ", ".join(code(name) for name in names.split(", "))
