"""One kind of evidence of how many threads were held, and what it can and cannot say.

Knows times and counts; nothing of files, of pools or of models.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from boltkb.exports import Where

__all__ = [
    "BOUND_TIME",
    "DUMPS",
    "GAUGE",
    "LIST",
    "OPEN",
    "PEAK",
    "QUERIES",
    "TRACE",
    "BusyEvidence",
    "Flags",
    "Floats",
    "Kind",
    "looked",
]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Kind = Literal["moments", "averages", "peak"]

#: The kinds of evidence, as a report names them, the strongest first.
TRACE = "the debug-level trace"
GAUGE = "the metric connections_running"
DUMPS = "thread dumps"
BOUND_TIME = "the metric worker_thread_bound_time"
LIST = "the list of open transactions"
OPEN = "the metrics of open transactions"
PEAK = "the metric transaction_peak_concurrent"
QUERIES = "the query log"


@dataclass(frozen=True, slots=True)
class BusyEvidence:
    """What one kind of evidence says of held threads within a stretch of time.

    Parameters
    ----------
    name : str
        `TRACE`, `GAUGE`, `DUMPS`, `BOUND_TIME`, `LIST`, `OPEN`, `PEAK` or `QUERIES`.
    kind : str
        `moments`: threads held at each time; `averages`: over the `width` around each time;
        `peak`: the most held at some moment, and nothing else.
    bound : bool
        Whether it is a lower bound: threads may be held that it does not show.
    times : (n,) array, epoch s, increasing
    busy : (n,) array, threads
        NaN where a look was tried for and failed.
    censored : (n,) array of bool
        Where the look failed because every thread was held.
    width : float, s
        Of averages; 0 for moments.
    mean, peak : float, threads
        Over the looks, exact for a trace; NaN where it does not tell.
    words : str
        What it is and what it leaves out, for a reader.
    where : tuple of Where
    """

    name: str
    kind: Kind
    bound: bool
    times: Floats
    busy: Floats
    censored: Flags
    width: float
    mean: float
    peak: float
    words: str
    where: tuple[Where, ...]

    @property
    def looks(self) -> int:
        """How many looks did not fail."""
        return int(np.count_nonzero(~np.isnan(self.busy)))

    @property
    def interval(self) -> float | None:
        """The usual time between two looks, s; None for fewer than two."""
        return float(np.median(np.diff(self.times))) if self.times.size > 1 else None

    @property
    def covered(self) -> float:
        """Seconds from the first look to the last."""
        return float(self.times[-1] - self.times[0]) if self.times.size else 0.0

    def within(self, start: float, end: float) -> BusyEvidence:
        """Return the evidence of a stretch of time, epoch s, both ends included."""
        inside = (self.times >= start) & (self.times <= end)
        if bool(inside.all()):
            return self
        busy = self.busy[inside]
        known = busy[~np.isnan(busy)]
        return replace(
            self,
            times=self.times[inside],
            busy=busy,
            censored=self.censored[inside],
            mean=float(known.mean()) if known.size else float("nan"),
            peak=float(known.max()) if known.size else float("nan"),
        )


def looked(
    name: str,
    times: Floats,
    busy: Floats,
    *,
    words: str,
    where: tuple[Where, ...],
    kind: Kind = "moments",
    bound: bool = False,
    width: float = 0.0,
) -> BusyEvidence:
    """Return evidence made of looks, none of which failed.

    Examples
    --------
    >>> looked(DUMPS, np.array([1.0, 2.0]), np.array([3.0, 5.0]), words="", where=()).mean
    4.0
    """
    nothing = float("nan")
    return BusyEvidence(
        name, kind, bound, times, busy, np.zeros(times.size, dtype=np.bool_), width,
        float(busy.mean()) if busy.size else nothing,
        float(busy.max()) if busy.size else nothing,
        words, where,
    )  # fmt: skip
