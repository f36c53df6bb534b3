"""Metrics over time.

Knows no file format.  Times are epoch seconds in UTC, spans are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from boltkb.exports.records.places import Where

__all__ = [
    "Floats",
    "Series",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One metric over time.

    Parameters
    ----------
    id : str
        The metric's id in the catalogue.
    kind : str
        `gauge`; `counter`: values are the running counts as written, which fall at a restart;
        `histogram`: values are the counts, `columns` the rest.
    times : (n,) array, epoch seconds, strictly increasing
    values : (n,) array, in the catalogue's unit
    database : str or None
        For a metric that exists once per database.
    where : Where
        The first file that it was read from.
    columns : mapping of str to (n,) array
        Further columns of a histogram, such as `mean` and `max`, in the catalogue's unit.
    files : tuple of Where
        All of them, rotated ones included, oldest first.
    """

    id: str
    kind: Literal["gauge", "counter", "histogram"]
    times: Floats
    values: Floats
    database: str | None
    where: Where
    columns: Mapping[str, Floats] = field(default_factory=dict)
    files: tuple[Where, ...] = ()

    @property
    def key(self) -> str:
        """The key in `Export.series`: the id, with the database where there is one."""
        return self.id if self.database is None else f"{self.id}[{self.database}]"

    def __len__(self) -> int:
        return len(self.times)
