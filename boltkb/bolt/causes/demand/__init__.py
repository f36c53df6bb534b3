"""Causes of too much work, or of work that changed: bursts, fleets, retries, slow queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause
from boltkb.bolt.causes.demand.burst_fan_out import weigh_burst_fan_out
from boltkb.bolt.causes.demand.cpu_saturation import weigh_cpu_saturation
from boltkb.bolt.causes.demand.database_starvation import weigh_database_starvation
from boltkb.bolt.causes.demand.fleet_times_pool import weigh_fleet_times_pool
from boltkb.bolt.causes.demand.leader_hot_spot import weigh_leader_hot_spot
from boltkb.bolt.causes.demand.pauses import weigh_gc_pauses, weigh_host_stall
from boltkb.bolt.causes.demand.pool_too_small import weigh_pool_too_small
from boltkb.bolt.causes.demand.queue_enabled import weigh_queue_enabled
from boltkb.bolt.causes.demand.retry_storm import weigh_retry_storm
from boltkb.bolt.causes.demand.rolling_deploy import weigh_rolling_deploy
from boltkb.bolt.causes.demand.slow_queries import weigh_slow_queries

__all__ = ["RULES", "weigh_pool_too_small"]

#: What weighs each of these causes, by its id.
RULES: Mapping[str, Callable[[Case], Cause]] = {
    "burst_fan_out": weigh_burst_fan_out,
    "cpu_saturation": weigh_cpu_saturation,
    "database_starvation": weigh_database_starvation,
    "fleet_times_pool": weigh_fleet_times_pool,
    "gc_pauses": weigh_gc_pauses,
    "host_stall": weigh_host_stall,
    "leader_hot_spot": weigh_leader_hot_spot,
    "queue_enabled": weigh_queue_enabled,
    "retry_storm": weigh_retry_storm,
    "rolling_deploy": weigh_rolling_deploy,
    "slow_queries": weigh_slow_queries,
}
