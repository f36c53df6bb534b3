"""How a report words each cause: the clause of its headline, and its telling number.

A table; what a cause is called and what it means is the catalogue's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["MEASURES", "WORDS", "Words"]

#: What a share is of, by what a cause explains.
MEASURES: Mapping[str, str] = {
    "thread-time": "the held thread-time",
    "rejections": "the rejections",
    "failures": "the clients' failures",
    "connections": "the connections opened",
}


@dataclass(frozen=True, slots=True)
class Words:
    """How a cause is worded.

    Parameters
    ----------
    clause : str
        What it accounts for, in the headline; `{part}` stands for its share and what that is of,
        such as "80 % of the rejections".
    tail : str
        What follows "80 % of the rejections" in a sentence.
    state : str
        What held threads do under it, as evidence of threads tells; empty where no look at a
        thread shows it.
    """

    clause: str
    tail: str
    state: str = ""


#: By the cause's id.
WORDS: Mapping[str, Words] = {
    "bookmark_wait": Words(
        "{part} went into waiting for bookmarks",
        "went into waiting for bookmarks", "waiting_for_bookmark",
    ),
    "burst_fan_out": Words(
        "{part} came in bursts of parallel requests", "came in bursts of parallel requests",
    ),
    "client_pool_too_small": Words(
        "clients wait for connections of their own pools ({part})",
        "came from clients' own pools",
    ),
    "client_think_time": Words(
        "threads wait for their own clients, {part}",
        "was waiting for the client", "waiting_for_client",
    ),
    "connect_failure": Words(
        "connections cannot be opened ({part})", "came while a connection was opened",
    ),
    "cpu_saturation": Words(
        "there is more work than the processors can do, which accounts for {part}",
        "is owed to more work than the processors can do", "working",
    ),
    "database_starvation": Words(
        "one database takes the threads of the others, {part}", "belongs to one database",
    ),
    "driver_per_request": Words(
        "{part} serve a single request", "serve a single request",
    ),
    "fleet_times_pool": Words(
        "all client pools together are larger than the thread pool ({part})",
        "came while the clients' pools together exceeded the threads",
    ),
    "gc_pauses": Words(
        "the JVM stood still again and again, with {part}", "came with pauses of the JVM",
    ),
    "half_open_sockets": Words(
        "clients wait on connections whose other end is gone ({part})",
        "came from connections whose other end was gone",
    ),
    "host_stall": Words(
        "the whole machine stood still, with {part}", "came while the machine stood still",
    ),
    "known_defect": Words(
        "a known defect of these versions looks like this ({part})", "look like a known defect",
    ),
    "leader_hot_spot": Words(
        "one member of the cluster does the work ({part})", "were one member's",
    ),
    "leaked_transactions": Words(
        "transactions that nobody ends keep threads, {part}",
        "belongs to transactions that nobody ends",
    ),
    "load_balancer_cut": Words(
        "idle connections are cut from outside ({part})", "came from connections cut while idle",
    ),
    "lock_contention": Words(
        "{part} went into waiting for locks",
        "went into waiting for locks", "waiting_for_lock",
    ),
    "os_thread_limit": Words(
        "the operating system refused threads below the pool's maximum ({part})",
        "came from the operating system's limit",
    ),
    "pool_too_small": Words(
        "there was more work than threads, which accounts for {part}",
        "is owed to more work than threads", "working",
    ),
    "queue_enabled": Words(
        "the queue keeps the pool at its minimum while requests wait",
        "is owed to the queue before the pool",
    ),
    "retry_storm": Words(
        "{part} were repeated attempts", "were repeated attempts",
    ),
    "rolling_deploy": Words(
        "two generations of clients were connected at once ({part})",
        "came while two generations of clients were connected",
    ),
    "slow_authentication": Words(
        "{part} went into sign-ins", "went into sign-ins", "authenticating",
    ),
    "slow_commit": Words(
        "{part} went into commits", "went into commits", "committing",
    ),
    "slow_consumer": Words(
        "{part} went into waiting for clients to read their results",
        "went into waiting for clients to read their results", "blocked_on_reader",
    ),
    "slow_queries": Words(
        "queries became slow, which accounts for {part}", "is owed to queries that became slow",
    ),
    "transaction_limit": Words(
        "requests fail at the limit of transactions while threads are free ({part})",
        "came from the limit of transactions",
    ),
}  # fmt: skip
