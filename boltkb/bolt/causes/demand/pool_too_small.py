"""More honest work than the threads hold: what is left when nothing else explains the trouble."""

from __future__ import annotations

from collections.abc import Sequence

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause
from boltkb.bolt.causes.held.looked_at import COLLECT_DUMPS, MOST, looked_at
from boltkb.tables import share

__all__ = ["weigh_pool_too_small"]


def weigh_pool_too_small(case: Case, others: Sequence[Cause]) -> Cause:
    """Return how the evidence stands for honest work that is more than the threads hold.

    Parameters
    ----------
    case : Case
    others : sequence of Cause
        Every other cause, weighed.
    """
    seen = case.seen
    name = "pool_too_small"
    if not case.shortage:
        return Cause(name, "not_applicable", 0.0, (), ("The pool was not full.",), (), ())
    if not (seen.rejected.seen or (seen.full_share or 0) > 0):
        return Cause(name, "contradicted", 0.0, (), ("No thread shortage was seen.",), (), ())
    for other in others:
        if other.status == "supported" and other.share >= MOST:
            return Cause(
                name, "contradicted", 0.0, (),
                (f"{share(other.share)} of the held threads did no work.",), (), (),
            )  # fmt: skip
    holders = seen.holders
    if not holders.looks or not holders.held > 0:
        return Cause(name, "cannot_tell", 0.0, (), (), (COLLECT_DUMPS,), ())
    working = holders.working / holders.held
    words = f"In {holders.seen_in} {share(working)} of {f'{holders.held:.1f}'.removesuffix('.0')} held threads were working."
    if working < MOST:
        return Cause(
            name, "cannot_tell", working, (words,), (), (COLLECT_DUMPS,), (), holders.where
        )
    listed = holders.listed_waiting
    kinds = looked_at(seen, agrees=listed is not None and listed < MOST)
    return Cause(name, "supported", working, (words,), (), (), kinds, holders.where)
