"""Every cause weighed, and the supported ones put in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from boltkb.bolt.causes import demand, held, outside
from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause

__all__ = ["RULES", "weigh_causes"]

#: What weighs each cause, by its id in the catalogue.
RULES: Mapping[str, Callable[[Case], Cause]] = {**held.RULES, **demand.RULES, **outside.RULES}

_ORDER = {"supported": 0, "cannot_tell": 1, "contradicted": 2, "not_applicable": 3}


def weigh_causes(case: Case) -> tuple[Cause, ...]:
    """Return every cause weighed, the supported ones first and by what they explain.

    A pool that is too small is what is left: it is weighed last, against what the others explain.

    Parameters
    ----------
    case : Case

    Returns
    -------
    tuple of Cause
    """
    others = tuple(rule(case) for rule in RULES.values())
    causes = (*others, demand.weigh_pool_too_small(case, others))
    return tuple(sorted(causes, key=lambda cause: (_ORDER[cause.status], -cause.share)))
