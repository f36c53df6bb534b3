"""Running counts within a window: how much each grew, and when.

Knows counters; nothing of clients.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boltkb.exports import Export, Series

__all__ = ["grown", "growth", "requests_in", "total"]

Floats = npt.NDArray[np.float64]


def growth(series: Series, start: float, end: float) -> tuple[Floats, Floats]:
    """Return how much a counter grew up to each of its samples in a window.

    A counter that falls was set back: what it stands at then is what it grew by since.

    Parameters
    ----------
    series : Series
    start, end : float, epoch s

    Returns
    -------
    tuple of (n,) arrays
        Times, epoch s, and growths; both without the first sample of the window.
    """
    inside = (series.times >= start) & (series.times <= end)
    times, values = series.times[inside], series.values[inside]
    known = np.isfinite(values)
    times, values = times[known], values[known]
    if times.size < 2:
        return np.empty(0), np.empty(0)
    steps = np.diff(values)
    return times[1:], np.where(steps < 0, values[1:], steps)


def grown(export: Export, name: str, start: float, end: float) -> tuple[Floats, Floats] | None:
    """Return `growth` of a metric by its id; None where the export does not have it."""
    series = export.series.get(name)
    if series is None:
        return None
    found = growth(series, start, end)
    return found if found[0].size else None


def total(export: Export, names: tuple[str, ...], start: float, end: float) -> float | None:
    """Return how much metrics grew in a window, of all databases but `system`.

    Parameters
    ----------
    export : Export
    names : tuple of str
        Ids; all of them must be there, or the sum says nothing.
    start, end : float, epoch s

    Returns
    -------
    float or None
    """
    found: dict[str, float] = {}
    for series in export.series.values():
        if series.id in names and series.database != "system":
            steps = growth(series, start, end)[1]
            if steps.size:
                found[series.id] = found.get(series.id, 0.0) + float(steps.sum())
    return sum(found.values()) if set(found) == set(names) else None


def requests_in(export: Export, start: float, end: float) -> tuple[float | None, str]:
    """Return how many requests there were in a window, and what counts them.

    Transactions are the best count, for a request is one of them or several; queries are more,
    so that connections for each are a lower bound.
    """
    for names, words in (
        (("transaction_started",), "transactions started"),
        (("transaction_committed", "transaction_rollbacks"), "transactions ended"),
        (("query_successes", "query_failures"), "queries ended"),
    ):
        found = total(export, names, start, end)
        if found is not None:
            return found, words
    queries = export.queries
    if queries is not None and queries.end > queries.start:
        inside = min(end, queries.end) - max(start, queries.start)
        part = max(0.0, inside) / (queries.end - queries.start)
        if part >= 0.9:
            return float(queries.completed + queries.failed), "queries of the query log"
    return None, "nothing counts requests"
