"""More threads work than the machine has processors: the more are busy, the longer each takes."""

from __future__ import annotations

from dataclasses import dataclass

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause, contradicted, not_applicable, supported, untold
from boltkb.bolt.causes.demand.bounds import CARRIES, COURSE_OF_LOAD
from boltkb.bolt.causes.demand.collecting import DUMPS_WANTED, wanted_metrics
from boltkb.bolt.causes.demand.load import read_load
from boltkb.bolt.causes.demand.work import held_for_locks
from boltkb.bolt.snapshots import dumps_within
from boltkb.bolt.thread_time import DUMPS, METRICS, QUERIES, TRACE
from boltkb.tables import number, share

__all__ = ["weigh_cpu_saturation"]

#: Processor time used, as a part of what the machine has, from which on nothing is left.
_USED_UP = 0.7
#: Up to this part of it processors are plainly free.
_FREE = 0.5
#: Thread dumps so close together tell no use of processors, s.
_APART = 2.0
_CPUS = "the start of debug.log, which tells how many processors the server has"


@dataclass(frozen=True, slots=True)
class _Worked:
    """Threads at work, on average, by one kind of evidence."""

    threads: float
    kind: str


def weigh_cpu_saturation(case: Case) -> Cause:
    """Return how the evidence stands for more working threads than processors."""
    name = "cpu_saturation"
    if not case.shortage:
        return not_applicable(name, "The pool was not full.")
    contention = case.course.contention
    fact = case.export.machine.get("cpus")
    cpus = None if fact is None else fact.value
    worked = _worked(case)
    where = () if fact is None else (fact.where,)
    missing = (
        *((_CPUS,) if cpus is None else ()),
        *((DUMPS_WANTED,) if worked is None else ()),
        *wanted_metrics(case, "accumulated_processing_time", "connections_running",
                        "transaction_committed"),
    )  # fmt: skip
    if contention.verdict == "constant":
        return contradicted(
            name, (f"Holds do not grow with the number of threads. {contention.why}",)
        )
    more = ""
    if worked is not None and cpus:
        more = (
            f"{number(worked.threads, uncertainty=1.0)} threads were at work, by {worked.kind}; "
            f"the machine has {number(cpus)} processors."
        )
        if worked.threads <= cpus:
            return contradicted(name, (more,), where=where)
    used = _used(case, cpus)
    if used is not None and used <= _FREE:
        words = f"The threads used {share(used)} of the processors' time between thread dumps."
        return contradicted(name, (words,), pro=(more,) if more else (), where=where)
    if contention.verdict != "grows":
        return untold(
            name, missing or (f"more time: {contention.why}",), pro=(more,) if more else (),
            where=where,
        )  # fmt: skip
    grows = f"Holds grow with the number of threads at work. {contention.why}"
    locked = held_for_locks(case)
    if locked >= CARRIES:
        return contradicted(
            name, (f"{share(locked)} of the held threads waited for locks.",), pro=(grows,)
        )
    load = read_load(case)
    part = 1.0
    if load is not None and contention.growth:
        # Without processors to wait for, holds would be those of few threads.
        least = case.course.hold[1].min() if case.course.hold is not None else 0.0
        factor = max(1.0 / contention.growth, least / max(float(load.hold.mean()), 1e-9))
        part = load.spared(hold=factor)
        # What the load foresees at the mean is little where threads run out in long waves.
        part = max(part, 1.0 - load.expected() / load.total if load.total > 0 else 0.0)
    if not more:
        return untold(name, missing, pro=(grows,), share=part)
    pro = [grows, more]
    if used is not None and used >= _USED_UP:
        pro.append(f"They used {share(used)} of the processors' time between thread dumps.")
    kinds = (COURSE_OF_LOAD, *((worked.kind,) if worked is not None else ()))
    return supported(
        name, part, pro, kinds=kinds, explains="rejections", where=where,
        overlaps=("slow_queries", "pool_too_small"),
    )  # fmt: skip


def _worked(case: Case) -> _Worked | None:
    for kind in (TRACE, DUMPS, QUERIES):
        look = case.thread_time.look(kind)
        if look is not None and "working" in look.shares and look.held == look.held:
            return _Worked(look.held * look.shares["working"], kind)
    sticky = case.thread_time.sticky
    return None if sticky is None else _Worked(sticky.working, METRICS)


def _used(case: Case, cpus: float | None) -> float | None:
    """Return the part of the processors' time that the workers used between the dumps."""
    dumps = [
        dump
        for dump in dumps_within(case.export, case.seen.start, case.seen.end)
        if dump.time is not None
    ]
    if len(dumps) < 2 or not cpus:
        return None
    first, last = dumps[0], dumps[-1]
    seconds = (last.time or 0.0) - (first.time or 0.0)
    if seconds < _APART:
        return None
    before = {w.thread.split(" ")[0]: w.cpu for w in first.workers}
    spent = [
        w.cpu - earlier
        for w in last.workers
        if w.cpu is not None and (earlier := before.get(w.thread.split(" ")[0])) is not None
    ]
    # Threads at work use some time: none at all is not told, and less than before another thread.
    if not spent or min(spent) < 0 or not sum(spent) > 0:
        return None
    return sum(spent) / (seconds * cpus)
