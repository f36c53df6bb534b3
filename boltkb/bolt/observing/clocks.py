"""Whether the logs and the metrics go by the same clock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from boltkb.bolt.observing.evidence import Floats
from boltkb.exports import Export, Series
from boltkb.tables import span

__all__ = ["ClockOffset", "clock_offset"]

#: How far apart two clocks are looked for, s: zones lie within 14 hours of UTC.
_FARTHEST = 14 * 3600.0
#: Rejections before their course tells the same as that of closed connections.
_FEWEST = 10
#: How alike the two courses are at the best offset, and how much more than at any other.
_ALIKE = 0.4
_BETTER = 1.5
#: Samples over which the courses are compared.
_MOST = 200_000
_COUNTERS = ("connections_opened", "messages_started", "connections_closed", "messages_received")


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """By how much the logs' clock is ahead of that of the metrics.

    Parameters
    ----------
    low, high : float or None, s
        Between which it lies; None where nothing tells.
    words : str
        How it is known, or why not.
    """

    low: float | None
    high: float | None
    words: str

    @property
    def differs(self) -> bool:
        """Whether the clocks differ for certain."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def clock_offset(export: Export) -> ClockOffset:
    """Return by how much the logs' clock is ahead of the metrics', where the export tells.

    By a restart that both tell of; else by rejections and the connections that they close, from
    5.0 on.

    Parameters
    ----------
    export : Export

    Returns
    -------
    ClockOffset
    """
    if not export.log_spans or not export.series:
        return ClockOffset(None, None, "There are not both logs and metrics to compare.")
    found = _by_restart(export) or _by_rejections(export)
    if found is not None:
        return found
    return ClockOffset(
        None, None, "No restart and no rejections tell whether logs and metrics share a clock; "
        "they are taken to.",
    )  # fmt: skip


def _by_restart(export: Export) -> ClockOffset | None:
    logged = [event.time for event in export.events if event.kind == "startup"]
    fallen = next((_falls(export.series[x]) for x in _COUNTERS if x in export.series), [])
    # With several, which is which would be a guess.
    starts = [time for i, time in enumerate(logged) if i == 0 or time - logged[i - 1] > 1.0]
    if len(fallen) != 1:
        return None
    before, after = fallen[0]
    near = [time for time in starts if abs(time - after) <= _FARTHEST]
    inside = [time for time in near if before <= time <= after]
    chosen = inside or near
    if len(chosen) != 1:
        return None
    return _told(chosen[0] - after, chosen[0] - before, "A restart that both tell of")


def _falls(series: Series) -> list[tuple[float, float]]:
    at = np.flatnonzero(np.diff(series.values) < 0)
    return [(float(series.times[i]), float(series.times[i + 1])) for i in at]


def _by_rejections(export: Export) -> ClockOffset | None:
    closed = export.series.get("connections_closed")
    if closed is None or export.version is None or int(export.version.split(".", 1)[0]) < 5:
        return None
    times = np.array(
        [event.time for event in export.events if event.kind.startswith("rejection-")],
        dtype=np.float64,
    )
    if times.size < _FEWEST or not 30 <= closed.times.size <= _MOST:
        return None
    step = float(np.median(np.diff(closed.times)))
    if not (closed.times[-1] - closed.times[0]) / step <= _MOST:
        return None
    grid: Floats = np.arange(float(closed.times[0]), float(closed.times[-1]), step)
    if grid.size < 30:
        return None
    shut = np.maximum(np.diff(np.interp(np.append(grid, grid[-1] + step), closed.times,
                                        closed.values)), 0.0)  # fmt: skip
    reach = min(int(_FARTHEST / step), grid.size // 2)
    edges = grid[0] + step * np.arange(-reach, grid.size + reach + 1)
    lost = np.histogram(times, edges)[0].astype(np.float64)
    alike = _alike(lost, shut, reach)
    best = int(np.argmax(alike))
    others = np.delete(alike, range(max(0, best - 2), min(alike.size, best + 3)))
    if alike[best] < _ALIKE or (others.size and alike[best] < _BETTER * others.max()):
        return None
    offset = (best - reach) * step
    return _told(offset - step, offset + step, "Rejections and the connections that they close")


def _alike(lost: Floats, shut: Floats, reach: int) -> Floats:
    """Return the correlation of the two courses at each offset from -reach to reach bins."""
    size = 1 << int(np.ceil(np.log2(lost.size + shut.size)))
    flat = shut - shut.mean()
    sums = np.fft.irfft(np.fft.rfft(lost, size) * np.conj(np.fft.rfft(flat, size)), size)
    sums = sums[: 2 * reach + 1]
    # Of each stretch of rejections its own spread.
    first = np.concatenate([[0.0], np.cumsum(lost)])
    second = np.concatenate([[0.0], np.cumsum(lost**2)])
    n = shut.size
    total = (first[n:] - first[:-n])[: 2 * reach + 1]
    squares = (second[n:] - second[:-n])[: 2 * reach + 1]
    spread = np.sqrt(np.maximum(squares - total**2 / n, 0.0)) * np.sqrt(float(flat @ flat))
    # An offset that leaves most rejections outside compares too few.
    usable = (spread > 0) & (total >= 0.5 * lost.sum())
    return np.where(usable, sums / np.where(spread > 0, spread, 1.0), 0.0)


def _told(low: float, high: float, by: str) -> ClockOffset:
    middle = (low + high) / 2
    if low <= 0 <= high:
        return ClockOffset(
            low, high, f"{by} put logs and metrics within {span(max(-low, high))} of each other."
        )
    side = "ahead of" if middle > 0 else "behind"
    return ClockOffset(
        low, high,
        f"{by} put the logs' clock {span(abs(middle))} {side} that of the metrics (give or take "
        f"{span((high - low) / 2)}): rejections are dated wrong by that much in this report.",
    )  # fmt: skip
