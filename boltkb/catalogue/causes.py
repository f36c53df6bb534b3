"""Every cause that a diagnosis weighs, as the catalogue names it.

Knows what a cause is called and how it is worded; `bolt.causes` knows what speaks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast

from boltkb.catalogue.rows import by_id, choice, flag, rows, text

__all__ = ["GROUPS", "CauseName", "load_causes"]

Group = Literal["too_small", "held", "too_many", "elsewhere"]

#: What a cause answers: is the pool too small, are its threads held, are the clients too many, or
#: does something else fail.
GROUPS: tuple[Group, ...] = ("too_small", "held", "too_many", "elsewhere")


@dataclass(frozen=True, slots=True)
class CauseName:
    """A cause by its name; what speaks for it is no part of this.

    Parameters
    ----------
    id : str
    title : str
        A few words.
    group : str
        One of `GROUPS`.
    scenario : str or None
        The simulated scenario that stages it; None where none does.
    said : str
        One sentence.
    source : str
        The id of the source.
    alone : bool
        Whether it makes trouble even where the thread pool is large enough.
    """

    id: str
    title: str
    group: Group
    scenario: str | None
    said: str
    source: str
    alone: bool = False


@lru_cache(maxsize=1)
def load_causes() -> Mapping[str, CauseName]:
    """Return the causes by id.

    Examples
    --------
    >>> load_causes()["leaked_transactions"].group
    'held'
    """
    return by_id(
        CauseName(
            id=text(row, "id"),
            title=text(row, "title"),
            group=cast(Group, choice(row, "group", GROUPS)),
            scenario=text(row, "scenario") if "scenario" in row else None,
            said=text(row, "said"),
            source=text(row, "source"),
            alone=flag(row, "alone") if "alone" in row else False,
        )
        for row in rows("causes.toml", "cause")
    )
