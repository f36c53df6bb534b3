"""How many threads a target needs: the theory's answer, in the words of a thread pool.

Part of the bridge.
"""

from __future__ import annotations

import numpy as np

from boltkb.errors import ParameterError
from boltkb.queueing import Estimate, Fit, Sizing, servers_for_wait, size_servers
from boltkb.queueing.evidence import blocking_of

__all__ = ["rejection_if", "size_client_pool", "size_threads"]

#: The unit of a share of attempts.
_SHARE = "probability"


def size_threads(fit: Fit, *, rejection: float = 0.001) -> Sizing:
    """Return the threads that keep rejections to a target, for the load of this window.

    Parameters
    ----------
    fit : Fit
    rejection : float, 0 < rejection < 1
        The share of thread acquisitions that may be rejected.

    Returns
    -------
    Sizing
        Declined, with its reason, where the fit was refused.

    Raises
    ------
    ParameterError
        When the target is no probability strictly between 0 and 1.
    """
    if not 0 < rejection < 1:
        raise ParameterError(
            f"`target_rejection` must lie strictly between 0 and 1; got {rejection!r}"
        )
    return size_servers(fit, blocking=rejection)


def rejection_if(fit: Fit, *, threads: int | None = None, load: float = 1.0) -> Estimate:
    """Return the share of attempts that would be rejected, had threads or load been others.

    Of the window that was fitted, hold for hold; nothing is said of other days.

    Parameters
    ----------
    fit : Fit
    threads : int, optional, >= 1
        The pool's size; what it was, where left out.
    load : float, >= 0
        What the offered load is multiplied by: 0.5 for holds half as long.

    Returns
    -------
    Estimate
        Absent, with the reason, where the fit was refused or the threads are unknown; without an
        interval where it is doubtful.

    Raises
    ------
    ParameterError
        For fewer than one thread, or a negative factor.

    Examples
    --------
    >>> from boltkb.queueing import fit_queue, simulate_loss
    >>> run = simulate_loss(servers=8, arrival_rate=12.5, mean_hold=0.4, duration=600.0, seed=1)
    >>> fit = fit_queue(run.observe(1.0))
    >>> rejection_if(fit, threads=16).value < rejection_if(fit).value
    True
    """
    if threads is not None and threads < 1:
        raise ParameterError(f"`threads` must be 1 or more; got {threads!r}")
    if not load >= 0:
        raise ParameterError(f"`load` must be 0 or more; got {load!r}")
    count = fit.observations.servers if threads is None else threads
    if fit.verdict == "REFUSED" or not fit.load_draws.size:
        return Estimate(None, None, None, _SHARE, "the fit was refused, so nothing follows from it")
    if count is None:
        return Estimate(None, None, None, _SHARE, "the number of threads is unknown")
    if fit.observations.waits:
        return Estimate(None, None, None, _SHARE, "this pool queues, so that requests wait instead")
    chances = blocking_of(count, fit.load_draws * load, fit.load_weights)
    low, middle, high = np.quantile(chances, [0.025, 0.5, 0.975]).tolist()
    how = "by Erlang B, for the load of this window"
    if fit.offered_load.low is None:
        return Estimate(middle, None, None, _SHARE, f"{how}; no interval: the fit is doubtful")
    return Estimate(middle, low, high, _SHARE, how)


def size_client_pool(
    load: float, *, hold: float | None, acquisition_timeout: float, share: float = 0.001
) -> int:
    """Return the smallest connection pool in which few requests outwait their time-out.

    A client's pool queues: M/M/c with the connections as servers (Erlang 1917), first come first
    served.

    Parameters
    ----------
    load : float, erlangs, >= 0
        Connections in use on average, were there enough.
    hold : float or None, s, > 0
        Mean time that a request keeps a connection; None where it is not known, then no wait at
        all is counted on.
    acquisition_timeout : float, s, >= 0
    share : float, 0 < share < 1
        The share of requests that may wait longer.

    Returns
    -------
    int, >= 1

    Examples
    --------
    >>> size_client_pool(5.0, hold=0.4, acquisition_timeout=60.0)
    6
    >>> size_client_pool(5.0, hold=None, acquisition_timeout=60.0)
    14
    """
    if load <= 0:
        return 1
    if hold is None:
        return servers_for_wait(load, 1.0, share, 0.0)
    return servers_for_wait(load / hold, 1.0 / hold, share, acquisition_timeout)
