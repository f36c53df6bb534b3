"""How drivers and tools name themselves to a server, and which driver is behind a name.

Knows names; what a connection does is none of its business.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from boltkb.catalogue.clients import LANGUAGES
from boltkb.catalogue.rows import by_id, choice, flag, pattern, rows, text

__all__ = ["Agent", "agent_of", "load_agents"]


@dataclass(frozen=True, slots=True)
class Agent:
    """A driver's or a tool's own name.

    Parameters
    ----------
    id : str
        The catalogue's own name.
    pattern : re.Pattern
        Matches the beginning of the name; the group `version` is the driver's, the tool's for a
        tool.
    language : str
        One of `LANGUAGES`: of the driver behind it.
    tool : bool
        Whether a person or the server itself is behind it, not an application.
    example : str
        As it is sent.
    meaning : str
        One sentence.
    source : str
        The id of the source.
    """

    id: str
    pattern: re.Pattern[str]
    language: str
    tool: bool
    example: str
    meaning: str
    source: str


@lru_cache(maxsize=1)
def load_agents() -> Mapping[str, Agent]:
    """Return the names by id.

    Examples
    --------
    >>> load_agents()["python"].language
    'python'
    """
    return by_id(
        Agent(
            id=text(row, "id"),
            pattern=pattern(row, "pattern"),
            language=choice(row, "language", LANGUAGES),
            tool=flag(row, "tool"),
            example=text(row, "example"),
            meaning=text(row, "meaning"),
            source=text(row, "source"),
        )
        for row in rows("agents.toml", "agent")
    )


def agent_of(name: str | None) -> tuple[Agent, str] | None:
    """Return the driver or tool behind a user agent with the version it gives; None for others.

    A program may give any name of its own: then nothing is known.

    Parameters
    ----------
    name : str or None

    Examples
    --------
    >>> found = agent_of("neo4j-java/5.26.3-5a7afbb621f2")
    >>> found[0].language, found[1]
    ('java', '5.26.3-5a7afbb621f2')
    >>> agent_of("shop-api/2.3") is None
    True
    """
    for agent in load_agents().values():
        found = agent.pattern.match(name or "")
        if found is not None:
            return agent, found["version"]
    return None
