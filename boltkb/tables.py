"""How a result shows itself: text, HTML, digits by uncertainty, escaping.

Knows nothing of Neo4j or of queues.  A result builds a `Table`; the table writes itself.
Text that comes from an export is hostile until `escape` has seen it: every cell goes
through it here, so that no other room needs to remember.
"""

from __future__ import annotations

import html
import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars

__all__ = [
    "FACTS_MIME",
    "Column",
    "Markup",
    "Shown",
    "Table",
    "digits",
    "escape",
    "number",
    "plain",
    "sentence",
    "share",
    "span",
    "with_interval",
]

#: The type under which a result's facts travel inside a notebook.
FACTS_MIME = "application/vnd.boltkb.facts+json"

#: Below this a number is only told to be small.
_TINY = 0.0001

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


class Markup(str):
    """HTML that this package wrote itself, and that is therefore not escaped again."""

    __slots__ = ()


def escape(text: object) -> str:
    """Return the text as one line of HTML in which nothing is markup.

    Parameters
    ----------
    text : object
        Anything; `Markup` is passed through, everything else is escaped.

    Returns
    -------
    str

    Examples
    --------
    >>> escape("<b>bolt-1</b>")
    '&lt;b&gt;bolt-1&lt;/b&gt;'
    """
    if isinstance(text, Markup):
        return str(text)
    plain = _CONTROL.sub("\ufffd", str(text))
    return html.escape(" ".join(plain.split("\n")), quote=True)


def plain(text: object) -> str:
    r"""Return the text as one line in which nothing steers a terminal.

    Examples
    --------
    >>> plain("a\x1b[2Jb") == "a\ufffd[2Jb"
    True
    """
    return " ".join(_CONTROL.sub("\ufffd", str(text)).split("\n"))


def digits(value: float, uncertainty: float | None) -> int:
    """Return how many decimals a value deserves, given its uncertainty.

    Two significant digits of the uncertainty are kept when they are at most 35, one above
    (the rule of the Particle Data Group); without an uncertainty three significant digits.

    Parameters
    ----------
    value : float
    uncertainty : float or None
        Half the width of the interval, in the unit of the value.

    Returns
    -------
    int
        Decimals, zero or more.

    Examples
    --------
    >>> digits(371.234, 12.0), digits(0.01234, 0.0021), digits(5.0, None)
    (0, 4, 2)
    """
    if uncertainty is None or not math.isfinite(uncertainty) or uncertainty <= 0:
        if value == 0 or not math.isfinite(value):
            return 0
        return max(0, 2 - math.floor(math.log10(abs(value))))
    exponent = math.floor(math.log10(uncertainty))
    leading = round(uncertainty / 10 ** (exponent - 1))
    return max(0, (1 if leading <= 35 else 0) - exponent)


def number(value: float | None, *, uncertainty: float | None = None, unit: str = "") -> str:
    """Return a number as text, rounded by its uncertainty, thousands apart.

    Examples
    --------
    >>> number(1663), number(7.4321, uncertainty=0.2), number(None), number(float("inf"))
    ('1,663', '7.43', 'unknown', 'infinite')
    """
    if value is None or math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return "infinite"
    if 0 < abs(value) < _TINY:
        return f"below {_TINY}" + (f" {unit}" if unit else "")
    whole = uncertainty is None and float(value).is_integer()
    places = 0 if whole else digits(value, uncertainty)
    return f"{value:,.{places}f}" + (f" {unit}" if unit else "")


def share(value: float | None) -> str:
    r"""Return a probability as text: a percentage, with small values told as small.

    Examples
    --------
    >>> [share(x).replace("\u202f", " ") for x in (0.0345, 0.00012, 1e-9, 0.0)]
    ['3.5 %', '0.012 %', 'below 0.001 %', '0 %']
    """
    if value is None or math.isnan(value):
        return "unknown"
    percent = 100 * value
    if percent == 0:
        return "0\u202f%"
    if percent < 0.001:
        return "below 0.001\u202f%"
    places = max(0, 1 - math.floor(math.log10(percent)))
    return f"{percent:.{min(places, 4)}f}\u202f%" if percent < 99.95 else "100\u202f%"


def with_interval(
    value: float | None, low: float | None, high: float | None, unit: str = ""
) -> str:
    r"""Return a value with its 95 % interval as text.

    Examples
    --------
    >>> with_interval(7.43, 7.1, 7.8, "erlangs").replace("\u202f", " ")
    '7.43 erlangs (95 % interval 7.10 to 7.80)'
    """
    if value is None:
        return "unknown"
    if low is None or high is None:
        return number(value, unit=unit)
    half = (high - low) / 2 if math.isfinite(high - low) else None
    middle = number(value, uncertainty=half, unit=unit)
    ends = f"{number(low, uncertainty=half)} to {number(high, uncertainty=half)}"
    return f"{middle} (95\u202f% interval {ends})"


def sentence(words: str) -> str:
    """Return words as a sentence: a capital in front, a full stop behind.

    Examples
    --------
    >>> sentence("the load is not constant")
    'The load is not constant.'
    """
    text = words.strip()
    end = "" if not text or text[-1] in ".!?" else "."
    return text[:1].upper() + text[1:] + end


def span(seconds: float | None) -> str:
    """Return a length of time in words that a person would use.

    Examples
    --------
    >>> span(0.0123), span(2.5), span(185), span(7300), span(None)
    ('12 ms', '2.5 s', '3 min 5 s', '2 h 1 min', 'unknown')
    """
    if seconds is None or math.isnan(seconds):
        return "unknown"
    if math.isinf(seconds):
        return "without end"
    if seconds < 1:
        return f"{1000 * seconds:.{2 if seconds < 0.001 else 0}f} ms"
    if seconds < 60:
        return f"{seconds:.1f}".rstrip("0").rstrip(".") + " s"
    steps = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
    whole = round(seconds)
    for (size, name), (lower, lower_name) in itertools.pairwise(steps):
        if whole >= size:
            first, rest = divmod(whole, size)
            second = rest // lower
            return f"{first} {name}" + (f" {second} {lower_name}" if second else "")
    return f"{whole} s"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    title : str
        What stands at its head.
    unit : str
        The unit, shown beside the title; empty for none.
    numeric : bool
        Whether the cells are numbers, to be set flush right.
    term : str
        The glossary's id for the word in the title; empty for none.
    """

    title: str
    unit: str = ""
    numeric: bool = False
    term: str = ""

    @property
    def heading(self) -> str:
        """The title with its unit."""
        return f"{self.title} ({self.unit})" if self.unit else self.title


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns, which write themselves as text, HTML or a polars frame.

    Parameters
    ----------
    columns : tuple of Column
    rows : tuple of tuples
        One cell a column; anything with a text form, or `Markup`.
    title : str
    notes : tuple of str
        Sentences below the table.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[object, ...], ...]
    title: str = ""
    notes: tuple[str, ...] = ()
    kind: str = ""
    row_kinds: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        cells = [[column.heading for column in self.columns]]
        cells += [[_plain(cell) for cell in row] for row in self.rows]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.columns))]
        lines = [self.title] if self.title else []
        for index, row in enumerate(cells):
            parts = [
                text.rjust(width) if column.numeric else text.ljust(width)
                for text, width, column in zip(row, widths, self.columns, strict=True)
            ]
            lines.append("  ".join(parts).rstrip())
            if index == 0:
                lines.append("  ".join("-" * width for width in widths))
        return "\n".join([*lines, *self.notes])

    def to_html(self) -> str:
        """Return the table as one line of HTML, every cell escaped."""
        heads = "".join(
            f"<th{_flush(column)}>{escape(column.heading)}</th>" for column in self.columns
        )
        body = []
        for index, row in enumerate(self.rows):
            kind = self.row_kinds[index] if index < len(self.row_kinds) else ""
            cells = "".join(
                f'<td data-label="{escape(column.heading)}"{_flush(column)}>{escape(cell)}</td>'
                for cell, column in zip(row, self.columns, strict=True)
            )
            body.append(f'<tr class="{escape(kind)}">{cells}</tr>' if kind else f"<tr>{cells}</tr>")
        caption = f"<caption>{escape(self.title)}</caption>" if self.title else ""
        notes = "".join(f'<p class="boltkb-note">{escape(note)}</p>' for note in self.notes)
        kind = f" {escape(self.kind)}" if self.kind else ""
        return (
            f'<div class="boltkb-table{kind}"><table class="boltkb">{caption}'
            f"<thead><tr>{heads}</tr></thead><tbody>{''.join(body)}</tbody></table>{notes}</div>"
        )

    def to_polars(self) -> polars.DataFrame:
        """Return the table as a polars frame, headings as column names."""
        import polars

        return polars.DataFrame(
            {
                column.heading: [row[index] for row in self.rows]
                for index, column in enumerate(self.columns)
            },
            strict=False,
        )

    def _repr_html_(self) -> str:
        return self.to_html()


class Shown:
    """A result that shows itself in text, HTML and facts.

    A subclass writes `__str__`, `to_html` and, where it has facts for machines, `facts`.
    """

    __slots__ = ()

    def to_html(self) -> str:
        """Return the result as one line of HTML."""
        return f"<pre>{escape(str(self))}</pre>"

    def facts(self) -> Mapping[str, object]:
        """Return what the result adds to `facts.json`; empty for nothing."""
        return {}

    def _repr_mimebundle_(
        self, include: Sequence[str] | None = None, exclude: Sequence[str] | None = None
    ) -> dict[str, object]:
        del include, exclude
        bundle: dict[str, object] = {"text/plain": str(self), "text/html": self.to_html()}
        facts = self.facts()
        if facts:
            bundle[FACTS_MIME] = dict(facts)
        return bundle


def _flush(column: Column) -> str:
    return ' class="num"' if column.numeric else ""


def _plain(cell: object) -> str:
    if isinstance(cell, Markup):
        return html.unescape(re.sub(r"<[^>]*>", "", cell))
    return plain(cell)
