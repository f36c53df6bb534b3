"""What a capture says of its load and its pool, in a few numbers that a simulation can take.

Moments of arrival, laws of the work as quantiles, and what became of it.  It must not know
any simulation.
"""

from __future__ import annotations

import bisect
import csv
import gzip
import json
import math
import shlex
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.lab.errors import LabError
from data.lab.load import Arrival, plan_arrivals
from data.lab.scenarios import Scenario, Stream
from data.lab.setups import MACHINE_FILE, SETUPS
from data.lab.truth import Hold

#: Quantiles that stand for a law.
QUANTILES = 64
BLOCK_SECONDS = 10.0
#: A connection's first hold that is longer went on to its first transaction.
MERGED_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class _Attempt:
    start: float
    seconds: float
    client: str
    kind: str
    outcome: str
    tries: int


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
        hold of a connection, s), ``counts``, ``busy`` (share of time with 0, 1, ... threads
        held) and ``blocks`` (asked and rejected in each ten seconds).

    Raises
    ------
    LabError
        When the capture's plan is unknown, or is not the one that it was made by.
    """
    truth = json.loads((folder / "truth.json").read_text())
    manifest = tomllib.loads((folder / "manifest.toml").read_text())
    start, end = (_epoch(truth[name]) for name in ("start", "end"))
    scenario, seconds, machine = _plan_of(folder, manifest)
    holds, rejections = _acquisitions(folder / "truth-acquisitions.csv.gz")
    attempts = _attempts(folder / "truth-attempts.csv.gz")
    arrivals = plan_arrivals(scenario, seconds, manifest["seed"])
    pairs = _pair(arrivals, attempts, start)
    hellos = _first_holds(holds)
    inside = [hold for hold in holds if start <= hold.start < end]
    signing = [h.seconds for h in inside if hellos[h.connection] is h]
    quick = [seconds for seconds in signing if seconds < MERGED_SECONDS]
    working = [h for h in inside if hellos[h.connection] is not h]
    extra = _overheads(pairs, working)
    counters = {name: _grown(folder / "metrics", name) for name in
                ("connections_opened", "connections_closed",
                 "messages_received", "messages_started")}  # fmt: skip
    refused = sum(start <= at < end for at in rejections)
    return {
        "threads": truth["threads"],
        "seconds": round(end - start, 3),
        "seed": manifest["seed"],
        "neo4j": manifest["neo4j_version"],
        "date": manifest["started"][:10],
        **({"load_average": machine["load_average"]} if machine else {}),
        "sign_in": _quantiles(quick),
        "lateness": _lateness(pairs, start),
        "streams": [
            _tell(stream, scenario, pairs, extra.get(stream, 0.0))
            for stream in scenario.streams
        ],
        "counts": {
            "asked": len(inside) + refused,
            "rejected": refused,
            "sign_ins": len(signing),
            "sign_ins_with_work": len(signing) - len(quick),
            "opened": counters["connections_opened"],
            "closed": counters["connections_closed"],
            "received": counters["messages_received"],
            "started": counters["messages_started"],
            "below_full": _below_full(holds, rejections, start, end, truth["threads"]),
            "mean_hold": round(_mean(h.seconds for h in inside if h.ended), 6),
            "outcomes": dict(sorted(Counter(a.outcome for a in attempts).items())),
        },
        "busy": _busy(holds, start, end, truth["threads"]),
        "blocks": _blocks(inside, rejections, start, end),
    }  # fmt: skip


def _plan_of(folder: Path, manifest: dict[str, Any]) -> tuple[Scenario, float, Any]:
    beside = folder / MACHINE_FILE
    if beside.is_file():
        machine = json.loads(beside.read_text())
        known = {set_up.name: set_up for set_up in SETUPS}
        if machine["set_up"] not in known:
            raise LabError(f"No set-up is called {machine['set_up']!r} any more.")
        return known[machine["set_up"]].scenario, machine["seconds"], machine
    from data.lab.__main__ import plan_of

    words = shlex.split(manifest["command"])
    return *plan_of(words[words.index("data.lab") + 1 :]), None


def _pair(
    arrivals: Sequence[Arrival], attempts: Sequence[_Attempt], start: float
) -> list[tuple[Arrival, _Attempt]]:
    """Find the attempt of each planned arrival: the clients began them in this order."""
    pairs: list[tuple[Arrival, _Attempt]] = []
    for key in {(a.stream.client, a.stream.kind) for a in arrivals}:
        planned = [a for a in arrivals if (a.stream.client, a.stream.kind) == key]
        seen = [a for a in attempts if (a.client, a.kind) == key]
        if len(planned) != len(seen):
            raise LabError(f"The plan has {len(planned)} requests of {key}, not {len(seen)}.")
        pairs += zip(planned, seen, strict=True)
    late = sorted(seen.start - start - planned.at for planned, seen in pairs)
    if late and not -0.01 <= late[len(late) // 2] < 0.5:
        raise LabError("The capture was not made by this plan: its requests came at other times.")
    return pairs


def _overheads(
    pairs: Sequence[tuple[Arrival, _Attempt]], working: Sequence[Hold]
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
            over.setdefault(planned.stream, []).append(seen.seconds - work)
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
    pairs: Sequence[tuple[Arrival, _Attempt]],
    extra: float,
) -> dict[str, Any]:
    mine = [planned for planned, _ in pairs if planned.stream is stream]
    client = next(c for c in scenario.clients if c.agent == stream.client)
    parts = len(mine[0].pauses) + 1 if mine else 1
    times = [[p.at for p in mine if p.instance == number] for number in range(client.instances)]
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


def _lateness(pairs: Sequence[tuple[Arrival, _Attempt]], start: float) -> list[float]:
    """Return mean and 99th percentile of how late the requests began, s."""
    late = sorted(seen.start - start - planned.at for planned, seen in pairs)
    if not late:
        return [0.0, 0.0]
    return [round(_mean(late), 4), round(late[min(len(late) - 1, len(late) * 99 // 100)], 4)]


def _steps(times: Sequence[float]) -> list[int]:
    whole = [round(1000 * at) for at in times]
    return [after - before for before, after in zip([0, *whole], whole, strict=False)]


def _quantiles(values: Iterable[float]) -> list[float]:
    ordered = sorted(max(0.0, value) for value in values)
    if not ordered:
        return []
    size = min(QUANTILES, len(ordered))
    # Means of equal parts, so that the mean stays what it was.
    edges = [round(i * len(ordered) / size) for i in range(size + 1)]
    return [round(_mean(ordered[a:b]), 5) for a, b in zip(edges, edges[1:], strict=False)]


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
    inside: Sequence[Hold], rejections: Sequence[float], start: float, end: float
) -> list[list[int]]:
    count = max(1, int((end - start) / BLOCK_SECONDS))
    blocks = [[0, 0] for _ in range(count)]
    refused = [at for at in rejections if start <= at < end]
    for at, rejected in [*((h.start, 0) for h in inside), *((at, 1) for at in refused)]:
        block = blocks[min(count - 1, int((at - start) / BLOCK_SECONDS))]
        block[0] += 1
        block[1] += rejected
    return blocks


def _grown(folder: Path, name: str) -> int:
    rows = _rows((folder / f"neo4j.dbms.bolt.{name}.csv").read_text().splitlines())
    return int(rows[-1]["count"]) - int(rows[0]["count"])


def _rows(lines: Iterable[str]) -> list[dict[str, str]]:
    return list(csv.DictReader(lines))


def _acquisitions(path: Path) -> tuple[list[Hold], list[float]]:
    with gzip.open(path, "rt", newline="") as file:
        rows = _rows(file)
    holds = [
        Hold(float(r["start"]), float(r["seconds"]), r["connection"], r["outcome"] == "held")
        for r in rows
        if r["outcome"] != "rejected"
    ]
    holds.sort(key=lambda hold: hold.start)
    return holds, sorted(float(r["start"]) for r in rows if r["outcome"] == "rejected")


def _attempts(path: Path) -> list[_Attempt]:
    with gzip.open(path, "rt", newline="") as file:
        rows = _rows(file)
    found = [
        _Attempt(
            float(r["start"]), float(r["end"]) - float(r["start"]),
            r["client"], r["kind"], r["outcome"], int(r["tries"]),
        )
        for r in rows
    ]  # fmt: skip
    return sorted(found, key=lambda attempt: attempt.start)


def _epoch(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return math.fsum(listed) / len(listed) if listed else 0.0
