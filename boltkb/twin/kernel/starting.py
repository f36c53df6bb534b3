"""What is planned before a run begins."""

from __future__ import annotations

from boltkb.twin.kernel import codes
from boltkb.twin.kernel.agenda import plan
from boltkb.twin.kernel.arriving import first_arrival
from boltkb.twin.kernel.chance import draw
from boltkb.twin.kernel.compiling import TABLE, compiled, f8, i8, nothing, state_of

__all__ = ["plan_event", "start"]


@compiled(nothing(TABLE, f8, i8, i8), outside=True)
def plan_event(table, time, kind, index):
    """Put an event on the agenda."""
    plan(state_of(table), time, kind, index, 0)


@compiled(nothing(TABLE), outside=True)
def start(table):
    """Plan the first sample, pauses and arrivals."""
    s = state_of(table)
    plan(s, s.world[0].sample_every, codes.SAMPLE, 1, 0)
    for m in range(s.world[0].members):
        if s.members[m].pause_law >= 0:
            stream = s.world[0].clients * codes.STREAMS + m
            plan(s, draw(s, s.members[m].pause_gap_law, stream), codes.PAUSE, m, 0)
    for k in range(s.world[0].clients):
        first_arrival(s, k)
