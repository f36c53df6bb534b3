"""What a capture says of its load and its pool, in a few numbers that a simulation can take.

Moments of arrival, laws of the work as quantiles, and what became of it.  It must not know
any simulation.
"""

from __future__ import annotations

import bisect
import itertools
import json
import math
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from data.lab.load import Attempt, plan_arrivals
from data.lab.recorded import (
    pair_attempts,
    read_acquisitions,
    read_attempts,
    read_counters,
    read_plan,
)
from data.lab.requests import Arrival
from data.lab.streams import Scenario, Stream
from data.lab.truth import Hold

#: Quantiles that stand for a law.
QUANTILES = 64
BLOCK_SECONDS = 10.0
#: A refusal that took a client longer came while it opened a connection.
OPENING_SECONDS = 0.02
#: A connection's first hold that is longer went on to its first transaction.
MERGED_SECONDS = 0.1


def measure(folder: Path) -> dict[str, Any]:
    """Return the parameters and the outcome of one capture.

    Parameters
    ----------
    folder : Path
        With the truth files that the lab writes.

    Returns
    -------
    dict
        ``streams`` (arrivals in ms from the start and one another, by process; laws of the
        work and of the client's pauses as quantiles, s), ``sign_in`` (quantiles of the first
        hold of a connection, s), ``connect`` (how long it takes a client to open one, s; None
        when it was not seen), ``counts``, ``busy`` (share of time with 0, 1, ... threads
        held) and ``blocks`` (what happened in each ten seconds).

    Raises
    ------
    LabError
        When the capture's plan is unknown, or is not the one that it was made by.
    """
    truth = json.loads((folder / "truth.json").read_text())
    manifest = tomllib.loads((folder / "manifest.toml").read_text())
    start, end = (_epoch(truth[name]) for name in ("start", "end"))
    scenario, seconds, machine = read_plan(folder, manifest)
    holds, rejections = read_acquisitions(folder / "truth-acquisitions.csv.gz")
    attempts = read_attempts(folder / "truth-attempts.csv.gz")
    arrivals = plan_arrivals(scenario, seconds, manifest["seed"])
    pairs = pair_attempts(arrivals, attempts, start)
    hellos = _first_holds(holds)
    inside = [hold for hold in holds if start <= hold.start < end]
    signing = [h for h in inside if hellos[h.connection] is h]
    quick = [h.seconds for h in signing if h.seconds < MERGED_SECONDS]
    working = [h for h in inside if hellos[h.connection] is not h]
    extra = _overheads(pairs, working)
    connect = _connect(pairs, rejections)
    counters, sampled_at = read_counters(folder / "metrics")
    first, last = sampled_at[0], sampled_at[-1]
    sampled = [h for h in signing if first <= h.start < last]
    refused = sum(start <= at < end for at in rejections)
    return {
        "threads": truth["threads"],
        "seconds": round(end - start, 3),
        "seed": manifest["seed"],
        "neo4j": manifest["neo4j_version"],
        "date": manifest["started"][:10],
        "name": machine["set_up"] if machine else f"capture: {scenario.name}",
        "machine": machine and {k: machine[k] for k in ("load_average", "processors")},
        "sign_in": _quantiles(quick),
        "connect": connect,
        "latency": _latency(pairs, working, len(signing) / max(1, len(working)), connect or 0.0),
        "streams": [
            _tell(stream, scenario, pairs, extra.get(stream, 0.0), start)
            for stream in scenario.streams
        ],
        "counts": {
            "asked": len(inside) + refused,
            "rejected": refused,
            "sign_ins": len(signing),
            "sign_ins_with_work": len(signing) - len(quick),
            # From the first sample of the metrics to the last.
            "sampled_from": round(first - start),
            "sampled_to": round(last - start),
            "sign_ins_sampled": len(sampled),
            **{name: counted[-1] - counted[0] for name, counted in counters.items()},
            "below_full": _below_full(holds, rejections, start, end, truth["threads"]),
            "mean_hold": round(_mean(h.seconds for h in inside if h.ended), 6),
            "outcomes": dict(sorted(Counter(a.outcome for a in attempts).items())),
        },
        "busy": _busy(holds, start, end, truth["threads"]),
        "blocks": _blocks(holds, rejections, attempts, (sampled_at, counters), start, end,
                          truth["threads"]),
    }  # fmt: skip


def _overheads(
    pairs: Sequence[tuple[Arrival, Attempt]], working: Sequence[Hold]
) -> dict[Stream, float]:
    """Return by how much a hold is longer on average than what was asked of it, s.

    The holds say it for all streams together; how long the clients waited for an answer says
    how it is shared out among them.
    """
    over: dict[Stream, list[float]] = {}
    asked: list[float] = []
    for planned, seen in pairs:
        if seen.outcome == "ok" and seen.tries == 1 and planned.stream.kind != "leak":
            work = planned.work + sum(planned.pauses)
            over.setdefault(planned.stream, []).append((seen.end - seen.start) - work)
            asked.append(work)
    held = [hold.seconds for hold in working if hold.ended]
    if not asked or not held:
        return {}
    every = _mean(x for listed in over.values() for x in listed)
    extra = _mean(held) - _mean(asked)
    return {stream: _mean(listed) - every + extra for stream, listed in over.items()}


def _tell(
    stream: Stream,
    scenario: Scenario,
    pairs: Sequence[tuple[Arrival, Attempt]],
    extra: float,
    start: float,
) -> dict[str, Any]:
    came = {planned: seen.start - start for planned, seen in pairs if planned.stream is stream}
    mine = list(came)
    client = next(c for c in scenario.clients if c.agent == stream.client)
    parts = len(mine[0].pauses) + 1 if mine else 1
    times = [
        sorted(max(0.0, at) for planned, at in came.items() if planned.instance == number)
        for number in range(client.instances)
    ]
    return {
        "client": stream.client,
        "kind": stream.kind,
        "warm": client.warm,
        "pool": client.pool,
        "retries": stream.retries,
        "queries": parts,
        "overhead": round(extra, 6),
        # What a hold takes besides is shared out evenly among its queries.
        "work": _quantiles([(p.work + extra) / parts for p in mine]),
        # There is no pause before the commit, so one of so many is 0.
        "pauses": _quantiles([x for p in mine if p.pauses for x in (*p.pauses, 0.0)]),
        "arrivals": [_steps(list_) for list_ in times],
    }


def _connect(pairs: Sequence[tuple[Arrival, Attempt]], rejections: Sequence[float]) -> float | None:
    """Return how long it took to open a connection, s: the median of those refused in it."""
    took = []
    for planned, seen in pairs:
        if seen.outcome != "no_threads" or planned.stream.retries:
            continue
        last = bisect.bisect_right(rejections, seen.start + (seen.end - seen.start) + 0.001) - 1
        refused = rejections[last] - seen.start if last >= 0 else -1.0
        if (seen.end - seen.start) > OPENING_SECONDS and refused > OPENING_SECONDS:
            took.append(refused)
    return round(sorted(took)[len(took) // 2], 4) if len(took) >= 10 else None


def _latency(
    pairs: Sequence[tuple[Arrival, Attempt]], working: Sequence[Hold], share: float, connect: float
) -> float | None:
    """Return the time one way between client and server, what the client does besides included, s.

    What a request takes longer than its hold, the opening of connections taken off.
    """
    fine = [
        (seen.end - seen.start)
        for planned, seen in pairs
        if seen.outcome == "ok" and planned.stream.kind != "leak" and not planned.stream.retries
    ]
    held = [hold.seconds for hold in working if hold.ended]
    if len(fine) < 10 or not held:
        return None
    return round(max(0.0, (_mean(fine) - _mean(held) - share * connect) / 2), 5)


def _steps(times: Sequence[float]) -> list[int]:
    whole = [round(1000 * at) for at in times]
    return [after - before for before, after in itertools.pairwise([0, *whole])]


def _quantiles(values: Iterable[float]) -> list[float]:
    ordered = sorted(max(0.0, value) for value in values)
    if not ordered:
        return []
    size = min(QUANTILES, len(ordered))
    # Means of equal parts, so that the mean stays what it was.
    edges = [round(i * len(ordered) / size) for i in range(size + 1)]
    return [round(_mean(ordered[a:b]), 5) for a, b in itertools.pairwise(edges)]


def _first_holds(holds: Sequence[Hold]) -> dict[str, Hold]:
    first: dict[str, Hold] = {}
    for hold in holds:
        first.setdefault(hold.connection, hold)
    return first


def _busy(holds: Sequence[Hold], start: float, end: float, threads: int) -> list[float]:
    """Return the share of time with so many threads held."""
    steps: list[tuple[float, int]] = []
    for hold in holds:
        last = hold.start + hold.seconds if hold.ended else end
        if last > start and hold.start < end:
            steps += [(max(start, hold.start), 1), (min(end, last), -1)]
    spent = [0.0] * (threads + 1)
    held, before = 0, start
    for at, change in sorted(steps):
        # A millisecond's rounding may let a hold begin before the one it follows has ended.
        spent[min(max(held, 0), threads)] += at - before
        held, before = held + change, at
    spent[min(max(held, 0), threads)] += end - before
    return [round(share / (end - start), 6) for share in spent]


def _below_full(
    holds: Sequence[Hold], rejections: Sequence[float], start: float, end: float, threads: int
) -> int:
    """Count rejections while fewer threads were held than there are, two ms aside."""
    inside = [at for at in rejections if start <= at < end]
    starts = sorted(hold.start for hold in holds)
    ends = sorted(hold.start + hold.seconds if hold.ended else math.inf for hold in holds)
    return sum(
        bisect.bisect_right(starts, at + 0.001) - bisect.bisect_left(ends, at - 0.001) < threads
        for at in inside
    )


def _blocks(
    holds: Sequence[Hold],
    rejections: Sequence[float],
    attempts: Sequence[Attempt],
    sampled: tuple[Sequence[float], Mapping[str, Sequence[int]]],
    start: float,
    end: float,
    threads: int,
) -> dict[str, list[float]]:
    """Return what happened in each ten seconds; what is left at the end belongs to the last."""
    count = max(1, int((end - start) / BLOCK_SECONDS))
    edges = [start + BLOCK_SECONDS * number for number in range(count)] + [end]
    times, counters = sampled
    blocks: list[dict[str, float]] = []
    for number, (a, b) in enumerate(itertools.pairwise(edges)):
        refused = sum(a <= at < b for at in rejections)
        mine = [attempt for attempt in attempts if a <= attempt.start < b]
        busy = _busy(holds, a, b, threads)
        low = bisect.bisect_left(times, a - 0.5) if number else 0
        high = min(bisect.bisect_left(times, b - 0.5), len(times) - 1)
        blocks.append(
            {
                "asked": sum(a <= hold.start < b for hold in holds) + refused,
                "rejected": refused,
                "requests": len(mine),
                "fine": sum(attempt.outcome == "ok" for attempt in mine),
                **{name: counted[high] - counted[low] for name, counted in counters.items()},
                "held": round(math.fsum(k * share for k, share in enumerate(busy)), 5),
                "full": busy[-1],
            }
        )
    return {name: [block[name] for block in blocks] for name in blocks[0]}


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return math.fsum(listed) / len(listed) if listed else 0.0
