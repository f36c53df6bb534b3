"""How the floor of held threads moved: threads that were never given back show as a staircase."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from boltkb.bolt.observe import PoolObservations

__all__ = ["Staircase", "find_staircase"]

#: A fall of work per held thread to this share says that holds no longer end.
_COLLAPSE = 0.4


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
    """

    kept: float
    before: float | None
    after: float | None
    rises: bool

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
    return Staircase(kept, before, after, rises=falls <= 1 and kept >= 2)
