"""The blocks of a log with their lines and entries, and what is found in each.

Finding the lines is half of the work, and most of it is done outside the interpreter's lock, so
that `reading` has it done ahead by a thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from boltkb.exports.intake.streams import Stream
from boltkb.exports.logs.ahead import OUTSTANDING
from boltkb.exports.logs.blocks import LineBlocks
from boltkb.exports.logs.damage import bad_lines
from boltkb.exports.logs.diagnostics import DIAGNOSTIC_NEEDLES
from boltkb.exports.logs.entries import Block, LineEnds, find_entries
from boltkb.exports.logs.needles import Needles, all_needles, rejection_needles, sought_parts
from boltkb.exports.logs.pauses import PausePlaces
from boltkb.exports.logs.prefixes import Wrapping
from boltkb.exports.logs.trace import trace_needles

__all__ = ["DIAGNOSTICS", "STATE", "TRACE", "Found", "Part", "Search", "look_through"]

Places = NDArray[np.intp]

#: The trace's literals, which come first; then those of diagnostics, then that of a pool's state.
TRACE = trace_needles()
DIAGNOSTICS = len(TRACE)
_TITLES = sought_parts(DIAGNOSTIC_NEEDLES)
STATE = DIAGNOSTICS + len(_TITLES)
(_REJECTIONS,) = rejection_needles().literals


def _needles(*, debug: bool) -> Needles:
    trace = tuple(needle for needle, _ in TRACE) if debug else ()
    return all_needles((*trace, *_TITLES))


@dataclass(frozen=True, slots=True)
class Part:
    """A block with what can be told of its lines without what stands before them.

    Parameters
    ----------
    dropped : int
        Lines before it that were too long.
    block : Block or None
        None at the end of the file.
    bad : dict of int to str
        Its broken lines, as `bad_lines` tells.
    cut : bool
        At the end: whether the last line is cut.
    """

    dropped: int
    block: Block | None = None
    bad: dict[int, str] = field(default_factory=dict)
    cut: bool = False


def look_through(stream: Stream, size: int, wrapping: Wrapping | None) -> Iterator[Part]:
    r"""Return a log's blocks in their order; each may be used until `OUTSTANDING` later ones.

    Parameters
    ----------
    stream : Stream
    size : int, bytes
        Of a block.
    wrapping : Wrapping or None

    Examples
    --------
    >>> import io
    >>> line = b"2024-06-27 15:16:34.519+0000 INFO  Started.\ncut"
    >>> parts = look_through(io.BytesIO(line), 4096, None)
    >>> [(part.block is None, part.cut) for part in parts]
    [(False, False), (True, True)]
    """
    dropped: list[None] = []
    memory = LineEnds()
    # More at a time: each of some forty steps has a fixed cost, and waits for the other thread.
    blocks = LineBlocks(
        stream, size, lambda: dropped.append(None), buffers=OUTSTANDING, least=size + 1
    )
    for text, length in blocks:
        bare = text if wrapping is None else wrapping.strip(bytes(text[:length]))
        block = find_entries(bare, length if wrapping is None else len(bare), memory)
        yield Part(len(dropped), block, bad_lines(block))
        dropped.clear()
    yield Part(len(dropped), cut=blocks.cut)


@dataclass(frozen=True, slots=True)
class Found:
    """What is found in a block.

    Parameters
    ----------
    needles : Needles
    left_out : int
        By which the numbers of its literals are less than those of all literals.
    numbers, places : (n,) arrays
        What is found of literals: their numbers among all, and where they begin.
    pauses, paused : (m,) arrays
        Where messages about pauses may begin, and the entry of each.
    """

    needles: Needles
    left_out: int
    numbers: Places
    places: Places
    pauses: Places
    paused: Places

    @property
    def rejections(self) -> int:
        """The number of the literal of rejections among all."""
        return self.needles.literals.index(_REJECTIONS) + self.left_out


class Search:
    r"""Seeks what is known in one block after the other.

    Examples
    --------
    >>> line = b"2024-06-27 15:16:34.519+0000 INFO  Started.\n"
    >>> Search().find(find_entries(line, len(line))).places.tolist()
    [35]
    """

    def __init__(self) -> None:
        self._pauses = PausePlaces()

    def find(self, block: Block) -> Found:
        """Return what is found in a block."""
        # Only entries at debug level are a trace; without its literals the search is faster.
        left_out = 0 if block.debug else len(TRACE)
        needles = _needles(debug=block.debug)
        hits = needles.seek(block.text, block.size)
        table = np.fromiter(chain.from_iterable(hits), np.intp, 3 * len(hits)).reshape(-1, 3)
        return Found(
            needles, left_out, table[:, 0] + left_out, table[:, 1], *self._pauses.find(block)
        )
