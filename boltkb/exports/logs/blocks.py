"""A stream cut into blocks of whole lines, in a few buffers that are used again and again.

Knows nothing of what a line holds.  A line longer than the limit is dropped and told, so that
memory stays bounded whatever the input.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from boltkb.exports.intake.streams import Stream

__all__ = ["BLOCK", "LONGEST_LINE", "LineBlocks"]

#: Large enough that a block's fixed costs do not matter; larger ones only take more memory.
BLOCK = 1 << 20
LONGEST_LINE = 1 << 20


class LineBlocks:
    r"""Blocks of whole lines, each `(buffer, size)`: the lines are `buffer[:size]`.

    A buffer is written over by a later block: what is to last must be copied.

    Parameters
    ----------
    stream : Stream
    size : int, bytes
        How much is read at a time, from 1 to `LONGEST_LINE`.
    dropped : callable
        Called for each line that is too long, when the lines before it have been given.
    buffers : int, >= 1
        How many there are: a block may be used until so many later ones have been asked for.
    least : int, bytes, >= 1
        What is read is gathered until there are so many; less come before a line that is dropped,
        and at the end.

    Attributes
    ----------
    cut : bool
        At the end: whether the last line had no end, and was left out.

    Examples
    --------
    >>> import io
    >>> blocks = LineBlocks(io.BytesIO(b"ab\ncd\nef"), 4, lambda: None)
    >>> [bytes(buffer[:size]) for buffer, size in blocks], blocks.cut
    ([b'ab\n', b'cd\n'], True)
    """

    def __init__(
        self,
        stream: Stream,
        size: int,
        dropped: Callable[[], None],
        *,
        buffers: int = 1,
        least: int = 1,
    ) -> None:
        self._stream = stream
        self._size = min(max(size, 1), LONGEST_LINE)
        self._dropped = dropped
        self._buffers = buffers
        self._least = least
        self._others: deque[bytearray] = deque()
        self.cut = False

    def __iter__(self) -> Iterator[tuple[bytearray, int]]:
        buffer = bytearray(self._least + self._size + 8192)
        # Whole lines that are not given yet, and with what comes after them.
        whole = filled = 0
        endless = False
        while True:
            if filled + self._size > len(buffer):
                wider = bytearray(max(2 * len(buffer), filled + self._size))
                wider[:filled] = buffer[:filled]
                buffer = wider
            with memoryview(buffer) as view:
                got = self._stream.readinto(view[filled : filled + self._size]) or 0
            if not got:
                break
            total = filled + got
            end = buffer.rfind(b"\n", filled, total) + 1
            if not end:
                endless = endless or total - whole > LONGEST_LINE
                filled = whole if endless else total
                continue
            first = buffer.find(b"\n", filled, end) + 1
            if endless or first - whole > LONGEST_LINE:
                rest = buffer[first:total]
                if whole:
                    yield buffer, whole
                    buffer = self._next(buffer, len(rest))
                self._dropped()
                endless = False
                whole, filled = end - first, len(rest)
                buffer[:filled] = rest
            else:
                whole, filled = end, total
            if whole >= self._least:
                rest = buffer[whole:filled]
                yield buffer, whole
                buffer = self._next(buffer, len(rest))
                whole, filled = 0, len(rest)
                buffer[:filled] = rest
        if whole:
            yield buffer, whole
        self.cut = bool(filled > whole or endless)

    def _next(self, used: bytearray, room: int) -> bytearray:
        self._others.append(used)
        fresh = len(self._others) < self._buffers
        buffer = bytearray(len(used)) if fresh else self._others.popleft()
        return buffer if room <= len(buffer) else bytearray(2 * room)
