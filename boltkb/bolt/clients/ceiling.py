"""The most threads that clients together can ask for: the sum of their pools.

Part of the bridge.  A connection takes at most one thread, so that sources which together open
no more connections than there are threads cannot fill the pool; but that says something only
where every source is known, and an export alone never lists them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from boltkb.bolt.clients.records import Ceiling, ClientPool
from boltkb.bolt.pool import Pool
from boltkb.catalogue import Version
from boltkb.errors import ParameterError
from boltkb.exports import Export
from boltkb.tables import number

__all__ = ["DeclaredClients", "declared_ceiling", "known_ceiling"]

_EVERY_PROCESS = (
    "a list of every process that uses the database, with its driver objects and the size of "
    "their pools"
)
_ROUTING = "whether the other members of the cluster route requests to this one"
_QUERY_API = "whether the HTTP Query API is used; its own driver takes threads of the same pool"
_FIRST_QUERY_API = Version.parse("5.26")


@dataclass(frozen=True, slots=True)
class DeclaredClients:
    """Clients of one kind, as whoever runs them declares them.

    Parameters
    ----------
    name : str
    processes : int, >= 1
    limit : int, >= 1
        Connections that a pool of theirs may open to one server.
    objects : int, >= 1
        Driver objects in each process.
    """

    name: str
    processes: int
    limit: int
    objects: int = 1

    def __post_init__(self) -> None:
        wrong = [
            f"`{name}` must be a whole number of at least 1; got {getattr(self, name)!r}"
            for name in ("processes", "limit", "objects")
            if not isinstance(getattr(self, name), int) or getattr(self, name) < 1
        ]
        if wrong:
            raise ParameterError("; ".join(wrong))

    @property
    def connections(self) -> int:
        """The most that they can open together."""
        return self.processes * self.objects * self.limit


def declared_ceiling(clients: Sequence[DeclaredClients], pool: Pool) -> Ceiling:
    """Return the ceiling of a complete list of clients, against the threads of a pool.

    Parameters
    ----------
    clients : sequence of DeclaredClients
        Every source of connections: programs, other members that route, the HTTP Query API,
        tools and exporters.
    pool : Pool

    Returns
    -------
    Ceiling

    Examples
    --------
    >>> import boltkb
    >>> pool = boltkb.read_pool(boltkb.open_export("data/captures/neo4j-5.26-quiet"))
    >>> declared_ceiling([DeclaredClients("shop", processes=2, limit=3)], pool).words
    'The clients that are declared can open 6 connections together; the pool has 8 threads. So long as the list is complete they cannot fill it.'
    """  # noqa: E501
    most = float(sum(client.connections for client in clients))
    return Ceiling(most, True, _against(most, pool.threads, "declared", complete=True))


def known_ceiling(export: Export, pool: Pool, pools: Sequence[ClientPool]) -> Ceiling:
    """Return the ceiling of the clients that an export tells of; never complete.

    What the server saw and what clients' logs tell may be the same clients: the larger sum of the
    two is taken, not both.

    Parameters
    ----------
    export : Export
    pool : Pool
    pools : sequence of ClientPool
    """
    seen = [p for p in pools if p.host != "unknown"]
    logged = [p for p in pools if p.host == "unknown"]
    sums = [found for found in (_sum(seen), _most_at_once(logged)) if found is not None]
    missing = [_EVERY_PROCESS]
    if export.edition == "enterprise" and pool.version is not None:
        missing.append(_ROUTING)
    if pool.version is not None and Version.parse(pool.version) >= _FIRST_QUERY_API:
        missing.append(_QUERY_API)
    if not sums:
        return Ceiling(None, False, "No client is known by its connections.", tuple(missing))
    most = max(sums)
    return Ceiling(
        most, False, _against(most, pool.threads, "known", complete=False), tuple(missing)
    )


def _sum(pools: Sequence[ClientPool]) -> float | None:
    found: list[float] = []
    for pool in pools:
        if pool.tool:
            found.append(pool.connections or 1.0)
        elif pool.limit is not None:
            found.append(max(1.0, pool.objects or 1.0) * pool.limit)
        elif pool.connections is not None:
            found.append(pool.connections)
    return sum(found) if found else None


def _most_at_once(pools: Sequence[ClientPool]) -> float | None:
    """Return the greatest sum of pools whose logs cover a same time.

    Logs that follow one another may be one client's, turned over or after a restart.
    """
    sums = [
        _sum([
            pool for pool in pools
            if pool.start is None or pool.end is None or pool is first
            or pool.start <= first.start < pool.end
        ])
        for first in pools if first.start is not None
    ]  # fmt: skip
    found = [value for value in sums if value is not None]
    return max(found) if found else _sum(pools)


def _against(most: float, threads: int | None, how: str, *, complete: bool) -> str:
    words = f"The clients that are {how} can open {number(most)} connections together"
    if threads is None:
        return f"{words}; how many threads the pool has, the export does not tell."
    words += f"; the pool has {threads} threads. "
    if most > threads:
        return words + "So they can fill it, if enough of them ask at the same time."
    if complete:
        return words + "So long as the list is complete they cannot fill it."
    return words + "That there are no others, the export cannot tell."
