"""What one kind of evidence says of held threads, and what all kinds say together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from boltkb.exports import Where
from boltkb.tables import Column, Shown, Table, number, share

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


#: The states of a table's rows, as a reader knows them.
_ROWS = (
    ("working", "working"),
    (PROCESSING, "working, or waiting for anything but the client"),
    ("waiting_for_client", "waiting for the client"),
    ("waiting_for_lock", "waiting for a lock"),
    ("sending", "sending an answer"),
    ("blocked_on_reader", "stopped by a client that does not read"),
    (UNFETCHED, "with a result that the client does not fetch"),
    (UNREAD, "with a result that the client does not take"),
    ("committing", "committing"),
    ("authenticating", "signing a client in"),
    ("waiting_for_bookmark", "waiting for a bookmark"),
    (WITH_QUERY, "with a query under way"),
    (WITHOUT_TRANSACTION, "without an open transaction"),
)


@dataclass(frozen=True, slots=True)
class ThreadTime(Shown):
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

    def table(self) -> Table:
        """Return the shares of held thread-time by state, a column for each kind of evidence."""
        rows = [
            (words, *(_told(look, state) for look in self.looks))
            for state, words in _ROWS
            if any(look.shares.get(state, 0.0) > 0 for look in self.looks)
        ]
        if any(look.held == look.held for look in self.looks):
            held = (number(look.held) if look.held == look.held else "" for look in self.looks)
            rows.insert(0, ("threads held", *held))
        heads = (Column("Held threads were"), *(Column(k.kind, numeric=True) for k in self.looks))
        notes = [kept.words for kept in self.kept]
        if self.sticky is not None:
            notes.append(self.sticky.words)
        return Table(heads, tuple(rows), notes=tuple(notes), kind="boltkb-thread-time")

    def __str__(self) -> str:
        return str(self.table()) if self.looks else _NOBODY_LOOKED

    def to_html(self) -> str:
        """Return where held thread-time went, as one line of HTML."""
        if not self.looks:
            return f'<p class="boltkb-note">{_NOBODY_LOOKED}</p>'
        return self.table().to_html()

    def facts(self) -> Mapping[str, object]:
        """Return the `thread_time` part of `facts.json`."""
        return {
            "thread_time": [
                {
                    "evidence": look.kind,
                    "held": look.held if look.held == look.held else None,
                    "bound": look.bound,
                    "shares": {
                        state: {"value": value, "interval": list(look.interval(state))}
                        for state, value in look.shares.items()
                    },
                    "where": [str(place) for place in look.where],
                }
                for look in self.looks
            ]
        }


_NOBODY_LOOKED = (
    "Nothing in the export tells what held threads did. Three thread dumps ten seconds apart, "
    "taken while the pool is full, would."
)


def _told(look: Look, state: str) -> str:
    if state not in look.shares:
        return ""
    low, high = look.interval(state)
    if look.bound:
        return f"at least {share(look.shares[state])}"
    return f"{share(look.shares[state])} ({share(low)} to {share(high)})"


def _wilson(share: float, samples: float) -> tuple[float, float]:
    if not samples > 0 or math.isnan(share):
        return 0.0, 1.0
    square = _Z * _Z / samples
    middle = (share + square / 2) / (1 + square)
    half = _Z * math.sqrt(share * (1 - share) / samples + square / (4 * samples)) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)
