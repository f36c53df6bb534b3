"""How the floor of held threads moved: threads that were never given back show as a staircase."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boltkb.bolt.observe import PoolObservations
from boltkb.bolt.thread_time.look import COURSE, Kept
from boltkb.exports import Where
from boltkb.tables import number

__all__ = ["Staircase", "find_staircase", "kept_in_course"]

Floats = npt.NDArray[np.float64]

#: A fall of work per held thread to this share says that holds no longer end.
_COLLAPSE = 0.4
#: A thread more or less is the noise of samples.
_SPARE = 2


@dataclass(frozen=True, slots=True)
class Staircase:
    """Held threads that only ever grew in number, while work per thread fell.

    Parameters
    ----------
    kept : float
        Threads that were never given back towards the end.
    before, after : float or None
        Messages started a second for each held thread, in the first and last part.
    rises : bool
        Whether the floor rose step by step and never fell.
    began : float or None, epoch s
        When the floor first stood a thread higher than at the beginning, for good.
    falls : float, threads
        The most that the floor fell.
    least : float, threads
        The least held towards the end: no more can have been kept.
    """

    kept: float
    before: float | None
    after: float | None
    rises: bool
    began: float | None = None
    falls: float = 0.0
    least: float = 0.0

    @property
    def collapsed(self) -> bool:
        """Whether work per held thread collapsed while threads stayed held."""
        return (
            self.before is not None
            and self.after is not None
            and self.before > 0
            and self.after <= _COLLAPSE * self.before
        )


def find_staircase(seen: PoolObservations) -> Staircase | None:
    """Return how the floor of held threads moved; None with too few samples to tell."""
    busy = seen.busy[~np.isnan(seen.busy)]
    times = seen.times[~np.isnan(seen.busy)]
    if busy.size < 40:
        return None
    parts = np.array_split(np.arange(busy.size), 10)
    floors = np.array([busy[part].min() for part in parts])
    falls = float(np.max(np.maximum.accumulate(floors) - floors))
    kept = float(floors[-2:].min() - floors[:2].min())
    before = after = None
    if seen.message_rate is not None and seen.message_rate[0].size > 10:
        at, rate = seen.message_rate
        first = at <= times[parts[2][-1]]
        last = at >= times[parts[8][0]]
        if first.any() and last.any():
            low = float(busy[: parts[2][-1]].mean())
            high = float(busy[parts[8][0] :].mean())
            before = float(rate[first].mean()) / max(low, 0.1)
            after = float(rate[last].mean()) / max(high, 0.1)
    rises = falls <= 1 and kept >= 2
    began = _first_step(times, busy) if rises else None
    return Staircase(kept, before, after, rises, began, falls, float(floors[-2:].min()))


def kept_in_course(seen: PoolObservations, where: Where | None) -> Kept | None:
    """Return the threads that the course of held threads shows as kept.

    None where it does not tell: too few samples, a rise without a measure of work, or as many
    held all the time.
    """
    stairs = find_staircase(seen)
    if stairs is None or seen.lower_bound:
        return None
    places = () if where is None else (where,)
    if stairs.least < _SPARE:
        words = "At quiet moments hardly a thread was held, up to the end; none is kept for good."
        return Kept(COURSE, 0.0, None, words, places)
    if not stairs.rises:
        if stairs.falls < _SPARE or stairs.kept >= _SPARE:
            return None
        words = "Held threads fell again when traffic did; they are not kept for good."
        return Kept(COURSE, 0.0, None, words, places)
    if stairs.collapsed:
        words = (
            f"Held threads rose step by step and {number(stairs.kept)} were never given back, "
            f"while work for each held thread fell from {number(stairs.before)} to "
            f"{number(stairs.after)} messages a second."
        )
        return Kept(COURSE, stairs.kept, stairs.began, words, places)
    if stairs.before is None:
        return None
    words = "Held threads rose, but each went on working."
    return Kept(COURSE, 0.0, None, words, places)


def _first_step(times: Floats, busy: Floats) -> float:
    """Return when held threads first stayed above their floor at the beginning."""
    # Seen from the end, the least that is still to come: it rises when a thread is kept.
    to_come = np.minimum.accumulate(busy[::-1])[::-1]
    return float(times[int(np.argmax(to_come > to_come[0]))])
