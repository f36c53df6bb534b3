"""What the kernel writes down: one row of numbers for each thing that happened."""

from __future__ import annotations

from boltkb.twin.kernel import codes
from boltkb.twin.kernel.compiling import STATE, compiled, i8, nothing
from boltkb.twin.kernel.layout import RECORD_WIDTH

__all__ = [
    "blank_row",
    "note_connection",
    "note_hold",
    "note_query",
    "note_refusal",
    "note_request",
    "take_sample",
]


@compiled(i8(STATE, i8), inline=True)
def new_row(s, kind):
    """Return the number of a fresh row, or -1 when nobody asked for this kind."""
    if (s.world[0].want >> kind) & 1 == 0:
        return -1
    row = s.world[0].records
    s.world[0].records = row + 1
    s.records[row, 0] = kind
    s.records[row, 1] = s.world[0].now
    return row


@compiled(i8(STATE, i8))
def blank_row(s, kind):
    """Return the number of a fresh row with nothing of what stood there before; -1: unwanted."""
    row = new_row(s, kind)
    if row >= 0:
        for i in range(2, RECORD_WIDTH):
            s.records[row, i] = 0.0
    return row


@compiled(nothing(STATE, i8, i8), inline=True)
def note_hold(s, c, outcome):
    """Write down a hold that ends."""
    row = new_row(s, codes.REC_HOLD)
    if row < 0:
        return
    out = s.records
    out[row, 2] = s.connections[c].asked
    out[row, 3] = s.connections[c].start
    out[row, 4] = s.connections[c].serial
    out[row, 5] = s.connections[c].member
    out[row, 6] = s.connections[c].client
    out[row, 7] = s.connections[c].task
    out[row, 8] = outcome
    out[row, 9] = s.connections[c].worked
    out[row, 10] = s.connections[c].client_wait
    out[row, 11] = s.connections[c].lock_wait
    out[row, 12] = s.connections[c].worker
    r = s.connections[c].request
    out[row, 13] = -1 if r < 0 else s.requests[r].serial
    out[row, 14] = s.connections[c].executor
    out[row, 15] = s.connections[c].messages


@compiled(nothing(STATE, i8))
def note_refusal(s, c):
    """Write down that no thread was found, with the state of the pool."""
    row = new_row(s, codes.REC_HOLD)
    if row < 0:
        return
    out = s.records
    e = s.connections[c].executor
    out[row, 2] = s.world[0].now
    out[row, 3] = s.world[0].now
    out[row, 4] = s.connections[c].serial
    out[row, 5] = s.connections[c].member
    out[row, 6] = s.connections[c].client
    out[row, 7] = s.connections[c].task
    out[row, 8] = codes.REFUSED
    out[row, 9] = s.executors[e].size
    out[row, 10] = s.executors[e].queued
    out[row, 11] = s.executors[e].completed
    out[row, 12] = -1
    r = s.connections[c].request
    out[row, 13] = -1 if r < 0 else s.requests[r].serial
    out[row, 14] = e
    out[row, 15] = s.connections[c].messages


@compiled(nothing(STATE, i8, i8))
def note_connection(s, c, opened):
    """Write down that a connection was opened or closed."""
    row = blank_row(s, codes.REC_CONNECTION)
    if row < 0:
        return
    out = s.records
    out[row, 2] = opened
    out[row, 3] = s.connections[c].opened
    out[row, 4] = s.connections[c].serial
    out[row, 5] = s.connections[c].member
    out[row, 6] = s.connections[c].client
    p = s.connections[c].pool
    out[row, 7] = -1 if p < 0 else s.pools[p].driver


@compiled(nothing(STATE, i8, i8, i8, i8))
def note_request(s, kind, r, outcome, more):
    """Write down a request, or one try of it, that ends."""
    row = blank_row(s, kind)
    if row < 0:
        return
    out = s.records
    out[row, 2] = s.requests[r].arrived
    out[row, 3] = s.requests[r].begun
    out[row, 4] = s.requests[r].serial
    out[row, 5] = s.requests[r].member
    out[row, 6] = s.requests[r].client
    out[row, 7] = s.requests[r].driver
    out[row, 8] = outcome
    out[row, 9] = s.requests[r].tries
    out[row, 10] = s.requests[r].waited
    out[row, 11] = more


@compiled(nothing(STATE, i8))
def note_query(s, c):
    """Write down a query whose result the client has consumed."""
    row = blank_row(s, codes.REC_QUERY)
    if row < 0:
        return
    out = s.records
    out[row, 2] = s.connections[c].pending
    out[row, 3] = s.connections[c].transaction_start
    out[row, 4] = s.connections[c].serial
    out[row, 5] = s.connections[c].member
    out[row, 6] = s.connections[c].client
    out[row, 7] = s.connections[c].queries
    out[row, 9] = s.connections[c].worked
    out[row, 10] = s.connections[c].client_wait
    out[row, 11] = s.connections[c].lock_wait
    r = s.connections[c].request
    out[row, 13] = -1 if r < 0 else s.requests[r].serial


@compiled(nothing(STATE))
def take_sample(s):
    """Write down every member's gauges and counters."""
    for m in range(s.world[0].members):
        row = s.world[0].samples
        s.world[0].samples = row + 1
        out = s.samples
        first, second = s.executors[2 * m], s.executors[2 * m + 1]
        member = s.members[m]
        out[row, 0] = s.world[0].now
        out[row, 1] = m
        out[row, 2] = member.running
        out[row, 3] = member.opened - member.closed - member.running
        out[row, 4] = member.opened
        out[row, 5] = member.closed
        out[row, 6] = member.received
        out[row, 7] = member.started
        out[row, 8] = member.done
        out[row, 9] = member.failed
        out[row, 10] = member.queue_time
        out[row, 11] = member.processing_time
        out[row, 12] = member.transactions
        out[row, 13] = member.active
        out[row, 14] = member.peak
        out[row, 15] = member.committed
        out[row, 16] = member.rolled_back
        out[row, 17] = member.terminated
        out[row, 18] = member.asked
        out[row, 19] = member.refused
        out[row, 20] = member.ended
        out[row, 21] = member.held_seconds
        out[row, 22] = first.size
        out[row, 23] = first.busy
        out[row, 24] = first.queued
        out[row, 25] = second.size
        out[row, 26] = second.busy
        out[row, 27] = member.working
        out[row, 28] = member.waiting_client
        out[row, 29] = member.waiting_lock
        out[row, 30] = member.waiting_bookmark
        out[row, 31] = member.pause_seconds
        out[row, 32] = member.pauses
        out[row, 33] = first.completed + second.completed
        out[row, 34] = member.unseen
