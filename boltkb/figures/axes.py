"""Axes, times and thinning: what every chart needs and no chart is."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

__all__ = [
    "MANY_POINTS",
    "MOST_POINTS",
    "clock",
    "log_safe",
    "percent",
    "stamp",
    "thinned",
    "time_axis",
    "whole",
]

Floats = npt.NDArray[np.float64]

#: More points than a screen has pixels only make a page heavy.
MOST_POINTS = 3000
#: From here on samples are drawn thin, so that the fitted load can be seen over them.
MANY_POINTS = 400


def thinned(times: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Return at most `MOST_POINTS` points; of each stretch the greatest value stays."""
    if times.size <= MOST_POINTS:
        return times, values
    group = -(-times.size // MOST_POINTS)
    starts = np.arange(0, times.size, group)
    filled = np.where(np.isnan(values), -1.0, values)
    peaks = np.maximum.reduceat(filled, starts)
    return times[starts], np.where(peaks < 0, np.nan, peaks)


def time_axis(times: Floats) -> dict[str, object]:
    """Return the x of a trace: a start and a step where samples are regular, else stamps."""
    if times.size >= 2:
        steps = np.diff(times)
        step = float(np.median(steps))
        if step > 0 and np.all(np.abs(times - times[0] - step * np.arange(times.size)) < step / 2):
            return {"x0": stamp(float(times[0])), "dx": 1000 * step}
    return {"x": [stamp(float(t)) for t in times]}


def stamp(moment: float) -> str | None:
    """Return a moment as the text that a time axis takes, in UTC; None outside the years 1-9999.

    Examples
    --------
    >>> stamp(0.5), stamp(1e300), stamp(float("nan"))
    ('1970-01-01T00:00:00.500', None, None)
    """
    try:
        text = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    except (ValueError, OverflowError, OSError):
        # A list or a dump may say anything of its time; such a point is not drawn.
        return None
    return text[:-7] if text.endswith(".000000") else text[:-3]


def clock(seconds: float) -> str:
    """Return how times are written on an axis of this length."""
    return "%H:%M:%S\n%d %b" if seconds < 600 else "%H:%M\n%d %b"


def whole(values: Floats) -> npt.NDArray[np.int32] | list[int | None]:
    """Return counts as small integers, which make a page light; None where a sample is missing."""
    if values.size == 0 or np.isnan(values).any():
        return [None if np.isnan(v) else int(v) for v in values]
    return values.astype(np.int16 if values.max() < 32000 else np.int32)


def percent(values: Floats) -> list[float]:
    """Return shares as percentages."""
    return [round(100 * float(v), 4) for v in values]


def log_safe(values: Floats, floor: float) -> list[float]:
    """Return shares as percentages that a logarithmic axis can show."""
    return [float(f"{100 * max(float(v), floor):.5g}") for v in values]
