"""The bridge: what a customer, a server, a wait and a loss are in a Bolt thread pool.

The only room that speaks both languages, the theory's and Neo4j's.  Whoever disputes a
conclusion of a report goes here.
"""

from boltkb.bolt.causes import Cause
from boltkb.bolt.diagnosis import Diagnosis, diagnose
from boltkb.bolt.holders import Holder, Holders
from boltkb.bolt.observe import PoolObservations, observe, observe_members
from boltkb.bolt.observing.cuts import Cut
from boltkb.bolt.observing.evidence import BusyEvidence
from boltkb.bolt.pool import Known, OtherPool, Pool, read_pool
from boltkb.bolt.rejections import Rejections
from boltkb.bolt.sizing import rejection_if, size_client_pool, size_threads
from boltkb.bolt.window import Incident

__all__ = [
    "BusyEvidence",
    "Cause",
    "Cut",
    "Diagnosis",
    "Holder",
    "Holders",
    "Incident",
    "Known",
    "OtherPool",
    "Pool",
    "PoolObservations",
    "Rejections",
    "diagnose",
    "observe",
    "observe_members",
    "read_pool",
    "rejection_if",
    "size_client_pool",
    "size_threads",
]
