"""Where held thread-time went: working, waiting for the client, for a lock, and so on.

Part of the bridge.  Each kind of evidence is looked at by itself, the strongest first, so that a
cause can say which of them agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from boltkb.bolt.observe import PoolObservations
from boltkb.bolt.pool import Pool
from boltkb.exports import Export, Where

__all__ = ["DUMPS", "LIST", "METRICS", "QUERIES", "TRACE", "Kept", "Look", "ThreadTime",
           "read_thread_time"]  # fmt: skip

#: The kinds of evidence, as a report names them.
DUMPS = "thread dumps"
LIST = "the list of open transactions"
TRACE = "the debug-level trace"
QUERIES = "the query log"
METRICS = "metrics"


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
        Part of held thread-time in each state that this evidence can tell (`ThreadState`); a
        state that it cannot tell is absent, one that it saw nobody in is 0.
    samples : float
        Held threads looked at, for intervals.
    bound : bool
        Whether the shares are lower bounds.
    where : tuple of Where
    """

    kind: str
    held: float
    shares: Mapping[str, float]
    samples: float
    bound: bool
    where: tuple[Where, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """Threads that were not given back, by one kind of evidence.

    Parameters
    ----------
    kind : str
    threads : float
    began : float or None, epoch s
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
class ThreadTime:
    """Where held thread-time went, by every kind of evidence there is, the strongest first."""

    looks: tuple[Look, ...] = ()
    kept: tuple[Kept, ...] = ()

    def share(self, state: str) -> float | None:
        """Return the share of held thread-time in a state, by the strongest look that tells."""
        return next((look.shares[state] for look in self.looks if state in look.shares), None)

    def kinds(self, state: str, *, at_least: float) -> tuple[str, ...]:
        """Return the kinds of evidence by which a state has at least a share."""
        return tuple(look.kind for look in self.looks if look.shares.get(state, -1.0) >= at_least)


def read_thread_time(export: Export, pool: Pool, seen: PoolObservations) -> ThreadTime:
    """Return where held thread-time went in the incident, or in the window without one."""
    return ThreadTime()
