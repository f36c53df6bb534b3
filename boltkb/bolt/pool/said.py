"""What the pool says of itself: in lines about rejections, in dumps, in a trace, in metrics.

A pool that rejects work is at its greatest size, so its state then is the strongest truth there
is.  Workers in a dump and threads held are lower bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from boltkb.bolt.observing.traced import trace_steps
from boltkb.bolt.pool.known import RANKS, Known
from boltkb.catalogue import Version
from boltkb.exports import Export, LogEvent, Where

__all__ = ["Bound", "bounded", "least_threads", "queue_when_full", "threads_when_full"]

#: Rejections in a trace before the threads held then are taken for the pool's size.
_FEWEST = 10
#: Share of them at which exactly as many threads must have been held.
_AGREE = 0.5
#: Samples above a size before they disprove it: a single one may be of two moments.
_SAMPLES = 3
#: Moments at which a trace is looked at for this.
_LOOKS = 5_000
_FIRST_EXACT = Version.parse("5.0")


@dataclass(frozen=True, slots=True)
class Bound:
    """A number of threads that the pool had at least.

    Parameters
    ----------
    threads : int
    how : str
        A part of a sentence: what had so many threads.
    where : Where or None
    """

    threads: int
    how: str
    where: Where | None


def threads_when_full(export: Export) -> tuple[Known | None, tuple[str, ...]]:
    """Return the size that the pool had when it rejected work, and whether it changed.

    Up to 4.4 the line says so; from 5.0 a debug-level trace shows how many threads were held at
    each rejection.

    Parameters
    ----------
    export : Export

    Returns
    -------
    tuple of (Known or None, tuple of str)
    """
    lines = _with_state(export)
    if lines:
        last = lines[-1]
        sizes = list(dict.fromkeys(int(line.numbers["pool_size"]) for line in lines))
        how = f"the pool's own size when it rejected work, {last.where}"
        known = Known(last.numbers["pool_size"], how, last.where, "moment")
        if len(sizes) == 1:
            return known, ()
        changed = (
            f"The pool had {', then '.join(f'{size:,}' for size in sizes)} threads when it "
            f"rejected work: it was changed within this export. The last, {sizes[-1]:,}, is taken."
        )
        return known, (changed,)
    return _traced_size(export), ()


def queue_when_full(export: Export) -> Known | None:
    """Return the places of the pool's queue: those taken when it rejected work."""
    lines = _with_state(export)
    if not lines:
        return None
    most = max(lines, key=lambda line: line.numbers.get("queued_tasks", 0.0))
    queued = most.numbers.get("queued_tasks", 0.0)
    how = f"queued tasks = {queued:g} when it rejected work, {most.where}"
    return Known(queued, how, most.where, "moment")


def least_threads(export: Export, version: Version | None, beside: int) -> Bound | None:
    """Return the greatest number of threads that the pool had for certain.

    The number in a worker's name is no bound: threads end and others begin with the next number.

    Parameters
    ----------
    export : Export
    version : Version or None
    beside : int
        Threads that other pools of the server may have; they are taken off.

    Returns
    -------
    Bound or None
    """
    found: list[Bound] = []
    for dump in export.thread_dumps:
        many = len(dump.workers) - beside
        found.append(Bound(many, f"a thread dump has {many:,} workers ({dump.where})", dump.where))
    if export.holds is not None and len(export.holds):
        steps = trace_steps(export.holds, export.restarts)
        looks = np.sort(steps.at(np.linspace(steps.start, steps.end, _LOOKS)))
        many = int(looks[-_SAMPLES]) - beside
        where = export.holds.where
        found.append(Bound(many, f"a trace has {many:,} threads held at once ({where})", where))
    running = export.series.get("connections_running")
    # Up to 4.4 a rejected request counts as running for a moment, so there may be more.
    if running is not None and version is not None and version >= _FIRST_EXACT:
        values = np.sort(running.values)
        if values.size >= _SAMPLES:
            many = int(values[-_SAMPLES]) - beside
            how = f"{_SAMPLES} samples of connections_running are {many:,} or more"
            found.append(Bound(many, f"{how} ({running.where})", running.where))
    usable = [bound for bound in found if bound.threads > 0]
    return max(usable, key=lambda bound: bound.threads, default=None)


def bounded(known: Known, bound: Bound | None) -> tuple[Known, tuple[str, ...]]:
    """Return a size after a look at what the pool had at least.

    Parameters
    ----------
    known : Known
    bound : Bound or None

    Returns
    -------
    tuple of (Known, tuple of str)
        Unknown, and why, where the pool had more threads than it was said to have.
    """
    if bound is None:
        return known, ()
    if known.value is None:
        return replace(known, how=f"{known.how}; at least {bound.threads:,}: {bound.how}"), ()
    if bound.threads <= known.value:
        return known, ()
    said = (
        f"The pool cannot have had {known} threads, as {RANKS[known.rank]} says ({known.how}): "
        f"{bound.how}. So its size is not known."
    )
    how = f"not {known}, as {known.how} has it; at least {bound.threads:,}: {bound.how}"
    return Known(None, how, bound.where), (said,)


def _with_state(export: Export) -> Sequence[LogEvent]:
    return [event for event in export.events if event.numbers.get("pool_size", 0.0) > 0]


def _traced_size(export: Export) -> Known | None:
    holds = export.holds
    if holds is None or int(holds.rejected.sum()) < _FEWEST:
        return None
    steps = trace_steps(holds, export.restarts)
    held, many = np.unique(steps.at(holds.asked[holds.rejected]), return_counts=True)
    most = float(held[np.argmax(many)])
    if most < 1 or many.max() < _AGREE * many.sum() or most < steps.peak(steps.start, steps.end):
        return None
    how = f"threads held at most of {many.sum():,} rejections in the debug-level trace"
    return Known(most, f"{how}, {holds.where}", holds.where, "moment")
