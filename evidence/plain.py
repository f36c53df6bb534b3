"""The same rules once more, in a few plain lines, for auto-commit queries of one client.

Nothing is shared with the twin, so that the two can be held against each other; and each
request may be given its own work, which the twin draws from a law.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from data.lab.load import plan_arrivals
from data.lab.setups import SETUPS

__all__ = ["planned_work", "play", "table", "told_exactly"]


def planned_work(run: Mapping[str, Any]) -> list[list[float]]:
    """Return what each request of a measured run asked of the server, by process, s.

    Parameters
    ----------
    run : mapping
        Of one of the lab's set-ups.
    """
    (set_up,) = (s for s in SETUPS if s.name == run["name"])
    (stream,) = run["streams"]
    planned = plan_arrivals(set_up.scenario, set_up.seconds, run["seed"])
    processes = range(len(stream["arrivals"]))
    return [
        [a.work + stream["overhead"] for a in planned if a.instance == number]
        for number in processes
    ]


def play(run: Mapping[str, Any], work: Sequence[Sequence[float]]) -> dict[str, int]:
    """Return how many connections were opened, and how many messages of which kind rejected.

    Parameters
    ----------
    run : mapping
        With one stream of auto-commit queries, and what it took to open a connection.
    work : sequence of sequence of float, seconds
        Of each request, by process and in the order of their arrival.
    """
    (stream,) = run["streams"]
    threads, connect, latency = run["threads"], run["connect"], run["latency"]
    sign_in = float(np.mean(run["sign_in"]))
    idle = [min(stream["warm"], threads - 1) or 1 for _ in stream["arrivals"]]
    turn = itertools.count()
    agenda: list[tuple[float, int, str, int, float]] = []
    for number, steps in enumerate(stream["arrivals"]):
        for at, seconds in zip(np.cumsum(steps) / 1000.0, work[number], strict=True):
            heapq.heappush(agenda, (float(at), next(turn), "arrive", number, seconds))
    busy, seen = 0, {"opened": 0, "sign_ins_rejected": 0, "queries": 0, "queries_rejected": 0}
    while agenda:
        now, _, what, number, seconds = heapq.heappop(agenda)
        after: tuple[float, str] | None = None
        if what == "arrive":
            after = (latency, "query") if idle[number] else (connect, "hello")
            idle[number] -= 1 if idle[number] else 0
        elif what in ("hello", "query"):
            hello = what == "hello"
            seen["opened" if hello else "queries"] += 1
            if busy == threads:
                seen["sign_ins_rejected" if hello else "queries_rejected"] += 1
            else:
                busy += 1
                after = (sign_in, "signed in") if hello else (seconds, "answered")
        elif what == "back":
            idle[number] += 1
        else:
            busy -= 1
            after = (2 * latency, "query") if what == "signed in" else (latency, "back")
        if after is not None:
            heapq.heappush(agenda, (now + after[0], next(turn), after[1], number, seconds))
    return seen


def told_exactly(runs: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the measured runs of which this program can be told everything.

    Parameters
    ----------
    runs : sequence of mapping
    """
    names = {set_up.name for set_up in SETUPS}
    return [
        run
        for run in runs
        if run["name"] in names
        and [(s["kind"], s["retries"]) for s in run["streams"]] == [("work", False)]
    ]


def table(runs: Sequence[Mapping[str, Any]]) -> str:
    """Return the plain program against the real server, each request with its own work.

    Parameters
    ----------
    runs : sequence of mapping
    """
    lines = [
        "| Set-up | Seed | Connections opened | Rejected while signing in | Queries rejected |",
        "| --- | --: | --- | --- | --- |",
    ]
    for run in told_exactly(runs):
        made, counts = play(run, planned_work(run)), run["counts"]
        signing = counts["opened"] - counts["sign_ins_sampled"]
        pairs = [
            (counts["opened"], made["opened"]),
            (signing, made["sign_ins_rejected"]),
            (counts["rejected"] - signing, made["queries_rejected"]),
        ]
        cells = " | ".join(f"{real:,}; {ours:,}" for real, ours in pairs)
        lines.append(f"| {run['name']} | {run['seed']} | {cells} |")
    return "\n".join(lines)
