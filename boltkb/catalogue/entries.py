"""The shapes of what the catalogue holds.

Knows no file: `loader` fills these from the TOML beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from boltkb.catalogue.version import Version
from boltkb.errors import CatalogueError

__all__ = ["FIRST_FILTER", "Interval", "Message", "Metric", "Rule", "Setting", "Source", "Term"]

#: The first version in which a filter decides what is exported.
FIRST_FILTER = Version(4, 2)


@dataclass(frozen=True, slots=True)
class Interval:
    """A name and the half-open span of versions in which it holds.

    Parameters
    ----------
    name : str
        A setting's name, or a metric's with `{prefix}` and `{database}` where they stand.
    since : Version, None or "unknown"
        The first version with this name; None where it is as old as what boltkb reads (3.4).
    until : Version, None or "unknown"
        The first version without it; None where it still holds.
    """

    name: str
    since: Version | Literal["unknown"] | None = None
    until: Version | Literal["unknown"] | None = None

    def holds(self, version: Version) -> bool:
        """Return whether the name holds in a version; an unknown bound excludes nothing.

        Examples
        --------
        >>> Interval("a", since=Version(4, 2), until=Version(5)).holds(Version(4, 4, 17))
        True
        """
        after = not isinstance(self.since, Version) or version >= self.since
        before = not isinstance(self.until, Version) or version < self.until
        return after and before


@dataclass(frozen=True, slots=True)
class Setting:
    """A configuration setting, by what it means; its name changed over the versions.

    Parameters
    ----------
    id : str
        The catalogue's own name.
    names : tuple of Interval
        Oldest first; they neither overlap nor leave a gap.
    default : str
        What Neo4j takes when the setting is absent.
    kind : str
        `integer`, `boolean`, `duration`, `bytes`, `list` or `string`.
    unit : str
        The unit of the value.
    dynamic : bool
        Whether a running server takes a change; otherwise it needs a restart.
    meaning : str
        One sentence.
    source : str
        The id of the source.
    defaults : tuple of Interval
        What the default was in which versions, where it changed; empty where it never did.
    edition : str
        `both`, or `enterprise` for a setting that does nothing in Community Edition.
    dynamic_since : Version, None or "unknown"
        The first version in which it is dynamic; `unknown` where an older one was read in which it
        is not.
    """

    id: str
    names: tuple[Interval, ...]
    default: str
    kind: str
    unit: str
    dynamic: bool
    meaning: str
    source: str
    defaults: tuple[Interval, ...] = ()
    edition: Literal["both", "enterprise"] = "both"
    dynamic_since: Version | Literal["unknown"] | None = None

    def default_in(self, version: Version) -> str:
        """Return the default of a version; where the boundary is unknown, each that may hold.

        Examples
        --------
        >>> Setting(
        ...     "x", (Interval("a"),), "30s", "duration", "seconds", False, "M.", "s",
        ...     (Interval("3s", until=Version(4, 2)), Interval("30s", since=Version(4, 2))),
        ... ).default_in(Version(3, 5))
        '3s'
        """
        holding = [interval.name for interval in self.defaults if interval.holds(version)]
        return " or ".join(holding) if holding else self.default


@dataclass(frozen=True, slots=True)
class Metric:
    """A server metric, by what it counts.

    Parameters
    ----------
    id : str
        The catalogue's own name.
    names : tuple of Interval
        Templates of the full name; several may hold in one version (with and without namespaces).
    kind : str
        `gauge`, `counter` or `histogram`.
    gauge_form : str
        What a file with the plain header `t,value` holds: `counter` where old versions wrote a
        running count that way, else `gauge`.
    unit : str
        The unit inside boltkb.
    scale : float
        What a value in the file is multiplied with to have that unit.
    default_export : bool
        Whether the default filter of the newest version lets it through.
    meaning : str
        One sentence.
    source : str
        The id of the source.
    exported_since : Version or None
        The first version since 4.2 whose default filter lets it through, where that is not 4.2.
        Up to 4.1 there is no filter: every metric is exported.
    """

    id: str
    names: tuple[Interval, ...]
    kind: Literal["gauge", "counter", "histogram"]
    gauge_form: Literal["gauge", "counter"]
    unit: str
    scale: float
    default_export: bool
    meaning: str
    source: str
    exported_since: Version | None = None

    def exported_by_default(self, version: Version) -> bool:
        """Return whether a server of a version exports it without a filter of its own.

        Examples
        --------
        >>> from boltkb.catalogue import load_metrics
        >>> done = load_metrics()["messages_done"]
        >>> done.exported_by_default(Version(4, 1)), done.exported_by_default(Version(4, 2))
        (True, False)
        """
        if not any(interval.holds(version) for interval in self.names):
            return False
        if version < FIRST_FILTER:
            return True
        since = self.exported_since
        return self.default_export and (since is None or version >= since)


@dataclass(frozen=True, slots=True)
class Message:
    """A line that Neo4j writes into its logs.

    Parameters
    ----------
    id : str
        The catalogue's own name.
    needles : tuple of str
        Plain ASCII pieces, one of which every such line holds; a reader looks for them first.
    expression : str
        A regular expression that matches within the message; named groups are its parts.
    traced : bool
        Whether it may stand in a stack trace below an entry rather than in the entry itself.
    level : str
        The level at which it is usually written.
    since, until : Version, None or "unknown"
        The half-open span of versions.
    counts : str
        `rejection`: one line, one rejection.  `episode`: a line marks the edge of an episode and
        counts nothing.  `none`: neither.
    meaning : str
        One sentence.
    source : str
        The id of the source.
    """

    id: str
    needles: tuple[str, ...]
    expression: str
    traced: bool
    level: str
    since: Version | Literal["unknown"] | None
    until: Version | Literal["unknown"] | None
    counts: Literal["rejection", "episode", "none"]
    meaning: str
    source: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """The expression, compiled when it is first wanted: few of a log's messages ever are.

        Raises
        ------
        CatalogueError
            When it is no regular expression.
        """
        return _compiled(self.expression)


@dataclass(frozen=True, slots=True)
class Source:
    """Something that was read: a page, a program's code, a paper, a file that a server wrote.

    Parameters
    ----------
    id : str
        The catalogue's own name.
    title : str
        Its title.
    kind : str
        `documentation`, `code`, `paper`, `book` or `observation`.
    url : str
        Where it is; empty for none.
    note : str
        What it is good for, and where it must not be trusted.
    """

    id: str
    title: str
    kind: str
    url: str
    note: str


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the field.

    Parameters
    ----------
    id : str
        The catalogue's own name.
    word : str
        The word as it is written in text.
    symbol : str
        Its symbol in formulas; empty for none.
    unit : str
        Its unit; empty for none.
    definition : str
        What it means.
    source : str
        The id of the source.
    """

    id: str
    word: str
    symbol: str
    unit: str
    definition: str
    source: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by which a finding is made.

    Parameters
    ----------
    id : str
        The catalogue's own name.
    title : str
        What it finds, as a sentence.
    severity : str
        `high`, `medium`, `low` or `info`.
    change : str
        What to change, in one sentence.
    restart : bool
        Whether the change needs a restart of the server.
    meaning : str
        Why it matters.
    source : str
        The id of the source.
    cause : str
        The id of the cause that it belongs to; empty for none.
    do_not : str
        The tempting change that would not help, and why; empty for none.
    cost, undo : str
        What the change costs or risks, and how to take it back; empty for nothing.
    """

    id: str
    title: str
    severity: Literal["high", "medium", "low", "info"]
    change: str
    restart: bool
    meaning: str
    source: str
    cause: str = ""
    do_not: str = ""
    cost: str = ""
    undo: str = ""


@lru_cache(maxsize=256)
def _compiled(expression: str) -> re.Pattern[str]:
    try:
        return re.compile(expression)
    except re.error as problem:
        raise CatalogueError(f"{expression!r}: {problem}") from problem
