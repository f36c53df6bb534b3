"""Three thread dumps and two lists, as an operator takes them when it hurts.

It must not know the load, only how its rate varies, so as to come at the busiest time.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from data.lab.attach import dump_threads
from data.lab.samplers import ask_over_http, count_workers
from data.lab.scenarios import rate_profile
from data.lab.server import Server

DUMPS_FROM, DUMPS_TO = 0.6, 0.95
DUMP_GAP_SECONDS = 12.0
FULL_SHARE = 0.85
RETRY_SECONDS = 0.1

Listing = tuple[list[str], list[list[Any]]]


async def take_dumps(
    server: Server, threads: int, profile: str, start: float, length: float
) -> tuple[list[str], Listing, Listing]:
    """Return three dumps from the busiest time late in a capture, and both lists.

    Parameters
    ----------
    server : Server
    threads : int, >= 1
    profile : str
        A name that `rate_profile` knows.
    start : float, epoch seconds
        When the load begins.
    length : float, seconds, > 0
        How long it goes on.

    Returns
    -------
    tuple
        The dumps in order of time; ``dbms.listConnections()`` and ``SHOW TRANSACTIONS`` at
        the moment of the first.
    """
    rate = rate_profile(profile)
    shares = [DUMPS_FROM + (DUMPS_TO - DUMPS_FROM) * step / 100 for step in range(101)]
    busiest = max(shares, key=lambda share: (round(rate(share), 6), share))
    gap = min(DUMP_GAP_SECONDS, length / 30)
    # Two gaps and three waits of at most one each end before the capture does.
    await asyncio.sleep(max(0.0, start + busiest * length - 4 * gap - time.time()))
    first, connections, transactions = await _wait_until_full(server, threads, gap)
    dumps = [first]
    for _ in range(2):
        await asyncio.sleep(gap)
        dump, _, _ = await _wait_until_full(server, threads, gap)
        dumps.append(dump)
    return dumps, connections, transactions


async def look_round(server: Server) -> tuple[str, Listing, Listing]:
    """Return a thread dump and both lists, taken at the same moment.

    Parameters
    ----------
    server : Server
    """
    dump, connections, transactions = await asyncio.gather(
        asyncio.to_thread(dump_threads, server.pid),
        asyncio.to_thread(ask_over_http, server.http_port, "CALL dbms.listConnections()"),
        asyncio.to_thread(ask_over_http, server.http_port, "SHOW TRANSACTIONS YIELD *"),
    )
    return dump, connections, transactions


async def _wait_until_full(
    server: Server, threads: int, patience: float
) -> tuple[str, Listing, Listing]:
    """Look round when nearly all threads are held, or when patience runs out."""
    deadline = time.monotonic() + patience
    while True:
        late = time.monotonic() > deadline
        dump = await asyncio.to_thread(dump_threads, server.pid)
        if late or count_workers(dump).busy >= FULL_SHARE * threads:
            seen = await look_round(server)
            if late or count_workers(seen[0]).busy >= FULL_SHARE * threads:
                return seen
        await asyncio.sleep(RETRY_SECONDS)
