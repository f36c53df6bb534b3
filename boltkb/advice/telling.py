"""The number that tells most of a verdict, with its interval or the reason why it has none."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from boltkb.advice.situation import Situation
from boltkb.advice.words import MEASURES, WORDS
from boltkb.bolt import Cause, Diagnosis
from boltkb.queueing import Estimate
from boltkb.tables import number

__all__ = ["is_of_clients", "kept_threads", "telling_number"]

Estimates = Mapping[str, Estimate]


def telling_number(situation: Situation, estimates: Estimates) -> tuple[str, Estimate]:
    """Return the number that tells most here, and what it counts."""
    cause = situation.cause
    if cause is not None:
        return _NUMBERS.get(cause.id, _share_of)(situation, cause, estimates)
    return _of_the_pool(situation, estimates)


def kept_threads(diagnosis: Diagnosis) -> float:
    """Return how many threads transactions hold that nobody ends, by the strongest evidence."""
    cause = diagnosis.cause_of("leaked_transactions")
    held = diagnosis.holders.held if diagnosis.holders.looks else (diagnosis.peak or 0.0)
    return float(round(cause.share * held)) if cause.status == "supported" else 0.0


def is_of_clients(cause: Cause | None) -> bool:
    """Whether a cause of held threads is told by what failed only, not by the threads."""
    return cause is not None and cause.explains == "failures"


def _kept_number(situation: Situation, cause: Cause, estimates: Estimates) -> tuple[str, Estimate]:
    # What is kept is counted by the server's threads alone.
    if is_of_clients(cause):
        return _share_of(situation, cause, estimates)
    told = f"told by {' and '.join(cause.kinds)}"
    kept = Estimate(kept_threads(situation.diagnosis), None, None, "threads", told)
    return "threads held by transactions that nobody ends", kept


def _share_of(situation: Situation, cause: Cause, estimates: Estimates) -> tuple[str, Estimate]:
    """Return the cause's share, with an interval where single threads or rejections were seen."""
    if cause.share <= 0:
        return _of_the_pool(situation, estimates)
    label = f"{MEASURES[cause.explains]} {WORDS[cause.id].tail}"
    looks, seen_in = _looks(situation, cause)
    if looks is None or looks <= 0:
        told = " and ".join(cause.kinds) or "the export"
        return label, Estimate(
            cause.share, None, None, "share", f"by {told}; without an interval, because single "
            "looks were not counted",
        )  # fmt: skip
    low, high = _wilson(cause.share, looks)
    return label, Estimate(
        cause.share, low, high, "share",
        f"in {seen_in}; Wilson's interval (1927), taking each as one look",
    )  # fmt: skip


def _looks(situation: Situation, cause: Cause) -> tuple[float | None, str]:
    """Return how many looks a share rests on, and at what; None where they were not counted."""
    state = WORDS[cause.id].state
    looks = () if situation.case is None else situation.case.thread_time.looks
    for look in looks:
        if state and state in look.shares and look.samples > 0 and not look.bound:
            return look.samples, f"{number(round(look.samples))} held threads of {look.kind}"
    holders = situation.diagnosis.holders
    if state and holders.looks and holders.held > 0 and cause.explains == "thread-time":
        return holders.held * holders.looks, f"each held thread in {holders.seen_in}"
    rejected = situation.diagnosis.rejected
    if cause.explains == "rejections" and rejected.how == "counted" and rejected.value:
        return rejected.value, f"{number(rejected.value)} rejections"
    return None, ""


def _by_model(situation: Situation, cause: Cause, estimates: Estimates) -> tuple[str, Estimate]:
    del cause
    return _of_the_pool(situation, estimates)


def _of_the_pool(situation: Situation, estimates: Estimates) -> tuple[str, Estimate]:
    if situation.diagnosis.state != "saturated":
        return "most threads held at the same time", estimates["busy_threads_peak"]
    if estimates["rejection_probability"].value is not None:
        words = "attempts to get a thread were rejected in this window"
        return words, estimates["rejection_probability"]
    return "rejections", estimates["rejections_observed"]


#: Numbers of their own.
_NUMBERS: Mapping[str, Callable[[Situation, Cause, Estimates], tuple[str, Estimate]]] = {
    "leaked_transactions": _kept_number,
    "pool_too_small": _by_model,
}


def _wilson(part: float, looks: float) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share (1927)."""
    z = 1.959964
    middle = (part + z**2 / (2 * looks)) / (1 + z**2 / looks)
    half = z / (1 + z**2 / looks) * math.sqrt(part * (1 - part) / looks + (z / looks / 2) ** 2)
    return max(0.0, middle - half), min(1.0, middle + half)
