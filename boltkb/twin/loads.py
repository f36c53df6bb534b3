"""When requests come: independently, from users who think, in bursts, by a curve, as recorded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from boltkb.twin.laws import Law, as_law, check_numbers, refuse

__all__ = ["Bursts", "Curve", "Load", "Poisson", "Renewal", "Replay", "Users"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """When a load holds.

    Parameters
    ----------
    start, end : float, seconds from the start of the run
    """

    start: float = 0.0
    end: float = math.inf

    def _check_span(self, problems: list[str]) -> None:
        span = {"start": self.start, "end": self.end}
        check_numbers(span, 0.0, "seconds, 0 or more", problems, open_end=True)
        if not problems and not self.start < self.end:
            problems.append(f"`start` must lie before `end`; got {self.start} and {self.end}")


def _check_batch(batch: object, problems: list[str]) -> None:
    if isinstance(batch, bool) or not isinstance(batch, int) or not 1 <= batch <= 1_000_000:
        problems.append(f"`batch` must be a whole number from 1 to 1,000,000; got {batch!r}")


@dataclass(frozen=True, slots=True)
class Poisson(_Span):
    """Requests that know nothing of one another, alone or in batches.

    Parameters
    ----------
    rate : float, requests a second, >= 0
        Each request of a batch counts.
    batch : int, >= 1
        Requests that come at once.

    Examples
    --------
    >>> Poisson(12.0).rate
    12.0
    """

    rate: float
    batch: int = 1

    def __post_init__(self) -> None:
        problems: list[str] = []
        check_numbers({"rate": self.rate}, 0.0, "a rate a second", problems, open_end=False)
        _check_batch(self.batch, problems)
        self._check_span(problems)
        refuse(problems)


@dataclass(frozen=True, slots=True)
class Renewal(_Span):
    """Requests, or batches of them, with independent gaps of any law.

    Parameters
    ----------
    gap : Law or float, seconds
    batch : int, >= 1
    """

    gap: Law | float
    batch: int = 1

    def __post_init__(self) -> None:
        problems: list[str] = []
        if as_law("gap", self.gap, problems) is None and not problems:
            problems.append("`gap` must be a law, or a mean above 0 seconds; got none")
        _check_batch(self.batch, problems)
        self._check_span(problems)
        refuse(problems)


@dataclass(frozen=True, slots=True)
class Users(_Span):
    """So many users (or workers), each with one request at a time and a pause between two.

    Parameters
    ----------
    users : int, >= 0
    pause : Law or float or None, seconds
        From the end of a request to the next one of the same user; also before the first.
        Request and pause together take 1 ms at least.
    """

    users: int
    pause: Law | float | None = None

    def __post_init__(self) -> None:
        problems: list[str] = []
        most = 10_000_000
        if (
            isinstance(self.users, bool)
            or not isinstance(self.users, int)
            or (not 0 <= self.users <= most)
        ):
            problems.append(f"`users` must be a whole number up to {most}; got {self.users!r}")
        as_law("pause", self.pause, problems)
        self._check_span(problems)
        refuse(problems)


@dataclass(frozen=True, slots=True)
class Bursts(_Span):
    """Bursts of requests, as a batch job or a fan-out sends them.

    Parameters
    ----------
    every : Law or float, seconds
        From one burst to the next.
    size : int, >= 1
        Requests in each.
    spread : Law or float or None, seconds
        How long after the burst's beginning each of them comes; none: all at once.
    """

    every: Law | float
    size: int
    spread: Law | float | None = None

    def __post_init__(self) -> None:
        problems: list[str] = []
        if as_law("every", self.every, problems) is None and not problems:
            problems.append("`every` must be a law, or a mean above 0 seconds; got none")
        _check_batch(self.size, problems)
        as_law("spread", self.spread, problems)
        self._check_span(problems)
        refuse(problems)


@dataclass(frozen=True, slots=True)
class Curve(_Span):
    """Poisson requests whose rate follows straight lines between points.

    Parameters
    ----------
    times : sequence of float, seconds, increasing
    rates : sequence of float, a second, >= 0
    repeat : float or None, seconds
        After this long the curve begins again: 86400 for a day.  Without it the first and
        last rate hold before and after.

    Examples
    --------
    >>> Curve.ramp(10.0, 20.0, seconds=60.0).rates
    (10.0, 20.0)
    >>> round(max(Curve.day(50.0, swing=0.5, peak_hour=14.0).rates), 9)
    75.0
    """

    times: Sequence[float]
    rates: Sequence[float]
    repeat: float | None = None

    def __post_init__(self) -> None:
        problems: list[str] = []
        times = np.asarray(self.times, dtype=float)
        rates = np.asarray(self.rates, dtype=float)
        if times.ndim != 1 or times.shape != rates.shape or times.size == 0:
            problems.append(f"`rates` must be as many as `times`; got {rates.size}, {times.size}")
        elif not np.all(np.isfinite(times)) or np.any(np.diff(times) <= 0):
            problems.append("`times` must be finite and increasing")
        elif not np.all(np.isfinite(rates)) or np.any(rates < 0):
            problems.append("`rates` must be finite and 0 or more")
        elif self.repeat is not None and not (
            math.isfinite(self.repeat) and self.repeat >= times[-1] and self.repeat > 0
        ):
            problems.append(f"`repeat` must be seconds, the last time or more; got {self.repeat!r}")
        self._check_span(problems)
        refuse(problems)
        object.__setattr__(self, "times", tuple(times.tolist()))
        object.__setattr__(self, "rates", tuple(rates.tolist()))

    @classmethod
    def ramp(cls, first: float, last: float, *, seconds: float) -> Curve:
        """Return a rate that goes from one to another in so many seconds, and stays."""
        return cls((0.0, float(seconds)), (float(first), float(last)))

    @classmethod
    def day(cls, mean: float, *, swing: float, peak_hour: float = 14.0) -> Curve:
        """Return a daily curve: a mean rate, `swing` (0 to 1) of it up and down, and its peak."""
        if not 0 <= swing <= 1:
            refuse([f"`swing` must lie from 0 to 1; got {swing!r}"])
        hours = np.arange(0.0, 24.01, 0.5)
        rates = mean * (1.0 + swing * np.cos(2 * np.pi * (hours - peak_hour) / 24.0))
        rates = np.maximum(rates, 0.0)
        return cls(tuple((3600.0 * hours).tolist()), tuple(rates.tolist()), repeat=86400.0)


@dataclass(frozen=True, slots=True)
class Replay(_Span):
    """Requests at recorded moments.

    Parameters
    ----------
    times : sequence of float, seconds from the start of the run, in order
    """

    times: Sequence[float]

    def __post_init__(self) -> None:
        problems: list[str] = []
        times = np.asarray(self.times, dtype=float)
        if times.ndim != 1 or not np.all(np.isfinite(times)) or np.any(times < 0):
            problems.append("`times` must be finite seconds, 0 or more")
        elif np.any(np.diff(times) < 0):
            problems.append("`times` must not run back")
        self._check_span(problems)
        refuse(problems)
        object.__setattr__(self, "times", tuple(times.tolist()))


Load = Poisson | Renewal | Users | Bursts | Curve | Replay
