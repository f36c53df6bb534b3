"""Rejected requests are tried again, and the attempts fill the pool after their cause has gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause, contradicted, not_applicable, supported, untold
from boltkb.bolt.causes.collecting import CLIENT_LOG, COLLECT_DUMPS, wanted_metrics
from boltkb.bolt.causes.demand.bounds import CARRIES, CLIENT_LOGS, COURSE_OF_LOAD, MOST, TRIES_AGAIN
from boltkb.bolt.causes.demand.load import Load, read_load, retried_share
from boltkb.bolt.causes.demand.pauses import stalled
from boltkb.bolt.causes.demand.rushes import exact_rejections, rushes
from boltkb.bolt.causes.demand.work import held_by_work
from boltkb.bolt.window import iso
from boltkb.tables import number, share, span

__all__ = ["weigh_retry_storm"]

#: Attempts in a trigger, over the usual ones.
_SURGE = 1.5
#: Rejections that a trigger's own exceed the usual ones by.
_RISE = 3.0
#: Of a trigger's rejections, those that still come when the trigger is over.
_PERSISTS = 0.25
#: First attempts that are a rush, at one moment.
_RUSH = 10
#: A rush that rejections outlive by so much was tried again, in vain, s.
_OUTLIVES = 1.0
#: Rejections besides the rushes, over those that the load foresees: retries of these come on top.
_AMPLIFIED = 3.0
#: How long drivers go on trying: 30 s from the first failure, a last try included, s.
_BUDGET = 60.0
#: Bins after a rush in which the load must be as it was.
_NEXT = 5
#: What goes on for a longer part of the time than this is no aftermath.
_AT_MOST = 0.5
#: Work served, and its hold, within which a load is back at what it was before.
_AS_BEFORE = 1.3


@dataclass(frozen=True, slots=True)
class _Storm:
    """A trigger and what outlived it."""

    start: float
    seconds: float
    triggered: float
    afterwards: float
    exact: bool


def weigh_retry_storm(case: Case) -> Cause:
    """Return how the evidence stands for retries that outlive what set them off."""
    name = "retry_storm"
    if not case.shortage:
        return not_applicable(name, "The pool was not full.")
    again = retried_share(case)
    if again is not None and again < CARRIES:
        return contradicted(
            name, (f"Clients tried {share(again)} of their rejected requests again.",)
        )
    work, by = held_by_work(case)
    if work is not None and work < MOST:
        return contradicted(name, (f"Of the held threads {share(work)} were at work, by {by}.",))
    load = read_load(case)
    if load is None or not load.total > 0:
        return untold(name, _missing(case))
    repeated = (
        ()
        if again is None
        else (f"Clients tried {share(again)} of their rejected requests again.",)
    )
    storm = _by_the_second(case, load) or _find(case, load)
    if storm is None:
        return contradicted(
            name, ("No rush was followed by rejections that outlived it.",), pro=repeated
        )
    pauses = stalled(case)
    others = 0.0 if pauses is None else pauses.share
    # The rush itself is not the retries'.
    first = storm.triggered / load.total if storm.exact else 0.0
    part = max(0.0, 1.0 - load.expected() / load.total - others - first)
    if part < CARRIES:
        return contradicted(
            name, ("The load, or pauses, explain most rejections without any retry.",),
            pro=repeated,
        )  # fmt: skip
    pro = (
        (
            f"After a rush at {iso(storm.start)} rejections went on for {span(storm.seconds)}, "
            f"{share(storm.afterwards / storm.triggered)} as many as in the rush itself, though no "
            "more work was served than before."
        ),
        (
            f"{number(round(load.total))} attempts were rejected; the same requests without retry "
            f"would have met about {number(round(load.expected()))} rejections."
        ),
        *repeated,
    )
    if again is None or work is None:
        return untold(name, _missing(case), pro=pro, share=part)
    return supported(
        name, part, pro, kinds=(CLIENT_LOGS, COURSE_OF_LOAD), explains="rejections",
        began=storm.start, overlaps=("burst_fan_out", "pool_too_small"),
    )  # fmt: skip


def _missing(case: Case) -> tuple[str, ...]:
    return (
        *((CLIENT_LOG,) if retried_share(case) is None else ()),
        *((COLLECT_DUMPS,) if held_by_work(case)[0] is None else ()),
        *wanted_metrics(case, "connections_running", "transaction_committed", "messages_started"),
    )


def _by_the_second(case: Case, load: Load) -> _Storm | None:
    """Return the greatest rush of first attempts that later ones outlived, by exact times."""
    if case.course.contention.verdict == "grows":
        return None
    times = exact_rejections(case)
    if times is None:
        return None
    most = _AT_MOST * (case.seen.end - case.seen.start)
    outlived = [
        rush
        for rush in rushes(times)
        if rush.first >= _RUSH
        and rush.later >= _PERSISTS * rush.first
        and _OUTLIVES <= rush.end - rush.start <= most
    ]
    spans = [(rush.start, rush.end) for rush in outlived]
    found = [rush for rush in outlived if _as_before(load, rush.end) and _amplified(load, spans)]
    if not found:
        return None
    greatest = max(found, key=lambda rush: rush.first)
    return _Storm(
        greatest.start, greatest.end - greatest.start, float(sum(rush.first for rush in found)),
        float(sum(rush.later for rush in found)), exact=True,
    )  # fmt: skip


def _as_before(load: Load, end: float) -> bool:
    """Whether no more is served after a rush than usually."""
    usually = float(np.quantile(load.requests, 0.25))
    after = np.flatnonzero(load.times - load.width / 2 >= end)[:_NEXT]
    return after.size > 0 and float(np.median(load.requests[after])) <= _AS_BEFORE * usually


def _amplified(load: Load, spans: Sequence[tuple[float, float]]) -> bool:
    """Whether rejections besides rushes are what the load foresees, and retries of these."""
    beside = np.ones(load.times.size, dtype=bool)
    for start, end in spans:
        beside &= (load.times + load.width < start) | (load.times - load.width > end + _BUDGET)
    others = float(load.rejected[beside].sum()) * load.width
    return others <= max(_AMPLIFIED * load.without(spans), float(_RUSH))


def _find(case: Case, load: Load) -> _Storm | None:
    """Return the greatest rush that rejections outlived while the load was as before."""
    if case.course.contention.verdict == "grows":
        return None
    lost, served = load.rejected, load.requests
    busy = np.interp(load.times, *case.course.busy) if case.course.busy is not None else served
    usual, usually_served = float(np.median(lost)), float(np.median(served))
    # The lower quartile: where most bins are in trouble, the median is of trouble.
    usual_hold = float(np.quantile(busy / np.maximum(served, 1e-9), 0.25))
    attempts = served + lost
    again = retried_share(case)
    surges = np.flatnonzero(
        (attempts >= _SURGE * float(np.median(attempts))) & (lost >= _RISE * max(usual, 1e-9))
    )
    found: list[_Storm] = []
    for first in surges:
        if first and attempts[first - 1] >= attempts[first]:
            continue
        # Until rejections are as usual again.
        until = int(first)
        while until + 1 < lost.size and lost[until + 1] > _AS_BEFORE * usual:
            until += 1
        rush = np.arange(first, until + 1)
        if until + 1 >= lost.size:
            continue
        calm = bool(
            np.median(served[rush[1:]] if rush.size > 1 else usually_served)
            <= _AS_BEFORE * usually_served
            and np.median(busy[rush] / np.maximum(served[rush], 1e-9)) <= _AS_BEFORE * usual_hold
        )
        stretch = (float(load.times[first]), float(load.times[until]))
        calm = calm and _as_before(load, stretch[1]) and _amplified(load, (stretch,))
        total = float((lost[rush] - usual).sum()) * load.width
        triggered = float(lost[first] - usual) * load.width
        seconds = stretch[1] - stretch[0]
        bounded = again is not None and again >= CARRIES
        if bounded:
            # Who tried again was served in the end, or gave up: there were no more requests.
            more = float(np.maximum(0.0, served[rush] - usually_served).sum()) * load.width
            triggered = min(triggered, more + (1.0 - (again or 0.0)) * total)
            seconds = max(seconds, load.width)
        outlived = total - triggered
        if calm and seconds >= TRIES_AGAIN and outlived >= _PERSISTS * triggered > 0:
            found.append(_Storm(stretch[0], seconds, triggered, outlived, exact=bounded))
    return max(found, key=lambda storm: storm.triggered, default=None)
