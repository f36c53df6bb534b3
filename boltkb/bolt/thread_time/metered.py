"""Held thread-time by metrics: threads held against transactions open and messages worked off.

`connections_running` counts threads held; `transaction_active_*` transactions; what is held
without a transaction waits for a bookmark or signs in.  `accumulated_processing_time` grows while
a message is worked off and stands still while a thread waits for its client.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from boltkb.bolt.observing.sources import completed_holds
from boltkb.bolt.thread_time.look import (
    METRICS,
    PROCESSING,
    WITHOUT_TRANSACTION,
    Look,
    Moment,
    Sticky,
)
from boltkb.exports import Export, Series, Where

__all__ = ["look_at_metrics", "stick"]

Floats = npt.NDArray[np.float64]

#: With fewer samples of held threads than this a share has no interval, so is not told.
_SAMPLES = 20
#: Blocks of a stretch, for intervals: samples of a gauge depend on one another.
_BLOCKS = 10
#: Student's t for as many blocks, 95 %.
_T = 2.26


def look_at_metrics(export: Export, moment: Moment) -> Look | None:
    """Return what metrics tell of held threads; None where too few samples do."""
    told = _held(export, moment)
    if told is None:
        return None
    times, held, where = told
    shares: dict[str, float] = {}
    spread: dict[str, tuple[float, float]] = {}
    places = [where]
    active = _active(export, times)
    if active is not None:
        open_now, place = active
        places.append(place)
        share = _ratio(held - open_now, held)
        if share is not None:
            shares[WITHOUT_TRANSACTION] = max(0.0, share[0])
            spread[WITHOUT_TRANSACTION] = share[1], share[2]
    worked = _worked(export, times)
    if worked is not None:
        busy, place = worked
        places.append(place)
        share = _ratio(busy, held)
        if share is not None:
            # A message is counted when it ends, so that a short stretch may have more than all.
            shares[PROCESSING] = min(1.0, share[0])
            spread[PROCESSING] = share[1], share[2]
            # Whether the wait for a bookmark counts as worked off was not verified: what is held
            # without a transaction is not called waiting for the client.
            without = shares.get(WITHOUT_TRANSACTION, 0.0)
            shares["waiting_for_client"] = max(0.0, 1.0 - shares[PROCESSING] - without)
            spread["waiting_for_client"] = 1.0 - share[2] - without, 1.0 - share[1]
    if not shares:
        return None
    spread = {
        name: (min(1.0, max(0.0, a)), min(1.0, max(0.0, b))) for name, (a, b) in spread.items()
    }
    return Look(
        METRICS, float(held.mean()), shares, float(times.size), False, tuple(places), spread
    )


def stick(export: Export, moment: Moment) -> Sticky | None:
    """Return how much longer threads were held than they worked; None where it is not told.

    Held time is that of every thread, by `connections_running`.  Where that is missing it is the
    time of the holds that ended, by `worker_thread_bound_time`: a hold that never ends is not in
    it, so that the factor is then too low.
    """
    told = _held(export, moment)
    if told is not None:
        times, held, where = told
        worked = _worked(export, times)
        if worked is None:
            return None
        share = _ratio(worked[0], held)
        if share is None or not share[0] > 0:
            return None
        words = "threads held at each sample against the time that messages were worked off"
        return Sticky(
            max(1.0, 1.0 / share[0]), max(1.0, 1.0 / max(share[2], 1e-9)),
            1.0 / share[1] if share[1] > 0 else math.inf,
            float(held.mean()), float(worked[0].mean()), words, (where, worked[1]),
        )  # fmt: skip
    return _stick_of_ended(export, moment)


def _stick_of_ended(export: Export, moment: Moment) -> Sticky | None:
    bound, worked = (
        export.series.get(key)
        for key in ("worker_thread_bound_time", "accumulated_processing_time")
    )
    if bound is None or worked is None or bound.times.size < 2:
        return None
    edges, _, seconds = completed_holds(bound)
    inside = (edges[:-1] >= moment.start) & (edges[1:] <= moment.end)
    if np.count_nonzero(inside) < _SAMPLES:
        return None
    spent = np.diff(np.interp(edges, worked.times, worked.values))
    spent = np.where(spent < 0, np.nan, spent)[inside]
    seconds, widths = seconds[inside], np.diff(edges)[inside]
    share = _ratio(spent, seconds)
    if share is None or not share[0] > 0:
        return None
    held, working = (float(np.nansum(each) / widths.sum()) for each in (seconds, spent))
    return Sticky(
        max(1.0, 1.0 / share[0]), max(1.0, 1.0 / max(share[2], 1e-9)), math.inf,
        held, working,
        "the time of holds that ended against the time that messages were worked off; holds that "
        "never ended are not in it",
        (bound.where, worked.where),
    )  # fmt: skip


def _held(export: Export, moment: Moment) -> tuple[Floats, Floats, Where] | None:
    series = export.series.get("connections_running")
    if series is None:
        return None
    inside = (series.times >= moment.start) & (series.times <= moment.end)
    values = series.values[inside]
    good = ~np.isnan(values)
    if np.count_nonzero(good) < _SAMPLES or not values[good].sum() > 0:
        return None
    return series.times[inside][good], values[good], series.where


def _active(export: Export, times: Floats) -> tuple[Floats, Where] | None:
    """Return open transactions of all databases at the times of another series."""
    whole = [s for s in export.series.values() if s.id == "transaction_active"]
    parts = [
        s
        for s in export.series.values()
        if s.id in {"transaction_active_read", "transaction_active_write"}
    ]
    # Reads without writes would leave threads that write without a transaction.
    chosen = parts if len({s.id for s in parts}) == 2 else whole
    return _summed(chosen, times, lambda series: series.values)


def _worked(export: Export, times: Floats) -> tuple[Floats, Where] | None:
    """Return how many threads worked off a message, on average since the sample before."""
    series = export.series.get("accumulated_processing_time")
    found = _summed([series] if series is not None else [], times, lambda series: series.values)
    return None if found is None else (_rates(times, found[0]), found[1])


def _summed(
    several: list[Series], times: Floats, values: Callable[[Series], Floats]
) -> tuple[Floats, Where] | None:
    if not several:
        return None
    total = np.zeros(times.size)
    for series in several:
        if series.times.size < 2 or series.times[-1] < times[0] or series.times[0] > times[-1]:
            return None
        total += np.interp(times, series.times, values(series))
    return total, several[0].where


def _rates(times: Floats, counts: Floats) -> Floats:
    steps = np.diff(counts)
    # A count that falls was set back by a restart.
    steps = np.where(steps < 0, np.nan, steps)
    return np.concatenate([[np.nan], steps / np.diff(times)])


def _ratio(part: Floats, whole: Floats) -> tuple[float, float, float] | None:
    """Return a ratio of means with its 95 % interval, by leaving out block after block."""
    good = ~(np.isnan(part) | np.isnan(whole))
    part, whole = part[good], whole[good]
    if part.size < _SAMPLES or not whole.sum() > 0:
        return None
    sums = np.array(
        [
            (part[block].sum(), whole[block].sum())
            for block in np.array_split(np.arange(part.size), _BLOCKS)
        ]
    )
    all_parts, all_wholes = sums.sum(axis=0)
    rest = all_wholes - sums[:, 1]
    if not (rest > 0).all():
        return None
    left = (all_parts - sums[:, 0]) / rest
    error = math.sqrt((_BLOCKS - 1) / _BLOCKS * float(((left - left.mean()) ** 2).sum()))
    share = float(all_parts / all_wholes)
    return share, share - _T * error, share + _T * error
