"""Exact thread holds, as a trace at debug level tells them.

Knows no file format.  Times are epoch seconds in UTC, spans are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boltkb.exports.records.places import Where
from boltkb.exports.records.series import Floats

__all__ = ["Holds"]


@dataclass(frozen=True, slots=True, eq=False)
class Holds:
    """Thread holds one by one, as the debug-level trace of 5.x and later tells them.

    Parameters
    ----------
    asked : (n,) array, epoch seconds
        When the connection asked for a thread.
    starts : (n,) array, epoch seconds
        When a thread took it; NaN for one that was rejected or never answered in the trace.
    ends : (n,) array, epoch seconds
        When the thread let it go; NaN for one still held where the trace ends.
    waited : (n,) array, seconds
        Time within the hold that the thread waited for the client.
    messages : (n,) array of int
        Messages worked off in the hold.
    connections : (n,) array of str
        The Bolt connection of each.
    begin, end : float, epoch seconds
        What the trace covers; a hold that was under way at `begin` is not in it.
    where : Where
        The first line of the trace.
    rejected : (n,) array of bool
        Which of them the pool had no thread for.
    left_out : int
        Holds that are more than are kept; the last ones of the trace.
    """

    asked: Floats
    starts: Floats
    ends: Floats
    waited: Floats
    messages: NDArray[np.int64]
    connections: NDArray[np.str_]
    begin: float
    end: float
    where: Where
    rejected: NDArray[np.bool_]
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.asked)
