"""Known defects of drivers and servers that look like a pool that is too small.

Knows versions and words; whether a symptom is there, `bolt.causes` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast

from boltkb.catalogue.rows import bound, by_id, choice, rows, text, texts
from boltkb.catalogue.version import Version

__all__ = ["PRODUCTS", "SYMPTOMS", "Defect", "load_defects"]

_Bound = Version | Literal["unknown"] | None
Symptom = Literal["acquisition-hangs", "limit-exceeded", "pool-leaks", "rejection-not-sent"]

#: Whose defect it is: the server's, or that of a language's driver.
PRODUCTS = ("dotnet", "go", "java", "javascript", "neo4j", "python", "rust")
#: What a defect shows.
SYMPTOMS: tuple[Symptom, ...] = (
    "acquisition-hangs",
    "limit-exceeded",
    "pool-leaks",
    "rejection-not-sent",
)


@dataclass(frozen=True, slots=True)
class Defect:
    """A defect, and the versions that have it.

    Parameters
    ----------
    id : str
        The catalogue's own name.
    product : str
        One of `PRODUCTS`.
    since, until : Version, None or "unknown"
        The half-open span of the product's versions.
    reported : tuple of str
        Versions in which it was met.
    symptom : str
        One of `SYMPTOMS`.
    said : str
        One sentence: what goes wrong.
    change : str
        What to do about it.
    source : str
        The id of the source.
    """

    id: str
    product: str
    since: _Bound
    until: _Bound
    reported: tuple[str, ...]
    symptom: Symptom
    said: str
    change: str
    source: str

    def has(self, version: Version) -> bool | None:
        """Return whether a version has it; None where the bounds that are known do not tell.

        Examples
        --------
        >>> row = load_defects()["java-reactive-leak-5"]
        >>> row.has(Version.parse("5.2")), row.has(Version.parse("5.3.1"))
        (True, False)
        >>> row = load_defects()["python-async-acquire-hang"]
        >>> row.has(Version.parse("6.2.0")), row.has(Version.parse("6.1.0"))
        (True, None)
        """
        if version in {Version.parse(known) for known in self.reported}:
            return True
        if isinstance(self.since, Version) and version < self.since:
            return False
        if isinstance(self.until, Version) and version >= self.until:
            return False
        return None if "unknown" in (self.since, self.until) else True


@lru_cache(maxsize=1)
def load_defects() -> Mapping[str, Defect]:
    """Return the defects by id.

    Examples
    --------
    >>> load_defects()["neo4j-rejection-not-sent"].product
    'neo4j'
    """
    return by_id(
        Defect(
            id=text(row, "id"),
            product=choice(row, "product", PRODUCTS),
            since=bound(row.get("since")),
            until=bound(row.get("until")),
            reported=texts(row, "reported"),
            symptom=cast(Symptom, choice(row, "symptom", SYMPTOMS)),
            said=text(row, "said"),
            change=text(row, "change"),
            source=text(row, "source"),
        )
        for row in rows("defects.toml", "defect")
    )
