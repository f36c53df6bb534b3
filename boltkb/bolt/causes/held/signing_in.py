"""How many threads can be signing clients in at most, by the connections that were opened."""

from __future__ import annotations

import numpy as np

from boltkb.bolt.causes.case import Case
from boltkb.bolt.thread_time import DUMPS

__all__ = ["SIGN_IN_LIMIT", "most_signing_in"]

#: What a connection may take to sign in unless that was set, s (`bolt-unauthenticated-timeout`).
SIGN_IN_LIMIT = 30.0


def most_signing_in(case: Case) -> float | None:
    """Return the most threads that can have been signing clients in on average.

    Each connection signs in once when it is opened, and is closed if that takes longer than its
    limit; and thread dumps show who was signing in.  None where neither tells: it is not known how
    many were opened, or the limit was changed.
    """
    bounds = [bound for bound in (_by_connections(case), _by_dumps(case)) if bound is not None]
    return min(bounds, default=None)


def _by_dumps(case: Case) -> float | None:
    look = case.thread_time.look(DUMPS)
    if look is None or not look.of_incident:
        return None
    return look.interval("authenticating")[1] * look.held


def _by_connections(case: Case) -> float | None:
    series = case.export.series.get("connections_opened")
    if series is None or case.export.setting("bolt-unauthenticated-timeout") is not None:
        return None
    seen = case.seen
    inside = (series.times >= seen.start) & (series.times <= seen.end)
    times, values = series.times[inside], series.values[inside]
    if times.size < 2:
        return None
    steps = np.diff(values)
    opened = float(steps[steps > 0].sum())
    return opened / float(times[-1] - times[0]) * SIGN_IN_LIMIT
