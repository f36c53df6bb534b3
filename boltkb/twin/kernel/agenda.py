"""The agenda: a binary heap of what is to happen, ties in the order in which they were set."""

from __future__ import annotations

from boltkb.twin.kernel.compiling import STATE, compiled, f8, i8, nothing

__all__ = ["INDEX", "KIND", "STAMP", "drop", "plan"]

#: An entry's third number: six bits of kind, 28 of stamp, 28 of index.
INDEX = (1 << 28) - 1
STAMP = (1 << 28) - 1
KIND = 56


@compiled(nothing(STATE, f8, i8, i8, i8))
def plan(s, time, kind, index, stamp):
    """Put an event on the agenda; the stamp tells later whether it still holds."""
    world = s.world
    times, order, what = s.times, s.order, s.what
    i = world[0].heap
    world[0].heap = i + 1
    turn = world[0].order
    world[0].order = turn + 1
    while i > 0:
        above = (i - 1) >> 1
        if times[above] <= time:  # an equal time was set earlier
            break
        times[i], order[i], what[i] = times[above], order[above], what[above]
        i = above
    times[i], order[i] = time, turn
    what[i] = (kind << 56) | ((stamp & STAMP) << 28) | index


@compiled(nothing(STATE))
def drop(s):
    """Take the first event off."""
    times, order, what = s.times, s.order, s.what
    n = s.world[0].heap - 1
    s.world[0].heap = n
    time, turn, item = times[n], order[n], what[n]
    i = 0
    while True:
        below = 2 * i + 1
        if below >= n:
            break
        right = below + 1
        if right < n and (
            times[right] < times[below]
            or (times[right] == times[below] and order[right] < order[below])
        ):
            below = right
        if times[below] > time or (times[below] == time and order[below] > turn):
            break
        times[i], order[i], what[i] = times[below], order[below], what[below]
        i = below
    times[i], order[i], what[i] = time, turn, item
