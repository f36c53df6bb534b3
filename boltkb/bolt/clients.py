"""The clients: their pools, the connections they open and keep, and how many they can ask with.

Part of the bridge.  Seen from the server (connections, addresses, agents) and from the clients'
own logs, where those are at hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from boltkb.bolt.observe import PoolObservations
from boltkb.bolt.pool import Pool
from boltkb.exports import Export, Where

__all__ = ["Ceiling", "ClientPool", "Clients", "Idle", "read_clients"]


@dataclass(frozen=True, slots=True)
class ClientPool:
    """The connections of one client program at one address.

    Parameters
    ----------
    host : str
        The address without its port; `unknown` where only its own log tells of it.
    agent, user : str or None
    language : str or None
    connections : float or None
        Open at the busiest moment that is known.
    holding : float or None, threads
        Held on average by it.
    objects : float or None
        Driver objects (pools) behind the address, where it can be told.
    limit : int or None
        Connections that one of its pools may open, and `limit_from` how that is known.
    timed_out, retried, rejected, failed, leaked, queued : int or None
        What its log counts; None without one.
    mean_wait : float or None, s
        For a connection of its own pool.
    peak_in_use : float or None
        The most connections of one of its pools in use at the same time.
    where : tuple of Where
    """

    host: str
    agent: str | None
    user: str | None
    language: str | None
    connections: float | None
    holding: float | None
    objects: float | None
    limit: int | None
    limit_from: str
    timed_out: int | None
    retried: int | None
    rejected: int | None
    failed: int | None
    leaked: int | None
    queued: int | None
    mean_wait: float | None
    peak_in_use: float | None
    where: tuple[Where, ...]


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most threads that all known clients together can ask for.

    Parameters
    ----------
    connections : float or None
    complete : bool
        Whether every source of connections is known; without it nothing is ruled out.
    words : str
    """

    connections: float | None
    complete: bool
    words: str


@dataclass(frozen=True, slots=True)
class Idle:
    """How idle connections behave.

    Parameters
    ----------
    shape : str
        `plateau` (an old peak that is kept: normal), `growth`, `churn` (opened and closed about
        as often as requests come), `cut` (closed after a fixed idle time) or `unknown`.
    mean : float or None, connections
    period : float or None, s
        The idle time after which they are cut.
    opened_per_second : float or None
    opened_per_request : float or None
        Connections opened for each request, transaction or query begun, by the best count.
    words : str
    """

    shape: Literal["plateau", "growth", "churn", "cut", "unknown"]
    mean: float | None
    period: float | None
    opened_per_second: float | None
    opened_per_request: float | None
    words: str


@dataclass(frozen=True, slots=True)
class Clients:
    """The clients of a pool.

    Parameters
    ----------
    pools : tuple of ClientPool
        Those that hold most threads first.
    ceiling : Ceiling
    idle : Idle
    proxied : bool or None
        Whether several programs come from one address, as behind a proxy or a mesh; None where it
        cannot be told.
    """

    pools: tuple[ClientPool, ...]
    ceiling: Ceiling
    idle: Idle
    proxied: bool | None = None


def read_clients(export: Export, pool: Pool, seen: PoolObservations) -> Clients:
    """Return the clients of a pool as the export tells of them."""
    return Clients((), Ceiling(None, False, ""), Idle("unknown", None, None, None, None, ""), None)
