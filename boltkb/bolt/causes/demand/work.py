"""What part of held thread-time is work, by the strongest evidence that tells."""

from __future__ import annotations

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.demand.bounds import MOST
from boltkb.bolt.thread_time.look import WITH_QUERY

__all__ = ["held_by_work", "held_for_locks"]


def held_by_work(case: Case) -> tuple[float | None, str]:
    """Return the share of held threads at work, and the kind of evidence that tells it.

    A lower bound that is low tells nothing, nor do metrics, to which a wait for a lock is work.
    A list of transactions tells whose query is under way; that is taken for work where nothing
    else tells.
    """
    for state in ("working", WITH_QUERY):
        for look in case.thread_time.looks:
            # What was looked at when most threads were free tells nothing of a full pool.
            if not look.of_incident and not look.held >= MOST * (case.seen.servers or 0):
                continue
            if state in look.shares and (not look.bound or look.shares[state] >= MOST):
                return look.shares[state], look.kind
    return None, ""


def held_for_locks(case: Case) -> float:
    """Return the share of held threads that waited for locks; 0 where it is not told."""
    return case.thread_time.share("waiting_for_lock") or 0.0
