"""Metric CSV files: one file a metric, its type told by the header, read in blocks.

Knows the layouts that Neo4j's CSV exporter writes.  Broken lines are counted, with the first
one's number; a header in mid-file marks a restart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from boltkb.errors import ExportError
from boltkb.exports.intake.members import Member
from boltkb.exports.metrics.blocks import Rows
from boltkb.exports.metrics.digits import usual_rows
from boltkb.exports.metrics.machine import Reader
from boltkb.exports.records import Floats, Source, Where

__all__ = ["COLUMNS", "MetricFile", "read_metric"]

#: What a histogram tells besides its count.
COLUMNS = ("max", "mean", "min", "stddev", "p50", "p75", "p95", "p98", "p99", "p999")
_BLOCK = 1 << 19
#: The widest row of an exporter has some 250 bytes.
_LONGEST_LINE = 1 << 16
#: A timer has 18.
_MOST_COLUMNS = 40
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, eq=False)
class MetricFile:
    """One metric file as it was read.

    Parameters
    ----------
    source : Source
    kind : str
        As the header says.
    times : (n,) array, epoch seconds, in the file's order
    values : (n,) array, as in the file
    columns : mapping of str to (n,) array
    rates : (n,) array or None
        The mean rate a second since the process began to count, where it was asked for.
    restarts : (k,) array, epoch seconds
        The first time after each header in mid-file.
    where : Where
    problems : tuple of str
    """

    source: Source
    kind: Literal["gauge", "counter", "histogram"]
    times: Floats
    values: Floats
    columns: Mapping[str, Floats]
    rates: Floats | None
    restarts: Floats
    where: Where
    problems: tuple[str, ...] = ()


def read_metric(
    member: Member, *, rates: bool = False, block: int = _BLOCK, reader: Reader = usual_rows
) -> MetricFile:
    r"""Return one metric file.

    Parameters
    ----------
    member : Member
        Its first line must be a header of the exporter: `t,value` or `t,count,...`.
    rates : bool
        Whether to read a counter's mean rate as well.
    block : int, bytes, > 0
        How much is read at a time; it changes no result.
    reader : callable
        Reads blocks of usual rows, as `usual_rows` does; it changes no result either.

    Returns
    -------
    MetricFile

    Raises
    ------
    ExportError
        When there is no such header, or the file is larger than the limits allow.

    Examples
    --------
    >>> import io
    >>> text = b"t,value\n1719501420,3\n1719501450,x\n1719501480,4\n"
    >>> read = read_metric(Member("a.csv", None, lambda: io.BytesIO(text)))
    >>> read.values.tolist(), read.source.refused, read.source.why
    ([3.0, 4.0], 1, "line 3: not a number: 'x'")
    """
    problems: list[str] = []
    with member.open() as stream:
        data = stream.read(block)
        while b"\n" not in data and len(data) < _LONGEST_LINE and (more := stream.read(block)):
            data += more
        # A view: a block has megabytes, which are not copied to take a line off.
        view = memoryview(data)[len(_MARK) if data.startswith(_MARK) else 0 :]
        head, feed, _ = bytes(view[: _LONGEST_LINE + 1]).partition(b"\n")
        names, kind = _layout(head[:_LONGEST_LINE], member.path)
        wanted = ["t", names[1]]
        if kind == "histogram":
            wanted += [name for name in names if name in COLUMNS]
        elif rates and "mean_rate" in names:
            wanted.append("mean_rate")
        rows = Rows(names, wanted, reader)
        rest = b""
        skipping = False
        view = view[len(head) + len(feed) :] or memoryview(stream.read(block))
        while view:
            end = _last_feed(view) + 1
            if end and skipping:
                # The end of a line that is too long; what follows it is whole again.
                rows.feed(bytes(view[:end]).partition(b"\n")[2])
                skipping = False
            elif end:
                rows.feed(b"".join((rest, view[:end])) if rest else view[:end])
            rest = bytes(view[end:]) if end else rest + view
            if len(rest) > _LONGEST_LINE:
                if not skipping:
                    rows.skip(f"longer than {_LONGEST_LINE:,} bytes")
                rest, skipping = b"", True
            view = memoryview(stream.read(block))
    if rest and not skipping:
        rows.skip("cut in the middle")
        problems.append(f"{member.path}: its last line is cut and was left out ({len(rest)} bytes)")
    if rows.commas:
        problems.append(
            f"{member.path}: {rows.commas} rows have a decimal comma; each of them has six"
            " digits behind it, so that no other reading is possible"
        )
    table = rows.table()
    times = table[0]
    back = np.flatnonzero(times[1:] < times[:-1])
    if len(back):
        problems.append(
            f"{member.path}: the clock goes back {len(back)} times,"
            f" the first time after row {int(back[0]) + 1} of those read"
        )
    refused = rows.refused
    source = Source(
        member.path,
        "metric",
        len(times),
        refused.count,
        refused.first,
        float(times.min()) if len(times) else None,
        float(times.max()) if len(times) else None,
    )
    named = dict(zip(wanted[2:], table[2:], strict=True))
    mean_rate = named.pop("mean_rate", None)
    restarts = np.array([times[i] for i in rows.starts if i < len(times)], dtype=np.float64)
    where = Where(member.path, 2, max(rows.lines, 2))
    return MetricFile(
        source, kind, times, table[1], named, mean_rate, restarts, where, tuple(problems)
    )


def _last_feed(view: memoryview) -> int:
    """Return where the last line feed is, -1 without one."""
    end = len(view)
    while end:
        begin = max(0, end - _LONGEST_LINE)
        found = bytes(view[begin:end]).rfind(b"\n")
        if found >= 0:
            return begin + found
        end = begin
    return -1


def _layout(head: bytes, path: str) -> tuple[list[str], Literal["gauge", "counter", "histogram"]]:
    names = [name.strip() for name in head.decode("utf-8", "replace").strip().split(",")]
    if len(names) < 2 or names[0] != "t" or names[1] not in {"value", "count"}:
        raise ExportError("no header of a metric file in its first line", path, 1)
    if len(names) > _MOST_COLUMNS:
        raise ExportError(f"its header has more than {_MOST_COLUMNS} columns", path, 1)
    if len(set(names)) < len(names):
        raise ExportError("its header names a column twice", path, 1)
    if names[1] == "value":
        return names, "gauge"
    return names, "histogram" if "mean" in names else "counter"
