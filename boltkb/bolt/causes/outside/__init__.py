"""Causes that are not the thread pool's: drivers, networks, other limits.

Each rule stands in a file named after its cause; `looking` has what they look at together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause
from boltkb.bolt.causes.outside.client_pool_too_small import weigh_client_pool_too_small
from boltkb.bolt.causes.outside.connect_failure import weigh_connect_failure
from boltkb.bolt.causes.outside.driver_per_request import weigh_driver_per_request
from boltkb.bolt.causes.outside.half_open_sockets import weigh_half_open_sockets
from boltkb.bolt.causes.outside.known_defect import weigh_known_defect
from boltkb.bolt.causes.outside.load_balancer_cut import weigh_load_balancer_cut
from boltkb.bolt.causes.outside.os_thread_limit import weigh_os_thread_limit
from boltkb.bolt.causes.outside.transaction_limit import weigh_transaction_limit

__all__ = ["RULES"]

#: What weighs each of these causes, by its id.
RULES: Mapping[str, Callable[[Case], Cause]] = {
    "client_pool_too_small": weigh_client_pool_too_small,
    "connect_failure": weigh_connect_failure,
    "driver_per_request": weigh_driver_per_request,
    "half_open_sockets": weigh_half_open_sockets,
    "known_defect": weigh_known_defect,
    "load_balancer_cut": weigh_load_balancer_cut,
    "os_thread_limit": weigh_os_thread_limit,
    "transaction_limit": weigh_transaction_limit,
}
