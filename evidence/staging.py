"""A measured run of a real server, given to the twin, and what the twin makes of it.

The twin is told when requests came, how long the work took and how long clients paused.  What
it must find by itself is what became of them: rejections, lost and new connections, retries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from boltkb.queueing import Empirical
from boltkb.twin import Client, Driver, Replay, Server, Simulation, Work, simulate
from boltkb.twin.columns import SAMPLES

__all__ = ["WRONG", "Outcome", "Rules", "measured_outcome", "replicate", "stage"]

Floats = npt.NDArray[np.float64]

#: From one process' first requests, which open its connections, to the next one's, s.
WARM_UP = 20.0
#: For so long after the last arrival are outcomes waited for, s: retries, and the last holds.
REST = 60.0
#: How long the Python driver took to open a connection, where a run does not say: in every one
#: that does, 0.045 to 0.06 s, the delayed acknowledgement of TCP and no work of the server's.
CONNECT = 0.048
LATENCY = 0.001
#: The least threads that the server keeps, unless it has fewer at all.
CORE = 5
#: The limits that the lab's clients set: for a connection from the pool, and for trying again, s.
PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Rules:
    """What the twin is told of the server's and the driver's rules; None: as they are.

    Parameters
    ----------
    connect : float or None, seconds
        How long it takes to open a connection.
    queue : int
        Places to wait for a thread.
    delay : float or None, seconds
        The driver's first back-off.
    begin : int or None
        Messages that an explicit transaction begins with.
    """

    connect: float | None = None
    queue: int = 0
    delay: float | None = None
    begin: int | None = None


AS_THEY_ARE = Rules()
#: Rules that are wrong, to see whether the comparison would tell.
WRONG: Mapping[str, Rules] = {
    "one connection may wait for a thread": Rules(queue=1),
    "a connection is open after 2 ms": Rules(connect=0.002),
    "the driver first tries again after 3 s, not 1 s": Rules(delay=3.0),
    "BEGIN comes with the first query": Rules(begin=3),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a pool saw, from a server or from the twin.

    Parameters
    ----------
    numbers : mapping of str to float
        Counts and shares by their names in `NAMES`.
    busy : (threads + 1,) array
        Share of time with 0, 1, ... threads held.
    """

    numbers: Mapping[str, float]
    busy: Floats


def measured_outcome(run: Mapping[str, Any]) -> Outcome:
    """Return what the real server's pool saw.

    Parameters
    ----------
    run : mapping
        As `data.lab` measures it.
    """
    counts = run["counts"]
    outcomes = counts["outcomes"]
    return _outcome(
        asked=counts["asked"], rejected=counts["rejected"], signed_in=counts["sign_ins_sampled"],
        opened=counts["opened"], closed=counts["closed"], received=counts["received"],
        started=counts["started"], fine=outcomes.get("ok", 0),
        requests=sum(outcomes.values()), busy=np.array(run["busy"]),
    )  # fmt: skip


def stage(
    run: Mapping[str, Any], rules: Rules = AS_THEY_ARE
) -> tuple[Server, tuple[Client, ...], float]:
    """Return the twin's server and clients for a measured run, and when its load begins, s.

    Each process of the real clients becomes a client of its own, with the moments of its
    requests.  Beforehand it sends so many at once as it had connections when the load began.
    """
    threads = run["threads"]
    server = Server(
        version=run["neo4j"],
        threads=threads,
        core_threads=min(CORE, threads),
        queue=rules.queue,
        sign_in=Empirical(tuple(run["sign_in"])) if run["sign_in"] else 0.001,
    )
    processes = [(s, i) for s in run["streams"] for i in range(len(s["arrivals"]))]
    begins = WARM_UP * len(processes)
    clients = []
    for number, (stream, i) in enumerate(processes):
        leaks = stream["kind"] == "leak"
        warm = 0 if leaks else max(1, min(stream["warm"], threads - 1))
        before = np.full(warm, WARM_UP * number)
        times = begins + np.cumsum(stream["arrivals"][i]) / 1000.0
        driver = Driver.python(
            pool=stream["pool"] or 100,
            acquisition_timeout=PATIENCE,
            budget=PATIENCE,
            delay=rules.delay or 1.0,
        )
        explicit = stream["kind"] in ("think", "leak") or stream["retries"]
        clients.append(
            Client(
                f"{stream['client']}/{stream['kind']}/{i}",
                _work(stream, leaks=leaks, explicit=explicit),
                Replay(tuple(np.concatenate([before, times]).tolist())),
                driver,
                messages=(rules.begin or 1) if explicit else 2,
                connect=rules.connect or run["connect"] or CONNECT,
                latency=LATENCY if run["latency"] is None else run["latency"],
            )
        )
    return server, tuple(clients), begins


def replicate(run: Mapping[str, Any], seed: int, rules: Rules = AS_THEY_ARE) -> Outcome:
    """Return what the twin's pool saw, under the load of a measured run.

    Parameters
    ----------
    run : mapping
    seed : int
    rules : Rules
    """
    server, clients, begins = stage(run, rules)
    made = simulate(server, clients, seconds=begins + run["seconds"] + REST, seed=seed)
    return _simulated(made, begins, begins + run["seconds"], run)


def _work(stream: Mapping[str, Any], *, leaks: bool, explicit: bool) -> Work:
    pauses = stream["pauses"]
    return Work(
        seconds=Empirical(tuple(stream["work"])) if sum(stream["work"]) else 0.001,
        kind="managed" if stream["retries"] else "explicit" if explicit else "auto-commit",
        queries=stream["queries"],
        think=Empirical(tuple(pauses)) if sum(pauses) else None,
        leak_share=1.0 if leaks else 0.0,
        cpu=0.0,
    )


def _simulated(made: Simulation, start: float, end: float, run: Mapping[str, Any]) -> Outcome:
    holds = made.holds
    asked, begin, last = (holds[name].to_numpy() for name in ("asked", "start", "end"))
    task, outcome = (holds[name].cast(str).to_numpy() for name in ("task", "outcome"))
    inside = (asked >= start) & (asked < end)
    refused = outcome == "refused"
    requests = made.requests
    mine = requests["start"].to_numpy() >= start
    ends = requests["outcome"].cast(str).to_numpy()[mine]
    first, final = (round(start) + run["counts"][f"sampled_{name}"] for name in ("from", "to"))
    signed = (asked >= first) & (asked < final) & ~refused & (task == "hello")
    grown = {
        name: float(made.sampled[final - 1, i] - made.sampled[first - 1, i])
        for i, name in enumerate(SAMPLES)
        if name in ("opened", "closed", "received", "started")
    }
    # The real client had a connection for its first leak; the twin's opens one for it.
    spare = sum(1 for s in run["streams"] if s["kind"] == "leak" and s["arrivals"][0])
    return _outcome(
        asked=int(inside.sum()) - spare,
        rejected=int((inside & refused).sum()),
        signed_in=int(signed.sum()) - spare,
        opened=grown["opened"] - spare,
        closed=grown["closed"],
        received=grown["received"] - 2 * spare,
        started=grown["started"] - 2 * spare,
        fine=int(np.isin(ends, ("ok", "never ended")).sum()),
        requests=ends.size,
        busy=_busy(begin[~refused], last[~refused], start, end, run["threads"]),
    )


def _busy(begin: Floats, last: Floats, start: float, end: float, threads: int) -> Floats:
    """Return the share of time with so many threads held."""
    met = (last > start) & (begin < end)
    times = np.concatenate([np.maximum(begin[met], start), np.minimum(last[met], end)])
    changes = np.concatenate([np.ones(met.sum()), -np.ones(met.sum())])
    order = np.lexsort((changes, times))
    held = np.concatenate([[0], np.cumsum(changes[order])]).astype(int)
    spans = np.diff(np.concatenate([[start], times[order], [end]]))
    return np.bincount(held, weights=spans, minlength=threads + 1)[: threads + 1] / (end - start)


def _outcome(
    *,
    asked: float,
    rejected: float,
    signed_in: float,
    opened: float,
    closed: float,
    received: float,
    started: float,
    fine: float,
    requests: float,
    busy: Floats,
) -> Outcome:
    numbers = {
        "asked": asked,
        "rejected": rejected,
        "rejected_share": rejected / asked if asked else 0.0,
        "opened": opened,
        "closed": closed,
        "sign_ins_rejected": opened - signed_in,
        "fine_share": fine / requests if requests else 1.0,
        "received": received,
        "unstarted": received - started,
        "held": float(busy @ np.arange(busy.size)),
        "full": float(busy[-1]),
    }
    return Outcome(numbers, busy)
