"""One record of a query log taken to the exact parsers, and what is refused of it told.

Knows nothing of blocks, threads or machine code.
"""

from __future__ import annotations

from boltkb.exports.queries.entries import Entry, NoEntryError
from boltkb.exports.queries.file_sums import FileSums
from boltkb.exports.queries.plain import parse_plain
from boltkb.exports.queries.structured import parse_structured

__all__ = ["exact_entry"]


def exact_entry(record: bytes, line: int, sums: FileSums, *, whole: bool = True) -> Entry | None:
    """Return the entry of a record, None for one that is refused or blank.

    Parameters
    ----------
    record : bytes
        From one entry's beginning to the next one's.
    line : int
        Its line within the block, from 0.
    sums : FileSums
        Told what is refused.
    whole : bool
        Whether its end is known to be there.
    """
    line += sums.lines + 1
    if not record.strip():
        return None
    if not whole and b"\0" in record:
        record = record.rstrip(b"\0\r\n ")
        sums.refuse(line, "ends in NUL bytes")
    if not record.strip():
        return None
    head, _, tail = record.partition(b"\n")
    try:
        if not record.lstrip().startswith(b"{"):
            entry = parse_plain(record)
            if not whole and not _complete(record):
                sums.refuse(line, "cut in the middle")
                return None
            return entry
        entry = parse_structured(head)
    except NoEntryError as problem:
        sums.refuse(line, str(problem) if whole else "cut in the middle")
        return None
    if tail.strip():
        sums.refuse(line + 1, "no entry begins here", tail.rstrip().count(b"\n") + 1)
    return entry


def _complete(record: bytes) -> bool:
    # The map of metadata is what a query's entry ends with, unless it failed.
    return record.rstrip().endswith(b"}") or b" ERROR " in record[:40]
