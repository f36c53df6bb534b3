"""What a fit shows beside its models: windows, candidates side by side, spread, steps.

Values and their tables; how they are found stands in the rooms that find them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from boltkb.queueing.erlang import FloatArray
from boltkb.queueing.observations import Estimate
from boltkb.tables import Column, Table

__all__ = [
    "BusyHistogram",
    "Candidate",
    "ChangePoint",
    "LoadWindows",
    "Scale",
    "candidate_table",
    "change_table",
    "scale_table",
]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model, and how well it told samples that it had not been fitted to.

    Parameters
    ----------
    name : str
        Kendall's notation, with what is said of the load.
    score : float
        Mean logarithm of the probability given to a sample left out; higher is better.
    behind : float
        Score of the best candidate less this one's, >= 0.
    error : float
        Standard error of `behind`, from the blocks left out.
    comment : str
        What the candidate assumes, and what its score cannot tell.

    Examples
    --------
    >>> Candidate("M/M/c/c", -2.1, 0.0, 0.0, "one constant load").tied
    True
    """

    name: str
    score: float
    behind: float
    error: float
    comment: str

    @property
    def tied(self) -> bool:
        """Whether the samples do not tell it from the best: within two standard errors."""
        return self.behind <= 2.0 * self.error

    def facts(self) -> Mapping[str, object]:
        """Return the candidate as plain values."""
        return {
            "name": self.name,
            "score": self.score,
            "behind": self.behind,
            "error": self.error,
            "tied": self.tied,
            "comment": self.comment,
        }


@dataclass(frozen=True, slots=True)
class Scale:
    """How busy servers and arrivals spread when looked at in windows of one length.

    Parameters
    ----------
    length : float, seconds
    windows : int
    peakedness : Estimate
        Variance over mean of the busy servers inside a window (1 for Poisson arrivals far
        below the ceiling); absent where the ceiling cuts it.
    ratio : Estimate
        The same variance over the one that M/M/c/c gives at each window's mean; 1 expected.
    index : Estimate
        Index of dispersion of counted arrivals: variance over mean of the counts of windows.

    Examples
    --------
    >>> one = Estimate(1.0, 0.9, 1.1)
    >>> Scale(60.0, 20, one, one, Estimate(None, reason="not counted")).facts()["windows"]
    20
    """

    length: float
    windows: int
    peakedness: Estimate
    ratio: Estimate
    index: Estimate

    def facts(self) -> Mapping[str, object]:
        """Return the scale as plain values."""
        return {
            "length": self.length,
            "windows": self.windows,
            "peakedness": self.peakedness.facts(),
            "ratio": self.ratio.facts(),
            "index": self.index.facts(),
        }


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """A moment at which the load stepped from one level to another.

    Parameters
    ----------
    time : float, seconds
    before, after : Estimate, erlangs
        Load of the stretches on either side.
    forced : bool
        Whether the cut stands at a gap that the caller named, whatever the samples say.

    Examples
    --------
    >>> step = ChangePoint(60.0, Estimate(4.0, 3.8, 4.2), Estimate(6.0, 5.7, 6.3))
    >>> round(step.factor, 2)
    1.5
    """

    time: float
    before: Estimate
    after: Estimate
    forced: bool = False

    @property
    def factor(self) -> float | None:
        """Load after over load before; None where there was none."""
        if not self.before.value or self.after.value is None:
            return None
        return self.after.value / self.before.value

    def facts(self) -> Mapping[str, object]:
        """Return the change point as plain values."""
        return {
            "time": self.time,
            "before": self.before.facts(),
            "after": self.after.facts(),
            "forced": self.forced,
        }


@dataclass(frozen=True, slots=True)
class LoadWindows:
    """The offered load, window by window.

    Parameters
    ----------
    start, end : (m,) arrays, seconds
    load, se, low, high : (m,) arrays, erlangs
        Estimate, standard error and 95 % interval of each window.
    """

    start: FloatArray
    end: FloatArray
    load: FloatArray
    se: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, slots=True)
class BusyHistogram:
    """How often each number of busy servers was seen, and how often the model expects it.

    Parameters
    ----------
    counts : (k,) array
        Numbers of busy servers.
    observed, predicted, low, high : (k,) arrays
        Shares of the samples; `low` and `high` bound what a sample of this effective size
        shows in 95 % of cases when the model holds.
    """

    counts: FloatArray
    observed: FloatArray
    predicted: FloatArray
    low: FloatArray
    high: FloatArray


def candidate_table(candidates: tuple[Candidate, ...]) -> Table:
    """Return candidates as a table, the best first."""
    rows = tuple(
        (
            one.name,
            f"{one.score:.4f}",
            "best" if one.behind == 0 else f"{one.behind:.4f} ± {one.error:.4f}",
            one.comment,
        )
        for one in candidates
    )
    columns = (
        Column("Candidate"),
        Column("Score", numeric=True),
        Column("Behind", numeric=True),
        Column("What it assumes"),
    )
    return Table(columns, rows, title="Candidates: mean log probability of samples left out")


def scale_table(scales: tuple[Scale, ...]) -> Table:
    """Return the spread at each length of window as a table."""
    rows = tuple(
        (
            f"{one.length:,.3g}",
            f"{one.windows:,}",
            _told(one.peakedness),
            _told(one.ratio),
            _told(one.index),
        )
        for one in scales
    )
    columns = (
        Column("Window, s", numeric=True),
        Column("Windows", numeric=True),
        Column("Peakedness"),
        Column("Variance over the law's"),
        Column("Index of dispersion of arrivals"),
    )
    return Table(columns, rows, title="Spread by length of window")


def change_table(changes: tuple[ChangePoint, ...]) -> Table:
    """Return change points as a table."""
    rows = tuple(
        (
            f"{one.time:,.0f}",
            _told(one.before),
            _told(one.after),
            "a gap that was named" if one.forced else "the samples",
        )
        for one in changes
    )
    columns = (
        Column("Time, s", numeric=True),
        Column("Load before, erlangs"),
        Column("Load after, erlangs"),
        Column("Known from"),
    )
    return Table(columns, rows, title="Steps of the load")


def _told(estimate: Estimate) -> str:
    if estimate.value is None:
        return estimate.reason or "unknown"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3g}"
    return f"{estimate.value:.3g} ({estimate.low:.3g} to {estimate.high:.3g})"
