"""Answers: what a driver does with its connection and its request when one comes back."""

from __future__ import annotations

from boltkb.twin.kernel import codes
from boltkb.twin.kernel.compiling import STATE, compiled, i8, nothing
from boltkb.twin.kernel.driving import (
    acquire,
    give,
    part,
    put_back,
    send_house,
    wake,
)
from boltkb.twin.kernel.holds import free_connection
from boltkb.twin.kernel.records import note_request
from boltkb.twin.kernel.trying import complete, fail_try

__all__ = ["reply"]


@compiled(nothing(STATE, i8))
def _answered(s, c):
    """Take up the answer to a piece of work."""
    r = s.connections[c].request
    p = s.connections[c].pool
    k = s.pools[p].client
    result = s.connections[c].result
    gone = s.connections[c].state == codes.GONE
    if result == codes.OK:
        note_request(s, codes.REC_TRY, r, result, -1)
        put_back(s, c)
        complete(s, r, codes.OK)
    elif result == codes.NEVER_ENDED:  # the connection stays out of its pool for good
        s.connections[c].request = -1
        note_request(s, codes.REC_TRY, r, result, -1)
        complete(s, r, result)
    elif s.connections[c].phase == codes.HUNG:
        note_request(s, codes.REC_TRY, r, codes.NO_ANSWER, -1)
        complete(s, r, codes.NO_ANSWER)
    elif gone:
        s.pools[p].in_use -= 1
        free_connection(s, c)
        fail_try(s, r, result)
        if s.clients[k].purge_wakes == 1:
            wake(s, p)
    else:  # the connection was kept, and must be reset before it is used again
        s.connections[c].request = -1
        send_house(s, c, codes.RESET_AFTER)
        fail_try(s, r, result)


@compiled(nothing(STATE, i8))
def reply(s, c):
    """Take up an answer that reaches the client."""
    task = s.connections[c].task
    if task == codes.WORK:
        _answered(s, c)
        return
    r = s.connections[c].request
    p = s.connections[c].pool
    k = s.pools[p].client
    fine = s.connections[c].result == codes.OK
    if task == codes.HELLO:
        s.pools[p].creating -= 1
        if fine:
            s.pools[p].in_use += 1
            if r >= 0:
                give(s, r, c)
            else:  # whoever wanted it has given up
                put_back(s, c)
            return
        result = s.connections[c].result
        free_connection(s, c)
        if r >= 0:
            s.requests[r].connection = -1
            fail_try(s, r, result)
        if s.clients[k].purge_wakes == 1:
            wake(s, p)
        return
    if r >= 0:
        s.requests[r].connection = -1
    if fine and task == codes.RESET and r >= 0:
        give(s, r, c)
    elif fine:
        put_back(s, c)
    else:
        s.pools[p].in_use -= 1
        part(s, c)
        if task == codes.RESET and r >= 0:
            acquire(s, r)
        else:
            wake(s, p)
