"""When work was rejected, over the whole export, as finely as the evidence tells.

Part of the bridge.  Logged rejections have their own times; those that only show as messages
received and never started are put at the sample by which they had happened.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boltkb.bolt.observe import Trace
from boltkb.bolt.pool import Pool
from boltkb.bolt.rejections import Rejections, read_rejections, unstarted_messages
from boltkb.exports import Export

__all__ = ["find_rejections"]

Floats = npt.NDArray[np.float64]

#: Rejections until which an estimate may be messages on their way.
_DOUBTFUL = 2.0


def find_rejections(
    export: Export, pool: Pool, *, start: float, end: float
) -> tuple[Trace | None, float | None, Rejections]:
    """Return when work was rejected and how often then, the first time, and what is known of it.

    Parameters
    ----------
    export : Export
    pool : Pool
    start, end : float, epoch s

    Returns
    -------
    Trace or None
        None where it is not known; empty where nothing was rejected.
    float or None, epoch s
        The first rejection, or the first sign of one.
    Rejections
    """
    known = read_rejections(export, pool, start=start, end=end)
    trace: Trace | None
    if known.times.size:
        trace = (known.times, np.ones(known.times.size))
    elif export.holds is not None and bool(export.holds.rejected.any()):
        asked = np.sort(export.holds.asked[export.holds.rejected])
        trace = (asked, np.ones(asked.size))
    elif known.how == "estimated":
        trace = _growth(export, start, end, known.value or 0.0)
    elif known.how == "none":
        trace = (np.empty(0), np.empty(0))
    else:
        trace = None
    signs = [*known.episodes[:1]]
    if trace is not None and trace[0].size:
        least = 0.0 if known.how != "estimated" else _DOUBTFUL
        past = np.flatnonzero(np.cumsum(trace[1]) > least)
        signs += [float(trace[0][past[0]])] if past.size else []
    return trace, min(signs, default=None), known


def _growth(export: Export, start: float, end: float, total: float) -> Trace | None:
    """Return the growth of received minus started messages, as so many rejections in all."""
    climbed = unstarted_messages(export, start, end)
    if climbed is None:
        return None
    at, grown = climbed
    found = grown > 0
    if not found.any():
        return np.empty(0), np.empty(0)
    return at[found], grown[found] * (total / float(grown[found].sum()))
