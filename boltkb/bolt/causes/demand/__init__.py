"""Causes of too much work, or of work that changed: bursts, fleets, retries, slow queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause
from boltkb.bolt.causes.demand.pool_too_small import weigh_pool_too_small

__all__ = ["RULES", "weigh_pool_too_small"]

#: What weighs each of these causes, by its id.
RULES: Mapping[str, Callable[[Case], Cause]] = {}
