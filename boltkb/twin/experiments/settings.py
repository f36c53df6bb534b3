"""What the experiments share: a plain server, a driver whose connections last, and checks."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from boltkb.twin.clients import Driver
from boltkb.twin.laws import check_numbers, refuse
from boltkb.twin.server import Server

__all__ = [
    "BRIEF", "MARK", "SAMPLES", "Floats", "check_above_zero", "lasting_driver", "server_of",
]  # fmt: skip

Floats = npt.NDArray[np.float64]

#: Stands under every table, so that nobody takes a simulation for a server.
MARK = "Simulated: no server ran."
#: Samples of a run that is drawn.
SAMPLES = 600
#: Work of the queries that a connection sends only to be open, seconds.
BRIEF = 0.005


def server_of(threads: int, *, timeout: float = math.inf, limit: int = 0) -> Server:
    """Return a server with so many threads, without a queue, on a machine with cores enough."""
    return Server(
        threads=threads,
        core_threads=min(5, threads),
        transaction_timeout=timeout,
        transaction_limit=limit,
    )


def lasting_driver(*, pool: int) -> Driver:
    """Return a driver whose connections never age: nothing but the load opens or closes one."""
    return Driver.java(pool=max(pool, 1), lifetime=math.inf)


def check_above_zero(**numbers: float) -> None:
    """Raise a `ParameterError` that names every number which is not finite and above 0."""
    problems: list[str] = []
    check_numbers(numbers, 1e-9, "a number above 0", problems, open_end=False)
    refuse(problems)
