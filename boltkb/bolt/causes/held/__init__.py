"""Causes that keep threads taken: leaks, thinking clients, locks, slow readers, bookmarks.

Each rule lets every kind of evidence speak by itself (`say`) and names what would tell more
(`collecting`); none asks what the other rooms found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause
from boltkb.bolt.causes.held.bookmark_wait import weigh_bookmark_wait
from boltkb.bolt.causes.held.client_think_time import weigh_client_think_time
from boltkb.bolt.causes.held.leaked_transactions import weigh_leaked_transactions
from boltkb.bolt.causes.held.lock_contention import weigh_lock_contention
from boltkb.bolt.causes.held.slow_authentication import weigh_slow_authentication
from boltkb.bolt.causes.held.slow_commit import weigh_slow_commit
from boltkb.bolt.causes.held.slow_consumer import weigh_slow_consumer

__all__ = ["RULES"]

#: What weighs each of these causes, by its id.
RULES: Mapping[str, Callable[[Case], Cause]] = {
    "leaked_transactions": weigh_leaked_transactions,
    "client_think_time": weigh_client_think_time,
    "slow_consumer": weigh_slow_consumer,
    "lock_contention": weigh_lock_contention,
    "bookmark_wait": weigh_bookmark_wait,
    "slow_authentication": weigh_slow_authentication,
    "slow_commit": weigh_slow_commit,
}
