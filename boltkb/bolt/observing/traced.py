"""Held threads from a debug-level trace: every hold by itself, an exact step function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boltkb.bolt.observing.evidence import TRACE, BusyEvidence, Floats
from boltkb.exports import Export, Holds

__all__ = ["Steps", "held_in_trace", "trace_covers", "trace_span", "trace_steps"]

#: A trace is looked at this often, s, and seldomer in a stretch longer than this many looks.
_EVERY = 1.0
_MOST_LOOKS = 20_000
#: A trace that begins this soon after the server's start knows of every hold, s.
_FROM_THE_START = 120.0
#: Threads stamp their own lines in milliseconds: one thread's holds may overlap by as much, s.
_STAMP = 0.002
#: What a trace may leave out at either end of a stretch that it covers, s.
_SLACK = 5.0


@dataclass(frozen=True, slots=True)
class Steps:
    """The number of held threads as a step function.

    Parameters
    ----------
    begins, ends : (n,) arrays, epoch s
        Of each hold, each by itself in order; an open hold ends where the trace does.
    start, end : float, epoch s
        What the trace covers.
    """

    begins: Floats
    ends: Floats
    start: float
    end: float

    def at(self, times: Floats) -> Floats:
        """Return the threads held at given times."""
        begun = np.searchsorted(self.begins, times, side="right")
        ended = np.searchsorted(self.ends, times, side="right")
        return (begun - ended).astype(np.float64)

    def mean(self, start: float, end: float) -> float:
        """Return the mean number of held threads over a stretch of time; NaN for no time."""
        if not end > start:
            return float("nan")
        inside = np.clip(self.ends, start, end).sum() - np.clip(self.begins, start, end).sum()
        return float(inside / (end - start))

    def peak(self, start: float, end: float) -> float:
        """Return the most threads held at the same time within a stretch of time.

        Two holds that overlap for no longer than stamps are exact are one thread's.
        """
        inside = (self.begins > start) & (self.begins <= end)
        moments = np.append(self.begins[inside], start)
        begun = np.searchsorted(self.begins, moments, side="right")
        ended = np.searchsorted(self.ends, moments + _STAMP, side="right")
        return float((begun - ended).max(initial=0))


def trace_steps(holds: Holds, restarts: Sequence[float]) -> Steps:
    """Return the held threads of a trace as a step function.

    Parameters
    ----------
    holds : Holds
    restarts : sequence of float, epoch s
        What was held then ended.
    """
    start, end = trace_span(holds)
    taken = ~np.isnan(holds.starts)
    begins, ends = holds.starts[taken], holds.ends[taken].copy()
    unfinished = np.isnan(ends)
    if bool(unfinished.any()):
        stops = np.append(np.sort(np.asarray(restarts, dtype=np.float64)), np.inf)
        after = stops[np.searchsorted(stops, begins[unfinished], side="right")]
        # Still held at the end of the trace: it is no end of the hold, so it lies after it.
        ends[unfinished] = np.where(after <= end, after, np.inf)
    return Steps(np.sort(begins), np.sort(np.maximum(ends, begins)), start, end)


def trace_span(holds: Holds) -> tuple[float, float]:
    """Return what a trace covers, epoch s; of one with too many holds, what was kept."""
    if holds.left_out and len(holds):
        return holds.begin, float(np.nanmax(holds.asked))
    return holds.begin, holds.end


def trace_covers(export: Export, start: float, end: float, *, slack: float = _SLACK) -> bool:
    """Return whether a trace knows of every request for a thread within a stretch of time.

    Parameters
    ----------
    export : Export
    start, end : float, epoch s
    slack : float, s
        What it may leave out at either end.
    """
    if export.holds is None:
        return False
    first, last = trace_span(export.holds)
    return first <= start + slack and last >= end - slack


def held_in_trace(export: Export, start: float, end: float) -> BusyEvidence | None:
    """Return the held threads of a stretch of time from the debug-level trace, exactly.

    Parameters
    ----------
    export : Export
    start, end : float, epoch s

    Returns
    -------
    BusyEvidence or None
        None where no trace covers a part of it.
    """
    holds = export.holds
    if holds is None or not len(holds):
        return None
    steps = trace_steps(holds, export.restarts)
    first, last = max(start, steps.start), min(end, steps.end)
    if not last > first:
        return None
    every = max(_EVERY, (last - first) / _MOST_LOOKS)
    times: Floats = np.arange(first, last, every, dtype=np.float64)
    busy = steps.at(times)
    words = f"{len(holds):,} holds one by one, looked at every {every:.3g} s; {holds.where}."
    if not _from_the_start(export, steps.start):
        words += " Holds that were under way when the trace begins are not in it."
    if holds.left_out:
        words += f" Its last {holds.left_out:,} holds were too many to keep."
    none: npt.NDArray[np.bool_] = np.zeros(times.size, dtype=np.bool_)
    return BusyEvidence(
        TRACE, "moments", False, times, busy, none, 0.0, steps.mean(first, last),
        steps.peak(first, last), words, (holds.where,),
    )  # fmt: skip


def _from_the_start(export: Export, begin: float) -> bool:
    return any(
        event.kind == "startup" and -_FROM_THE_START <= begin - event.time <= _FROM_THE_START
        for event in export.events
    )
