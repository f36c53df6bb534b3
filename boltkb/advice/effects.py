"""What a change should bring: the share of attempts rejected before and after, or why none is told.

Only from a fit that was accepted, only for the window that was fitted; what goes beyond the load
that was seen is marked as extrapolation.
"""

from __future__ import annotations

from dataclasses import replace

from boltkb.advice.situation import Situation
from boltkb.advice.words import MEASURES
from boltkb.bolt import rejection_if
from boltkb.queueing import Estimate
from boltkb.tables import number, share

__all__ = ["REFUSED", "if_it_went_away", "with_threads"]

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


def if_it_went_away(situation: Situation) -> str:
    """Return what it should bring that the leading cause goes away, in sentences.

    A cause of held thread-time scales the load; one of rejections takes its part of them with it.
    """
    cause = situation.cause
    if cause is None or not 0 < cause.share <= 1:
        return "No number: how much it accounts for is not known."
    if cause.explains in _OUTSIDE:
        return (
            f"{share(cause.share)} of {MEASURES[cause.explains]} would end with it, as far as this "
            "window tells; the thread pool's model does not speak of them."
        )
    if not situation.accepted:
        return REFUSED
    return _EFFECTS[cause.explains](situation, cause.share)


def _fewer_rejections(situation: Situation, part: float) -> str:
    before = _now(situation)
    if before.value is None:
        return f"No number: {before.reason}."
    left = replace(
        before,
        value=before.value * (1 - part),
        low=None if before.low is None else before.low * (1 - part),
        high=None if before.high is None else before.high * (1 - part),
    )
    return (
        f"{_told(before)} of attempts rejected now; about {_told(left)} if all that it accounts "
        f"for went away ({share(part)} of the rejections), at the load of this window."
    )


def _less_held(situation: Situation, part: float) -> str:
    before = _now(situation)
    after = rejection_if(situation.fit, load=1 - part)
    if before.value is None or after.value is None:
        return f"No number: {after.reason if after.value is None else before.reason}."
    return (
        f"{_told(before)} of attempts rejected now; {_told(after)} if all of it went away "
        f"({share(part)} of the held thread-time), at the load of this window. Half of it would "
        f"leave {_told(rejection_if(situation.fit, load=1 - part / 2))}."
    )


#: What a cause explains that is not the pool's own.
_OUTSIDE = frozenset({"failures", "connections"})
_EFFECTS = {"thread-time": _less_held, "rejections": _fewer_rejections}


def _now(situation: Situation) -> Estimate:
    """Return what the report says of the window as it was, which counted rejections sharpen."""
    told = situation.fit.rejection_probability
    return rejection_if(situation.fit) if told.value is None else told


def _told(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return f"{share(estimate.value)} (no interval: the fit is doubtful)"
    value, low, high = (share(end) for end in (estimate.value, estimate.low, estimate.high))
    return value if value == low == high else f"{value} ({low} to {high})"
