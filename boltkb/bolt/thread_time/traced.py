"""Held thread-time by the debug-level trace: each hold with the time it waited for its client."""

from __future__ import annotations

import numpy as np

from boltkb.bolt.snapshots import LONG_OPEN
from boltkb.bolt.thread_time.look import PROCESSING, TRACE, Kept, Look, Moment
from boltkb.exports import Holds
from boltkb.tables import number, span

__all__ = ["kept_in_trace", "look_at_trace"]

#: A hold that did less than this for all the time it lasted is kept, not used.
_AT_WORK = 0.1


def look_at_trace(holds: Holds, moment: Moment) -> Look | None:
    """Return how held thread-time was spent, None where the trace is of another time.

    The time that a hold waited is spread evenly over it where it lies partly outside.
    """
    start, end = max(moment.start, holds.begin), min(moment.end, holds.end)
    if not end > start:
        return None
    took = ~np.isnan(holds.starts)
    begun = holds.starts[took]
    ended = np.where(np.isnan(holds.ends[took]), holds.end, holds.ends[took])
    inside = np.minimum(ended, end) - np.maximum(begun, start)
    there = inside > 0
    inside, length = inside[there], (ended - begun)[there]
    if not inside.size:
        return None
    waited = np.minimum(holds.waited[took][there], length)
    held = float(inside.sum())
    share = float((inside * waited / length).sum()) / held
    # Long holds count for more than short ones, so fewer of them carry the share.
    carried = held**2 / float((inside**2).sum())
    return Look(
        TRACE, held / (end - start), {"waiting_for_client": share, PROCESSING: 1.0 - share},
        carried, False, (holds.where,),
    )  # fmt: skip


def kept_in_trace(holds: Holds, moment: Moment) -> Kept | None:
    """Return the holds that did not end, are old and wait for their client.

    None where the trace is too short for a hold to have grown old in it.
    """
    end = min(moment.end, holds.end)
    if end - holds.begin < LONG_OPEN or not end > moment.start:
        return None
    took = ~np.isnan(holds.starts)
    begun, until = holds.starts[took], holds.ends[took]
    age = holds.end - begun
    old = np.isnan(until) & (end - begun >= LONG_OPEN)
    old &= holds.waited[took] >= (1.0 - _AT_WORK) * age
    count = int(np.count_nonzero(old))
    if not count:
        words = "In the debug-level trace no thread was kept for a minute without work."
        return Kept(TRACE, 0.0, None, words, (holds.where,))
    began = float(begun[old].min())
    words = (
        f"In the debug-level trace {number(count)} holds never ended: they waited for their "
        f"clients and were up to {span(float(age[old].max()))} old."
    )
    return Kept(TRACE, float(count), began, words, (holds.where,))
