"""The server stands still, by garbage collection or with its machine, and work piles up.

Nothing is served while requests go on arriving; so a pause fills the pool if what arrives in it
is more than the threads that are free.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause, contradicted, not_applicable, supported, untold
from boltkb.bolt.causes.collecting import wanted_metrics
from boltkb.bolt.causes.demand.bounds import CARRIES, COURSE_OF_LOAD, PAUSES, SIGN_INS, TRIES_AGAIN
from boltkb.bolt.causes.demand.load import Load, read_load
from boltkb.bolt.course import Pause
from boltkb.tables import number, share, span

__all__ = ["Stalled", "stalled", "weigh_gc_pauses", "weigh_host_stall"]

Floats = npt.NDArray[np.float64]

#: A pause fills a pool of which nothing else is known if it is as long as this, s.
_LONG = 1.0
#: The line of the server about a client that did not sign in in time.
_SIGN_IN = "auth-timeout"
LONGER = "metrics and logs of a longer time, in which pauses and rejections come more often"
#: What is so likely by chance is no evidence.
_CHANCE = 0.05


@dataclass(frozen=True, slots=True)
class Stalled:
    """What pauses explain.

    Parameters
    ----------
    pauses : tuple of Pause
        In the window, long enough to fill the pool.
    share : float
        Of the rejections, those by chance taken off.
    within, chance : float
        The share that came in a pause or soon after one, and how much of all time that is.
    certain : bool
        Whether so many would hardly come there by chance.
    """

    pauses: tuple[Pause, ...]
    share: float
    within: float
    chance: float
    certain: bool


def weigh_gc_pauses(case: Case) -> Cause:
    """Return how the evidence stands for pauses of the JVM, by garbage collection as a rule."""
    return _weigh(
        case, "gc_pauses", lambda pause: pause.collecting is not False,
        "Garbage collection did not take the pauses that were told.",
    )  # fmt: skip


def weigh_host_stall(case: Case) -> Cause:
    """Return how the evidence stands for pauses that the machine made, not the JVM."""
    return _weigh(
        case, "host_stall", lambda pause: pause.collecting is False,
        "No pause is told to have come without garbage collection.",
    )  # fmt: skip


def stalled(case: Case, chosen: Callable[[Pause], bool] = lambda _: True) -> Stalled | None:
    """Return what pauses explain of the rejections; None where these have no times.

    Parameters
    ----------
    case : Case
    chosen : callable
        Which pauses are looked at.
    """
    told = _troubles(case)
    if told is None:
        return None
    times, counts, slack = told
    load = read_load(case)
    pauses = tuple(
        pause for pause in _in_window(case) if chosen(pause) and _fills(pause, case, load)
    )
    if not pauses or not counts.sum() > 0:
        return Stalled(pauses, 0.0, 0.0, 0.0, certain=False)
    spans = [(pause.start, pause.start + pause.seconds + TRIES_AGAIN + slack) for pause in pauses]
    hit = np.zeros(times.size, dtype=bool)
    for begin, end in spans:
        hit |= (times >= begin) & (times <= end)
    within = float(counts[hit].sum() / counts.sum())
    chance = min(1.0, _covered(spans, case.seen.start, case.seen.end))
    part = 0.0 if chance >= 1 else max(0.0, (within - chance) / (1.0 - chance))
    # Rejections come in rushes, which are what chance would have to place.
    rushes = int(np.count_nonzero(np.diff(times[hit]) > TRIES_AGAIN + slack)) + 1
    return Stalled(pauses, part, within, chance, certain=chance**rushes < _CHANCE)


def _weigh(case: Case, name: str, chosen: Callable[[Pause], bool], none: str) -> Cause:
    if not case.shortage:
        return _of_sign_ins(case, name, chosen)
    missing = (
        "debug.log of the time of the rejections, which tells of each pause of the Java process",
        *wanted_metrics(case, "vm_pause_time"),
    )
    if not case.course.stalls_known:
        return untold(name, missing)
    pauses = tuple(pause for pause in _in_window(case) if chosen(pause))
    if not pauses:
        return contradicted(
            name,
            (none if _in_window(case) else "No pause of a tenth of a second or more is told.",),
        )
    found = stalled(case, chosen)
    words = _words(pauses)
    where = tuple(pause.where for pause in pauses[:3])
    if found is None:
        return untold(
            name, ("when rejections happened: neo4j.log or debug.log of the same time",),
            pro=(words,), where=where,
        )  # fmt: skip
    if not found.pauses:
        return contradicted(
            name, ("They are too short to fill the pool with what arrives meanwhile.",),
            pro=(words,), where=where,
        )  # fmt: skip
    came = (
        f"{share(found.within)} of the rejections came in a pause or within "
        f"{span(TRIES_AGAIN)} after one; by chance it would be {share(found.chance)}."
    )
    if found.share >= CARRIES and found.certain:
        kinds = (PAUSES, COURSE_OF_LOAD)
        return supported(
            name, found.share, (words, came), kinds=kinds, explains="rejections", where=where,
            began=found.pauses[0].start,
        )  # fmt: skip
    if found.share >= CARRIES:
        # More than chance would place there, in too few rushes to be sure of it.
        return untold(name, (LONGER,), pro=(words, came), share=found.share, where=where)
    return contradicted(name, (came,), pro=(words,), where=where)


def _of_sign_ins(case: Case, name: str, chosen: Callable[[Pause], bool]) -> Cause:
    """Return what pauses explain of sign-ins that ran out of time, where no thread was wanting."""
    seen = case.seen
    failed = [
        event for event in case.export.events
        if event.kind == _SIGN_IN and seen.start <= event.time <= seen.end + (seen.interval or 1.0)
    ]  # fmt: skip
    pauses = tuple(p for p in _in_window(case) if chosen(p) and p.seconds >= _LONG)
    if not failed or not pauses:
        return not_applicable(name, "The pool was not full.")
    times = np.array([event.time for event in failed])
    spans = [(p.start, p.start + p.seconds + TRIES_AGAIN) for p in pauses]
    hit = np.zeros(times.size, dtype=bool)
    for begin, end in spans:
        hit |= (times >= begin) & (times <= end)
    within = float(hit.mean())
    chance = min(1.0, _covered(spans, seen.start, seen.end))
    part = 0.0 if chance >= 1 else max(0.0, (within - chance) / (1.0 - chance))
    rushes = int(np.count_nonzero(np.diff(times[hit]) > TRIES_AGAIN)) + 1
    came = (
        f"{number(len(failed))} sign-ins ran out of time, {share(within)} of them in a pause or "
        f"within {span(TRIES_AGAIN)} after one; by chance it would be {share(chance)}."
    )
    where = (*(pause.where for pause in pauses[:2]), failed[0].where)
    if part < CARRIES or chance**rushes >= _CHANCE:
        return contradicted(name, (came,), pro=(_words(pauses),), where=where)
    return supported(
        name, part, (_words(pauses), came), kinds=(PAUSES, SIGN_INS), explains="failures",
        where=where, began=pauses[0].start,
    )  # fmt: skip


def _words(pauses: Sequence[Pause]) -> str:
    longest = max(pauses, key=lambda pause: pause.seconds)
    count = "One pause" if len(pauses) == 1 else f"{number(len(pauses))} pauses"
    total = sum(pause.seconds for pause in pauses)
    by = "what took them is not told"
    if longest.collecting:
        by = "garbage collection took the longest"
    elif longest.collecting is False:
        by = "garbage collection did not take the longest"
    return (
        f"{count} of a tenth of a second or more, {span(total)} together, the longest "
        f"{span(longest.seconds)}: {by}."
    )


def _in_window(case: Case) -> tuple[Pause, ...]:
    start, end = case.seen.start - TRIES_AGAIN, case.seen.end
    return tuple(pause for pause in case.course.pauses if start <= pause.start <= end)


def _fills(pause: Pause, case: Case, load: Load | None) -> bool:
    """Whether what arrives in a pause is more than the threads that are free."""
    seen = case.seen
    if load is None or seen.servers is None:
        return pause.seconds >= _LONG
    asked = float(np.median(load.requests))
    busy = float(np.nanmedian(seen.busy)) if seen.samples else 0.0
    return asked * pause.seconds + min(busy, seen.servers) >= seen.servers


def _troubles(case: Case) -> tuple[Floats, Floats, float] | None:
    """Return when work was rejected, how often, and how late that may be told."""
    seen, found = case.seen, case.course.rejections
    if found is not None and found[0].size:
        # A counter tells by its next sample only.
        slack = (seen.interval or 0.0) if seen.rejected.how == "estimated" else 1.0
        inside = (found[0] >= seen.start) & (found[0] <= seen.end + slack)
        return found[0][inside], found[1][inside], slack
    if seen.rejected.episodes:
        times = np.array(seen.rejected.episodes)
        return times, np.ones(times.size), 1.0
    if seen.servers is not None and seen.samples:
        times = seen.times[seen.busy >= seen.servers]
        return (times, np.ones(times.size), seen.interval or 0.0) if times.size else None
    return None


def _covered(spans: Sequence[tuple[float, float]], start: float, end: float) -> float:
    """Return the part of a stretch of time that spans, in order, cover together."""
    covered, last = 0.0, start
    for begin, until in sorted(spans):
        begin, until = max(begin, last), min(until, end)
        covered += max(0.0, until - begin)
        last = max(last, until)
    return covered / max(end - start, 1e-9)
