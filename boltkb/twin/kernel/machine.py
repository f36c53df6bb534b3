"""The machine: cores shared by the threads that work, and pauses in which nothing moves.

Processor sharing in virtual time (Kleinrock 1976): work is measured in the seconds it takes
alone, and all working threads advance at one speed, `cores / demand` or 1.
"""

from __future__ import annotations

import math

from boltkb.twin.kernel.compiling import STATE, compiled, f8, i8, nothing

__all__ = ["cancel_work", "change_speed", "end_work", "start_work"]


@compiled(nothing(STATE, i8), inline=True)
def _advance(s, m):
    """Bring the virtual time of a member up to now."""
    now = s.world[0].now
    s.members[m].virtual += (now - s.members[m].at) * s.members[m].speed
    s.members[m].at = now


@compiled(nothing(STATE, i8), inline=True)
def _set_clock(s, m):
    """Say when the next work of a member ends, at the speed that holds from now on."""
    demand = s.members[m].demand
    speed = 1.0
    if s.members[m].paused > 0:
        speed = 0.0
    elif demand > s.members[m].cores:
        speed = s.members[m].cores / demand
    s.members[m].speed = speed
    if s.members[m].heap == 0 or speed == 0.0:
        s.clocks[m] = math.inf
    else:
        left = max(0.0, s.finish[m, 0] - s.members[m].virtual)
        if speed != 1.0:  # a division takes its time
            left /= speed
        s.clocks[m] = s.world[0].now + left


@compiled(nothing(STATE, i8))
def change_speed(s, m):
    """Take up a pause that began or ended."""
    _advance(s, m)
    _set_clock(s, m)


@compiled(nothing(STATE, i8, f8, i8), inline=True)
def _lift(s, m, time, c):
    finish, finisher = s.finish[m], s.finisher[m]
    i = s.members[m].heap
    s.members[m].heap = i + 1
    while i > 0:
        above = (i - 1) >> 2
        if finish[above] <= time:
            break
        finish[i], finisher[i] = finish[above], finisher[above]
        i = above
    finish[i], finisher[i] = time, c


@compiled(nothing(STATE, i8), inline=True)
def _sink(s, m):
    """Take the first off: a hole sinks along the smallest children, and the last fills it.

    Four children each, as that makes half as many levels.  The way down has no branch that
    depends on the values, which are too random to predict.
    """
    finish, finisher = s.finish[m], s.finisher[m]
    n = s.members[m].heap - 1
    s.members[m].heap = n
    i, below = 0, 1
    while below + 3 < n:
        left = below + int(finish[below + 1] < finish[below])
        right = below + 2 + int(finish[below + 3] < finish[below + 2])
        below = left + (right - left) * int(finish[right] < finish[left])
        finish[i], finisher[i] = finish[below], finisher[below]
        i = below
        below = 4 * i + 1
    if below < n:
        for other in range(below + 1, n):
            below += (other - below) * int(finish[other] < finish[below])
        finish[i], finisher[i] = finish[below], finisher[below]
        i = below
    time, c = finish[n], finisher[n]
    while i > 0:
        above = (i - 1) >> 2
        if finish[above] <= time:
            break
        finish[i], finisher[i] = finish[above], finisher[above]
        i = above
    finish[i], finisher[i] = time, c


@compiled(nothing(STATE, i8, f8))
def start_work(s, c, seconds):
    """Let a connection's thread work; `seconds` is what it takes alone."""
    m = s.connections[c].member
    _advance(s, m)
    _lift(s, m, s.members[m].virtual + seconds, c)
    s.members[m].working += 1
    s.members[m].demand += s.connections[c].cpu
    s.connections[c].since = s.world[0].now
    _set_clock(s, m)


@compiled(nothing(STATE, i8, i8), inline=True)
def _stop(s, m, c):
    spent = s.world[0].now - s.connections[c].since
    s.connections[c].worked += spent
    s.members[m].processing_time += spent
    s.members[m].working -= 1
    s.members[m].demand -= s.connections[c].cpu
    if s.members[m].heap == 0:  # start again from 0, so that no rounding piles up
        s.members[m].demand = 0.0
        s.members[m].virtual = 0.0


@compiled(i8(STATE, i8))
def end_work(s, m):
    """Return the connection whose work ends now."""
    c = s.finisher[m, 0]
    s.members[m].virtual = s.finish[m, 0]
    s.members[m].at = s.world[0].now
    _sink(s, m)
    _stop(s, m, c)
    _set_clock(s, m)
    return c


@compiled(nothing(STATE, i8))
def cancel_work(s, c):
    """End a connection's work before its time."""
    m = s.connections[c].member
    _advance(s, m)
    n = s.members[m].heap
    for i in range(n):
        if s.finisher[m, i] == c:
            s.finish[m, i] = -math.inf
            # Float it to the top, then take it off.
            while i > 0:
                above = (i - 1) >> 2
                s.finish[m, i], s.finisher[m, i] = s.finish[m, above], s.finisher[m, above]
                i = above
            s.finish[m, 0], s.finisher[m, 0] = -math.inf, c
            break
    _sink(s, m)
    _stop(s, m, c)
    _set_clock(s, m)
