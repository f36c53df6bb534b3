"""How many threads are recommended, if any are, or in a clause why none.

Only where the pool really is too small, only from an accepted fit, and never fewer than there are.
"""

from __future__ import annotations

from boltkb.advice.situation import Situation
from boltkb.catalogue import load_causes
from boltkb.queueing import Estimate

__all__ = ["recommend_threads"]

#: Why no number is recommended, by cause; the rule of a cause not named here speaks by its title.
_BECAUSE = {
    "leaked_transactions": "none: threads are held by transactions that nobody ends, and would be "
    "at any number",
    "client_think_time": "none: threads are held while clients think; shorten the transactions "
    "first",
    "queue_enabled": "none: with the queue on the pool does not grow; take the queue out first",
    "os_thread_limit": "none: the operating system refuses threads below the present maximum",
}


def recommend_threads(situation: Situation) -> Estimate:
    """Return the threads for the target, or an absent estimate with its reason."""
    name = situation.diagnosis.cause
    if name is None:
        reason = (
            "none: nothing shows that the pool is too small"
            if situation.diagnosis.state in {"ok", "at_risk"}
            else "none: it cannot be told whether the pool is too small"
        )
        return Estimate(None, None, None, "threads", reason)
    if name != "pool_too_small":
        title = load_causes()[name].title
        because = f"none: more threads would not help ({title[:1].lower()}{title[1:]})"
        return Estimate(None, None, None, "threads", _BECAUSE.get(name, because))
    needed, present = situation.sizing.servers, situation.pool.threads
    if not situation.accepted:
        why = "none: the fit is refused, so no number of threads follows from it"
        return Estimate(None, None, None, "threads", why)
    if needed.value is None or present is None:
        why = needed.reason if needed.value is None else "none: the present number is not known"
        return Estimate(None, None, None, "threads", why)
    if needed.value <= present:
        return Estimate(
            None, None, None, "threads",
            "none: by the model the present number meets the target, so the rejections have "
            "another reason than the load of this window",
        )  # fmt: skip
    return Estimate(needed.value, needed.low, needed.high, "threads", needed.reason)
