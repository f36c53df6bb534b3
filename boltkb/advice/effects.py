"""What a change should bring: the share of attempts rejected before and after, or why none is told.

Only from a fit that was accepted, only for the window that was fitted; what goes beyond the load
that was seen is marked as extrapolation.
"""

from __future__ import annotations

from boltkb.advice.situation import Situation
from boltkb.bolt import rejection_if
from boltkb.queueing import Estimate
from boltkb.tables import number, share

__all__ = ["REFUSED", "with_less_held", "with_threads"]

REFUSED = (
    "No number: the model's fit was refused, so nothing is promised from it. Compare rejections "
    "and held threads before and after."
)


def with_threads(situation: Situation, threads: float) -> str:
    """Return what more threads should bring, in sentences."""
    if not situation.accepted:
        return REFUSED
    before = _now(situation)
    after = rejection_if(situation.fit, threads=round(threads))
    if before.value is None or after.value is None:
        return f"No number: {after.reason if after.value is None else before.reason}."
    peak = situation.diagnosis.peak
    beyond = peak is None or threads > peak
    return (
        f"{_told(before)} of attempts rejected with {situation.pool.threads} threads, "
        f"{_told(after)} with {number(round(threads))}, at the load of this window."
        + (
            " Extrapolation: so many threads were never seen at work, and it assumes that each is "
            "held as long as now."
            if beyond
            else ""
        )
    )


def with_less_held(situation: Situation, part: float) -> str:
    """Return what it should bring that a part of the held thread-time goes away, in sentences.

    Parameters
    ----------
    situation : Situation
    part : float, 0 to 1
        The share of held thread-time that the cause accounts for.
    """
    if not situation.accepted:
        return REFUSED
    if not 0 < part <= 1:
        return "No number: how much of the held thread-time it accounts for is not known."
    before = _now(situation)
    after = rejection_if(situation.fit, load=1 - part)
    if before.value is None or after.value is None:
        return f"No number: {after.reason if after.value is None else before.reason}."
    return (
        f"{_told(before)} of attempts rejected now; {_told(after)} if all of it went away "
        f"({share(part)} of the held thread-time), at the load of this window. Half of it would "
        f"leave {_told(rejection_if(situation.fit, load=1 - part / 2))}."
    )


def _now(situation: Situation) -> Estimate:
    """Return what the report says of the window as it was, which counted rejections sharpen."""
    told = situation.fit.rejection_probability
    return rejection_if(situation.fit) if told.value is None else told


def _told(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return f"{share(estimate.value)} (no interval: the fit is doubtful)"
    value, low, high = (share(end) for end in (estimate.value, estimate.low, estimate.high))
    return value if value == low == high else f"{value} ({low} to {high})"
