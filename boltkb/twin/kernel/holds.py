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
from boltkb.twin.kernel.machine import start_work
from boltkb.twin.kernel.messages import take_up
from boltkb.twin.kernel.records import note_connection, note_hold, note_query, note_refusal
from boltkb.twin.kernel.threads import find_worker, rest
from boltkb.twin.kernel.transactions import (
    end_transaction,
    open_transaction,
    take_lock,
    unlock,
)

__all__ = [
    "ask",
    "begin",
    "close",
    "finish",
    "free_connection",
    "let_go",
    "release",
    "step",
    "stop_waiting",
]


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
    if s.connections[c].behind > 0:  # a failure: what was sent behind is only ignored
        more = s.connections[c].behind * s.clients[s.connections[c].client].messages
        s.connections[c].behind = 0
        s.connections[c].messages += more
        s.members[m].started += more
        s.members[m].queue_time += more * (s.world[0].now - s.connections[c].sent)
    s.members[m].done += s.connections[c].messages - s.connections[c].counted
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
        if result == codes.NOT_CONSUMED or result == codes.CONNECTION_LOST:
            close(s, c)
        k = s.connections[c].client
        later = s.world[0].now + s.clients[k].latency
        plan(s, later, codes.REPLY, c, s.connections[c].stamp)


@compiled(i8(STATE, i8))
def _next_of_pipeline(s, c):
    """End a transaction that others were sent behind; 0 when the thread is given back.

    Up to 4.4 a worker takes a hundred messages of a connection at most; when no transaction is
    open after them, the connection must ask for a thread again.  From 5.0 on it goes on until
    nothing is left.
    """
    m = s.connections[c].member
    k = s.connections[c].client
    now = s.world[0].now
    unlock(s, c)
    end_transaction(s, c, 1)
    s.connections[c].stamp += 1
    s.connections[c].behind -= 1
    s.members[m].done += s.connections[c].messages - s.connections[c].counted
    s.connections[c].counted = s.connections[c].messages
    s.connections[c].phase = codes.BEGIN
    s.connections[c].queries = 1
    limit = s.members[m].batch_limit
    if limit > 0 and s.connections[c].messages % limit == 0:
        let_go(s, c)
        s.connections[c].again = 1
        s.connections[c].messages = s.clients[k].messages
        later = now + s.members[m].hand_back + s.members[m].resubmit
        plan(s, later, codes.MESSAGE, c, s.connections[c].stamp)
        return 0
    s.connections[c].messages += s.clients[k].messages
    s.members[m].started += s.clients[k].messages
    s.members[m].queue_time += s.clients[k].messages * (now - s.connections[c].sent)
    return 1


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
                if s.connections[c].behind == 0:
                    finish(s, c, codes.OK)
                    return
                if _next_of_pipeline(s, c) == 0:
                    return
                phase = codes.BEGIN
                continue
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
    s.connections[c].counted = 0
    s.members[m].running += 1
    s.members[m].started += s.connections[c].messages
    s.members[m].queue_time += s.connections[c].messages * (now - s.connections[c].sent)
    if s.connections[c].expired == 1 and s.connections[c].task == codes.WORK:
        s.connections[c].phase = codes.FAILED
    step(s, c)


@compiled(nothing(STATE, i8))
def _refuse(s, c):
    m = s.connections[c].member
    s.members[m].refused += 1
    if s.connections[c].behind > 0:
        k = s.connections[c].client
        s.connections[c].messages += s.connections[c].behind * s.clients[k].messages
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
    s.connections[c].behind = 0
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
    if s.connections[c].again == 0:
        s.members[m].received += s.connections[c].messages
        if s.connections[c].phase == codes.BEGIN:
            k = s.connections[c].client
            s.members[m].received += s.connections[c].behind * s.clients[k].messages
        s.connections[c].sent = s.world[0].now
    s.connections[c].again = 0  # or it asks for messages that have been there all along
    worker = find_worker(s, s.connections[c].executor, c)
    if worker >= 0:
        begin(s, c, worker)
    elif worker == -1:
        s.connections[c].state = codes.QUEUED
    else:
        _refuse(s, c)
