"""A case: everything that a rule may look at, read once."""

from __future__ import annotations

from dataclasses import dataclass

from boltkb.bolt.clients import Clients, read_clients
from boltkb.bolt.clients.logged import own_pools
from boltkb.bolt.course import Course, read_course
from boltkb.bolt.observe import PoolObservations, observe_members
from boltkb.bolt.pool import Pool
from boltkb.bolt.thread_time import ThreadTime, read_thread_time
from boltkb.exports import Export
from boltkb.queueing import Fit

__all__ = ["Case", "open_case"]


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that a rule may look at.

    Parameters
    ----------
    export : Export
    pool : Pool
    seen : PoolObservations
        Of the window analysed.
    fit : Fit
    thread_time : ThreadTime
        Where held thread-time went.
    course : Course
        How load and work moved.
    clients : Clients
    members : tuple of PoolObservations
        The other members of the cluster, observed for the same time; empty for a single server.
    """

    export: Export
    pool: Pool
    seen: PoolObservations
    fit: Fit
    thread_time: ThreadTime
    course: Course
    clients: Clients
    members: tuple[PoolObservations, ...] = ()

    @property
    def shortage(self) -> bool:
        """Whether the pool rejected work or was full."""
        seen = self.seen
        return seen.rejected.seen or bool(seen.full_share) or bool(self.told_rejections)

    @property
    def told_rejections(self) -> int:
        """Rejections that only clients tell of, where the server's side tells nothing of any."""
        if self.seen.rejected.how != "unknown":
            return 0
        return sum(pool.counts.get("rejected", 0) for pool in own_pools(self.export))


def open_case(export: Export, pool: Pool, seen: PoolObservations, fit: Fit) -> Case:
    """Return a case, with all of its evidence read."""
    return Case(
        export,
        pool,
        seen,
        fit,
        read_thread_time(export, pool, seen),
        read_course(export, pool, seen),
        read_clients(export, pool, seen),
        observe_members(export, window=seen.window) if export.peers else (),
    )
