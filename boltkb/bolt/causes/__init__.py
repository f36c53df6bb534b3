"""The causes that trouble with a pool can have, each weighed: evidence for, against, and missing.

Part of the bridge.  A rule is a function of a `Case`, one for each id of the catalogue's
`causes.toml`; `held` has the causes that keep threads taken, `demand` those of too much or changed
work, `outside` those that are not the pool's.  A cause is never supported for want of another:
what cannot be told is said, with what would tell it.
"""

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause
from boltkb.bolt.causes.weighing import weigh_causes, would_tell

__all__ = ["Case", "Cause", "weigh_causes", "would_tell"]
