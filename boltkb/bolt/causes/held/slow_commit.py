"""Threads that wait for their commit to reach the disk or the other members."""

from __future__ import annotations

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause
from boltkb.bolt.causes.collecting import wanted
from boltkb.bolt.causes.held.say import Say, calm, judge, say_of
from boltkb.bolt.thread_time import DUMPS, LIST

__all__ = ["weigh_slow_commit"]

_DID = "were committing"


def weigh_slow_commit(case: Case) -> Cause:
    """Return how the evidence stands for commits that take long."""
    name = "slow_commit"
    quiet = calm(case, name)
    if quiet is not None:
        return quiet
    says: list[Say | None] = []
    for kind in (DUMPS, LIST):
        look = case.thread_time.look(kind)
        if look is not None:
            says.append(say_of(look, "committing", _DID))
    return judge(name, says, wanted(case, DUMPS, LIST))
