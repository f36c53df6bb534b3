"""Metrics over time.

Knows no file format.  Times are epoch seconds in UTC, spans are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from boltkb.exports.records.packed import Columns, Floats, Packed, unpack
from boltkb.exports.records.places import Where

__all__ = [
    "Floats",
    "Series",
]


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
    stored : (n,) array or Packed, in the catalogue's unit
        What `values` gives.
    database : str or None
        For a metric that exists once per database.
    where : Where
        The first file that it was read from.
    stored_columns : mapping of str to (n,) array or Packed
        What `columns` gives.
    files : tuple of Where
        All of them, rotated ones included, oldest first.
    """

    id: str
    kind: Literal["gauge", "counter", "histogram"]
    times: Floats
    stored: Floats | Packed
    database: str | None
    where: Where
    stored_columns: Mapping[str, Floats | Packed] = field(default_factory=dict)
    files: tuple[Where, ...] = ()

    @property
    def key(self) -> str:
        """The key in `Export.series`: the id, with the database where there is one."""
        return self.id if self.database is None else f"{self.id}[{self.database}]"

    @property
    def values(self) -> Floats:
        """The values, (n,) floats; a long series is unpacked anew each time."""
        return unpack(self.stored)

    @property
    def columns(self) -> Mapping[str, Floats]:
        """Further columns of a histogram, such as `mean` and `max`, in the catalogue's unit."""
        return Columns(self.stored_columns)

    def __len__(self) -> int:
        return len(self.times)
