"""What one kind of evidence says of held threads, and what all kinds say together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from boltkb.exports import Where

__all__ = [
    "COURSE",
    "DUMPS",
    "LIST",
    "LOG",
    "METRICS",
    "PROCESSING",
    "QUERIES",
    "TRACE",
    "UNFETCHED",
    "UNREAD",
    "WITHOUT_TRANSACTION",
    "WITH_QUERY",
    "Kept",
    "Look",
    "Moment",
    "Sticky",
    "ThreadTime",
]  # fmt: skip

#: The kinds of evidence, as a report names them.
DUMPS = "thread dumps"
LIST = "the list of open transactions"
TRACE = "the debug-level trace"
QUERIES = "the query log"
METRICS = "metrics"
LOG = "the server's log"
COURSE = "the course of held threads over time"

#: A message is being worked off, whatever the thread does for it: all but waiting for the client.
PROCESSING = "processing"
#: The thread's transaction has a query under way: working, waiting for a lock, or not read yet.
WITH_QUERY = "with_query"
#: The thread is held and has no open transaction: it waits for a bookmark or signs a client in.
WITHOUT_TRANSACTION = "without_transaction"
#: A result is there and its client does not take it: unfetched, or not read off the network.
UNREAD = "unread"
#: The thread waits for its client while a query is open: the client does not fetch the rest.
UNFETCHED = "unfetched"

#: Of a normal law, for intervals of 95 %.
_Z = 1.96


@dataclass(frozen=True, slots=True)
class Look:
    """What one kind of evidence says of held threads.

    Parameters
    ----------
    kind : str
        `DUMPS`, `LIST`, `TRACE`, `QUERIES` or `METRICS`.
    held : float, threads
        Held on average over the looks; NaN where this evidence does not tell.
    shares : mapping of str to float
        Part of held thread-time in each state that this evidence can tell (`ThreadState`, or
        `PROCESSING`, `WITH_QUERY`, `WITHOUT_TRANSACTION`, `UNREAD`, which take several of them
        together); a state that it cannot tell is absent, one that it saw nobody in is 0.
    samples : float
        Held threads looked at, for intervals: different holds, not sightings of the same one.
    bound : bool
        Whether the shares are lower bounds.
    where : tuple of Where
    spread : mapping of str to (float, float)
        95 % intervals that this evidence tells otherwise than by counting threads.
    lasting : mapping of str to float
        Part of held threads that were in a state with the same connection in two looks running;
        empty where there was one look only.
    of_incident : bool
        Whether it is of the incident itself, where there was one; the time around it speaks for
        a cause, never against it.
    """

    kind: str
    held: float
    shares: Mapping[str, float]
    samples: float
    bound: bool
    where: tuple[Where, ...]
    spread: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    lasting: Mapping[str, float] = field(default_factory=dict)
    of_incident: bool = True

    def interval(self, state: str) -> tuple[float, float]:
        """Return the 95 % interval of a state's share (Wilson 1927), (0, 1) where it cannot tell.

        Of a lower bound the upper end is 1.

        Examples
        --------
        >>> look = Look(DUMPS, 8.0, {"working": 0.75}, 8.0, False, ())
        >>> [round(end, 2) for end in look.interval("working")]
        [0.41, 0.93]
        """
        if state not in self.shares:
            return 0.0, 1.0
        if state in self.spread:
            low, high = self.spread[state]
        else:
            low, high = _wilson(self.shares[state], self.samples)
        return low, 1.0 if self.bound else high


@dataclass(frozen=True, slots=True)
class Kept:
    """Threads that were not given back, by one kind of evidence.

    Parameters
    ----------
    kind : str
    threads : float
        0 where this evidence would show kept threads and shows none.
    began : float or None, epoch s
        When the first of them was taken.
    words : str
        A sentence.
    where : tuple of Where
    """

    kind: str
    threads: float
    began: float | None
    words: str
    where: tuple[Where, ...]


@dataclass(frozen=True, slots=True)
class Sticky:
    """How much longer threads were held than they worked: held time over working time.

    Parameters
    ----------
    factor, low, high : float
        1 where threads never wait for their clients; with its 95 % interval.
    held, working : float, threads
        Held, and of them working off a message, on average.
    words : str
        What it was told by.
    where : tuple of Where
    """

    factor: float
    low: float
    high: float
    held: float
    working: float
    words: str
    where: tuple[Where, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """The stretch of time that a look is of: the incident, or the window where it tells no more.

    Parameters
    ----------
    start, end : float, epoch s
    """

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """Its length, s."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class ThreadTime:
    """Where held thread-time went, by every kind of evidence there is, the strongest first.

    Parameters
    ----------
    looks : tuple of Look
    kept : tuple of Kept
        Those with 0 threads say that nothing was kept.
    sticky : Sticky or None
        None where metrics do not tell.
    """

    looks: tuple[Look, ...] = ()
    kept: tuple[Kept, ...] = ()
    sticky: Sticky | None = None

    def share(self, state: str) -> float | None:
        """Return the share of held thread-time in a state, by the strongest look that tells."""
        return next((look.shares[state] for look in self.looks if state in look.shares), None)

    def kinds(self, state: str, *, at_least: float) -> tuple[str, ...]:
        """Return the kinds of evidence by which a state has at least a share."""
        return tuple(look.kind for look in self.looks if look.shares.get(state, -1.0) >= at_least)

    def look(self, kind: str) -> Look | None:
        """Return what one kind of evidence says; None without it."""
        return next((look for look in self.looks if look.kind == kind), None)


def _wilson(share: float, samples: float) -> tuple[float, float]:
    if not samples > 0 or math.isnan(share):
        return 0.0, 1.0
    square = _Z * _Z / samples
    middle = (share + square / 2) / (1 + square)
    half = _Z * math.sqrt(share * (1 - share) / samples + square / (4 * samples)) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)
