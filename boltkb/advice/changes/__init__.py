"""What to change for good, by cause: a table from each cause to what builds its changes.

`too_small`, `held`, `too_many` and `elsewhere` have the builders, grouped as the catalogue groups
causes; `pools` and `timeouts` what several of them need; `change` the noun and its makers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from boltkb.advice.changes import elsewhere, held, timeouts, too_many, too_small
from boltkb.advice.changes.change import Change, change_setting
from boltkb.advice.situation import Situation

__all__ = ["LATER", "WITHOUT", "Change", "lasting_changes", "without_the_server"]

#: What to change for good, by the cause's id; the most effective first.
LATER: Mapping[str, Callable[[Situation], tuple[Change, ...]]] = {
    "bookmark_wait": held.shorten_bookmark_waits,
    "burst_fan_out": too_many.bound_fan_out,
    "client_pool_too_small": elsewhere.larger_client_pools,
    "client_think_time": held.shorten_think_time,
    "connect_failure": elsewhere.mend_connecting,
    "cpu_saturation": held.spare_processors,
    "database_starvation": held.share_databases,
    "driver_per_request": too_many.keep_driver,
    "fleet_times_pool": too_many.divide_pools,
    "gc_pauses": held.shorten_pauses,
    "half_open_sockets": elsewhere.check_connections,
    "host_stall": held.steady_machine,
    "known_defect": elsewhere.upgrade,
    "leader_hot_spot": too_many.spread_members,
    "leaked_transactions": held.close_transactions,
    "load_balancer_cut": elsewhere.outlive_no_cut,
    "lock_contention": held.shorten_lock_waits,
    "os_thread_limit": elsewhere.raise_os_limit,
    "pool_too_small": too_small.more_threads,
    "queue_enabled": too_small.no_queue,
    "retry_storm": too_many.bound_retries,
    "rolling_deploy": too_many.deploy_in_steps,
    "slow_authentication": held.shorten_sign_ins,
    "slow_commit": held.shorten_commits,
    "slow_consumer": held.read_at_once,
    "slow_queries": held.shorten_queries,
    "transaction_limit": elsewhere.raise_transaction_limit,
}

#: What clients can do alone, by the cause's id, where the change above is the server's.
WITHOUT: Mapping[str, Callable[[Situation], tuple[Change, ...]]] = {
    "bookmark_wait": timeouts.bound_in_clients,
    "cpu_saturation": too_small.without_the_server,
    "gc_pauses": too_small.without_the_server,
    "leaked_transactions": timeouts.bound_in_clients,
    "lock_contention": timeouts.bound_in_clients,
    "os_thread_limit": too_small.without_the_server,
    "pool_too_small": too_small.without_the_server,
    "queue_enabled": too_small.without_the_server,
    "slow_consumer": timeouts.bound_in_clients,
    "transaction_limit": too_small.without_the_server,
}


#: Versions before it log each rejection.
_COUNTS = "bolt-error-accounting"


def lasting_changes(situation: Situation) -> tuple[Change, ...]:
    """Return what to change for good, the most effective first; empty where nothing is wrong.

    Where Neo4j runs the server only what clients can do is left.
    """
    cause = situation.diagnosis.cause
    found = () if cause is None else LATER[cause](situation)
    uncounted = situation.diagnosis.rejected.how in {"episodes", "estimated"}
    if cause is None and uncounted and situation.has(_COUNTS):
        found = (
            change_setting(
                situation,
                "count-rejections",
                _COUNTS,
                "false",
                why="Each rejection then leaves a line of its own, so that they can be counted.",
                expected="Nothing for the clients; the next report counts instead of estimating.",
            ),
        )
    if not situation.managed:
        return found
    instead = () if cause is None or cause not in WITHOUT else WITHOUT[cause](situation)
    return _once((*(change for change in found if not change.on_server), *instead))


def without_the_server(situation: Situation) -> tuple[Change, ...]:
    """Return what clients can do instead, for a reader who cannot change the server.

    Empty where nothing on the server is to be changed, or where Neo4j runs it: then the lasting
    changes are the clients' already.
    """
    cause = situation.diagnosis.cause
    if cause is None or cause not in WITHOUT or situation.managed:
        return ()
    listed = {change.name for change in LATER[cause](situation)}
    return tuple(change for change in WITHOUT[cause](situation) if change.name not in listed)


def _once(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    return tuple({change.name: change for change in changes}.values())
