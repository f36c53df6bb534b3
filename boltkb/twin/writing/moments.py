"""Times as Neo4j writes them in its logs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["log_times"]


def log_times(moments: npt.NDArray[np.float64]) -> list[str]:
    """Return moments as log lines begin, in UTC, to the millisecond.

    Parameters
    ----------
    moments : (n,) array, epoch s

    Examples
    --------
    >>> log_times(np.array([0.0, 1719501394.519]))
    ['1970-01-01 00:00:00.000+0000', '2024-06-27 15:16:34.519+0000']
    """
    whole = np.round(np.asarray(moments, dtype=float) * 1000.0).astype(np.int64)
    texts = np.datetime_as_string(whole.astype("datetime64[ms]"), unit="ms")
    return [f"{text[:10]} {text[11:]}+0000" for text in texts.tolist()]
