"""How a try ends, and with it perhaps the request: back off and try again, or give up."""

from __future__ import annotations

from boltkb.twin.kernel import codes
from boltkb.twin.kernel.agenda import plan
from boltkb.twin.kernel.chance import draw, uniform
from boltkb.twin.kernel.compiling import STATE, compiled, i8, nothing
from boltkb.twin.kernel.records import note_request

__all__ = ["complete", "fail_try"]

#: A user's request and pause together take no less, s: or a user who fails at once would ask
#: again for ever at the same moment.
LEAST = 0.001


@compiled(nothing(STATE, i8, i8))
def complete(s, r, outcome):
    """End a request; a user of a closed load thinks and comes again."""
    k = s.requests[r].client
    note_request(s, codes.REC_REQUEST, r, outcome, -1)
    user = s.requests[r].user
    if user >= 0 and outcome != codes.NO_ANSWER:
        pause = draw(s, s.clients[k].gap_law, k * codes.STREAMS + codes.ARRIVALS)
        if s.world[0].now - s.requests[r].arrived + pause < LEAST:
            pause = LEAST
        plan(s, s.world[0].now + pause, codes.USER, k, user)
    s.requests[r].stamp += 1
    s.requests[r].next = s.world[0].free_request
    s.world[0].free_request = r
    s.world[0].spare_requests += 1


@compiled(nothing(STATE, i8, i8))
def fail_try(s, r, outcome):
    """End a try that failed: back off and try again, where the driver does, or give up."""
    k = s.requests[r].client
    now = s.world[0].now
    again = outcome == codes.NO_THREADS or outcome == codes.TRANSACTION_LIMIT
    again = again or outcome == codes.CONNECTION_LOST
    again = again or (outcome == codes.PENDING_FULL and s.clients[k].retry_full == 1)
    again = again or (outcome == codes.ACQUISITION_TIMEOUT and s.clients[k].retry_timeout == 1)
    if s.clients[k].managed == 0 or not again:
        note_request(s, codes.REC_TRY, r, outcome, -1)
        complete(s, r, outcome)
        return
    at_once = outcome == codes.CONNECTION_LOST and s.clients[k].retry_dead == 1
    if at_once and s.requests[r].dead < s.clients[k].pool_size:
        s.requests[r].dead += 1
        note_request(s, codes.REC_TRY, r, outcome, 0)
        plan(s, now, codes.RETRY, r, s.requests[r].stamp)
        return
    if s.requests[r].failed_first < 0.0:
        first = s.requests[r].arrived if s.clients[k].clock_from_call == 1 else now
        s.requests[r].failed_first = first
    spent = now - s.requests[r].failed_first
    tries = s.requests[r].tries - s.requests[r].dead
    if spent >= s.clients[k].budget and tries >= s.clients[k].least_tries:
        note_request(s, codes.REC_TRY, r, outcome, -1)
        complete(s, r, outcome)
        return
    power = tries - 1 + s.clients[k].step_first
    delay = s.clients[k].delay * s.clients[k].multiplier ** power
    shift = 2.0 * uniform(s, k * codes.STREAMS + codes.BACK_OFF) - 1.0
    delay *= 1.0 + s.clients[k].jitter * shift
    note_request(s, codes.REC_TRY, r, outcome, max(1, int(delay * 1000.0)))
    plan(s, now + delay, codes.RETRY, r, s.requests[r].stamp)
