"""How many messages a step of a transaction is, and their counters."""

from __future__ import annotations

from boltkb.twin.kernel import codes
from boltkb.twin.kernel.compiling import STATE, compiled, i8, nothing

__all__ = ["messages_of", "take_up"]


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
