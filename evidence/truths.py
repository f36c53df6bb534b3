"""What was really wrong in a staged run, by its own truth: a staged cause need not have shown.

A leak that leaked nothing is no case of a leak.  So each run is looked at before it counts:
it is a case of its scenario's cause, a run in which nothing was wrong, or neither, and dropped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["ALSO_TRUE", "TARGET", "Happened", "Truth", "happened", "judged"]

#: The share of attempts that may be rejected: what a report takes for a pool's purpose.
TARGET = 0.001
#: Below this share of its threads a pool did not come near its limit.
NEAR = 0.8
#: Of all rejections, those before the staged cause began.
_BEFORE = 0.1

#: What is true besides the staged cause, by construction; with the reason, as a page says it.
ALSO_TRUE: Mapping[str, Mapping[str, str]] = {
    "fleet_times_pool": {
        "pool_too_small": "the load doubles with the processes, and is then more than the threads "
        "can hold"
    },
    "leader_hot_spot": {
        "pool_too_small": "the leader's own load is more than its own threads can hold"
    },
    "retry_storm": {"burst_fan_out": "what sets the retries off is one client's burst"},
}
#: What is there to be seen, and true, where it did no harm.
_TRUE_ALL_THE_SAME = ("queue_enabled", "rolling_deploy")
#: How a request ends that did not fail: `never ended` is what its client wanted.
_FINE = ("ok", "unfinished", "never_ended")


@dataclass(frozen=True, slots=True)
class Happened:
    """What a run's truth says, of the member that rejected most.

    Parameters
    ----------
    member : str
        Its folder; empty for one server.
    threads, most : int
        Of the pool, and the most that were held at a second's end.
    attempts, rejected : int
        How often a thread was asked for, and not to be had.
    early : int
        Rejections in the minutes before the staged cause began; 0 where it has no beginning.
    requests, failed, retries : int
        The clients' requests, those that failed for good, and tries after the first.
    kept : int
        Transactions that nobody ended.
    all_held : float, 0 to 1
        Share of seconds in which every thread that the pool had just then was held.
    """

    member: str
    threads: int
    most: int
    attempts: int
    rejected: int
    early: int
    requests: int
    failed: int
    retries: int
    kept: int
    all_held: float

    @property
    def share(self) -> float:
        """The share of attempts that were rejected."""
        return self.rejected / self.attempts if self.attempts else 0.0


@dataclass(frozen=True, slots=True)
class Truth:
    """What a diagnosis of a run should say.

    Parameters
    ----------
    kind : str
        `case`, `nothing wrong` or `dropped`.
    cause : str or None
        The staged cause, of a case.
    first : tuple of str
        The causes that are right as the first one.
    supported : tuple of str
        The causes of which one should be among those supported.
    """

    kind: str
    cause: str | None
    first: tuple[str, ...]
    supported: tuple[str, ...]


def happened(export: Path, parameters: Mapping[str, Any]) -> Happened:
    """Return what a run's truth says.

    Parameters
    ----------
    export : Path
        As the twin wrote it.
    parameters : mapping
        The scenario's, settled.
    """
    import polars as pl

    told = {}
    for path in sorted(export.rglob("truth.json")):
        member = "" if path.parent == export else path.parent.name
        told[member] = json.loads(path.read_text("utf-8"))
    member = max(told, key=lambda name: (told[name]["rejected"], told[name]["attempts"]))
    here = told[member]
    seconds = pl.read_csv(export / member / "truth-threads.csv.gz")
    begins = float(parameters.get("scale_out", parameters.get("from", 0.0)))
    early = sum(minute["rejected"] for minute in here["minutes"][: int(begins // 60)])
    # Clients see one cluster, not its members.
    outcomes = [one["clients"]["outcomes"] for one in told.values()]
    requests = sum(one["clients"]["requests"] for one in told.values())
    fine = sum(ended.get(name, 0) for ended in outcomes for name in _FINE)
    held = seconds["busy"]
    return Happened(
        member=member,
        threads=int(here["threads"]),
        most=int(held.max()),  # type: ignore[arg-type]
        attempts=int(here["attempts"]),
        rejected=int(here["rejected"]),
        early=early,
        requests=requests,
        failed=requests - fine,
        retries=sum(one["clients"]["tries"] for one in told.values()) - requests,
        kept=sum(ended.get("never_ended", 0) for ended in outcomes),
        all_held=float(((held >= seconds["pool"]) & (held > 0)).mean()),
    )


def judged(scenario: str, cause: str | None, run: Happened, parameters: Mapping[str, Any]) -> Truth:
    """Return what was really wrong in a run of a scenario.

    Parameters
    ----------
    scenario : str
    cause : str or None
        What it stages; None: nothing.
    run : Happened
    parameters : mapping
        The scenario's, settled.
    """
    if cause is not None and _shows(scenario, run):
        first = (cause,)
        if scenario == "retry_storm" and run.rejected < 2 * float(parameters["burst"]):
            # A burst's own first tries are no more than the burst: here they are most of it.
            first = (cause, "burst_fan_out")
        return Truth("case", cause, first, (cause, *ALSO_TRUE.get(scenario, {})))
    quiet = run.rejected == 0 and run.failed == 0 and run.most < NEAR * run.threads
    if not quiet:
        return Truth("dropped", None, (), ())
    harmless = (cause,) if scenario in _TRUE_ALL_THE_SAME and cause is not None else ()
    return Truth("nothing wrong", None, harmless, harmless)


def _shows(scenario: str, run: Happened) -> bool:
    own = _BY_ITSELF.get(scenario)
    if own is not None:
        return own(run)
    return run.share >= TARGET and run.early <= _BEFORE * run.rejected


#: Causes that show without one rejection, with what tells that they did.
_BY_ITSELF: Mapping[str, Callable[[Happened], bool]] = {
    # A greeting and a query each at least, for every request.
    "driver_per_request": lambda run: run.attempts >= 2 * run.requests > 0,
    # So many requests met a connection that had been cut, and were tried again.
    "load_balancer_cut": lambda run: run.retries >= 3,
    "leaked_transactions": lambda run: run.kept >= 2,
    # Clients waited in vain for a connection of their own pool, and no thread was short.
    "client_pool_too_small": lambda run: (
        run.rejected == 0 and run.failed >= TARGET * run.requests > 0
    ),
    # The pool as it stood was all held, for a part of the time: then others wait.
    "queue_enabled": lambda run: run.all_held >= 0.05,
}
