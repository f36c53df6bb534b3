"""Every evidence of held threads that an export holds, each read by itself."""

from __future__ import annotations

from boltkb.bolt.observing.evidence import BusyEvidence
from boltkb.bolt.observing.failed import mark_failed
from boltkb.bolt.observing.sources import (
    held_by_gauge,
    held_by_open_transactions,
    held_by_peak,
    held_by_release,
    held_in_dumps,
    held_in_lists,
    held_in_query_log,
    without_rejected,
)
from boltkb.bolt.observing.traced import held_in_trace
from boltkb.bolt.pool import Pool
from boltkb.exports import Export

__all__ = ["read_evidence"]

_FOREVER = float("inf")


def read_evidence(
    export: Export, pool: Pool, start: float = -_FOREVER, end: float = _FOREVER
) -> tuple[BusyEvidence, ...]:
    """Return what each evidence says of held threads in a stretch of time, the strongest first.

    Parameters
    ----------
    export : Export
    pool : Pool
    start, end : float, epoch s

    Returns
    -------
    tuple of BusyEvidence
        Only what has something to say within that time.
    """
    sampled, listed = held_by_gauge(export), held_in_lists(export)
    found = (
        held_in_trace(export, start, end),
        None if sampled is None else mark_failed(without_rejected(sampled, pool), export),
        held_in_dumps(export),
        held_by_release(export),
        None if listed is None else mark_failed(listed, export),
        held_by_open_transactions(export),
        held_in_query_log(export),
        held_by_peak(export, start, end),
    )
    narrowed = (entry.within(start, end) for entry in found if entry is not None)
    return tuple(entry for entry in narrowed if entry.times.size)
