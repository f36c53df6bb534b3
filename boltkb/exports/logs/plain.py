"""Rejections told from a line in the text layout without taking the line apart.

A log under load holds a hundred thousand of them.  What they say stands in the catalogue, and
what is not told here is told by `lines`, with the same result: this is only the quick way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from boltkb.catalogue import load_messages
from boltkb.exports.logs.clock import DATE_LENGTH

__all__ = ["POOL", "POOL_BEGINS", "Plain", "PlainRejections", "find_rejections"]

#: The message's id, its level, the connection's id, where the line's text begins, and its pool's
#: size, active threads, queued tasks and completed tasks, each None where they are not told.
Plain = tuple[str, str, str, int, tuple[bytes | None, ...]]

_AFTER_DATE = r" {}[A-Z]{{1,10}}{} {{1,10}}(?:\[[\w.$]{{1,200}}\.[\w$]{{1,200}}\] )?"
_HEADER = re.compile(_AFTER_DATE.format("(", ")").encode())
#: Headers that are remembered: there are as many as classes and levels that write these lines.
_MOST_HEADERS = 256
#: The state of the pool, as a rejection's own line or the one below it tells.
POOL_BEGINS = "[Running, pool size = "
POOL = (
    r"\[Running, pool size = (\d{1,9}), active threads = (\d{1,9}), queued tasks = (\d{1,18})"
    r"(?:, completed tasks = (\d{1,18}))?"
)
#: In the same go the pool's state, where no other bracket stands before it.
_MORE = rf"(?:[^\[]*+{POOL})?"
_NO_POOL = (None,) * 4
_RAW_POOL_BEGINS, _RAW_POOL = POOL_BEGINS.encode(), re.compile(POOL.encode())


#: Day, hour and minute; seconds; milliseconds; zone.
_DATE = r"^([12][0-9]{3}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}):([0-9]{2})\.([0-9]{3})([+-][0-9]{4})"


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, bool, bool, re.Pattern[bytes]], ...]:
    known = []
    for message in load_messages().values():
        text = message.pattern.pattern
        if message.counts == "rejection" and text.startswith("^") and "|" not in text:
            # The connection stands before the literal, or behind it.
            before = text.startswith(r"^\[")
            pooled = message.id == "rejection-a"
            pattern = re.compile(f"{text[1:]}{_MORE if pooled else ''}".encode("ascii"))
            known.append((message.id, before, pooled, pattern))
    return tuple(known)


@lru_cache(maxsize=1)
def _whole_lines() -> dict[str, re.Pattern[bytes]]:
    known, header = {}, _AFTER_DATE.format("", "")
    for kind, _, pooled, pattern in _patterns():
        # A pool that is not told in the same go takes a closer look.
        text = pattern.pattern.decode("ascii").removesuffix(_MORE)
        more = _MORE[len("(?:") : -len(")?")] if pooled else ""
        known[kind] = re.compile(f"(?m){_DATE}({header}){text}{more}".encode("ascii"))
    return known


def find_rejections(kind: str, lines: Sequence[bytes]) -> list[tuple[bytes, ...]] | None:
    r"""Return what lines say of rejections, None unless each says all of it at once.

    The same as `PlainRejections.tell` says of each line alone.

    Parameters
    ----------
    kind : str
        The id of the message that they are taken for.
    lines : sequence of bytes
        Whole lines without their ends.

    Returns
    -------
    list of tuple of bytes, or None
        Of each line its day, hour and minute, `2024-06-27 15:16`; its seconds, milliseconds and
        zone; what stands between its time and its text; its connection; and its pool's size,
        active threads, queued tasks and completed tasks, the last one empty where it is not told,
        unless the message never has a pool.

    Examples
    --------
    >>> line = b"2024-06-27 15:16:34.519+0000 ERROR [bolt-7] Unable to schedule for execution "
    >>> line += b"since there are no available threads to serve it at the moment."
    >>> find_rejections("rejection-c", [line, line])[1]
    (b'2024-06-27 15:16', b'34', b'519', b'+0000', b' ERROR ', b'bolt-7')
    >>> find_rejections("rejection-c", [line, line[:-1]]) is None
    True
    """
    text = b"\n".join(lines)
    rows = _whole_lines()[kind].findall(text) if text.isascii() else []
    # Each match begins at a line's beginning, so that as many as there are lines are one each.
    if len(rows) != len(lines):
        return None
    for row in rows:
        # Anything else may be a category, or one of the numbers.
        if row[5][:5] != b"bolt-" or not row[5][5:].isdigit():
            return None
    return rows


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
            level = self.level(header)
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

    def level(self, header: bytes) -> str | None:
        """Return the level in what stands between a line's time and its text, None for none."""
        known = self._levels.get(header)
        if known is not None:
            return known
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
