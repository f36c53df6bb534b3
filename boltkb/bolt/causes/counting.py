"""What would tell when each request was rejected, in the server's version.

Part of the bridge.
"""

from __future__ import annotations

from boltkb.bolt.pool import Pool
from boltkb.catalogue import setting_name

__all__ = ["each_rejection"]

_SETTING = "bolt-error-accounting"


def each_rejection(pool: Pool) -> str:
    """Return how to have each rejection logged.

    Where each leaves a line anyway, its logs are all that is wanted; a version that is not told
    is taken for a new one.

    Parameters
    ----------
    pool : Pool

    Examples
    --------
    >>> import boltkb
    >>> each_rejection(boltkb.read_pool(boltkb.open_export("data/captures/neo4j-5.26-think-time")))
    'server.bolt.enable_network_error_accounting=false logs each one'
    """
    if pool.counts_rejections:
        return "neo4j.log and debug.log of the same time, whole: each rejection leaves a line"
    return f"{setting_name(_SETTING, pool.version)}=false logs each one"
