"""What to change where the pool itself is too small: more threads, or no queue before them."""

from __future__ import annotations

from boltkb.advice.ceilings import ceilings
from boltkb.advice.changes.change import Change, change_code, change_setting
from boltkb.advice.changes.pools import bound_pools, order_timeouts
from boltkb.advice.effects import with_threads
from boltkb.advice.recommended import recommend_threads
from boltkb.advice.situation import Situation
from boltkb.tables import sentence

__all__ = ["more_threads", "no_queue", "without_the_server"]


def more_threads(situation: Situation) -> tuple[Change, ...]:
    """Return more threads, where an accepted fit says how many, and how clients bear the rest."""
    need = recommend_threads(situation)
    if need.value is None:
        return (
            change_code(
                "raise-threads",
                name="Find what made the load peak before any number of threads is changed",
                why=sentence(need.reason.removeprefix("none: ")),
                cost="None; it only delays the choice of a number.",
                expected=with_threads(situation, situation.pool.threads or 1),
            ),
            _retries(),
        )
    whole = round(need.value)
    return (
        change_setting(
            situation,
            "raise-threads",
            "bolt-threads-max",
            str(whole),
            why="Enough for the load of this window at the target.",
            expected=with_threads(situation, whole),
            notes=ceilings(situation, whole),
        ),
        _retries(),
    )


def no_queue(situation: Situation) -> tuple[Change, ...]:
    """Return the queue's setting taken out."""
    return (
        change_setting(
            situation,
            "remove-queue",
            "bolt-queue-size",
            "",
            expected="The pool grows to its maximum again, and rejects at once when that is "
            "reached. No number: how many threads the load needs without the queue is not known "
            "from a pool that did not grow.",
        ),
        _retries(),
    )


def without_the_server(situation: Situation) -> tuple[Change, ...]:
    """Return what clients can do alone, where nobody may change the server's settings."""
    return (
        *bound_pools(situation, "divide-client-pools"),
        order_timeouts(situation),
        _retries(),
    )


def _retries() -> Change:
    return change_code(
        "bound-retries",
        name="Run everything in managed transactions, which try again with growing pauses",
        why="A rejection is a transient error: what is tried again after a pause may well get a "
        "thread. Auto-commit queries and explicit transactions are not tried again.",
        expected="Fewer errors reach users in short peaks; the number of rejections does not fall.",
        cost="What is tried again asks for a thread again: in a lasting shortage retries add to "
        "the load.",
    )
