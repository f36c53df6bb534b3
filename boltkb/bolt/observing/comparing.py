"""What each evidence of held threads says, side by side, and where two do not agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from boltkb.bolt.observing.evidence import GAUGE, PEAK, TRACE, BusyEvidence, Floats
from boltkb.bolt.window import iso
from boltkb.tables import Column, Table, number

__all__ = ["disagreements", "evidence_table", "strongest"]

#: A trace that covers less of the time than this share of the samples is only compared.
_COVERS = 0.5
#: Standard errors by which two means differ for certain.
_SURE = 4.0
#: Differences below this many threads are of no account: looks are not taken at one moment.
_SLIGHT = 0.5
#: Looks before they contradict anything: a few are taken on purpose when the pool is busy.
_FEWEST = 8
#: Batches that the error of a difference is worked out from.
_BATCHES = 20


def strongest(evidence: Sequence[BusyEvidence]) -> BusyEvidence | None:
    """Return the evidence that the counts of held threads are taken from.

    The first that has a look; a trace only if it covers at least half of what samples do.

    Parameters
    ----------
    evidence : sequence of BusyEvidence
        The strongest first.
    """
    usable = [entry for entry in evidence if entry.looks and entry.name != PEAK]
    sampled = max((entry.covered for entry in usable if entry.name == GAUGE), default=0.0)
    for entry in usable:
        if entry.name == TRACE and entry.covered < _COVERS * sampled:
            continue
        return entry
    return None


def disagreements(evidence: Sequence[BusyEvidence], chosen: BusyEvidence | None) -> tuple[str, ...]:
    """Return in words where evidence contradicts that which was chosen.

    A lower bound contradicts it only from above.

    Parameters
    ----------
    evidence : sequence of BusyEvidence
    chosen : BusyEvidence or None
    """
    if chosen is None or chosen.bound:
        return ()
    found = []
    for entry in evidence:
        if entry is chosen or entry.kind == "peak":
            continue
        compared = _compared(entry, chosen)
        if compared is None:
            continue
        difference, error, own, other, looks = compared
        if looks < _FEWEST:
            continue
        if abs(difference) <= max(_SLIGHT, _SURE * error) or (entry.bound and difference < 0):
            continue
        what = "at least " if entry.bound else ""
        found.append(
            f"by {entry.name} {what}{number(own, uncertainty=error or None)} threads were held on "
            f"average, by {chosen.name} {number(other, uncertainty=error or None)} at the same "
            "times; the latter is taken."
        )
    return tuple(found)


def evidence_table(
    evidence: Sequence[BusyEvidence],
    chosen: BusyEvidence | None,
    notes: Sequence[str] = (),
) -> Table:
    """Return what each evidence says of held threads, the strongest first."""
    columns = (
        Column("Evidence of held threads"),
        Column("From"),
        Column("To"),
        Column("Looks", numeric=True),
        Column("Mean", numeric=True),
        Column("Most", numeric=True),
        Column("What it is"),
    )
    rows = tuple(
        (
            entry.name + (" (taken)" if entry is chosen else ""),
            iso(float(entry.times[0])) or "" if entry.times.size else "",
            iso(float(entry.times[-1])) or "" if entry.times.size else "",
            number(entry.looks) if entry.kind != "peak" else "",
            _told(entry.mean, entry),
            _told(entry.peak, entry),
            entry.words,
        )
        for entry in evidence
    )
    return Table(columns, rows, kind="boltkb-evidence", notes=tuple(notes))


def _told(value: float, entry: BusyEvidence) -> str:
    if np.isnan(value):
        return ""
    text = number(value) if float(value).is_integer() else number(value, uncertainty=0.1)
    return f"at least {text}" if entry.bound and entry.kind != "peak" else text


def _compared(
    entry: BusyEvidence, chosen: BusyEvidence
) -> tuple[float, float, float, float, int] | None:
    """Return (difference, its error, own mean, the chosen one's, looks) where both looked."""
    known = ~np.isnan(chosen.busy)
    times, busy = chosen.times[known], chosen.busy[known]
    interval = chosen.interval or 1.0
    inside = ~np.isnan(entry.busy)
    if not times.size or not inside.any():
        return None
    looks, own = entry.times[inside], entry.busy[inside]
    if entry.width > interval:
        # What is averaged is compared with the average over the same time.
        first = np.searchsorted(times, looks - entry.width / 2, side="left")
        last = np.searchsorted(times, looks + entry.width / 2, side="right")
        sums = np.append(0.0, np.cumsum(busy))
        many = last - first
        good = many > 0
        other = (sums[last] - sums[first])[good] / many[good]
    else:
        place = np.clip(np.searchsorted(times, looks), 1, max(1, times.size - 1))
        place -= looks - times[place - 1] < np.abs(times[np.minimum(place, times.size - 1)] - looks)
        place = np.clip(place, 0, times.size - 1)
        good = np.abs(times[place] - looks) <= max(interval, entry.width)
        other = busy[place[good]]
    own = own[good]
    if not own.size:
        return None
    difference = own - other
    return (
        float(difference.mean()),
        _error(difference, other),
        float(own.mean()),
        float(other.mean()),
        int(own.size),
    )


def _error(difference: Floats, level: Floats) -> float:
    """Return the standard error of a mean difference of looks that depend on each other."""
    if difference.size >= 2 * _BATCHES:
        means = np.array([part.mean() for part in np.array_split(difference, _BATCHES)])
        return float(means.std(ddof=1)) / float(np.sqrt(_BATCHES))
    # Too few to tell: as wide as counts that have nothing to do with each other would make it.
    spread = max(float(difference.std()), float(np.sqrt(2 * max(1.0, level.mean()))))
    return spread / float(np.sqrt(difference.size))
