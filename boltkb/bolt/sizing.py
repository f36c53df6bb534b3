"""How many threads a target needs: the theory's answer, in the words of a thread pool.

Part of the bridge.
"""

from __future__ import annotations

from boltkb.errors import ParameterError
from boltkb.queueing import Fit, Sizing, size_servers

__all__ = ["size_threads"]


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
