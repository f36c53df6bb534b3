"""Numbers as a dashboard shows them: `12 K`, `1.5 GiB`, `250 ms`, `12,5`, `3.2%`."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Quantity", "read_quantity"]

_QUANTITY = re.compile(
    r"(?P<sign>[-+]?)(?P<number>\d{1,30}(?:[.,]\d{1,30})?|[.,]\d{1,30})(?P<power>[eE][-+]?\d{1,3})?"
    r"\s*(?P<unit>[%A-Za-zµμ][A-Za-zµμ/ ]{0,15})?"
)
#: `m` is left out: it stands for minutes and for thousandths.
_UNITS = {
    "%": ("%", 0.01),
    "k": ("K", 1e3),
    "K": ("K", 1e3),
    "M": ("Mil", 1e6),
    "Mil": ("Mil", 1e6),
    "mil": ("Mil", 1e6),
    "Bil": ("Bil", 1e9),
    "G": ("Bil", 1e9),
    "Tri": ("Tri", 1e12),
    "T": ("Tri", 1e12),
    "B": ("B", 1.0),
    "bytes": ("B", 1.0),
    "kB": ("kB", 1e3),
    "MB": ("MB", 1e6),
    "GB": ("GB", 1e9),
    "TB": ("TB", 1e12),
    "KiB": ("KiB", 2.0**10),
    "kiB": ("KiB", 2.0**10),
    "MiB": ("MiB", 2.0**20),
    "GiB": ("GiB", 2.0**30),
    "TiB": ("TiB", 2.0**40),
    "ns": ("ns", 1e-9),
    "µs": ("us", 1e-6),
    "μs": ("us", 1e-6),
    "us": ("us", 1e-6),
    "ms": ("ms", 1e-3),
    "s": ("s", 1.0),
    "min": ("min", 60.0),
    "mins": ("min", 60.0),
    "hour": ("h", 3600.0),
    "hours": ("h", 3600.0),
    "h": ("h", 3600.0),
    "day": ("d", 86400.0),
    "days": ("d", 86400.0),
    "d": ("d", 86400.0),
    "week": ("week", 604800.0),
    "weeks": ("week", 604800.0),
}
_PER_SECOND = re.compile(r"(?:[KkMBG]|Mil|Bil)?\s*(?:[a-z]{1,12}/s(?:ec)?|[a-z]{0,6}ps)")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit.

    Parameters
    ----------
    value : float
        Spans in seconds, sizes in bytes, shares of one.
    unit : str
        As it was shown, empty for none; ends in `/s` for a rate.
    """

    value: float
    unit: str


def read_quantity(text: str, *, decimal_comma: bool = False) -> Quantity | None:
    """Return what a cell shows, None where that is not clear.

    Parameters
    ----------
    text : str
    decimal_comma : bool
        Whether a comma stands before decimals; otherwise a comma is not clear.

    Returns
    -------
    Quantity or None

    Examples
    --------
    >>> read_quantity("12 K"), read_quantity("250 ms")
    (Quantity(value=12000.0, unit='K'), Quantity(value=0.25, unit='ms'))
    >>> read_quantity("12,5", decimal_comma=True).value, read_quantity("1,234")
    (12.5, None)
    """
    found = _QUANTITY.fullmatch(text.strip())
    if found is None:
        return None
    digits = found["number"]
    if "," in digits:
        if not decimal_comma:
            return None
        digits = digits.replace(",", ".")
    value = float(f"{found['sign']}{digits}{found['power'] or ''}")
    unit = (found["unit"] or "").strip()
    if not unit:
        return Quantity(value, "")
    if unit in _UNITS:
        shown, scale = _UNITS[unit]
        # Thousandths are divided by their whole number, so that 250 ms is 0.25 s to the bit.
        return Quantity(value / round(1 / scale) if scale < 1 else value * scale, shown)
    if _PER_SECOND.fullmatch(unit):
        return Quantity(value, "/s")
    return None
