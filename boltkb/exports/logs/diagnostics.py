"""What a server says about itself in debug.log when it starts: edition, zone, settings.

The block lists only settings that were set; what it does not list had its default.
"""

from __future__ import annotations

import json
import re

import numpy as np
from numpy.typing import NDArray

from boltkb.exports.records import SettingValue, Where
from boltkb.exports.settings.configuration import hide_secrets

__all__ = ["Diagnostics"]

_EDITION = b"Edition: "
_BEGINS = (b"DBMS provided settings:", b"Neo4j Kernel properties:", b"No provided DBMS settings")
_ZONE = b"Local timezone: "
_ZONE_VALUE = re.compile(rb"Local timezone: ?([A-Za-z0-9_+/-]{1,60})")
_EDITION_VALUE = re.compile(rb"Edition: ?(Community|Enterprise)", re.IGNORECASE)
_SETTING = re.compile(r"(?P<name>[a-z][\w.$-]*\.[\w.$-]+)=(?P<value>.*)", re.DOTALL)
_STAMP = re.compile(r"\d{4}-\d\d-\d\d \S+ +[A-Z]+ +(?:\[[^\]]*\] )?")


class Diagnostics:
    r"""Gathers what a server says at its start; the last start in a log counts.

    Parameters
    ----------
    path : str
        The log's path inside the export.

    Examples
    --------
    >>> told = Diagnostics("debug.log")
    >>> text = b"  DBMS provided settings:\n  server.bolt.thread_pool_max_size=8\n  -----\n"
    >>> ends = np.array([25, 62, 70])
    >>> told.scan(text, np.array([0, 26, 63]), ends, lines_before=10)
    >>> told.settings["server.bolt.thread_pool_max_size"].where.first_line
    12
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.edition: str | None = None
        self.settings: dict[str, SettingValue] | None = None
        self.zone: str | None = None
        self._inside = False

    def scan(
        self,
        block: bytes,
        starts: NDArray[np.intp],
        ends: NDArray[np.intp],
        lines_before: int,
    ) -> None:
        """Look through a block of whole lines.

        Parameters
        ----------
        block : bytes
        starts, ends : (n,) arrays
            Where each line begins and ends.
        lines_before : int
            Lines of the log before this block.
        """
        position = block.rfind(_EDITION)
        if position >= 0:
            found = _EDITION_VALUE.match(block, position)
            if found:
                self.edition = found[1].decode("ascii").lower()
        position = block.rfind(_ZONE)
        if position >= 0:
            found = _ZONE_VALUE.match(block, position)
            if found:
                self.zone = found[1].decode("ascii")
        begun = [place for needle in _BEGINS for place in _all(block, needle)]
        if self._inside:
            self._follow(block, starts, ends, 0, lines_before)
        for place in sorted(begun):
            index = int(np.searchsorted(ends, place))
            self.settings = {}
            self._inside = True
            line = block[starts[index] : ends[index]]
            if line.startswith(b"{"):
                self._inside = False
                self._from_json(line, lines_before + index + 1)
            else:
                self._follow(block, starts, ends, index + 1, lines_before)

    def _follow(
        self,
        block: bytes,
        starts: NDArray[np.intp],
        ends: NDArray[np.intp],
        first: int,
        lines_before: int,
    ) -> None:
        for index in range(first, len(ends)):
            line = block[starts[index] : ends[index]].decode("utf-8", "replace")
            if not self._take(_STAMP.sub("", line, count=1), lines_before + index + 1):
                self._inside = False
                return

    def _from_json(self, line: bytes, number: int) -> None:
        try:
            message = str(json.loads(line).get("message", ""))
        except (ValueError, AttributeError, RecursionError):
            return
        _, _, rest = message.partition("settings:")
        for text in rest.splitlines()[1:]:
            if not self._take(text, number):
                return

    def _take(self, text: str, number: int) -> bool:
        text = text.strip()
        found = _SETTING.fullmatch(text)
        if found and self.settings is not None:
            name = found["name"]
            value = hide_secrets(name, found["value"].strip())
            self.settings[name] = SettingValue(name, value, Where(self.path, number))
            return True
        # Further Java options stand on lines of their own; a rule of dashes ends the block.
        return not text or (text.startswith("-") and not text.startswith("---"))


def _all(block: bytes, needle: bytes) -> list[int]:
    places = []
    place = block.find(needle)
    while place >= 0:
        places.append(place)
        place = block.find(needle, place + 1)
    return places
