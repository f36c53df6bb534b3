"""A capture's own records, read back: its plan, its requests, its holds and its counters."""

from __future__ import annotations

import csv
import gzip
import json
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from data.lab.errors import LabError
from data.lab.load import Attempt
from data.lab.requests import Arrival
from data.lab.setups import MACHINE_FILE, SETUPS
from data.lab.streams import Scenario
from data.lab.truth import Hold


def read_plan(folder: Path, manifest: dict[str, Any]) -> tuple[Scenario, float, Any]:
    """Return a capture's scenario, its seconds, and what stands of the machine beside it, or None.

    Parameters
    ----------
    folder : Path
    manifest : dict

    Raises
    ------
    LabError
        When the set-up is not known any more.
    """
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


def pair_attempts(
    arrivals: Sequence[Arrival], attempts: Sequence[Attempt], start: float
) -> list[tuple[Arrival, Attempt]]:
    """Find the attempt of each planned arrival: the clients began them in this order.

    Parameters
    ----------
    arrivals : sequence of Arrival
    attempts : sequence of Attempt
        In order of time.
    start : float, epoch seconds

    Raises
    ------
    LabError
        When the requests were not made by this plan.
    """
    pairs: list[tuple[Arrival, Attempt]] = []
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


def read_counters(folder: Path) -> tuple[dict[str, list[int]], list[float]]:
    """Return the pool's counters by name, and the epoch seconds when they were sampled.

    Parameters
    ----------
    folder : Path
        That of the metric files.
    """
    counters: dict[str, list[int]] = {}
    times: list[float] = []
    for name in ("connections_opened", "connections_closed", "messages_received",
                 "messages_started"):  # fmt: skip
        rows = _rows((folder / f"neo4j.dbms.bolt.{name}.csv").read_text().splitlines())
        counters[name.partition("_")[2]] = [int(row["count"]) for row in rows]
        times = [float(row["t"]) for row in rows]
    return counters, times


def _rows(lines: Iterable[str]) -> list[dict[str, str]]:
    return list(csv.DictReader(lines))


def read_acquisitions(path: Path) -> tuple[list[Hold], list[float]]:
    """Return every hold in order of its start, and the times of the refusals.

    Parameters
    ----------
    path : Path
        ``truth-acquisitions.csv.gz``.
    """
    with gzip.open(path, "rt", newline="") as file:
        rows = _rows(file)
    holds = [
        Hold(float(r["start"]), float(r["seconds"]), r["connection"], r["outcome"] == "held")
        for r in rows
        if r["outcome"] != "rejected"
    ]
    holds.sort(key=lambda hold: hold.start)
    return holds, sorted(float(r["start"]) for r in rows if r["outcome"] == "rejected")


def read_attempts(path: Path) -> list[Attempt]:
    """Return every request in order of its start.

    Parameters
    ----------
    path : Path
        ``truth-attempts.csv.gz``.
    """
    with gzip.open(path, "rt", newline="") as file:
        rows = _rows(file)
    found = [
        Attempt(
            float(row["start"]), float(row["end"]),
            row["client"], row["kind"], row["outcome"], int(row["tries"]),
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda attempt: attempt.start)
