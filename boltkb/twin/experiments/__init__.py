"""Experiments that tell threads from connections: one server, and one thing changed at a time.

Each is a run or a few of the twin, told in a table; what theory says stands beside it where
there is theory.  Knows nothing of any export, and draws nothing.
"""

from boltkb.twin.experiments.connections import (
    Growth,
    Steps,
    grow_connections,
    vary_connections,
)
from boltkb.twin.experiments.transactions import FullPool, Leaks, fill_pool, leak_transactions

__all__ = [
    "FullPool",
    "Growth",
    "Leaks",
    "Steps",
    "fill_pool",
    "grow_connections",
    "leak_transactions",
    "vary_connections",
]
