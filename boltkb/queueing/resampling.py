"""The second interval: blocks of the window drawn again, load and noise together.

The first interval speaks of this window, whose load was what it was.  This one takes the
window as a stretch of a longer time whose load moves on in the same way, and is wider by as
much.  It knows nothing of Poisson arrivals.
"""

from __future__ import annotations

import numpy as np

from boltkb.queueing.evidence import Evidence
from boltkb.queueing.observations import Estimate
from boltkb.queueing.series import solve_load

__all__ = ["FEWEST_BLOCKS", "load_by_bootstrap"]

#: Independent stretches from which an interval can be told.
FEWEST_BLOCKS = 10
RESAMPLES = 400


def load_by_bootstrap(
    evidence: Evidence, load_memory: float | None, rng: np.random.Generator
) -> Estimate:
    """Return the offered load with an interval by circular block bootstrap.

    Blocks are at least four times as long as the memory of the busy servers and as the load's
    own (Kunsch 1989; Politis and Romano 1992); absent when the window holds fewer than ten.

    Parameters
    ----------
    evidence : Evidence
    load_memory : float or None, seconds
        Time after which the load's correlation is 1/e; None for a constant load.
    rng : numpy Generator
    """
    busy = evidence.samples.busy
    of_load = 0.0 if load_memory is None else load_memory / evidence.samples.interval
    length = int(np.ceil(max(4.0 * evidence.memory, 4.0 * of_load, busy.size ** (1 / 3), 1.0)))
    count = busy.size // length
    if count < FEWEST_BLOCKS:
        return Estimate(
            None, None, None, "erlangs",
            f"the window holds {count} independent stretches of {length} samples; "
            f"{FEWEST_BLOCKS} are needed for an interval that speaks of other times",
        )  # fmt: skip
    if busy.max() == 0:
        return Estimate(0.0, None, None, "erlangs", "no server was seen busy")
    summed = np.concatenate([[0.0], np.cumsum(np.concatenate([busy, busy[:length]]))])
    sums = summed[length:] - summed[:-length]
    starts = rng.integers(0, busy.size, (RESAMPLES, count))
    means = sums[starts].sum(axis=1) / (count * length)
    # The load over the mean busy servers, which rejections lower: that of the window's path.
    raised = float(np.median(evidence.path.draws @ evidence.weights)) / float(busy.mean())
    pooled = solve_load(evidence.ceiling, float(busy.mean()))
    low, high = np.quantile(means, [0.025, 0.975]).tolist()
    ends = [solve_load(evidence.ceiling, mean) / pooled for mean in (low, high)]
    value = float(busy.mean()) * raised
    return Estimate(
        value, value * min(1.0, ends[0]), value * max(1.0, ends[1]), "erlangs",
        f"by bootstrap of {count} stretches of {length} samples: this window as a part of a "
        "longer time",
    )  # fmt: skip
