"""Held thread-time by the debug-level trace: each hold with the time it waited for its client."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from boltkb.bolt.snapshots import LONG_OPEN
from boltkb.bolt.thread_time.look import PROCESSING, TRACE, Kept, Look, Moment
from boltkb.exports import Holds
from boltkb.exports.records.series import Floats
from boltkb.tables import number, span

__all__ = ["kept_in_trace", "look_at_trace"]

#: A hold that did less than this for all the time it lasted is kept, not used.
_AT_WORK = 0.1
#: A gauge's samples and a trace of the same threads differ by no more than this part.
_COUNTS_ALIKE = 0.1


def look_at_trace(
    holds: Holds, moment: Moment, restarts: Sequence[float], counted: float | None
) -> Look | None:
    """Return how held thread-time was spent, None where the trace is of another time.

    The time that a hold waited is spread evenly over it where it lies partly outside.

    Parameters
    ----------
    holds : Holds
    moment : Moment
    restarts : sequence of float, epoch s
    counted : float or None, threads
        Held on average while the trace ran, as the gauge counts them.  Threads that were held
        before the trace began are not in it: then its shares are lower bounds.
    """
    start, end = max(moment.start, holds.begin), min(moment.end, holds.end)
    if not end > start:
        return None
    begun, ended, waited = _spans(holds, restarts)
    inside = np.minimum(ended, end) - np.maximum(begun, start)
    there = inside > 0
    inside, length = inside[there], (ended - begun)[there]
    if not inside.size:
        return None
    seconds = float(inside.sum())
    share = float((inside * np.minimum(waited[there], length) / length).sum()) / seconds
    # Long holds count for more than short ones, so fewer of them carry the share.
    carried = seconds**2 / float((inside**2).sum())
    held = seconds / (end - start)
    part = 1.0
    if counted is not None and counted > held + max(1.0, _COUNTS_ALIKE * held):
        part = held / counted
    return Look(
        TRACE,
        held / part,
        {"waiting_for_client": part * share, PROCESSING: part * (1.0 - share)},
        carried,
        part < 1.0,
        (holds.where,),
    )


def kept_in_trace(
    holds: Holds, moment: Moment, restarts: Sequence[float], counted: float | None
) -> Kept | None:
    """Return the holds that did not end, are old and wait for their client.

    None where the trace is too short for a hold to have grown old in it, or where none did and
    threads were held before it began, of which it does not know.

    Parameters
    ----------
    holds, moment, restarts, counted
        As for `look_at_trace`.
    """
    end = min(moment.end, holds.end)
    if end - holds.begin < LONG_OPEN or not end > moment.start:
        return None
    begun, ended, waited = _spans(holds, restarts)
    age = holds.end - begun
    old = (ended >= holds.end) & (end - begun >= LONG_OPEN) & (waited >= (1.0 - _AT_WORK) * age)
    count = int(np.count_nonzero(old))
    if not count:
        look = look_at_trace(holds, moment, restarts, counted)
        if look is None or look.bound:
            return None
        words = "In the debug-level trace no thread was kept for a minute without work."
        return Kept(TRACE, 0.0, None, words, (holds.where,))
    began = float(begun[old].min())
    words = (
        f"In the debug-level trace {number(count)} hold{'' if count == 1 else 's'} never ended: "
        f"the client was silent, the oldest for {span(float(age[old].max()))}."
    )
    return Kept(TRACE, float(count), began, words, (holds.where,))


def _spans(holds: Holds, restarts: Sequence[float]) -> tuple[Floats, Floats, Floats]:
    """Return when each hold began and ended, at the latest with the server or the trace."""
    took = ~np.isnan(holds.starts)
    begun, ended = holds.starts[took], holds.ends[took]
    stops = np.append(np.sort(np.asarray(restarts, dtype=np.float64)), np.inf)
    after = np.minimum(stops[np.searchsorted(stops, begun, side="right")], holds.end)
    return begun, np.where(np.isnan(ended), after, ended), holds.waited[took]
