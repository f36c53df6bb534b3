"""What to change where clients, or their requests, are too many for the threads."""

from __future__ import annotations

from boltkb.advice.changes.change import Change, change_clients, change_code, change_machine
from boltkb.advice.changes.pools import bound_pools, order_timeouts
from boltkb.advice.effects import if_it_went_away
from boltkb.advice.situation import Situation

__all__ = [
    "bound_fan_out",
    "bound_retries",
    "deploy_in_steps",
    "divide_pools",
    "keep_driver",
    "spread_members",
]

#: An example of a budget for retries that fits into a request, s.
_BUDGET = 10.0


def divide_pools(situation: Situation) -> tuple[Change, ...]:
    """Return pools that together stay below the threads."""
    return (*bound_pools(situation, "divide-client-pools"), order_timeouts(situation))


def bound_fan_out(situation: Situation) -> tuple[Change, ...]:
    """Return a bound on what a client does at once, in its code and by its pool."""
    return (
        change_code(
            "bound-fan-out",
            name="Bound the requests that run at once (a semaphore, or a pool of workers)",
            expected=if_it_went_away(situation),
        ),
        *bound_pools(situation, "bound-fan-out"),
        order_timeouts(situation),
    )


def deploy_in_steps(situation: Situation) -> tuple[Change, ...]:
    """Return a roll-out whose two generations fit into the threads."""
    return (
        change_machine(
            "deploy-in-small-steps",
            effect="with the next roll-out",
            expected="Old and new processes together open no more than the steps allow; no share "
            "is promised.",
        ),
        *bound_pools(situation, "divide-client-pools"),
    )


def bound_retries(situation: Situation) -> tuple[Change, ...]:
    """Return a smaller budget for retries, in one layer."""
    return (
        change_clients(
            situation,
            "bound-retries",
            {"retry-time": _BUDGET},
            name="budget for retries",
            why="The value is an example: take one that fits into what a request may take.",
            expected=if_it_went_away(situation),
            notes=(
                "With 30 s a call makes 6 or 7 attempts, each of which asks for a thread.",
                (
                    "Pauses double from 1 s with a jitter of a fifth and have no cap; after a dead "
                    "connection the Go driver tries again without a pause."
                ),
            ),
        ),
        change_code(
            "bound-retries",
            name="Let one layer try again: the driver or your own code, not both",
            expected=if_it_went_away(situation),
        ),
    )


def keep_driver(situation: Situation) -> tuple[Change, ...]:
    """Return one driver object for each process."""
    return (
        change_code(
            "one-driver",
            expected=f"{if_it_went_away(situation)} Each connection that is not opened spares a "
            "sign-in and the thread that it takes.",
        ),
    )


def spread_members(situation: Situation) -> tuple[Change, ...]:
    """Return reads to other members, and leaders spread."""
    return (
        change_code(
            "spread-over-members",
            name="Connect with neo4j:// instead of bolt://, and read in read transactions",
            expected="No number: how many of the requests are reads is not in the model.",
        ),
        change_machine(
            "spread-over-members",
            name="Spread the leaders of several databases over the members",
            effect="on the running cluster",
            expected="No number: it depends on what each database is asked for.",
        ),
        *bound_pools(situation, "divide-client-pools"),
    )
