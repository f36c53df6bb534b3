"""Queries take longer than before, so that each holds its thread longer."""

from __future__ import annotations

import math

import numpy as np

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause, contradicted, not_applicable, supported, untold
from boltkb.bolt.causes.collecting import COLLECT_DUMPS, wanted_metrics, wanted_queries
from boltkb.bolt.causes.demand.bounds import CARRIES, COURSE_OF_LOAD, MOST
from boltkb.bolt.causes.demand.load import Load, onset, read_load, without_retries_told
from boltkb.bolt.causes.demand.work import held_by_work
from boltkb.bolt.course import Shift
from boltkb.bolt.thread_time import QUERIES
from boltkb.bolt.window import iso
from boltkb.tables import number, share, span

__all__ = ["weigh_slow_queries"]

#: Text of a query that a sentence can bear, characters.
_TEXT = 60


def weigh_slow_queries(case: Case) -> Cause:
    """Return how the evidence stands for queries that became slow at some moment."""
    name = "slow_queries"
    if not case.shortage:
        return not_applicable(name, "The pool was not full.")
    load = read_load(case)
    if load is None or case.course.hold is None:
        return untold(
            name,
            (*wanted_metrics(case, "connections_running", "transaction_committed",
                             "transaction_rollbacks"), *wanted_queries(case)),
        )  # fmt: skip
    shift = _grown(case)
    if shift is None:
        return contradicted(name, ("Holds did not become longer before threads ran out.",))
    part, words = _part(case, load, shift)
    work, by = held_by_work(case)
    if work is not None and work < MOST:
        return contradicted(
            name, (f"Of the held threads {share(work)} were at work, by {by}.",), pro=(words,)
        )
    if case.course.contention.verdict == "grows" and part < MOST:
        return contradicted(
            name, (f"Holds grow with the number of threads. {case.course.contention.why}",),
            pro=(words,),
        )  # fmt: skip
    if part < CARRIES:
        return contradicted(
            name, ("That holds became longer explains few of the rejections.",), pro=(words,)
        )
    pro = [words]
    slowest = _slowest(case)
    if slowest:
        pro.append(slowest)
    if work is None:
        return untold(name, (COLLECT_DUMPS, *wanted_queries(case)), pro=pro, share=part)
    pro.append(f"Of the held threads {share(work)} were at work, by {by}.")
    kinds = (COURSE_OF_LOAD, by, *((QUERIES,) if slowest and by != QUERIES else ()))
    log = case.export.queries
    ends, against = without_retries_told(case, lambda load: _part(case, load, shift)[0])
    return supported(
        name, part, (*pro, *ends), kinds=kinds, explains="rejections", began=shift.when,
        contra=against,
        where=() if log is None else log.where[:1], missing=wanted_queries(case),
        overlaps=("pool_too_small",),
    )  # fmt: skip


def _grown(case: Case) -> Shift | None:
    """Return the last rise of holds before the trouble began, or soon after that."""
    moment = onset(case)
    shift = case.course.shift_before("hold", moment + case.course.bin)
    return shift if shift is not None and shift.low > 1.0 else None


def _part(case: Case, load: Load, shift: Shift) -> tuple[float, str]:
    """Return the share of rejections that the old holds would spare, and the change in words."""
    ratio = shift.after / max(shift.before, 1e-9)
    later = load.times >= shift.when
    spared = load.spared(hold=np.where(later, 1.0 / ratio, 1.0))
    words = (
        f"At {iso(shift.when)} the mean hold rose from {span(shift.before)} to {span(shift.after)} "
        f"({_times(shift)}; 95\u202f% interval {number(shift.low, uncertainty=0.1)} to "
        f"{number(shift.high, uncertainty=0.1)})"
    )
    arrivals = case.course.shift_before("arrivals", shift.when + 2 * case.course.bin)
    near = arrivals is not None and abs(arrivals.when - shift.when) <= 3 * case.course.bin
    if arrivals is None or not near:
        return spared, f"{words}; arrivals did not."
    # Both rose: each has the part of the growth that it brings, on the scale on which they add up.
    more = max(0.0, math.log(arrivals.after / max(arrivals.before, 1e-9)))
    longer = math.log(ratio)
    return spared * longer / (longer + more), f"{words}; arrivals grew {_times(arrivals)}."


def _times(shift: Shift) -> str:
    return f"{number(shift.after / max(shift.before, 1e-9), uncertainty=0.1)} times"


def _slowest(case: Case) -> str:
    """Return the queries that hold most, in a sentence; empty without a query log."""
    log = case.export.queries
    if log is None or not log.by_query.height:
        return ""
    rows = log.by_query.drop_nulls("key")
    whole = float(log.by_query["elapsed"].sum())
    if not rows.height or not whole > 0:
        return ""
    first = rows.row(0, named=True)
    text = " ".join(str(first["key"]).split())
    text = text if len(text) <= _TEXT else f"{text[:_TEXT].rstrip()}…"
    mean = float(first["elapsed"]) / max(1, int(first["count"]))
    return (
        f"In the query log {share(float(first['elapsed']) / whole)} of the time is that of one "
        f"query, which took {span(mean)} on average: {text}"
    )
