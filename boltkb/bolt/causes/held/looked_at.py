"""What the looks at held threads say, and what to collect where there were none."""

from __future__ import annotations

from boltkb.bolt.causes.held.staircase import find_staircase
from boltkb.bolt.holders import Holders
from boltkb.bolt.observe import PoolObservations
from boltkb.bolt.thread_time import DUMPS, LIST
from boltkb.tables import share

__all__ = ["COLLECT_DUMPS", "COLLECT_LIST", "COURSE", "FEW", "MOST", "doing", "looked_at"]

#: From this share of held threads on, what they do decides.
MOST = 0.5
FEW = 0.3
COURSE = "the course of held threads over time"
COLLECT_DUMPS = (
    "three thread dumps ten seconds apart while the pool is full: `jcmd PID Thread.print` "
    "needs no Bolt thread"
)
COLLECT_LIST = "the output of `SHOW TRANSACTIONS`, taken while the pool is full"


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


def doing(holders: Holders, waiting: float) -> str:
    return (
        f"In {holders.seen_in} {share(waiting)} of "
        f"the held threads waited for their client, {share(holders.working / holders.held)} "
        "were working."
    )
