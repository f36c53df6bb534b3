r"""gc.log: how often and for how long the virtual machine stopped the server.

Unified logging of Java 9 and later, `[2.753s][info ][gc] GC(0) Pause Young ... 30.377ms`, with any
decorations; the older form of Java 8, `2019-11-05T21:19:54.123+0000: 12.345: [GC pause ...`.
Neo4j asks for no date, so such a file has seconds since its process started: `place_in_time` adds
when that was.  A log may hold a million pauses: the longest are kept, the rest is added up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from boltkb.catalogue import load_messages
from boltkb.exports.intake.members import Member
from boltkb.exports.logs.blocks import BLOCK, LONGEST_LINE, LineBlocks
from boltkb.exports.logs.lines import named_numbers
from boltkb.exports.logs.longest import Longest
from boltkb.exports.logs.needles import Needles
from boltkb.exports.records import LogEvent, Source, Where

__all__ = ["CollectionLog", "place_in_time", "read_collections"]

#: Pauses up to this long, in seconds, are added up.
_SHORT = 0.1
_KINDS = ("gc-pause", "safepoint-pause")
#: Files of one process follow each other within this, in seconds.
_APART = 120.0
_TEXT = 300
#: Bytes of a line that are looked at; no pause is told in more.
_LONGEST = 4096
_DECORATION = re.compile(rb"\[([^\]]{1,64})\]")
_UPTIME = re.compile(rb"(\d{1,12}(?:[.,]\d{1,9})?)(s|ms|ns)")
_DATE = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.,]\d{3}[+-]\d{4}")
_OLD = re.compile(
    rb"(?P<date>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.,]\d{3}[+-]\d{4}: )?"
    rb"(?:(?P<uptime>\d{1,12}[.,]\d{1,6}): )?"
)
_PER_SECOND = {b"s": 1.0, b"ms": 1e3, b"ns": 1e9}


@dataclass(frozen=True, slots=True)
class CollectionLog:
    """One file of pauses as it was read.

    Parameters
    ----------
    source : Source
    events : tuple of LogEvent
        Times are epoch seconds where `dated`, else seconds since the process started.
    begin, end : float, seconds
        First and last line, in the same sense.
    dated : bool
    problems : tuple of str
    """

    source: Source
    events: tuple[LogEvent, ...]
    begin: float
    end: float
    dated: bool
    problems: tuple[str, ...] = ()


def read_collections(member: Member, *, block: int = BLOCK) -> CollectionLog:
    r"""Return the pauses that one file of a virtual machine's log tells of.

    Parameters
    ----------
    member : Member
    block : int, bytes, >= 1
        How much is read at a time; the result does not depend on it.

    Returns
    -------
    CollectionLog

    Raises
    ------
    ExportError
        When the file cannot be read or is larger than the limits allow.

    Examples
    --------
    >>> import io
    >>> line = b"[62.500s][info][gc] GC(0) Pause Full (System.gc()) 27M->11M(514M) 230.377ms\n"
    >>> read = read_collections(Member("gc.log", None, lambda: io.BytesIO(line)))
    >>> read.events[0].time, read.events[0].numbers, read.dated
    (62.5, {'pause': 0.230377}, False)
    """
    state = _State(member.path)
    with member.open() as stream:
        blocks = LineBlocks(stream, block, state.drop)
        for text, size in blocks:
            state.scan(text, size)
    if blocks.cut:
        state.refuse(state.lines + 1, "cut in the middle")
    return state.finished()


def place_in_time(logs: Sequence[CollectionLog], start: float | None) -> tuple[CollectionLog, ...]:
    """Return logs of pauses with their times in epoch seconds.

    Parameters
    ----------
    logs : sequence of CollectionLog
        Of one server, rotated files included.
    start : float or None, epoch seconds
        When the server's process began, as its own log tells: some seconds late.

    Returns
    -------
    tuple of CollectionLog
        One that cannot be placed keeps no events, and says so.

    Examples
    --------
    >>> place_in_time([], 1_700_000_000.0)
    ()
    """
    placed = [log for log in logs if log.dated]
    undated = sorted((log for log in logs if not log.dated), key=lambda log: log.end)
    # The process that runs last wrote the file without a number; what it wrote before follows on.
    newest = next(
        (log for log in reversed(undated) if log.source.path.endswith(".log")),
        undated[-1] if undated else None,
    )
    begin = None if newest is None else newest.begin
    for log in reversed(undated):
        follows = log is newest or (
            begin is not None and -1.0 <= begin - log.end <= _APART and log.begin < begin
        )
        if follows and start is not None:
            begin = log.begin
            placed.append(_placed(log, start))
        else:
            why = (
                f"{log.source.path}: its pauses are told in seconds since a process started, and"
                " nothing says when that was; log with a time decoration to have them placed"
            )
            placed.append(replace(log, events=(), problems=(*log.problems, why)))
    return tuple(placed)


def _placed(log: CollectionLog, start: float) -> CollectionLog:
    events = tuple(replace(event, time=start + event.time) for event in log.events)
    source = replace(log.source, start=start + log.begin, end=start + log.end)
    told = (
        f"{log.source.path}: its pauses are told in seconds since the process started; they are"
        " placed by the server's first line, so some seconds late"
    )
    return replace(log, events=events, source=source, dated=True, problems=(*log.problems, told))


@lru_cache(maxsize=1)
def _needles() -> Needles:
    return Needles([load_messages()[kind] for kind in _KINDS])


class _State:
    def __init__(self, path: str) -> None:
        self._path = path
        self.lines = 0
        self._pauses = {kind: Longest(path, kind) for kind in _KINDS}
        self._rows = 0
        self._refused = 0
        self._why = ""
        self._begin: float | None = None
        self._end = 0.0
        self._dated: bool | None = None

    def refuse(self, line: int, why: str) -> None:
        self._refused += 1
        self._why = self._why or f"line {line}: {why}"

    def drop(self) -> None:
        self.lines += 1
        self.refuse(self.lines, f"longer than {LONGEST_LINE:,} bytes")

    def scan(self, text: bytearray, size: int) -> None:
        needles = _needles()
        line = counted = 0
        begin = -1
        for number, place, _ in needles.seek(text, size):
            first = text.rfind(b"\n", counted, place) + 1 or counted
            if first == begin:
                continue
            begin = first
            line += text.count(b"\n", counted, first)
            counted = first
            end = text.find(b"\n", place, size)
            self._take(
                bytes(text[first : min(end, first + _LONGEST)]), number, self.lines + line + 1
            )
        self.lines += line + text.count(b"\n", counted, size)

    def _take(self, raw: bytes, number: int, line: int) -> None:
        stamped = _stamp(raw)
        if stamped is None:
            return
        time, dated = stamped
        if self._dated is None:
            self._dated = dated
        if dated != self._dated:
            self.refuse(line, "its time is of another kind than those above it")
            return
        message = _needles().messages[number][0]
        text = raw.rstrip(b"\r").decode("utf-8", "replace")
        found = message.pattern.search(text)
        if found is None:
            return
        seconds = named_numbers(found.groupdict()).get("pause")
        if seconds is None:
            return
        self._rows += 1
        self._begin = time if self._begin is None else min(self._begin, time)
        self._end = max(self._end, time)
        pauses = self._pauses[message.id]
        if seconds < _SHORT:
            pauses.add_one_short(seconds, line, time)
        else:
            pauses.add(seconds, line, time, text[:_TEXT])

    def finished(self) -> CollectionLog:
        events = sorted(self._events(), key=lambda event: event.where.first_line or 0)
        begin = self._begin or 0.0
        dated = bool(self._dated)
        source = Source(
            self._path,
            "gc-log",
            self._rows,
            self._refused,
            self._why,
            begin if dated else None,
            self._end if dated else None,
        )
        return CollectionLog(source, tuple(events), begin, self._end, dated)

    def _events(self) -> Iterator[LogEvent]:
        for kind, pauses in self._pauses.items():
            level = load_messages()[kind].level
            for seconds, line, time, text in pauses.kept():
                numbers = {"pause": seconds}
                where = Where(self._path, line)
                yield LogEvent(time, kind, level, str(text), None, numbers, where)
            others = pauses.others()
            if others is not None:
                yield others


def _stamp(raw: bytes) -> tuple[float, bool] | None:
    """Return a line's time, and whether it is a date rather than seconds since the start."""
    if raw.startswith(b"["):
        uptime = None
        place = 0
        while found := _DECORATION.match(raw, place):
            place = found.end()
            if date := _DATE.fullmatch(found[1].strip()):
                return _epoch(date[0]), True
            if uptime is None and (passed := _UPTIME.fullmatch(found[1].strip())):
                uptime = float(passed[1].replace(b",", b".")) / _PER_SECOND[passed[2]]
        return None if uptime is None else (uptime, False)
    old = _OLD.match(raw)
    if old is None:
        return None
    if old["date"]:
        return _epoch(old["date"][:28]), True
    if old["uptime"]:
        return float(old["uptime"].replace(b",", b".")), False
    return None


def _epoch(date: bytes) -> float:
    text = date.decode("ascii").replace(",", ".")
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()
    except ValueError:
        return 0.0
