"""How many rejections there were, and how well that is known.

Part of the bridge.  What a log line counts depends on the version: up to 5.17 each rejection
leaves one; from 5.18, unless the accounting is switched off, a line tells only that an episode
began.  There the growth of received minus started messages is the signal that remains, but only
where the pool hands over directly: with a queue, messages that wait in it are received and not
started either, and no loss.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boltkb.bolt.observing.traced import trace_covers
from boltkb.bolt.pool import Pool
from boltkb.catalogue import Version
from boltkb.exports import Export, Series, Where

__all__ = ["Rejections", "read_rejections", "unstarted_messages"]

Floats = npt.NDArray[np.float64]

#: Episodes are logged from the third rejection on, by default (5.18 and later).
_EPISODE_AT_LEAST = 3
#: Messages that a rejected client had sent at once: RUN and PULL, or HELLO and LOGON; a driver
#: may add BEGIN.  Two for each rejection was what a real 5.26 server showed.
_USUALLY_PIPELINED = 2
_MOST_PIPELINED = 3
#: Messages received and not yet started are on their way, up to about this many.
_IN_FLIGHT = 4
#: What a log may leave out at either end of the time that it is said to cover, s.
_SLACK = 60.0
#: Messages in flight make the difference of the two counters waver by about so many.
_WAVERS = 2.0
_FIRST_UNSTARTED = Version.parse("5.0")
_ESTIMATED = "estimated from messages that were received and never started"
#: Why a queue stands in the way of that estimate, and what it means for rejections.
_WAITING = (
    "The pool has a queue: messages that were received and not started may only wait in it, so "
    "nothing is estimated from them."
)
_ENDLESS = "the pool's queue is without a bound: work waits in it, and none is rejected."


@dataclass(frozen=True, slots=True)
class Rejections:
    """Rejections in a window of time, and how they are known.

    Parameters
    ----------
    how : str
        `counted` (a line each), `none` (known to be none), `estimated` (from
        messages received and never started), `episodes` (starvation was logged, not its size) or
        `unknown`.
    value, low, high : float or None
        The number of rejected thread acquisitions; None where it is not known.
    times : (k,) array, epoch s
        When each was logged, for `counted`.
    episodes : tuple of float
        When starvation was reported without a count, epoch s.
    reason : str
        How the number is known, or why it is not.
    where : tuple of Where
        The first and last line that says so.
    """

    how: str
    value: float | None
    low: float | None
    high: float | None
    times: Floats
    episodes: tuple[float, ...]
    reason: str
    where: tuple[Where, ...] = ()

    @property
    def seen(self) -> bool:
        """Whether rejections or starvation were seen at all."""
        return bool(self.value) or bool(self.episodes)


def read_rejections(export: Export, pool: Pool, *, start: float, end: float) -> Rejections:
    """Return the rejections within a window, in the strongest way the export allows.

    Parameters
    ----------
    export : Export
    pool : Pool
        Tells whether each rejection leaves a log line.
    start, end : float, epoch s

    Returns
    -------
    Rejections
    """
    inside = [event for event in export.events if start <= event.time <= end]
    lines = [event for event in inside if event.kind.startswith("rejection-")]
    episodes = tuple(
        event.time
        for event in inside
        if event.kind in {"starvation-increase", "starvation-remains"}
    )
    waits = pool.discipline in {"bounded_queue", "unbounded_queue"}
    growth = None if waits else _unstarted(export, start, end)
    covered, doubt = _coverage(export, start)
    traced = trace_covers(export, start, end, slack=_SLACK)
    if traced:
        covered = True
    elif lines and pool.counts_rejections is False and export.holds is not None:
        # Where only debug level logs each one, it must have been on all the time.
        covered, doubt = False, "The log was at debug level for a part of the time only."
    if lines:
        times = np.array([event.time for event in lines])
        short = "" if covered else f" {doubt} There may have been more."
        return Rejections(
            "counted",
            float(times.size),
            float(times.size),
            float(times.size) if covered else None,
            times,
            episodes,
            "one log line each." + short,
            (lines[0].where, lines[-1].where),
        )
    nothing: Floats = np.empty(0)
    if episodes:
        where = tuple(e.where for e in inside if e.time in episodes)[:2]
        if growth is not None and growth.value > 0:
            low = max(float(_EPISODE_AT_LEAST), growth.low)
            return Rejections(
                "estimated",
                max(low, growth.value),
                low,
                max(low, growth.high),
                nothing,
                episodes,
                f"{_ESTIMATED}: this version's log tells that threads ran out, not how often.",
                (*where, *growth.where),
            )
        return Rejections(
            "episodes", None, float(_EPISODE_AT_LEAST), None, nothing, episodes,
            "this version's log tells that threads ran out, not how often; "
            "set server.bolt.enable_network_error_accounting=false to have each rejection logged.",
            where,
        )  # fmt: skip
    if traced:
        return Rejections(
            "none", 0.0, 0.0, 0.0, nothing, (),
            "no rejection in a debug-level trace that covers the time.", _traced(export),
        )  # fmt: skip
    if pool.counts_rejections and covered:
        return Rejections(
            "none", 0.0, 0.0, 0.0, nothing, (),
            "no rejection in a log that would hold one line each.",
        )  # fmt: skip
    if pool.discipline == "unbounded_queue":
        return Rejections("none", 0.0, 0.0, 0.0, nothing, (), _ENDLESS, _set_by(pool))
    if growth is not None:
        if growth.messages <= _IN_FLIGHT:
            return Rejections(
                "none", 0.0, 0.0, growth.noise, nothing, (),
                "received and started messages did not drift apart"
                + ("." if covered else f"; {doubt}"),
                growth.where,
            )  # fmt: skip
        return Rejections(
            "estimated", growth.value, growth.low, growth.high, nothing, (), f"{_ESTIMATED}.",
            growth.where,
        )  # fmt: skip
    if pool.counts_rejections is False and covered:
        return Rejections(
            "none", 0.0, 0.0, float(_EPISODE_AT_LEAST - 1), nothing, (),
            "no starvation reported; up to two rejections in ten minutes leave no line.",
        )  # fmt: skip
    return Rejections(
        "unknown", None, None, None, nothing, (),
        f"{doubt} {_WAITING}".strip() if waits
        else doubt or "the export holds no log and no message counters.",
    )  # fmt: skip


def _traced(export: Export) -> tuple[Where, ...]:
    return () if export.holds is None else (export.holds.where,)


def _set_by(pool: Pool) -> tuple[Where, ...]:
    return () if pool.queue_size.where is None else (pool.queue_size.where,)


def _coverage(export: Export, start: float) -> tuple[bool, str]:
    """Return whether the logs cover a window from its start, and if not, what is amiss."""
    if not export.log_spans:
        return False, "No log is in the export."
    if any(log.truncated for log in export.log_spans):
        return False, "A log is cut off."
    if min(log.start for log in export.log_spans) > start + _SLACK:
        return False, "The log begins after the window does."
    return True, ""


@dataclass(frozen=True, slots=True)
class _Growth:
    """How far received and started messages drifted apart, and what that says."""

    messages: float
    noise: float
    closed: float | None
    where: tuple[Where, ...]

    @property
    def low(self) -> float:
        least = max(0.0, math.ceil(self.messages / _MOST_PIPELINED - self.noise))
        # Each rejection closes its connection, so there were no more of them than were closed.
        return least if self.closed is None else min(least, self.closed)

    @property
    def value(self) -> float:
        # Where that many connections were closed, they are the better count.
        if self.closed is not None and self.closed <= self.messages:
            return self.closed
        return float(round(self.messages / _USUALLY_PIPELINED))

    @property
    def high(self) -> float:
        most = self.messages if self.closed is None else min(self.messages, self.closed)
        return max(self.value, most) + self.noise


def _unstarted(export: Export, start: float, end: float) -> _Growth | None:
    """Return the growth of received minus started messages; None where it tells nothing.

    From 5.0 a rejected connection's messages are received and never started, and the
    connection is closed; up to 4.4 a rejected message counts as started.
    """
    received, started = (
        export.series.get("messages_received"),
        export.series.get("messages_started"),
    )
    if received is None or started is None or export.version is None:
        return None
    if Version.parse(export.version) < _FIRST_UNSTARTED:
        return None
    climbed = unstarted_messages(export, start, end)
    if climbed is None:
        return None
    grown = float(climbed[1].sum())
    shut = export.series.get("connections_closed")
    closed = None
    if shut is not None:
        inside = shut.values[(shut.times >= start) & (shut.times <= end)]
        steps = np.diff(inside)
        closed = float(steps[steps > 0].sum())
    return _Growth(grown, _WAVERS, closed, (received.where, started.where))


def unstarted_messages(export: Export, start: float, end: float) -> tuple[Floats, Floats] | None:
    """Return how many messages were received since the sample before and never started.

    Parameters
    ----------
    export : Export
    start, end : float, epoch s

    Returns
    -------
    (times, messages) or None
        None without the two counters, or with fewer than three samples of them.
    """
    received, started = (
        export.series.get("messages_received"),
        export.series.get("messages_started"),
    )
    if received is None or started is None:
        return None
    at, gap, fell = _difference(received, started)
    keep = (at >= start) & (at <= end)
    at, gap, restarted = at[keep], gap[keep], fell[keep]
    if gap.size < 3:
        return None
    grown = np.zeros(gap.size)
    for piece in np.split(np.arange(gap.size), np.flatnonzero(restarted[1:]) + 1):
        # What later samples fall below was in flight; what stays was never started.
        stays = np.minimum.accumulate(gap[piece][::-1])[::-1]
        grown[piece[1:]] = np.diff(stays)
    return at, grown


def _difference(first: Series, second: Series) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Return shared times, the difference of two counters, and where either of them fell."""
    shared, i, j = np.intersect1d(first.times, second.times, return_indices=True)
    one, other = first.values[i], second.values[j]
    fell = np.zeros(shared.size, dtype=bool)
    fell[1:] = (np.diff(one) < 0) | (np.diff(other) < 0)
    return shared, one - other, fell


def binned(
    times: Floats, start: float, end: float, width: float
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return counts of moments in equal bins: edges (m+1,) in epoch s and counts (m,).

    Examples
    --------
    >>> binned(np.array([1.0, 11.0, 12.0]), 0.0, 20.0, 10.0)[1].tolist()
    [1, 2]
    """
    bins = max(1, int(np.ceil((end - start) / width)))
    edges: Floats = start + width * np.arange(bins + 1, dtype=np.float64)
    counts, _ = np.histogram(times, edges)
    return edges, counts.astype(np.int64)
