"""What a server says about itself in debug.log when it starts: settings, machine, edition, zone.

3.x writes each line as an entry of its own, 4.0 and later boxes below an entry, JSON layouts the
same boxes inside a message.  The settings listed are those that were set; what is not listed had
its default.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from boltkb.exports.logs.entries import Block
from boltkb.exports.records import MachineFact, SettingValue, Where
from boltkb.exports.settings.configuration import hide_secrets

__all__ = ["DIAGNOSTIC_NEEDLES", "Diagnostics", "is_title"]

_SETTINGS = (b"DBMS provided settings:", b"Neo4j Kernel properties:", b"No provided DBMS settings")
#: A line with one of these begins what is looked at line by line.
DIAGNOSTIC_NEEDLES = (
    *_SETTINGS,
    b" memory information",
    b"perating system information",
    b"JVM information",
    b"Edition: ",
)
#: Lines below a title that are looked at for facts, and settings that one start may list.
_FOLLOWED = 20
_MOST_SETTINGS = 5_000
_SETTING = re.compile(r"(?P<name>[a-z][\w.$-]*\.[\w.$-]+)=(?P<value>.*)", re.DOTALL)
_STAMP = re.compile(r"\d{4}-\d\d-\d\d \S+ +[A-Z]+ +(?:\[[^\]]*\] )?")
_EDITION = re.compile(r"Edition: ?(Community|Enterprise)", re.IGNORECASE)
_ZONE = re.compile(r"Local timezone: ?([A-Za-z0-9_+/-]{1,60})")
_SYSTEM = re.compile(r"Operating System: (?P<os>.{1,200}); cpus: (?P<cpus>\d{1,6})")
_PID = re.compile(r"Process id: (\d{1,18})")
_FILES = re.compile(r"Max number of file descriptors: (\d{1,18})")
_BYTES = re.compile(
    r"(?P<what>Total Physical|Max) +memory: (?P<number>\d{1,15}(?:\.\d{1,6})?) ?"
    r"(?P<unit>[KMGTP]?)i?B\b"
)
_VM = re.compile(r"VM (?P<what>Name|Version): (?P<text>.{1,200})")
_UNITS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5}


def is_title(line: bytes) -> bool:
    """Return whether a line holds one of `DIAGNOSTIC_NEEDLES`.

    Examples
    --------
    >>> is_title(b"System memory information:"), is_title(b"For more information, see")
    (True, False)
    """
    return any(needle in line for needle in DIAGNOSTIC_NEEDLES)


class Diagnostics:
    r"""Gathers what a server says at its start; the last start in a log counts.

    Parameters
    ----------
    path : str
        The log's path inside the export.

    Examples
    --------
    >>> from boltkb.exports.logs.entries import find_entries
    >>> told = Diagnostics("debug.log")
    >>> text = b"  DBMS provided settings:\n  server.bolt.thread_pool_max_size=8\n  -----\n"
    >>> told.scan(find_entries(text, len(text)), [0], lines_before=10)
    >>> told.settings["server.bolt.thread_pool_max_size"].where.first_line
    12
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.edition: str | None = None
        self.settings: dict[str, SettingValue] | None = None
        self.zone: str | None = None
        self.machine: dict[str, MachineFact] = {}
        self._listing = False
        self._left = 0

    def scan(self, block: Block, titles: Sequence[int], lines_before: int) -> None:
        """Look through a block of whole lines.

        Parameters
        ----------
        block : Block
        titles : sequence of int
            The indices of lines that hold one of `DIAGNOSTIC_NEEDLES`, ascending.
        lines_before : int
            Lines of the log before this block.
        """
        following = self._follow(block, 0, lines_before) if self._listing or self._left else 0
        for title in titles:
            if title < following:
                continue
            begin, end = block.line(title)
            line = bytes(block.text[begin:end])
            if line.startswith(b"{"):
                self._take_json(line, lines_before + title + 1)
            else:
                following = self._follow(block, title, lines_before)

    def _follow(self, block: Block, first: int, lines_before: int) -> int:
        for index in range(first, len(block.ends)):
            begin, end = block.line(index)
            line = bytes(block.text[begin:end]).decode("utf-8", "replace")
            self._take(_STAMP.sub("", line, count=1).strip(), lines_before + index + 1)
            if not (self._listing or self._left):
                return index + 1
        return len(block.ends)

    def _take_json(self, line: bytes, number: int) -> None:
        try:
            message = str(json.loads(line).get("message", ""))
        except (ValueError, AttributeError, RecursionError):
            return
        for text in message.splitlines():
            self._take(text.strip(), number)
        self._listing, self._left = False, 0

    def _take(self, text: str, number: int) -> None:
        raw = text.encode("ascii", "replace")
        if is_title(raw):
            self._listing = any(needle in raw for needle in _SETTINGS)
            self._left = 0 if self._listing else _FOLLOWED
            if self._listing:
                self.settings = {}
        elif self._listing:
            self._listing = self._take_setting(text, number)
            return
        else:
            self._left -= 1
        self._take_fact(text, Where(self.path, number))

    def _take_setting(self, text: str, number: int) -> bool:
        found = _SETTING.fullmatch(text)
        if found and self.settings is not None:
            name = found["name"]
            if len(self.settings) < _MOST_SETTINGS:
                value = hide_secrets(name, found["value"].strip())
                where = Where(self.path, number)
                self.settings[name] = SettingValue(name, value, where, "start")
                if name == "unsupported.dbms.edition" and value in {"community", "enterprise"}:
                    self.edition = value
            return True
        # Further Java options stand on lines of their own; a rule of dashes ends the block.
        return not text or (text.startswith("-") and not text.startswith("---"))

    def _take_fact(self, text: str, where: Where) -> None:
        if found := _EDITION.match(text):
            self.edition = found[1].lower()
            self._left = 0
        elif found := _ZONE.match(text):
            self.zone = found[1]
        elif found := _SYSTEM.match(text):
            self._know("os", None, found["os"], where)
            self._know("cpus", float(found["cpus"]), found["cpus"], where)
        elif found := _FILES.match(text):
            self._know("open-files", float(found[1]), found[1], where)
        elif found := _PID.match(text):
            self._know("process-id", float(found[1]), found[1], where)
        elif found := _BYTES.match(text):
            known = "heap-max" if found["what"] == "Max" else "memory"
            size = float(found["number"]) * 1024.0 ** _UNITS[found["unit"]]
            self._know(known, size, text.rpartition(": ")[2], where)
        elif found := _VM.match(text):
            before = self.machine.get("jvm")
            name = before.text if before is not None and found["what"] == "Version" else ""
            self._know("jvm", None, f"{name} {found['text']}".strip(), where)

    def began(self, time: float, line: int) -> None:
        """Take in when the server wrote its first line since its start."""
        text = "when it wrote its first line; the process began some seconds before"
        self.machine["process-start"] = MachineFact(
            "process-start", time, text, Where(self.path, line)
        )

    def _know(self, known: str, value: float | None, text: str, where: Where) -> None:
        self.machine[known] = MachineFact(known, value, text[:300], where)
