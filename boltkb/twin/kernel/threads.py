"""The worker pool of a member, as the JDK's ThreadPoolExecutor keeps it.

Below its core size the pool is started beforehand.  A task goes to an idle worker; else into
the queue, where there is one with room; else to a new worker, up to the most; else it is
refused.  So a pool with an unbounded queue never grows, and one with a bounded queue grows
only when the queue is full.  A worker that came to idle while the pool was above its core
size leaves after the keep-alive.  With direct hand-off the worker that came last is woken
first (the transfer stack of `SynchronousQueue`), with a queue the one that came first.
"""

from __future__ import annotations

import math

from boltkb.twin.kernel import codes
from boltkb.twin.kernel.agenda import plan
from boltkb.twin.kernel.compiling import STATE, compiled, i8, nothing

__all__ = ["find_worker", "leave_queue", "rest", "trim"]

_TIMED = 1 << 40  # marks an idle worker that will not wait longer than the keep-alive


@compiled(i8(STATE, i8), inline=True)
def _wake(s, e):
    """Return an idle worker, now busy, or -1."""
    idle = s.executors[e].idle
    if idle == 0:
        return -1
    ring = s.world[0].ring
    s.executors[e].idle = idle - 1
    place = s.executors[e].first
    if s.executors[e].room == 0:
        place += idle - 1
        if place >= ring:
            place -= ring
    else:
        s.executors[e].first = place + 1 if place + 1 < ring else 0
    return s.idle_workers[e, place] & (_TIMED - 1)


@compiled(nothing(STATE, i8), inline=True)
def _begin(s, e):
    busy = s.executors[e].busy + 1
    s.executors[e].busy = busy
    s.executors[e].peak = max(s.executors[e].peak, busy)


@compiled(i8(STATE, i8, i8), inline=True)
def find_worker(s, e, c):
    """Return a worker for a connection; -1 when it was queued, -2 when refused."""
    worker = _wake(s, e)
    if worker >= 0:
        _begin(s, e)
        return worker
    room = s.executors[e].room
    queues = room < 0 or s.executors[e].queued < room
    size = s.executors[e].size
    if queues and size > 0:
        tail = s.executors[e].queue_tail
        s.connections[c].queue_next = -1
        if tail < 0:
            s.executors[e].queue_head = c
        else:
            s.connections[tail].queue_next = c
        s.executors[e].queue_tail = c
        s.executors[e].queued += 1
        return -1
    if size < s.executors[e].most or (queues and size == 0):
        s.executors[e].size = size + 1
        worker = s.executors[e].workers
        s.executors[e].workers = worker + 1
        _begin(s, e)
        return worker
    return -2


@compiled(i8(STATE, i8, i8), inline=True)
def rest(s, e, worker):
    """Let a worker take the next connection of the queue, which is returned, or idle: -1."""
    c = s.executors[e].queue_head
    if c >= 0:
        s.executors[e].queue_head = s.connections[c].queue_next
        if s.executors[e].queue_head < 0:
            s.executors[e].queue_tail = -1
        s.executors[e].queued -= 1
        _begin(s, e)
        return c
    size = s.executors[e].size
    mark = 0
    if size > s.executors[e].core:
        if s.executors[e].keep_alive <= 0.0:
            s.executors[e].size = size - 1
            return -1
        mark = _TIMED
        if s.executors[e].trim_at == math.inf:
            when = s.world[0].now + s.executors[e].keep_alive
            s.executors[e].trim_at = when
            plan(s, when, codes.TRIM, e, 0)
    ring = s.world[0].ring
    place = s.executors[e].first + s.executors[e].idle
    if place >= ring:
        place -= ring
    s.idle_workers[e, place] = worker | mark
    s.idle_since[e, place] = s.world[0].now
    s.executors[e].idle += 1
    return -1


@compiled(nothing(STATE, i8, i8))
def leave_queue(s, e, c):
    """Take a connection out of those that wait for a worker."""
    before, here = -1, s.executors[e].queue_head
    while here >= 0 and here != c:
        before, here = here, s.connections[here].queue_next
    if here < 0:
        return
    after = s.connections[c].queue_next
    if before < 0:
        s.executors[e].queue_head = after
    else:
        s.connections[before].queue_next = after
    if after < 0:
        s.executors[e].queue_tail = before
    s.executors[e].queued -= 1


@compiled(nothing(STATE, i8))
def trim(s, e):
    """Send away workers that idled for the keep-alive, and come back when the next would."""
    ring = s.world[0].ring
    now = s.world[0].now
    keep = s.executors[e].keep_alive
    first, idle = s.executors[e].first, s.executors[e].idle
    kept, when = 0, math.inf
    for i in range(idle):
        place = (first + i) % ring
        worker, since = s.idle_workers[e, place], s.idle_since[e, place]
        if worker >= _TIMED:
            if since + keep <= now and s.executors[e].size > s.executors[e].core:
                s.executors[e].size -= 1
                continue
            if since + keep <= now:  # looks again without a limit: the pool is at its core size
                worker &= _TIMED - 1
            else:
                when = min(when, since + keep)
        target = (first + kept) % ring
        s.idle_workers[e, target], s.idle_since[e, target] = worker, since
        kept += 1
    s.executors[e].idle = kept
    s.executors[e].trim_at = when
    if when < math.inf:
        plan(s, when, codes.TRIM, e, 0)
