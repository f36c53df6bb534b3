"""What can be told of each block of a log without what stands before it.

That is most of the work, and most of it is done outside the interpreter's lock, so that `reading`
has it done ahead by a thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from boltkb.exports.intake.streams import Stream
from boltkb.exports.logs.ahead import OUTSTANDING
from boltkb.exports.logs.blocks import LineBlocks
from boltkb.exports.logs.damage import bad_lines
from boltkb.exports.logs.diagnostics import DIAGNOSTIC_NEEDLES
from boltkb.exports.logs.entries import Block, find_entries
from boltkb.exports.logs.needles import Needles, all_needles
from boltkb.exports.logs.prefixes import Wrapping
from boltkb.exports.logs.trace import trace_needles

__all__ = ["DIAGNOSTICS", "STATE", "TRACE", "Part", "look_through"]

#: The trace's literals, which come first; then those of diagnostics, then that of a pool's state.
TRACE = trace_needles()
DIAGNOSTICS = len(TRACE)
STATE = DIAGNOSTICS + len(DIAGNOSTIC_NEEDLES)
_PAUSE = STATE + 1


def _needles(*, debug: bool) -> Needles:
    trace = tuple(needle for needle, _ in TRACE) if debug else ()
    return all_needles((*trace, *DIAGNOSTIC_NEEDLES))


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
    hits : list of (int, int, int)
        What is found, as `Needles.seek` tells, but for pauses.
    pauses : list of int
        Where lines about pauses have their literal.
    """

    dropped: int
    block: Block | None = None
    cut: bool = False
    bad: dict[int, str] = field(default_factory=dict)
    needles: Needles = field(default_factory=lambda: _needles(debug=False))
    left_out: int = 0
    hits: list[tuple[int, int, int]] = field(default_factory=list)
    pauses: list[int] = field(default_factory=list)


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
    >>> [(part.hits, part.cut) for part in look_through(io.BytesIO(line), 4096, None)]
    [([(25, 35, 43)], False), ([], True)]
    """
    dropped: list[None] = []
    blocks = LineBlocks(stream, size, lambda: dropped.append(None), buffers=OUTSTANDING)
    for text, length in blocks:
        bare = text if wrapping is None else wrapping.strip(bytes(text[:length]))
        block = find_entries(bare, length if wrapping is None else len(bare))
        part = Part(len(dropped), block, bad=bad_lines(block))
        dropped.clear()
        # Only entries at debug level are a trace; without its literals the search is faster.
        part.left_out = 0 if block.debug else len(TRACE)
        part.needles = _needles(debug=block.debug)
        hits = part.needles.seek(bare, block.size)
        pause = _PAUSE - part.left_out
        part.pauses = [place for number, place, _ in hits if number == pause]
        part.hits = [hit for hit in hits if hit[0] != pause] if part.pauses else hits
        yield part
    yield Part(len(dropped), cut=blocks.cut)
