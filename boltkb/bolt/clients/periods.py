"""A fixed time from one kind of happening to another, found in their counts alone.

Knows times; nothing of connections.  If connections are cut after a fixed idle time, those that
were opened, used once and not needed again are closed just so long after their opening: such a
lag then stands out of the others, which are as chance has it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boltkb.bolt.clients.records import Period

__all__ = ["find_period"]

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
