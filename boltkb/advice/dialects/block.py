"""A few lines for one file or one language, each kept, taken out or put in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from boltkb.tables import escape, plain

__all__ = ["Block", "Line", "added", "kept", "removed"]

_KINDS = {"+": "gi", "-": "gd"}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a diff.

    Parameters
    ----------
    sign : str
        `+` put in, `-` taken out, a space for what is there already.
    text : str
    """

    sign: Literal["+", "-", " "]
    text: str

    def __str__(self) -> str:
        return f"{self.sign} {plain(self.text)}".rstrip()


def added(text: str) -> Line:
    """Return a line to put in."""
    return Line("+", text)


def removed(text: str) -> Line:
    """Return a line to take out."""
    return Line("-", text)


def kept(text: str) -> Line:
    """Return a line that is there already."""
    return Line(" ", text)


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that go into one place.

    Parameters
    ----------
    label : str
        The file, the form of deployment or the language.
    lines : tuple of Line
    language : str
        A driver's, as the catalogue names it; empty for the server.
    first : bool
        Whether it is shown at once; the others stand behind a fold.
    note : str
        What to know before copying it; empty for nothing.
    """

    label: str
    lines: tuple[Line, ...]
    language: str = ""
    first: bool = True
    note: str = ""

    def __str__(self) -> str:
        note = f"  ({self.note})" if self.note else ""
        return "\n".join([f"{self.label}:{note}", *(f"    {line}" for line in self.lines)])

    def to_html(self) -> str:
        """Return the block as one line of HTML."""
        lines = "&#10;".join(_marked(line) for line in self.lines)
        note = f" <small>{escape(self.note)}</small>" if self.note else ""
        return (
            f'<p class="boltkb-note"><b>{escape(self.label)}</b>{note}</p>'
            f'<pre class="boltkb-diff"><code>{lines}</code></pre>'
        )

    def facts(self) -> dict[str, object]:
        """Return the block for `facts.json`."""
        return {
            "label": self.label,
            "language": self.language,
            "lines": [str(line) for line in self.lines],
            "note": self.note,
        }


def _marked(line: Line) -> str:
    text = escape(f"{line.sign} {line.text}")
    kind = _KINDS.get(line.sign)
    return text if kind is None else f'<span class="{kind}">{text}</span>'
