"""A run that is let on step by step, its records handed out in blocks as they come."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boltkb.errors import ParameterError
from boltkb.twin.building import build, grow
from boltkb.twin.clients import Client
from boltkb.twin.kernel import codes
from boltkb.twin.server import Server

__all__ = ["KINDS", "Block", "Run"]

Floats = npt.NDArray[np.float64]

#: What can be recorded, by name.
KINDS = {
    "holds": codes.REC_HOLD,
    "requests": codes.REC_REQUEST,
    "tries": codes.REC_TRY,
    "connections": codes.REC_CONNECTION,
    "queries": codes.REC_QUERY,
    "pauses": codes.REC_PAUSE,
}


@dataclass(frozen=True, slots=True)
class Block:
    """Some records and samples, in the order of time.

    Parameters
    ----------
    records : (n, 16) array
        Kind, then time; the columns after that are the kind's own (see `columns`).
    samples : (m, 35) array
    """

    records: Floats
    samples: Floats


class Run:
    """A system of a server and its clients, on its way through time.

    Parameters
    ----------
    server : Server
    clients : sequence of Client
    seed : int, >= 0
        The same seed gives the same run.
    sample_every : float, seconds, > 0
    record : sequence of str
        Which of `KINDS` to record.

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> from boltkb.twin import Client, Poisson, Server, Work
    >>> run = Run(Server(threads=8), [Client("shop", Work(seconds=0.1), Poisson(20.0))], seed=1)
    >>> blocks = list(run.advance(60.0))
    >>> run.now, run.events > 1000
    (60.0, True)
    """

    def __init__(
        self,
        server: Server,
        clients: Sequence[Client],
        *,
        seed: int = 0,
        sample_every: float = 1.0,
        record: Sequence[str] = ("holds", "requests"),
    ) -> None:
        unknown = [name for name in record if name not in KINDS]
        if unknown:
            raise ParameterError(f"`record` knows {', '.join(KINDS)}; got {', '.join(unknown)}")
        if not (math.isfinite(sample_every) and sample_every > 0):
            raise ParameterError(f"`sample_every` must be seconds above 0; got {sample_every!r}")
        self.server = server
        self.clients = tuple(clients)
        self.seed = seed
        self.sample_every = float(sample_every)
        self.recorded = tuple(record)
        want = [KINDS[name] for name in record]
        self.state = build(server, clients, seed=seed, sample_every=sample_every, want=want)

    @property
    def now(self) -> float:
        """Seconds since the start of the run."""
        return float(self.state.world["now"][0])

    @property
    def events(self) -> int:
        """Events so far."""
        return int(self.state.world["events"][0])

    def advance(self, until: float) -> Iterator[Block]:
        """Let everything happen up to a moment, handing out blocks of what was recorded.

        Parameters
        ----------
        until : float, seconds from the start of the run

        Yields
        ------
        Block
            Its arrays are copies.
        """
        from boltkb.twin.kernel.compiling import table_of
        from boltkb.twin.kernel.loop import run

        if not until >= self.now:
            raise ParameterError(f"time does not run back from {self.now} to {until!r}")
        table = table_of(self.state)
        while True:
            why = run(table, float(until))
            world = self.state.world
            if why in (codes.FULL, codes.DONE):
                yield Block(
                    self.state.records[: world["records"][0]].copy(),
                    self.state.samples[: world["samples"][0]].copy(),
                )
                world["records"] = world["samples"] = 0
                if why == codes.DONE:
                    return
            else:
                self.state = grow(self.state, why)
                table = table_of(self.state)
