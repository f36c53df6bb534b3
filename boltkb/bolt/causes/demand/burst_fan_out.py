"""A client sends more requests at one moment than there are threads; in between they are free."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause, contradicted, not_applicable, supported, untold
from boltkb.bolt.causes.collecting import CLIENT_LOG, wanted_metrics
from boltkb.bolt.causes.counting import each_rejection
from boltkb.bolt.causes.demand.bounds import CARRIES, CLIENT_LOGS, COURSE_OF_LOAD, MOST
from boltkb.bolt.causes.demand.load import read_load, retried_share
from boltkb.bolt.causes.demand.pauses import stalled
from boltkb.bolt.causes.demand.rushes import FIRST, exact_rejections, rushes
from boltkb.bolt.causes.demand.work import held_for_locks
from boltkb.bolt.course import Burst
from boltkb.tables import number, share, span

__all__ = ["weigh_burst_fan_out"]

#: A rush rejects at least so many; fewer come by chance at any busy pool.
_FEWEST = 5.0
#: Variance of held threads over their mean, from which on they are not those of a steady load.
_DISPERSED = 3.0
#: Deviations above the mean that are still reached now and then.
_REACHED = 4.0
#: Where nothing samples held threads, a rush rejects so many within so long, s, and not only once.
_MANY, _AT_ONCE, _TWICE = 10.0, 2.0, 2
_SERVER_LOGS = "the server's neo4j.log and debug.log of the same time"
_BESIDE = "threads were free before and after"
_BETWEEN = "nothing was rejected in between"
#: Part of the threads that may be held just before and after a rush.
_FREE = 0.5


@dataclass(frozen=True, slots=True)
class _Client:
    """The client that was rejected most, by the clients' logs."""

    named: str
    part: float


def weigh_burst_fan_out(case: Case) -> Cause:
    """Return how the evidence stands for rushes of requests with free threads between them."""
    name, seen = "burst_fan_out", case.seen
    if not case.shortage:
        return not_applicable(name, "The pool was not full.")
    found = case.course.rejections
    if found is None or not found[0].size:
        told = _told_by_clients(case)
        if told:
            return untold(name, (_SERVER_LOGS,), pro=(told,))
        return untold(
            name, (f"when each request was rejected: {each_rejection(case.pool)}", CLIENT_LOG),
        )  # fmt: skip
    inside = (found[0] >= seen.start) & (found[0] <= seen.end + (seen.interval or 1.0))
    total = float(found[1][inside].sum())
    locked = held_for_locks(case)
    if locked >= CARRIES:
        return contradicted(name, (f"{share(locked)} of the held threads waited for locks.",))
    if _wavers(case):
        return contradicted(
            name,
            (
                (
                    "Held threads waver so much between rushes that they run out by themselves: "
                    "holds, or the load, are not steady."
                ),
            ),
        )
    pauses = stalled(case)
    bursts = [
        burst
        for burst in case.course.bursts
        if burst.rejections >= _FEWEST and burst.start >= seen.start and _free_beside(case, burst)
    ]
    alone = not _sampled(case)
    if alone:
        bursts = [burst for burst in bursts if _dense(burst)]
        if len(bursts) < _TWICE:
            return _by_log_alone(case, bursts, total)
    rushed = sum(burst.rejections for burst in bursts)
    load = read_load(case)
    steady = 0.0 if load is None else load.without([_span(case, burst) for burst in bursts])
    again = retried_share(case)
    first = 1.0 if again is not None and again < CARRIES else _first_attempts(case)
    part = max(0.0, rushed - steady) / total * first if total else 0.0
    if pauses is not None:
        part = max(0.0, part - pauses.share)
    if part < CARRIES and first < 1.0 and part >= CARRIES * first:
        words = (
            f"At most {share(first)} of what was rejected in rushes was rejected within "
            f"{span(FIRST)} of their beginning; the rest came later, as retries do."
        )
        if again is None:
            return untold(name, (CLIENT_LOG,), contra=(words,), share=part)
        return contradicted(name, (words,))
    if part < CARRIES:
        return contradicted(name, (_against(bursts, rushed, total, steady),))
    longest = max(_length(case, burst) for burst in bursts)
    pro = [
        (
            f"{share(rushed / total)} of the rejections came in {number(len(bursts))} "
            f"rush{'' if len(bursts) == 1 else 'es'} of {span(longest)} "
            f"or less, and {_BETWEEN if alone else _BESIDE}."
        )
    ]
    kinds = [COURSE_OF_LOAD]
    contra = []
    if load is not None:
        pro.append(
            f"The load between them would have rejected {number(round(steady))} in all that time."
        )
    client = _most_rejected(case)
    if client is not None:
        words = (
            f"Of the rejections that clients' logs tell of {share(client.part)} are those of "
            f"{client.named}."
        )
        if client.part >= MOST:
            kinds.append(CLIENT_LOGS)
            pro.append(words)
        else:
            contra.append(words)
    return supported(
        name, part, pro, kinds=kinds, explains="rejections", contra=contra,
        missing=() if client is not None else (CLIENT_LOG,), began=bursts[0].start,
    )  # fmt: skip


def _told_by_clients(case: Case) -> str:
    """Return the rushes that clients' own logs tell of; empty where they tell of none."""
    times = exact_rejections(case)
    if times is None:
        return ""
    found = [r for r in rushes(times) if r.first + r.later >= _MANY and r.end - r.start <= _AT_ONCE]
    if not found:
        return ""
    count = sum(rush.first + rush.later for rush in found)
    longest = max(rush.end - rush.start for rush in found)
    many = f"{number(len(found))} rushes" if len(found) > 1 else "one rush"
    return (
        f"By clients' logs {number(count)} of {number(int(times.size))} rejections came in {many} "
        f"of {span(longest)} or less. So these clients ask for much at once; whether others filled "
        "the threads before them, their logs do not tell."
    )


def _sampled(case: Case) -> bool:
    return case.seen.servers is not None and case.seen.samples > 0


def _dense(burst: Burst) -> bool:
    """Whether so many were rejected so fast that a pool just at its limit would not do it."""
    return burst.rejections >= _MANY and burst.seconds <= _AT_ONCE


def _by_log_alone(case: Case, bursts: list[Burst], total: float) -> Cause:
    """Return that too few rushes are told to know them from a pool at its limit."""
    pro, contra = [], []
    if bursts:
        pro.append(
            f"{number(bursts[0].rejections)} of {number(total)} rejections came within "
            f"{span(max(bursts[0].seconds, 1.0))}; but once, which a pool that stood still, or "
            "was at its limit, for a moment does as well."
        )
    else:
        contra.append(
            "Rejections came a few at a time, as at any pool that is at its limit; whether "
            "threads were free soon before and after is not told."
        )
    missing = (*wanted_metrics(case, "connections_running"), CLIENT_LOG)
    return untold("burst_fan_out", missing, pro=pro, contra=contra)


def _against(bursts: list[Burst], rushed: float, total: float, steady: float) -> str:
    if not bursts:
        return "Rejections did not come in short rushes with free threads before and after."
    if rushed and steady >= MOST * rushed:
        return "So many rejections come by chance at this load."
    return f"Only {share(rushed / total)} of the rejections came in short rushes of their own."


def _span(case: Case, burst: Burst) -> tuple[float, float]:
    slack = (case.seen.interval or 1.0) if case.seen.rejected.how == "estimated" else 1.0
    return burst.start - slack, burst.start + burst.seconds + slack


def _first_attempts(case: Case) -> float:
    """Return the part of the rejections in rushes that were first attempts; 1 if not told."""
    times = exact_rejections(case)
    if times is None:
        return 1.0
    found = [rush for rush in rushes(times) if rush.first + rush.later >= _FEWEST]
    total = sum(rush.first + rush.later for rush in found)
    return sum(rush.first for rush in found) / total if total else 1.0


def _length(case: Case, burst: Burst) -> float:
    # What a counter tells may have happened at any time since the sample before.
    slack = (case.seen.interval or 1.0) if case.seen.rejected.how == "estimated" else 1.0
    return max(burst.seconds, slack)


def _free_beside(case: Case, burst: Burst) -> bool:
    """Whether the samples next to a rush show threads free; true where nothing was sampled."""
    seen = case.seen
    if seen.servers is None or not seen.samples:
        return True
    slack = (seen.interval or 0.0) if seen.rejected.how == "estimated" else 0.0
    before = np.flatnonzero((seen.times < burst.start - slack + 1e-6) & np.isfinite(seen.busy))
    after = np.flatnonzero((seen.times > burst.start + burst.seconds) & np.isfinite(seen.busy))
    sides = [
        float(seen.busy[found[end]]) for found, end in ((before, -1), (after, 0)) if found.size
    ]
    return all(side <= _FREE * seen.servers for side in sides)


def _wavers(case: Case) -> bool:
    """Whether held threads scatter more than a steady load's, and so far that they run out."""
    seen = case.seen
    if seen.servers is None or seen.samples < 2:
        return False
    beside = np.isfinite(seen.busy)
    slack = max(seen.interval or 0.0, 1.0)
    for burst in case.course.bursts:
        end = burst.start + burst.seconds + slack
        beside &= (seen.times < burst.start - slack) | (seen.times > end)
    busy = seen.busy[beside]
    if busy.size < 2 or not busy.mean() > 0:
        return False
    deviation = float(busy.std(ddof=1))
    wide = deviation**2 > _DISPERSED * float(busy.mean())
    return wide and float(busy.mean()) + _REACHED * deviation >= seen.servers


def _most_rejected(case: Case) -> _Client | None:
    pools = case.export.drivers
    counts = [pool.counts.get("rejected", 0) for pool in pools]
    total = sum(counts)
    if total < _FEWEST:
        return None
    first = int(np.argmax(counts))
    return _Client(f"the client of {pools[first].where.file}", counts[first] / total)
