"""Transactions and the locks they hold."""

from __future__ import annotations

import math

from boltkb.twin.kernel import codes
from boltkb.twin.kernel.agenda import plan
from boltkb.twin.kernel.chance import uniform
from boltkb.twin.kernel.compiling import STATE, compiled, i8, nothing

__all__ = ["end_transaction", "leave_lock_queue", "open_transaction", "take_lock", "unlock"]


@compiled(nothing(STATE, i8))
def unlock(s, c):
    """Hand a lock to the next who waits for it."""
    lock = s.connections[c].lock
    s.connections[c].lock = -1
    if lock < 0 or s.locks[lock].owner != c:
        return
    heir = s.locks[lock].head
    s.locks[lock].owner = heir
    if heir >= 0:
        s.locks[lock].head = s.connections[heir].lock_next
        if s.locks[lock].head < 0:
            s.locks[lock].tail = -1
        plan(s, s.world[0].now, codes.LOCKED, heir, s.connections[heir].stamp)


@compiled(nothing(STATE, i8))
def leave_lock_queue(s, c):
    """Take a connection out of those that wait for a lock."""
    lock = s.connections[c].lock
    before, here = -1, s.locks[lock].head
    while here >= 0 and here != c:
        before, here = here, s.connections[here].lock_next
    if here < 0:
        return
    after = s.connections[c].lock_next
    if before < 0:
        s.locks[lock].head = after
    else:
        s.connections[before].lock_next = after
    if s.locks[lock].tail == c:
        s.locks[lock].tail = before


@compiled(nothing(STATE, i8, i8))
def end_transaction(s, c, committed):
    """Close the transaction of a connection, if one is open."""
    if s.connections[c].in_transaction == 0:
        return
    m = s.connections[c].member
    s.connections[c].in_transaction = 0
    s.connections[c].expired = 0
    s.members[m].active -= 1
    if committed == 1:
        s.members[m].committed += 1
    else:
        s.members[m].rolled_back += 1


@compiled(i8(STATE, i8))
def open_transaction(s, c):
    """Open a transaction; 0 when the database has too many."""
    m = s.connections[c].member
    k = s.connections[c].client
    limit = s.members[m].transaction_limit
    if limit > 0 and s.members[m].active >= limit:
        return 0
    now = s.world[0].now
    s.connections[c].in_transaction = 1
    s.connections[c].expired = 0
    s.connections[c].transaction_start = now
    active = s.members[m].active + 1
    s.members[m].active = active
    s.members[m].transactions += 1
    s.members[m].peak = max(s.members[m].peak, active)
    allowed = min(s.members[m].transaction_timeout, s.clients[k].timeout)
    if allowed < math.inf:
        plan(s, now + allowed, codes.EXPIRED, c, s.connections[c].stamp)
    return 1


@compiled(i8(STATE, i8))
def take_lock(s, c):
    """Take a lock where one is needed; 0 when the thread has to wait for it."""
    k = s.connections[c].client
    m = s.connections[c].member
    if s.connections[c].lock >= 0 or s.clients[k].lock_share <= 0.0 or s.members[m].locks == 0:
        return 1
    stream = k * codes.STREAMS + codes.EXTRAS
    if uniform(s, stream) >= s.clients[k].lock_share:
        return 1
    lock = s.members[m].first_lock + int(uniform(s, stream) * s.members[m].locks)
    s.connections[c].lock = lock
    if s.locks[lock].owner < 0:
        s.locks[lock].owner = c
        return 1
    tail = s.locks[lock].tail
    s.connections[c].lock_next = -1
    if tail < 0:
        s.locks[lock].head = c
    else:
        s.connections[tail].lock_next = c
    s.locks[lock].tail = c
    s.connections[c].since = s.world[0].now
    s.members[m].waiting_lock += 1
    return 0
