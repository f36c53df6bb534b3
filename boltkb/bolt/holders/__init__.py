"""Who held the threads: workers of thread dumps, joined with connections and transactions.

Part of the bridge.  A worker that carries a connection's name is held by that connection, be
it working or waiting for the client inside an open transaction.
"""

from boltkb.bolt.holders.finding import find_holders
from boltkb.bolt.holders.table import Holder, Holders
from boltkb.bolt.snapshots import LONG_OPEN, holds_no_thread

__all__ = ["LONG_OPEN", "Holder", "Holders", "find_holders", "holds_no_thread"]
