"""Where held thread-time went: working, waiting for the client, for a lock, and so on.

Part of the bridge.  Each kind of evidence is looked at by itself, the strongest first, so that a
cause can say which of them agree: `traced` looks at the debug-level trace, `dumped` at thread
dumps, `listed` at lists of transactions, `logged` at the query log, `metered` at metrics;
`reading` puts them together.  Says what was seen, never what follows from it: that is for rules.
"""

from boltkb.bolt.thread_time.look import (
    COURSE,
    DUMPS,
    LIST,
    LOG,
    METRICS,
    PROCESSING,
    QUERIES,
    TRACE,
    UNFETCHED,
    UNREAD,
    WITH_QUERY,
    WITHOUT_TRANSACTION,
    Kept,
    Look,
    Moment,
    Sticky,
    ThreadTime,
)
from boltkb.bolt.thread_time.reading import read_thread_time

__all__ = [
    "COURSE",
    "DUMPS",
    "LIST",
    "LOG",
    "METRICS",
    "PROCESSING",
    "QUERIES",
    "TRACE",
    "UNFETCHED",
    "UNREAD",
    "WITHOUT_TRANSACTION",
    "WITH_QUERY",
    "Kept",
    "Look",
    "Moment",
    "Sticky",
    "ThreadTime",
    "read_thread_time",
]
