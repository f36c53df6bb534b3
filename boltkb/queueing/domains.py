"""What a parameter of a model may be, and the error that names the one that is not.

Knows numbers and units; knows no model.
"""

from __future__ import annotations

import math

import numpy as np

from boltkb.errors import ModelError

__all__ = [
    "checked_rate",
    "checked_rates",
    "checked_share",
    "checked_time",
    "checked_whole",
]

RATE = "a rate per second"


def checked_whole(name: str, value: object, *, least: int = 1) -> int:
    """Return a whole number as an int.

    Parameters
    ----------
    name : str
        The parameter, as the error names it.
    value : object
    least : int
        The smallest that is allowed.

    Raises
    ------
    ModelError
        Not a number, not whole, NaN, infinite or below `least`.

    Examples
    --------
    >>> checked_whole("servers", 8.0)
    8
    """
    number = isinstance(value, int | float | np.integer | np.floating)
    if number and not isinstance(value, bool) and math.isfinite(value):  # type: ignore[arg-type]
        whole = int(value)  # type: ignore[call-overload]
        if whole == value and whole >= least:
            return int(whole)
    raise ModelError(name, f"a whole number, {least} or more", value)


def checked_rate(name: str, value: float, domain: str, *, zero: bool = False) -> float:
    """Return a finite number above 0, or from 0 on.

    Parameters
    ----------
    name : str
        The parameter, as the error names it.
    value : float
    domain : str
        What the parameter is, with its unit: "a rate per second".
    zero : bool
        Whether 0 is allowed.

    Raises
    ------
    ModelError
        NaN, infinite, negative, or 0 where that is not allowed.

    Examples
    --------
    >>> checked_rate("service_rate", 2, "a rate per second")
    2.0
    """
    number = isinstance(value, int | float | np.integer | np.floating)
    if not (number and math.isfinite(value) and (value > 0 or (zero and value == 0))):
        raise ModelError(name, f"{domain}, " + ("0 or more" if zero else "above 0"), value)
    return float(value)


def checked_rates(name: str, rate: float, service_rate: float) -> None:
    """Refuse a rate of arrivals or requests and a service rate that make no finite load.

    Parameters
    ----------
    name : str
        The first rate, as the error names it.
    rate : float, per second, >= 0
    service_rate : float, per second, > 0

    Raises
    ------
    ModelError
        Either outside its domain, or their quotient beyond the doubles.

    Examples
    --------
    >>> checked_rates("arrival_rate", 12.5, 2.5)
    """
    checked_rate("service_rate", service_rate, RATE)
    checked_rate(name, rate, RATE, zero=True)
    if not math.isfinite(rate / service_rate):
        raise ModelError(name, "a rate that makes a finite load with the service rate", rate)


def checked_share(name: str, value: float) -> float:
    """Return a share.

    Parameters
    ----------
    name : str
        The parameter, as the error names it.
    value : float, in [0, 1]

    Raises
    ------
    ModelError
        NaN or outside, by name.

    Examples
    --------
    >>> checked_share("retry_probability", 1)
    1.0
    """
    if not (isinstance(value, int | float | np.integer | np.floating) and 0 <= value <= 1):
        raise ModelError(name, "a share from 0 to 1", value)
    return float(value)


def checked_time(time: float) -> float:
    """Return a time, which may be infinite.

    Parameters
    ----------
    time : float, seconds, >= 0

    Raises
    ------
    ModelError
        NaN or negative.

    Examples
    --------
    >>> checked_time(1)
    1.0
    """
    if not (isinstance(time, int | float | np.integer | np.floating) and time >= 0):
        raise ModelError("time", "seconds, 0 or more", time)
    return float(time)
