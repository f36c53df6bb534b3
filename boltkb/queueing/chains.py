"""Chains of states that move one step at a time: their law, and the waits it means.

Pure functions of rates.  Nothing here knows what a state stands for.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from boltkb.queueing.erlang import FloatArray

__all__ = ["birth_death_law", "staged_wait"]

#: Products below this have lost digits; logarithms take over.
SMALL = 1e-280


def birth_death_law(ratios: FloatArray) -> FloatArray:
    """Return the stationary law of a chain from its ratios of up to down.

    Parameters
    ----------
    ratios : (n,) array, >= 0
        Rate from state k to k + 1 over the rate from k + 1 to k.  A zero ends the chain.

    Returns
    -------
    (n + 1,) array
        Probabilities of the states 0 to n; each to a few roundings a step of its distance
        from the likeliest state.

    Notes
    -----
    Products of the ratios outward from the likeliest state (Kleinrock 1975, section 3.1), so
    that nothing overflows; no logarithm is taken where a product holds.

    Examples
    --------
    >>> birth_death_law(np.array([1.0, 0.5])).tolist()
    [0.4, 0.4, 0.2]
    """
    with np.errstate(divide="ignore"):
        logs = np.append(0.0, np.cumsum(np.log(ratios)))
    mode = int(np.argmax(logs))
    weights = np.empty(len(logs))
    weights[mode] = 1.0
    with np.errstate(under="ignore"):
        weights[mode + 1 :] = np.cumprod(ratios[mode:])
        weights[:mode] = np.cumprod(1.0 / ratios[:mode][::-1])[::-1]
        lost = weights < SMALL
        weights[lost] = np.exp(logs[lost] - logs[mode])
    return np.asarray(weights / weights.sum())


def staged_wait(weights: FloatArray, rate: float, time: float) -> float:
    """Return the probability that a wait of several exponential stages exceeds a time.

    Parameters
    ----------
    weights : (m,) array
        Probability that the wait has 1, 2, ..., m stages; the rest do not wait.
    rate : float, per second, > 0
        Of each stage.
    time : float, seconds, >= 0

    Returns
    -------
    float

    Notes
    -----
    The sum of ``weights[j] Q(j + 1, rate time)``, Q the regularised upper incomplete gamma
    function: Erlang's law of j + 1 stages.

    Examples
    --------
    >>> round(staged_wait(np.array([0.5]), 1.0, 1.0), 6)
    0.18394
    """
    if len(weights) == 0:
        return 0.0
    stages = np.arange(1.0, len(weights) + 1.0)
    return float(weights @ special.gammaincc(stages, rate * time))
