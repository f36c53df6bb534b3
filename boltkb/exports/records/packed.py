"""Columns of numbers in as few bytes as hold them exactly.

What servers write are whole numbers, or decimals with a few digits, and mostly near the one
before: one or two bytes carry what takes eight as a float.  Knows no metric.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Columns", "Floats", "Packed", "pack", "unpack"]

Floats = NDArray[np.float64]
Small = NDArray[np.int8] | NDArray[np.int16] | NDArray[np.int32]

#: Shorter columns are not worth it.
_LONG = 1024
#: Digits behind the point that are tried.
_POWERS = (0, 1, 2, 3, 6)
#: Rows that are looked at before all of them are.
_SAMPLE = 61
#: Below this every whole number is a float, so that one division rounds as reading it does.
_EXACT = float(2**53)
_KINDS = (np.int8, np.int16, np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """A column of numbers as small whole ones; `unpack` gives the same floats back.

    Parameters
    ----------
    parts : (n,) array of int8, int16 or int32
        Whole numbers less `base`; where `running`, each less the one before.
    base : int
    power : int
        The whole numbers are tens to this power too large.
    scale : float
        What is multiplied last: the unit.
    running : bool
    """

    parts: Small
    base: int
    power: int
    scale: float
    running: bool

    def __len__(self) -> int:
        return len(self.parts)


class Columns(Mapping[str, Floats]):
    """Columns by name, each unpacked when it is asked for."""

    __slots__ = ("_stored",)

    def __init__(self, stored: Mapping[str, Packed | Floats]) -> None:
        self._stored = stored

    def __getitem__(self, name: str) -> Floats:
        return unpack(self._stored[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)


def pack(values: Floats, scale: float = 1.0) -> Packed | Floats:
    """Return a column times `scale` in few bytes, as it is where it is short or does not fit.

    Parameters
    ----------
    values : (n,) array
    scale : float
        Applied when the column is unpacked, to each value as it is here.

    Returns
    -------
    Packed or (n,) array
        One number seen n times, where all are the same.

    Examples
    --------
    >>> counts = np.arange(5000.0) * 3 + 1e9
    >>> packed = pack(counts)
    >>> packed.parts.dtype, bool((unpack(packed) == counts).all())
    (dtype('int8'), True)
    """
    if len(values) < _LONG:
        return values if scale == 1 else values * scale
    if values[0] == values[-1] and bool((values == values[0]).all()):
        # Most metrics of an idle database never change.
        return np.broadcast_to(values[0] * scale, values.shape)
    for power in _POWERS:
        # A look at some rows spares most of the tries.
        if _whole(values[:: len(values) // _SAMPLE], power) is None:
            continue
        whole = _whole(values, power)
        packed = None if whole is None else _narrowed(whole, power, scale)
        if packed is not None:
            return packed
    return values if scale == 1 else values * scale


def unpack(stored: Packed | Floats) -> Floats:
    """Return a column as floats.

    Parameters
    ----------
    stored : Packed or (n,) array

    Returns
    -------
    (n,) array
        A new one for each call, where it was packed.

    Examples
    --------
    >>> parts = np.array([0, 5, -2], dtype=np.int8)
    >>> unpack(Packed(parts, 1000, 1, 1.0, True)).tolist()
    [100.0, 100.5, 100.3]
    """
    if not isinstance(stored, Packed):
        return stored
    if stored.running:
        whole = np.cumsum(stored.parts, dtype=np.int64)
        whole += stored.base
        values = whole.astype(np.float64)
    else:
        values = stored.parts.astype(np.float64)
        values += stored.base
    if stored.power:
        values /= 10.0**stored.power
    if stored.scale != 1:
        values *= stored.scale
    return values


def _whole(values: Floats, power: int) -> Floats | None:
    """Return values as whole numbers of so many decimals; None where some are not."""
    with np.errstate(over="ignore", invalid="ignore"):
        whole = np.rint(values * 10.0**power if power else values)
        same = bool(((whole / 10.0**power if power else whole) == values).all())
    return whole if same and whole.min() > -_EXACT and whole.max() < _EXACT else None


def _narrowed(whole: Floats, power: int, scale: float) -> Packed | None:
    # Whole floats of this size are added and subtracted without a loss.
    steps = np.diff(whole)
    least, most = float(whole.min()), float(whole.max())
    near = max(-float(steps.min()), float(steps.max()))
    for kind in _KINDS:
        room = float(np.iinfo(kind).max)
        base = least + room if most - least <= 2 * room else None
        if base is not None and abs(base) < _EXACT:
            return Packed(_small(whole - base, kind), int(base), power, scale, running=False)
        if near <= room:
            parts = _small(np.concatenate([[0.0], steps]), kind)
            return Packed(parts, int(whole[0]), power, scale, running=True)
    return None


def _small(whole: Floats, kind: type[np.int8 | np.int16 | np.int32]) -> Small:
    return whole.astype(kind)  # type: ignore[return-value]
