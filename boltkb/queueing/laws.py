"""Laws of times: how long a customer holds a server, how far apart customers come.

A law draws, and draws what is left of a time that is under way, so that a simulation can begin
in the steady state instead of warming up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from boltkb.errors import ModelError
from boltkb.queueing.erlang import FloatArray

__all__ = ["Constant", "Empirical", "Exponential", "Gamma", "Hyperexponential", "Law", "Lognormal"]


class Law(Protocol):
    """A law of positive times: a mean, draws, and draws of the rest of a time under way."""

    @property
    def mean(self) -> float:
        """Mean, in seconds."""
        ...

    @property
    def variability(self) -> float:
        """Squared coefficient of variation: variance over squared mean."""
        ...

    def draw(self, rng: np.random.Generator, n: int) -> FloatArray:
        """Return n independent times, in seconds."""
        ...

    def draw_rest(self, rng: np.random.Generator, n: int) -> FloatArray:
        """Return what is left of n independent times, each met at a random moment."""
        ...


@dataclass(frozen=True, slots=True)
class Exponential:
    """Times without memory.

    Parameters
    ----------
    mean : float, seconds, > 0

    Examples
    --------
    >>> Exponential(0.4).variability
    1.0
    """

    mean: float

    def __post_init__(self) -> None:
        _positive("mean", self.mean)

    @property
    def variability(self) -> float:
        """1."""
        return 1.0

    def draw(self, rng: np.random.Generator, n: int) -> FloatArray:
        """Return n independent times, in seconds."""
        return rng.standard_exponential(n) * self.mean

    def draw_rest(self, rng: np.random.Generator, n: int) -> FloatArray:
        """Return n rests: the law itself, for it has no memory."""
        return self.draw(rng, n)


@dataclass(frozen=True, slots=True)
class Constant:
    """Times that are all the same.

    Parameters
    ----------
    mean : float, seconds, > 0

    Examples
    --------
    >>> Constant(0.4).variability
    0.0
    """

    mean: float

    def __post_init__(self) -> None:
        _positive("mean", self.mean)

    @property
    def variability(self) -> float:
        """0."""
        return 0.0

    def draw(self, rng: np.random.Generator, n: int) -> FloatArray:  # noqa: ARG002
        """Return n times, all equal."""
        return np.full(n, float(self.mean))

    def draw_rest(self, rng: np.random.Generator, n: int) -> FloatArray:
        """Return n rests: uniform from 0 to the time."""
        return rng.random(n) * self.mean


@dataclass(frozen=True, slots=True)
class Gamma:
    """Gamma times: more even than exponential below a variability of 1, less even above.

    A variability of 1 / k is Erlang's law of k phases.

    Parameters
    ----------
    mean : float, seconds, > 0
    variability : float, > 0
        Variance over squared mean.

    Examples
    --------
    >>> import numpy as np
    >>> times = Gamma(2.0, 0.25).draw(np.random.default_rng(1), 100_000)
    >>> bool(abs(times.mean() - 2.0) < 0.02), bool(abs(times.var() / 4 - 0.25) < 0.02)
    (True, True)
    """

    mean: float
    variability: float

    def __post_init__(self) -> None:
        _positive("mean", self.mean)
        _positive("variability", self.variability)

    def draw(self, rng: np.random.Generator, n: int) -> FloatArray:
        """Return n independent times, in seconds."""
        return rng.standard_gamma(1.0 / self.variability, n) * (self.mean * self.variability)

    def draw_rest(self, rng: np.random.Generator, n: int) -> FloatArray:
        """Return n rests: a uniform part of a time drawn in proportion to its length."""
        longer = rng.standard_gamma(1.0 + 1.0 / self.variability, n)
        return longer * (self.mean * self.variability) * rng.random(n)


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Lognormal times: many short, few very long, as database queries often are.

    Parameters
    ----------
    mean : float, seconds, > 0
    variability : float, > 0
        Variance over squared mean; the log has the variance log(1 + variability).

    Examples
    --------
    >>> import numpy as np
    >>> times = Lognormal(0.4, 2.0).draw(np.random.default_rng(1), 200_000)
    >>> bool(abs(times.mean() - 0.4) < 0.01)
    True
    """

    mean: float
    variability: float

    def __post_init__(self) -> None:
        _positive("mean", self.mean)
        _positive("variability", self.variability)

    def draw(self, rng: np.random.Generator, n: int) -> FloatArray:
        """Return n independent times, in seconds."""
        spread = math.log1p(self.variability)
        return rng.lognormal(math.log(self.mean) - spread / 2, math.sqrt(spread), n)

    def draw_rest(self, rng: np.random.Generator, n: int) -> FloatArray:
        """Return n rests: a uniform part of a time drawn in proportion to its length."""
        spread = math.log1p(self.variability)
        longer = rng.lognormal(math.log(self.mean) + spread / 2, math.sqrt(spread), n)
        return longer * rng.random(n)


@dataclass(frozen=True, slots=True)
class Hyperexponential:
    """A mixture of two exponential laws with balanced means, H2.

    Parameters
    ----------
    mean : float, seconds, > 0
    variability : float, >= 1
        Variance over squared mean.  Each branch brings half of the mean.

    Examples
    --------
    >>> import numpy as np
    >>> times = Hyperexponential(1.0, 4.0).draw(np.random.default_rng(1), 400_000)
    >>> bool(abs(times.var() - 4.0) < 0.15)
    True
    """

    mean: float
    variability: float

    def __post_init__(self) -> None:
        _positive("mean", self.mean)
        if not 1.0 <= self.variability < math.inf:
            raise ModelError("variability", "1 or more for a mixture", self.variability)

    @property
    def _likely(self) -> float:
        return (1.0 + math.sqrt((self.variability - 1.0) / (self.variability + 1.0))) / 2

    def draw(self, rng: np.random.Generator, n: int) -> FloatArray:
        """Return n independent times, in seconds."""
        return self._scaled(rng, n, self._likely)

    def draw_rest(self, rng: np.random.Generator, n: int) -> FloatArray:
        """Return n rests: each branch is met as often, for it brings half of the mean."""
        return self._scaled(rng, n, 0.5)

    def _scaled(self, rng: np.random.Generator, n: int, likely: float) -> FloatArray:
        p = self._likely
        scale = np.where(rng.random(n) < likely, self.mean / (2 * p), self.mean / (2 * (1 - p)))
        return rng.standard_exponential(n) * scale


@dataclass(frozen=True, slots=True)
class Empirical:
    """Times drawn from measured ones, with replacement.

    Parameters
    ----------
    times : tuple of float, seconds, >= 0
        At least one above 0.

    Examples
    --------
    >>> round(Empirical((0.2, 0.4, 0.6)).mean, 12)
    0.4
    """

    times: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.times or not all(0 <= t < math.inf for t in self.times) or not sum(self.times):
            raise ModelError("times", "finite seconds, 0 or more, one above 0", self.times[:5])

    @property
    def mean(self) -> float:
        """Mean, in seconds."""
        return math.fsum(self.times) / len(self.times)

    @property
    def variability(self) -> float:
        """Variance over squared mean."""
        return float(np.var(self.times)) / self.mean**2

    def draw(self, rng: np.random.Generator, n: int) -> FloatArray:
        """Return n independent times, in seconds."""
        return rng.choice(np.asarray(self.times, dtype=float), n)

    def draw_rest(self, rng: np.random.Generator, n: int) -> FloatArray:
        """Return n rests: a uniform part of a time drawn in proportion to its length."""
        times = np.asarray(self.times, dtype=float)
        return rng.choice(times, n, p=times / times.sum()) * rng.random(n)


def _positive(name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise ModelError(name, "finite and above 0", value)
