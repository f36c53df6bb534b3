"""One hold of a thread: from asking for a worker to letting it go.

A connection with work asks (`ask`); with a worker it goes through its steps (`step`) until it
works, waits for a lock, a bookmark or its client, or ends (`finish`).  The thread stays with
the connection as long as a transaction, or a result that was not pulled, is open.
"""

from __future__ import annotations

import math

from boltkb.twin.kernel import codes
from boltkb.twin.kernel.agenda import plan
from boltkb.twin.kernel.chance import draw, uniform
from boltkb.twin.kernel.compiling import STATE, compiled, f8, i8, nothing
from boltkb.twin.kernel.machine import cancel_work, start_work
from boltkb.twin.kernel.records import note_connection, note_hold, note_query, note_refusal
from boltkb.twin.kernel.threads import find_worker, rest
from boltkb.twin.kernel.transactions import (
    end_transaction,
    leave_lock_queue,
    open_transaction,
    take_lock,
    unlock,
)

__all__ = [
    "ask",
    "begin",
    "close",
    "expire",
    "finish",
    "free_connection",
    "let_go",
    "messages_of",
    "release",
    "step",
    "stop_waiting",
    "take_up",
]

#: How often a worker that waits for its client looks whether the transaction still lives, s.
LOOK = 10.0


@compiled(nothing(STATE, i8))
def free_connection(s, c):
    """Give a connection's record back; events that still name it no longer hold."""
    s.connections[c].stamp += 1
    s.connections[c].state = codes.GONE
    s.connections[c].next = s.world[0].free_connection
    s.world[0].spare_connections += 1
    s.world[0].free_connection = c


@compiled(nothing(STATE, i8))
def close(s, c):
    """Close a connection at the server."""
    m = s.connections[c].member
    s.members[m].closed += 1
    s.connections[c].state = codes.GONE
    note_connection(s, c, 0)


@compiled(nothing(STATE, i8, i8))
def release(s, e, worker):
    """Let a worker go: it takes the next connection of the queue, or idles."""
    c = rest(s, e, worker)
    if c >= 0:
        s.connections[c].worker = worker
        plan(s, s.world[0].now, codes.STARTED, c, s.connections[c].stamp)


@compiled(nothing(STATE, i8))
def let_go(s, c):
    """End the hold of a connection: write it down and let its worker go."""
    m = s.connections[c].member
    now = s.world[0].now
    note_hold(s, c, codes.HELD)
    s.members[m].running -= 1
    s.members[m].ended += 1
    s.members[m].held_seconds += now - s.connections[c].start
    s.connections[c].state = codes.IDLE
    s.connections[c].held = 0
    e = s.connections[c].executor
    worker = s.connections[c].worker
    s.executors[e].busy -= 1
    s.executors[e].completed += 1
    s.connections[c].worker = -1
    if s.members[m].hand_back > 0.0:
        plan(s, now + s.members[m].hand_back, codes.HAND_BACK, e, worker)
    else:
        release(s, e, worker)


@compiled(nothing(STATE, i8, i8))
def finish(s, c, result):
    """End what a connection was asked for, with a result, and answer its client."""
    m = s.connections[c].member
    unlock(s, c)
    end_transaction(s, c, 1 if result == codes.OK else 0)
    s.members[m].done += s.connections[c].messages
    s.connections[c].result = result
    s.connections[c].stamp += 1
    let_go(s, c)
    task = s.connections[c].task
    if task == codes.GOODBYE:
        close(s, c)
        free_connection(s, c)
    elif s.connections[c].pool < 0:  # nobody's driver: the connection was made for this hold
        s.members[m].closed += 1
        free_connection(s, c)
    else:
        if result == codes.NOT_CONSUMED:
            close(s, c)
        k = s.connections[c].client
        later = s.world[0].now + s.clients[k].latency
        plan(s, later, codes.REPLY, c, s.connections[c].stamp)


@compiled(nothing(STATE, i8, f8, i8))
def _await_client(s, c, seconds, phase):
    m = s.connections[c].member
    s.connections[c].phase = phase
    s.connections[c].since = s.world[0].now
    s.members[m].waiting_client += 1
    if seconds < math.inf:
        plan(s, s.world[0].now + seconds, codes.MESSAGE, c, s.connections[c].stamp)
    if s.members[m].binding == 0 and seconds > s.members[m].linger:
        later = s.world[0].now + s.members[m].linger
        plan(s, later, codes.LINGERED, c, s.connections[c].stamp)


@compiled(nothing(STATE, i8))
def stop_waiting(s, c):
    """Count the time for which a connection's thread waited for its client."""
    m = s.connections[c].member
    s.connections[c].client_wait += s.world[0].now - s.connections[c].since
    s.members[m].waiting_client -= 1


@compiled(i8(i8))
def messages_of(phase):
    """Return how many messages end a wait: a query is RUN and PULL, anything else is one."""
    return 2 if phase == codes.THINKING else 1


@compiled(nothing(STATE, i8, i8))
def take_up(s, c, phase):
    """Count the messages that reach a thread which waits for its client."""
    m = s.connections[c].member
    count = messages_of(phase)
    s.members[m].received += count
    s.members[m].started += count
    s.connections[c].messages += count


@compiled(nothing(STATE, i8))
def step(s, c):
    """Take a connection that has a thread to where it next works, waits or ends."""
    k = s.connections[c].client
    m = s.connections[c].member
    phase = s.connections[c].phase
    while True:
        if phase == codes.BEGIN:
            phase = codes.OPEN
            share = s.clients[k].bookmark_share
            if share > 0.0 and uniform(s, k * codes.STREAMS + codes.EXTRAS) < share:
                seconds = draw(s, s.clients[k].bookmark_law, k * codes.STREAMS + codes.EXTRAS)
                s.connections[c].phase = codes.BOOKMARK
                s.members[m].waiting_bookmark += 1
                later = s.world[0].now + seconds
                plan(s, later, codes.BOOKMARKED, c, s.connections[c].stamp)
                return
        elif phase == codes.OPEN:
            if open_transaction(s, c) == 0:
                finish(s, c, codes.TRANSACTION_LIMIT)
                return
            phase = codes.QUERY
            if s.clients[k].transaction == codes.EXPLICIT and s.clients[k].messages == 1:
                # BEGIN came alone: the client sends its first query when it has the answer.
                if s.clients[k].latency > 0.0:
                    _await_client(s, c, 2.0 * s.clients[k].latency, codes.THINKING)
                    return
                take_up(s, c, codes.THINKING)
        elif phase == codes.QUERY:
            s.connections[c].pending = s.world[0].now
            if take_lock(s, c) == 0:
                s.connections[c].phase = codes.WAIT_LOCK
                return
            phase = codes.WAIT_LOCK
        elif phase == codes.WAIT_LOCK:
            seconds = draw(s, s.clients[k].work_law, k * codes.STREAMS + codes.SERVICE)
            s.connections[c].phase = codes.WORKING
            start_work(s, c, seconds)
            return
        elif phase == codes.WORKING:
            s.connections[c].queries -= 1
            phase = codes.READ
            share = s.clients[k].read_share
            if share > 0.0 and uniform(s, k * codes.STREAMS + codes.EXTRAS) < share:
                seconds = draw(s, s.clients[k].read_law, k * codes.STREAMS + codes.EXTRAS)
                if seconds > s.members[m].consume_limit:
                    s.connections[c].overdue = 1
                    seconds = s.members[m].consume_limit
                _await_client(s, c, seconds, codes.READING)
                return
        elif phase == codes.READING or phase == codes.READ:
            if s.connections[c].overdue == 1:
                finish(s, c, codes.NOT_CONSUMED)
                return
            if s.connections[c].leaky == 1:
                _await_client(s, c, math.inf, codes.LEAKED)
                if s.connections[c].pool >= 0:
                    s.connections[c].result = codes.NEVER_ENDED
                    later = s.world[0].now + s.clients[k].latency
                    plan(s, later, codes.REPLY, c, s.connections[c].stamp)
                return
            note_query(s, c)
            explicit = s.clients[k].transaction == codes.EXPLICIT
            if s.connections[c].queries <= 0 and not explicit:
                finish(s, c, codes.OK)
                return
            phase = codes.THINKING if s.connections[c].queries > 0 else codes.COMMIT_TURN
            seconds = draw(s, s.clients[k].think_law, k * codes.STREAMS + codes.CLIENT_TIME)
            seconds += 2.0 * s.clients[k].latency
            if seconds > 0.0:
                _await_client(s, c, seconds, phase)
                return
            take_up(s, c, phase)
        elif phase == codes.THINKING:
            phase = codes.QUERY
        elif phase == codes.COMMIT_TURN:
            seconds = draw(s, s.clients[k].commit_law, k * codes.STREAMS + codes.SERVICE)
            phase = codes.COMMITTING
            if seconds > 0.0:
                s.connections[c].phase = phase
                start_work(s, c, seconds)
                return
        elif phase == codes.COMMITTING or phase == codes.CLEANING:
            finish(s, c, codes.OK)
            return
        elif phase == codes.FAILED:
            finish(s, c, codes.TRANSACTION_TIMEOUT)
            return
        else:  # HOUSE: a hello, a reset, a goodbye
            hello = s.connections[c].task == codes.HELLO
            law = s.members[m].hello_law if hello else s.members[m].house_law
            s.connections[c].phase = codes.CLEANING
            start_work(s, c, draw(s, law, k * codes.STREAMS + codes.HOUSEKEEPING))
            return


@compiled(nothing(STATE, i8, i8))
def begin(s, c, worker):
    """Begin a hold, now that a worker was found."""
    m = s.connections[c].member
    now = s.world[0].now
    s.connections[c].worker = worker
    s.connections[c].state = codes.RUNNING
    s.connections[c].start = now
    s.connections[c].worked = 0.0
    s.connections[c].client_wait = 0.0
    s.connections[c].lock_wait = 0.0
    s.connections[c].held = 1
    s.members[m].running += 1
    s.members[m].started += s.connections[c].messages
    s.members[m].queue_time += s.connections[c].messages * (now - s.connections[c].asked)
    if s.connections[c].expired == 1 and s.connections[c].task == codes.WORK:
        s.connections[c].phase = codes.FAILED
    step(s, c)


@compiled(nothing(STATE, i8))
def _refuse(s, c):
    m = s.connections[c].member
    s.members[m].refused += 1
    note_refusal(s, c)
    unlock(s, c)
    end_transaction(s, c, 0)
    s.connections[c].stamp += 1
    s.connections[c].result = codes.NO_THREADS
    task = s.connections[c].task
    if s.connections[c].pool < 0:
        s.members[m].closed += 1
        free_connection(s, c)
        return
    rule = s.members[m].rejection
    if s.members[m].modern == 0:  # up to 4.4 the refused message counts as started and done
        s.members[m].started += s.connections[c].messages
        s.members[m].done += s.connections[c].messages
    if task == codes.GOODBYE:
        close(s, c)
        free_connection(s, c)
        return
    if rule == codes.CLOSES or task == codes.HELLO:
        close(s, c)
    else:
        s.connections[c].state = codes.IDLE
        if s.connections[c].messages > 1:  # answered, and the answer never sent
            s.connections[c].phase = codes.HUNG
    later = s.world[0].now + s.clients[s.connections[c].client].latency
    plan(s, later, codes.REPLY, c, s.connections[c].stamp)


@compiled(nothing(STATE, i8))
def ask(s, c):
    """Ask for a thread: the connection has work and is not scheduled."""
    m = s.connections[c].member
    s.connections[c].asked = s.world[0].now
    s.members[m].asked += 1
    s.members[m].received += s.connections[c].messages
    worker = find_worker(s, s.connections[c].executor, c)
    if worker >= 0:
        begin(s, c, worker)
    elif worker == -1:
        s.connections[c].state = codes.QUEUED
    else:
        _refuse(s, c)


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
