"""What ends before its time: transactions that take too long, sign-ins that never come."""

from __future__ import annotations

import math

from boltkb.twin.kernel import codes
from boltkb.twin.kernel.agenda import plan
from boltkb.twin.kernel.compiling import STATE, compiled, i8, nothing
from boltkb.twin.kernel.holds import close, finish
from boltkb.twin.kernel.machine import cancel_work
from boltkb.twin.kernel.records import note_hold
from boltkb.twin.kernel.threads import leave_queue
from boltkb.twin.kernel.transactions import end_transaction, leave_lock_queue, unlock

__all__ = ["expire", "give_up_sign_in"]

#: How often a worker that waits for its client looks whether the transaction still lives, s.
LOOK = 10.0


@compiled(nothing(STATE, i8))
def give_up_sign_in(s, c):
    """Close a connection whose sign-in took too long: in the queue, or with a worker."""
    if s.connections[c].state == codes.QUEUED and s.connections[c].worker < 0:
        leave_queue(s, s.connections[c].executor, c)
        s.connections[c].start = s.world[0].now
        s.connections[c].worked = s.connections[c].client_wait = s.connections[c].lock_wait = 0.0
        note_hold(s, c, codes.LEFT_QUEUE)
        close(s, c)
        s.connections[c].result = codes.CONNECTION_LOST
        s.connections[c].stamp += 1
        later = s.world[0].now + s.clients[s.connections[c].client].latency
        plan(s, later, codes.REPLY, c, s.connections[c].stamp)
    elif s.connections[c].held == 1 and s.connections[c].phase == codes.CLEANING:
        cancel_work(s, c)
        finish(s, c, codes.CONNECTION_LOST)


@compiled(nothing(STATE, i8))
def expire(s, c):
    """End a transaction that took longer than it may."""
    m = s.connections[c].member
    if s.connections[c].in_transaction == 0:
        return
    s.members[m].terminated += 1
    s.connections[c].expired = 1
    phase = s.connections[c].phase
    if phase == codes.WORKING or phase == codes.COMMITTING:
        cancel_work(s, c)
        finish(s, c, codes.TRANSACTION_TIMEOUT)
    elif phase == codes.WAIT_LOCK:
        if s.locks[s.connections[c].lock].owner == c:  # handed over, and not yet taken up
            unlock(s, c)
        else:
            leave_lock_queue(s, c)
        s.members[m].waiting_lock -= 1
        s.connections[c].lock_wait += s.world[0].now - s.connections[c].since
        s.connections[c].lock = -1
        finish(s, c, codes.TRANSACTION_TIMEOUT)
    elif s.connections[c].held == 1 and s.members[m].revalidates == 1:
        # The worker wakes every ten seconds to look; only then does it let go.
        looks = math.ceil((s.world[0].now - s.connections[c].since) / LOOK)
        when = s.connections[c].since + max(1.0, looks) * LOOK
        plan(s, when, codes.RECHECK, c, s.connections[c].stamp)
    elif s.connections[c].held == 0:
        unlock(s, c)
        end_transaction(s, c, 0)
        s.connections[c].expired = 1
