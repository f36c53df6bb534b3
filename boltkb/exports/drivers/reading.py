"""Clients' logs: the lines about a driver's pool, found in a stream of bytes in bounded memory.

A block of bytes is searched for the catalogue's needles; only lines that hold one are decoded.
Application logs mix the driver's lines with others: those are no business of this reader.  What
a line means stands in the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import lru_cache

from ahocorasick_rs import BytesAhoCorasick

from boltkb.catalogue import DriverLine, load_driver_lines
from boltkb.exports.drivers.dumps import METRICS_NEEDLE, Gauges, read_metrics_text
from boltkb.exports.drivers.lines import Unwrapped, begins_entry, dated, unwrapped
from boltkb.exports.drivers.pools import Entry, Pools
from boltkb.exports.intake.members import Member
from boltkb.exports.records import DriverPool, Source, SourceKind

__all__ = ["DriverLog", "lines_in", "read_driver_log"]

_BLOCK = 1 << 20
_LONGEST_LINE = 1 << 20
#: What is decoded of a line; what a driver says stands before it.
_DECODED = 1 << 16
#: What is looked through of what was decoded: patterns cost more than finding.
_LOOKED_AT = 1 << 14
#: How many lines back an entry's first line is looked for; Java's stack traces are this long.
_BACK = 400
#: How much of each of those lines is kept over a block's edge.
_BACK_BYTES = 4096
_VERSION_NEEDLES = (b"neo4j-python/", b"neo4j-java", b"neo4j-dotnet/", b"neo4j-go/", b"Go Driver/")
_VERSION = re.compile(
    rb"(?:neo4j-(?:python|java|javascript|dotnet|go)|Go Driver)/(\d{1,4}(?:\.\d{1,4}){1,3})"
)


@dataclass(frozen=True, slots=True)
class DriverLog:
    """One client's log as it was read.

    Parameters
    ----------
    source : Source
        Its rows are the lines about a driver.
    pools : tuple of DriverPool
    problems : tuple of str
    """

    source: Source
    pools: tuple[DriverPool, ...]
    problems: tuple[str, ...]


def read_driver_log(
    member: Member,
    zone: tzinfo = UTC,
    *,
    kind: SourceKind = "driver-log",
    block: int = _BLOCK,
) -> DriverLog:
    r"""Return what a client's log tells of its driver's pools.

    Parameters
    ----------
    member : Member
    zone : tzinfo, optional
        The zone of times that name none.
    kind : str, optional
        What the file was taken for.
    block : int, bytes, >= 1
        How much is read at a time; the result does not depend on it.

    Returns
    -------
    DriverLog

    Raises
    ------
    ExportError
        When the file cannot be read or is larger than the limits allow.

    Examples
    --------
    >>> import io
    >>> text = (
    ...     b"1795705301869 DEBUG Connection [0][bolt-15] acquired from the pool db:7687\n"
    ...     b"1795705302159 DEBUG Connection [0][bolt-15] released to the pool db:7687\n"
    ... )
    >>> (pool,) = read_driver_log(Member("a.log", None, lambda: io.BytesIO(text))).pools
    >>> pool.language, pool.address, dict(pool.counts), pool.holds.round(3).tolist()
    ('javascript', 'db:7687', {'acquired': 1, 'released': 1}, [0.29])
    """
    state = _State(member.path, zone)
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
                state.refuse(state.number + 1, f"longer than {_LONGEST_LINE:,} bytes")
                state.number += 1
                whole, too_long = part[begin:end], False
            else:
                whole = rest + part[:end]
            rest = part[end:]
            if whole:
                state.scan(whole)
    if too_long:
        state.refuse(state.number + 1, f"longer than {_LONGEST_LINE:,} bytes")
    elif rest:
        # A client that is killed leaves its last line without an end; it is read as it is.
        state.scan(rest + b"\n")
    return state.finished(kind)


def lines_in(text: str) -> Iterator[tuple[DriverLine, re.Match[str]]]:
    """Yield the lines of the catalogue that a piece of text is, with what they name.

    Examples
    --------
    >>> [line.id for line, _ in lines_in("WARN  [pool 1] Borrow queued")]
    ['go-queued']
    """
    for needle, lines in _by_needle().items():
        if needle in text:
            for line in lines:
                found = line.pattern.search(text)
                if found is not None:
                    yield line, found


@lru_cache(maxsize=1)
def _by_needle() -> Mapping[str, tuple[DriverLine, ...]]:
    found: dict[str, tuple[DriverLine, ...]] = {}
    for line in load_driver_lines().values():
        for needle in line.needles:
            found[needle] = (*found.get(needle, ()), line)
    return found


class _State:
    def __init__(self, path: str, zone: tzinfo) -> None:
        self.number = 0
        self._path = path
        self._zone = zone
        self._before: list[bytes] = []
        self._pools = Pools(path)
        self._gauges = Gauges(path)
        self._rows = 0
        self._refused = 0
        self._why = ""
        self._version: str | None = None
        self._resolved: tuple[int, int, tuple[float, bool] | None] = (0, 0, None)
        self._undated = 0
        self._zoneless = False
        self._automaton = _automaton()

    def refuse(self, line: int, why: str) -> None:
        self._refused += 1
        if not self._why:
            self._why = f"line {line}: {why}"

    def scan(self, block: bytes) -> None:
        if self._version is None:
            self._look_for_version(block)
        counted, number = 0, self.number + 1
        for start in _starts(block, self._automaton):
            number += block.count(b"\n", counted, start)
            counted = start
            raw = block[start : block.index(b"\n", start)]
            self._take(raw, number, block, start)
        self.number += block.count(b"\n")
        kept = block.rsplit(b"\n", _BACK + 1)[-_BACK - 1 : -1]
        self._before = [*self._before, *(line[:_BACK_BYTES] for line in kept)][-_BACK:]

    def _take(self, raw: bytes, number: int, block: bytes, start: int) -> None:
        if b"\0" in raw[:_DECODED]:
            self.refuse(number, "holds NUL bytes")
            return
        try:
            line = raw[:_DECODED].decode("utf-8")
        except UnicodeDecodeError as problem:
            if len(raw) <= _DECODED or problem.start < _DECODED - 4:
                self.refuse(number, "not UTF-8")
                return
            line = raw[:_DECODED].decode("utf-8", "ignore")
        inside = unwrapped(line.rstrip("\r"))
        text = inside.text[:_LOOKED_AT]
        time = self._begins(inside)
        entry = number
        if time is None and not begins_entry(text):
            entry, time = self._entry_of(number, block, start)
            self._resolved = (number, entry, time)
            if inside.time is not None:
                time = (inside.time, True)
        known = _sorted_out(lines_in(text))
        metrics = list(read_metrics_text(text))
        if not known and not metrics:
            return
        self._rows += 1
        if time is None:
            self._undated += 1
        else:
            self._zoneless |= not time[1]
        moment = None if time is None else time[0]
        for line_known, found in known:
            self._pools.take(line_known, found, Entry(text, moment, number, entry))
        for name, values in metrics:
            self._gauges.snapshot(name, moment, values, number)

    def _entry_of(
        self, number: int, block: bytes, start: int
    ) -> tuple[int, tuple[float, bool] | None]:
        """Return the line that begins a line's entry, and its time; the line itself for none."""
        place, back = start, 0
        before: Iterator[bytes] = reversed(self._before)
        while back < _BACK:
            back += 1
            if number - back == self._resolved[0]:
                # What is before the line that was looked at last has been looked at.
                entry, time = self._resolved[1:]
                near = time is not None and number - entry <= _BACK
                return (entry, time) if near else (number, None)
            if place > 0:
                end = place - 1
                place = block.rfind(b"\n", 0, end) + 1
                raw = block[place : min(end, place + _BACK_BYTES)]
            else:
                kept = next(before, None)
                if kept is None:
                    break
                raw = kept
            found = self._begin(raw)
            if found is not None:
                return number - back, found
        return number, None

    def _begin(self, raw: bytes) -> tuple[float, bool] | None:
        if raw[:1] in b" \t":
            return None
        return self._begins(unwrapped(raw.decode("utf-8", "replace")))

    def _begins(self, inside: Unwrapped) -> tuple[float, bool] | None:
        """Return the time of a line that begins an entry, the wrapper's before its own."""
        own = dated(inside.text, self._zone)
        if inside.time is not None and (own is not None or begins_entry(inside.text)):
            return inside.time, True
        return own

    def _look_for_version(self, block: bytes) -> None:
        for needle in _VERSION_NEEDLES:
            place = block.find(needle)
            found = _VERSION.match(block, place) if place >= 0 else None
            if found is not None:
                self._version = found[1].decode("ascii")
                return

    def finished(self, kind: SourceKind) -> DriverLog:
        pools = (*self._pools.records(self._version), *self._gauges.records(self._version))
        problems = list(self._pools.problems())
        others = self.number - self._rows - self._refused
        if others > 0:
            problems.append(
                f"{self._path}: {others:,} of its {self.number:,} lines are not about a driver's"
                " pool"
            )
        if self._undated:
            problems.append(
                f"{self._path}: {self._undated:,} lines about the driver have no date and are"
                " only counted"
            )
        if self._zoneless:
            problems.append(f"{self._path}: its times name no zone and are read as {self._zone}")
        starts = [pool.start for pool in pools if pool.start is not None]
        ends = [pool.end for pool in pools if pool.end is not None]
        source = Source(
            self._path,
            kind,
            self._rows,
            self._refused,
            self._why,
            min(starts, default=None),
            max(ends, default=None),
        )
        return DriverLog(source, pools, tuple(problems))


def _sorted_out(
    found: Iterable[tuple[DriverLine, re.Match[str]]],
) -> list[tuple[DriverLine, re.Match[str]]]:
    """Return what a line says, its own words before the error's that it passes on."""
    known = sorted(found, key=lambda hit: hit[0].language == "any")
    if any(line.layer == "wire" and line.says == "rejected" for line, _ in known):
        return [hit for hit in known if hit[0].says != "rejected" or hit[0].layer == "wire"]
    return known


@lru_cache(maxsize=1)
def _automaton() -> BytesAhoCorasick:
    """Return what finds all needles in one pass: forty searches would cost forty."""
    return BytesAhoCorasick([*(needle.encode("ascii") for needle in _by_needle()), METRICS_NEEDLE])


def _starts(block: bytes, automaton: BytesAhoCorasick) -> Iterator[int]:
    """Yield where each line begins that holds a needle; the block ends with a line's end."""
    end = 0
    for _, place, _ in automaton.find_matches_as_indexes(block):
        if place >= end:
            yield block.rfind(b"\n", end - 1 if end else 0, place) + 1
            end = block.index(b"\n", place) + 1
