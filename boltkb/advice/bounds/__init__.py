"""Both bounds on the clients' pools: their own demand below, the server's threads above.

demand x headroom  <=  sum of all client pools  <=  threads - reserve
"""

from boltkb.advice.bounds.dividing import HEADROOM, find_bounds
from boltkb.advice.bounds.records import Application, Bounds, deadlock_floor

__all__ = ["HEADROOM", "Application", "Bounds", "deadlock_floor", "find_bounds"]
