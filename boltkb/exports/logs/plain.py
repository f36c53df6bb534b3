"""Rejections told from a line in the text layout without taking the line apart.

A log under load holds a hundred thousand of them.  What they say stands in the catalogue, and
what is not told here is told by `lines`, with the same result: this is only the quick way.
"""

from __future__ import annotations

import re
from functools import lru_cache

from boltkb.catalogue import load_messages
from boltkb.exports.logs.clock import DATE_LENGTH

__all__ = ["Plain", "PlainRejections"]

#: The message's id, its level, the connection's id, where the line's text begins, and where what
#: the message's pattern describes ends.
Plain = tuple[str, str, str, int, int]

_HEADER = re.compile(rb" ([A-Z]{1,10}) {1,10}(?:\[[\w.$]{1,200}\.[\w$]{1,200}\] )?")
#: Headers that are remembered: there are as many as classes and levels that write these lines.
_MOST_HEADERS = 256


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, bool, re.Pattern[bytes]], ...]:
    known = []
    for message in load_messages().values():
        text = message.pattern.pattern
        if message.counts == "rejection" and text.startswith("^") and "|" not in text:
            # The connection stands before the literal, or behind it.
            before = text.startswith(r"^\[")
            known.append((message.id, before, re.compile(text[1:].encode("ascii"))))
    return tuple(known)


class PlainRejections:
    r"""Tells what lines say of rejections.

    Examples
    --------
    >>> line = b"2024-06-27 15:16:34.519+0000 ERROR [bolt-7] Unable to schedule for execution "
    >>> line += b"since there are no available threads to serve it at the moment."
    >>> PlainRejections().tell(line, line.index(b"Unable"))[:4]
    ('rejection-c', 'ERROR', 'bolt-7', 35)
    """

    def __init__(self) -> None:
        self._levels: dict[bytes, str] = {}

    def tell(self, raw: bytes, place: int) -> Plain | None:
        """Return what a line says of a rejection, None where it takes a closer look.

        Parameters
        ----------
        raw : bytes
            The line, which begins with a date.
        place : int
            Where it has the literal of rejections for the first time.
        """
        if not raw.isascii():
            return None
        for kind, before, pattern in _patterns():
            begin = raw.rfind(b"[", 0, place) if before else place
            found = pattern.match(raw, begin) if begin > DATE_LENGTH else None
            if found is None:
                continue
            header = raw[DATE_LENGTH:begin]
            level = self._levels.get(header) or self._level(header)
            connection = found[1].decode()
            # Anything else may be a category, or one of the numbers.
            if level is None or connection[:5] != "bolt-" or not connection[5:].isdigit():
                return None
            return kind, level, connection, begin, found.end()
        return None

    def _level(self, header: bytes) -> str | None:
        found = _HEADER.fullmatch(header)
        if found is None:
            return None
        if len(self._levels) > _MOST_HEADERS:
            self._levels.clear()
        level = self._levels[header] = found[1].decode()
        return level
