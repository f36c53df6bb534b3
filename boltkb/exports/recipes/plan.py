"""What a recipe is written for and what comes of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from boltkb.catalogue import Version
from boltkb.exports.export import Export

__all__ = ["FIRST_XML", "Plan", "Snippet", "Step", "is_path", "merged"]

#: The first version whose logs are set in server-logs.xml.
FIRST_XML = Version(5)
_PATH = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./-]{0,199}")


@dataclass(frozen=True, slots=True)
class Snippet:
    """Lines to copy.

    Parameters
    ----------
    where : str
        The file that they go into, or the program that takes them.
    text : str
        One or more lines.
    version : str
        The version that they are for, where the export does not tell its own; else empty.
    """

    where: str
    text: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A way to more evidence.

    Parameters
    ----------
    recipe : str
        Its id.
    title : str
        What to do, without a full stop.
    takes_effect : str
        `at once`, `within half a minute, without a restart`, `dynamic` or `needs a restart`.
    snippets : tuple of Snippet
    notes : tuple of str
        What it costs and what to beware of.
    questions : tuple of str
        The ids of the questions that it helps with.
    """

    recipe: str
    title: str
    takes_effect: str
    snippets: tuple[Snippet, ...]
    notes: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of the server that is to say more.

    Parameters
    ----------
    export : Export
    versions : tuple of Version
        The export's own, or the likely ones where it does not tell.
    known : bool
        Whether it tells.
    edition : str or None
        `community` or `enterprise`.
    metrics : tuple of str
        The ids of the metrics that questions want.
    """

    export: Export
    versions: tuple[Version, ...]
    known: bool
    edition: str | None
    metrics: tuple[str, ...]

    def label(self, version: Version) -> str:
        """Return how a snippet names its version: not at all where there is only one."""
        return "" if self.known else version.short

    def folder(self, key: str, usual: str) -> str:
        """Return a folder as the export's configuration names it, else its usual name."""
        found = self.export.setting(key)
        return found.value if found is not None and is_path(found.value) else usual


def is_path(text: str) -> bool:
    """Return whether a value from an export may stand in a line to be copied as a path.

    Examples
    --------
    >>> is_path("/var/log/neo4j"), is_path("-rf"), is_path("logs; rm x")
    (True, False, False)
    """
    return _PATH.fullmatch(text) is not None


def merged(plan: Plan, make: Callable[[Version], tuple[str, str] | None]) -> tuple[Snippet, ...]:
    """Return the snippets of the plan's versions; those that are the same stand once."""
    made: dict[tuple[str, str], list[Version]] = {}
    for version in plan.versions:
        found = make(version)
        if found is not None:
            made.setdefault(found, []).append(version)
    return tuple(
        Snippet(where, text, "" if plan.known else ", ".join(each.short for each in versions))
        for (where, text), versions in made.items()
    )
