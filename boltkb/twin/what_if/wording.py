"""Estimates in few words, as the cells of a table and a headline need them."""

from __future__ import annotations

from boltkb.queueing import Estimate
from boltkb.tables import number, share, span

__all__ = ["MARK", "PROBABILITY", "bare", "in_short", "time_of"]

#: Stands under every table, so that nobody takes a simulation for a server.
MARK = "Simulated: no server ran."
PROBABILITY = "probability"
#: Shares below this are only told to be below it.
_LEAST = 1e-5
#: Times below this as well, s.
_BRIEF = 1e-4


def bare(told: Estimate) -> str:
    """Return an estimated share without its interval.

    Examples
    --------
    >>> bare(Estimate(0.0, 0.0, 0.001, "probability"))
    'none'
    """
    if told.value is None:
        return "an unknown share"
    return share(told.value) if told.value > 0 else "none"


def in_short(told: Estimate) -> str:
    r"""Return an estimate with its interval in brackets.

    Examples
    --------
    >>> in_short(Estimate(0.043, 0.04, 0.045, "probability")).replace("\u202f", " ")
    '4.3 % (4.0 % to 4.5 %)'
    >>> in_short(Estimate(0.0, 0.0, 0.001, "probability")).replace("\u202f", " ")
    'none seen (at most 0.10 %)'
    """
    low, high = told.low, told.high
    if told.value is None:
        return "unknown"
    if told.unit == PROBABILITY:
        if told.value == 0:
            most = high or 0.0
            return f"none seen ({'' if most < _LEAST else 'at most '}{share(most)})"
        if told.value < _LEAST:
            return share(told.value)
        return f"{share(told.value)} ({share(low)} to {share(high)})"
    if told.unit == "s":
        words = [time_of(seconds or 0.0) for seconds in (told.value, low, high)]
        return words[0] if len(set(words)) == 1 else f"{words[0]} ({words[1]} to {words[2]})"
    half = None if low is None or high is None else (high - low) / 2
    ends = f"{number(low, uncertainty=half)} to {number(high, uncertainty=half)}"
    return f"{number(told.value, uncertainty=half)} ({ends})"


def time_of(seconds: float) -> str:
    """Return a time in words; 0 stays 0, and what is next to nothing is told so.

    Examples
    --------
    >>> time_of(0.0), time_of(0.0123), time_of(2e-5)
    ('0 s', '12 ms', 'below 0.1 ms')
    """
    if 0 < seconds < _BRIEF:
        return "below 0.1 ms"
    return "0 s" if seconds == 0 else span(seconds)
