"""`python -m benchmarks.twin`: the twin against SimPy and Ciw, the same systems in turn.

Each peer writes the system as its own documentation would.  The bare pool: Poisson requests, a
thread each or a rejection.  With drivers: two processes with a pool of connections each, a
waiting line with a time-out, a server that rejects, a back-off and another try.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.peers import SIMULATORS, Peer
from boltkb.queueing import MMcc
from boltkb.twin import Client, Driver, Poisson, Run, Server, Work

THREADS, RATE = 400, 380.0
ROUNDS = 3


def spent(job: Callable[[], int]) -> tuple[int, float]:
    """Return what a job counts, and its processor seconds: the median of some rounds."""
    rounds = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        count = job()
        rounds.append((count, time.process_time() - begun))
    return rounds[0][0], statistics.median(seconds for _, seconds in rounds)


def bare(seconds: float) -> tuple[int, int, float]:
    """Let the twin run a bare pool; return arrivals, rejections and events."""
    client = Client("bare", Work(seconds=1.0), Poisson(RATE), None)
    run = Run(Server(threads=THREADS), [client], seed=1, sample_every=30.0, record=("holds",))
    for _ in run.advance(seconds):
        pass
    member = run.state.members[0]
    return int(member["asked"]), int(member["refused"]), run.events


def driven(seconds: float) -> int:
    """Let the twin run the system with drivers; return the requests that came."""
    driver = Driver.java(pool=10, acquisition_timeout=2.0)
    work = Work(seconds=0.36, kind="managed")
    client = Client("shop", work, Poisson(24.0), driver, processes=2, latency=0.0005)
    run = Run(Server(threads=12), [client], seed=1, record=("holds", "requests"))
    for _ in run.advance(seconds):
        pass
    return int(run.state.world["requests"][0])


def driven_in_simpy(seconds: float) -> int:
    """Write the same system in SimPy: a store of connections a process, a counted pool."""
    import simpy

    rng, env = random.Random(1), simpy.Environment()
    pools = [simpy.Resource(env, 10) for _ in range(2)]
    connected = [0, 0]
    idle = [0, 0]
    busy = came = 0

    def thread(hold: float) -> Any:
        nonlocal busy
        yield env.timeout(0.0005)
        if busy >= 12:
            yield env.timeout(0.0005)
            return False
        busy += 1
        yield env.timeout(hold)
        busy -= 1
        yield env.timeout(0.0005)
        return True

    def one_try(which: int) -> Any:
        with pools[which].request() as place:
            got = yield place | env.timeout(2.0)
            if place not in got:
                return "timeout"
            if idle[which] > 0:
                idle[which] -= 1
            else:
                connected[which] += 1
                yield env.timeout(0.002)
                fine = yield env.process(thread(rng.expovariate(1 / 0.003)))
                if not fine:
                    return "rejected"
            fine = yield env.process(thread(rng.expovariate(1 / 0.36)))
            if fine:
                idle[which] += 1
            return "ok" if fine else "rejected"

    def request() -> Any:
        which, delay, first = rng.randrange(2), 1.0, None
        while True:
            outcome = yield env.process(one_try(which))
            if outcome != "rejected":
                return
            first = env.now if first is None else first
            if env.now - first >= 30.0:
                return
            yield env.timeout(delay * rng.uniform(0.8, 1.2))
            delay *= 2.0

    def source() -> Any:
        nonlocal came
        while True:
            yield env.timeout(rng.expovariate(24.0))
            came += 1
            env.process(request())

    env.process(source())
    env.run(until=seconds)
    return came


def measure() -> list[tuple[str, str, float, float]]:
    """Return system, peer, requests a second of theirs and of ours, in this very run."""
    bare(10.0), driven(10.0)  # compiled, or read back
    rows = []
    asked, took = spent(lambda: bare(8_000.0)[0])
    ours = asked / took
    for peer, how, job, arrivals in SIMULATORS:
        if not peer.present:
            Console().print(peer.how_to_get)
            continue

        def theirs(job: Any = job, arrivals: int = arrivals) -> int:
            job(THREADS, RATE, arrivals, 1)
            return arrivals

        count, seconds = spent(theirs)
        name = f"{peer.name} {peer.version}, {how}"
        rows.append(("bare pool", name, count / seconds, ours))
    if Peer("simpy", "simpy").present:
        came, took = spent(lambda: driven(20_000.0))
        count, seconds = spent(lambda: driven_in_simpy(600.0))
        rows.append(("with drivers", "simpy, a process a step", count / seconds, came / took))
    return rows


def main() -> None:
    """Measure, and print the ratios and what is due to them."""
    console = Console()
    asked, refused, events = bare(2_000.0)
    truth = MMcc(THREADS, RATE, 1.0).blocking_probability
    console.print(f"rejected {refused / asked:.4f}, by Erlang B {truth:.4f}; {events:,} events")
    table = Table("system", "peer", "theirs, requests/s", "ours, requests/s", "ratio")
    for system, peer, theirs, ours in measure():
        table.add_row(system, peer, f"{theirs:,.0f}", f"{ours:,.0f}", f"{ours / theirs:,.0f}")
    console.print(table)


if __name__ == "__main__":
    main()
