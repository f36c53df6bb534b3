"""More connections and the same work: what that costs in threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from boltkb.errors import ParameterError
from boltkb.queueing import Empirical, Engset, Estimate
from boltkb.tables import Column, Shown, Table, number
from boltkb.twin.clients import Client, Work
from boltkb.twin.experiments.settings import (
    BRIEF,
    MARK,
    SAMPLES,
    Floats,
    check_above_zero,
    lasting_driver,
    server_of,
)
from boltkb.twin.loads import Poisson, Users
from boltkb.twin.repeating import interval_of, repeat
from boltkb.twin.simulating import simulate

__all__ = ["Growth", "Steps", "grow_connections", "vary_connections"]

#: Connections are added for two thirds of the time, and watched for the rest.
_GROWING = 2 / 3
#: The steps of the number of connections, as parts of the most.
_PARTS = (16, 8, 4, 2, 1)
#: Runs of each step: its threads hardly differ from run to run.
_RUNS = 8


@dataclass(frozen=True, slots=True)
class Growth(Shown):
    """One server while connections are added, which hardly ever ask for anything.

    Parameters
    ----------
    threads : int
    times : (n,) array, seconds
    connections, held : (n,) arrays
        Open connections and held threads at each sample.
    rejected : int
    offered_load : float, erlangs
        Of the clients that work all the time.

    Examples
    --------
    >>> seen = grow_connections(threads=8, arrival_rate=10.0, mean_hold=0.2, connections=80,
    ...                         seconds=300.0, seed=1)
    >>> bool(seen.connections[-1] >= 80), bool(seen.held.max() <= 8)
    (True, True)
    """

    threads: int
    times: Floats
    connections: Floats
    held: Floats
    rejected: int
    offered_load: float

    def table(self) -> Table:
        """Return the beginning and the end of the run as a table."""
        tenth = max(1, self.times.size // 10)
        parts = (("first tenth of the run", slice(tenth)), ("last tenth", slice(-tenth, None)))
        rows = tuple(
            (
                name,
                number(round(float(self.connections[part].mean()))),
                number(float(self.held[part].mean()), uncertainty=0.5),
                number(int(self.held[part].max())),
            )
            for name, part in parts
        )
        heads = ("When", "Connections open", "Threads held, mean", "Most at once")
        note = (
            f"{MARK} {number(self.threads)} threads, "
            f"{number(self.offered_load, uncertainty=0.5)} erlangs of work all the time; "
            f"{number(self.rejected)} requests were rejected."
        )
        columns = tuple(Column(head, numeric=i > 0) for i, head in enumerate(heads))
        return Table(columns, rows, "Connections added to a server at work", (note,))

    def __str__(self) -> str:
        return str(self.table())

    def to_html(self) -> str:
        """Return the table as one line of HTML."""
        return self.table().to_html()

    def facts(self) -> Mapping[str, object]:
        """Return the end of the run, marked as simulated."""
        end = {
            "simulated": True,
            "threads": self.threads,
            "connections": int(self.connections[-1]),
            "most_held": int(self.held.max()),
            "rejected": self.rejected,
        }
        return {"growing_connections": end}


def grow_connections(
    *,
    threads: int,
    arrival_rate: float,
    mean_hold: float,
    connections: int,
    seconds: float,
    seed: int = 0,
) -> Growth:
    """Return a run in which ever more connections are opened beside a constant load.

    Parameters
    ----------
    threads : int, >= 1
    arrival_rate : float, requests a second, > 0
    mean_hold : float, seconds, > 0
    connections : int, >= 1
        Opened in the first two thirds, one after the other; each asks for a few milliseconds
        now and then, and is idle in between.
    seconds : float, > 0
    seed : int, >= 0

    Returns
    -------
    Growth

    Raises
    ------
    ParameterError
        All that is wrong, at once.
    """
    check_above_zero(arrival_rate=arrival_rate, mean_hold=mean_hold, seconds=seconds)
    growing = _GROWING * seconds
    # Uniform pauses: the connections open at an even rate, and ask again as evenly.
    pauses = Empirical(tuple(np.linspace(growing / 2000, growing, 1000).tolist()))
    busy = Client(
        "at work", Work(seconds=mean_hold), Poisson(arrival_rate), lasting_driver(pool=threads)
    )
    quiet = Client(
        "hardly asks",
        Work(seconds=BRIEF),
        Users(connections, pauses),
        lasting_driver(pool=1),
        processes=max(connections, 1),
    )
    run = simulate(
        server_of(threads),
        [busy, quiet],
        seconds=seconds,
        seed=seed,
        sample_every=seconds / SAMPLES,
        record=(),
    )
    seen = run.samples
    opened = (seen["opened"] - seen["closed"]).to_numpy().astype(float)
    return Growth(
        threads,
        seen["time"].to_numpy(),
        opened,
        seen["busy"].to_numpy().astype(float),
        run.rejected,
        arrival_rate * mean_hold,
    )


@dataclass(frozen=True, slots=True)
class Steps(Shown):
    """The same work, sent through ever more connections.

    Parameters
    ----------
    threads : int
    connections : tuple of int
    held : tuple of Estimate
        Mean of the threads held, over runs.
    most : tuple of int
        Threads held at once, in any run.
    rejected : tuple of int
        In all runs.
    expected : tuple of float
        What Engset's model says, erlangs.

    Examples
    --------
    >>> steps = vary_connections(threads=12, arrival_rate=10.0, mean_hold=0.2, connections=160,
    ...                          seconds=300.0, seed=1)
    >>> steps.connections
    (10, 20, 40, 80, 160)
    """

    threads: int
    connections: tuple[int, ...]
    held: tuple[Estimate, ...]
    most: tuple[int, ...]
    rejected: tuple[int, ...]
    expected: tuple[float, ...]

    def table(self) -> Table:
        """Return the steps as a table, one number of connections a row."""
        rows = tuple(
            (number(n), str(held), number(busy, uncertainty=0.05), number(most), number(lost))
            for n, held, busy, most, lost in zip(
                self.connections, self.held, self.expected, self.most, self.rejected, strict=True
            )
        )
        heads = ("Connections", "Threads held, mean", "By theory", "Most at once", "Rejected")
        columns = tuple(Column(head, numeric=i != 1) for i, head in enumerate(heads))
        note = (
            f"{MARK} {_RUNS} runs a row on {number(self.threads)} threads; theory is Engset's "
            "model of that many clients."
        )
        return Table(columns, rows, "The same work through more connections", (note,))

    def __str__(self) -> str:
        return str(self.table())

    def to_html(self) -> str:
        """Return the table as one line of HTML."""
        return self.table().to_html()

    def facts(self) -> Mapping[str, object]:
        """Return the steps, marked as simulated."""
        rows = [
            {"connections": n, "held": held.facts(), "most": most, "rejected": lost}
            for n, held, most, lost in zip(
                self.connections, self.held, self.most, self.rejected, strict=True
            )
        ]
        return {"connections": {"simulated": True, "threads": self.threads, "steps": rows}}


def vary_connections(
    *,
    threads: int,
    arrival_rate: float,
    mean_hold: float,
    connections: int,
    seconds: float,
    seed: int = 0,
) -> Steps:
    """Return what the same work costs in threads when more and more clients share it.

    Parameters
    ----------
    threads : int, >= 1
    arrival_rate : float, requests a second, > 0
        Of all clients together, however many they are.
    mean_hold : float, seconds, > 0
    connections : int
        The most; the steps before are halves of it, down to a sixteenth, which must still be
        more than `arrival_rate` times `mean_hold`.
    seconds : float, > 0
        Of each run; its first half, in which connections open, is left out.
    seed : int, >= 0

    Returns
    -------
    Steps

    Raises
    ------
    ParameterError
        All that is wrong, at once.
    """
    check_above_zero(arrival_rate=arrival_rate, mean_hold=mean_hold, seconds=seconds)
    load = arrival_rate * mean_hold
    counts = tuple(connections // part for part in _PARTS)
    if not counts[0] > load:
        raise ParameterError(
            f"`connections` must be more than {_PARTS[0]} times the load of {load:g} erlangs, so "
            f"that the fewest, a sixteenth, can carry it; got {connections!r}"
        )
    server = server_of(threads)
    held, most, rejected, expected = [], [], [], []
    for count in counts:
        pause = count / arrival_rate - mean_hold
        clients = Client(
            "clients", Work(seconds=mean_hold), Users(count, pause), lasting_driver(pool=1),
            processes=count,
            latency=0.0,
        )  # fmt: skip
        seen = repeat(
            server, clients, seconds=seconds / 2, warm_up=seconds / 2, runs=_RUNS, seed=seed
        )
        held.append(interval_of(seen.held, "threads"))
        most.append(int(seen.most.max()))
        rejected.append(int(seen.rejected.sum()))
        # With no more clients than threads nobody is ever rejected.
        model = Engset(min(threads, count - 1), count, 1.0 / pause, 1.0 / mean_hold)
        expected.append(model.mean_busy if count > threads else load)
    return Steps(threads, counts, tuple(held), tuple(most), tuple(rejected), tuple(expected))
