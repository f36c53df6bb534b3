"""Causes that keep threads taken: leaks, thinking clients, locks, slow readers, bookmarks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause
from boltkb.bolt.causes.held.client_think_time import weigh_client_think_time
from boltkb.bolt.causes.held.leaked_transactions import weigh_leaked_transactions

__all__ = ["RULES"]

#: What weighs each of these causes, by its id.
RULES: Mapping[str, Callable[[Case], Cause]] = {
    "leaked_transactions": weigh_leaked_transactions,
    "client_think_time": weigh_client_think_time,
}
