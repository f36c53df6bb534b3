"""A value of the pool and how well it is known.

What the pool itself said at one moment is stronger than what the running server said of its
settings; that is stronger than what it listed at its start, and that than what stands in a file,
which may have been changed since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from boltkb.exports import Where

__all__ = ["RANKS", "Known", "Rank"]

Rank = Literal["moment", "running", "start", "environment", "file", "default", "unknown"]

#: How strong each way of knowing a value is, the strongest first.
RANKS: Mapping[Rank, str] = {
    "moment": "what the pool itself said when it rejected work",
    "running": "what the running server said of its settings",
    "start": "what the server listed at its start",
    "environment": "the container's environment",
    "file": "the configuration file",
    "default": "the version's default",
    "unknown": "nothing",
}


@dataclass(frozen=True, slots=True)
class Known:
    """A value and how it is known.

    Parameters
    ----------
    value : float, bool or None
        Seconds for durations, counts for sizes; None when it cannot be told.
    how : str
        In words: where it was read, or which default applies.
    where : Where, optional
        The file and line.
    rank : str
        By what kind of evidence, one of `RANKS`.
    """

    value: float | bool | None
    how: str
    where: Where | None = None
    rank: Rank = "unknown"

    @property
    def whole(self) -> int | None:
        """The value as a whole number, or None."""
        return None if self.value is None else int(self.value)

    def __str__(self) -> str:
        return "unknown" if self.value is None else f"{self.value:g}"
