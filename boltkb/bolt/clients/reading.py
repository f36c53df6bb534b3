"""The clients of a pool, put together from all that tells of them.

Part of the bridge.
"""

from __future__ import annotations

from boltkb.bolt.clients.ceiling import known_ceiling
from boltkb.bolt.clients.idle import read_idle
from boltkb.bolt.clients.logged import pools_by_log
from boltkb.bolt.clients.pools import pools_by_address, tell_proxy
from boltkb.bolt.clients.records import Clients
from boltkb.bolt.observe import PoolObservations
from boltkb.bolt.pool import Pool
from boltkb.exports import Export

__all__ = ["read_clients"]


def read_clients(export: Export, pool: Pool, seen: PoolObservations) -> Clients:
    """Return the clients of a pool as the export tells of them.

    Parameters
    ----------
    export : Export
    pool : Pool
    seen : PoolObservations

    Returns
    -------
    Clients
        Those that the server saw, by what they held, then those whose own logs are at hand.

    Examples
    --------
    >>> import boltkb
    >>> export = boltkb.open_export("data/captures/neo4j-5.26-think-time")
    >>> pool = boltkb.read_pool(export)
    >>> clients = read_clients(export, pool, boltkb.observe(export, pool))
    >>> clients.pools[0].agent, clients.pools[0].connections
    ('basket-ui/4.0', 11.0)
    """
    proxied = tell_proxy(export.connections)
    pools = (
        *pools_by_address(export, seen.holders, proxied=proxied),
        *pools_by_log(export),
    )
    return Clients(pools, known_ceiling(export, pool, pools), read_idle(export, seen), proxied)
