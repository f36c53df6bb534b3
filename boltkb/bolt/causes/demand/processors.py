"""Threads at work against the processors that the machine has."""

from __future__ import annotations

from dataclasses import dataclass

from boltkb.bolt.causes.case import Case
from boltkb.bolt.snapshots import dumps_within
from boltkb.bolt.thread_time import DUMPS, METRICS, QUERIES, TRACE

__all__ = ["FREE", "USED_UP", "Worked", "used_processors", "worked_threads"]

#: Processor time used, as a part of what the machine has, from which on nothing is left.
USED_UP = 0.7
#: Up to this part of it processors are plainly free.
FREE = 0.5
#: Thread dumps so close together tell no use of processors, s.
_APART = 2.0


@dataclass(frozen=True, slots=True)
class Worked:
    """Threads at work, on average, by one kind of evidence."""

    threads: float
    kind: str


def worked_threads(case: Case) -> Worked | None:
    """Return how many threads worked, by the strongest evidence; None where none tells."""
    for kind in (TRACE, DUMPS, QUERIES):
        look = case.thread_time.look(kind)
        if look is not None and "working" in look.shares and look.held == look.held:
            return Worked(look.held * look.shares["working"], kind)
    sticky = case.thread_time.sticky
    return None if sticky is None else Worked(sticky.working, METRICS)


def used_processors(case: Case, cpus: float | None) -> float | None:
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
