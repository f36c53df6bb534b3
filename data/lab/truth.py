"""What the pool really saw: every thread hold and every refusal, counted exactly.

It turns the plugin's lists into the numbers that a report can be checked against. It must
not know any sampled or exported value.
"""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from data.lab.load import Attempt

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Hold:
    """One thread acquisition: epoch seconds, length, and whether it had ended."""

    start: float
    seconds: float
    connection: str
    ended: bool = True


@dataclass(frozen=True, slots=True)
class Watched:
    """What the plugin wrote down: holds, and the times of refused schedulings."""

    holds: tuple[Hold, ...]
    rejections: tuple[float, ...]


def read_watch(folder: Path) -> Watched:
    """Return the holds and refusals that the plugin listed.

    Parameters
    ----------
    folder : Path
        With ``holds.csv``, ``open.csv`` and ``rejections.csv``; a last line that was not
        yet whole is left out.
    """
    ended = _read_holds(folder / "holds.csv", ended=True)
    known = {(hold.start, hold.connection) for hold in ended}
    unended = [
        hold
        for hold in _read_holds(folder / "open.csv", ended=False)
        if (hold.start, hold.connection) not in known
    ]
    rejections = [int(row["millis"]) / 1000 for row in _read_rows(folder / "rejections.csv")]
    return Watched(tuple(sorted([*ended, *unended], key=lambda h: h.start)), tuple(rejections))


def summarise(
    watched: Watched, *, start: float, end: float, until: float | None = None
) -> dict[str, Any]:
    """Return attempts, holds and offered load of one span of time.

    Parameters
    ----------
    watched : Watched
    start, end : float, epoch seconds, start < end
        Acquisitions and refusals that fall in [start, end) count. A hold that ended after
        `end` counts with its whole length.
    until : float, epoch seconds, optional
        Where holds that never ended are cut off; `end` when absent.

    Returns
    -------
    dict
        ``attempts``, ``accepted``, ``rejected``, ``mean_hold_seconds`` (None without
        holds), ``offered_load`` (erlangs: attempt rate times mean hold; 0 without
        attempts, None when every attempt was refused, because their holds are unknown)
        and ``carried_load`` (erlangs: mean number of threads held, from the overlap of all
        holds with the span).

    Raises
    ------
    ValueError
        When the span is empty.
    """
    if not start < end:
        raise ValueError(f"the span from {start} to {end} is empty")
    cut = end if until is None else until
    lengths = [
        hold.seconds if hold.ended else cut - hold.start
        for hold in watched.holds
        if start <= hold.start < end
    ]
    rejected = sum(start <= at < end for at in watched.rejections)
    mean = math.fsum(lengths) / len(lengths) if lengths else None
    attempts = len(lengths) + rejected
    held = math.fsum(_overlap(hold, start, end) for hold in watched.holds)
    return {
        "attempts": attempts,
        "accepted": len(lengths),
        "rejected": rejected,
        "mean_hold_seconds": None if mean is None else round(mean, 6),
        "offered_load": _offered_load(attempts, mean, end - start),
        "carried_load": round(held / (end - start), 6),
    }


def tell_truth(
    watched: Watched,
    attempts: Sequence[Attempt],
    *,
    start: float,
    end: float,
    threads: int,
    cause: str | None,
    scenario: str | None = None,
) -> dict[str, Any]:
    """Return the content of ``truth.json``.

    Parameters
    ----------
    watched : Watched
    attempts : sequence of Attempt
        What the clients saw.
    start, end : float, epoch seconds, start < end
    threads : int, >= 1
    cause : str, optional
        The trouble that was staged; None for none.
    scenario : str, optional
        The simulated scenario that stages the same.
    """
    minutes = []
    count = max(1, round((end - start) / MINUTE))
    for number in range(count):
        first = start + number * MINUTE
        last = end if number == count - 1 else first + MINUTE
        summary = summarise(watched, start=first, end=last, until=end)
        minutes.append({"start": moment(first), **summary})
    return {
        "threads": threads,
        "cause": cause,
        **({} if scenario is None else {"scenario": scenario}),
        "start": moment(start),
        "end": moment(end),
        **summarise(watched, start=start, end=end),
        "clients": summarise_clients(attempts),
        "never_ended_holds": sum(not hold.ended for hold in watched.holds),
        "minutes": minutes,
    }


def summarise_clients(attempts: Iterable[Attempt]) -> dict[str, Any]:
    """Return requests, tries and outcomes by client.

    ``tries`` counts a driver's retries that came as far as their first statement.
    """
    seen = list(attempts)
    by_client: dict[str, Counter[str]] = {}
    for attempt in seen:
        by_client.setdefault(attempt.client, Counter())[attempt.outcome] += 1
    return {
        "requests": len(seen),
        "tries": sum(attempt.tries for attempt in seen),
        "outcomes": dict(sorted(Counter(attempt.outcome for attempt in seen).items())),
        "by_client": {name: dict(sorted(found.items())) for name, found in by_client.items()},
    }


def moment(epoch: float) -> str:
    """Return a time as ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(epoch, UTC).isoformat(timespec="milliseconds")


def _offered_load(attempts: int, mean: float | None, seconds: float) -> float | None:
    if attempts == 0:
        return 0.0
    return None if mean is None else round(attempts / seconds * mean, 6)


def _overlap(hold: Hold, start: float, end: float) -> float:
    last = hold.start + hold.seconds if hold.ended else end
    return max(0.0, min(end, last) - max(start, hold.start))


def _read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(line for line in file if line.endswith("\n")))


def _read_holds(path: Path, *, ended: bool) -> list[Hold]:
    return [
        Hold(
            start=int(row["start_millis"]) / 1000,
            seconds=int(row["bound_micros"]) / 1e6,
            connection=row["thread"].partition("[")[2].partition(" ")[0],
            ended=ended,
        )
        for row in _read_rows(path)
    ]
