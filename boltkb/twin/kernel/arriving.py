"""The load: when requests come, and what they are."""

from __future__ import annotations

import math

from boltkb.twin.kernel import codes
from boltkb.twin.kernel.agenda import plan
from boltkb.twin.kernel.chance import draw, exponential, uniform
from boltkb.twin.kernel.compiling import STATE, compiled, f8, i8, nothing
from boltkb.twin.kernel.driving import begin_try, new_connection, set_work
from boltkb.twin.kernel.holds import ask

__all__ = ["arrive", "come", "first_arrival"]


@compiled(f8(STATE, i8, f8))
def _rate_at(s, k, time):
    """Return the rate of a curve: straight between its points, level outside, or periodic."""
    table, n = s.clients[k].table, s.clients[k].table_size
    if s.clients[k].period > 0.0:
        time = time % s.clients[k].period
    low, high = 0, n - 1
    if time <= s.table[table]:
        return s.table[table + n]
    if time >= s.table[table + high]:
        return s.table[table + n + high]
    while high - low > 1:
        middle = (low + high) >> 1
        if s.table[table + middle] <= time:
            low = middle
        else:
            high = middle
    left, right = s.table[table + low], s.table[table + high]
    first, second = s.table[table + n + low], s.table[table + n + high]
    return first + (second - first) * (time - left) / (right - left)


@compiled(f8(STATE, i8, f8))
def _next(s, k, time):
    """Return when the client's next requests come, after `time`."""
    load = s.clients[k].load
    stream = k * codes.STREAMS + codes.ARRIVALS
    until = s.clients[k].until
    if load == codes.POISSON:
        if s.clients[k].rate <= 0.0:
            return math.inf
        time += exponential(s, stream) * s.clients[k].batch / s.clients[k].rate
    elif load == codes.RENEWAL or load == codes.BURSTS:
        time += draw(s, s.clients[k].gap_law, stream)
    elif load == codes.CURVE:
        most = s.clients[k].rate
        while time <= until and most > 0.0:
            time += exponential(s, stream) * s.clients[k].batch / most
            if uniform(s, stream) * most < _rate_at(s, k, time):
                break
        if most <= 0.0:
            return math.inf
    elif load == codes.REPLAY:
        position = s.clients[k].position
        s.clients[k].position = position + 1
        if position >= s.clients[k].table_size:
            return math.inf
        time = s.table[s.clients[k].table + position]
    else:
        return math.inf
    return time if time <= until else math.inf


@compiled(nothing(STATE, i8))
def first_arrival(s, k):
    """Set a client's clock at the beginning of a run."""
    row = s.world[0].members + k
    if s.clients[k].load == codes.CLOSED:
        s.clients[k].left = s.clients[k].users
        s.clocks[row] = s.clients[k].from_time if s.clients[k].users > 0 else math.inf
    else:
        s.clients[k].left = s.clients[k].batch
        s.clocks[row] = _next(s, k, s.clients[k].from_time)


@compiled(nothing(STATE, i8, i8))
def come(s, k, user):
    """Let one request come."""
    stream = k * codes.STREAMS + codes.ROUTING
    if s.clients[k].stops_at != codes.SIGNS_IN:
        c = new_connection(s, k, 0)
        s.connections[c].state = codes.CONNECTING
        later = s.world[0].now + s.clients[k].connect
        plan(s, later, codes.CONNECTED, c, s.connections[c].stamp)
        return
    if s.clients[k].direct == 1:
        c = new_connection(s, k, 0)
        s.connections[c].serial = s.members[0].serial
        s.members[0].serial += 1
        s.members[0].opened += 1
        s.connections[c].state = codes.IDLE
        set_work(s, c)
        if s.members[0].paused > 0:
            plan(s, s.members[0].resume_at, codes.MESSAGE, c, s.connections[c].stamp)
        else:
            ask(s, c)
        return
    r = s.world[0].free_request
    s.world[0].free_request = s.requests[r].next
    s.world[0].spare_requests -= 1
    serial = s.world[0].requests
    s.world[0].requests = serial + 1
    drivers = s.clients[k].drivers
    which = user % drivers
    if user < 0:
        which = int(uniform(s, stream) * drivers) if drivers > 1 else 0
    s.requests[r].client = k
    s.requests[r].driver = s.clients[k].first_driver + which
    s.requests[r].serial = serial
    s.requests[r].tries = 0
    s.requests[r].dead = 0
    s.requests[r].user = user
    s.requests[r].arrived = s.world[0].now
    s.requests[r].failed_first = -1.0
    s.requests[r].waited = 0.0
    begin_try(s, r)


@compiled(nothing(STATE, i8))
def arrive(s, k):
    """Take up a client's clock: one request of a batch, or one user of a closed load."""
    row = s.world[0].members + k
    now = s.world[0].now
    s.clients[k].left -= 1
    stream = k * codes.STREAMS + codes.ARRIVALS
    if s.clients[k].load == codes.CLOSED:
        user = s.clients[k].left
        pause = draw(s, s.clients[k].gap_law, stream)
        plan(s, now + pause, codes.USER, k, user)
        if user == 0:
            s.clocks[row] = math.inf
        return
    if s.clients[k].left == 0:
        s.clients[k].left = s.clients[k].batch
        s.clocks[row] = _next(s, k, now)
    if s.clients[k].spread_law >= 0:
        later = now + draw(s, s.clients[k].spread_law, stream)
        plan(s, later, codes.USER, k, codes.NOBODY)
    else:
        come(s, k, -1)
