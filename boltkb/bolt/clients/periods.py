"""A fixed time from one kind of happening to another, found in their counts alone.

Knows times; nothing of connections.  If connections are cut after a fixed idle time, those that
were opened, used once and not needed again are closed just so long after their opening: such a
lag then stands out of the others, which are as chance has it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boltkb.bolt.clients.records import Period

__all__ = ["Agreement", "agree", "find_period"]

Floats = npt.NDArray[np.float64]

#: No cut is looked for below: what lasts less is a driver that opens and closes for each request.
_SHORTEST = 60.0
#: Idle times beyond two hours are not told from the course of a day.
_LONGEST = 7200.0
#: Fewer moments of closing than this say nothing of a fixed time.
_FEWEST = 5
#: Moments beyond this are not all compared; the last of them are as good.
_MOST = 200
_DRAWS = 200
#: A lag is told no finer than this: a connection is used for a while before it is idle.
_FINEST = 10.0
#: How far an ending is thrown to see what chance does: beyond any one lag, within the hour.
_THROWN = 600.0
#: Spans agree when they lie within this part of one another; timers are that exact.
_ALIKE = 0.05


@dataclass(frozen=True, slots=True)
class Agreement:
    """Spans of time that agree on one length.

    Parameters
    ----------
    seconds, low, high : float, s
    agreeing, all : int
    chance : float, 0 to 1
        How often spans that end at any time would agree as well, at most.
    """

    seconds: float
    low: float
    high: float
    agreeing: int
    all: int
    chance: float


def agree(spans: Sequence[float]) -> Agreement | None:
    """Return the length that most spans have; None with fewer than three.

    Spans that end at any time spread evenly over the orders of magnitude, or wider than a timer's:
    that two of them lie within a twentieth is taken as one chance in ten, which is more than an
    exponential law gives.

    Parameters
    ----------
    spans : sequence of float, s

    Examples
    --------
    >>> found = agree([350.1, 350.2, 349.9, 351.0, 350.4, 12.0])
    >>> found.agreeing, round(found.seconds)
    (5, 350)
    """
    values = np.sort(np.array([span for span in spans if span >= _SHORTEST]))
    if values.size < 3:
        return None
    ends = np.searchsorted(values, values * (1 + _ALIKE), side="right")
    counts = ends - np.arange(values.size)
    best = int(np.argmax(counts))
    alike = values[best : ends[best]]
    others = math.comb(values.size - 1, alike.size - 1) if alike.size > 1 else 1
    chance = min(1.0, values.size * others * 0.1 ** (alike.size - 1))
    return Agreement(
        float(np.median(alike)), float(alike[0]), float(alike[-1]), int(alike.size),
        len(spans), chance,
    )  # fmt: skip


def find_period(
    begun: Floats, ended: Floats, *, resolution: float, start: float, end: float
) -> Period | None:
    """Return the lag from beginnings to endings that stands out most; None with too few.

    An ending counts once for a lag, however many beginnings precede it by just that.  How often
    chance does as well is found by throwing each ending some minutes to either side, so that slow
    changes stay as they are: the best of all lags against the best of all lags.

    Parameters
    ----------
    begun, ended : (n,), (m,) arrays, epoch s
        Moments, each told once, late by up to `resolution`.
    resolution : float, s
        Time between two samples.
    start, end : float, epoch s
        What the moments come from.

    Returns
    -------
    Period or None

    Examples
    --------
    >>> draw = np.random.default_rng(3)
    >>> begun = np.sort(draw.uniform(0.0, 20_000.0, 40))
    >>> found = find_period(begun, begun + 350.0, resolution=10.0, start=0.0, end=21_000.0)
    >>> found.low <= 350.0 <= found.high, found.chance < 0.01
    (True, True)
    """
    begun, ended = np.unique(begun)[-_MOST:], np.unique(ended)[-_MOST:]
    # A lag is late and early by as much as its two ends are.
    width = max(2 * resolution, _FINEST)
    longest = min(_LONGEST, (end - start) / 2)
    if ended.size < _FEWEST or begun.size < _FEWEST or longest <= _SHORTEST + width:
        return None
    bins = int((longest - _SHORTEST) / (width / 2)) + 1
    counts = _matches(begun, ended, width / 2, bins)
    best = int(np.argmax(counts))
    draw = np.random.default_rng(ended.size)
    thrown = max(_THROWN, 10 * width)
    reached = 0
    for _ in range(_DRAWS):
        moved = _within(ended + draw.uniform(-thrown, thrown, ended.size), start, end)
        moved = np.unique(_on_grid(moved, ended[0], resolution))
        reached += int(_matches(begun, moved, width / 2, bins).max() >= counts[best])
    low = _SHORTEST + best * width / 2
    lags = (ended[:, np.newaxis] - begun).ravel()
    lags = lags[(lags >= low) & (lags < low + width)]
    return Period(
        seconds=float(lags.mean()),
        low=max(0.0, low - resolution),
        high=low + width,
        matched=int(counts[best]),
        closings=int(ended.size),
        chance=(reached + 1) / (_DRAWS + 1),
    )


def _within(moments: Floats, start: float, end: float) -> Floats:
    """Fold moments beyond either end back into the time between."""
    above: Floats = np.abs(moments - start) + start
    within: Floats = end - np.abs(end - above)
    return within


def _on_grid(moments: Floats, first: float, resolution: float) -> Floats:
    """Move moments to where samples are taken, as what they stand for was seen at samples."""
    if resolution <= 0:
        return moments
    moved: Floats = first + np.round((moments - first) / resolution) * resolution
    return moved


def _matches(begun: Floats, ended: Floats, half: float, bins: int) -> npt.NDArray[np.int64]:
    """Return for each lag how many endings have a beginning before them by it.

    A lag is two bins wide and begins with each bin: they overlap, so that none falls between.
    """
    place = np.floor((ended[:, np.newaxis] - begun - _SHORTEST) / half).astype(np.int64)
    row = np.broadcast_to(np.arange(ended.size)[:, np.newaxis], place.shape)
    inside = (place >= 0) & (place < bins)
    found = np.zeros((ended.size, bins + 1), dtype=bool)
    found[row[inside], place[inside]] = True
    counts: npt.NDArray[np.int64] = (found[:, :-1] | found[:, 1:]).sum(axis=0)
    return counts
