"""The peers: each asked in its own words, each absent one named with the line that brings it.

Nothing here is needed by the package.  `pip install -e ".[bench]"` brings all of them.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import metadata, util
from typing import Any

Numbers = Mapping[str, float]
Answer = Callable[[Numbers], float]


@dataclass(frozen=True)
class Peer:
    """A package that answers some of the same questions.

    `answers` maps a question to a function of its parameters: `c` servers, `a` erlangs,
    `lam`, `mu`, `theta` rates per second, `K` customers that fit in.
    """

    name: str
    module: str
    answers: Mapping[str, Answer] = field(default_factory=dict)

    @property
    def present(self) -> bool:
        """Whether the package can be imported here."""
        return util.find_spec(self.module) is not None

    @property
    def version(self) -> str:
        """The version that is installed; empty when none is."""
        return metadata.version(self.name) if self.present else ""

    @property
    def how_to_get(self) -> str:
        """Its name, and the line that brings it."""
        return f"{self.name} is absent: pip install {self.name}"


def _module(name: str) -> Any:
    return importlib.import_module(name)


def _pyworkforce_c(x: Numbers) -> float:
    queue = _module("pyworkforce.queuing").ErlangC(x["a"], 1.0, 1.0, 1)
    return float(queue.waiting_probability(int(x["c"])))


def _pyqueueing(model: str, method: str) -> Answer:
    def answer(x: Numbers) -> float:
        c = int(x["c"])
        package = _module("pyqueueing")
        rates = (x["lam"], x["mu"]) if "lam" in x else (x["a"], 1.0)
        more = {"MMcK": (int(x.get("K", 0)),), "ErlangA": (x.get("theta", 0.0),)}.get(model, ())
        return float(getattr(getattr(package, model)(*rates, c, *more), method)())

    return answer


def _line(function: str, key: str) -> Answer:
    def answer(x: Numbers) -> float:
        qsys = _module("line_solver.api.qsys")
        c = int(x["c"])
        lam, mu = (x["lam"], x["mu"]) if "lam" in x else (x["a"], 1.0)
        if function == "qsys_mmk":
            found = qsys.qsys_mmk(lam, mu, c)
            return float(found["Wq"]) * (c * mu - lam)  # C = Wq (c mu - lambda)
        if function == "qsys_mmck":
            return float(qsys.qsys_mmck(lam, mu, c, int(x.get("K", c)))[key])
        found = qsys.qsys_erlanga(lam, mu, x["theta"], c)
        return float(found[key])

    return answer


CLOSED_FORMS = (
    Peer("pyworkforce", "pyworkforce", {"Erlang C": _pyworkforce_c}),
    Peer(
        "pyqueueing",
        "pyqueueing",
        {
            "Erlang B": _pyqueueing("ErlangB", "prob_block"),
            "Erlang C": _pyqueueing("ErlangC", "prob_wait"),
            "M/M/c/K, rejected": _pyqueueing("MMcK", "prob_block"),
            "Erlang A, abandoned": _pyqueueing("ErlangA", "prob_abandon"),
        },
    ),
    Peer(
        "line-solver",
        "line_solver",
        {
            "Erlang B": _line("qsys_mmck", "lossProbability"),
            "Erlang C": _line("qsys_mmk", "Wq"),
            "M/M/c/K, rejected": _line("qsys_mmck", "lossProbability"),
            "Erlang A, abandoned": _line("qsys_erlanga", "probAbandon"),
        },
    ),
)


def simpy_processes(servers: int, rate: float, arrivals: int, seed: int) -> float:
    """SimPy as its documentation does it: a resource, and a process for each customer."""
    import random

    simpy = _module("simpy")
    rng = random.Random(seed)
    env = simpy.Environment()
    pool = simpy.Resource(env, servers)
    blocked = 0

    def customer() -> Any:
        with pool.request() as place:
            yield place
            yield env.timeout(rng.expovariate(1.0))

    def source() -> Any:
        nonlocal blocked
        for _ in range(arrivals):
            yield env.timeout(rng.expovariate(rate))
            if pool.count < servers:
                env.process(customer())
            else:
                blocked += 1

    env.run(env.process(source()))
    return blocked / arrivals


def simpy_callbacks(servers: int, rate: float, arrivals: int, seed: int) -> float:
    """SimPy at its fastest: a counter, and a callback for each departure."""
    import random

    simpy = _module("simpy")
    rng = random.Random(seed)
    env = simpy.Environment()
    busy = blocked = 0

    def leave(_: object) -> None:
        nonlocal busy
        busy -= 1

    def source() -> Any:
        nonlocal busy, blocked
        for _ in range(arrivals):
            yield env.timeout(rng.expovariate(rate))
            if busy < servers:
                busy += 1
                env.timeout(rng.expovariate(1.0)).callbacks.append(leave)
            else:
                blocked += 1

    env.run(env.process(source()))
    return blocked / arrivals


def ciw_loss(servers: int, rate: float, arrivals: int, seed: int) -> float:
    """Ciw: one node without places to wait."""
    ciw = _module("ciw")
    ciw.seed(seed)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=rate)],
        service_distributions=[ciw.dists.Exponential(rate=1.0)],
        number_of_servers=[servers],
        queue_capacities=[0],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(arrivals / rate)
    kinds = [record.record_type for record in simulation.get_all_records()]
    return kinds.count("rejection") / max(len(kinds), 1) if kinds else math.nan


SIMULATORS = (
    (Peer("simpy", "simpy"), "a process a customer", simpy_processes, 40_000),
    (Peer("simpy", "simpy"), "callbacks only", simpy_callbacks, 100_000),
    (Peer("ciw", "ciw"), "one node", ciw_loss, 15_000),
)
