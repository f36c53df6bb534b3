"""Transactions that were begun and are never ended; each keeps its thread."""

from __future__ import annotations

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause, contradicted, supported, untold
from boltkb.bolt.causes.collecting import COLLECT_DUMPS, wanted
from boltkb.bolt.causes.outside.looking import (
    CLIENT_LOGS,
    FEW,
    Failures,
    all_failures,
    failures_of,
)
from boltkb.bolt.clients.logged import SECOND_LOOK, once
from boltkb.bolt.observe import PoolObservations
from boltkb.bolt.thread_time import COURSE, DUMPS, LIST, TRACE, Kept
from boltkb.exports import DriverPool
from boltkb.tables import number

__all__ = ["weigh_leaked_transactions"]

#: One thread may be a person at a prompt; from two on, or from this part of a small pool.
_FEW = 2
_PART = 0.25
#: So many uses of which hardly one ended are no accident, and of all uses the part that may end.
_USES, _GIVEN_BACK = 10, 0.1
#: Looks at single threads, not at how many there are.
_SINGLE = frozenset({DUMPS, LIST, TRACE})


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
    if _only_by_its_course(found) and any(kept.kind in _SINGLE for kept in nothing):
        # A course that rises has many reasons; who looked at single threads saw none kept.
        return contradicted(name, contra, pro=pro, where=where)
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
    return _by_clients(case, name, wanted, pro)


def _only_by_its_course(found: list[Kept]) -> bool:
    return {kept.kind for kept in found} == {COURSE}


def _by_clients(case: Case, name: str, wanted: tuple[str, ...], pro: tuple[str, ...]) -> Cause:
    """Return what clients' logs say, where the server's side tells nothing of kept threads.

    Somebody waited for a whole time-out in which none of the connections in use was given back,
    and hardly one was before: a busy pool gives back all the time.
    """
    logged = failures_of(case)
    kept = [found for found in logged if _keeps(found)]
    where = tuple(found.where for found in kept)
    if kept and not any(found.hung for found in kept):
        words = tuple(_in_words(found) for found in kept)
        return supported(
            name, sum(found.waited for found in kept) / all_failures(logged), (*words, *pro),
            kinds=(CLIENT_LOGS,), missing=wanted, where=where, explains="failures",
            began=min((found.pool.start for found in kept if found.pool.start), default=None),
            overlaps=("client_think_time", "known_defect"),
        )  # fmt: skip
    several = [found for found in logged if found.waited and _all_in_use_at_once(found.pool)]
    if several:
        words = tuple(_all_in_use_at_once(found.pool) for found in several)
        return untold(
            name, (SECOND_LOOK, *wanted), pro=(*words, *pro),
            where=tuple(found.where for found in several),
        )  # fmt: skip
    return untold(name, wanted, pro=pro)


def _keeps(found: Failures) -> bool:
    use, had, back = found.pool.in_use, found.pool.counts.get("acquired", 0), found.given_back
    return (
        found.waited >= FEW
        and back is not None
        and had >= _USES
        and back <= _GIVEN_BACK * had
        and use.size > 0
        and float(use[-1]) == float(use.max())
    )


def _in_words(found: Failures) -> str:
    had, back = found.pool.counts.get("acquired", 0), found.given_back or 0
    given = "none was" if not back else f"{number(back)} were"
    return (
        f"{found.where}: {number(had)} connections were taken one after another and {given} given "
        f"back; then {number(found.waited)} requests waited their whole time-out in vain, with "
        f"{number(float(found.pool.in_use[-1]))} in use all the time."
    )


def _all_in_use_at_once(pool: DriverPool) -> str:
    """Return that all connections of a pool were in use at one look; empty where not told."""
    counts = pool.counts
    open_ = counts.get("created", 0) - counts.get("closed", 0)
    if not once(pool) or not open_:
        return ""
    used = counts.get("acquired", 0) - round(pool.totals["hold_count"])
    if used < open_:
        return ""
    return (
        f"{pool.where}: all {number(open_)} open connections were in use at one look, and "
        f"{number(counts.get('timed_out', 0))} requests had waited in vain; whether they are ever "
        "given back one look does not tell."
    )


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
