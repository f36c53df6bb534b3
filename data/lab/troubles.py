"""The named scenarios whose trouble, or lack of it, lies in how clients and server behave.

Each provokes on the real server what its situation says. It must not know the server, the
driver or any file.
"""

from __future__ import annotations

from collections.abc import Callable

from data.lab.choices import Choice
from data.lab.streams import Client, Looks, Scenario, Stalls, Stream

SHOP = "shop-api/2.3"


#: A heap, MiB, that one report fills.
_SMALL_HEAP = 320


def _burst_fan_out(choice: Choice) -> Scenario:
    hold, every = choice.hold or 1.0, choice.burst_every or 25.0
    size = choice.burst_size or 200
    return Scenario(
        name="burst-fan-out",
        cause="burst_fan_out",
        situation="burst_fan_out",
        threads=16,
        clients=(
            Client(SHOP, instances=2, warm=4),
            Client("import-job/0.9", warm=12, pool=choice.client_pool or 400),
        ),
        streams=(
            Stream(SHOP, "work", choice.rate or 6.0, 0.1, retries=choice.retries),
            Stream("import-job/0.9", "burst", 1.0 / every, hold, size=size, retries=choice.retries),
        ),
        # Only what was taken at once holds a thread, and no longer than its work.
        looks=Looks(start=0.2, patience=1.5 * every, gap=4.0, share=0.7),
    )


def _fleet_times_pool(choice: Choice) -> Scenario:
    rate, hold = choice.rate or 10.0, choice.hold or 0.75
    processes = choice.processes or 12
    worker = Client(
        "worker/4.0",
        instances=2 * processes,
        warm=1,
        pool=choice.client_pool,
        later=processes,
        start=0.4,
        logged=2,
    )
    return Scenario(
        name="fleet-times-pool",
        cause="fleet_times_pool",
        situation="fleet_times_pool",
        threads=16,
        clients=(worker,),
        streams=(
            Stream(worker.agent, "work", rate, hold, end=worker.start, retries=choice.retries),
            Stream(
                worker.agent, "work", 2 * rate, hold, start=worker.start, retries=choice.retries
            ),
        ),
    )


def _lock_contention(choice: Choice) -> Scenario:
    rate, hold = choice.rate or 2.9, choice.hold or 0.4
    return Scenario(
        name="lock-contention",
        cause="lock_contention",
        situation="lock_contention",
        threads=16,
        clients=(
            Client("order-api/3.1", instances=3, warm=4, pool=choice.client_pool),
            Client(SHOP, instances=1, warm=3, pool=choice.client_pool),
        ),
        streams=(
            Stream(
                "order-api/3.1",
                "lock",
                rate,
                hold,
                spots=choice.spots or 1,
                retries=choice.retries,
            ),
            Stream(SHOP, "work", 2.0, 0.05, retries=choice.retries),
        ),
    )


def _slow_consumer(choice: Choice) -> Scenario:
    rate, read = choice.rate or 1.1, choice.think or 10.0
    all_at_once = choice.fetch == -1
    etl = Client("etl/0.3", instances=2, warm=4, pool=choice.client_pool)
    return Scenario(
        name="slow-consumer",
        cause="slow_consumer",
        situation="slow_consumer",
        threads=16,
        clients=(etl, Client(SHOP, instances=1, warm=3, pool=choice.client_pool)),
        streams=(
            Stream(
                etl.agent,
                "read",
                rate,
                0.0,
                think=read,
                # What is sent at once must be more than the buffers on the way take.
                rows=800 if all_at_once else 400,
                width=10_000 if all_at_once else 200,
                fetch=choice.fetch or 20,
                retries=choice.retries,
            ),
            Stream(SHOP, "work", 3.0, choice.hold or 0.05, retries=choice.retries),
        ),
    )


def _driver_per_request(choice: Choice) -> Scenario:
    agent = "cloud-function/1.0"
    return Scenario(
        name="driver-per-request",
        cause="driver_per_request",
        situation="driver_per_request",
        threads=16,
        clients=(
            Client(agent, warm=0),
            Client(SHOP, instances=2, warm=3, pool=choice.client_pool),
        ),
        streams=(
            Stream(agent, "fresh", choice.rate or 9.0, choice.hold or 0.05, retries=choice.retries),
            Stream(SHOP, "work", 1.0, 0.05),
        ),
        looks=Looks(patience=2.0, gap=4.0),
    )


def _idle_plateau(choice: Choice) -> Scenario:
    processes = choice.processes or 4
    burst = Stream(
        SHOP,
        "burst",
        1.0 / (choice.burst_every or 9.0),
        choice.hold or 0.6,
        size=choice.burst_size or 220,
        end=0.12,
    )
    return Scenario(
        name="idle-plateau",
        cause=None,
        situation="idle_plateau",
        threads=300,
        clients=(Client(SHOP, instances=processes, warm=4, pool=choice.client_pool),),
        streams=(
            burst,
            Stream(SHOP, "work", choice.rate or 3.0, 0.08, retries=choice.retries),
        ),
        # The threads of the burst are gone when the dumps are taken; its connections are not.
        settings=("server.bolt.thread_pool_keep_alive=30s",),
        looks=Looks(patience=1.0, gap=5.0),
    )


def _load_balancer_cut(choice: Choice) -> Scenario:
    return Scenario(
        name="load-balancer-cut",
        cause="load_balancer_cut",
        situation="load_balancer_cut",
        threads=16,
        clients=(
            Client(
                SHOP,
                instances=choice.processes or 6,
                warm=3,
                pool=choice.client_pool,
                cut_after=choice.cut_after or 12.0,
                logged=2,
                wire=True,
            ),
        ),
        streams=(
            Stream(SHOP, "work", choice.rate or 0.6, choice.hold or 0.05, retries=choice.retries),
        ),
        looks=Looks(patience=1.0, gap=5.0),
    )


def _client_pool_too_small(choice: Choice) -> Scenario:
    pool = choice.client_pool or 4
    return Scenario(
        name="client-pool-too-small",
        cause="client_pool_too_small",
        situation="client_pool_too_small",
        threads=32,
        clients=(Client(SHOP, warm=pool, pool=pool, patience=3.0, log_bytes=120_000),),
        streams=(
            Stream(SHOP, "work", choice.rate or 17.0, choice.hold or 0.3, retries=choice.retries),
        ),
        looks=Looks(patience=3.0, gap=6.0, full=pool),
    )


def _slow_queries(choice: Choice) -> Scenario:
    rate, hold, half = choice.rate or 10.0, choice.hold or 0.2, 0.5
    clients = (Client(SHOP, instances=3, warm=6, pool=choice.client_pool),)
    before = Stream(SHOP, "work", rate, hold, shape="lognormal", end=half, retries=choice.retries)
    return Scenario(
        name="slow-queries",
        cause="slow_queries",
        situation="slow_queries",
        threads=16,
        clients=clients,
        streams=(
            before,
            Stream(
                SHOP,
                "work",
                rate,
                8 * hold,
                shape="lognormal",
                start=half,
                retries=choice.retries,
            ),
        ),
    )


def _transaction_limit(choice: Choice) -> Scenario:
    limit = choice.limit or 6
    return Scenario(
        name="transaction-limit",
        cause="transaction_limit",
        situation="transaction_limit",
        threads=16,
        clients=(Client(SHOP, instances=3, warm=1, pool=choice.client_pool),),
        streams=(
            Stream(SHOP, "work", choice.rate or 14.0, choice.hold or 0.4, retries=choice.retries),
        ),
        settings=(f"db.transaction.concurrent.maximum={limit}",),
        looks=Looks(full=limit),
    )


def _retry_storm(choice: Choice) -> Scenario:
    rate, hold = choice.rate or 20.0, choice.hold or 0.6
    return Scenario(
        name="retry-storm",
        cause="retry_storm",
        situation="retry_storm",
        threads=16,
        clients=(Client(SHOP, instances=3, warm=6, pool=choice.client_pool or 400),),
        streams=(
            Stream(SHOP, "work", rate, hold, retries=True),
            Stream(
                SHOP,
                "burst",
                1.0 / (choice.burst_every or 50.0),
                hold,
                size=choice.burst_size or 250,
                end=0.5,
                retries=True,
            ),
        ),
        looks=Looks(start=0.35),
    )


def _bookmark_wait(choice: Choice) -> Scenario:
    rate, wait = choice.rate or 0.9, choice.wait or 12.0
    return Scenario(
        name="bookmark-wait",
        cause="bookmark_wait",
        situation="bookmark_wait",
        threads=16,
        clients=(
            Client("order-api/3.1", instances=2, warm=4, pool=choice.client_pool),
            Client(SHOP, instances=2, warm=3, pool=choice.client_pool),
        ),
        streams=(
            Stream("order-api/3.1", "bookmark", rate, 0.05, retries=choice.retries),
            Stream(SHOP, "work", 6.0, choice.hold or 0.1, retries=choice.retries),
        ),
        settings=(f"db.transaction.bookmark_ready_timeout={wait:g}s",),
    )


def _host_stall(choice: Choice) -> Scenario:
    every = choice.stall_every or 24.0
    return Scenario(
        name="host-stall",
        cause="host_stall",
        situation="host_stall",
        threads=16,
        clients=(Client(SHOP, instances=4, warm=8, pool=choice.client_pool),),
        streams=(
            Stream(SHOP, "work", choice.rate or 16.0, choice.hold or 0.15, retries=choice.retries),
        ),
        looks=Looks(start=0.3, patience=1.5 * every, gap=4.0),
        stalls=Stalls(every, choice.stall or 2.5),
    )


def _gc_pauses(choice: Choice) -> Scenario:
    """Stage pauses by the collector: a report fills a small heap again and again."""
    heap = choice.heap or _SMALL_HEAP
    return Scenario(
        name="gc-pauses",
        cause="gc_pauses",
        situation="gc_pauses",
        threads=8,
        clients=(
            Client(SHOP, instances=3, warm=5, pool=choice.client_pool),
            Client("report-job/1.1", warm=1),
        ),
        streams=(
            Stream(SHOP, "work", choice.rate or 14.0, choice.hold or 0.1, retries=choice.retries),
            Stream("report-job/1.1", "heap", 0.12, 1.0, rows=1250 * heap),
        ),
        # So that one report runs at a time, and the heap does not run over.
        settings=(f"dbms.memory.transaction.total.max={heap // 2}m",),
        looks=Looks(start=0.3, patience=45.0, gap=4.0, share=0.7),
        heap=heap,
    )


TROUBLES: dict[str, Callable[[Choice], Scenario]] = {
    "burst-fan-out": _burst_fan_out,
    "fleet-times-pool": _fleet_times_pool,
    "lock-contention": _lock_contention,
    "slow-consumer": _slow_consumer,
    "driver-per-request": _driver_per_request,
    "idle-plateau": _idle_plateau,
    "load-balancer-cut": _load_balancer_cut,
    "client-pool-too-small": _client_pool_too_small,
    "slow-queries": _slow_queries,
    "transaction-limit": _transaction_limit,
    "retry-storm": _retry_storm,
    "bookmark-wait": _bookmark_wait,
    "gc-pauses": _gc_pauses,
    "host-stall": _host_stall,
}
