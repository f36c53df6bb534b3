"""Every change of the tuning guide that the twin can stage, as a pair of settings.

Each pair is one situation, and the same with one thing changed; both meet the same clients with
the same seeds.  The situations are the twin's scenarios, so that anybody can repeat one.  Pairs in
which a change does nothing, or harm, are as many as were found.
"""

from __future__ import annotations

from collections.abc import Mapping

from boltkb.twin import Curve, Machine, Poisson
from evidence.pairs import Pair, client, driver, pair, server, work

__all__ = ["NOT_MEASURED", "PAIRS"]

_RISING = Curve.ramp(0.0, 350.0, seconds=100.0)
#: All processes at once; the load rises slowly before, so that the start is no storm itself.
_DEPLOY = (client(load=_RISING, deploys=(180.0,), deploy_step=0.0),)
#: A leak shows after half an hour.
_LONG = {"seconds": 7200.0, "warm_up": 0.0}

PAIRS: tuple[Pair, ...] = (
    # More threads.
    pair(
        "threads-overload", "raise-threads", "short holds, more of them than threads",
        "8 → 16 threads", "pool_too_small", "rejected | held",
        after=(server(threads=16),),
    ),
    pair(
        "threads-leak", "raise-threads", "a transaction is leaked every minute or so, in the third "
        "hour", "24 → 48 threads", "leaked_transactions", "rejected | held",
        after=(server(threads=48),), seconds=3600.0, warm_up=7200.0,
    ),
    pair(
        "threads-leak-first", "raise-threads", "a leak fills the pool, from a restart on",
        "24 → 48 threads", "leaked_transactions", "first", after=(server(threads=48),), **_LONG,
    ),
    pair(
        "threads-think-time", "raise-threads", "clients think inside their transactions",
        "16 → 32 threads", "client_think_time", "rejected | held",
        after=(server(threads=32),),
    ),
    pair(
        "threads-processors", "raise-threads", "4 cores, asked for 4.4",
        "60 → 120 threads", "cpu_saturation", "answer_95 rejected | held",
        parameters={"rate": 44.0}, both=(work(kind="auto-commit"),),
        after=(server(threads=120),),
    ),
    pair(
        "threads-locks", "raise-threads", "writers wait for one lock",
        "24 → 48 threads", "lock_contention", "answer_95 rejected | held",
        parameters={"rate": 13.0}, both=(work(kind="auto-commit"),),
        after=(server(threads=48),),
    ),
    pair(
        "threads-past-limit", "raise-threads",
        "an overload, and at most 8 transactions at once (`db.transaction.concurrent.maximum`)",
        "8 → 16 threads", "pool_too_small", "failed | rejected",
        both=(server(transaction_limit=8),), after=(server(threads=16),),
    ),
    pair(
        "threads-pauses", "raise-threads", "the JVM stands still for 2 s every two minutes",
        "40 → 80 threads", "gc_pauses", "rejected answer_95",
        after=(server(threads=80),),
    ),
    pair(
        "threads-by-cores", "raise-threads", "think time on 8 cores, with twice as many threads",
        "16 → 40 threads", "client_think_time", "rejected failed | held",
        parameters={"rate": 6.0}, both=(server(machine=Machine(cores=8)),),
        after=(server(threads=40),),
    ),
    # Threads are held.
    pair(
        "close-leaks", "close-leaked-transactions", "a transaction is leaked every minute or so",
        "every transaction is closed", "leaked_transactions", "rejected | held",
        after=(work(leak_share=0.0),), **_LONG,
    ),
    pair(
        "timeout-leak", "transaction-timeout", "a transaction is leaked every minute or so",
        "`db.transaction.timeout` none → 5 min", "leaked_transactions", "rejected | held",
        after=(server(transaction_timeout=300.0),), **_LONG,
    ),
    pair(
        "timeout-leak-4.4", "transaction-timeout", "the same leak on 4.4, whose idle worker, as we "
        "read its code, does not look",
        "`dbms.transaction.timeout` none → 5 min", "leaked_transactions",
        "rejected | held", version="4.4.40",
        after=(server(transaction_timeout=300.0),), **_LONG,
    ),
    pair(
        "timeout-too-short", "transaction-timeout", "healthy, with 1 request in 40 that takes a "
        "minute", "`db.transaction.timeout` none → 30 s", "slow_queries", "failed | held",
        parameters={"slow": 60.0, "from": 0.0, "threads": 100},
        both=(client(load=Poisson(0.5), only=1),),
        after=(server(transaction_timeout=30.0),),
    ),
    pair(
        "end-think-time", "shorten-think-time", "four queries, 0.8 s of thought after each",
        "no thought inside the transaction", "client_think_time", "rejected | held",
        after=(work(think=None),),
    ),
    pair(
        "halve-think-time", "shorten-think-time", "four queries, 0.8 s of thought after each",
        "half the thought, 0.4 s each", "client_think_time", "rejected | held",
        after=(work(think=0.4),),
    ),
    pair(
        "spread-locks", "shorten-lock-waits", "writers meet on one node",
        "they spread over 12", "lock_contention", "rejected answer_95 | held",
        after=(server(hot_locks=12),),
    ),
    pair(
        "read-at-once", "read-results-at-once", "a quarter of the results are read for 8 s",
        "read in 0.2 s, the work on the rows afterwards", "slow_consumer", "rejected | held",
        after=(work(read=0.2),),
    ),
    pair(
        "fewer-bookmarks", "shorten-bookmark-wait", "35 % of requests wait 6 s for a bookmark",
        "only 5 % pass one", "bookmark_wait", "rejected | held",
        after=(work(bookmark_share=0.05),),
    ),
    pair(
        "slow-sign-in", "shorten-sign-ins", "a driver for each request, and 0.5 s for a sign-in",
        "connections are kept", "driver_per_request", "rejected | held",
        both=(server(sign_in=0.5),), after=(client(one_driver_per_request=False),),
    ),
    pair(
        "quick-commit", "shorten-commits", "each commit takes 0.4 s",
        "0.4 → 0.05 s", "pool_too_small", "rejected | held",
        parameters={"hold": 0.05},
        both=(work(kind="explicit", commit=0.4),), after=(work(commit=0.05),),
    ),
    pair(
        "quick-queries", "shorten-queries", "a third of the queries takes 1.5 s",
        "1.5 → 0.2 s", "slow_queries", "rejected | held",
        parameters={"from": 0.0}, both=(work(kind="auto-commit"),),
        after=(work(only=1, seconds=0.2),),
    ),
    pair(
        "bound-work", "spare-processors",
        "4 cores at their limit, 3 processes with driver pools of 100",
        "pools of 100 → 4", "cpu_saturation", "rejected answer_95 | held",
        after=(driver(pool=4),),
    ),
    pair(
        "more-cores", "spare-processors", "4 cores at their limit",
        "4 → 8 cores", "cpu_saturation", "answer_95 rejected | held",
        after=(server(machine=Machine(cores=8)),),
    ),
    pair(
        "short-pauses", "shorten-gc-pauses", "the JVM stands still for 2 s every two minutes",
        "pauses of 2 → 0.2 s", "gc_pauses", "rejected answer_95",
        after=(server(machine=Machine(cores=32.0, pause_every=120.0, pause=0.2)),),
    ),
    # Clients or requests are too many.
    pair(
        "bound-fan-out", "bound-fan-out", "300 requests at once, every five minutes",
        "a driver pool of 400 → 30", "burst_fan_out", "failed rejected answer_95",
        both=(work(kind="auto-commit"),), after=(driver(pool=30, only=1),),
    ),
    pair(
        "divide-pools", "divide-client-pools", "30 processes with pools of 100, 60 threads",
        "pools of 100 → 2", "fleet_times_pool", "rejected failed answer_95 | held",
        parameters={"rate": 48.0, "scale_out": 1.0}, after=(driver(pool=2),),
    ),
    pair(
        "pools-below-need", "divide-client-pools", "30 processes with pools of 2, 60 threads",
        "pools of 2 → 1", "fleet_times_pool", "failed answer_95",
        parameters={"rate": 48.0, "scale_out": 1.0}, both=(driver(pool=2),),
        after=(driver(pool=1),),
    ),
    pair(
        "pools-as-threads", "divide-client-pools", "30 processes with pools of 100, 60 threads",
        "pools of 100 → 60, as many as the threads", "fleet_times_pool", "rejected failed",
        parameters={"rate": 60.0, "scale_out": 1.0}, after=(driver(pool=60),),
    ),
    pair(
        "small-steps", "deploy-in-small-steps", "8 processes are replaced at once, and a sign-in "
        "takes 0.6 s", "one process a minute", "rolling_deploy", "rejected failed",
        both=(server(sign_in=0.6), *_DEPLOY), after=(client(deploy_step=60.0),), seconds=600.0,
    ),
    pair(
        "small-steps-quick-sign-in", "deploy-in-small-steps",
        "8 processes are replaced at once, and a sign-in takes 0.3 s", "one process a minute",
        "rolling_deploy", "rejected failed",
        both=(server(sign_in=0.3), *_DEPLOY), after=(client(deploy_step=60.0),), seconds=600.0,
    ),
    pair(
        "short-budget", "bound-retries", "a storm of retries after a burst",
        "a budget of 30 → 5 s", "retry_storm", "rejected failed",
        after=(driver(budget=5.0),),
    ),
    pair(
        "with-retries", "bound-retries", "a mild overload, nothing is tried again",
        "managed transactions, 30 s", "pool_too_small", "failed rejected asked answer_95",
        parameters={"rate": 12.0}, after=(work(kind="managed"),),
    ),
    pair(
        "back-off", "bound-retries", "an own loop that tries again every 50 ms, for 30 s",
        "pauses as a driver makes them: 1, 2, 4 s", "pool_too_small", "asked rejected failed",
        parameters={"rate": 14.0},
        both=(work(kind="managed"),),
        before=(driver(delay=0.05, multiplier=1.0),),
    ),
    pair(
        "one-driver", "one-driver", "a driver for each request",
        "one driver", "driver_per_request", "asked answer_95 | held",
        after=(client(one_driver_per_request=False),),
    ),
    pair(
        "spread-members", "spread-over-members",
        "three members, the leader gets 95 % of the requests",
        "95 → 40 %", "leader_hot_spot", "rejected answer_95",
        after=(client(writes=0.4),),
    ),
    # The queue.
    pair(
        "queue-off", "remove-queue", "a queue of 100 places in front of 5 to 40 threads",
        "no queue", "queue_enabled", "answer_95 rejected | held",
        after=(server(queue=0),), seconds=600.0, warm_up=0.0,
    ),
    pair(
        "queue-endless", "remove-queue", "a queue without end: 5 threads, whatever the maximum",
        "no queue", "queue_enabled", "failed answer_95 | held",
        both=(server(queue=-1),), after=(server(queue=0),), seconds=600.0,
    ),
    pair(
        "queue-full-size", "remove-queue", "a queue of 100 places, all 8 threads started (minimum "
        "= maximum)", "no queue", "pool_too_small", "rejected answer_95",
        parameters={"rate": 14.0}, both=(server(core_threads=8, queue=100),),
        after=(server(queue=0),),
    ),
    # Something else fails.
    pair(
        "larger-client-pool", "raise-client-pool", "a driver pool of 10, threads to spare",
        "a pool of 10 → 20", "client_pool_too_small", "failed answer_95",
        after=(driver(pool=20),),
    ),
    pair(
        "larger-client-pool-on-rejections", "raise-client-pool", "threads are short; 4 processes "
        "with pools of 2", "pools of 2 → 100", "pool_too_small", "rejected failed answer_95",
        both=(driver(pool=2),), after=(driver(pool=100),),
    ),
    pair(
        "acquisition-time-out", "order-timeouts", "a driver pool of 10 that is too small",
        "a time-out of 60 → 2 s", "client_pool_too_small", "answer_95 failed",
        both=(driver(acquisition_timeout=60.0),), after=(driver(acquisition_timeout=2.0),),
    ),
    pair(
        "liveness", "test-connections",
        "connections are cut after 350 s idle, and nothing is tried again",
        "a test after 60 s", "load_balancer_cut", "failed asked",
        both=(work(kind="auto-commit"), client(processes=30)),
        after=(driver(liveness=60.0),), seconds=7200.0, warm_up=600.0,
    ),
    pair(
        "lifetime", "lifetime-below-cut",
        "connections are cut after 350 s idle, and nothing is tried again",
        "a lifetime of 1 h → 300 s", "load_balancer_cut", "failed asked",
        both=(work(kind="auto-commit"), client(processes=30)),
        after=(driver(lifetime=300.0),), seconds=7200.0, warm_up=600.0,
    ),
    pair(
        "transaction-limit", "raise-transaction-limit",
        "40 threads, and at most 8 transactions at once",
        "at most 8 → 1000", "healthy", "failed | held",
        both=(server(transaction_limit=8),), after=(server(transaction_limit=1000),),
    ),
    pair(
        "idle-connections", "idle-connections", "the same load from 4 processes",
        "from 4 → 400 processes", "healthy", "rejected | held connections",
        after=(client(processes=400),), warm_up=600.0,
    ),
)  # fmt: skip

#: Sections of the guide for which nothing is staged, and why.
NOT_MEASURED: Mapping[str, str] = {
    "share-between-databases": "the twin knows no databases; what a bound does to a client that "
    "sends bursts is measured under [bursts](#bound-fan-out)",
    "steady-machine": "to the twin a standstill is one, whatever its cause: what shorter ones "
    "bring is measured under [JVM pauses](#shorten-gc-pauses)",
    "mend-connecting": "what fails before Bolt begins costs no thread, so there is nothing to "
    "count at the server",
    "upgrade-past-defect": "every defect is another",
    "raise-os-thread-limit": "the twin can always start a thread",
    "driver-pools": "see the pairs of [fleets](#divide-client-pools) and of "
    "[a driver's own pool](#raise-client-pool)",
    "count-rejections": "it changes what is written, not what is rejected",
}
