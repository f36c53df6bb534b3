"""Histograms as a server's metrics keep them: everything since the start, and its quantiles."""

from __future__ import annotations

import numpy as np

from boltkb.twin.writing.dialects import Dialect
from boltkb.twin.writing.lines import Floats

__all__ = ["HISTOGRAM_HEADER", "Histogram"]

HISTOGRAM_HEADER = "t,count,max,mean,min,stddev,p50,p75,p95,p98,p99,p999"
_QUANTILES = np.array([0.5, 0.75, 0.95, 0.98, 0.99, 0.999])
#: Up to here each millisecond has a bin of its own; beyond, each bin is 1 % wide.
_EXACT, _STEPS = 1000, 100.0


class Histogram:
    """Counts durations since the start of a run.

    Examples
    --------
    >>> counted = Histogram()
    >>> counted.add(np.array([0.001, 0.002, 0.006]))
    >>> counted.row(Dialect.of("5.26.0"))
    '3,6,3.000000,1,2.160247,2.000000,6.000000,6.000000,6.000000,6.000000,6.000000'
    """

    def __init__(self) -> None:
        self.count = 0
        self._sum = 0.0
        self._squares = 0.0
        self._least = self._most = 0
        self._bins = np.zeros(_EXACT + 2400, np.int64)

    def add(self, seconds: Floats) -> None:
        """Add durations, s."""
        if not seconds.size:
            return
        whole = np.floor(np.maximum(seconds, 0.0) * 1000.0 + 1e-6)
        self._least = int(whole.min()) if self.count == 0 else min(self._least, int(whole.min()))
        self._most = max(self._most, int(whole.max()))
        self.count += whole.size
        self._sum += float(whole.sum())
        self._squares += float((whole * whole).sum())
        places = whole.copy()
        far = whole >= _EXACT
        places[far] = _EXACT + np.floor(np.log(whole[far] / _EXACT) * _STEPS)
        where = np.minimum(places, self._bins.size - 1).astype(np.int64)
        self._bins += np.bincount(where, minlength=self._bins.size)

    def row(self, dialect: Dialect) -> str:
        """Return the columns after the time, in milliseconds."""
        mean = self._sum / self.count if self.count else 0.0
        spread = max(self._squares / self.count - mean * mean, 0.0) ** 0.5 if self.count else 0.0
        cells = [str(self.count), str(self._most), dialect.decimal(mean), str(self._least)]
        cells += [dialect.decimal(value) for value in (spread, *self._quantiles())]
        return ",".join(cells)

    def _quantiles(self) -> list[float]:
        if not self.count:
            return [0.0] * _QUANTILES.size
        reached = np.cumsum(self._bins)
        places = np.searchsorted(reached, np.ceil(_QUANTILES * self.count))
        found = places.astype(float)
        far = places >= _EXACT
        found[far] = np.floor(_EXACT * np.exp((places[far] - _EXACT + 0.5) / _STEPS))
        return np.clip(found, self._least, self._most).tolist()  # type: ignore[no-any-return]
