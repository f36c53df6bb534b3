"""What not to do, and why: the tempting change first, then what is never advised."""

from __future__ import annotations

from boltkb.advice.situation import Situation
from boltkb.catalogue import load_rules

__all__ = ["do_not", "do_nots"]


def do_not(situation: Situation) -> str:
    """Return the tempting change that would not help, and why."""
    cause = situation.diagnosis.cause
    if cause is not None:
        return next(
            rule.do_not for rule in load_rules().values() if rule.cause == cause and rule.do_not
        )
    if situation.diagnosis.state == "ok":
        return "Do not change the thread pool: idle connections hold none of its threads."
    return "Do not raise the thread maximum before it is known what holds the threads."


def do_nots(situation: Situation) -> tuple[str, ...]:
    """Return everything not to do here, the tempting change first."""
    said = [do_not(situation)]
    if situation.short:
        said.append(
            "Do not lower the thread maximum because few threads are busy most of the time: what "
            "decides is the peak, and samples do not show it."
        )
        if situation.diagnosis.cause != "queue_enabled":
            said.append(
                f"Do not switch on a queue ({situation.setting('bolt-queue-size')}): it is not "
                "supported, hides the waiting from every client, and a pool with an endless queue "
                "never grows beyond its minimum."
            )
        if not situation.accepted:
            said.append(
                "Do not take a number of threads from this report: the model's fit was refused."
            )
    return tuple(said)
