"""The literals by which known lines are found: one pass over a block seeks all of them.

Knows nothing of what the lines mean.  Stands without numpy, so that rejections alone are read
without the time that it takes to load.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import ahocorasick_rs

from boltkb.catalogue import Message, load_messages

__all__ = [
    "MOST_NEEDLES",
    "PAUSE",
    "PAUSE_NEEDLE",
    "Needles",
    "all_needles",
    "pool_needle",
    "rejection_needles",
    "sought_parts",
]

#: What is sought of a literal.  The search tells four bytes at a time by half a byte of each, in
#: eight classes of literals.  In a debug.log of 3.5 it stopped 13 times in a thousand bytes with 34
#: whole literals and stops 1.4 times with these parts, half of which are what is sought; in logs of
#: 5.26 it is 6 to 14 times against 3 to 7.  A message's pattern is matched anyway, so that a part
#: which stands elsewhere too costs time and nothing else.
_PARTS = {
    b"DBMS provided settings:": b" provided ",
    b"No provided DBMS settings": b" provided ",
    b" memory information": b"nformation",
    b"perating system information": b"nformation",
    b"JVM information": b"nformation",
    b"Terminated connection ": b"Terminat",
    b"] Terminating connection due to network error": b"Terminat",
    b" enabled on ": b"enabled on ",
    b"disconnected while query was running": b"isconnected while query was running",
    b"because it would form this deadlock wait cycle": b"deadlock wait cycle",
    b"GC Monitor: Application threads blocked for ": b"plication threads blocked for ",
    b"] Uncaught exception during job execution": b"job execution",
    b"Network abort rate ": b"k abort rate ",
    b"java.lang.OutOfMemoryError": b"ng.OutOfMemoryError",
    b"Unexpected error during ": b"d error during ",
    b"is interrupted probably due to server shutdown": b" probably due to server shutdown",
    b"did not consume outgoing buffers for ": b"going buffers for ",
    b"======== Neo4j ": b"=== Neo4j ",
    b"Thread starvation event rate ": b"on event rate ",
    b"may be stuck!": b"y be stuck!",
    b"limit of concurrently executed transactions is reached": (
        b"mit of concurrently executed transactions is reached"
    ),
}
#: More literals than this, and the search falls back to one that is five times slower.
MOST_NEEDLES = 64
#: The message of which a log may hold a million.
PAUSE = "vm-pause"
PAUSE_NEEDLE = b"Detected VM stop-the-world pause: {pauseTime="
_POOL_NEEDLE = b"[Running, pool size = "
#: What other files say, and what is taken in bulk.
_ELSEWHERE = frozenset({"gc-pause", "safepoint-pause", PAUSE})


class Needles:
    """A set of literals that are sought in one pass.

    Parameters
    ----------
    messages : sequence of Message
        Of each literal `sought_parts` tells what is sought.
    others : sequence of bytes
        Literals of other readers, that no message has; sought whole.

    Examples
    --------
    >>> found = Needles([load_messages()["startup"]], [b"Edition: "])
    >>> found.seek(b"Edition: x", 10)
    [(0, 0, 9)]
    >>> found.literals
    (b'Edition: ', b'=== Neo4j ')
    """

    def __init__(self, messages: Sequence[Message], others: Sequence[bytes] = ()) -> None:
        known: dict[bytes, tuple[Message, ...]] = {}
        for message in messages:
            for needle in message.needles:
                (key,) = sought_parts([needle.encode("ascii")])
                known[key] = (*known.get(key, ()), message)
        self.literals = (*others, *known)
        self.messages: tuple[tuple[Message, ...], ...] = (*(() for _ in others), *known.values())
        self._automaton = ahocorasick_rs.BytesAhoCorasick(
            self.literals, matchkind=ahocorasick_rs.MatchKind.LeftmostFirst
        )

    def seek(self, text: bytes | bytearray, end: int, begin: int = 0) -> list[tuple[int, int, int]]:
        """Return what is found, by place: the literal's number, where it begins and ends."""
        with memoryview(text) as view, view[begin:end] as part:
            found: list[tuple[int, int, int]] = self._automaton.find_matches_as_indexes(part)
        if begin:
            found = [(number, first + begin, last + begin) for number, first, last in found]
        return found


def sought_parts(literals: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return what is sought of literals, each part once.

    Examples
    --------
    >>> sought_parts([b"JVM information", b" memory information", b"Edition: "])
    (b'nformation', b'Edition: ')
    """
    return tuple(dict.fromkeys(_PARTS.get(literal, literal) for literal in literals))


@lru_cache(maxsize=4)
def all_needles(others: tuple[bytes, ...]) -> Needles:
    """Return the needles of every message, of the pool's state, and others.

    Examples
    --------
    >>> len(all_needles(()).literals) <= MOST_NEEDLES
    True
    """
    messages = [
        message
        for message in load_messages().values()
        if message.id not in _ELSEWHERE and not message.id.startswith("trace-")
    ]
    return Needles(messages, (*others, _POOL_NEEDLE))


@lru_cache(maxsize=1)
def rejection_needles() -> Needles:
    """Return the needles of messages that count rejections.

    Examples
    --------
    >>> rejection_needles().literals
    (b'Unable to schedule ',)
    """
    # One literal is sought in a third of the time of two; the pool's state is sought by itself.
    return Needles([m for m in load_messages().values() if m.counts == "rejection"])


@lru_cache(maxsize=1)
def pool_needle() -> Needles:
    """Return the needle of a pool's state.

    Examples
    --------
    >>> pool_needle().literals
    (b'[Running, pool size = ',)
    """
    return Needles((), (_POOL_NEEDLE,))
