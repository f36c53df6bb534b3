"""Lines of text from columns of numbers, a whole block at once."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import polars

__all__ = ["decimals", "joined", "moments", "stamp"]

Floats = npt.NDArray[np.float64]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moments(times: Floats, pattern: str = "%Y-%m-%d %H:%M:%S%.3f") -> polars.Series:
    """Return times (epoch seconds) as text in UTC, to the millisecond.

    Examples
    --------
    >>> moments(np.array([1767225600.25])).to_list()
    ['2026-01-01 00:00:00.250']
    """
    import polars as pl

    milliseconds = np.floor(times * 1000.0 + 1e-3).astype(np.int64)
    return pl.Series("at", milliseconds).cast(pl.Datetime("ms")).dt.strftime(pattern)


def stamp(time: float, pattern: str = "%Y-%m-%d %H:%M:%S%.3f") -> str:
    """Return one time (epoch seconds) as `moments` does.

    Examples
    --------
    >>> stamp(1767225600.25, "%H:%M:%S%.3f")
    '00:00:00.250'
    """
    milliseconds = math.floor(time * 1000.0 + 1e-3)
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return moment.strftime(pattern.replace("%.3f", f".{milliseconds % 1000:03}"))


def joined(lines: polars.Series) -> bytes:
    """Return lines as bytes, each with its line break."""
    if len(lines) == 0:
        return b""
    text = lines.str.join("\n")[0]
    return f"{text}\n".encode()


def decimals(values: Floats, places: int) -> polars.Series:
    """Return numbers, 0 or more, as text with so many decimal places.

    Examples
    --------
    >>> decimals(np.array([0.0, 1.5, 12.0004]), 3).to_list()
    ['0.000', '1.500', '12.000']
    """
    import polars as pl

    scale = 10**places
    whole = np.rint(values * scale).astype(np.int64)
    return pl.select(
        pl.concat_str(
            pl.Series(whole // scale).cast(pl.String),
            pl.lit("."),
            pl.Series(whole % scale).cast(pl.String).str.zfill(places),
        )
    ).to_series()
