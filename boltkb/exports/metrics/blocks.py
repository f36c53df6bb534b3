"""Rows of a metric file, block by block: at full speed where they are whole, else line by line.

Knows the layout of rows, not what they mean.  A block that cannot be read at once is halved
until the lines that are to blame stand alone; only those are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from boltkb.exports.metrics.digits import usual_rows
from boltkb.exports.metrics.machine import Reader
from boltkb.exports.metrics.times import EARLIEST, LATEST
from boltkb.exports.records import Floats

__all__ = ["Refused", "Rows"]

#: Blocks up to this many bytes are read line by line when they cannot be read at once.
_SMALL = 8192
#: Headers in one block that are more than any server's restarts.
_MANY = 64
#: Digits behind the point in files of the versions that may have written a decimal comma.
_DECIMALS = 6
_COMMA, _NEWLINE = ord(","), ord("\n")
#: Columns that the exporter writes as whole numbers, whatever the locale.
_WHOLE = frozenset({"t", "count", "max", "min"})
_TEXT = frozenset({"rate_unit", "duration_unit"})


@dataclass(slots=True)
class Refused:
    """Lines that could not be read: how many, and why the first of them."""

    count: int = 0
    first: str = ""

    def add(self, line: int, why: str) -> None:
        """Count a line."""
        self.count += 1
        if not self.first:
            self.first = f"line {line}: {why}"


@dataclass(slots=True)
class Rows:
    r"""The rows of one file, as its blocks are fed.

    Parameters
    ----------
    names : sequence of str
        The header's columns.
    wanted : sequence of str
        Those that are kept, `t` first, in the header's order.
    read : callable
        Reads blocks of usual rows, as `usual_rows` does.

    Examples
    --------
    >>> rows = Rows(["t", "value"], ["t", "value"])
    >>> rows.feed(b"1719501420,3\n1719501450,x\nt,value\n1719501480,4\n")
    >>> [column.tolist() for column in rows.table()]
    [[1719501420.0, 1719501480.0], [3.0, 4.0]]
    >>> rows.refused.first, rows.starts, rows.lines
    ("line 3: not a number: 'x'", [1], 5)
    """

    names: Sequence[str]
    wanted: Sequence[str]
    read: Reader = usual_rows
    refused: Refused = field(default_factory=Refused)
    #: Rows before which the header stands again.
    starts: list[int] = field(default_factory=list)
    #: Lines seen so far, the first header included.
    lines: int = 1
    #: Rows whose numbers had a decimal comma.
    commas: int = 0
    _count: int = 0
    _parts: list[list[Floats]] = field(default_factory=list)

    def feed(self, view: bytes | memoryview) -> None:
        """Read whole lines, each ended by a line feed, before it perhaps a carriage return."""
        if not view:
            return
        table = self._usual(view)
        if table is not None:
            self._take(table)
            return
        block = bytes(view)
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n")
            table = self._usual(block)
        table = self._general(block) if table is None else table
        if table is not None:
            self._take(table)
            return
        header = b"\n" + ",".join(self.names).encode() + b"\n"
        pieces = (b"\n" + block).split(header)
        if len(pieces) > _MANY:
            self._slow(block)
        elif len(pieces) > 1:
            # Each piece before a header lost its last line feed to it; the first got one before.
            if pieces[0]:
                self.feed(pieces[0][1:] + b"\n")
            for index, piece in enumerate(pieces[1:], start=2):
                self.lines += 1
                self._anew()
                self.feed(piece if index == len(pieces) else piece + b"\n")
        elif len(block) <= _SMALL:
            self._slow(block)
        else:
            middle = block.rfind(b"\n", 0, len(block) // 2) + 1 or block.find(b"\n") + 1
            if middle in {0, len(block)}:
                self._slow(block)
            else:
                self.feed(block[:middle])
                self.feed(block[middle:])

    def skip(self, why: str) -> None:
        """Count a line that is too long to be looked at."""
        self.lines += 1
        self.refused.add(self.lines, why)

    def table(self) -> list[Floats]:
        """Return the wanted columns of all rows."""
        if len(self._parts) == 1:
            return self._parts[0]
        return [
            np.concatenate([part[column] for part in self._parts] or [np.empty(0)])
            for column in range(len(self.wanted))
        ]

    def _anew(self) -> None:
        if not self.starts or self.starts[-1] != self._count:
            self.starts.append(self._count)

    def _keep(self, table: list[Floats], lines: Sequence[int]) -> None:
        times, values = table[0], table[1]
        sane = times.min() > EARLIEST and times.max() < LATEST
        if not sane or np.isinf(values).any():
            good = (times > EARLIEST) & (times < LATEST) & ~np.isinf(values)
            for index in np.flatnonzero(~good).tolist():
                shown = values[index] if EARLIEST < times[index] < LATEST else times[index]
                self.refused.add(lines[index], f"not a time or value of a server: {shown:g}")
            table = [column[good] for column in table]
        self._count += len(table[0])
        if len(table[0]):
            self._parts.append(table)

    def _take(self, table: list[Floats]) -> None:
        first = self.lines + 1
        self.lines += len(table[0])
        self._keep(table, range(first, self.lines + 1))

    def _usual(self, block: bytes | memoryview) -> list[Floats] | None:
        # Every field a number of a few digits.
        return self.read(block, len(self.names), [self.names.index(name) for name in self.wanted])

    def _general(self, block: bytes) -> list[Floats] | None:
        # Numbers of another shape, such as negative ones or those with all their digits.
        # Anything else takes the slow way.
        import polars as pl

        width = len(self.names)
        if width > 2 and not _rectangular(block, width):
            return None
        unique = [f"{index}" for index in range(width)]
        try:
            frame = pl.read_csv(
                block,
                has_header=False,
                new_columns=unique,
                columns=sorted(self.names.index(name) for name in self.wanted),
                schema_overrides=dict.fromkeys(unique[1:], pl.Float64) | {"0": pl.Int64},
                infer_schema=False,
                quote_char=None,
            )
        except (pl.exceptions.PolarsError, ValueError):
            return None
        if any(frame.null_count().row(0)):
            return None
        columns = {name: frame[f"{self.names.index(name)}"] for name in self.wanted}
        return [column.to_numpy().astype(np.float64, copy=False) for column in columns.values()]

    def _slow(self, block: bytes) -> None:
        places = [self.names.index(name) for name in self.wanted]
        header = ",".join(self.names)
        rows: list[list[float]] = []
        lines: list[int] = []
        for raw in block.split(b"\n")[:-1]:
            self.lines += 1
            text = raw.decode("utf-8", "replace").strip()
            if not text:
                if raw:
                    self.refused.add(self.lines, "blank")
                continue
            if text == header:
                self._flush(rows, lines)
                rows, lines = [], []
                self._anew()
                continue
            parts: Sequence[str] = text.split(",")
            if len(parts) != len(self.names):
                joined = _with_points(parts, self.names)
                if joined is None:
                    why = f"{len(parts)} fields instead of {len(self.names)}"
                    self.refused.add(self.lines, why)
                    continue
                parts = joined
                self.commas += 1
            try:
                rows.append([_number(parts[place]) for place in places])
            except ValueError:
                wrong = next(parts[place] for place in places if not _is_number(parts[place]))
                self.refused.add(self.lines, f"not a number: {wrong[:40]!r}")
            else:
                lines.append(self.lines)
        self._flush(rows, lines)

    def _flush(self, rows: list[list[float]], lines: list[int]) -> None:
        if rows:
            table = np.array(rows, dtype=np.float64)
            self._keep([table[:, column].copy() for column in range(table.shape[1])], lines)


def _rectangular(block: bytes, width: int) -> bool:
    # polars does not look at columns that are not asked for: a row that lacks some would pass.
    text = np.frombuffer(block, dtype=np.uint8)
    marks = text[(text == _COMMA) | (text == _NEWLINE)]
    if len(marks) % width:
        return False
    return bool((marks.reshape(-1, width)[:, :-1] == _COMMA).all()) and bool(
        (marks[width - 1 :: width] == _NEWLINE).all()
    )


def _with_points(parts: Sequence[str], names: Sequence[str]) -> list[str] | None:
    """Return a row with a decimal comma as if it had a point; None where that is not sure.

    Sure is: every column that can have decimals has exactly six digits behind its comma.
    """
    broken = sum(name not in _WHOLE and name not in _TEXT for name in names)
    if len(parts) != len(names) + broken:
        return None
    left = list(parts)
    row: list[str] = []
    for name in names:
        text = left.pop(0)
        if name not in _WHOLE and name not in _TEXT:
            behind = left.pop(0)
            if len(behind) != _DECIMALS or not behind.isdecimal():
                return None
            text = f"{text}.{behind}"
        row.append(text)
    return row


def _number(text: str) -> float:
    # Python alone takes `1_0`; no exporter writes it.
    if "_" in text:
        raise ValueError(text)
    return float(text)


def _is_number(text: str) -> bool:
    try:
        _number(text)
    except ValueError:
        return False
    return True
