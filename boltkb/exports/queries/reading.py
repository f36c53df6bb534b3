"""Query logs read into sums: small ones by the exact parsers alone, large ones by machine code.

The two ways give the same sums.  Machine code costs most of a second before its first entry, so
logs of a few megabytes do without; whatever it declines goes to the exact parsers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import import_module

import numpy as np

from boltkb.errors import ExportError
from boltkb.exports.intake.members import Member
from boltkb.exports.intake.streams import Stream
from boltkb.exports.queries.adding import NOTHING
from boltkb.exports.queries.entries import (
    ASIDE,
    COLUMNS,
    FIRST_BYTE,
    KIND,
    LAST_BYTE,
    LINE,
    NOTES,
    ODD,
    PADDING,
    Bytes,
    Entry,
    Rows,
    lay_out,
)
from boltkb.exports.queries.exact import exact_entry
from boltkb.exports.queries.file_sums import FileSums
from boltkb.exports.queries.framing import LONGEST_RECORD, Block, blocks, last_begin, records
from boltkb.exports.queries.ledger import Ledger
from boltkb.exports.queries.wrapping import MARK, Wrapping, unwrapped, wrapping_of

__all__ = ["SMALL", "Reader"]

#: Bytes up to which the exact parsers are quicker than fetching machine code.
SMALL = 4 << 20
_BLOCK = 1 << 22
_PIECE = 64 << 10
#: Blocks that are read before they are parsed, and blocks whose holds are added up later.
_AHEAD = _BEHIND = 2
_NOTHING: Bytes = np.zeros(1, dtype=np.uint8)
#: A line that is refused, or blank.
_NONE = -2


@dataclass(slots=True)
class _Desk:
    # What one block is parsed on; used again for later ones.
    raw: bytearray
    buffer: Bytes
    scratch: Bytes
    notes: Rows = field(default_factory=lambda: np.zeros((NOTES, 8), dtype=np.int64))
    rows: list[Rows] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    lines: int = 0
    end: int = 0
    refused: int = 0


_Pending = deque[tuple[_Desk, Future[_Desk]]]


class Reader:
    """Reads members into one ledger, in the order given.

    Parameters
    ----------
    ledger : Ledger
    compiled : bool
        Whether to use machine code.
    threads : int, >= 1
        How many blocks are parsed at a time, one of them by the caller's own thread where it
        would wait; only machine code uses more than one.
    block : int, bytes, >= 1
        How much is read at a time; the sums do not depend on it.
    """

    def __init__(
        self, ledger: Ledger, *, compiled: bool, threads: int = 2, block: int = _BLOCK
    ) -> None:
        self._ledger = ledger
        self._compiled = False
        self._notes = NOTHING.copy()
        self._threads = threads
        self._block = block
        self._read = 0
        self._beside: ThreadPoolExecutor | None = None
        # Holds that may still be added up, and where they lie; oldest first.
        self._holds: deque[tuple[_Desk | None, list[Future[None]]]] = deque()
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
        self._notes = NOTHING.copy()
        packed = member.path.lower().endswith(".gz") or "!" in member.path
        head = member.head(_PIECE)
        wrapping = wrapping_of(head)
        bare = wrapping.kind == "none" and not head.startswith(MARK)
        with member.open() as stream:
            parts = self._parts(stream.read, packed=packed)
            found: Iterator[Block | _Desk]
            if bare and self._compiled and not packed:
                found = self._straight(stream, parts, structured=wrapping.structured)
            else:
                whole = unwrapped(parts, wrapping, sums.refuse)
                found = iter(blocks(whole, structured=wrapping.structured))
            try:
                self._add_all(found, wrapping, sums)
            except ExportError as problem:
                if not sums.rows:
                    raise
                sums.problem = problem.message
        return sums

    def _compile(self) -> None:
        # Tables are made of the sums in the end; loading what they are made with takes a fifth
        # of a second, which is saved where a core is idle meanwhile.
        beside = ThreadPoolExecutor(1)
        beside.submit(import_module, "polars")
        beside.shutdown(wait=False)
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

    def _straight(
        self, stream: Stream, parts: Iterator[bytes], *, structured: bool
    ) -> Iterator[Block | _Desk]:
        # Bytes go from the file to where they are parsed; the last ones, and all from an entry
        # on that is longer than a block, take the other way.
        problem: ExportError | None = None
        left = b""
        block = max(1, min(self._block, LONGEST_RECORD // 2))
        while True:
            size = end = len(left)
            goal = size + block
            desk = self._desk(goal)
            desk.raw[:size] = left
            with memoryview(desk.raw) as view:
                try:
                    while end < goal and (got := stream.readinto(view[end:goal])):
                        end += got
                except ExportError as found:
                    problem = found
            cut = last_begin(desk.raw, end, structured=structured) if end == goal else None
            if cut is None:
                break
            left = bytes(memoryview(desk.raw)[cut:end])
            desk.raw[cut : cut + PADDING] = bytes(PADDING)
            desk.end, desk.refused = cut, 0
            yield desk
        rest = [bytes(memoryview(desk.raw)[:end])] if end else []
        self._desks.append(desk)

        def others() -> Iterator[bytes]:
            yield from rest
            if problem is not None:
                raise problem
            yield from parts

        yield from blocks(others(), structured=structured)

    def _add_all(self, found: Iterator[Block | _Desk], wrapping: Wrapping, sums: FileSums) -> None:
        pending: _Pending = deque()
        pool: ThreadPoolExecutor | None = None
        try:
            for block in found:
                if not self._compiled and self._read > SMALL:
                    self._compile()
                if isinstance(block, _Desk) or (self._compiled and not block.last):
                    pool = pool or self._pool(structured=wrapping.structured)
                    desk = block if isinstance(block, _Desk) else self._laid(block)
                    job = pool.submit(self._parsed, desk, structured=wrapping.structured)
                    pending.append((desk, job))
                    if len(pending) > _AHEAD:
                        self._next(pending, wrapping, sums)
                    continue
                while pending:
                    self._next(pending, wrapping, sums)
                self._exactly(block, wrapping, sums)
            while pending:
                self._next(pending, wrapping, sums)
        except ExportError:
            # What was read before the damage counts.
            while pending:
                self._next(pending, wrapping, sums)
            raise
        finally:
            if pool is not None:
                pool.shutdown(cancel_futures=True)
            if self._beside is not None:
                self._beside.shutdown()
                self._beside = None
            self._settle(0)

    def _pool(self, *, structured: bool) -> ThreadPoolExecutor:
        from boltkb.exports.queries.machine import parser

        self._parsers[structured] = parser(structured=structured)
        pool = ThreadPoolExecutor(max(self._threads - 1, 1))
        if self._threads > 1:
            # One thread, so that holds are added up in order.
            self._beside = ThreadPoolExecutor(1)
        return pool

    def _desk(self, size: int) -> _Desk:
        needed = size + PADDING
        desk = self._desks.pop() if self._desks else None
        if desk is None or desk.buffer.size < needed:
            raw = bytearray(max(needed + needed // 4, 1 << 16))
            buffer = np.frombuffer(raw, dtype=np.uint8)
            desk = _Desk(raw, buffer, np.empty(len(raw), dtype=np.uint8))
        return desk

    def _laid(self, block: Block) -> _Desk:
        size = len(block)
        desk = self._desk(size)
        first = len(block.first)
        desk.raw[:first] = block.first
        desk.raw[first:size] = memoryview(block.second)[: block.cut]
        desk.raw[size : size + PADDING] = bytes(PADDING)
        desk.end, desk.refused = size, block.refused
        return desk

    def _parsed(self, desk: _Desk, *, structured: bool) -> _Desk:
        # Loaded before any thread began.
        parse = self._parsers[structured]
        more = (desk.scratch, desk.notes) if structured else ()
        desk.counts.clear()
        at = line = 0
        while at < desk.end:
            index = len(desk.counts)
            if index == len(desk.rows):
                many = max(desk.end // 300, 64)
                desk.rows.append(np.empty((many, COLUMNS), dtype=np.int64))
            rows = desk.rows[index]
            count, at, line = parse(desk.buffer, at, desk.end, line, rows, *more)
            desk.counts.append(count)
        desk.lines = line
        return desk

    def _next(self, pending: _Pending, wrapping: Wrapping, sums: FileSums) -> None:
        # Whoever adds up parses what nobody has begun yet rather than wait.
        waiting = 0
        while waiting < len(pending) and not pending[0][1].done():
            desk, job = pending[waiting]
            if job.cancel():
                job = Future()
                job.set_result(self._parsed(desk, structured=wrapping.structured))
                pending[waiting] = desk, job
            waiting += 1
        desk, job = pending.popleft()
        job.result()
        self._finish(desk, sums)

    def _finish(self, desk: _Desk, sums: FileSums) -> None:
        self._skip(desk.refused, sums)
        holds: list[Future[None]] = []
        for rows, count in zip(desk.rows, desk.counts, strict=False):
            filled = rows[:count]
            odd = np.flatnonzero(filled[:, KIND] == ODD)
            aside = _NOTHING
            if odd.size:
                aside = self._resolve(filled, odd, desk.buffer, sums)
                if (filled[:, KIND] == _NONE).any():
                    filled = filled[filled[:, KIND] != _NONE]
            holds += self._add(filled, desk.buffer, aside, sums)
        sums.lines += desk.lines
        self._holds.append((desk, holds))
        self._settle(_BEHIND)

    def _settle(self, many: int) -> None:
        # Waits until the holds of only so many blocks may still be missing.
        while len(self._holds) > many:
            desk, holds = self._holds.popleft()
            for job in holds:
                job.result()
            if desk is not None:
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
            entry = exact_entry(buffer[begin:end].tobytes(), line, sums)
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
            entry = exact_entry(record, line, sums, whole=whole)
            if entry is not None:
                read.append((line, entry))
        if read:
            rows, aside = lay_out(read)
            rows[:, ASIDE] = 1
            self._holds.append((None, self._add(rows, _NOTHING, aside, sums)))
            self._settle(_BEHIND)
        sums.lines += data.count(b"\n") + (1 if data and not data.endswith(b"\n") else 0)

    def _skip(self, lines: int, sums: FileSums) -> None:
        if lines:
            sums.refuse(sums.lines + 1, f"an entry longer than {LONGEST_RECORD:,} bytes")
            sums.lines += lines

    def _add(self, rows: Rows, buffer: Bytes, aside: Bytes, sums: FileSums) -> list[Future[None]]:
        if not len(rows):
            return []
        holds = self._ledger.add(rows, buffer, aside, self._notes, self._beside)
        sums.note(rows, self._notes)
        return [holds] if holds else []
