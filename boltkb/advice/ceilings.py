"""The other ceilings that more threads would meet: transactions, processors, memory.

Says of a number of threads what stands above it; sizes nothing itself.
"""

from __future__ import annotations

import re

from boltkb.advice.situation import Situation
from boltkb.exports.settings.amounts import amount
from boltkb.tables import number

__all__ = ["ceilings", "passed_ceilings"]

#: Address space of a thread's stack where nothing is set: HotSpot on 64-bit Linux.
_STACK = 1 << 20
_XSS = re.compile(r"-Xss(\d{1,6}[kKmMgG]?)")
_GIB = float(1 << 30)


def ceilings(situation: Situation, threads: float) -> tuple[str, ...]:
    """Return what to look at before a pool has so many threads, passed ceilings first."""
    return (
        *passed_ceilings(situation, threads),
        *_memory_words(situation, threads),
        _processors(situation),
    )


def passed_ceilings(situation: Situation, threads: float) -> tuple[str, ...]:
    """Return the ceilings that so many threads would pass, in sentences; empty for none known."""
    said = []
    limit = situation.pool.transaction_limit.value
    if limit and threads > float(limit) and situation.has("transaction-limit"):
        said.append(
            f"Beyond another ceiling: {situation.setting('transaction-limit')} allows "
            f"{number(float(limit))} transactions per database, fewer than {number(threads)} "
            "threads. Raise it too, or the error only changes its name."
        )
    contention = None if situation.case is None else situation.case.course.contention
    if contention is not None and contention.verdict == "grows":
        said.append(
            "Beyond another ceiling: holds take longer the more threads are busy "
            f"({contention.why.rstrip('.')}), so the processors or locks are shared already. More "
            "threads may make each slower instead of doing more."
        )
    left, more = _memory_left(situation), _stacks(situation, threads)
    if left is not None and more > left:
        said.append(
            f"Beyond another ceiling: heap and page cache leave {number(left / _GIB)} GiB of the "
            f"machine's memory, and the further stacks may take {number(more / _GIB)} GiB."
        )
    return tuple(said)


def _memory_words(situation: Situation, threads: float) -> tuple[str, ...]:
    more = _stacks(situation, threads)
    if more <= 0:
        return ()
    known = "" if _memory_left(situation) is not None else " (how much is left is not told)"
    return (
        (
            f"Each thread may take a stack of native memory, outside heap and page cache: "
            f"{number(round(more / (1 << 20)))} MiB more at most{known}."
        ),
    )


def _processors(situation: Situation) -> str:
    contention = None if situation.case is None else situation.case.course.contention
    if contention is not None and contention.verdict == "constant":
        return "Holds did not lengthen with more threads busy, as far as they were seen."
    return (
        "Whether holds lengthen when more threads are busy cannot be told from this export: "
        "compare the held time at few and at many busy threads first."
    )


def _stacks(situation: Situation, threads: float) -> float:
    present = situation.pool.threads
    return 0.0 if present is None else max(0.0, threads - present) * _stack(situation)


def _stack(situation: Situation) -> float:
    found = _XSS.search(situation.value_of("jvm-additional")[0])
    size = None if found is None else amount(found[1], java=True)
    return float(_STACK) if size is None else float(size)


def _memory_left(situation: Situation) -> float | None:
    """Return the machine's memory less heap and page cache; None where one is not told."""
    export = situation.export
    if export is None:
        return None
    memory = export.machine.get("memory")
    heap = export.machine.get("heap-max")
    cache = amount(situation.value_of("page-cache")[0], java=True)
    if memory is None or memory.value is None or heap is None or heap.value is None:
        return None
    return None if cache is None else memory.value - heap.value - cache
