"""What a simulated run was: every hold and request, samples, and what they come to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from boltkb.errors import ParameterError
from boltkb.queueing import Counts, Observations
from boltkb.tables import Column, Shown, Table, number, share, span
from boltkb.twin.clients import Client
from boltkb.twin.columns import SAMPLES, Floats
from boltkb.twin.running import KINDS
from boltkb.twin.server import Server

if TYPE_CHECKING:
    import polars

__all__ = ["Simulation"]


@dataclass(frozen=True, slots=True)
class Simulation(Shown):
    """A simulated run, complete: its parameters, what happened, and what a sampler saw.

    Parameters
    ----------
    server : Server
    clients : tuple of Client
    seconds : float
    seed : int
    sample_every : float, seconds
    tables : mapping of str to DataFrame
        What was recorded: `holds` (every time a thread was asked for), `requests`, `tries`,
        `connections`, `queries`, `pauses`.
    sampled : (n, 35) array
        See `samples`.
    events : int

    Examples
    --------
    >>> from boltkb.twin import Client, Poisson, Server, Work, simulate
    >>> shop = Client("shop", Work(seconds=0.5), Poisson(10.0))
    >>> run = simulate(Server(threads=8), [shop], seconds=300.0, seed=1)
    >>> run.attempts == run.accepted + run.rejected
    True
    """

    server: Server
    clients: tuple[Client, ...]
    seconds: float
    seed: int
    sample_every: float
    tables: Mapping[str, polars.DataFrame]
    sampled: Floats
    events: int

    def _table(self, name: str) -> polars.DataFrame:
        if name not in self.tables:
            raise ParameterError(
                f"`{name}` was not recorded; ask simulate for it: record=({name!r}, ...)"
            )
        return self.tables[name]

    @property
    def holds(self) -> polars.DataFrame:
        """Every time a connection asked for a thread, the refused times included."""
        return self._table("holds")

    @property
    def requests(self) -> polars.DataFrame:
        """Every request, as its client saw it."""
        return self._table("requests")

    @property
    def samples(self) -> polars.DataFrame:
        """Gauges and counters at each sample, one row for each member."""
        from boltkb.twin.columns import sample_frame

        return sample_frame(self.sampled)

    def _last(self, name: str) -> float:
        if not self.sampled.size:
            return 0.0
        final = self.sampled[-self.server.members :]
        return float(final[:, SAMPLES.index(name)].sum())

    @property
    def attempts(self) -> int:
        """How often a connection asked for a thread, up to the last sample."""
        return int(self._last("asked"))

    @property
    def rejected(self) -> int:
        """How often none was to be had."""
        return int(self._last("refused"))

    @property
    def accepted(self) -> int:
        """How often it got one, or a place in the queue."""
        return self.attempts - self.rejected

    @property
    def mean_hold(self) -> float:
        """Mean length of the holds that ended, s; NaN without any."""
        ended = self._last("ended")
        return self._last("held_seconds") / ended if ended else math.nan

    @property
    def blocking(self) -> float:
        """The share of attempts that were rejected; NaN without any."""
        return self.rejected / self.attempts if self.attempts else math.nan

    @property
    def carried_load(self) -> float:
        """Mean number of held threads in the samples, erlangs."""
        if not self.sampled.size:
            return math.nan
        running = self.sampled[:, SAMPLES.index("running")]
        return float(running.mean()) * self.server.members

    def outcomes(self) -> dict[str, int]:
        """Return how many requests ended in which way, the most frequent first."""
        counted = self.requests["outcome"].cast(str).value_counts(sort=True)
        return dict(counted.iter_rows())

    def observe(
        self, *, interval: float | None = None, member: int = 0, counted: bool = True
    ) -> Observations:
        """Return what a sampler saw of a member's main pool, for `fit_queue`.

        Parameters
        ----------
        interval : float, seconds, optional
            A multiple of `sample_every`, which it is when absent.
        member : int
        counted : bool
            Whether arrivals and rejections are known.

        Returns
        -------
        Observations

        Raises
        ------
        ParameterError
            An interval that was not sampled; a member that does not exist.
        """
        steps = 1 if interval is None else round(interval / self.sample_every)
        if interval is not None and (
            steps < 1 or not math.isclose(steps * self.sample_every, interval)
        ):
            raise ParameterError(
                f"`interval` must be a multiple of {self.sample_every} s; got {interval!r}"
            )
        if not 0 <= member < self.server.members:
            raise ParameterError(f"`member` must be below {self.server.members}; got {member!r}")
        rows = self.sampled[self.sampled[:, 1] == member][steps - 1 :: steps]
        times = rows[:, 0]
        edges = np.concatenate([[0.0], times])
        counts = {
            name: Counts(edges, np.diff(rows[:, SAMPLES.index(name)], prepend=0.0))
            for name in ("asked", "refused")
        }
        return Observations(
            times=times,
            busy=rows[:, SAMPLES.index("busy")],
            servers=self.server.usable_threads,
            capacity=self.server.capacity,
            arrivals=counts["asked"] if counted else None,
            rejections=counts["refused"] if counted else None,
            mean_hold=self.mean_hold if counted and self.mean_hold > 0 else None,
        )

    def table(self) -> Table:
        """Return the run in a few lines."""
        rows = [
            ("simulated", span(self.seconds), f"Neo4j {self.server.version}, seed {self.seed}"),
            ("threads", number(self.server.threads), f"queue {self.server.queue}"),
            ("asked for a thread", number(self.attempts), "a transaction, a hello, a goodbye"),
            ("rejected", number(self.rejected), share(self.blocking)),
            ("mean hold", span(self.mean_hold) if self.mean_hold > 0 else "unknown", ""),
            ("held threads", number(self.carried_load), "mean of the samples"),
        ]
        if "requests" in self.tables:
            rows += [
                (f"requests: {name}", number(count), "") for name, count in self.outcomes().items()
            ]
        columns = (Column("Simulated run"), Column("Value", numeric=True), Column("What it is"))
        return Table(columns, tuple(rows), kind="boltkb-simulation")

    def __str__(self) -> str:
        return str(self.table())

    def to_html(self) -> str:
        """Return the run in a few lines of HTML."""
        return self.table().to_html()

    def facts(self) -> Mapping[str, object]:
        """Return the run for `facts.json`, marked as simulated."""
        return {
            "simulation": {
                "simulated": True,
                "seconds": self.seconds,
                "seed": self.seed,
                "attempts": self.attempts,
                "rejected": self.rejected,
                "mean_hold": None if math.isnan(self.mean_hold) else self.mean_hold,
                "recorded": [name for name in KINDS if name in self.tables],
            }
        }
