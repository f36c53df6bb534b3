"""The models side by side on one set of numbers, and what a plan for servers can lean on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from boltkb.errors import ModelError
from boltkb.queueing.arrivals import PoissonArrivals
from boltkb.queueing.erlang import erlang_b, load_for_blocking, servers_for_blocking
from boltkb.queueing.finite import Engset
from boltkb.queueing.laws import Constant, Exponential, Gamma, Law
from boltkb.queueing.models import MMc, MMcc
from boltkb.queueing.observations import Observations
from boltkb.queueing.patience import MMcD
from boltkb.queueing.peaked import Hayward
from boltkb.queueing.replication import Replications, replicate
from boltkb.queueing.runs import simulate_queue
from boltkb.tables import Column, Shown, Table, number, share, span

__all__ = [
    "Comparison", "Plan", "check_by_simulation", "compare_models", "observe_counts",
    "plan_servers",
]  # fmt: skip

#: Customers that a check by simulation draws, all runs together.
_DRAWN = 400_000
_RUNS = 20


@dataclass(frozen=True, slots=True)
class Comparison(Shown):
    """What each model says of the same servers and the same load.

    Parameters
    ----------
    offered_load : float, erlangs
    servers : int
    answers : mapping from a model's name to a mapping of its answers
        `rejected`, `waits`, `gives_up`: shares of customers; `wait`: mean, in seconds;
        `busy`: mean busy servers; `when`: in words, what it is the model of.

    Examples
    --------
    >>> side = compare_models(servers=8, arrival_rate=12.5, mean_hold=0.4)
    >>> list(side.answers)
    ['M/M/c/c', 'M/M/c']
    """

    offered_load: float
    servers: int
    answers: Mapping[str, Mapping[str, float | str]]

    def table(self) -> Table:
        """Return the answers as a table, one model a row."""
        heads = ("Model", "Of what", "Rejected", "Waits", "Gives up", "Mean wait", "Mean busy")
        columns = tuple(Column(head, numeric=index > 1) for index, head in enumerate(heads))
        rows = tuple(
            (
                name,
                told["when"],
                share(_float(told["rejected"])),
                share(_float(told["waits"])),
                share(_float(told["gives_up"])),
                span(_float(told["wait"])) if told["wait"] else "0 s",
                number(_float(told["busy"]), uncertainty=0.05),
            )
            for name, told in self.answers.items()
        )
        note = (
            f"Offered load {number(self.offered_load, uncertainty=0.05)} erlangs on "
            f"{self.servers:,} servers. Which row applies is known from the configuration, "
            "not from these numbers."
        )
        return Table(columns, rows, "The same numbers in each model", (note,))

    def __str__(self) -> str:
        return str(self.table())

    def to_html(self) -> str:
        """Return the answers as one line of HTML."""
        return self.table().to_html()


def compare_models(
    *,
    servers: int,
    arrival_rate: float,
    mean_hold: float,
    sources: int = 0,
    patience: float = 0.0,
    peakedness: float = 1.0,
) -> Comparison:
    """Return what each model says of the same servers and the same load.

    Parameters
    ----------
    servers : int, >= 1
    arrival_rate : float, customers a second, >= 0
    mean_hold : float, seconds, > 0
    sources : int, >= 0
        Clients that ask, for Engset's model, more than the offered load; each asks so often
        when idle that with servers enough the load would be the same.  0 leaves it out.
    patience : float, seconds, >= 0
        How long a customer waits before it gives up.  0 leaves the model out.
    peakedness : float, >= 1
        Variance over mean of busy servers where none are lacking.  1 leaves Hayward's
        approximation out.

    Returns
    -------
    Comparison
        Loss and delay always; the others where their parameter is given.

    Raises
    ------
    ModelError
        Parameters outside their domain.

    Examples
    --------
    >>> side = compare_models(servers=8, arrival_rate=25.0, mean_hold=0.4, patience=2.0)
    >>> side.answers["M/M/c"]["wait"], round(side.answers["M/M/c+D"]["gives_up"], 3)
    (inf, 0.2)
    """
    if not (math.isfinite(mean_hold) and mean_hold > 0):
        raise ModelError("mean_hold", "seconds above 0", mean_hold)
    rate = 1.0 / mean_hold
    loss, delay = MMcc(servers, arrival_rate, rate), MMc(servers, arrival_rate, rate)
    answers = {
        "M/M/c/c": _told("no waiting room: rejected at once", loss),
        "M/M/c": _told(
            "everybody waits" + ("" if delay.stable else "; the queue grows without end"), delay
        ),
    }
    if sources:
        if not sources > loss.offered_load:
            raise ModelError("sources", "more than the offered load, or 0", sources)
        busy = loss.offered_load / sources
        finite = Engset(servers, sources, rate * busy / (1.0 - busy), rate)
        answers["Engset"] = _told(f"{sources:,} clients, no waiting room", finite)
    if patience:
        fixed = MMcD(servers, arrival_rate, rate, patience)
        answers["M/M/c+D"] = _told(f"waits {span(patience)}, then gives up", fixed)
    if peakedness != 1.0:
        bursts = Hayward(servers, delay.offered_load, peakedness)
        answers["Hayward"] = _told(f"bursts of peakedness {peakedness:g}, no waiting room", bursts)
    return Comparison(loss.offered_load, loss.servers, answers)


@dataclass(frozen=True, slots=True)
class Plan(Shown):
    """How many servers a target needs, and how near the present ones are to it.

    Parameters
    ----------
    offered_load : float, erlangs
    target : float
        Share of arrivals that may be rejected.
    servers, needed : int
        Those there are, those that the target needs.
    blocking : float
        Share rejected with those there are.
    limit : float, erlangs
        The load at which those there are pass the target.
    growth : float
        By what 1 % more load multiplies the share rejected.

    Examples
    --------
    >>> plan_servers(servers=400, offered_load=360.0, blocking=0.001).needed
    408
    """

    offered_load: float
    target: float
    servers: int
    needed: int
    blocking: float
    limit: float
    growth: float

    def table(self) -> Table:
        """Return the plan as a table."""
        rows = (
            (f"servers for {share(self.target)} rejected", f"{self.needed:,}"),
            ("servers now", f"{self.servers:,}"),
            ("rejected with those", share(self.blocking)),
            (f"load at which those pass {share(self.target)}", f"{self.limit:,.1f} erlangs"),
            ("load now", f"{self.offered_load:,.1f} erlangs"),
            ("1 % more load multiplies rejections by", f"{self.growth:.2f}"),
        )
        note = "For constant load and holds that do not lengthen when more servers are busy."
        return Table(
            (Column("Plan"), Column("", numeric=True)), rows, "Servers for a target", (note,)
        )

    def __str__(self) -> str:
        return str(self.table())

    def to_html(self) -> str:
        """Return the plan as one line of HTML."""
        return self.table().to_html()


def plan_servers(*, servers: int, offered_load: float, blocking: float) -> Plan:
    """Return how many servers a target needs, by Erlang's B.

    Parameters
    ----------
    servers : int, >= 1
        Those there are.
    offered_load : float, erlangs, >= 0
    blocking : float, between 0 and 1
        Share of arrivals that may be rejected.

    Returns
    -------
    Plan

    Raises
    ------
    ModelError
        Parameters outside their domain.

    Examples
    --------
    >>> plan = plan_servers(servers=8, offered_load=5.0, blocking=0.01)
    >>> plan.needed, round(plan.limit, 2), round(plan.growth, 3)
    (11, 3.13, 1.034)
    """
    now = float(erlang_b(servers, offered_load))
    more = float(erlang_b(servers, 1.01 * offered_load))
    return Plan(
        float(offered_load),
        float(blocking),
        int(servers),
        int(servers_for_blocking(offered_load, blocking)),
        now,
        float(load_for_blocking(servers, blocking)),
        more / now if now > 0 else math.nan,
    )


def observe_counts(busy: str, *, interval: float, servers: int) -> Observations:
    """Return busy counts that were typed or pasted, ready to be fitted.

    Parameters
    ----------
    busy : str
        Busy servers at each look, apart by blanks, commas or new lines; `-` or `nan` where a
        look failed.
    interval : float, seconds, > 0
        Between looks.
    servers : int, >= 1

    Returns
    -------
    Observations
        Of a loss system with these servers.

    Raises
    ------
    ModelError
        A word that is no count, no counts at all, an interval that is not above 0.

    Examples
    --------
    >>> observe_counts("3 4, 5 -", interval=1.0, servers=8).busy.tolist()
    [3.0, 4.0, 5.0, nan]
    """
    if not (math.isfinite(interval) and interval > 0):
        raise ModelError("interval", "seconds above 0", interval)
    words = busy.replace(",", " ").replace(";", " ").split()
    values: list[float] = []
    wrong: list[str] = []
    for word in words:
        try:
            values.append(math.nan if word == "-" else float(word))
        except ValueError:
            wrong.append(word)
    if wrong or not values:
        raise ModelError("busy", "counts apart by blanks", wrong[:5] if wrong else "nothing")
    times = interval * np.arange(1.0, len(values) + 1)
    return Observations(times, np.asarray(values), servers, servers)


def check_by_simulation(
    *,
    servers: int,
    arrival_rate: float,
    mean_hold: float,
    variability: float = 1.0,
    seed: int = 0,
) -> Replications:
    """Return a simulation of the loss system, to hold the formula against.

    Parameters
    ----------
    servers : int, >= 1
    arrival_rate : float, customers a second, > 0
    mean_hold : float, seconds, > 0
    variability : float, >= 0
        Variance over squared mean of the holds: 0 constant, 1 exponential, gamma between and
        beyond.  By the theory it does not matter.
    seed : int

    Returns
    -------
    Replications
        Of 20 runs begun in the steady state, some 400,000 customers together.

    Raises
    ------
    ModelError
        Parameters outside their domain.

    Examples
    --------
    >>> said = check_by_simulation(servers=8, arrival_rate=12.5, mean_hold=0.4, variability=0.0)
    >>> said.blocking_probability.low < 0.0701 < said.blocking_probability.high
    True
    """
    if not (math.isfinite(arrival_rate) and arrival_rate > 0):
        raise ModelError("arrival_rate", "a rate per second above 0", arrival_rate)
    holds: Law = Gamma(mean_hold, variability) if variability else Constant(mean_hold)
    if variability == 1:
        holds = Exponential(mean_hold)
    stream, duration = PoissonArrivals(arrival_rate), _DRAWN / _RUNS / arrival_rate
    return replicate(
        lambda child: simulate_queue(stream, holds, servers, duration=duration, seed=child),
        replications=_RUNS,
        seed=seed,
    )


def _told(when: str, model: MMcc | MMc | Engset | MMcD | Hayward) -> dict[str, float | str]:
    def ask(question: Callable[[], float]) -> float:
        try:
            return float(question())
        except ModelError:
            return math.nan

    return {
        "when": when,
        "rejected": ask(lambda: model.blocking_probability),
        "waits": ask(lambda: model.waiting_probability),
        "gives_up": ask(lambda: model.abandonment_probability),
        "wait": ask(lambda: model.mean_wait),
        "busy": ask(lambda: model.mean_busy),
    }


def _float(value: float | str) -> float:
    return float(value)
