"""Query logs read into sums: small ones by the exact parsers alone, large ones by machine code.

The two ways give the same sums.  Machine code costs most of a second before its first entry, so
logs of a few megabytes do without; whatever it declines goes to the exact parsers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from boltkb.errors import ExportError
from boltkb.exports.intake.members import Member
from boltkb.exports.queries.entries import (
    ASIDE,
    COLUMNS,
    ELAPSED,
    FIRST_BYTE,
    KIND,
    LAST_BYTE,
    LINE,
    ODD,
    TIME,
    Bytes,
    Entry,
    NoEntryError,
    Rows,
    lay_out,
)
from boltkb.exports.queries.framing import LONGEST_RECORD, Block, blocks, records
from boltkb.exports.queries.ledger import Ledger
from boltkb.exports.queries.plain import parse_plain
from boltkb.exports.queries.structured import parse_structured
from boltkb.exports.queries.wrapping import Wrapping, unwrapped, wrapping_of

__all__ = ["SMALL", "FileSums", "Reader"]

#: Bytes up to which the exact parsers are quicker than fetching machine code.
SMALL = 4 << 20
_BLOCK = 4 << 20
_PIECE = 64 << 10
_NOTHING: Bytes = np.zeros(1, dtype=np.uint8)
#: A line that is refused, or blank.
_NONE = -2
_JUMP = 2000


@dataclass(slots=True)
class FileSums:
    """What is known of one file; times in milliseconds since the epoch."""

    path: str
    lines: int = 0
    rows: int = 0
    refused: int = 0
    why: str = ""
    start: int | None = None
    end: int | None = None
    last: int | None = None
    steps_back: int = 0
    back_at: int = 0
    problem: str = ""

    def refuse(self, line: int, why: str, count: int = 1) -> None:
        """Count what cannot be read; the first reason stays, with its line from 1."""
        self.refused += count
        if not self.why:
            self.why = f"line {line}: {why}"

    def note(self, rows: Rows) -> None:
        """Take the times of rows."""
        times = rows[:, TIME]
        if not len(times):
            return
        self.rows += len(times)
        starts = int((times - rows[:, ELAPSED]).min())
        self.start = starts if self.start is None else min(self.start, starts)
        self.end = int(times.max()) if self.end is None else max(self.end, int(times.max()))
        steps = np.diff(times, prepend=times[0] if self.last is None else self.last)
        back = np.flatnonzero(steps < -_JUMP)
        if back.size and not self.steps_back:
            self.back_at = self.lines + int(rows[back[0], LINE]) + 1
        self.steps_back += back.size
        self.last = int(times[-1])


@dataclass(slots=True)
class _Desk:
    # What one block is parsed on; used again for later ones.
    buffer: Bytes
    scratch: Bytes
    rows: list[Rows] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    lines: int = 0
    end: int = 0
    refused: int = 0


class Reader:
    """Reads members into one ledger, in the order given.

    Parameters
    ----------
    ledger : Ledger
    compiled : bool
        Whether to use machine code.
    threads : int, >= 1
        How many blocks are parsed at a time; only machine code uses more than one.
    block : int, bytes, >= 1
        How much is read at a time; the sums do not depend on it.
    """

    def __init__(
        self, ledger: Ledger, *, compiled: bool, threads: int = 2, block: int = _BLOCK
    ) -> None:
        self._ledger = ledger
        self._compiled = False
        self._threads = threads
        self._block = block
        self._read = 0
        self._desks: list[_Desk] = []
        self._parsers: dict[bool, Callable[..., tuple[int, int, int]]] = {}
        if compiled:
            self._compile()

    def read(self, member: Member) -> FileSums:
        """Return what is known of a file whose entries are now in the ledger.

        Raises
        ------
        ExportError
            When the file cannot be opened; what is damaged later is told in `problem`.
        """
        sums = FileSums(member.path)
        packed = member.path.lower().endswith(".gz") or "!" in member.path
        wrapping = wrapping_of(member.head(_PIECE))
        with member.open() as stream:
            parts = unwrapped(self._parts(stream.read, packed=packed), wrapping, sums.refuse)
            try:
                self._add_all(blocks(parts, structured=wrapping.structured), wrapping, sums)
            except ExportError as problem:
                if not sums.rows:
                    raise
                sums.problem = problem.message
        return sums

    def _compile(self) -> None:
        self._ledger.compile()
        self._compiled = True

    def _parts(self, read: Callable[[int], bytes], *, packed: bool) -> Iterator[bytes]:
        block = max(1, min(self._block, LONGEST_RECORD))
        # Of damaged packed bytes only the last small piece is lost.
        piece = min(block, _PIECE) if packed else block
        while True:
            pieces: list[bytes] = []
            size = 0
            try:
                while size < block and (part := read(min(piece, block - size))):
                    pieces.append(part)
                    size += len(part)
            finally:
                self._read += size
                if pieces:
                    yield b"".join(pieces) if len(pieces) > 1 else pieces[0]
            if not pieces:
                return

    def _add_all(self, found: Iterator[Block], wrapping: Wrapping, sums: FileSums) -> None:
        pending: deque[tuple[_Desk, Future[_Desk]]] = deque()
        pool: ThreadPoolExecutor | None = None
        try:
            for block in found:
                if not self._compiled and self._read > SMALL:
                    self._compile()
                if self._compiled and not block.last:
                    pool = pool or self._pool(structured=wrapping.structured)
                    desk = self._laid(block)
                    job = pool.submit(self._parsed, desk, structured=wrapping.structured)
                    pending.append((desk, job))
                    if len(pending) > self._threads:
                        self._finish(*pending.popleft(), sums)
                    continue
                while pending:
                    self._finish(*pending.popleft(), sums)
                self._exactly(block, wrapping, sums)
            while pending:
                self._finish(*pending.popleft(), sums)
        except ExportError:
            # What was read before the damage counts.
            while pending:
                self._finish(*pending.popleft(), sums)
            raise
        finally:
            if pool is not None:
                pool.shutdown(cancel_futures=True)

    def _pool(self, *, structured: bool) -> ThreadPoolExecutor:
        from boltkb.exports.queries.machine import parser

        self._parsers[structured] = parser(structured=structured)
        return ThreadPoolExecutor(self._threads)

    def _laid(self, block: Block) -> _Desk:
        size = len(block)
        needed = size + 64
        desk = self._desks.pop() if self._desks else None
        if desk is None or desk.buffer.size < needed:
            room = max(needed + needed // 4, 1 << 16)
            desk = _Desk(np.empty(room, dtype=np.uint8), np.empty(room, dtype=np.uint8))
        first = len(block.first)
        if first:
            desk.buffer[:first] = np.frombuffer(block.first, dtype=np.uint8)
        if block.cut:
            second = np.frombuffer(block.second, dtype=np.uint8, count=block.cut)
            desk.buffer[first:size] = second
        desk.buffer[size:needed] = 0
        desk.end, desk.refused = size, block.refused
        return desk

    def _parsed(self, desk: _Desk, *, structured: bool) -> _Desk:
        # Loaded before any thread began.
        parse = self._parsers[structured]
        more = (desk.scratch,) if structured else ()
        desk.counts.clear()
        at = line = 0
        while at < desk.end:
            index = len(desk.counts)
            if index == len(desk.rows):
                many = max(desk.end // 300, 64)
                desk.rows.append(np.empty((many, COLUMNS), dtype=np.int64))
            rows = desk.rows[index]
            count, at, line = parse(desk.buffer, at, desk.end, line, rows, *more)
            rows[:count, ASIDE] = 0
            desk.counts.append(count)
        desk.lines = line
        return desk

    def _finish(self, desk: _Desk, job: Future[_Desk], sums: FileSums) -> None:
        job.result()
        self._skip(desk.refused, sums)
        for rows, count in zip(desk.rows, desk.counts, strict=False):
            filled = rows[:count]
            odd = np.flatnonzero(filled[:, KIND] == ODD)
            aside = _NOTHING
            if odd.size:
                aside = self._resolve(filled, odd, desk.buffer, sums)
                if (filled[:, KIND] == _NONE).any():
                    filled = filled[filled[:, KIND] != _NONE]
            self._add(filled, desk.buffer, aside, sums)
        sums.lines += desk.lines
        self._desks.append(desk)

    def _resolve(
        self, rows: Rows, odd: Sequence[int] | np.ndarray, buffer: Bytes, sums: FileSums
    ) -> Bytes:
        read: list[tuple[int, Entry]] = []
        places: list[int] = []
        for index in odd:
            begin, end, line = (
                int(rows[index, column]) for column in (FIRST_BYTE, LAST_BYTE, LINE)
            )
            entry = _entry(buffer[begin:end].tobytes(), line, sums)
            if entry is None:
                rows[index, KIND] = _NONE
            else:
                read.append((line, entry))
                places.append(index)
        if not read:
            return _NOTHING
        made, aside = lay_out(read)
        made[:, ASIDE] = 1
        rows[places] = made
        return aside

    def _exactly(self, block: Block, wrapping: Wrapping, sums: FileSums) -> None:
        self._skip(block.refused, sums)
        read: list[tuple[int, Entry]] = []
        data = block.data
        for line, record in records(data, structured=wrapping.structured):
            whole = not block.last or record.endswith(b"\n") or wrapping.rejoined
            entry = _entry(record, line, sums, whole=whole)
            if entry is not None:
                read.append((line, entry))
        if read:
            rows, aside = lay_out(read)
            rows[:, ASIDE] = 1
            self._add(rows, _NOTHING, aside, sums)
        sums.lines += data.count(b"\n") + (1 if data and not data.endswith(b"\n") else 0)

    def _skip(self, lines: int, sums: FileSums) -> None:
        if lines:
            sums.refuse(sums.lines + 1, f"an entry longer than {LONGEST_RECORD:,} bytes")
            sums.lines += lines

    def _add(self, rows: Rows, buffer: Bytes, aside: Bytes, sums: FileSums) -> None:
        if len(rows):
            sums.note(rows)
            self._ledger.add(np.ascontiguousarray(rows), buffer, aside)


def _entry(record: bytes, line: int, sums: FileSums, *, whole: bool = True) -> Entry | None:
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
