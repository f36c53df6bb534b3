"""What a demand takes and what was recommended for it, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from evidence.demands import Demand, Need

__all__ = ["Sized"]


@dataclass(frozen=True, slots=True)
class Sized:
    """A demand, what it takes, and what was recommended.

    Parameters
    ----------
    demand : Demand
    need : Need
    cause : str or None
        That the diagnosis named.
    by : str
        `advice`, where that recommends a number; `model`, where the diagnosis did not name a
        pool too small and the sizing of the fit is taken; `declined`.
    threads, low, high : float or None
        Recommended, with its 95 % interval.
    reason : str
        Why nothing was recommended.
    first, last : float, seconds
        The part of the window that the fit is of: a report looks at the incident.
    there : int
        What that part takes by itself, by Erlang's B.
    share : float or None
        Rejected in a fresh window of the same length, at that number.
    lower : float or None
        The lower end of its 95 % interval, from how other fresh windows scatter.
    """

    demand: Demand
    need: Need
    cause: str | None
    by: str
    threads: float | None
    low: float | None
    high: float | None
    reason: str
    first: float
    last: float
    there: int
    share: float | None
    lower: float | None

    @property
    def met(self) -> bool | None:
        """Whether a fresh window meets the target; None where nothing was recommended."""
        return None if self.lower is None else self.lower <= self.demand.target

    @property
    def allowed(self) -> int:
        """The most threads that are not too many."""
        share, least = (0.15, 1) if self.demand.shape == "constant" else (0.30, 2)
        return self.need.threads + max(least, int(share * self.need.threads))

    @property
    def within(self) -> bool | None:
        """Whether it is not too many; None where nothing was recommended."""
        return None if self.threads is None else self.threads <= self.allowed
