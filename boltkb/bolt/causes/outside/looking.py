"""What the rules of this room look at together: clients' failures, free threads, what logs cover.

Part of the bridge.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boltkb.bolt.causes.case import Case
from boltkb.bolt.clients.languages import version_of
from boltkb.bolt.clients.logged import own_pools, told_limit
from boltkb.catalogue import metrics_in, setting_name
from boltkb.exports import DriverPool, LogEvent, Where
from boltkb.tables import number

__all__ = [
    "CLIENT_LOGS",
    "COLLECT_CLIENT_LOG",
    "COLLECT_SOCKETS",
    "COUNTERS",
    "FEW",
    "HANG",
    "SERVER_LOGS",
    "SOCKETS",
    "Failures",
    "all_failures",
    "collect_metrics",
    "failures_of",
    "free_share",
    "lines_of",
    "logs_cover",
    "only_rejected",
    "silent",
]

#: The kinds of evidence of this room, as a report names them.
CLIENT_LOGS = "clients' logs"
COUNTERS = "counts of connections"
SERVER_LOGS = "the server's logs"
SOCKETS = "the list of sockets"

COLLECT_CLIENT_LOG = (
    "the log of a client that fails, with its driver's lines (Java: the logger `org.neo4j.driver` "
    "at DEBUG; Python: `logging.getLogger('neo4j').setLevel(logging.DEBUG)`; JavaScript: "
    "`logging: neo4j.logging.console('debug')`)"
)
COLLECT_SOCKETS = "two lists of the Bolt port's sockets some minutes apart: `ss -tan`"
#: Fewer happenings than this may be one and the same mishap.
FEW = 3
#: Twice the time-out of every driver: what waits longer is stuck in the network, s.
HANG = 120.0
#: A queue ends at the acquisition time-out; what passes it by as much again does not queue.
_BEYOND = 2.0
#: From this part on, failures are of one kind.
_NEARLY_ALL = 0.95
#: A log that begins so much later than the window still covers it, s.
_SLACK = 60.0
#: Rejections are logged within about a sample of the samples that show the full pool, s.
_NEAR = 5.0


@dataclass(frozen=True, slots=True)
class Failures:
    """What a client's log tells of requests that failed, by where they failed.

    Parameters
    ----------
    pool : DriverPool
    waited : int
        Found no connection in time: time-outs and refusals of the pool itself.
    unopened : int
        Connections that could not be opened, those left out that the server rejected.
    lost : int
        Connections that broke, those left out that the server rejected.
    rejected : int
    leaked : int
    limit : int or None
        Of the pool, where the client tells it; defaults are no evidence.
    peak : float or None
        The most connections in use, where the client tells each of them.
    """

    pool: DriverPool
    waited: int
    unopened: int
    lost: int
    rejected: int
    leaked: int
    limit: int | None
    peak: float | None

    @property
    def total(self) -> int:
        """All failures that its log tells of; an acquisition that hung is one of them."""
        return self.waited + self.unopened + self.lost + self.rejected - self.hung_openings

    @property
    def hung(self) -> int:
        """Acquisitions that ran into minutes, far beyond their own time-out, and failed then."""
        return sum(
            event.numbers.get("waited", 0.0) >= max(HANG, _BEYOND * event.numbers.get("limit", 0.0))
            for event in self.pool.events
        )

    @property
    def hung_openings(self) -> int:
        """Openings that failed because they hung: each is told by its acquisition as well."""
        return min(self.unopened, self.hung)

    @property
    def given_back(self) -> int | None:
        """Connections given back; None where the client does not tell of each that was had."""
        back = self.pool.counts.get("released")
        return 0 if back is None and self.pool.in_use.size else back

    @property
    def where(self) -> Where:
        """The client's log."""
        return self.pool.where

    def times(self, *kinds: str) -> npt.NDArray[np.float64]:
        """Return when events were, whose kind in the catalogue ends with one of the words."""
        return np.array(
            [event.time for event in self.pool.events if event.kind.endswith(kinds)], dtype=float
        )


def collect_metrics(case: Case, *identities: str) -> str:
    """Return which metrics would tell, by their names in this version, and how to have them."""
    version = version_of(case.pool.version)
    names = ", ".join(f"`{name}`" for name in metrics_in(version, *identities))
    if case.export.edition == "community":
        return (
            f"what the metrics {names} count; Community Edition exports none, so list the "
            "connections twice, a minute apart: `CALL dbms.listConnections()`"
        )
    return f"the metrics {names} ({setting_name('metrics-csv-enabled', version)}=true)"


def failures_of(case: Case) -> tuple[Failures, ...]:
    """Return the failures of each client whose log is at hand."""
    return tuple(_failures(pool) for pool in own_pools(case.export))


def all_failures(found: Sequence[Failures]) -> int:
    """Return how many requests failed, by all clients' logs."""
    return sum(failures.total for failures in found)


def only_rejected(found: Sequence[Failures]) -> str:
    """Return that clients failed by the server's rejections alone; empty where they did not."""
    total = all_failures(found)
    rejected = sum(failures.rejected for failures in found)
    if total < FEW or rejected < _NEARLY_ALL * total:
        return ""
    return f"{number(rejected)} of {number(total)} failures in clients' logs are rejections."


def _failures(pool: DriverPool) -> Failures:
    counts = pool.counts
    rejected = counts.get("rejected", 0)
    # A rejected sign-in is a connection that could not be opened as well, and one that broke.
    unopened = max(0, counts.get("failed", 0) - rejected)
    limit, how = told_limit(pool)
    return Failures(
        pool=pool,
        waited=counts.get("timed_out", 0) + counts.get("refused", 0),
        unopened=unopened,
        lost=max(0, counts.get("lost", 0) - rejected),
        rejected=rejected,
        leaked=counts.get("leaked", 0),
        limit=limit if how.startswith(("told", "in use")) else None,
        peak=float(pool.in_use.max()) if pool.in_use.size else None,
    )


def free_share(case: Case, times: Iterable[float]) -> float | None:
    """Return the share of moments at which the server had a thread free.

    Parameters
    ----------
    case : Case
    times : iterable of float, epoch s
        None at all where the client only counts: then the whole window answers.

    Returns
    -------
    float or None
        None where held threads are not known at any of them.
    """
    seen = case.seen
    asked = np.array(list(times), dtype=float)
    if not asked.size and seen.servers is not None and seen.samples and not case.shortage:
        return 1.0
    moments = asked[(asked >= seen.start) & (asked <= seen.end)]
    known = np.isfinite(seen.busy)
    if seen.servers is None or not moments.size or not known.any():
        return None
    at, busy = seen.times[known], seen.busy[known]
    after = np.clip(np.searchsorted(at, moments), 0, at.size - 1)
    before = np.maximum(after - 1, 0)
    free = (busy[before] < seen.servers) & (busy[after] < seen.servers)
    rejected = seen.rejected.times
    if rejected.size:
        first = np.searchsorted(rejected, moments - _NEAR)
        free &= first == np.searchsorted(rejected, moments + _NEAR)
    elif seen.rejected.seen:
        # Requests were rejected and it is not known when: nothing is known to be free of it.
        return None
    return float(np.count_nonzero(free)) / moments.size


def silent(case: Case) -> bool:
    """Return whether the server is known to have rejected nothing in the window.

    A full pool rejects at once, so that such a server had threads free whenever it was asked.
    """
    rejected = case.seen.rejected
    return rejected.how == "none" and case.pool.discipline == "loss"


def lines_of(case: Case, *kinds: str) -> tuple[LogEvent, ...]:
    """Return the server's own lines of some kinds within the window."""
    seen = case.seen
    end = seen.end + (seen.interval or 0.0)
    return tuple(e for e in case.export.events if e.kind in kinds and seen.start <= e.time <= end)


def logs_cover(case: Case) -> bool:
    """Return whether the server's logs are whole and cover the window from its start."""
    spans = case.export.log_spans
    return (
        bool(spans)
        and not any(log.truncated for log in spans)
        and min(log.start for log in spans) <= case.seen.start + _SLACK
    )
