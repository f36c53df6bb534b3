"""Names that Neo4j gives its threads, by version: who holds one, and which are of the pool.

Knows names; what a thread is doing stands in its frames, which `exports` reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast

from boltkb.catalogue.rows import bound, by_id, choice, pattern, rows, text
from boltkb.catalogue.version import Version

__all__ = ["ThreadName", "load_threads", "thread_role"]

Role = Literal["held", "idle", "network", "other"]


@dataclass(frozen=True, slots=True)
class ThreadName:
    """The shape of a thread's name.

    Parameters
    ----------
    id : str
        The catalogue's own name.
    role : str
        `held` or `idle`: of the Bolt pool; `network`: of the Bolt connector, not of the pool;
        `other`.
    pattern : re.Pattern
        Matches the whole name; named groups are its parts.
    example : str
        As a server writes it.
    since, until : Version, None or "unknown"
        The half-open span of versions.
    meaning : str
        One sentence.
    source : str
        The id of the source.
    """

    id: str
    role: Role
    pattern: re.Pattern[str]
    example: str
    since: Version | Literal["unknown"] | None
    until: Version | Literal["unknown"] | None
    meaning: str
    source: str


@lru_cache(maxsize=1)
def load_threads() -> Mapping[str, ThreadName]:
    """Return the shapes of thread names by id.

    Examples
    --------
    >>> load_threads()["bolt-worker-held"].role
    'held'
    """
    return by_id(
        ThreadName(
            id=text(row, "id"),
            role=cast(Role, choice(row, "role", ("held", "idle", "network", "other"))),
            pattern=pattern(row, "pattern"),
            example=text(row, "example"),
            since=bound(row.get("since")),
            until=bound(row.get("until")),
            meaning=text(row, "meaning"),
            source=text(row, "source"),
        )
        for row in rows("threads.toml", "thread")
    )


def thread_role(name: str) -> tuple[str, Role] | None:
    """Return the id and the role of a thread, from its name of any version; None if not known.

    Examples
    --------
    >>> thread_role("neo4j.BoltWorker-7 [bolt-12 - /127.0.0.1:54321]")
    ('bolt-worker-held', 'held')
    >>> thread_role("main") is None
    True
    """
    for entry in load_threads().values():
        if entry.pattern.match(name):
            return entry.id, entry.role
    return None
