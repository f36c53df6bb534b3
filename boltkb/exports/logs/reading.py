"""neo4j.log and debug.log: known lines found in a stream of bytes, in bounded memory.

A block of bytes is searched for the catalogue's needles; only lines that hold one are decoded.
The times of all entries are read in bulk, to know what the log covers and where its clock went
back.  Text layout and JSON layout alike; what a line means stands in the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from boltkb.catalogue import Message, load_messages
from boltkb.exports.intake.members import Member
from boltkb.exports.logs.diagnostics import Diagnostics
from boltkb.exports.logs.lines import (
    entry_times,
    has_category,
    line_parts,
    named_numbers,
    offset_of,
)
from boltkb.exports.records import LogEvent, LogSpan, SettingValue, Source, Where

__all__ = ["LogFile", "read_log"]

_BLOCK = 1 << 20
_LONGEST_LINE = 1 << 20
_TEXT_LIMIT = 500
_POOL = re.compile(
    r"\[Running, pool size = (?P<pool_size>\d+), active threads = (?P<active_threads>\d+),"
    r" queued tasks = (?P<queued_tasks>\d+)"
)
_POOL_NEEDLE = b"[Running, pool size = "
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
    """

    source: Source
    events: tuple[LogEvent, ...]
    span: LogSpan | None
    edition: str | None
    zone: str | None
    settings: tuple[SettingValue, ...] | None
    problems: tuple[str, ...]


@dataclass(slots=True)
class _State:
    path: str
    lines: int = 0
    entries: int = 0
    first: float | None = None
    last: float | None = None
    latest: float | None = None
    back: list[int] = field(default_factory=list)
    steps_back: int = 0
    offset: float | None = None
    levels: set[str] = field(default_factory=set)
    looked_at: int = 0
    with_category: int = 0
    refused: int = 0
    why: str = ""
    events: list[LogEvent] = field(default_factory=list)
    diagnostics: Diagnostics = field(init=False)

    def __post_init__(self) -> None:
        self.diagnostics = Diagnostics(self.path)

    def refuse(self, line: int, why: str, count: int = 1) -> None:
        self.refused += count
        if not self.why:
            self.why = f"line {line}: {why}"


def read_log(member: Member, *, block: int = _BLOCK) -> LogFile:
    r"""Return what is known of one log file.

    Parameters
    ----------
    member : Member
    block : int, bytes, >= 1
        How much is read at a time; the result does not depend on it.

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
    state = _State(member.path)
    rest = b""
    too_long = False
    with member.open() as stream:
        while part := stream.read(min(max(block, 1), _LONGEST_LINE)):
            end = part.rfind(b"\n") + 1
            if not end:
                if too_long or len(rest) + len(part) > _LONGEST_LINE:
                    # One endless line: what came so far is dropped, up to its end.
                    too_long, rest = True, b""
                else:
                    rest += part
                continue
            begin = part.find(b"\n") + 1
            if too_long or len(rest) + begin > _LONGEST_LINE:
                state.refuse(state.lines + 1, f"longer than {_LONGEST_LINE:,} bytes")
                state.lines += 1
                whole, too_long = part[begin:end], False
            else:
                whole = rest + part[:end]
            rest = part[end:]
            if whole:
                _scan(whole, state)
    problems: list[str] = []
    if rest or too_long:
        state.refuse(state.lines + 1, "cut in the middle")
        problems.append(f"{member.path}: its last line is cut and was left out")
    if state.steps_back:
        problems.append(
            f"{member.path}: the clock goes back {state.steps_back} times,"
            f" the first time at line {state.back[0]}"
        )
    return _finished(state, problems, truncated=bool(rest or too_long))


def _finished(state: _State, problems: list[str], *, truncated: bool) -> LogFile:
    span = None
    if state.first is not None and state.latest is not None:
        span = LogSpan(
            state.path,
            state.first,
            state.latest,
            state.entries,
            frozenset(state.levels),
            2 * state.with_category <= state.looked_at,
            state.offset or 0.0,
            truncated=truncated,
        )
    source = Source(
        state.path,
        "log",
        state.entries,
        state.refused,
        state.why,
        None if span is None else span.start,
        None if span is None else span.end,
    )
    told = state.diagnostics
    settings = None if told.settings is None else tuple(told.settings.values())
    return LogFile(
        source, tuple(state.events), span, told.edition, told.zone, settings, tuple(problems)
    )


def _scan(block: bytes, state: _State) -> None:
    array = np.frombuffer(block, dtype=np.uint8)
    ends = np.flatnonzero(array == 10)
    starts = np.concatenate([[0], ends[:-1] + 1])
    _check_text(block, array, starts, ends, state)
    places, times, levels = entry_times(array, starts)
    if len(times):
        if state.offset is None:
            state.offset = offset_of(block, int(starts[places[0]]))
        state.levels |= levels
        before = times[0] if state.last is None else state.last
        steps = np.diff(times, prepend=before)
        # Threads race for the log: a few milliseconds backwards are no clock's fault.
        wrong = np.flatnonzero(steps < -2.0)
        state.steps_back += len(wrong)
        state.back += [state.lines + int(places[i]) + 1 for i in wrong[:1]]
        if state.looked_at < _LOOKED_AT:
            some = places[:_LOOKED_AT]
            _look_for_categories([block[starts[i] : ends[i]] for i in some], state)
    for position, message in _hits(block):
        index = int(np.searchsorted(ends, position))
        line = block[starts[index] : ends[index]]
        entry = int(np.searchsorted(places, index, side="right")) - 1
        time = float(times[entry]) if entry >= 0 else state.last
        own = entry >= 0 and int(places[entry]) == index
        _take(line, message, time, state, state.lines + index + 1, own=own)
    state.diagnostics.scan(block, starts, ends, state.lines)
    if len(times):
        lowest, highest = float(times.min()), float(times.max())
        state.first = lowest if state.first is None else min(state.first, lowest)
        state.latest = highest if state.latest is None else max(state.latest, highest)
        state.last = float(times[-1])
        state.entries += len(times)
    state.lines += len(ends)


def _check_text(
    block: bytes,
    array: NDArray[np.uint8],
    starts: NDArray[np.intp],
    ends: NDArray[np.intp],
    state: _State,
) -> None:
    bad: dict[int, str] = {}
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        for line in np.unique(np.searchsorted(ends, np.flatnonzero(array >= 128))):
            if not _is_text(block[starts[line] : ends[line]]):
                bad[int(line)] = "not UTF-8"
    if b"\0" in block:
        for line in np.unique(np.searchsorted(ends, np.flatnonzero(array == 0))):
            bad[int(line)] = "holds NUL bytes"
    if bad:
        first = min(bad)
        state.refuse(state.lines + first + 1, bad[first], len(bad))


def _is_text(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _hits(block: bytes) -> list[tuple[int, tuple[Message, ...] | None]]:
    found: list[tuple[int, tuple[Message, ...] | None]] = []
    for needle, messages in _needles().items():
        position = block.find(needle)
        while position >= 0:
            found.append((position, messages))
            position = block.find(needle, position + len(needle))
    position = block.find(_POOL_NEEDLE)
    while position >= 0:
        found.append((position, None))
        position = block.find(_POOL_NEEDLE, position + 1)
    return sorted(found, key=lambda hit: (hit[0], hit[1] is None))


_NEEDLES: dict[bytes, tuple[Message, ...]] = {}


def _needles() -> Mapping[bytes, tuple[Message, ...]]:
    if not _NEEDLES:
        for message in load_messages().values():
            for needle in message.needles:
                key = needle.encode("ascii")
                _NEEDLES[key] = (*_NEEDLES.get(key, ()), message)
    return _NEEDLES


def _take(
    raw: bytes,
    messages: tuple[Message, ...] | None,
    time: float | None,
    state: _State,
    line: int,
    *,
    own: bool,
) -> None:
    level, text = line_parts(raw)
    if messages is None:
        _add_pool_state(text, time, state)
        return
    if time is None:
        return
    for message in messages:
        # What stands below an entry may be anybody's text; only stack traces are looked for there.
        found = message.pattern.search(text) if own or message.traced else None
        if found is None:
            continue
        if state.events and state.events[-1].where.first_line == line:
            return
        parts = found.groupdict()
        connection = parts.get("connection")
        state.events.append(
            LogEvent(
                time,
                message.id,
                level or message.level,
                text[:_TEXT_LIMIT],
                None if connection is None else connection[:100],
                named_numbers(parts),
                Where(state.path, line),
            )
        )
        return


def _add_pool_state(text: str, time: float | None, state: _State) -> None:
    # The pool's state stands on the rejection's own line, or on the exception's below it.
    found = _POOL.search(text)
    if found is None or not state.events or time is None:
        return
    event = state.events[-1]
    if event.kind == "rejection-a" and abs(event.time - time) < 0.005:
        numbers = {**event.numbers, **named_numbers(found.groupdict())}
        state.events[-1] = LogEvent(
            event.time, event.kind, event.level, event.text, event.connection, numbers, event.where
        )


def _look_for_categories(lines: Sequence[bytes], state: _State) -> None:
    for raw in lines[: _LOOKED_AT - state.looked_at]:
        state.looked_at += 1
        state.with_category += has_category(raw)
