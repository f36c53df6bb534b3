"""How often a diagnosis is right: counted over staged runs, with Wilson's intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evidence.staged import Answer, Result
from evidence.truths import Truth

__all__ = [
    "TARGETS", "Judged", "Rate", "Score", "Target", "alarmed", "first_right", "judge", "score",
    "supported_right",
]  # fmt: skip

_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Judged:
    """A run as the scores and the page need it.

    Parameters
    ----------
    scenario : str
    seed : int
    version : str
    truth : Truth
    answers : mapping of str to Answer
        By level.
    """

    scenario: str
    seed: int
    version: str
    truth: Truth
    answers: Mapping[str, Answer]


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many.

    Parameters
    ----------
    part, whole : int

    Examples
    --------
    >>> Rate(9, 10).share, [round(end, 3) for end in Rate(9, 10).interval]
    (0.9, [0.596, 0.982])
    """

    part: int
    whole: int

    @property
    def share(self) -> float | None:
        """The share; None of nothing."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval (1927); everything, of nothing."""
        if not self.whole:
            return 0.0, 1.0
        part, looks = self.part / self.whole, self.whole
        middle = (part + _Z**2 / (2 * looks)) / (1 + _Z**2 / looks)
        half = _Z / (1 + _Z**2 / looks)
        half *= math.sqrt(part * (1 - part) / looks + (_Z / looks / 2) ** 2)
        # At the ends the sums are exact but for rounding.
        low = 0.0 if self.part == 0 else middle - half
        high = 1.0 if self.part == self.whole else middle + half
        return low, high


@dataclass(frozen=True, slots=True)
class Score:
    """What came of one level of evidence.

    Parameters
    ----------
    supported_right, first_right, first_wrong, cannot_tell : Rate
        Of the runs with a cause: a right one among those supported; the first one right, or
        wrong; none named.
    false_alarms : Rate
        Of the runs in which nothing was wrong: a cause named, or a state that alarms.
    failed : int
        Runs without a diagnosis, for an error; they count as telling nothing.
    """

    supported_right: Rate
    first_right: Rate
    first_wrong: Rate
    cannot_tell: Rate
    false_alarms: Rate
    failed: int


@dataclass(frozen=True, slots=True)
class Target:
    """What a level should reach.

    Parameters
    ----------
    level, measure : str
        The measure is a field of `Score`.
    limit : float
    at_least : bool
        Whether the share must reach the limit, and not stay within it.
    """

    level: str
    measure: str
    limit: float
    at_least: bool

    def met(self, score: Score) -> bool | None:
        """Return whether the share keeps to it; None where nothing was counted."""
        rate: Rate = getattr(score, self.measure)
        if rate.share is None:
            return None
        return rate.share >= self.limit if self.at_least else rate.share <= self.limit


TARGETS = (
    Target("everything", "first_right", 0.90, at_least=True),
    Target("everything", "false_alarms", 0.02, at_least=False),
    Target("default metrics", "first_wrong", 0.10, at_least=False),
)


def judge(result: Result) -> Judged:
    """Return what the scores need of a result."""
    case = result.case
    return Judged(case.scenario, case.seed, case.version, result.truth, result.answers)


def first_right(truth: Truth, answer: Answer) -> bool:
    """Return whether the first cause that is named is a right one."""
    return answer.cause in truth.first


def supported_right(truth: Truth, answer: Answer) -> bool:
    """Return whether a right cause is among those that are supported."""
    return bool(set(answer.supported) & set(truth.supported))


def alarmed(truth: Truth, answer: Answer) -> bool:
    """Return whether a diagnosis alarms where nothing was wrong."""
    named = answer.cause is not None and answer.cause not in truth.first
    return named or answer.state in {"saturated", "at_risk"}


def score(runs: Iterable[Judged], levels: Sequence[str]) -> dict[str, Score]:
    """Return the score of each level, over the runs that count.

    Parameters
    ----------
    runs : iterable of Judged
    levels : sequence of str
    """
    counted = list(runs)
    found = {}
    for level in levels:
        told = [(r.truth, r.answers[level]) for r in counted if r.truth.kind == "case"]
        quiet = [(r.truth, r.answers[level]) for r in counted if r.truth.kind == "nothing wrong"]
        cases = len(told)
        right = sum(first_right(*pair) for pair in told)
        silent = sum(answer.cause is None for _, answer in told)
        found[level] = Score(
            Rate(sum(supported_right(*pair) for pair in told), cases),
            Rate(right, cases),
            Rate(cases - right - silent, cases),
            Rate(silent, cases),
            Rate(sum(alarmed(*pair) for pair in quiet), len(quiet)),
            sum(answer.state == "failed" for _, answer in [*told, *quiet]),
        )
    return found
