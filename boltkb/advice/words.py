"""How a report words each cause: the clause of its headline, and its telling number.

A table; what a cause is called and what it means is the catalogue's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["WORDS", "Words"]


@dataclass(frozen=True, slots=True)
class Words:
    """How a cause is worded.

    Parameters
    ----------
    clause : str
        What it accounts for, in the headline; `{part}` stands for its share.
    label : str
        What its share is a share of, after "80 % of".
    state : str
        What held threads do under it, as evidence of threads tells; empty where no look at a
        thread shows it.
    """

    clause: str
    label: str
    state: str = ""


#: By the cause's id.
WORDS: Mapping[str, Words] = {
    "bookmark_wait": Words(
        "{part} of the held thread-time went into waiting for bookmarks",
        "held thread-time went into waiting for bookmarks", "waiting_for_bookmark",
    ),
    "burst_fan_out": Words(
        "{part} of the rejections came in bursts of parallel requests",
        "the rejections came in bursts of parallel requests",
    ),
    "client_pool_too_small": Words(
        "clients wait for connections of their own pools ({part} of the failures)",
        "the clients' failures came from their own pools",
    ),
    "client_think_time": Words(
        "{part} of the held threads wait for their own clients",
        "held threads waited for their client", "waiting_for_client",
    ),
    "connect_failure": Words(
        "connections cannot be opened ({part} of the failures)",
        "the clients' failures came while a connection was opened",
    ),
    "cpu_saturation": Words(
        "{part} of the held thread-time is waiting for processors",
        "held thread-time was waiting for processors", "working",
    ),
    "database_starvation": Words(
        "one database holds {part} of the thread-time",
        "held thread-time belonged to one database",
    ),
    "driver_per_request": Words(
        "{part} of the connections are opened for a single request",
        "connections were opened for a single request",
    ),
    "fleet_times_pool": Words(
        "all client pools together are larger than the thread pool ({part} of the rejections)",
        "the rejections came while the clients' pools together exceeded the threads",
    ),
    "gc_pauses": Words(
        "{part} of the trouble came with pauses of the JVM",
        "it came with pauses of the JVM",
    ),
    "half_open_sockets": Words(
        "clients wait on connections whose other end is gone ({part} of the failures)",
        "the clients' failures came from connections whose other end was gone",
    ),
    "host_stall": Words(
        "{part} of the trouble came while the whole machine stood still",
        "it came while the machine stood still",
    ),
    "known_defect": Words(
        "a known defect of these versions looks like this ({part} of the failures)",
        "the failures look like a known defect",
    ),
    "leader_hot_spot": Words(
        "one member of the cluster does {part} of the work",
        "the work was one member's",
    ),
    "leaked_transactions": Words(
        "{part} of the held threads are kept by transactions that nobody ends",
        "held threads were kept by transactions that nobody ends",
    ),
    "load_balancer_cut": Words(
        "idle connections are cut from outside ({part} of the failures)",
        "the clients' failures came from connections cut while idle",
    ),
    "lock_contention": Words(
        "{part} of the held thread-time went into waiting for locks",
        "held thread-time went into waiting for locks", "waiting_for_lock",
    ),
    "os_thread_limit": Words(
        "the operating system refused threads below the pool's maximum",
        "the failures came from the operating system's limit",
    ),
    "pool_too_small": Words(
        "the threads worked, and there was more work than threads",
        "held threads were working", "working",
    ),
    "queue_enabled": Words(
        "the queue keeps the pool at its minimum while requests wait",
        "the waiting came from the queue before the pool",
    ),
    "retry_storm": Words(
        "{part} of the rejections were repeated attempts",
        "the rejections were repeated attempts",
    ),
    "rolling_deploy": Words(
        "{part} of the rejections came while two generations of clients were connected",
        "the rejections came while two generations of clients were connected",
    ),
    "slow_authentication": Words(
        "{part} of the held thread-time went into sign-ins",
        "held thread-time went into sign-ins", "authenticating",
    ),
    "slow_commit": Words(
        "{part} of the held thread-time went into commits",
        "held thread-time went into commits", "committing",
    ),
    "slow_consumer": Words(
        "{part} of the held thread-time waits for clients to read their results",
        "held thread-time waited for clients to read their results", "blocked_on_reader",
    ),
    "slow_queries": Words(
        "queries became slow, which accounts for {part} of the held thread-time",
        "held thread-time is owed to queries that became slow",
    ),
    "transaction_limit": Words(
        "requests fail at the limit of transactions while threads are free",
        "the failures came from the limit of transactions",
    ),
}  # fmt: skip
