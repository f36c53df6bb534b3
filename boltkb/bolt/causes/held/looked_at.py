"""What the looks at held threads say of a pool whose threads are given back again."""

from __future__ import annotations

from boltkb.bolt.causes.held.collecting import COLLECT_DUMPS, COLLECT_LIST
from boltkb.bolt.observe import PoolObservations
from boltkb.bolt.thread_time import COURSE, DUMPS, LIST
from boltkb.bolt.thread_time.staircase import find_staircase

__all__ = ["COLLECT_DUMPS", "COLLECT_LIST", "COURSE", "MOST", "looked_at"]

#: From this share of held threads on, what they do decides.
MOST = 0.5


def looked_at(seen: PoolObservations, *, agrees: bool) -> tuple[str, ...]:
    """Return the kinds of evidence behind a cause of threads that are given back again.

    `agrees`: whether the list of open transactions, looked at by itself, says the same.
    """
    stairs = find_staircase(seen)
    return tuple(
        words
        for words, there in (
            (DUMPS, seen.holders.dumps > 0),
            (LIST, agrees),
            (COURSE, stairs is not None and not stairs.rises),
        )
        if there
    )
