"""Reads found query logs, all of a server's at once, into one `QueryLog`."""

from __future__ import annotations

from collections.abc import Sequence

from boltkb.errors import ExportError
from boltkb.exports.gathered import Found, Gathered
from boltkb.exports.queries.file_sums import FileSums
from boltkb.exports.queries.ledger import Ledger
from boltkb.exports.queries.reading import SMALL, Reader
from boltkb.exports.queries.totals import query_log
from boltkb.exports.records import Source, Where

__all__ = ["take_queries"]


def take_queries(entries: Sequence[Found], gathered: Gathered) -> None:
    """Read query logs, oldest first, into `gathered.queries`, with a `Source` a file.

    A file that cannot be read stops no other; one without a single entry is told as ignored.

    Parameters
    ----------
    entries : sequence of Found
    gathered : Gathered
    """
    ledger = Ledger()
    expected = sum(entry.member.size or 0 for entry in entries)
    reader = Reader(ledger, compiled=expected > SMALL)
    where: list[Where] = []
    read: list[FileSums] = []
    for entry in entries:
        try:
            sums = reader.read(entry.member)
        except ExportError as problem:
            gathered.fail(entry, problem)
            continue
        if not sums.rows:
            gathered.ignore(entry, f"not a single entry of a query in it ({sums.why or 'empty'})")
            continue
        gathered.sources.append(_source(sums))
        gathered.problems += _problems(sums)
        where.append(Where(sums.path, 1, sums.lines))
        read.append(sums)
    if not where:
        return
    start = min(sums.start for sums in read if sums.start is not None) / 1000
    end = max(sums.end for sums in read if sums.end is not None) / 1000
    gathered.queries = query_log(ledger, tuple(where), start, end)
    gathered.problems += _ledger_problems(ledger)


def _ledger_problems(ledger: Ledger) -> list[str]:
    """Return what a reader should know about how much of the sums is told one by one."""
    crowded = [
        name
        for d, name in enumerate(("queries", "clients", "agents", "users", "databases"))
        if ledger.sums[int(ledger.shape[d, 2]), 0]
    ]
    problems = []
    if crowded:
        problems.append(
            f"query logs: more {' and '.join(crowded)} than are told one by one; the last row of"
            " their table sums up the others"
        )
    if ledger.forgotten:
        problems.append(
            f"query logs: {ledger.forgotten:,} starts were forgotten before their ends could"
            " have come, and count as unfinished"
        )
    return problems


def _source(sums: FileSums) -> Source:
    return Source(
        sums.path,
        "query-log",
        sums.rows,
        sums.refused,
        sums.why,
        None if sums.start is None else sums.start / 1000,
        None if sums.end is None else sums.end / 1000,
    )


def _problems(sums: FileSums) -> list[str]:
    problems = []
    if sums.problem:
        problems.append(f"{sums.path}: read up to line {sums.lines} only: {sums.problem}")
    if sums.steps_back:
        problems.append(
            f"{sums.path}: the clock goes back {sums.steps_back} times,"
            f" the first time at line {sums.back_at}"
        )
    return problems
