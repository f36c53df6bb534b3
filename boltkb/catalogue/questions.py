"""What an operator wants to know of a pool, and which evidence answers it, the strongest first.

Knows the names of evidence, of recipes and of settings; `exports.missing` holds them against an
export.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast

from boltkb.catalogue.entries import Interval
from boltkb.catalogue.rows import bound, by_id, choice, number, rows, text, texts
from boltkb.catalogue.version import Version
from boltkb.errors import CatalogueError

__all__ = ["RECIPES", "Evidence", "How", "Question", "load_questions"]

How = Literal["exact", "good", "bound", "moment"]

#: The ways to more evidence, the cheapest and least intrusive first.
RECIPES = (
    "dumps",
    "list-transactions",
    "list-connections",
    "sockets",
    "logs",
    "configuration",
    "server-report",
    "driver-log",
    "trace",
    "query-log",
    "metrics",
    "count-rejections",
    "gc-log",
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something in an export that answers a question.

    Parameters
    ----------
    found : str
        What the export must hold: `holds`, `dumps`, `dumps:2`, `transactions`,
        `transactions-idle`, `connections`, `sockets`, `queries`, `drivers`, `log`, `debug-log`,
        `rejection-lines`, `settings`, `machine:ID`, `source:KIND`, `series:ID+ID`; several of the
        first kind with `+`.
    how : str
        `exact`: every one counted or timed; `good`: an estimate with its error; `bound`: never
        more, or never less; `moment`: true at one time.
    tells : str
        What it tells, without a full stop.
    versions : Interval
        Where it exists.
    edition : str
        `both` or `enterprise`.
    recipe : str
        One of `RECIPES`: how to have it next time.
    settings : tuple of str
        The ids of the settings that the recipe touches.
    """

    found: str
    how: How
    tells: str
    versions: Interval
    edition: Literal["both", "enterprise"]
    recipe: str
    settings: tuple[str, ...]

    def exists(self, version: Version | None, edition: str | None) -> bool:
        """Return whether a server of a version and an edition can have it; None excludes nothing.

        Examples
        --------
        >>> trace = load_questions()["busy"].evidence[0]
        >>> trace.exists(Version(4, 4), None), trace.exists(Version(5, 26), "community")
        (False, True)
        """
        if self.edition == "enterprise" and edition == "community":
            return False
        return self.holds(version)

    def holds(self, version: Version | None) -> bool:
        """Return whether it means this in a version; None excludes nothing."""
        return version is None or self.versions.holds(version)


@dataclass(frozen=True, slots=True)
class Question:
    """Something that an operator wants to know.

    Parameters
    ----------
    id : str
        The catalogue's own name.
    rank : int
        Its place in a report.
    question : str
        In the words of an operator.
    evidence : tuple of Evidence
        The strongest first.
    source : str
        The id of the source that says what the evidence is worth.
    """

    id: str
    rank: int
    question: str
    evidence: tuple[Evidence, ...]
    source: str


@lru_cache(maxsize=1)
def load_questions() -> Mapping[str, Question]:
    """Return the questions by id.

    Examples
    --------
    >>> load_questions()["leaks"].question
    'Are transactions left open?'
    """
    return by_id(
        Question(
            id=text(row, "id"),
            rank=int(number(row, "rank")),
            question=text(row, "question"),
            evidence=tuple(_evidence(row)),
            source=text(row, "source"),
        )
        for row in rows("questions.toml", "question")
    )


def _evidence(row: Mapping[str, object]) -> list[Evidence]:
    items = row.get("evidence")
    if not isinstance(items, list) or not items:
        raise CatalogueError(f"{row.get('id')!r}: `evidence` must be a list")
    several = []
    for item in items:
        named = {"id": row.get("id"), **item}
        several.append(
            Evidence(
                found=text(named, "found"),
                how=cast(How, choice(named, "how", ("exact", "good", "bound", "moment"))),
                tells=text(named, "tells"),
                versions=Interval(
                    text(named, "found"), bound(item.get("since")), bound(item.get("until"))
                ),
                edition=cast(
                    Literal["both", "enterprise"],
                    choice(named, "edition", ("both", "enterprise"))
                    if "edition" in named
                    else "both",
                ),
                recipe=choice(named, "recipe", RECIPES),
                settings=texts(named, "settings"),
            )
        )
    return several
