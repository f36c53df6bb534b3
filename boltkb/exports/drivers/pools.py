"""Which pool a line is about, and what it changes there.

Lines name an address, a connection, or neither: a connection's address is remembered, and a
line that names neither is about the only pool known so far.  Knows no file and no layout.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar, cast

from boltkb.catalogue import DriverLine
from boltkb.exports.drivers.tally import Tally
from boltkb.exports.records import DriverLanguage, DriverPool, LogEvent, Where

__all__ = ["Entry", "Pools"]

_Value = TypeVar("_Value")

_TEXT_LIMIT = 500
#: Servers told apart in one file.
_POOLS = 200
#: Connections, threads and entries remembered; what is older is forgotten.
_REMEMBERED = 50_000
_LEVEL = re.compile(
    r"\b(TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|SEVERE|FINE(?:R|ST)?|DBG|WRN|ERR|VRB|CRITICAL)\b"
)
_SCHEME = re.compile(r"^[a-z][a-z0-9+]{1,20}://")
_WHO = re.compile(r"\[Thread (\d+) *\](?: \[Task (\S+) *\])?")
#: Lines of which each is an event; the others are only counted.
_EVENTS = frozenset({"timed-out", "refused", "retried", "leaked", "rejected", "lost"})
_WORDS = {"timed-out": "timed_out"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line about a driver.

    Parameters
    ----------
    text : str
        Without wrappers.
    time : float or None, epoch seconds
    line : int
        Its number in the file.
    entry : int
        The number of the line that begins its entry: a stack trace belongs to one.
    """

    text: str
    time: float | None
    line: int
    entry: int


class Pools:
    """The pools that a file tells of.

    Parameters
    ----------
    path : str
        The file's path inside the export.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._tallies: dict[tuple[DriverLanguage, str], Tally] = {}
        self._language: DriverLanguage = "unknown"
        self._addresses: dict[str, str] = {}
        self._towards: dict[str, str] = {}
        self._asked: dict[str, tuple[float, str]] = {}
        self._fresh: dict[str, str] = {}
        self._counted: dict[tuple[str, str], int] = {}
        self._failed: dict[str, int] = {}
        self._aside = 0
        self._rejected = 0
        self._sockets = 0

    def take(self, line: DriverLine, found: re.Match[str], entry: Entry) -> None:
        """Note what a line says; one entry tells of the same thing once on each layer."""
        if line.says in ("failed", "aside"):
            # The error that goes with it is told again, by whoever met it.
            self._aside = entry.entry
        told_again = line.language == "any" or line.says == "lost"
        if told_again and line.layer == "session" and entry.entry == self._aside:
            return
        if line.says == "lost" and self._rejected == entry.entry:
            # The server closes a connection that it rejects: that is one happening.
            return
        if self._counted.get((line.says, line.layer)) == entry.entry and line.says in _EVENTS:
            return
        self._counted[line.says, line.layer] = entry.entry
        if line.says == "rejected":
            self._rejected = entry.entry
        if line.language != "any" and line.language != self._language:
            self._meet(cast(DriverLanguage, line.language))
        parts = {name: value for name, value in found.groupdict().items() if value is not None}
        who = _who(entry.text)
        connection = parts.get("connection")
        address = parts.get("address")
        if line.says == "aside":
            self._note_break(line, connection, entry)
            return
        if address is not None:
            address = _SCHEME.sub("", address).rstrip(".,;")
        if line.says == "towards":
            self._note_address(who, address or "")
            return
        if address is None and connection is not None:
            address = self._addresses.get(connection)
        tally = self._tally(address)
        tally.seen(entry.line, entry.time)
        if connection is not None and address is not None:
            _remember(self._addresses, connection, address)
        self._apply(line, tally, connection, who, entry)
        if line.says in _EVENTS:
            asked = self._asked.pop(who, None) if line.says == "timed-out" and who else None
            self._add_event(line.says, line, tally, parts, entry, asked=asked)

    def _apply(
        self,
        line: DriverLine,
        tally: Tally,
        connection: str | None,
        who: str | None,
        entry: Entry,
    ) -> None:
        time, layer = entry.time, line.layer
        if line.says == "acquired":
            if tally.acquire(connection, time, layer):
                self._answered(who, time, tally)
        elif line.says == "released":
            tally.release(connection, time, layer)
        elif line.says == "closed":
            tally.close(connection, time, layer)
            self._forget(connection)
        elif line.says == "created":
            tally.create(connection, layer)
        elif line.says == "socket":
            self._sockets += 1
            if connection is not None:
                self._open_socket(connection, who, tally)
        elif line.says == "used":
            self._use(tally, connection, who, entry, layer)
        elif line.says == "failed":
            if connection is None or connection not in self._failed:
                tally.count("failed", layer)
            if connection is not None:
                _remember(self._failed, connection, entry.line)
            self._forget(connection)
        elif line.says == "asked":
            tally.count("asked", layer)
            if who is not None and time is not None:
                _remember(self._asked, who, (time, ""))
        else:
            tally.count(_WORDS.get(line.says, line.says), layer)
            if line.says == "lost":
                tally.lose(connection, time)

    def _use(
        self,
        tally: Tally,
        connection: str | None,
        who: str | None,
        entry: Entry,
        layer: str,
    ) -> None:
        """Note work on a connection: the first after its opening tells that a session has it."""
        if connection is None or connection in tally.held:
            return
        if self._fresh.pop(connection, None) is None:
            # In use since before the log begins.
            tally.acquire(connection, entry.time, layer, counted=False)
            return
        # An earlier connection from the same port is another one.
        tally.known.discard(connection)
        tally.create(connection, layer)
        if tally.acquire(connection, entry.time, "pool"):
            self._answered(who, entry.time, tally)

    def _open_socket(self, connection: str, who: str | None, tally: Tally) -> None:
        _remember(self._fresh, connection, tally.address)
        self._failed.pop(connection, None)
        towards = self._towards.get(who or "")
        if towards:
            _remember(self._addresses, connection, towards)

    def _answered(self, who: str | None, time: float | None, tally: Tally) -> None:
        asked = self._asked.pop(who, None) if who is not None else None
        if asked is not None and time is not None and time >= asked[0]:
            tally.waits.add(time - asked[0])

    def _forget(self, connection: str | None) -> None:
        if connection is not None:
            self._fresh.pop(connection, None)
            self._addresses.pop(connection, None)

    def _note_break(self, line: DriverLine, connection: str | None, entry: Entry) -> None:
        """Note that a connection broke which nobody had: no one else tells of it."""
        if connection is None:
            return
        for tally in self._tallies.values():
            if connection in tally.resting:
                tally.seen(entry.line, entry.time)
                tally.count("lost", line.layer)
                tally.lose(connection, entry.time)
                self._add_event("lost", line, tally, {}, entry)
                return

    def _note_address(self, who: str | None, address: str) -> None:
        self._tally(address)
        _remember(self._towards, who or "", address)

    def _add_event(
        self,
        says: str,
        line: DriverLine,
        tally: Tally,
        parts: dict[str, str],
        entry: Entry,
        *,
        asked: tuple[float, str] | None = None,
    ) -> None:
        numbers = _numbers(parts)
        if asked is not None and entry.time is not None and entry.time >= asked[0]:
            numbers["waited"] = entry.time - asked[0]
        if "delay" in numbers:
            tally.delays.add(numbers["delay"])
        if entry.time is None:
            return
        level = _LEVEL.search(entry.text[:200])
        tally.add_event(
            says,
            line.layer,
            LogEvent(
                entry.time,
                line.id,
                "" if level is None else level[1],
                entry.text[:_TEXT_LIMIT],
                None,
                numbers,
                Where(self._path, entry.line),
            ),
        )

    def _meet(self, language: DriverLanguage) -> None:
        """Note whose lines these are; what came before without a name was theirs as well."""
        before = self._tallies.pop(("unknown", ""), None)
        self._language = language
        if before is not None and (language, "") not in self._tallies:
            before.language = language
            self._tallies[language, ""] = before

    def _tally(self, address: str | None) -> Tally:
        language = self._language
        known = [there for spoken, there in self._tallies if spoken == language and there]
        if address is None:
            address = known[0] if len(known) == 1 else ""
        address = address[:200]
        if address and address not in known:
            nameless = self._tallies.get((language, ""))
            if nameless is not None and not known:
                # What came before its address was told.
                del self._tallies[language, ""]
                nameless.address = address
                self._tallies[language, address] = nameless
            elif len(self._tallies) >= _POOLS:
                address = ""
        key = (language, address)
        if key not in self._tallies:
            self._tallies[key] = Tally(language, address, self._path)
        return self._tallies[key]

    def records(self, version: str | None) -> Iterator[DriverPool]:
        """Yield the pools of which something was told, by language and address."""
        for _, tally in sorted(self._tallies.items()):
            if not self._sockets and tally.counts["opening", "pool"]:
                # Without the lines of the connections nothing says how an opening ended.
                tally.forget_use()
            pool = tally.pool(version)
            if pool.counts:
                yield pool

    def problems(self) -> Iterator[str]:
        """Yield what is a sample rather than all."""
        for _, tally in sorted(self._tallies.items()):
            thinned = tally.thinned()
            if thinned:
                yield f"{self._path}: of the pool towards {tally.address or 'unknown'}: {thinned}"


def _who(text: str) -> str | None:
    found = _WHO.search(text[:120])
    return None if found is None else f"{found[1]}/{found[2]}"


def _numbers(parts: dict[str, str]) -> dict[str, float]:
    numbers: dict[str, float] = {}
    for name, value in parts.items():
        what, _, unit = name.partition("_")
        if what not in ("delay", "limit", "active", "idle") or len(value) > 40:
            continue
        if unit == "clock":
            hours, minutes, seconds = value.split(":")
            numbers[what] = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
        else:
            numbers[what] = float(value) / (1000 if unit == "ms" else 1)
    return numbers


def _remember(memory: dict[str, _Value], key: str, value: _Value) -> None:
    if key not in memory and len(memory) >= _REMEMBERED:
        del memory[next(iter(memory))]
    memory[key] = value
