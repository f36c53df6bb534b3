"""neo4j.log and debug.log: known lines found in a stream of bytes, in bounded memory.

A block of bytes is searched for all of the catalogue's needles in one pass; only lines that hold
one are decoded.  What the log covers and where its clock went back is told by comparing the bytes
of its times.  Text layout and JSON layout alike; what a line means stands in the catalogue.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from boltkb.exports.intake.members import Member
from boltkb.exports.logs.ahead import ahead
from boltkb.exports.logs.blocks import BLOCK, LONGEST_LINE
from boltkb.exports.logs.clock import DATE_LENGTH
from boltkb.exports.logs.diagnostics import Diagnostics, is_title
from boltkb.exports.logs.entries import Block, Timeline
from boltkb.exports.logs.lines import has_category
from boltkb.exports.logs.matching import Events
from boltkb.exports.logs.parts import DIAGNOSTICS, STATE, TRACE, Found, Part, Search, look_through
from boltkb.exports.logs.pauses import Pauses
from boltkb.exports.logs.prefixes import Wrapping, find_wrapping
from boltkb.exports.logs.trace import Trace
from boltkb.exports.records import (
    LogEvent,
    LogSpan,
    MachineFact,
    SettingValue,
    Source,
    Where,
)

__all__ = ["ONE_START", "LogFile", "read_log"]

#: Seconds that a start takes at most, from its first lines on.
ONE_START = 300.0
#: Entries by which a log's layout is told.
_LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class LogFile:
    """One log file as it was read.

    Parameters
    ----------
    source : Source
    events : tuple of LogEvent
        In the file's order, each line for itself.
    span : LogSpan or None
        None for a log without a single entry that has a time.
    edition : str or None
    zone : str or None
        The time zone of the server's process, such as `Europe/Berlin`.
    settings : tuple of SettingValue
        What the server said at its last start that it was configured with.
    problems : tuple of str
    machine : tuple of MachineFact
        What the server said at its last start about its machine and its process.
    """

    source: Source
    events: tuple[LogEvent, ...]
    span: LogSpan | None
    edition: str | None
    zone: str | None
    settings: tuple[SettingValue, ...] | None
    problems: tuple[str, ...]
    machine: tuple[MachineFact, ...] = ()


@dataclass(slots=True)
class _State:
    path: str
    trace: Trace
    lines: int = 0
    looked_at: int = 0
    with_category: int = 0
    refused: int = 0
    why: str = ""
    began: tuple[float, int] | None = None
    timeline: Timeline = field(default_factory=Timeline)
    search: Search = field(default_factory=Search)
    events: Events = field(init=False)
    pauses: Pauses = field(init=False)
    diagnostics: Diagnostics = field(init=False)

    def __post_init__(self) -> None:
        self.events = Events(self.path, self.timeline.clock)
        self.pauses = Pauses(self.path, self.timeline.clock, self.events.header_fits)
        self.diagnostics = Diagnostics(self.path)

    def title(self, time: float, line: int) -> None:
        """Take in that diagnostics stand here: perhaps a start, perhaps only a new file."""
        if self.began is None or not 0.0 <= time - self.began[0] <= ONE_START:
            self.began = (time, line)

    def start(self, time: float, line: int) -> None:
        """Take in that the server started; its diagnostics stand some lines above."""
        if self.began is not None and 0.0 <= time - self.began[0] <= ONE_START:
            time, line = self.began
        self.began = None
        self.diagnostics.began(time, line)

    def refuse(self, line: int, why: str, count: int = 1) -> None:
        self.refused += count
        if not self.why:
            self.why = f"line {line}: {why}"

    def drop(self) -> None:
        """Take in a line that is too long to be read."""
        self.lines += 1
        self.refuse(self.lines, f"longer than {LONGEST_LINE:,} bytes")


def read_log(member: Member, *, block: int = BLOCK, trace: Trace | None = None) -> LogFile:
    r"""Return what is known of one log file.

    Parameters
    ----------
    member : Member
    block : int, bytes, >= 1
        How much is read at a time; the result does not depend on it.
    trace : Trace, optional
        Receives the thread holds that a debug-level trace tells; the same one for all files of
        a rotated log, oldest first.

    Returns
    -------
    LogFile

    Raises
    ------
    ExportError
        When the file cannot be read or is larger than the limits allow.

    Examples
    --------
    >>> import io
    >>> line = b"2024-06-27 15:16:34.519+0000 INFO  ======== Neo4j 5.26.0 ========\n"
    >>> read = read_log(Member("neo4j.log", None, lambda: io.BytesIO(line)))
    >>> read.events[0].kind, read.source.rows
    ('startup', 1)
    """
    state = _State(member.path, Trace() if trace is None else trace)
    wrapping = find_wrapping(member.head().removeprefix(b"\xef\xbb\xbf"))
    with member.open() as stream, closing(ahead(look_through(stream, block, wrapping))) as parts:
        for part in parts:
            for _ in range(part.dropped):
                state.drop()
            if part.block is not None:
                _scan(part.block, part, state)
    if part.cut:
        state.refuse(state.lines + 1, "cut in the middle")
    return _finished(state, _problems(state, wrapping, cut=part.cut), truncated=part.cut)


def _problems(state: _State, wrapping: Wrapping | None, *, cut: bool) -> list[str]:
    problems: list[str] = []
    path, timeline = state.path, state.timeline
    if cut:
        problems.append(f"{path}: its last line is cut and was left out")
    if timeline.steps_back:
        problems.append(
            f"{path}: the clock goes back {timeline.steps_back} times,"
            f" the first time at line {timeline.back_at}"
        )
    if wrapping is not None and len(wrapping.sources) > 1:
        names = sorted(source.decode("utf-8", "replace") for source in wrapping.sources)
        problems.append(
            f"{path}: lines of {len(names)} sources are mixed in it: {', '.join(names[:4])}"
        )
    if wrapping is not None and wrapping.without_zone:
        problems.append(f"{path}: its times have no zone and are read as UTC")
    return [*problems, *state.events.problems()]


def _finished(state: _State, problems: list[str], *, truncated: bool) -> LogFile:
    timeline, told = state.timeline, state.diagnostics
    span = None
    if timeline.first is not None and timeline.latest is not None:
        span = LogSpan(
            state.path,
            timeline.first,
            timeline.latest,
            timeline.entries,
            timeline.levels,
            2 * state.with_category <= state.looked_at,
            timeline.offset or 0.0,
            truncated=truncated,
        )
        state.trace.seen_until(timeline.latest)
    source = Source(
        state.path,
        "log",
        timeline.entries,
        state.refused,
        state.why,
        None if span is None else span.start,
        None if span is None else span.end,
    )
    settings = None if told.settings is None else tuple(told.settings.values())
    return LogFile(
        source,
        state.events.all(state.pauses.events()),
        span,
        told.edition,
        told.zone,
        settings,
        tuple(problems),
        tuple(told.machine.values()),
    )


def _scan(block: Block, part: Part, state: _State) -> None:
    if part.bad:
        first = min(part.bad)
        state.refuse(state.lines + first + 1, part.bad[first], len(part.bad))
    before = state.timeline.last
    if before is None and len(block.dates):
        # A log often begins with a start; its very first line is the nearest to it.
        place = int(block.dates[0])
        line = state.lines + block.line_at(place) + 1
        state.began = (state.timeline.clock.read(block.text, place), line)
    state.timeline.add(block, lambda place: state.lines + block.line_at(place) + 1)
    if state.looked_at < _LOOKED_AT:
        _look_for_categories(block, state)
    found = state.search.find(block)
    if len(found.pauses):
        _take_pauses(block, found, state)
    titles = _take_hits(block, found, before, state) if len(found.places) else []
    state.diagnostics.scan(block, titles, state.lines)
    state.lines += len(block.ends)


def _take_hits(block: Block, found: Found, before: float | None, state: _State) -> list[int]:
    places, messages, left_out = found.places, found.needles.messages, found.left_out
    lines = block.ends.searchsorted(places)
    entries = block.starts.searchsorted(places, side="right") - 1
    begins = np.where(lines > 0, block.ends[lines - 1] + 1, 0)
    if _take_rejections(block, found, lines, begins, state):
        return []
    titles: list[int] = []
    looked_at, tried = -1, 0
    text, read = block.text, state.timeline.clock.read
    events, lines_before = state.events, state.lines
    rows = zip(
        found.numbers.tolist(),
        places.tolist(),
        lines.tolist(),
        entries.tolist(),
        (block.dates[entries] if len(block.dates) else entries).tolist(),
        begins.tolist(),
        block.ends[lines].tolist(),
        (block.starts[entries] if len(block.starts) else entries).tolist(),
        strict=True,
    )
    for number, place, line, entry, date, begin, end, start in rows:
        if number < DIAGNOSTICS:
            if entry >= 0:
                _take_trace(block, number, place, date, lines_before + line + 1, state)
            continue
        # A line is looked at once for each literal, however often it holds it.
        if line != looked_at:
            looked_at, tried = line, 0
        if tried >> number & 1:
            continue
        tried |= 1 << number
        if number == STATE and not events.lacks_pool_state:
            continue
        raw = bytes(text[begin:end])
        if number < STATE:
            if not is_title(raw):
                continue
            if not titles or titles[-1] != line:
                titles.append(line)
            time = before if entry < 0 else read(text, date)
            if time is not None:
                state.title(time, lines_before + line + 1)
            continue
        event = events.take(
            raw,
            messages[number - left_out],
            before if entry < 0 else read(text, date),
            lines_before + line + 1,
            place=place - begin,
            own=entry >= 0 and start == begin,
        )
        if event is None or event.kind == "rejection-a":
            continue
        if event.connection is not None and event.kind in {"rejection-b", "rejection-c"}:
            state.trace.reject(event.connection, event.time)
        elif event.kind == "startup":
            state.trace.restart()
            state.start(event.time, lines_before + line + 1)
    return titles


def _take_rejections(
    block: Block,
    found: Found,
    lines: NDArray[np.intp],
    begins: NDArray[np.intp],
    state: _State,
) -> bool:
    """Take in all that is found in a block where that is rejections which all say the same."""
    rejected = found.numbers == found.rejections
    if not rejected.any() or not (rejected | (found.numbers == STATE)).all():
        return False
    # A line is looked at once, however often it holds the literal.
    first = np.flatnonzero(np.diff(lines[rejected], prepend=-1))
    lines, begins = lines[rejected][first], begins[rejected][first]
    events, text = state.events, block.text
    taken = events.take_rejections(
        [
            bytes(text[begin:end])
            for begin, end in zip(begins.tolist(), block.ends[lines].tolist(), strict=True)
        ],
        (lines + state.lines + 1).tolist(),
    )
    if taken and events.kept.kinds[-1] != "rejection-a":
        told = slice(-len(lines), None)
        for connection, time in zip(
            events.kept.connections[told], events.kept.times[told], strict=True
        ):
            state.trace.reject(connection or "", time)
    return taken


def _take_pauses(block: Block, found: Found, state: _State) -> None:
    whole = found.pauses + 64 <= block.ended[found.paused]
    if whole.any():
        state.pauses.take(block, found.pauses[whole], found.paused[whole], state.lines)


def _take_trace(block: Block, number: int, place: int, date: int, line: int, state: _State) -> None:
    text = block.text
    begin = text.rfind(b"[", max(place - 100, 0), place)
    if begin < 0 or not state.events.header_fits(text, date + DATE_LENGTH, begin):
        return
    needle, kind = TRACE[number]
    jobs = 0
    if kind == "trace-executing":
        after = place + len(needle)
        digits = bytes(text[after : after + 9]).partition(b" ")[0]
        if not digits.isdigit():
            return
        jobs = int(digits)
    connection = bytes(text[begin + 1 : place]).decode("utf-8", "replace")
    time = state.timeline.clock.read(text, date)
    state.trace.take(kind, connection, time, Where(state.path, line), jobs=jobs)


def _look_for_categories(block: Block, state: _State) -> None:
    for start in block.starts[: _LOOKED_AT - state.looked_at].tolist():
        end = int(block.ends[block.line_at(start)])
        state.looked_at += 1
        state.with_category += has_category(bytes(block.text[start:end]))
