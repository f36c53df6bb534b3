"""The lists of a driver's pool: idle connections, and requests that wait for one."""

from __future__ import annotations

from boltkb.twin.kernel import codes
from boltkb.twin.kernel.chance import uniform
from boltkb.twin.kernel.compiling import STATE, compiled, i8, nothing

__all__ = ["join", "leave", "line_of", "pick_waiter", "put_idle", "take_idle"]


@compiled(nothing(STATE, i8, i8))
def put_idle(s, p, c):
    """Put a connection among the idle ones, where its driver's reuse order has it."""
    rule = s.clients[s.pools[p].client].reuse
    before, after = -1, s.pools[p].idle_head
    if rule == codes.FIRST_IN:
        before, after = s.pools[p].idle_tail, -1
    elif rule == codes.OLDEST_SLOT:
        serial = s.connections[c].serial
        while after >= 0 and s.connections[after].serial < serial:
            before, after = after, s.connections[after].next
    s.connections[c].prev = before
    s.connections[c].next = after
    if before < 0:
        s.pools[p].idle_head = c
    else:
        s.connections[before].next = c
    if after < 0:
        s.pools[p].idle_tail = c
    else:
        s.connections[after].prev = c
    s.pools[p].idle += 1
    s.connections[c].idle_since = s.world[0].now


@compiled(nothing(STATE, i8, i8))
def take_idle(s, p, c):
    """Take a connection out of the idle ones."""
    before, after = s.connections[c].prev, s.connections[c].next
    if before < 0:
        s.pools[p].idle_head = after
    else:
        s.connections[before].next = after
    if after < 0:
        s.pools[p].idle_tail = before
    else:
        s.connections[after].prev = before
    s.pools[p].idle -= 1
    s.connections[c].stamp += 1


@compiled(i8(STATE, i8), inline=True)
def line_of(s, p):
    """Return the pool that keeps the waiting line of a pool: for Go, the driver's first one."""
    if s.clients[s.pools[p].client].shared_line == 0:
        return p
    return s.pools[p].driver * s.world[0].members * 2 + (p & 1)


@compiled(nothing(STATE, i8, i8))
def join(s, p, r):
    """Let a request wait for a connection.

    JavaScript serves calls of one turn of its event loop in reverse: a request that comes at
    the very moment of the last one goes before all of that moment.
    """
    now = s.world[0].now
    before = s.pools[p].wait_tail
    if s.clients[s.pools[p].client].waiters == codes.BURST_REVERSED:
        if s.pools[p].burst_at == now and s.pools[p].waiting > 0:
            before = s.pools[p].burst_before
        else:
            s.pools[p].burst_at = now
            s.pools[p].burst_before = before
    after = s.pools[p].wait_head if before < 0 else s.requests[before].next
    s.requests[r].prev = before
    s.requests[r].next = after
    if before < 0:
        s.pools[p].wait_head = r
    else:
        s.requests[before].next = r
    if after < 0:
        s.pools[p].wait_tail = r
    else:
        s.requests[after].prev = r
    s.pools[p].waiting += 1


@compiled(nothing(STATE, i8, i8))
def leave(s, p, r):
    """Take a request out of those that wait."""
    before, after = s.requests[r].prev, s.requests[r].next
    if before < 0:
        s.pools[p].wait_head = after
    else:
        s.requests[before].next = after
    if after < 0:
        s.pools[p].wait_tail = before
    else:
        s.requests[after].prev = before
    s.pools[p].waiting -= 1
    if s.pools[p].burst_before == r:
        s.pools[p].burst_before = before


@compiled(i8(STATE, i8))
def pick_waiter(s, p):
    """Return the request that a freed connection wakes, no longer waiting."""
    k = s.pools[p].client
    r = s.pools[p].wait_head
    if s.clients[k].waiters == codes.ANY_ORDER:  # all are woken and race
        steps = int(uniform(s, k * codes.STREAMS + codes.ROUTING) * s.pools[p].waiting)
        for _ in range(steps):
            r = s.requests[r].next
    leave(s, p, r)
    return r
