"""Which stretch of time a report speaks of, and when the pool was in trouble within it.

Part of the bridge.  Knows times, full pools and rejections; nothing of files or of models.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from boltkb.errors import ParameterError
from boltkb.exports import iso

__all__ = ["Incident", "Window", "choose_window", "find_incidents", "iso", "parse_time"]

Floats = npt.NDArray[np.float64]

#: An export longer than this is narrowed to its worst incident, unless a window was asked for.
LONG_EXPORT = 6 * 3600.0
#: What is analysed on either side of an incident in a long export.
CONTEXT = 1800.0
#: Trouble that pauses for less than this is one incident.
PAUSE = 120.0


@dataclass(frozen=True, slots=True)
class Incident:
    """A stretch of time in which the pool was full or rejected work.

    Parameters
    ----------
    start, end : float
        Epoch seconds.
    ongoing : bool
        Whether it was still going on when the export ends.
    full_seconds : float
        Time for which samples show every thread taken, s.
    rejections : int
        Rejections that left a line of their own.
    others : int
        How many other incidents, smaller ones, the export holds.
    already : bool
        Whether it was going on when the window begins, so that its true start is not known.
    """

    start: float
    end: float
    ongoing: bool
    full_seconds: float
    rejections: int
    others: int = 0
    already: bool = False

    @property
    def seconds(self) -> float:
        """Its length, s."""
        return self.end - self.start

    def facts(self) -> dict[str, object]:
        """Return the incident for `facts.json`."""
        return {
            "start": iso(self.start),
            "end": iso(self.end),
            "ongoing": self.ongoing,
            "began_before_the_window": self.already,
            "full_seconds": self.full_seconds,
            "rejections_logged": self.rejections,
            "others": self.others,
        }


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of time that a report analyses.

    Parameters
    ----------
    start, end : float
        Epoch seconds.
    how : str
        Why this one, in words.
    """

    start: float
    end: float
    how: str


def parse_time(text: str, name: str) -> float:
    """Return a moment as epoch seconds.

    Parameters
    ----------
    text : str
        ISO 8601 with a zone, for example `2026-11-23T02:10:00Z`.
    name : str
        The parameter's name, for the error.

    Raises
    ------
    ParameterError
        When it is not such a text, or names no zone.

    Examples
    --------
    >>> parse_time("1970-01-01T01:00:00+01:00", "start")
    0.0
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ParameterError(
            f"`{name}` must be ISO 8601 with a zone, such as 2026-11-23T02:10:00Z; got {text!r}"
        ) from None
    if moment.tzinfo is None:
        raise ParameterError(f"`{name}` names no zone; write {text}Z for UTC; got {text!r}")
    return moment.timestamp()


def find_incidents(
    times: Floats,
    full: npt.NDArray[np.bool_],
    rejected: Floats,
    *,
    interval: float,
    end_of_data: float,
) -> tuple[Incident, ...]:
    """Return every incident, the worst first.

    Parameters
    ----------
    times : (n,) array, epoch s
        When the pool was sampled.
    full : (n,) array of bool
        Whether every thread was taken.
    rejected : (k,) array, epoch s
        When rejections, or episodes of starvation, were logged.
    interval : float, s
        The usual time between two samples.
    end_of_data : float, epoch s

    Returns
    -------
    tuple of Incident
        By rejections and full time, the greatest first; empty where there was no trouble.
    """
    points = np.union1d(times[full], rejected)
    if points.size == 0:
        return ()
    pause = max(PAUSE, 10 * interval)
    cuts = np.flatnonzero(np.diff(points) > pause) + 1
    found = []
    for stretch in np.split(points, cuts):
        first, last = float(stretch[0]), float(stretch[-1])
        inside = int(np.count_nonzero(full & (times >= first) & (times <= last)))
        found.append(
            Incident(
                start=first,
                end=max(last, first + interval),
                ongoing=last >= end_of_data - max(3 * interval, 15.0),
                full_seconds=inside * interval,
                rejections=int(np.count_nonzero((rejected >= first) & (rejected <= last))),
                others=len(cuts),
                already=times.size > 0 and first <= float(times[0]) + 3 * interval,
            )
        )
    return tuple(sorted(found, key=lambda i: i.rejections + i.full_seconds, reverse=True))


def choose_window(
    data_start: float | None,
    data_end: float | None,
    worst: Incident | None,
    *,
    start: float | None,
    end: float | None,
) -> Window:
    """Return the stretch of time to analyse.

    Parameters
    ----------
    data_start, data_end : float or None, epoch s
        What the export covers.
    worst : Incident or None
    start, end : float or None, epoch s
        What was asked for.

    Raises
    ------
    ParameterError
        When the window asked for is empty or lies outside the data.
    """
    if data_start is None or data_end is None:
        if start is not None or end is not None:
            raise ParameterError("`start` and `end` need an export with times; this one has none")
        return Window(0.0, 0.0, "the export carries no times")
    if start is not None or end is not None:
        first = data_start if start is None else start
        last = data_end if end is None else end
        if first >= last:
            raise ParameterError(
                f"`start` must lie before `end`; got {_told(first)} and {_told(last)}"
            )
        if last <= data_start or first >= data_end:
            raise ParameterError(
                f"the window from {_told(first)} to {_told(last)} lies outside the data, "
                f"which run from {_told(data_start)} to {_told(data_end)}"
            )
        return Window(max(first, data_start), min(last, data_end), "as asked for")
    if worst is None or data_end - data_start <= LONG_EXPORT:
        return Window(data_start, data_end, "the whole export")
    margin = max(CONTEXT, worst.seconds)
    return Window(
        max(data_start, worst.start - margin),
        min(data_end, worst.end + margin),
        "the worst incident of a long export, found by itself, with what lies around it",
    )


def _told(moment: float) -> str:
    return iso(moment) or f"{moment:g} s after 1970"
