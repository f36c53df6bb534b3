"""More honest work than the threads hold: what is left when nothing else explains the trouble."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause, contradicted, not_applicable, supported, untold
from boltkb.bolt.causes.collecting import CLIENT_LOG, COLLECT_DUMPS, wanted_metrics
from boltkb.bolt.causes.demand.bounds import CARRIES, COURSE_OF_LOAD, MOST
from boltkb.bolt.causes.demand.load import Load, read_load, retried_share
from boltkb.bolt.causes.demand.processors import FREE, used_processors, worked_threads
from boltkb.bolt.causes.demand.work import held_by_work
from boltkb.catalogue import load_causes
from boltkb.tables import number, share

__all__ = ["weigh_pool_too_small"]

#: Samples in which the pool was full, from which on it matters that nothing tells of rejections.
_OFTEN = 0.01
#: Threads at work for each processor beyond which they can hardly all wait for a disk.
_CROWD = 5.0
#: Attempts of a bin over those of the usual one that are a surge.
_SURGE = 1.5
#: What explains the trouble of the pool itself, and not what failed beside it.
_OF_THE_POOL = frozenset({"thread-time", "rejections"})


def weigh_pool_too_small(case: Case, others: Sequence[Cause]) -> Cause:
    """Return how the evidence stands for honest work that is more than the threads hold.

    Parameters
    ----------
    case : Case
    others : sequence of Cause
        Every other cause, weighed.
    """
    seen, name = case.seen, "pool_too_small"
    if not case.shortage:
        return not_applicable(name, "The pool was not full.")
    found = case.course.rejections
    none = seen.rejected.how == "none" or (found is not None and not found[0].size)
    unsure = not seen.rejected.seen and (seen.full_share or 0.0) < _OFTEN
    if none or unsure:
        return contradicted(
            name, ("The pool was full for a moment, and nothing is known to be rejected.",)
        )
    load = read_load(case)
    foreseen, words = _foreseen(case, load)
    first = _first(others)
    left = 1.0 - (0.0 if first is None else first.share)
    if first is not None and left < CARRIES:
        title = load_causes()[first.id].title
        return contradicted(
            name, (f"Another cause explains {share(first.share)} of the trouble: {title}.",),
            pro=(words,) if words and foreseen >= CARRIES else (),
        )  # fmt: skip
    if words and foreseen < CARRIES:
        if retried_share(case) is None:
            return untold(name, (CLIENT_LOG,), contra=(words,), share=foreseen)
        return contradicted(name, (words,))
    work, by = held_by_work(case)
    if work is None:
        return untold(
            name, (COLLECT_DUMPS,), pro=(words,) if words and foreseen >= MOST else (),
            share=min(left, foreseen),
        )  # fmt: skip
    held = (
        f"In {case.seen.holders.seen_in} {share(work)} of {number(round(seen.holders.held, 1))} "
        "held threads were working."
        if seen.holders.looks
        else f"Of the held threads {share(work)} were working, by {by}."
    )
    where = seen.holders.where
    if work < MOST:
        return contradicted(name, (held,), where=where)
    crowded = _crowded(case)
    if crowded:
        return untold(
            name, wanted_metrics(case, "accumulated_processing_time"), pro=(held,),
            contra=(crowded,), share=min(left, foreseen), where=where,
        )  # fmt: skip
    pro = (held, *((words,) if words else ()))
    agrees = words and foreseen >= MOST
    kinds = (by, *((COURSE_OF_LOAD,) if agrees else ()))
    overlaps = () if first is None else (first.id,)
    return supported(
        name, min(work, left, foreseen if load is not None else 1.0), pro, kinds=kinds,
        explains="rejections", where=where, overlaps=overlaps,
    )  # fmt: skip


def _crowded(case: Case) -> str:
    """Return why more threads may only share the processors thinner; empty where they would not."""
    if case.course.contention.verdict == "constant":
        return ""
    fact, worked = case.export.machine.get("cpus"), worked_threads(case)
    if fact is None or not fact.value or worked is None or worked.threads <= _CROWD * fact.value:
        return ""
    used = used_processors(case, fact.value)
    if used is not None and used <= FREE:
        return ""
    return (
        f"{number(worked.threads, uncertainty=1.0)} threads were at work on {number(fact.value)} "
        "processors: more of them may only take longer."
    )


def _foreseen(case: Case, load: Load | None) -> tuple[float, str]:
    """Return the share of rejections that Erlang B foresees of the load, and that in words.

    Without a client's log neither the part of rejections that was tried again is known nor whether
    a surge is of requests or of retries.  Then surges are left out and half is taken, which is
    little, and both ends are told.
    """
    if load is None or not load.total > 0:
        return 1.0, ""
    expected, again = load.expected(), retried_share(case)
    many = (
        f"{number(round(load.total))} attempts were rejected; by Erlang B the load in this export"
    )
    if again is not None:
        words = f"{many} would see {number(round(expected))} rejected" + (
            " if nobody tried again." if again > 0 else "."
        )
        return min(1.0, expected / load.total), words
    calm = min(expected, load.without(_surges(load)))
    ends = [calm, expected]
    for part in (0.0, 1.0):
        other = read_load(case, again=part)
        if other is not None:
            ends += [other.expected(), other.without(_surges(other))]
    words = (
        f"{many} would see {number(round(min(ends)))} to {number(round(max(ends)))} rejected: the "
        "less, the more of them were retries, which no client's log tells. This cause is given "
        f"{number(round(min(calm, load.total)))} of them."
    )
    return min(1.0, calm / load.total), words


def _surges(load: Load) -> tuple[tuple[float, float], ...]:
    """Return the bins in which far more was attempted than usually."""
    attempts = load.requests + load.rejected
    surge = attempts >= _SURGE * float(np.median(attempts))
    half = load.width / 2
    return tuple((time - half, time + half) for time in load.times[surge].tolist())


def _first(others: Sequence[Cause]) -> Cause | None:
    """Return the supported cause that explains most of the pool's trouble."""
    found = [
        other for other in others if other.status == "supported" and other.explains in _OF_THE_POOL
    ]
    return max(found, key=lambda cause: cause.share, default=None)
