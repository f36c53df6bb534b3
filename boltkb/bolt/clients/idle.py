"""Idle connections: a plateau that is normal, growth, churn, or a cut after a fixed idle time.

Part of the bridge.  An idle connection holds no thread, and drivers keep what they once opened:
a high and flat count of idle connections is an old peak that was kept, and no fault.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from boltkb.bolt.clients.counted import grown, requests_in
from boltkb.bolt.clients.periods import find_period
from boltkb.bolt.clients.records import Idle, Period
from boltkb.bolt.observe import PoolObservations
from boltkb.exports import Export
from boltkb.tables import number, span

__all__ = ["CHANCE", "MisreadIdle", "misread_idle", "read_idle"]

Floats = npt.NDArray[np.float64]
_Shape = Literal["plateau", "growth", "churn", "cut", "unknown"]

#: A period counts when chance alone does as well less often than this.
CHANCE = 0.05
#: Connections that serve no more requests than this were opened for them.
_FEW_REQUESTS = 2.0
#: A health probe opens a connection each ten seconds or more rarely; that is no churn.
_PROBES = 0.1
#: Fewer connections than this say nothing of their usual life.
_ENOUGH = 20
#: Threads held below this part of the pool are low load.
_LOW = 0.25
#: Idle connections are many from this multiple of the held threads on, as people ask about them.
_MANY = 3.0
_MORE = 10


@dataclass(frozen=True, slots=True)
class MisreadIdle:
    """Many idle connections beside few held threads, which nothing is wrong with.

    Parameters
    ----------
    idle, running : float
        Means over the window.
    threads : int
    words : str
    """

    idle: float
    running: float
    threads: int
    words: str


def read_idle(export: Export, seen: PoolObservations) -> Idle:
    """Return how connections come, stay and go in a window."""
    start, end = seen.start, seen.end
    idle = None if seen.idle_connections is None else seen.idle_connections[1]
    mean = float(np.nanmean(idle)) if idle is not None and np.isfinite(idle).any() else None
    opened = grown(export, "connections_opened", start, end)
    closed = grown(export, "connections_closed", start, end)
    if opened is None or closed is None:
        return Idle("unknown", mean, None, None, None,
                    "The metrics bolt.connections_opened and bolt.connections_closed are not in "
                    "the export, so how connections come and go cannot be told.")  # fmt: skip
    seconds = float(opened[0][-1] - opened[0][0]) + _step(opened[0])
    requests, requests_from = requests_in(export, start, end)
    came, went = float(opened[1].sum()), float(closed[1].sum())
    quiet = _quiet(seen, closed)
    told = Idle(
        shape="unknown",
        mean=mean,
        period=None,
        opened_per_second=came / seconds if seconds > 0 else None,
        opened_per_request=came / requests if requests else None,
        words="",
        opened=came,
        closed=went,
        requests=requests,
        requests_from=requests_from,
        life=_life(seen, went, seconds),
        regular=None,
        quiet_closings=int(np.count_nonzero(quiet)),
    )
    if not _churns(told) and went >= 0.5 * came:
        told = replace(told, regular=_period(opened, closed, quiet))
    shape, words = _shape(told, seen)
    period = told.regular.seconds if shape == "cut" and told.regular is not None else None
    return replace(told, shape=shape, words=words, period=period)


def misread_idle(seen: PoolObservations) -> MisreadIdle | None:
    """Return that many idle connections are as they should be; None where that is not to be said.

    It is said only where held threads stay well below the pool and nothing was rejected, and
    never of a server that is in trouble.
    """
    if seen.idle_connections is None or seen.servers is None or not seen.samples:
        return None
    if seen.pool.discipline != "loss":
        # Where work waits in a queue, few threads held are no sign that all is well.
        return None
    idle = seen.idle_connections[1][np.isfinite(seen.idle_connections[1])]
    busy = seen.busy[np.isfinite(seen.busy)]
    if not idle.size or not busy.size or seen.rejected.how not in {"none", "counted"}:
        return None
    if seen.rejected.seen or float(busy.max()) >= seen.servers:
        return None
    many, running = float(idle.mean()), float(busy.mean())
    if many < _MORE or many < _MANY * max(running, 1.0):
        return None
    words = (
        f"{number(many)} connections were idle on average while {number(running)} of "
        f"{seen.servers} threads were held, and no request was rejected. Nothing is wrong with "
        "that: an idle connection holds no thread, and drivers keep connections that a busier "
        "time once needed. Each still costs a socket and its buffers, and all of them can ask at "
        "the same time."
    )
    return MisreadIdle(many, running, seen.servers, words)


def _shape(idle: Idle, seen: PoolObservations) -> tuple[_Shape, str]:
    opened, closed = idle.opened or 0.0, idle.closed or 0.0
    rejected = seen.rejected.value or 0.0
    counts = f"{number(opened)} connections were opened and {number(closed)} closed"
    if seen.rejected.seen and closed > 0.5 * opened:
        return "unknown", (
            f"{counts}; each rejection closes its connection, so that this says little of the "
            f"clients ({number(rejected)} rejections)."
        )
    if _churns(idle):
        each = (idle.requests or 0.0) / max(closed, 1.0)
        return "churn", (
            f"{counts} for {number(idle.requests)} {idle.requests_from}: "
            f"{each:.1f} for each connection, which lived for {span(idle.life)} on average."
        )
    regular = idle.regular
    if regular is not None and regular.chance < CHANCE and _in_step(idle):
        return "cut", (
            f"{counts}, in step and at low load; {regular.matched} of {regular.closings} times "
            f"one was closed {span(regular.low)} to {span(regular.high)} after one was opened."
        )
    track = seen.open_connections
    if track is None or track[1].size < _ENOUGH:
        return "unknown", f"{counts}."
    return _level(track[1], counts)


def _level(open_: Floats, counts: str) -> tuple[_Shape, str]:
    """Return whether the number of open connections grew to the end, or came to stay."""
    thirds = [part for part in np.array_split(open_[np.isfinite(open_)], 3) if part.size]
    if len(thirds) < 3:
        return "unknown", f"{counts}."
    first, middle, last = (float(np.median(part)) for part in thirds)
    rise = float(thirds[2][-1] - thirds[2][0])
    # Connections that a driver opens as it needs them come ever more rarely; others do not.
    steady = rise >= _MORE and rise >= 0.5 * max(middle - first, last - middle)
    if steady and last - first >= max(_MORE, 0.2 * first) and last > middle > first:
        return "growth", (
            f"Open connections grew from {number(first)} to {number(float(open_[-1]))} and went "
            f"on growing at the end; {counts}."
        )
    peak = float(np.nanmax(open_))
    if last >= 0.8 * peak and abs(last - middle) <= max(2.0, 0.1 * peak):
        return "plateau", (
            f"Open connections stayed near their peak of {number(peak)}: drivers keep what they "
            "once opened. That is normal."
        )
    return "unknown", f"{counts}."


def _churns(idle: Idle) -> bool:
    closed, requests = idle.closed or 0.0, idle.requests
    if requests is None or idle.opened_per_second is None:
        return False
    return (
        closed >= 5 * _ENOUGH
        and closed >= 0.8 * (idle.opened or 0.0)
        and requests <= _FEW_REQUESTS * closed
        and idle.opened_per_second > _PROBES
    )


def _in_step(idle: Idle) -> bool:
    """Whether about as many were opened as closed, and nearly all of these at low load."""
    opened, closed = idle.opened or 0.0, idle.closed or 0.0
    closings = 0 if idle.regular is None else idle.regular.closings
    return closed >= 0.5 * opened > 0 and idle.quiet_closings >= 0.8 * closings


def _life(seen: PoolObservations, closed: float, seconds: float) -> float | None:
    """Return the mean life of a connection, by Little's law; None with too few of them."""
    track = seen.open_connections
    if track is None or not track[1].size or closed < _ENOUGH or seconds <= 0:
        return None
    return float(np.nanmean(track[1])) * seconds / closed


def _quiet(seen: PoolObservations, closed: tuple[Floats, Floats]) -> npt.NDArray[np.bool_]:
    """Return in which samples connections were closed at low load, with no rejection near."""
    times, steps = closed
    found = steps > 0
    if seen.rejected.seen and not seen.rejected.times.size:
        # When they happened is not known, so that no closing is known to be another's.
        return np.zeros(times.size, dtype=bool)
    if seen.rejected.times.size:
        width = 2 * _step(times)
        before = np.searchsorted(seen.rejected.times, times - width)
        after = np.searchsorted(seen.rejected.times, times + width)
        found &= before == after
    known = np.isfinite(seen.busy)
    if seen.servers is not None and known.any():
        held = np.interp(times, seen.times[known], seen.busy[known])
        found &= held <= max(1.0, _LOW * seen.servers)
    return found


def _period(
    opened: tuple[Floats, Floats], closed: tuple[Floats, Floats], quiet: npt.NDArray[np.bool_]
) -> Period | None:
    step = _step(opened[0])
    start = float(opened[0][0]) - step
    # What was open already may have been opened at any time before; nothing is made of it.
    begun = opened[0][opened[1] > 0]
    return find_period(
        begun, closed[0][quiet], resolution=step, start=start, end=float(opened[0][-1])
    )


def _step(times: Floats) -> float:
    return float(np.median(np.diff(times))) if times.size > 1 else 0.0
