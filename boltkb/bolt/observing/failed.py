"""Looks that failed because the pool was full: censored, not absent.

A sampler that comes in by Bolt is rejected like any other client, so it misses exactly the
samples that matter.  A sampler that comes in another way may miss samples too, for reasons that
say nothing of the pool: the two are told apart by when samples are missing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from boltkb.bolt.observing.evidence import BusyEvidence, Flags, Floats
from boltkb.exports import Export
from boltkb.exports.records import SourceKind

__all__ = ["mark_failed", "shortage_times"]

#: Kinds of files whose rows somebody outside the server asked for, and may have been refused.
_ASKED_FOR: frozenset[SourceKind] = frozenset({"scraped-metrics", "panel", "transactions"})
#: Samples missing beside rejections before they say anything: one may be chance.
_FEWEST = 2
#: Standard errors by which more are missing beside rejections than if those were not why.
_SURE = 3.0
#: Missing samples that are written out; more are a time in which nobody sampled.
_MOST = 20_000
#: Messages received and not started across a gap: more than are on their way at one moment.
_UNSTARTED = 8.0


def mark_failed(evidence: BusyEvidence, export: Export) -> BusyEvidence:
    """Return evidence with the looks written out that failed because the pool was full.

    Parameters
    ----------
    evidence : BusyEvidence
        Of moments.
    export : Export

    Returns
    -------
    BusyEvidence
        As it was where nothing is missing, where the server itself wrote the samples, or where
        they are missing no oftener beside rejections than elsewhere.
    """
    interval = evidence.interval
    if interval is None or evidence.times.size < 3 or not _asked_for(evidence, export):
        return evidence
    missing = _missing(evidence.times, interval, export.restarts)
    if not 0 < missing.size <= _MOST:
        return evidence
    short = shortage_times(export)
    near = _near(missing, short, interval) | _across(missing, evidence.times, export)
    lost = int(near.sum())
    if lost < _FEWEST or not _because(
        lost, missing.size - lost, _near(evidence.times, short, interval)
    ):
        return evidence
    # What is missing beside them was tried for too; why it failed is not known.
    stretch = np.searchsorted(evidence.times, missing)
    missing_too = np.isin(stretch, stretch[near])
    added, censored = missing[missing_too], near[missing_too]
    times = np.concatenate([evidence.times, added])
    order = np.argsort(times, kind="stable")
    busy = np.concatenate([evidence.busy, np.full(added.size, np.nan)])
    marks = np.concatenate([evidence.censored, censored])
    words = (
        f"{evidence.words}; {lost:,} samples are missing where rejections were logged, as if a "
        "full pool had refused the sampler: there every thread was held"
    )
    return replace(
        evidence, times=times[order], busy=busy[order], censored=marks[order], words=words
    )


def shortage_times(export: Export) -> Floats:
    """Return when the logs tell of rejections or of starvation, epoch s, in order."""
    return np.array(
        [
            event.time
            for event in export.events
            if event.kind.startswith(("rejection-", "starvation-increase"))
        ],
        dtype=np.float64,
    )


def _asked_for(evidence: BusyEvidence, export: Export) -> bool:
    kinds = {source.path: source.kind for source in export.sources}
    return any(kinds.get(where.file) in _ASKED_FOR for where in evidence.where)


def _missing(times: Floats, interval: float, restarts: Sequence[float]) -> Floats:
    """Return the times at which a sample should have been and is none; not across a restart."""
    steps = np.diff(times)
    found = [np.empty(0)]
    for i in np.flatnonzero(steps > 1.5 * interval).tolist():
        before, after = float(times[i]), float(times[i + 1])
        if any(before <= restart <= after for restart in restarts):
            continue
        many = round((after - before) / interval) - 1
        if many > _MOST:
            continue
        found.append(before + (after - before) * np.arange(1, many + 1) / (many + 1))
    return np.concatenate(found)


def _near(times: Floats, short: Floats, interval: float) -> Flags:
    """Return which times have a moment of shortage within half an interval."""
    first = np.searchsorted(short, times - interval / 2, side="left")
    last = np.searchsorted(short, times + interval / 2, side="right")
    return np.asarray(last > first, dtype=np.bool_)


def _across(missing: Floats, times: Floats, export: Export) -> Flags:
    """Return which missing samples lie where messages were received and never started.

    It tells where the log has one line for a whole episode.
    """
    none = np.zeros(missing.size, dtype=np.bool_)
    received, started = (export.series.get(f"messages_{x}") for x in ("received", "started"))
    if received is None or started is None or export.version is None:
        return none
    if int(export.version.split(".", 1)[0]) < 5:
        return none
    shared, i, j = np.intersect1d(received.times, started.times, return_indices=True)
    if shared.size < 2:
        return none
    apart = received.values[i] - started.values[j]
    place = np.clip(np.searchsorted(shared, missing), 1, shared.size - 1)
    # Only where the counters are missing too does their growth belong to these samples.
    beside = np.searchsorted(times, missing)
    same = shared[place] >= times[np.clip(beside, 0, times.size - 1)]
    return np.asarray(same & (apart[place] - apart[place - 1] > _UNSTARTED), dtype=np.bool_)


def _because(lost: int, elsewhere: int, seen_near: Flags) -> bool:
    """Return whether samples are missing beside rejections oftener than chance has it."""
    beside = lost + int(seen_near.sum())
    expected = (lost + elsewhere) * beside / (lost + elsewhere + seen_near.size)
    return lost - expected > _SURE * math.sqrt(expected + 1.0)
