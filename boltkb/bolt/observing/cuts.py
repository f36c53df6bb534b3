"""Times in which nothing of use was observed: restarts, gaps, counters that began anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from boltkb.bolt.observing.evidence import BusyEvidence, Floats
from boltkb.exports import Export
from boltkb.tables import span

__all__ = ["Cut", "find_cuts"]

#: How far from a restart of the server a counter's fall is the same event, s.
_SAME = 120.0
#: Pauses of the machine or the process that may explain a gap.
_PAUSES = ("vm-pause", "gc-monitor-pause")


@dataclass(frozen=True, slots=True)
class Cut:
    """A stretch of time that is not used, or not as the rest.

    Parameters
    ----------
    start, end : float, epoch s
    kind : str
        `restart` and `gap` are left out of the fit; `censored`: looks failed because every
        thread was held, which the fit takes in as that; `reset`: a counter of one database
        began anew, which makes no difference to held threads.
    words : str
        A sentence.
    """

    start: float
    end: float
    kind: Literal["restart", "gap", "censored", "reset"]
    words: str


def find_cuts(
    export: Export, evidence: BusyEvidence | None, start: float, end: float
) -> tuple[Cut, ...]:
    """Return what is cut out of a stretch of time, by time.

    Parameters
    ----------
    export : Export
    evidence : BusyEvidence or None
        That the counts of held threads come from.
    start, end : float, epoch s

    Returns
    -------
    tuple of Cut
    """
    times: Floats = np.empty(0) if evidence is None else evidence.times
    restarts = [time for time in export.restarts if start < time <= end]
    cuts = [_restart(time, times, start, end) for time in restarts]
    if evidence is not None and evidence.kind == "moments":
        cuts += _gaps(evidence, export, restarts)
        cuts += _censored(evidence)
    cuts += _resets(export, restarts, start, end)
    return tuple(sorted(cuts, key=lambda cut: (cut.start, cut.end, cut.kind)))


def _restart(time: float, times: Floats, start: float, end: float) -> Cut:
    after = int(np.searchsorted(times, time, side="left"))
    first = float(times[after - 1]) if after > 0 else start
    # The counter's fall is dated by the first sample after it; the log's line is earlier.
    last = float(times[after]) if after < times.size else end
    words = "The server started anew: what was held ended, and every counter began at 0."
    return Cut(min(first, time), max(last, time), "restart", words)


def _gaps(evidence: BusyEvidence, export: Export, restarts: list[float]) -> list[Cut]:
    interval, times = evidence.interval, evidence.times
    if interval is None or times.size < 3:
        return []
    found = []
    for i in np.flatnonzero(np.diff(times) > max(3 * interval, interval + 2)).tolist():
        before, after = float(times[i]), float(times[i + 1])
        if any(before <= restart <= after for restart in restarts):
            continue
        words = f"No sample for {span(after - before)}."
        still = [
            event.numbers.get("pause", 0.0)
            for event in export.events
            if event.kind in _PAUSES and before <= event.time <= after
        ]
        if still and sum(still) > 0:
            words += f" The server stood still for {span(sum(still))} of it."
        found.append(Cut(before, after, "gap", words))
    return found


def _censored(evidence: BusyEvidence) -> list[Cut]:
    at = np.flatnonzero(evidence.censored)
    if not at.size:
        return []
    half = (evidence.interval or 0.0) / 2
    found = []
    for run in np.split(at, np.flatnonzero(np.diff(at) > 1) + 1):
        many = int(run.size)
        words = (
            f"{many} sample{'' if many == 1 else 's'} failed while rejections were logged: every "
            "thread was held."
        )
        first, last = float(evidence.times[run[0]]), float(evidence.times[run[-1]])
        found.append(Cut(first - half, last + half, "censored", words))
    return found


def _resets(export: Export, restarts: list[float], start: float, end: float) -> list[Cut]:
    found: dict[tuple[float, float], set[str]] = {}
    for series in export.series.values():
        if series.database is None or series.kind != "counter":
            continue
        for i in np.flatnonzero(np.diff(series.values) < 0).tolist():
            before, after = float(series.times[i]), float(series.times[i + 1])
            if not start <= after <= end:
                continue
            if any(before - _SAME <= restart <= after + _SAME for restart in restarts):
                continue
            found.setdefault((before, after), set()).add(series.database)
    return [
        Cut(
            before, after, "reset",
            f"The counters of {', '.join(sorted(names))} began anew, as when a database is "
            "stopped and started.",
        )
        for (before, after), names in found.items()
    ]  # fmt: skip
