"""More threads work than the machine has processors: the more are busy, the longer each takes."""

from __future__ import annotations

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause, contradicted, not_applicable, supported, untold
from boltkb.bolt.causes.collecting import COLLECT_DUMPS, wanted_metrics
from boltkb.bolt.causes.demand.bounds import CARRIES, COURSE_OF_LOAD
from boltkb.bolt.causes.demand.load import Load, read_load, without_retries_told
from boltkb.bolt.causes.demand.processors import FREE, USED_UP, used_processors, worked_threads
from boltkb.bolt.causes.demand.work import held_for_locks
from boltkb.tables import number, share

__all__ = ["weigh_cpu_saturation"]

_CPUS = "the start of debug.log, which tells how many processors the server has"


def weigh_cpu_saturation(case: Case) -> Cause:
    """Return how the evidence stands for more working threads than processors."""
    name = "cpu_saturation"
    if not case.shortage:
        return not_applicable(name, "The pool was not full.")
    contention = case.course.contention
    fact = case.export.machine.get("cpus")
    cpus = None if fact is None else fact.value
    worked = worked_threads(case)
    where = () if fact is None else (fact.where,)
    missing = (
        *((_CPUS,) if cpus is None else ()),
        *((COLLECT_DUMPS,) if worked is None else ()),
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
    used = used_processors(case, cpus)
    if used is not None and used <= FREE:
        words = f"The threads used {share(used)} of the processors' time between thread dumps."
        return contradicted(name, (words,), pro=(more,) if more else (), where=where)
    drained = used is not None and used >= USED_UP
    if contention.verdict != "grows" and not (drained and more):
        return untold(
            name, missing or (f"more time: {contention.why}",), pro=(more,) if more else (),
            where=where,
        )  # fmt: skip
    grows = (
        f"Holds grow with the number of threads at work. {contention.why}"
        if contention.verdict == "grows"
        else f"Whether holds grow with the number of threads is not told: {contention.why}"
    )
    locked = held_for_locks(case)
    if locked >= CARRIES:
        return contradicted(
            name, (f"{share(locked)} of the held threads waited for locks.",), pro=(grows,)
        )
    load = read_load(case)
    part = 1.0 if load is None else _part(case, load)
    if not more:
        return untold(name, missing, pro=(grows,), share=part)
    pro = [grows, more]
    if drained:
        pro.append(f"They used {share(used)} of the processors' time between thread dumps.")
    kinds = (
        *((COURSE_OF_LOAD,) if contention.verdict == "grows" else ()),
        *((worked.kind,) if worked is not None else ()),
    )
    ends, against = without_retries_told(case, lambda load: _part(case, load))
    return supported(
        name, part, (*pro, *ends), kinds=kinds, explains="rejections", contra=against, where=where,
        overlaps=("slow_queries", "pool_too_small"),
    )  # fmt: skip


def _part(case: Case, load: Load) -> float:
    """Return the share of rejections that holds of few threads would spare; 1 if it is not told."""
    contention = case.course.contention
    if not contention.growth or contention.verdict != "grows":
        return 1.0
    # Without processors to wait for, holds would be those of few threads.
    least = case.course.hold[1].min() if case.course.hold is not None else 0.0
    factor = max(1.0 / contention.growth, least / max(float(load.hold.mean()), 1e-9))
    part = load.spared(hold=factor)
    # What the load foresees at the mean is little where threads run out in long waves.
    return max(part, 1.0 - load.expected() / load.total if load.total > 0 else 0.0)
