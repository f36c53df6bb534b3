"""What a comparison of the twin with a real server found, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Compared", "Comparison", "Held", "Row", "misses"]


@dataclass(frozen=True, slots=True)
class Compared:
    """One number: the server's with its interval, the twin's with that of its runs.

    Parameters
    ----------
    server : float
    server_low, server_high : float or None
        95 %, by drawing blocks of the run anew; None where that says nothing.
    twin, low, high : float
        Mean of the twin's runs, and the middle 95 % of them.
    rank : float
        The share of the twin's runs below the server, those equal counting half.
    """

    server: float
    server_low: float | None
    server_high: float | None
    twin: float
    low: float
    high: float
    rank: float

    @property
    def inside(self) -> bool:
        """Whether the server's number lies within the middle 95 % of the twin's runs."""
        return self.low <= self.server <= self.high


@dataclass(frozen=True, slots=True)
class Held:
    """How many threads were held: shares of time, for 0, 1, ... threads.

    Parameters
    ----------
    server, twin, low, high : list of float
    distance, far : float
        Total variation between the server and the mean of the twin's runs, and what one in
        twenty of the twin's own runs exceeds.
    rank : float
        The share of the twin's runs that are nearer to their mean than the server is.
    """

    server: list[float]
    twin: list[float]
    low: list[float]
    high: list[float]
    distance: float
    far: float
    rank: float


@dataclass(frozen=True, slots=True)
class Row:
    """One run of the real server against the twin's."""

    name: str
    seed: int
    threads: int
    seconds: float
    date: str
    neo4j: str
    load_average: list[float] | None
    replications: int
    numbers: dict[str, Compared]
    held: Held


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every run, and how many numbers are missed where the twin is given a wrong rule.

    Parameters
    ----------
    rows : tuple of Row
    wrong : mapping of str to (int, int)
        By the rule: numbers missed, and runs without a miss.
    """

    rows: tuple[Row, ...]
    wrong: dict[str, tuple[int, int]]


def misses(rows: Sequence[Row]) -> tuple[int, int]:
    """Return how many numbers the twin missed, and how many runs have no miss.

    Parameters
    ----------
    rows : sequence of Row
    """
    missed = [sum(not number.inside for number in row.numbers.values()) for row in rows]
    return sum(missed), missed.count(0)
