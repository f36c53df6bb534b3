"""The unsupported queue is on: work waits in it, and the pool stays at its core size."""

from __future__ import annotations

import numpy as np

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause, contradicted, not_applicable, supported, untold
from boltkb.bolt.causes.collecting import wanted_metrics
from boltkb.bolt.causes.demand.bounds import CONFIGURATION, COURSE_OF_LOAD
from boltkb.bolt.course.counting import read_counter
from boltkb.bolt.thread_time import METRICS
from boltkb.tables import number, share, span

__all__ = ["weigh_queue_enabled"]

#: A mean wait that is this part of a message's own time, and so long, is one for a thread: messages
#: also wait behind earlier ones of their own connection.
_PART = 0.1
_WAIT = 0.005
#: Samples in which every core thread was held, from which on work waits often.
_OFTEN = 0.1
#: Held threads above the core size that may be there by the way: sign-ins, a thread just done.
_ABOVE = 2


def weigh_queue_enabled(case: Case) -> Cause:
    """Return how the evidence stands for a queue that keeps the pool small."""
    name, pool, seen = "queue_enabled", case.pool, case.seen
    if pool.discipline == "unknown":
        return untold(name, ("neo4j.conf, which tells whether the pool has a queue",))
    if pool.discipline == "loss":
        return not_applicable(name, "The pool has no queue: a full pool rejects at once.")
    core, limit = pool.min_threads.whole, pool.max_threads.whole
    where = () if pool.queue_size.where is None else (pool.queue_size.where,)
    places = (
        "without a bound" if pool.discipline == "unbounded_queue"
        else f"with {number(pool.queue_size.whole)} places"
    )  # fmt: skip
    told = (
        f"The pool has a queue {places}: it starts threads above its {number(core)} core threads "
        + ("never." if pool.discipline == "unbounded_queue" else "only when the queue is full.")
    )
    pro, contra, kinds = [told], [], [CONFIGURATION]
    full = _full_share(case, core)
    if full is not None and core is not None:
        words = (
            f"In {share(full)} of the samples all {number(core)} core threads were held; the most "
            f"ever held were {number(seen.peak)} of {number(limit)}."
        )
        if full >= _OFTEN:
            pro.append(words)
            kinds.append(COURSE_OF_LOAD)
        else:
            contra.append(words)
    wait = _wait(case)
    if wait is not None:
        mean, own = wait
        words = f"A message waited {span(mean)} for its start on average, and took {span(own)}."
        if mean >= max(_WAIT, _PART * own):
            pro.append(words)
            kinds.append(METRICS)
        else:
            contra.append(words)
    if len(kinds) == 1:
        if contra:
            return contradicted(name, contra, pro=pro, where=where)
        return untold(
            name, wanted_metrics(case, "connections_running", "accumulated_queue_time"), pro=pro,
            where=where,
        )  # fmt: skip
    # Without the queue nothing would wait: with more threads, or by rejecting the rest.
    part = full if full is not None and full >= _OFTEN else 1.0
    return supported(name, part, pro, kinds=kinds, contra=contra, where=where)


def _full_share(case: Case, core: int | None) -> float | None:
    """Return the share of samples with all core threads held; None where it is not told."""
    seen = case.seen
    if core is None or not seen.samples:
        return None
    busy = seen.busy[np.isfinite(seen.busy)]
    return float(np.count_nonzero(busy >= core)) / busy.size


def _wait(case: Case) -> tuple[float, float] | None:
    """Return a message's mean wait and its mean time of work in the window, s."""
    seen = case.seen
    spans = []
    for identities in (
        ("accumulated_queue_time",), ("accumulated_processing_time",), ("messages_started",),
    ):  # fmt: skip
        counter = read_counter(case.export, identities, identities[0])
        if counter is None:
            return None
        grown = np.diff(np.interp([seen.start, seen.end], counter.times, counter.total))
        spans.append(float(grown[0]))
    waited, worked, started = spans
    return (waited / started, worked / started) if started > 0 else None
