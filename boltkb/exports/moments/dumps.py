"""Thread dumps: the threads of the Bolt pool, and what each is doing.

Knows the text that jstack, jcmd, `kill -3` and `neo4j-admin server report` write, alone or in
the midst of a log, and how Neo4j names its workers: with the connection that holds them, so
that a held thread is told from an idle one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, timedelta, timezone, tzinfo

from boltkb.exports.intake.members import Member
from boltkb.exports.moments.frames import state_of, telling_frame
from boltkb.exports.moments.lines import text_lines
from boltkb.exports.moments.stamps import line_time, name_time
from boltkb.exports.records import Source, ThreadDump, Where, Worker

__all__ = ["read_dumps", "worker_of"]

_HEAD = "Full thread dump"
_THREAD = re.compile(r'^"(?P<name>.*)" (?P<rest>(?:#\d+|prio=|daemon|os_prio|Id=|tid=|\[).*)')
#: As `jcmd Thread.dump_to_file` writes it.
_PLAIN = re.compile(r'^#(?P<id>\d+) "(?P<name>.*)"(?: (?:virtual|[A-Z_]{3,20})\b.*)?$')
_WORKER = re.compile(
    r"(?P<thread>neo4j\.BoltWorker-\d+)(?: \[[^\]/\s]+\])?"
    r"(?: \[(?:(?P<connection>[^\]\s]+) - )?(?P<client>.*)\])?\s*$"
)
_FRAME = re.compile(r"^\s+at (?P<frame>[^\s(]+\(?)")
_PLAIN_FRAME = re.compile(r"^\s{4,}(?P<frame>[\w.$/@<>-]+\()")
_CLIENT = re.compile(r"^[^/]*/(?P<address>.+:\d+)$")
_STATE = "   java.lang.Thread.State:"
_AGE = re.compile(r"\b(?P<what>cpu|elapsed)=(?P<number>\d{1,15}(?:\.\d{1,9})?)(?P<unit>ms|s)\b")
#: What `docker logs -t` and `kubectl logs --timestamps` put before each line.
_STAMPED = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) (.*)$")
_PACKED = re.compile(r'^\{"log":"')
#: Lines from a date to the dump that it dates.
_NEAR = 5
_FRAMES = 1024
#: Threads of the pool that are kept of one file: a dump of 400 each ten seconds for three hours.
_WORKERS = 400_000


@dataclass(slots=True)
class _Text:
    first: int
    time: float | None
    workers: list[Worker] = field(default_factory=list)
    threads: int = 0
    last: int = 0
    met: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Broken:
    count: int = 0
    why: str = ""

    def add(self, line: int, why: str) -> None:
        self.count += 1
        self.why = self.why or f"line {line}: {why}"


@dataclass(slots=True)
class _Thread:
    name: str
    rest: str
    frames: list[str] = field(default_factory=list)


def read_dumps(
    member: Member, zone: tzinfo = UTC, *, chunk: int = 1 << 20
) -> tuple[Source, tuple[ThreadDump, ...]]:
    """Return the thread dumps of a file; several may stand one after the other.

    Parameters
    ----------
    member : Member
    zone : tzinfo
        The zone of the dump's clock; its date line does not say.
    chunk : int, bytes
        How much is read at one time.

    Returns
    -------
    tuple of (Source, tuple of ThreadDump)

    Raises
    ------
    ExportError
        When the file cannot be read.

    Examples
    --------
    >>> import io
    >>> text = b'''2026-01-02 03:04:05
    ... Full thread dump OpenJDK 64-Bit Server VM (17 mixed mode):
    ...
    ... "neo4j.BoltWorker-1 [bolt-7 - /127.0.0.1:5000]" #40 daemon prio=5 waiting on condition
    ...    java.lang.Thread.State: TIMED_WAITING (parking)
    ...     at java.util.concurrent.LinkedBlockingDeque.pollFirst(LinkedBlockingDeque.java:515)
    ...     at org.neo4j.bolt.x.AtomicSchedulingConnection.doExecuteJobs(A.java:1)
    ... '''
    >>> _, dumps = read_dumps(Member("threaddump.txt", None, lambda: io.BytesIO(text)))
    >>> dumps[0].workers[0].connection, dumps[0].workers[0].state
    ('bolt-7', 'waiting_for_client')
    """
    broken = _Broken()
    texts: list[_Text] = []
    kept = 0
    for text in _texts(member, zone, broken, chunk):
        kept += len(text.workers)
        if kept > _WORKERS:
            broken.add(text.first, f"more than {_WORKERS:,} threads of the pool in one file")
        elif text.threads:
            texts.append(text)
    named = name_time(member.name, zone) if len(texts) == 1 else None
    dumps = tuple(
        ThreadDump(
            named if text.time is None else text.time,
            tuple(text.workers),
            text.threads,
            Where(member.path, text.first, text.last),
        )
        for text in texts
    )
    times = [dump.time for dump in dumps if dump.time is not None]
    source = Source(
        member.path,
        "thread-dump",
        sum(dump.threads for dump in dumps),
        broken.count,
        broken.why,
        min(times, default=None),
        max(times, default=None),
    )
    return source, dumps


def worker_of(name: str, frames: list[str], rest: str = "") -> Worker | None:
    """Return the worker that a thread is, None for a thread that is not of the Bolt pool.

    Parameters
    ----------
    name : str
        The thread's name.
    frames : list of str
        Class, method and `(`, the innermost first.
    rest : str
        What stands behind the name, with the thread's ages.

    Examples
    --------
    >>> worker = worker_of("neo4j.BoltWorker-7 [bolt] [/10.0.0.5:40316] ", [], "elapsed=9.5s")
    >>> worker.client, worker.elapsed, worker_of("main", [])
    ('10.0.0.5:40316', 9.5, None)
    """
    found = _WORKER.match(name)
    if found is None:
        return None
    client = (found["client"] or "").strip()
    held = bool(found["connection"] or client)
    address = _CLIENT.match(client)
    ages = {age["what"]: _seconds(age) for age in _AGE.finditer(rest)}
    return Worker(
        found["thread"],
        found["connection"],
        (address["address"] if address else client)[:300] or None,
        state_of(frames, held=held),
        telling_frame(frames),
        ages.get("elapsed"),
        ages.get("cpu"),
    )


def _seconds(age: re.Match[str]) -> float:
    return float(age["number"]) / (1000.0 if age["unit"] == "ms" else 1.0)


def _texts(member: Member, zone: tzinfo, broken: _Broken, chunk: int) -> Iterator[_Text]:
    text: _Text | None = None
    thread: _Thread | None = None
    dated: tuple[int, float, bool] | None = None
    for number, raw in text_lines(member, chunk=chunk):
        if "\0" in raw:
            broken.add(number, "holds NUL bytes")
        line, stamped = _bare(raw)
        time = line_time(line, zone) if line[:1] not in {'"', "\t", " ", ""} else None
        if time is not None:
            certain = line_time(line, _ELSEWHERE) == line_time(line, UTC)
            # A shell's date with a zone before the dump's own date, which has none, is better.
            if not (dated and dated[2] and number - dated[0] <= _NEAR and not certain):
                dated = (number, time, certain)
            continue
        near = dated if dated and number - dated[0] <= _NEAR else None
        when = near[1] if near else stamped
        if line.startswith(_HEAD):
            _close(text, thread)
            if text is not None:
                yield text
            text, thread = _Text(near[0] if near else number, when, last=number), None
            continue
        found = _THREAD.match(line) or _PLAIN.match(line)
        if found:
            rest = found["rest"] if "rest" in found.re.groupindex else f"#{found['id']}"
            known = f"{found['name']} {rest.split(' ', 1)[0]}"
            _close(text, thread)
            if text is not None and known in text.met and "#" in known:
                # The same thread again: another dump, without a head of its own.
                yield text
                text = None
            if text is None:
                text = _Text(near[0] if near else number, when)
            text.threads += 1
            if len(text.met) < _WORKERS:
                text.met.add(known[:200])
            text.last, thread = number, _Thread(found["name"], rest)
        elif text is not None and thread is not None:
            frame = _FRAME.match(line) or (thread.rest[:1] == "#" and _PLAIN_FRAME.match(line))
            if frame:
                text.last = number
                if len(thread.frames) < _FRAMES:
                    thread.frames.append(frame["frame"].rpartition("/")[2])
            elif line.startswith((_STATE, "\t- ", "\t-  ")):
                text.last = number
    _close(text, thread)
    if text is not None:
        yield text


_ELSEWHERE = timezone(timedelta(hours=5))


def _close(text: _Text | None, thread: _Thread | None) -> None:
    if text is None or thread is None:
        return
    worker = worker_of(thread.name, thread.frames, thread.rest)
    if worker is not None and len(text.workers) <= _WORKERS:
        text.workers.append(worker)


def _bare(line: str) -> tuple[str, float | None]:
    # A container's log wraps each line, as JSON or behind a time; the time has a zone.
    if _PACKED.match(line):
        try:
            packed = json.loads(line)
            return str(packed["log"]).rstrip("\r\n"), line_time(str(packed.get("time", "")))
        except (ValueError, KeyError, RecursionError):
            return line, None
    found = _STAMPED.match(line)
    return (found[2], line_time(found[1])) if found else (line, None)
