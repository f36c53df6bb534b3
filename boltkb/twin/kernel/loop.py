"""The loop: whatever comes first happens, until the horizon or until there is no more room."""

from __future__ import annotations

import math

from boltkb.twin.kernel import codes
from boltkb.twin.kernel.agenda import INDEX, KIND, STAMP, drop, plan
from boltkb.twin.kernel.answering import reply
from boltkb.twin.kernel.arriving import arrive, come
from boltkb.twin.kernel.chance import draw
from boltkb.twin.kernel.compiling import STATE, TABLE, compiled, f8, i8, nothing, state_of
from boltkb.twin.kernel.cutting import expire, give_up_sign_in
from boltkb.twin.kernel.driving import acquire, begin_try, close_idle
from boltkb.twin.kernel.holds import (
    ask,
    begin,
    close,
    free_connection,
    let_go,
    release,
    step,
    stop_waiting,
)
from boltkb.twin.kernel.lists import leave
from boltkb.twin.kernel.machine import change_speed, end_work
from boltkb.twin.kernel.messages import messages_of, take_up
from boltkb.twin.kernel.records import blank_row, note_connection, take_sample
from boltkb.twin.kernel.threads import trim
from boltkb.twin.kernel.transactions import end_transaction, unlock
from boltkb.twin.kernel.trying import fail_try

__all__ = ["run"]

#: Rows, events and things that one event can bring about, at most.
ROOM = 512


@compiled(nothing(STATE, i8))
def _connected(s, c):
    """Let a client's connection reach the server, with its first message."""
    m = s.connections[c].member
    now = s.world[0].now
    k = s.connections[c].client
    stops = s.clients[k].stops_at
    s.connections[c].opened = now
    if stops != codes.SIGNS_IN:
        s.connections[c].stamp += 1
        length = min(s.members[m].sign_in_timeout, s.clients[k].hangs_up_after)
        if length < math.inf:
            plan(s, now + length, codes.UNSIGNED, c, s.connections[c].stamp)
        if stops == codes.ONLY_CONNECTS and s.members[m].modern == 1:
            s.members[m].unseen += 1
            s.connections[c].state = codes.UNSEEN
            return
    s.members[m].opened += 1
    s.connections[c].serial = s.members[m].serial
    s.members[m].serial += 1
    s.connections[c].state = codes.IDLE
    s.connections[c].task = codes.HELLO
    s.connections[c].phase = codes.HOUSE
    note_connection(s, c, 1)
    if stops != codes.SIGNS_IN:
        return
    s.connections[c].messages = s.members[m].hello_messages
    if s.members[m].sign_in_timeout < math.inf:
        plan(s, now + s.members[m].sign_in_timeout, codes.UNSIGNED, c, s.connections[c].stamp)
    ask(s, c)


@compiled(nothing(STATE, i8))
def _unsigned(s, c):
    """Close a connection that has not signed in for as long as it may, or whose client left."""
    m = s.connections[c].member
    state = s.connections[c].state
    if state == codes.UNSEEN:
        s.members[m].unseen -= 1
        free_connection(s, c)
    elif s.clients[s.connections[c].client].stops_at != codes.SIGNS_IN:
        close(s, c)
        free_connection(s, c)
    elif s.connections[c].task == codes.HELLO:
        give_up_sign_in(s, c)


@compiled(nothing(STATE, i8))
def _message(s, c):
    """Let a message reach the server: the thread that waits for it goes on, or one is asked for."""
    phase = s.connections[c].phase
    turn = phase == codes.THINKING or phase == codes.COMMIT_TURN or phase == codes.READING
    if s.connections[c].held == 1:
        stop_waiting(s, c)
        take_up(s, c, phase)
    elif turn or phase == codes.FAILED:
        s.connections[c].messages = messages_of(phase)
    if s.connections[c].expired == 1 and s.connections[c].task == codes.WORK:
        s.connections[c].phase = codes.FAILED
    if s.connections[c].held == 1:
        step(s, c)
    else:
        ask(s, c)


@compiled(nothing(STATE, i8))
def _recheck(s, c):
    """Let a worker go that looked for its transaction and found it ended."""
    if s.connections[c].expired == 0 or s.connections[c].held == 0:
        return
    stop_waiting(s, c)
    unlock(s, c)
    end_transaction(s, c, 0)
    let_go(s, c)
    s.connections[c].expired = 1
    if s.connections[c].phase != codes.LEAKED:
        s.connections[c].phase = codes.FAILED


@compiled(nothing(STATE, i8))
def _lingered(s, c):
    """Let a worker go that, with binding off, has waited for its client as long as it may."""
    m = s.connections[c].member
    phase = s.connections[c].phase
    waits = phase == codes.THINKING or phase == codes.COMMIT_TURN or phase == codes.READING
    waits = waits or phase == codes.LEAKED
    since = s.world[0].now - s.connections[c].since
    if s.connections[c].held == 1 and waits and since >= 0.999999 * s.members[m].linger:
        stop_waiting(s, c)
        let_go(s, c)


@compiled(nothing(STATE, i8))
def _gave_up(s, p):
    """Fail the requests that have waited for a connection as long as they may."""
    allowed = s.clients[s.pools[p].client].acquisition_timeout
    now = s.world[0].now
    for _ in range(32):
        r = s.pools[p].wait_head
        if r < 0:
            s.pools[p].timer_at = math.inf
            return
        if s.requests[r].wanted + allowed > now:
            break
        leave(s, p, r)
        s.requests[r].waiting = 0
        fail_try(s, r, codes.ACQUISITION_TIMEOUT)
    if s.pools[p].wait_head < 0:
        s.pools[p].timer_at = math.inf
        return
    when = max(now, s.requests[s.pools[p].wait_head].wanted + allowed)
    s.pools[p].timer_at = when
    plan(s, when, codes.GAVE_UP, p, 0)


@compiled(nothing(STATE, i8))
def _enough(s, r):
    """Fail a request whose time to acquire a connection is over, wherever it stands."""
    k = s.requests[r].client
    now = s.world[0].now
    c = s.requests[r].connection
    if s.requests[r].waiting == 0 and c < 0:
        return
    when = s.requests[r].wanted + s.clients[k].acquisition_timeout
    if when > now:  # set for an earlier try; this one has an end of its own
        return
    if s.requests[r].waiting == 1:
        leave(s, s.requests[r].line, r)
        s.requests[r].waiting = 0
    else:  # what it was to have stays with the driver, for the next
        s.connections[c].request = -1
        s.requests[r].connection = -1
    fail_try(s, r, codes.ACQUISITION_TIMEOUT)


@compiled(nothing(STATE, i8))
def _pause(s, m):
    """Let everything on a member stand still for a while."""
    stream = s.world[0].clients * codes.STREAMS + m
    length = draw(s, s.members[m].pause_law, stream)
    s.members[m].paused = 1
    s.members[m].pauses += 1
    s.members[m].pause_seconds += length
    s.members[m].resume_at = s.world[0].now + length
    change_speed(s, m)
    plan(s, s.members[m].resume_at, codes.RESUME, m, 0)
    row = blank_row(s, codes.REC_PAUSE)
    if row >= 0:
        s.records[row, 2] = length
        s.records[row, 5] = m


@compiled(nothing(STATE, i8))
def _resume(s, m):
    stream = s.world[0].clients * codes.STREAMS + m
    s.members[m].paused = 0
    change_speed(s, m)
    gap = draw(s, s.members[m].pause_gap_law, stream)
    plan(s, s.world[0].now + gap, codes.PAUSE, m, 0)


@compiled(nothing(STATE, i8))
def _deploy(s, d):
    """Replace a driver's process: a new one begins, the old one closes a little later."""
    old = s.drivers[d].generation
    s.drivers[d].generation = 1 - old
    overlap = s.clients[s.drivers[d].client].overlap
    for m in range(s.world[0].members):
        p = (d * s.world[0].members + m) * 2
        s.pools[p + 1 - old].retired = 0
        plan(s, s.world[0].now + overlap, codes.RETIRE, p + old, 0)


@compiled(nothing(STATE, i8))
def _locked(s, c):
    m = s.connections[c].member
    s.members[m].waiting_lock -= 1
    spent = s.world[0].now - s.connections[c].since
    s.connections[c].lock_wait += spent
    s.members[m].processing_time += spent
    step(s, c)


@compiled(nothing(STATE, i8, i8, i8))
def _of_connection(s, kind, c, stamp):
    if (s.connections[c].stamp & STAMP) != stamp:
        return
    m = s.connections[c].member
    if kind == codes.REPLY:
        reply(s, c)
    elif kind == codes.RECHECK:
        _recheck(s, c)
    elif kind == codes.LINGERED:
        _lingered(s, c)
    elif kind == codes.EXPIRED:
        expire(s, c)
    elif kind == codes.UNSIGNED:
        _unsigned(s, c)
    elif kind == codes.CUT:
        if s.connections[c].state == codes.IDLE:
            close(s, c)
            s.connections[c].broken = 1
    elif s.members[m].paused == 1:  # whatever the server has to do waits for the end of a pause
        plan(s, s.members[m].resume_at, kind, c, stamp)
    elif kind == codes.MESSAGE:
        _message(s, c)
    elif kind == codes.CONNECTED:
        _connected(s, c)
    elif kind == codes.STARTED:
        begin(s, c, s.connections[c].worker)
    elif kind == codes.LOCKED:
        _locked(s, c)
    else:
        s.members[m].waiting_bookmark -= 1
        s.connections[c].phase = codes.OPEN
        step(s, c)


@compiled(nothing(STATE, i8, i8, i8))
def _happen(s, kind, index, stamp):
    if kind <= codes.LINGERED or kind == codes.CUT or kind == codes.UNSIGNED:
        _of_connection(s, kind, index, stamp)
    elif kind == codes.USER:
        come(s, index, -1 if stamp == codes.NOBODY else stamp)
    elif kind == codes.RETRY or kind == codes.POLL:
        if (s.requests[index].stamp & STAMP) == stamp:
            if kind == codes.RETRY:
                begin_try(s, index)
            else:
                acquire(s, index)
    elif kind == codes.ENOUGH:
        if (s.requests[index].stamp & STAMP) == stamp:
            _enough(s, index)
    elif kind == codes.GAVE_UP:
        _gave_up(s, index)
    elif kind == codes.TRIM:
        trim(s, index)
    elif kind == codes.HAND_BACK:
        release(s, index, stamp)
    elif kind == codes.SAMPLE:
        if s.world[0].members == 1 and s.members[0].paused == 1:
            plan(s, s.members[0].resume_at, codes.SAMPLE, index, 0)
        else:
            take_sample(s)
            following = index + 1
            while s.world[0].sample_every * following <= s.world[0].now:
                following += 1
            plan(s, s.world[0].sample_every * following, codes.SAMPLE, following, 0)
    elif kind == codes.PAUSE:
        _pause(s, index)
    elif kind == codes.RESUME:
        _resume(s, index)
    elif kind == codes.DEPLOY:
        _deploy(s, index)
    else:
        close_idle(s, index)


@compiled(i8(TABLE, f8), outside=True)
def run(table, until):
    """Let everything happen up to `until`; return why it stopped."""
    s = state_of(table)
    world = s.world
    clocks = s.clocks
    members, total = world[0].members, world[0].members + world[0].clients
    while True:
        if world[0].records + ROOM > world[0].records_room:
            return codes.FULL
        if world[0].samples + members > world[0].samples_room:
            return codes.FULL
        if world[0].spare_connections < ROOM:
            return codes.NEED_CONNECTIONS
        if world[0].spare_requests < ROOM:
            return codes.NEED_REQUESTS
        if world[0].heap + ROOM > world[0].heap_room:
            return codes.NEED_HEAP
        source, time = -1, math.inf
        for i in range(total):
            if clocks[i] < time:
                time, source = clocks[i], i
        if world[0].heap > 0 and (s.times[0] < time or (s.times[0] == time and source >= members)):
            source, time = -2, s.times[0]
        if time > until:
            world[0].now = until
            return codes.DONE
        world[0].now = time
        world[0].events += 1
        if source == -2:
            item = s.what[0]
            drop(s)
            _happen(s, item >> KIND, item & INDEX, (item >> 28) & STAMP)
        elif source < members:
            step(s, end_work(s, source))
        else:
            arrive(s, source - members)
