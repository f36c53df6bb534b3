"""Whether holds take longer the more threads are held: what they share is scarce.

Part of the bridge.  Rejected work holds no thread and is not in the throughput, so a full pool
does not bend the mean hold; pauses do, and are left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from boltkb.bolt.course.records import Contention, Pause, Shift
from boltkb.queueing.scalability import hold_growth
from boltkb.tables import number

__all__ = ["find_contention"]

Floats = npt.NDArray[np.float64]

#: Holds that grow by less are as good as constant, whatever chance allows.
GROWS = 1.25
#: An upper bound of the growth up to which holds are called constant.
CONSTANT = 1.5
#: A bin that a pause touches tells nothing, nor do those that begin so soon after it, s.
_AFTERWARDS = 10.0


def find_contention(
    edges: Floats,
    busy: Floats,
    done: Floats,
    pauses: Sequence[Pause],
    shifts: Sequence[Shift],
    *,
    detrended: bool = False,
) -> Contention:
    """Return whether mean holds grow with the number of held threads.

    Parameters
    ----------
    edges : (m + 1,) array, epoch s
    busy : (m,) array, threads
        Mean of each bin.
    done : (m,) array
        Holds that ended in each bin.
    pauses : sequence of Pause
    shifts : sequence of Shift
        Of the mean hold; what lies on different sides of one is not compared.
    detrended : bool
        Whether what rises or falls steadily over time is no evidence.
    """
    width = np.diff(edges)
    with np.errstate(divide="ignore", invalid="ignore"):
        hold = np.where(done > 0, busy * width / done, np.nan)
    kept = busy.copy()
    for pause in pauses:
        end = pause.start + pause.seconds + _AFTERWARDS
        kept[(edges[:-1] < end) & (edges[1:] > pause.start)] = np.nan
    cuts = np.array([shift.when for shift in shifts])
    stretch = np.searchsorted(cuts, (edges[1:] + edges[:-1]) / 2).astype(np.int64)
    found = hold_growth(kept, hold, np.nan_to_num(done), stretch, detrended=detrended)
    if found.growth is None or found.low is None or found.high is None:
        return Contention("cannot_tell", None, None, None, f"{found.reason}.")
    words = (
        f"At {number(found.many, uncertainty=1.0)} held threads the mean hold was "
        f"{number(found.growth, uncertainty=max(0.05, found.high - found.low))} times that at "
        f"{number(found.few, uncertainty=1.0)}."
    )
    if found.low > 1.0 and found.growth >= GROWS:
        return Contention("grows", found.growth, found.low, found.high, words)
    if found.high <= CONSTANT:
        return Contention("constant", found.growth, found.low, found.high, words)
    return Contention("cannot_tell", found.growth, found.low, found.high, words)
