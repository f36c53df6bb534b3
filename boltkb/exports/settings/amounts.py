"""Amounts as configurations write them: bytes, and processors of Kubernetes.

Knows units; not what is counted.
"""

from __future__ import annotations

import re

__all__ = ["amount"]

_AMOUNT = re.compile(r"(?P<number>\d{1,18}(?:\.\d{1,9})?)\s?(?P<unit>[a-z]{0,3})", re.IGNORECASE)
_BINARY = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_DECIMAL = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}


def amount(text: str, *, java: bool = False) -> float | None:
    """Return an amount in bytes, or in processors; None for anything else.

    Parameters
    ----------
    text : str
        `4Gi`, `500m` (thousandths of a processor) or `2` of Kubernetes; `4g` of Java.
    java : bool
        Whether units are those of Java, powers of 1024 in either case.

    Examples
    --------
    >>> amount("4Gi"), amount("500m"), amount("512m", java=True), amount("much")
    (4294967296.0, 0.5, 536870912.0, None)
    """
    found = _AMOUNT.fullmatch(text.strip()[:40])
    if found is None:
        return None
    number, unit = float(found["number"]), found["unit"]
    if not unit:
        return number
    if java or unit[1:] in {"i", "iB"}:
        size = _BINARY.get(unit[0].lower())
        return None if size is None else number * size
    if unit == "m":
        return number / 1000
    decimal = _DECIMAL.get(unit[0]) if unit[1:] in {"", "B"} else None
    return None if decimal is None else number * decimal
