"""Rows of text tables: comma-separated values in any dialect, and the frames of cypher-shell.

Knows where a cell ends; not what stands in it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import cache

__all__ = ["frame_rows", "mark_of", "record", "unquoted"]

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MARKS = ",;\t|"


def record(text: str, start: int, mark: str, *, escaped: bool = False) -> tuple[list[str], int]:
    r"""Return the cells of the record that begins at a place in a text, and where it ends.

    cypher-shell writes maps and lists bare, so a comma inside braces parts no cells.  A quote
    that is never closed takes the rest: anything else could be made to take for ever.

    Parameters
    ----------
    text : str
    start : int
    mark : str
        What parts cells, one character.
    escaped : bool
        Whether a quote in quotes has a backslash before it, as cypher-shell writes it; else it
        is doubled, and a backslash is a letter like any other.

    Returns
    -------
    tuple of (list of str, int)
        Cells without their quotes; the place after the record's line end.

    Examples
    --------
    >>> record('a, {b: 1, c: 2}, "d, \\"e\\""\nf', 0, ",", escaped=True)
    (['a', '{b: 1, c: 2}', 'd, "e"'], 28)
    """
    cells: list[str] = []
    parts: list[str] = []
    depth, blank, end = 0, True, len(text)
    for found in _token(mark, escaped).finditer(text, start):
        piece = found[0]
        if piece in {"\n", "\r\n"}:
            end = found.end()
            break
        if piece == mark and depth == 0:
            cells.append(unquoted("".join(parts), escaped=escaped))
            parts, blank = [], True
            continue
        if piece in "{[" and (depth or blank):
            depth += 1
        elif piece in "}]" and depth:
            depth -= 1
        blank = blank and not piece.strip()
        parts.append(piece)
    cells.append(unquoted("".join(parts), escaped=escaped))
    return cells, end


def frame_rows(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    r"""Yield the rows of a table as cypher-shell frames it, the header first.

    A cell that does not fit goes on in the next line, behind `\` in the place of `|`; where
    wrapping is off, its end is `…`.

    Parameters
    ----------
    lines : list of str
        From the first `+---+` on.

    Yields
    ------
    tuple of (int, list of str)
        The place of the row's first line in `lines`, and its cells without quotes; no cells for
        a line that does not fit the frame.

    Examples
    --------
    >>> list(frame_rows(["+-------+", "| a | b   |", "+-------+", '| 1 | "xy |', '\\   \\ z"  |']))
    [(1, ['a', 'b']), (3, ['1', 'xyz'])]
    """
    bars: list[int] = []
    begun, cells = 0, None
    for place, line in enumerate(lines):
        if not bars:
            if line.startswith("|"):
                bars = [index for index, character in enumerate(line) if character == "|"]
                yield place, [_cut(line, left, right) for left, right in _pairs(bars)]
            continue
        if line.startswith("+-"):
            continue
        fits = len(line) > bars[-1] and all(line[bar] in "|\\" for bar in bars)
        if not fits:
            if cells is not None:
                yield begun, [unquoted(cell) for cell in cells]
            cells = None
            yield place, []
            continue
        # A blank at the end of a full cell may be text, where the cell goes on.
        pieces = [line[left + 2 : right - 1] for left, right in _pairs(bars)]
        goes_on = [line[bar] == "\\" for bar in bars[:-1]]
        if any(goes_on) and cells is not None:
            cells = [
                cell + piece if on else cell
                for cell, piece, on in zip(cells, pieces, goes_on, strict=True)
            ]
            continue
        if cells is not None:
            yield begun, [unquoted(cell) for cell in cells]
        begun, cells = place, pieces
    if cells is not None:
        yield begun, [unquoted(cell) for cell in cells]


def unquoted(cell: str, *, escaped: bool = True) -> str:
    r"""Return a cell without blanks around it and without its quotes.

    Parameters
    ----------
    cell : str
    escaped : bool
        Whether quotes inside have a backslash before them; else they are doubled.

    Examples
    --------
    >>> unquoted(' "a \\"b\\"" '), unquoted('"a ""b"" c"', escaped=False), unquoted("NULL")
    ('a "b"', 'a "b" c', 'NULL')
    """
    cell = cell.strip()
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        inside = cell[1:-1]
        if not escaped:
            return inside.replace('""', '"').strip()
        return _ESCAPED.sub(lambda found: found[1], inside).strip()
    return cell


def mark_of(header: str) -> str:
    """Return what parts the cells of a header line.

    Examples
    --------
    >>> mark_of("a;b;c,d")
    ';'
    """
    return max(_MARKS, key=header.count)


@cache
def _token(mark: str, escaped: bool) -> re.Pattern[str]:
    quoted = r'"(?:[^"\\]++|\\.?|"")*+(?:"|\Z)' if escaped else r'"(?:[^"]++|"")*+(?:"|\Z)'
    return re.compile(
        rf"{quoted}|[\[{{]|[\]}}]|{re.escape(mark)}|\r?\n"
        rf'|[^"\[\]{{}}\r\n{re.escape(mark)}]+|.',
        re.DOTALL,
    )


def _pairs(bars: list[int]) -> Iterator[tuple[int, int]]:
    return itertools.pairwise(bars)


def _cut(line: str, left: int, right: int) -> str:
    return unquoted(line[left + 1 : right])
