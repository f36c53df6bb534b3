"""Laws of times as the twin's parameters take them, and as rows for the kernel."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from boltkb.errors import ParameterError
from boltkb.queueing import Constant, Empirical, Exponential, Gamma, Hyperexponential, Lognormal
from boltkb.twin.kernel import codes

__all__ = ["Law", "LawTable", "as_law", "mean_of"]

#: A law of times: one of the theory's own.
Law = Constant | Exponential | Gamma | Lognormal | Hyperexponential | Empirical


def as_law(name: str, value: object, problems: list[str]) -> Law | None:
    """Return a law: as it is, or exponential with a number as its mean; None for 0 or none.

    Parameters
    ----------
    name : str
        The parameter, for the message.
    value : Law, float in seconds, or None
    problems : list of str
        What is wrong is added to it.

    Examples
    --------
    >>> as_law("work", 0.2, []), as_law("think", 0, []), as_law("think", None, [])
    (Exponential(mean=0.2), None, None)
    """
    if value is None or isinstance(value, Law):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value == 0:
            return None
        if math.isfinite(value) and value > 0:
            return Exponential(float(value))
    problems.append(
        f"`{name}` must be a law, or a mean in seconds (0: none, above 0: exponential); "
        f"got {value!r}"
    )
    return None


def mean_of(law: Law | None) -> float:
    """Return the mean of a law, s; 0 for none."""
    return 0.0 if law is None else float(law.mean)


class LawTable:
    """Collects laws, and the numbers that some of them draw from, into rows."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, int, float, float, float]] = []
        self.numbers: list[float] = []
        self._known: dict[int, int] = {}

    def add(self, law: Law | None) -> int:
        """Return the number of a law's row; -1 for none."""
        if law is None:
            return -1
        self.rows.append(self._row(law))
        return len(self.rows) - 1

    def add_numbers(self, numbers: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> int:
        """Return where in the table the numbers begin."""
        begin = len(self.numbers)
        self.numbers.extend(np.asarray(numbers, dtype=float).tolist())
        return begin

    def _row(self, law: Law) -> tuple[int, int, int, float, float, float]:
        mean = float(law.mean)
        if isinstance(law, Constant):
            return codes.CONSTANT, 0, 0, mean, 0.0, 0.0
        if isinstance(law, Exponential):
            return codes.EXPONENTIAL, 0, 0, mean, 0.0, 0.0
        if isinstance(law, Lognormal):
            spread = math.log1p(law.variability)
            return codes.LOGNORMAL, 0, 0, mean, math.log(mean) - spread / 2, math.sqrt(spread)
        if isinstance(law, Gamma):
            return codes.GAMMA, 0, 0, mean, 1.0 / law.variability, mean * law.variability
        if isinstance(law, Hyperexponential):
            # Balanced means: each branch brings half of the mean (variability 1 / (2 p (1-p)) - 1).
            share = 0.5 * (1.0 + math.sqrt((law.variability - 1.0) / (law.variability + 1.0)))
            return codes.HYPEREXPONENTIAL, 0, 0, mean, share, 0.0
        values = np.asarray(law.times, dtype=float)
        return codes.EMPIRICAL, self.add_numbers(values), values.size, mean, 0.0, 0.0


def refuse(problems: list[str]) -> None:
    """Raise what was found wrong, all of it at once."""
    if problems:
        raise ParameterError(problems)


def check_numbers(
    values: Mapping[str, float], least: float, what: str, problems: list[str], *, open_end: bool
) -> None:
    """Add a problem for each number below its least, not a number, or without an end."""
    for name, value in values.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or math.isnan(value) or value < least or (value == math.inf and not open_end):
            problems.append(f"`{name}` must be {what}; got {value!r}")
