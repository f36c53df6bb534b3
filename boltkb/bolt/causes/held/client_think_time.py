"""Clients that think, or do other work, inside open transactions; the thread waits with them."""

from __future__ import annotations

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause
from boltkb.bolt.causes.held.leaked_transactions import weigh_leaked_transactions
from boltkb.bolt.causes.held.looked_at import COLLECT_DUMPS, FEW, MOST, doing, looked_at

__all__ = ["weigh_client_think_time"]

_PERHAPS_LEAKED = (
    "That these transactions never end is not excluded: what was looked at is too short."
)


def weigh_client_think_time(case: Case) -> Cause:
    """Return how the evidence stands for clients that think inside transactions."""
    seen = case.seen
    leak = weigh_leaked_transactions(case)
    name = "client_think_time"
    if not case.shortage:
        return Cause(name, "not_applicable", 0.0, (), ("The pool was not full.",), (), ())
    holders = seen.holders
    waiting = holders.waiting_share
    if waiting is None:
        return Cause(name, "cannot_tell", 0.0, (), (), (COLLECT_DUMPS,), ())
    kept = leak.share if leak.status == "supported" else 0.0
    thinking = max(0.0, waiting - kept)
    words = doing(holders, waiting)
    if thinking >= MOST:
        against = () if leak.status == "contradicted" else (_PERHAPS_LEAKED,)
        kinds = looked_at(seen, agrees=(holders.listed_waiting or 0.0) >= MOST)
        return Cause(name, "supported", thinking, (words,), against, (), kinds, holders.where)
    if thinking >= FEW:
        return Cause(
            name, "cannot_tell", thinking, (words,), (), (COLLECT_DUMPS,), (), holders.where
        )
    if kept:
        words = "The threads that wait for their client are those of transactions nobody ends."
    return Cause(name, "contradicted", thinking, (), (words,), (), (), holders.where)
