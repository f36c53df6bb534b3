"""Lines that no server wrote: not UTF-8, or with NUL bytes in them."""

from __future__ import annotations

import numpy as np

from boltkb.exports.logs.entries import Block

__all__ = ["bad_lines"]


def bad_lines(block: Block) -> dict[int, str]:
    r"""Return the indices of a block's broken lines, and what is wrong with each.

    Examples
    --------
    >>> from boltkb.exports.logs.entries import find_entries
    >>> bad_lines(find_entries(b"good\n\xff\n\0\n", 9))
    {1: 'not UTF-8', 2: 'holds NUL bytes'}
    """
    array = block.bytes
    # Seen as signed, what is not ASCII is below 0.
    if not block.size or array.view(np.int8).min() > 0:
        return {}
    bad: dict[int, str] = {}
    if array.max() >= 128 and not _is_text(bytes(block.text[: block.size])):
        for line in np.unique(block.ends.searchsorted(np.flatnonzero(array >= 128))).tolist():
            begin, end = block.line(line)
            if not _is_text(bytes(block.text[begin:end])):
                bad[line] = "not UTF-8"
    if array.min() == 0:
        for line in np.unique(block.ends.searchsorted(np.flatnonzero(array == 0))).tolist():
            bad[line] = "holds NUL bytes"
    return bad


def _is_text(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
