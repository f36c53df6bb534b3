"""What the kernel's arrays hold: one record per thing, one name per number.

A state is a handful of arrays of records, so that the compiled loop touches no Python object.
Times are seconds since the start of the run; an index of -1 means none.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = [
    "CLIENT",
    "CONNECTION",
    "DRIVER",
    "EXECUTOR",
    "LAW",
    "LOCK",
    "MEMBER",
    "POOL",
    "RECORD_WIDTH",
    "REQUEST",
    "SAMPLE_WIDTH",
    "WORLD",
    "State",
]

Array = npt.NDArray[np.void]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

#: Columns of a record of what happened, and of a sample of gauges and counters.
RECORD_WIDTH = 16
SAMPLE_WIDTH = 35


def _record(integers: str, floats: str) -> np.dtype[np.void]:
    fields = [(name, "i8") for name in integers.split()] + [(n, "f8") for n in floats.split()]
    return np.dtype(fields, align=True)


WORLD = _record(
    "order heap records samples want free_connection free_request spare_connections "
    "spare_requests requests events members clients records_room samples_room heap_room ring",
    "now sample_every",
)
MEMBER = _record(
    "rejection modern binding revalidates transaction_limit hello_law house_law pause_law "
    "pause_gap_law paused working waiting_client waiting_lock waiting_bookmark heap opened closed "
    "running received started done failed transactions active committed rolled_back terminated "
    "peak serial asked refused ended pauses hello_messages first_lock locks batch_limit "
    "unseen",
    "cores linger transaction_timeout consume_limit hand_back resubmit sign_in_timeout "
    "virtual at demand speed resume_at queue_time processing_time held_seconds pause_seconds",
)
EXECUTOR = _record(
    "core most room size busy idle first queue_head queue_tail queued completed workers peak",
    "keep_alive trim_at",
)
DRIVER = _record("client generation turn", "")
POOL = _record(
    "client member driver retired in_use creating idle idle_head idle_tail wait_head wait_tail "
    "waiting burst_before",
    "burst_at timer_at pruned_at",
)
CONNECTION = _record(
    "state member executor pool client request serial next prev queue_next lock_next stamp task "
    "phase queries worker lock messages in_transaction result broken leaky overdue held "
    "expired behind counted again",
    "sent pending opened idle_since asked start worked client_wait lock_wait since "
    "transaction_start cpu",
)
REQUEST = _record(
    "client driver member serial tries next prev stamp user dead waiting timed connection line",
    "arrived failed_first wanted begun waited",
)
CLIENT = _record(
    "direct unix drivers first_driver pool_size reuse waiters pending_cap purge_wakes "
    "checks_on_release prunes managed clock_from_call least_tries step_first retry_full "
    "retry_timeout retry_dead per_request transaction messages shared_line clock_covers "
    "stops_at pipelined_law work_law think_law commit_law read_law bookmark_law queries_law "
    "load users batch table table_size position gap_law spread_law left",
    "acquisition_timeout lifetime liveness poll delay multiplier jitter budget connect latency "
    "writes lock_share leak_share read_share bookmark_share cpu timeout cut_after rate period "
    "from_time until overlap wakes_after hangs_up_after",
)
LAW = _record("kind table size", "mean a b")
LOCK = _record("owner head tail", "")


class State(NamedTuple):
    """Everything a run knows, in the order in which the compiled code declares it."""

    world: Array
    members: Array
    executors: Array
    drivers: Array
    pools: Array
    connections: Array
    requests: Array
    clients: Array
    laws: Array
    locks: Array
    idle_workers: Integers
    idle_since: Floats
    times: Floats
    order: Integers
    what: Integers
    finish: Floats
    finisher: Integers
    clocks: Floats
    random: npt.NDArray[np.uint64]
    records: Floats
    samples: Floats
    table: Floats
