"""The drivers: pools of connections, waiting for one, and trying again.

One pool per member for each driver object.  A request acquires a connection (`acquire`), its
work goes to the server as an event, and so does the answer come back (`answering`).
"""

from __future__ import annotations

import math

from boltkb.twin.kernel import codes
from boltkb.twin.kernel.agenda import plan
from boltkb.twin.kernel.chance import draw, uniform
from boltkb.twin.kernel.compiling import STATE, compiled, i8, nothing
from boltkb.twin.kernel.holds import free_connection
from boltkb.twin.kernel.lists import join, line_of, pick_waiter, put_idle, take_idle
from boltkb.twin.kernel.trying import fail_try

__all__ = [
    "acquire",
    "begin_try",
    "close_idle",
    "give",
    "new_connection",
    "part",
    "put_back",
    "send_house",
    "set_work",
    "wake",
]


@compiled(i8(STATE, i8, i8))
def new_connection(s, k, m):
    """Return a fresh record of a connection."""
    c = s.world[0].free_connection
    s.world[0].free_connection = s.connections[c].next
    s.world[0].spare_connections -= 1
    s.connections[c].client = k
    s.connections[c].member = m
    s.connections[c].executor = 2 * m + s.clients[k].unix
    s.connections[c].pool = -1
    s.connections[c].request = -1
    s.connections[c].lock = -1
    s.connections[c].worker = -1
    s.connections[c].in_transaction = 0
    s.connections[c].broken = 0
    s.connections[c].leaky = 0
    s.connections[c].held = 0
    s.connections[c].expired = 0
    s.connections[c].behind = 0
    s.connections[c].again = 0
    s.connections[c].cpu = s.clients[k].cpu
    s.connections[c].opened = s.world[0].now
    return c


@compiled(nothing(STATE, i8))
def set_work(s, c):
    """Give a connection a transaction to run."""
    k = s.connections[c].client
    queries = 1
    if s.clients[k].queries_law >= 0:
        stream = k * codes.STREAMS + codes.CHOICE
        queries = max(1, math.floor(draw(s, s.clients[k].queries_law, stream) + 0.5))
    s.connections[c].queries = queries
    leaky = 0
    if s.clients[k].leak_share > 0.0:
        share = s.clients[k].leak_share
        leaky = 1 if uniform(s, k * codes.STREAMS + codes.CHOICE) < share else 0
    s.connections[c].leaky = leaky
    s.connections[c].expired = 0
    s.connections[c].overdue = 0
    s.connections[c].again = 0
    s.connections[c].behind = 0
    if s.clients[k].pipelined_law >= 0:
        stream = k * codes.STREAMS + codes.CHOICE
        more = math.floor(draw(s, s.clients[k].pipelined_law, stream) - 0.5)
        s.connections[c].behind = max(0, more)
    s.connections[c].task = codes.WORK
    s.connections[c].phase = codes.BEGIN
    s.connections[c].messages = s.clients[k].messages


@compiled(nothing(STATE, i8, i8))
def send_house(s, c, task):
    """Send a message that is no work: a reset or a goodbye."""
    s.connections[c].task = task
    s.connections[c].phase = codes.HOUSE
    s.connections[c].messages = 1
    s.connections[c].stamp += 1
    later = s.world[0].now + s.clients[s.connections[c].client].latency
    plan(s, later, codes.MESSAGE, c, s.connections[c].stamp)


@compiled(nothing(STATE, i8))
def part(s, c):
    """Close a connection from the client's side: it says goodbye, which needs a thread."""
    s.connections[c].request = -1
    if s.connections[c].state == codes.GONE:
        free_connection(s, c)
    else:
        send_house(s, c, codes.GOODBYE)


@compiled(nothing(STATE, i8, i8))
def give(s, r, c):
    """Let a request use a connection."""
    s.connections[c].request = r
    s.requests[r].connection = -1
    s.requests[r].waited += s.world[0].now - s.requests[r].wanted
    set_work(s, c)
    s.connections[c].stamp += 1
    later = s.world[0].now + s.clients[s.connections[c].client].latency
    plan(s, later, codes.MESSAGE, c, s.connections[c].stamp)


@compiled(nothing(STATE, i8))
def _time(s, r):
    """Say when a request has taken as long as it may to acquire a connection."""
    allowed = s.clients[s.requests[r].client].acquisition_timeout
    if allowed < math.inf and s.requests[r].timed == 0:
        s.requests[r].timed = 1
        when = max(s.world[0].now, s.requests[r].wanted + allowed)
        plan(s, when, codes.ENOUGH, r, s.requests[r].stamp)


@compiled(nothing(STATE, i8, i8))
def _connect(s, r, p):
    k = s.pools[p].client
    c = new_connection(s, k, s.pools[p].member)
    s.connections[c].pool = p
    s.connections[c].request = r
    s.connections[c].state = codes.CONNECTING
    if s.clients[k].clock_covers == 1:
        s.requests[r].connection = c
        _time(s, r)
    s.pools[p].creating += 1
    plan(s, s.world[0].now + s.clients[k].connect, codes.CONNECTED, c, s.connections[c].stamp)


@compiled(nothing(STATE, i8, i8))
def _wait(s, r, p):
    k = s.pools[p].client
    now = s.world[0].now
    allowed = s.clients[k].acquisition_timeout
    if s.clients[k].waiters == codes.BY_POLLING:
        if now - s.requests[r].wanted >= allowed:
            fail_try(s, r, codes.ACQUISITION_TIMEOUT)
            return
        plan(s, now + s.clients[k].poll, codes.POLL, r, s.requests[r].stamp)
        return
    line = line_of(s, p)
    cap = s.clients[k].pending_cap
    if cap >= 0 and s.pools[line].waiting >= cap:
        fail_try(s, r, codes.PENDING_FULL)
        return
    if allowed <= 0.0:
        fail_try(s, r, codes.ACQUISITION_TIMEOUT)
        return
    if s.clients[k].shared_line == 1 and s.requests[r].wanted + allowed <= s.world[0].now:
        fail_try(s, r, codes.ACQUISITION_TIMEOUT)
        return
    join(s, line, r)
    s.requests[r].line = line
    s.requests[r].waiting = 1
    if s.clients[k].shared_line == 1:
        _time(s, r)  # whoever was woken in vain stands last, though it came early
    elif allowed < math.inf and s.pools[p].timer_at == math.inf:
        s.pools[p].timer_at = s.requests[r].wanted + allowed
        plan(s, s.pools[p].timer_at, codes.GAVE_UP, p, 0)


@compiled(nothing(STATE, i8))
def _prune(s, p):
    """Close idle connections past their lifetime (Go, at most once a second)."""
    now = s.world[0].now
    k = s.pools[p].client
    if s.clients[k].lifetime == math.inf or s.pools[p].pruned_at + 1.0 > now:
        return
    s.pools[p].pruned_at = now
    c, closed = s.pools[p].idle_head, 0
    while c >= 0 and closed < 32:
        after = s.connections[c].next
        if now - s.connections[c].opened > s.clients[k].lifetime:
            take_idle(s, p, c)
            part(s, c)
            closed += 1
        c = after


@compiled(i8(STATE, i8))
def _pool_of(s, r):
    """Return the pool that a request takes its connection from."""
    d = s.requests[r].driver
    return (d * s.world[0].members + s.requests[r].member) * 2 + s.drivers[d].generation


@compiled(nothing(STATE, i8))
def acquire(s, r):
    """Find a connection for a request: an idle one, a new one, or wait."""
    k = s.requests[r].client
    p = _pool_of(s, r)
    s.requests[r].waiting = 0
    now = s.world[0].now
    if s.clients[k].per_request == 1:
        _connect(s, r, p)
        return
    if s.clients[k].prunes == 1:
        _prune(s, p)
    closed = 0
    while s.pools[p].idle > 0:
        c = s.pools[p].idle_head
        idled = now - s.connections[c].idle_since
        tested = s.clients[k].liveness >= 0.0 and idled >= s.clients[k].liveness
        aged = now - s.connections[c].opened > s.clients[k].lifetime
        take_idle(s, p, c)
        if s.connections[c].broken == 1:
            free_connection(s, c)
            if tested or aged:  # dropped before anything is sent on it
                continue
            fail_try(s, r, codes.CONNECTION_LOST)
            return
        if aged and closed < 32:
            part(s, c)
            closed += 1
            continue
        s.pools[p].in_use += 1
        if tested:
            s.connections[c].request = r
            if s.clients[k].clock_covers == 1:
                s.requests[r].connection = c
                _time(s, r)
            send_house(s, c, codes.RESET)
        else:
            give(s, r, c)
        return
    if s.pools[p].in_use + s.pools[p].creating < s.clients[k].pool_size:
        _connect(s, r, p)
    else:
        _wait(s, r, p)


@compiled(nothing(STATE, i8))
def wake(s, p):
    """Let requests that wait have what became free."""
    k = s.pools[p].client
    if s.clients[k].waiters == codes.BY_POLLING:
        return
    if s.clients[k].shared_line == 1:  # the first of all looks again; a newcomer may be quicker
        line = line_of(s, p)
        if s.pools[line].waiting > 0:
            r = pick_waiter(s, line)
            s.requests[r].waiting = 0
            later = s.world[0].now + s.clients[k].wakes_after
            plan(s, later, codes.POLL, r, s.requests[r].stamp)
        return
    for _ in range(8):  # one place was freed; more only where connections turn out broken
        if s.pools[p].waiting == 0:
            return
        used = s.pools[p].in_use + s.pools[p].creating
        if s.pools[p].idle == 0 and used >= s.clients[k].pool_size:
            return
        acquire(s, pick_waiter(s, p))


@compiled(nothing(STATE, i8))
def put_back(s, c):
    """Return a connection to its pool."""
    p = s.connections[c].pool
    k = s.pools[p].client
    now = s.world[0].now
    s.pools[p].in_use -= 1
    s.connections[c].request = -1
    aged = s.clients[k].checks_on_release == 1
    aged = aged and now - s.connections[c].opened > s.clients[k].lifetime
    if s.clients[k].per_request == 1 or s.pools[p].retired == 1 or aged:
        part(s, c)
    else:
        put_idle(s, p, c)
        if s.clients[k].cut_after < math.inf:
            later = now + s.clients[k].cut_after
            plan(s, later, codes.CUT, c, s.connections[c].stamp)
        if s.clients[k].prunes == 1:
            _prune(s, p)
    wake(s, p)


@compiled(nothing(STATE, i8))
def close_idle(s, p):
    """Close the idle connections of a pool whose process ends, some at a time."""
    s.pools[p].retired = 1
    for _ in range(32):
        c = s.pools[p].idle_head
        if c < 0:
            return
        take_idle(s, p, c)
        part(s, c)
    plan(s, s.world[0].now, codes.RETIRE, p, 0)


@compiled(nothing(STATE, i8))
def begin_try(s, r):
    """Begin a try: choose the member, then acquire a connection to it."""
    k = s.requests[r].client
    members = s.world[0].members
    chosen = 0
    stream = k * codes.STREAMS + codes.ROUTING
    if members > 1 and uniform(s, stream) >= s.clients[k].writes:
        d = s.requests[r].driver
        turn = s.drivers[d].turn
        s.drivers[d].turn = turn + 1
        fewest = 1 << 60
        for i in range(members - 1):
            m = 1 + (turn + i) % (members - 1)
            p = (d * members + m) * 2 + s.drivers[d].generation
            if s.pools[p].in_use < fewest:
                fewest, chosen = s.pools[p].in_use, m
    s.requests[r].member = chosen
    s.requests[r].tries += 1
    s.requests[r].timed = 0
    s.requests[r].connection = -1
    s.requests[r].begun = s.world[0].now
    s.requests[r].wanted = s.world[0].now
    acquire(s, r)
