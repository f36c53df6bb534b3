"""When a process began, told by its counters: the time less the count over its mean rate.

Each counter of versions that write a mean rate tells so in every row, to the second, even where
no count fell because the server was restarted between two samples.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from boltkb.exports.records import Floats

__all__ = ["ProcessStart", "distinct_starts", "process_starts", "told_starts", "without_known"]

#: No process runs for longer, s: a thousand years; a row that says so tells of no start.
_LONGEST = 3.2e10
#: Times are whole seconds, cut off.
_WHOLE_SECOND = 1.0
#: Half of the last of six digits behind the point.
_HALF_DIGIT = 0.5e-6
#: Parts of a server that begin to count this far apart belong to one start.
_TOGETHER = 10.0
#: A start that is known less exactly than this is left to the counts that fall.
_VAGUE = 30.0
#: Of the rows of one process, the share that may say otherwise.
_DISAGREEING = 0.05


@dataclass(frozen=True, slots=True)
class ProcessStart:
    """The start of a server's process.

    Parameters
    ----------
    time : float, epoch seconds
    doubt : float, seconds
        How far off it may be.
    """

    time: float
    doubt: float


def process_starts(
    counters: Iterable[tuple[Floats, Floats, Floats]],
) -> tuple[ProcessStart, ...]:
    """Return the starts of all processes that wrote some counters, oldest first.

    The first one lies before the first row as a rule; the others are restarts.

    Parameters
    ----------
    counters : iterable of (times, counts, rates)
        Columns of each counter of the whole server, in epoch seconds, counts and counts per
        second.

    Returns
    -------
    tuple of ProcessStart

    Examples
    --------
    >>> rows = np.array([100.0, 130.0]), np.array([20.0, 50.0]), np.array([2.0, 5.0])
    >>> [start.time for start in process_starts([rows])]
    [90.0, 120.0]
    """
    return distinct_starts(start for columns in counters for start in told_starts(*columns))


def distinct_starts(found: Iterable[ProcessStart]) -> tuple[ProcessStart, ...]:
    """Return starts that several counters tell, each once, as the most exact tells it.

    Examples
    --------
    >>> [start.time for start in distinct_starts([ProcessStart(9.0, 3.0), ProcessStart(8.0, 1.0)])]
    [8.0]
    """
    kept: list[ProcessStart] = []
    for start in sorted(found, key=lambda start: (start.doubt, start.time)):
        near = (abs(start.time - other.time) - start.doubt - other.doubt for other in kept)
        if start.doubt <= _VAGUE and all(distance > _TOGETHER for distance in near):
            kept.append(start)
    return tuple(sorted(kept, key=lambda start: start.time))


def without_known(resets: Floats, times: Floats, starts: Sequence[ProcessStart]) -> Floats:
    """Return the resets of a series that no known start explains.

    Parameters
    ----------
    resets : (k,) array, epoch seconds
        First times after a restart.
    times : (n,) array, epoch seconds
        The series' samples.
    starts : sequence of ProcessStart

    Returns
    -------
    (j,) array, epoch seconds

    Examples
    --------
    >>> times = np.array([0.0, 30.0, 60.0])
    >>> without_known(np.array([30.0, 60.0]), times, [ProcessStart(22.0, 1.0)]).tolist()
    [60.0]
    """
    left = []
    for reset in resets.tolist():
        place = int(np.searchsorted(times, reset))
        before = float(times[place - 1]) if place else -np.inf
        if not any(before - start.doubt < start.time <= reset + start.doubt for start in starts):
            left.append(reset)
    return np.array(left, dtype=np.float64)


def told_starts(times: Floats, counts: Floats, rates: Floats) -> list[ProcessStart]:
    """Return what one counter tells of the starts of its processes, however vague.

    Parameters
    ----------
    times, counts, rates : (n,) arrays
        As `process_starts` takes them.

    Returns
    -------
    list of ProcessStart

    Examples
    --------
    >>> rows = np.array([100.0, 130.0]), np.array([20.0, 50.0]), np.array([2.0, 5.0])
    >>> [start.time for start in told_starts(*rows)]
    [90.0, 120.0]
    """
    with np.errstate(invalid="ignore"):
        telling = (counts > 0) & (rates > 0) & np.isfinite(counts) & np.isfinite(rates)
        telling &= counts / _LONGEST <= rates
    times, counts, rates = times[telling], counts[telling], rates[telling]
    if not len(times):
        return []
    age = counts / rates
    begun = times - age
    # Newer versions write the rate to its last digit, older ones six of them; a rate too large
    # for this is none of a server, and has no digits behind the point either.
    digits = np.minimum(rates, 1e12) * 1e6
    exact = bool((np.abs(digits - np.round(digits)) > 0.01).any())
    doubt = _WHOLE_SECOND + (np.zeros_like(age) if exact else age * _HALF_DIGIT / rates)
    later = begun[1:] - begun[:-1] > doubt[1:] + doubt[:-1] + _WHOLE_SECOND
    anew = later & (begun[1:] >= times[:-1] - doubt[1:])
    edges = [0, *(np.flatnonzero(anew) + 1).tolist(), len(times)]
    runs = []
    for first, last in itertools.pairwise(edges):
        best = first + int(np.argmin(doubt[first:last]))
        off = np.abs(begun[first:last] - begun[best]) - doubt[first:last] - doubt[best]
        # Rows that disagree about one and the same start tell of a clock that was set.
        if np.mean(off > _WHOLE_SECOND) < _DISAGREEING:
            runs.append(ProcessStart(float(begun[best]), float(doubt[best])))
    return runs
