"""`simulate`: parameters in, a complete run out."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from boltkb.errors import ParameterError
from boltkb.twin.clients import Client
from boltkb.twin.columns import Floats, frame
from boltkb.twin.kernel import codes, layout
from boltkb.twin.results import Simulation
from boltkb.twin.running import KINDS, Run
from boltkb.twin.server import Server

__all__ = ["simulate", "unended"]


def simulate(
    server: Server,
    clients: Client | Sequence[Client],
    *,
    seconds: float,
    seed: int = 0,
    sample_every: float = 1.0,
    record: Sequence[str] = ("holds", "requests"),
) -> Simulation:
    """Return a run of a server with its clients, from an empty start.

    Parameters
    ----------
    server : Server
    clients : Client or sequence of Client
    seconds : float, > 0
        How long is simulated.
    seed : int, >= 0
        The same seed gives the same run; so do the other parameters, unless they change.
    sample_every : float, seconds, > 0
    record : sequence of str
        What is kept of: `holds`, `requests`, `tries`, `connections`, `queries`, `pauses`.  Each
        row takes about 100 bytes; a long run is better let on in blocks, with `Run`.

    Returns
    -------
    Simulation
        What was not over at the end stands in `holds` as `still held` or `still queued`, and in
        `requests` as `unfinished`.

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> from boltkb.twin import Client, Driver, Poisson, Server, Work
    >>> shop = Client("shop-api/2.3", Work(seconds=0.4), Poisson(14.0), Driver.python(pool=50))
    >>> run = simulate(Server(threads=8), shop, seconds=600.0, seed=11)
    >>> run.rejected > 0, run.outcomes()["ok"] > 7000
    (True, True)
    """
    import polars as pl

    if not (isinstance(seconds, int | float) and math.isfinite(seconds) and seconds > 0):
        raise ParameterError(f"`seconds` must be above 0; got {seconds!r}")
    listed = (clients,) if isinstance(clients, Client) else tuple(clients)
    run = Run(server, listed, seed=seed, sample_every=sample_every, record=record)
    kept: dict[str, list[pl.DataFrame]] = {name: [] for name in record}
    samples = []
    names = [client.name for client in listed]
    for block in run.advance(seconds):
        samples.append(block.samples)
        for name in record:
            kept[name].append(frame(block.records, KINDS[name], names))
    left = unended(run)
    for name in record:
        kept[name].append(frame(left, KINDS[name], names))
    return Simulation(
        server=server,
        clients=listed,
        seconds=float(seconds),
        seed=seed,
        sample_every=float(sample_every),
        tables={name: pl.concat(parts) for name, parts in kept.items()},
        sampled=np.concatenate(samples),
        events=run.events,
    )


def unended(run: Run) -> Floats:
    """Return rows for the holds and requests that have not ended at the moment a run has reached.

    Parameters
    ----------
    run : Run

    Returns
    -------
    (n, 16) array
        In the shape of the kernel's records; a hold is cut off at the present moment.
    """
    state = run.state
    connections = state.connections
    held = np.flatnonzero((connections["held"] == 1) | (connections["state"] == codes.QUEUED))
    serials = state.requests["serial"]
    rows = np.zeros((held.size, layout.RECORD_WIDTH))
    these = connections[held]
    queued = these["state"] == codes.QUEUED
    rows[:, 0], rows[:, 1] = codes.REC_HOLD, run.now
    rows[:, 2] = these["asked"]
    rows[:, 3] = np.where(queued, run.now, these["start"])
    for place, name in (
        (4, "serial"), (5, "member"), (6, "client"), (7, "task"), (12, "worker"), (14, "executor"),
        (15, "messages"),
    ):  # fmt: skip
        rows[:, place] = these[name]
    for place, name in ((9, "worked"), (10, "client_wait"), (11, "lock_wait")):
        rows[:, place] = np.where(queued, 0.0, these[name])
    rows[:, 8] = np.where(queued, codes.STILL_QUEUED, codes.STILL_HELD)
    rows[:, 13] = np.where(these["request"] >= 0, serials[these["request"]], -1)
    open_requests = np.ones(state.requests.size, dtype=bool)
    free = int(state.world["free_request"][0])
    following = state.requests["next"]
    while free >= 0:
        open_requests[free] = False
        free = int(following[free])
    others = state.requests[open_requests]
    more = np.zeros((others.size, layout.RECORD_WIDTH))
    more[:, 0], more[:, 1], more[:, 8] = codes.REC_REQUEST, run.now, codes.UNFINISHED
    for place, name in (
        (2, "arrived"), (3, "begun"), (4, "serial"), (5, "member"), (6, "client"), (7, "driver"),
        (9, "tries"), (10, "waited"),
    ):  # fmt: skip
        more[:, place] = others[name]
    return np.concatenate([rows, more])
