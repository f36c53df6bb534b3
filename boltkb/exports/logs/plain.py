"""Rejections told from a line in the text layout without taking the line apart.

A log under load holds a hundred thousand of them.  What they say stands in the catalogue, and
what is not told here is told by `lines`, with the same result: this is only the quick way.
"""

from __future__ import annotations

import re
from functools import lru_cache

from boltkb.catalogue import load_messages
from boltkb.exports.logs.clock import DATE_LENGTH

__all__ = ["POOL", "POOL_BEGINS", "Plain", "PlainRejections"]

#: The message's id, its level, the connection's id, where the line's text begins, and its pool's
#: size, active threads, queued tasks and completed tasks, each None where they are not told.
Plain = tuple[str, str, str, int, tuple[bytes | None, ...]]

_HEADER = re.compile(rb" ([A-Z]{1,10}) {1,10}(?:\[[\w.$]{1,200}\.[\w$]{1,200}\] )?")
#: Headers that are remembered: there are as many as classes and levels that write these lines.
_MOST_HEADERS = 256
#: The state of the pool, as a rejection's own line or the one below it tells.
POOL_BEGINS = "[Running, pool size = "
POOL = (
    r"\[Running, pool size = (\d{1,9}), active threads = (\d{1,9}), queued tasks = (\d{1,18})"
    r"(?:, completed tasks = (\d{1,18}))?"
)
_NO_POOL = (None,) * 4
_RAW_POOL_BEGINS, _RAW_POOL = POOL_BEGINS.encode(), re.compile(POOL.encode())


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, bool, bool, re.Pattern[bytes]], ...]:
    known = []
    for message in load_messages().values():
        text = message.pattern.pattern
        if message.counts == "rejection" and text.startswith("^") and "|" not in text:
            # The connection stands before the literal, or behind it.
            before = text.startswith(r"^\[")
            pooled = message.id == "rejection-a"
            # In the same go the pool's state, where no other bracket stands before it.
            more = rf"(?:[^\[]*+{POOL})?" if pooled else ""
            pattern = re.compile(f"{text[1:]}{more}".encode("ascii"))
            known.append((message.id, before, pooled, pattern))
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
        self._patterns = _patterns()

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
        for kind, before, pooled, pattern in self._patterns:
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
            if not pooled:
                return kind, level, connection, begin, _NO_POOL
            pool = found.groups()[1:]
            if pool[0] is None:
                pool = _pool(raw, found.end(1))
            return kind, level, connection, begin, pool
        return None

    def _level(self, header: bytes) -> str | None:
        found = _HEADER.fullmatch(header)
        if found is None:
            return None
        if len(self._levels) > _MOST_HEADERS:
            self._levels.clear()
        level = self._levels[header] = found[1].decode()
        return level


def _pool(raw: bytes, begin: int) -> tuple[bytes | None, ...]:
    # The literal first: a plain search takes a tenth of the expression's time.
    place = raw.find(_RAW_POOL_BEGINS, begin)
    found = None if place < 0 else _RAW_POOL.search(raw, place)
    return _NO_POOL if found is None else found.groups()
