"""Open transactions: what one that nobody ends costs, and one more than there are threads."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from boltkb.queueing import Constant
from boltkb.tables import Column, Shown, Table, number, span
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
from boltkb.twin.loads import Poisson, Replay
from boltkb.twin.simulating import simulate

__all__ = ["FullPool", "Leaks", "fill_pool", "leak_transactions"]

#: From one to the next of the transactions that fill a pool, seconds.
_APART = 0.05
#: How long a client thinks that does not come back within the run, seconds.
_AWAY = 1e6


@dataclass(frozen=True, slots=True)
class Leaks(Shown):
    """Transactions that nobody ends, on a server that has no time-out, and on one that has.

    Parameters
    ----------
    threads : int
    times : (n,) array, seconds
    leaked : (n,) array
        Transactions that are open and never will be ended, without a time-out.
    held, held_with_timeout : (n,) arrays
        Held threads at each sample.
    rejected, rejected_with_timeout : (n,) arrays
        Requests rejected so far.
    timeout : float, seconds
    cost : float
        Threads waiting for a client that is gone, for each leaked transaction, at the end.

    Examples
    --------
    >>> seen = leak_transactions(threads=20, arrival_rate=10.0, mean_hold=0.2, timeout=30.0,
    ...                          seconds=600.0, seed=1)
    >>> seen.cost, bool(seen.held[-1] > seen.held_with_timeout[-1])
    (1.0, True)
    """

    threads: int
    times: Floats
    leaked: Floats
    held: Floats
    held_with_timeout: Floats
    rejected: Floats
    rejected_with_timeout: Floats
    timeout: float
    cost: float

    def table(self) -> Table:
        """Return the run at its quarters as a table."""
        at = [round(self.times.size * part / 4) - 1 for part in range(1, 5)]
        rows = tuple(
            (
                span(float(self.times[i])),
                number(int(self.leaked[i])),
                number(int(self.held[i])),
                number(int(self.rejected[i])),
                number(int(self.held_with_timeout[i])),
                number(int(self.rejected_with_timeout[i])),
            )
            for i in at
        )
        heads = (
            "After", "Leaked, open", "Threads held", "Rejected so far",
            f"Held, with a time-out of {span(self.timeout)}", "Rejected, with it",
        )  # fmt: skip
        columns = tuple(Column(head, numeric=i > 0) for i, head in enumerate(heads))
        note = (
            f"{MARK} {number(self.threads)} threads. Each leaked transaction held "
            f"{number(self.cost)} thread to the end of the run."
        )
        return Table(columns, rows, "Transactions that nobody ends", (note,))

    def __str__(self) -> str:
        return str(self.table())

    def to_html(self) -> str:
        """Return the table as one line of HTML."""
        return self.table().to_html()

    def facts(self) -> Mapping[str, object]:
        """Return the end of both runs, marked as simulated."""
        end = {
            "simulated": True,
            "threads": self.threads,
            "leaked": int(self.leaked[-1]),
            "held": int(self.held[-1]),
            "rejected": int(self.rejected[-1]),
            "held_with_timeout": int(self.held_with_timeout[-1]),
            "rejected_with_timeout": int(self.rejected_with_timeout[-1]),
            "threads_per_leak": self.cost,
        }
        return {"leaked_transactions": end}


def leak_transactions(
    *,
    threads: int,
    arrival_rate: float,
    mean_hold: float,
    timeout: float,
    seconds: float,
    seed: int = 0,
) -> Leaks:
    """Return two runs in which a client opens transactions, one by one, and never ends them.

    Parameters
    ----------
    threads : int, >= 1
        As many transactions are leaked, spread evenly over the run.
    arrival_rate : float, requests a second, > 0
        Of other clients, which do end theirs.
    mean_hold : float, seconds, > 0
    timeout : float, seconds, > 0
        `db.transaction.timeout` in the second run; the first has none, which is the default.
    seconds : float, > 0
    seed : int, >= 0

    Returns
    -------
    Leaks

    Raises
    ------
    ParameterError
        All that is wrong, at once.
    """
    check_above_zero(
        arrival_rate=arrival_rate, mean_hold=mean_hold, seconds=seconds, timeout=timeout
    )
    busy = Client(
        "at work", Work(seconds=mean_hold), Poisson(arrival_rate), lasting_driver(pool=threads)
    )
    work = Work(seconds=BRIEF, kind="explicit", leak_share=1.0)
    moments = tuple((seconds * (np.arange(threads) + 0.5) / max(threads, 1)).tolist())
    leaky = Client("never ends", work, Replay(moments), lasting_driver(pool=max(threads, 1)))
    runs = [
        simulate(
            server_of(threads, timeout=limit),
            [busy, leaky],
            seconds=seconds,
            seed=seed,
            sample_every=seconds / SAMPLES,
        )
        for limit in (math.inf, timeout)
    ]
    first, second = (run.samples for run in runs)
    leaked = first["waiting_client"].to_numpy().astype(float)
    ends = runs[0].requests
    lost = ends["outcome"].cast(str).eq("never ended") & ends["client"].cast(str).eq("never ends")
    return Leaks(
        threads,
        first["time"].to_numpy(),
        leaked,
        first["busy"].to_numpy().astype(float),
        second["busy"].to_numpy().astype(float),
        first["refused"].to_numpy().astype(float),
        second["refused"].to_numpy().astype(float),
        float(timeout),
        float(leaked[-1]) / max(int(lost.sum()), 1),
    )


@dataclass(frozen=True, slots=True)
class FullPool(Shown):
    """A pool that is full of clients which think, beside one that is full of nothing.

    Parameters
    ----------
    threads : int
    transactions : int
        That clients wanted to hold open at once.
    connections : int
        Open at the end.
    held, working, waiting : int
        Threads held at the end; of these at work; of these waiting for their client.
    rejected : int
    told : str
        What the client was told that got no thread.

    Examples
    --------
    >>> full = fill_pool(threads=8, seed=1)
    >>> full.held, full.working, full.rejected
    (8, 0, 1)
    """

    threads: int
    transactions: int
    connections: int
    held: int
    working: int
    waiting: int
    rejected: int
    told: str

    def table(self) -> Table:
        """Return the pool at the end as a table."""
        rows = (
            ("transactions that were begun", number(self.transactions)),
            ("threads", number(self.threads)),
            ("threads held", number(self.held)),
            ("of these at work", number(self.working)),
            ("of these waiting for their client", number(self.waiting)),
            ("rejected", number(self.rejected)),
            ("what that client was told", self.told),
        )
        columns = (Column("At the end"), Column("Count", numeric=True))
        return Table(columns, rows, "One open transaction more than threads", (MARK,))

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
            "transactions": self.transactions,
            "held": self.held,
            "working": self.working,
            "rejected": self.rejected,
        }
        return {"open_transactions": end}


def fill_pool(*, threads: int, seed: int = 0) -> FullPool:
    """Return what becomes of one open transaction more than there are threads.

    Parameters
    ----------
    threads : int, >= 1
        One client more than these begins a transaction, runs a brief query and thinks.
    seed : int, >= 0

    Returns
    -------
    FullPool

    Raises
    ------
    ParameterError
    """
    server = server_of(threads)
    wanted = threads + 1
    work = Work(seconds=BRIEF, kind="explicit", queries=2, think=Constant(_AWAY))
    moments = Replay(tuple(_APART * i for i in range(wanted)))
    clients = Client("thinks", work, moments, lasting_driver(pool=wanted))
    run = simulate(server, clients, seconds=_APART * wanted + 10.0, seed=seed)
    end = run.samples.row(-1, named=True)
    failed = [name for name in run.outcomes() if name != "unfinished"]
    return FullPool(
        threads,
        wanted,
        end["opened"] - end["closed"],
        end["busy"],
        end["working"],
        end["waiting_client"],
        run.rejected,
        ", ".join(failed) or "nothing: none was rejected",
    )
