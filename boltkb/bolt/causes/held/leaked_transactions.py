"""Transactions that were begun and are never ended; each keeps its thread."""

from __future__ import annotations

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause, contradicted, supported, untold
from boltkb.bolt.causes.held.collecting import COLLECT_DUMPS, wanted
from boltkb.bolt.observe import PoolObservations
from boltkb.bolt.thread_time import DUMPS, LIST, TRACE, Kept
from boltkb.tables import number

__all__ = ["weigh_leaked_transactions"]

#: One thread may be a person at a prompt; from two on, or from this part of a small pool.
_FEW = 2
_PART = 0.25


def weigh_leaked_transactions(case: Case) -> Cause:
    """Return how the evidence stands for transactions that nobody ends."""
    name = "leaked_transactions"
    seen = case.seen
    found = [kept for kept in case.thread_time.kept if kept.threads > 0]
    nothing = [kept for kept in case.thread_time.kept if not kept.threads]
    contra = tuple(kept.words for kept in nothing)
    pro = (*(kept.words for kept in found), *_told_by_clients(case))
    where = tuple(dict.fromkeys(place for kept in (*found, *nothing) for place in kept.where))
    wanted = _wanted(case)
    kept = max((kept.threads for kept in found), default=0.0)
    limit = seen.servers or 0
    if kept >= _FEW or (limit > 0 and kept >= max(1.0, _PART * limit)):
        held = _held(seen)
        missing = () if seen.holders.dumps else (COLLECT_DUMPS,)
        return supported(
            name, kept / held if held else 1.0, pro,
            kinds=tuple(kept.kind for kept in found), contra=contra, missing=missing,
            where=where, began=_began(found), overlaps=("client_think_time",),
        )  # fmt: skip
    if contra:
        # A thread or two that are kept do not fill a pool.
        return contradicted(name, contra, pro=pro, where=where)
    return untold(name, wanted, pro=pro, where=where)


def _told_by_clients(case: Case) -> tuple[str, ...]:
    """Return how many sessions were not closed, by the drivers that look for it."""
    leaked = sum(pool.counts.get("leaked", 0) for pool in case.export.drivers)
    if not leaked:
        return ()
    plural = "" if leaked == 1 else "s"
    return (f"The clients' logs tell of {number(leaked)} session{plural} that nobody closed.",)


def _wanted(case: Case) -> tuple[str, ...]:
    looked = {kept.kind for kept in case.thread_time.kept}
    if not looked.isdisjoint({DUMPS, LIST, TRACE}):
        return wanted(case, *(kind for kind in (DUMPS, LIST) if kind not in looked))
    return wanted(case, DUMPS, LIST, TRACE)


def _began(found: list[Kept]) -> float | None:
    return min((kept.began for kept in found if kept.began is not None), default=None)


def _held(seen: PoolObservations) -> float:
    if seen.holders.looks and seen.holders.held > 0:
        return seen.holders.held
    if seen.incident is not None and seen.servers is not None:
        return float(seen.servers)
    return seen.peak or 0.0
