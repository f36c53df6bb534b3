"""Steps of the load: where one level ends and another begins.

The best cutting of the samples into stretches of constant load, by dynamic programming
(Jackson et al. 2005), the cost of a stretch being its negative log likelihood under the
truncated Poisson law and each cut paying a penalty.  A load that moves smoothly is cut as
well; whether steps or a smooth path describe it better is for the held-out score to say.
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import special

from boltkb.queueing.candidates import ChangePoint
from boltkb.queueing.erlang import FloatArray, log_erlang_b
from boltkb.queueing.evidence import Evidence
from boltkb.queueing.observations import Estimate
from boltkb.queueing.series import Blocks, busy_moments, cut_blocks, solve_loads

__all__ = ["Steps", "StretchCost", "best_cuts", "change_points", "cut_steps"]

#: A stretch holds at least so many samples, and lasts so many mean holds.
FEWEST_SAMPLES = 20
FEWEST_HOLDS = 10
#: Blocks between which cuts are looked for.
MOST_BLOCKS = 600
#: A change of the load by less is not worth a name.
SMALL_STEP = 0.02


class StretchCost(Protocol):
    """What stretches of samples cost when each has one level."""

    @property
    def size(self) -> FloatArray:
        """Running sum of the samples before each block, (m + 1,)."""

    def of_stretches(self, first: FloatArray, last: int) -> FloatArray:
        """Return the negative log likelihood of the stretches `first[i]` to `last`."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Blocks grouped into stretches of one load.

    Parameters
    ----------
    stretch : (m,) array of int
        The stretch of each block.
    load : (s,) array, erlangs
        The load of each stretch.
    worth : (s,) array
        Samples of each stretch.
    """

    stretch: NDArray[np.int64]
    load: FloatArray
    worth: FloatArray


def change_points(evidence: Evidence) -> tuple[ChangePoint, ...]:
    """Return the moments at which the load stepped, gaps that were named included.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    tuple of ChangePoint
        In order of time.  A stretch has at least 20 samples and 10 mean holds.
    """
    size = evidence.samples.busy.size
    if evidence.samples.busy.max() == 0:
        return ()
    blocks = cut_blocks(evidence.samples, max(1, size // MOST_BLOCKS))
    gaps = [(start + end) / 2 for start, end in evidence.observations.gaps]
    part = np.searchsorted(np.sort(gaps), blocks.centre)
    steps = cut_steps(evidence, blocks, part.astype(np.int64))
    found = []
    for block in np.flatnonzero(np.diff(steps.stretch)):
        left, right = int(steps.stretch[block]), int(steps.stretch[block + 1])
        before, after = _level(evidence, steps, left), _level(evidence, steps, right)
        forced = bool(part[block] != part[block + 1])
        moved = abs(float(np.log(steps.load[right] / max(steps.load[left], 1e-300))))
        if forced or moved > SMALL_STEP:
            time = float(blocks.end[block] + blocks.start[block + 1]) / 2
            found.append(ChangePoint(time, before, after, forced))
    return tuple(found)


def cut_steps(evidence: Evidence, blocks: Blocks, part: NDArray[np.int64] | None = None) -> Steps:
    """Return the best stretches of constant load, none across two parts.

    Parameters
    ----------
    evidence : Evidence
        Gives the law, the thinning and the memory.
    blocks : Blocks
        Blocks of size 0 carry no evidence and fall to the stretch around them.
    part : (m,) array of int, optional
        Non-decreasing; cuts are forced where it changes.
    """
    m = blocks.size.size
    if part is None:
        part = np.zeros(m, dtype=np.int64)
    per_hold = (1.0 + evidence.memory) / 2.0
    least = max(float(FEWEST_SAMPLES), FEWEST_HOLDS * per_hold)
    cost = _Cost.of(evidence, blocks)
    penalty = 1.5 * float(np.log(max(2.0, blocks.size.sum() / evidence.thinning))) + 2.0
    stretch = np.zeros(m, dtype=np.int64)
    count = 0
    for number in np.unique(part):
        inside = np.flatnonzero(part == number)
        cuts = best_cuts(cost, int(inside[0]), int(inside[-1]) + 1, least, penalty)
        for first, last in itertools.pairwise(cuts):
            stretch[first:last] = count
            count += 1
    worth = np.bincount(stretch, blocks.size, count).astype(float)
    total = np.bincount(stretch, blocks.total + evidence.ceiling * blocks.censored, count)
    means = total / np.maximum(worth, 1e-9)
    load = np.maximum(1e-9, solve_loads(evidence.ceiling, means))
    return Steps(stretch, load, worth)


def best_cuts(cost: StretchCost, begin: int, end: int, least: float, penalty: float) -> list[int]:
    """Return the bounds of the best stretches between two blocks, both ends included.

    Parameters
    ----------
    cost : StretchCost
    begin, end : int
        The first block, and the one after the last.
    least : float, samples
        What a stretch holds at least.
    penalty : float
        What each cut must gain.
    """
    stride = max(1, -(-(end - begin) // MOST_BLOCKS))
    marks = np.append(np.arange(begin, end, stride), end)
    best = np.full(marks.size, np.inf)
    best[0] = -penalty
    back = np.zeros(marks.size, dtype=np.int64)
    for last in range(1, marks.size):
        enough = cost.size[marks[last]] - cost.size[marks[:last]] >= least
        enough &= np.isfinite(best[:last])
        if last == marks.size - 1:
            enough[0] = True  # a part too short to cut is one stretch
        starts = np.flatnonzero(enough)
        if starts.size == 0:
            continue
        values = best[starts] + penalty
        values += cost.of_stretches(marks[starts].astype(float), int(marks[last]))
        choice = int(np.argmin(values))
        best[last], back[last] = values[choice], starts[choice]
    cuts = [marks.size - 1]
    while cuts[-1] > 0:
        cuts.append(int(back[cuts[-1]]))
    return [int(marks[cut]) for cut in cuts[::-1]]


@dataclass(frozen=True, slots=True)
class _Cost:
    """Negative log likelihood of stretches, from running sums and a table over the mean."""

    size: FloatArray
    total: FloatArray
    grid: FloatArray
    gain: FloatArray
    thinning: float

    @classmethod
    def of(cls, evidence: Evidence, blocks: Blocks) -> _Cost:
        total = blocks.total + evidence.ceiling * blocks.censored
        return cls(
            np.append(0.0, np.cumsum(blocks.size)), np.append(0.0, np.cumsum(total)),
            *_gains(evidence.ceiling), evidence.thinning,
        )  # fmt: skip

    def of_stretches(self, first: FloatArray, last: int) -> FloatArray:
        index = first.astype(np.int64)
        size = self.size[last] - self.size[index]
        mean = (self.total[last] - self.total[index]) / np.maximum(size, 1e-9)
        return np.asarray(-size / self.thinning * np.interp(mean, self.grid, self.gain))


@functools.lru_cache(maxsize=8)
def _gains(ceiling: int) -> tuple[FloatArray, FloatArray]:
    """Return mean numbers of busy servers, rising, and the log likelihood a sample has at each.

    A fit asks six times for the same servers.
    """
    load = np.geomspace(1e-4, 50.0 * ceiling, 3_000)
    mean = busy_moments(ceiling, load)[0]
    log_norm = ceiling * np.log(load) - special.gammaln(ceiling + 1.0)
    log_norm -= np.asarray(log_erlang_b(ceiling, load))
    gain = mean * np.log(load) - log_norm
    mean.flags.writeable = gain.flags.writeable = False
    return mean, gain


def _level(evidence: Evidence, steps: Steps, stretch: int) -> Estimate:
    load = float(steps.load[stretch])
    variance = float(busy_moments(evidence.ceiling, np.array([load]))[1][0])
    worth = steps.worth[stretch] / evidence.thinning
    relative = 1.0 / float(np.sqrt(max(variance * worth, 1e-300)))
    return Estimate(
        load, load * float(np.exp(-1.96 * min(relative, 10.0))),
        load * float(np.exp(1.96 * min(relative, 10.0))), "erlangs", "constant over this stretch",
    )  # fmt: skip
