"""Three thread dumps and two lists, as an operator takes them when it hurts.

It must not know the load, only when it is at its worst.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from typing import Any

from data.lab.attach import dump_threads
from data.lab.samplers import ask_over_http, count_workers
from data.lab.server import Server
from data.lab.streams import Scenario, rate_profile

DUMPS_FROM, DUMPS_TO = 0.6, 0.95
DUMP_GAP_SECONDS = 12.0
DUMPS = 3
RETRY_SECONDS = 0.1
#: On a busy machine the lists take their time, the first of them above all.
PATIENCE_SECONDS = 30.0

Listing = tuple[list[str], list[list[Any]]]


@dataclass(frozen=True, slots=True)
class Look:
    """A thread dump and both lists of one moment.

    Parameters
    ----------
    at : float, epoch seconds
    dump : str
    connections, transactions : tuple
        Columns and rows of ``dbms.listConnections()`` and of ``SHOW TRANSACTIONS``.
    """

    at: float
    dump: str
    connections: Listing
    transactions: Listing

    @property
    def held(self) -> int:
        """How many threads the dump shows held."""
        return count_workers(self.dump).busy


async def take_looks(
    server: Server, threads: int, scenario: Scenario, start: float, length: float
) -> list[Look]:
    """Return three looks at the pool while it is full, or late in the busiest time.

    Parameters
    ----------
    server : Server
    threads : int, >= 1
    scenario : Scenario
        Says how the rate varies, and when to look.
    start : float, epoch seconds
        When the load begins.
    length : float, seconds, > 0
        How long it goes on.

    Returns
    -------
    list of Look
        In order of time.
    """
    looks = scenario.looks
    full = looks.share * threads if looks.full is None else looks.full
    usual = min(DUMP_GAP_SECONDS, length / 30)
    gap = usual if looks.gap is None else looks.gap
    patience = usual if looks.patience is None else looks.patience
    if looks.start is None:
        rate = rate_profile(scenario.profile)
        shares = [DUMPS_FROM + (DUMPS_TO - DUMPS_FROM) * step / 100 for step in range(101)]
        busiest = max(shares, key=lambda share: (round(rate(share), 6), share))
        # Two gaps and three waits of at most one patience each end before the capture does.
        first = busiest * length - 2 * gap - 3 * patience + usual
    else:
        first = looks.start * length
    await asyncio.sleep(max(0.0, start + first - time.time()))
    taken: list[Look] = []
    for number in range(DUMPS):
        if number:
            await asyncio.sleep(gap)
        taken.append(await _wait_until_full(server, full, patience))
    return taken


async def look_round(server: Server) -> Look:
    """Return a thread dump and both lists, taken at the same moment.

    Parameters
    ----------
    server : Server
    """
    at = time.time()
    port = server.http_port
    dump, connections, transactions = await asyncio.gather(
        asyncio.to_thread(dump_threads, server.pid),
        asyncio.to_thread(ask_over_http, port, "CALL dbms.listConnections()", PATIENCE_SECONDS),
        asyncio.to_thread(ask_over_http, port, "SHOW TRANSACTIONS YIELD *", PATIENCE_SECONDS),
    )
    return Look(at, dump, connections, transactions)


async def _wait_until_full(server: Server, full: float, patience: float) -> Look:
    """Look round when so many threads are held, or when patience runs out."""
    deadline = time.monotonic() + patience
    while True:
        late = time.monotonic() > deadline
        at = time.time()
        dump = await asyncio.to_thread(dump_threads, server.pid)
        held = count_workers(dump).busy
        if late or held >= full:
            look = await look_round(server)
            # What is full for a moment only may be over when the second dump comes.
            if look.held < held:
                look = replace(look, at=at, dump=dump)
            return look
        await asyncio.sleep(RETRY_SECONDS)
