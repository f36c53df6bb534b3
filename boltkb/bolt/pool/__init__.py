"""What the Bolt worker pool of a server is: how many threads, and what happens when all are busy.

Part of the bridge: it alone equates a *thread* of the pool with a *server* of queueing theory.
Queue discipline and thread count come from configuration and log lines, never from a fit.
`known` ranks the ways of knowing a value; `settings` and `said` read them, `beside` the server's
other pools, and `reading` puts the pool together.
"""

from boltkb.bolt.pool.known import Known
from boltkb.bolt.pool.reading import read_pool
from boltkb.bolt.pool.shape import OtherPool, Pool

__all__ = ["Known", "OtherPool", "Pool", "read_pool"]
