"""What can be told of each block of a log without what stands before it.

That is most of the work, and most of it is done outside the interpreter's lock, so that `reading`
has it done ahead by a thread.
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

__all__ = ["DIAGNOSTICS", "STATE", "TRACE", "Part", "look_through"]

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


@dataclass(slots=True)
class Part:
    """A block with what can be told of it without what stands before it.

    Parameters
    ----------
    dropped : int
        Lines before it that were too long.
    block : Block or None
        None at the end of the file.
    cut : bool
        At the end: whether the last line is cut.
    bad : dict of int to str
        Its broken lines, as `bad_lines` tells.
    needles : Needles
    left_out : int
        By which the numbers of its literals are less than those of all literals.
    numbers, places : (n,) arrays
        What is found of literals: their numbers among all, and where they begin.
    pauses, paused : (m,) arrays
        Where messages about pauses begin, and the entry of each.
    """

    dropped: int
    block: Block | None = None
    cut: bool = False
    bad: dict[int, str] = field(default_factory=dict)
    needles: Needles = field(default_factory=lambda: _needles(debug=False))
    left_out: int = 0
    numbers: Places = field(default_factory=lambda: np.empty(0, np.intp))
    places: Places = field(default_factory=lambda: np.empty(0, np.intp))
    pauses: Places = field(default_factory=lambda: np.empty(0, np.intp))
    paused: Places = field(default_factory=lambda: np.empty(0, np.intp))

    @property
    def rejections(self) -> int:
        """The number of the literal of rejections among all."""
        return self.needles.literals.index(_REJECTIONS) + self.left_out


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
    >>> [(part.places.tolist(), part.cut) for part in parts]
    [([35], False), ([], True)]
    """
    dropped: list[None] = []
    memory, pauses = LineEnds(), PausePlaces()
    # More at a time: each of some forty steps has a fixed cost, and waits for the other thread.
    blocks = LineBlocks(
        stream, size, lambda: dropped.append(None), buffers=OUTSTANDING, least=size + 1
    )
    for text, length in blocks:
        bare = text if wrapping is None else wrapping.strip(bytes(text[:length]))
        block = find_entries(bare, length if wrapping is None else len(bare), memory)
        part = Part(len(dropped), block, bad=bad_lines(block))
        dropped.clear()
        # Only entries at debug level are a trace; without its literals the search is faster.
        part.left_out = 0 if block.debug else len(TRACE)
        part.needles = _needles(debug=block.debug)
        hits = part.needles.seek(bare, block.size)
        table = np.fromiter(chain.from_iterable(hits), np.intp, 3 * len(hits)).reshape(-1, 3)
        numbers, places = table[:, 0] + part.left_out, table[:, 1]
        part.numbers, part.places = numbers, places
        part.pauses, part.paused = pauses.find(block)
        yield part
    yield Part(len(dropped), cut=blocks.cut)
