"""Old and new client processes are connected at the same time for a while."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause, contradicted, supported, untold
from boltkb.bolt.causes.collecting import wanted_metrics
from boltkb.bolt.causes.counting import each_rejection
from boltkb.bolt.causes.demand.bounds import CONNECTIONS
from boltkb.bolt.window import iso
from boltkb.exports import Export
from boltkb.tables import number, span

__all__ = ["weigh_rolling_deploy"]

Floats = npt.NDArray[np.float64]

#: Open connections at the height of a deploy, over those before.
_RISE = 1.25
#: How far they come back: what is left above the level before, as a part of the rise.
_LEFT = 0.4
#: A new generation is opened, and an old one closed, of at least so many connections, as a part
#: of those that were open before.
_GENERATION = 0.6
#: The longest that two generations live side by side, s.
_LONGEST = 3600.0
#: Connections below which nothing is told from chance.
_FEWEST = 8.0
#: Connections opened a second in a deploy, over those opened at other times.
_SURGE = 3.0
#: Of the opened connections, those that may only replace rejected ones.
_REPLACED = 0.3


@dataclass(frozen=True, slots=True)
class _Hump:
    """A rise and fall of open connections."""

    start: float
    end: float
    before: float
    height: float
    after: float
    opened: float
    closed: float


def weigh_rolling_deploy(case: Case) -> Cause:
    """Return how the evidence stands for two generations of clients at once."""
    name = "rolling_deploy"
    told = _connections(case.export)
    if told is None:
        return untold(name, wanted_metrics(
            case, "connections_idle", "connections_running", "connections_opened",
            "connections_closed",
        ))  # fmt: skip
    times, level, opened, closed = told
    hump = _find(times, level, opened, closed)
    if hump is None:
        return contradicted(name, ("Open connections did not rise and fall back as at a deploy.",))
    words = (
        f"From {iso(hump.start)} on open connections rose from {number(round(hump.before))} to "
        f"{number(round(hump.height))}, and were {number(round(hump.after))} after "
        f"{span(hump.end - hump.start)}; meanwhile {number(round(hump.opened))} were opened and "
        f"{number(round(hump.closed))} closed."
    )
    if case.shortage and case.course.rejections is None:
        return untold(
            name,
            (
                (
                    "when each request was rejected, because a rejection costs its client a "
                    f"connection: {each_rejection(case.pool)}"
                ),
            ),
            pro=(words,),
        )
    rejected, all_rejected = _rejected(case, hump)
    if rejected > _REPLACED * hump.opened:
        return contradicted(
            name, ((f"{number(round(rejected))} requests were rejected meanwhile: clients opened "
                   "connections in place of those that rejections closed."),), pro=(words,),
        )  # fmt: skip
    if case.shortage and all_rejected > 0:
        return supported(
            name, rejected / all_rejected, (words,), kinds=(CONNECTIONS,), explains="rejections",
            began=hump.start,
        )  # fmt: skip
    total = float(opened[-1] - opened[0])
    return supported(
        name, hump.opened / total if total > 0 else 0.0, (words,), kinds=(CONNECTIONS,),
        explains="connections", began=hump.start,
    )  # fmt: skip


def _connections(export: Export) -> tuple[Floats, Floats, Floats, Floats] | None:
    """Return times, open connections, and connections opened and closed until then."""
    found = [
        export.series.get(f"connections_{name}") for name in ("running", "idle", "opened", "closed")
    ]
    known = [series for series in found if series is not None and series.times.size > 2]
    if len(known) < len(found):
        return None
    times = known[0].times
    for series in known[1:]:
        times = np.intersect1d(times, series.times)
    if times.size < 10:
        return None
    running, idle, opened, closed = (
        series.values[np.searchsorted(series.times, times)] for series in known
    )
    # A restart closes every connection at once, and is no deploy of clients.
    restarted = np.flatnonzero(np.diff(opened) < 0)
    first = int(restarted[-1]) + 1 if restarted.size else 0
    if times.size - first < 10:
        return None
    return times[first:], (running + idle)[first:], opened[first:], closed[first:]


def _find(times: Floats, level: Floats, opened: Floats, closed: Floats) -> _Hump | None:
    """Return the highest hump that looks like a change of generations."""
    usual = float(np.median(level))
    if usual < _FEWEST or level.max() < _RISE * usual:
        return None
    top = int(np.argmax(level))
    half = usual + (float(level[top]) - usual) * _LEFT
    first = top
    while first > 0 and level[first - 1] > half:
        first -= 1
    last = top
    while last < level.size - 1 and level[last + 1] > half:
        last += 1
    # One sample before and behind: half the rise is outside what is above the half.
    first, last = max(0, first - 2), min(level.size - 1, last + 2)
    if first < 2 or last > level.size - 3 or times[last] - times[first] > _LONGEST:
        return None
    before = float(np.median(level[: first + 1][-20:]))
    after = float(np.median(level[last:][:20]))
    height = float(level[top])
    new, old = float(opened[last] - opened[first]), float(closed[last] - closed[first])
    usually = (float(opened[-1] - opened[0]) - new) / max(
        1.0, float(times[-1] - times[0]) - float(times[last] - times[first])
    )
    if (
        height < _RISE * before
        or new < _SURGE * usually * float(times[last] - times[first])
        or after > before + _LEFT * (height - before)
        or min(new, old) < _GENERATION * before
    ):
        return None
    return _Hump(float(times[first]), float(times[last]), before, height, after, new, old)


def _rejected(case: Case, hump: _Hump) -> tuple[float, float]:
    """Return the rejections within a hump, and all of them."""
    if case.course.rejections is None:
        return 0.0, 0.0
    times, counts = case.course.rejections
    inside = (times >= hump.start) & (times <= hump.end)
    return float(counts[inside].sum()), float(counts.sum())
