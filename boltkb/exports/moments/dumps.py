"""Thread dumps: the threads of the Bolt pool, and what each is doing.

Knows the text that jstack, jcmd and `neo4j-admin server report` write, and how Neo4j names its
workers: with the connection that holds them, so that a held thread is told from an idle one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from boltkb.exports.intake.members import Member
from boltkb.exports.records import Source, ThreadDump, ThreadState, Where, Worker

__all__ = ["read_dumps"]

_SIZE = 64 << 20
_DATE = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\s*$")
_THREAD = re.compile(r'^"(?P<name>.*)" (?:#\d+|prio=|daemon|os_prio|Id=|tid=|\[)')
_WORKER = re.compile(
    r"(?P<thread>neo4j\.BoltWorker-\d+)(?: \[bolt\])?"
    r"(?: \[(?:(?P<connection>[^\]\s]+) - )?(?P<client>.*)\])?\s*$"
)
_FRAME = re.compile(r"^\s+at (?P<frame>[^\s(]+\(?)")

_IN_POOL = ".ThreadPoolExecutor.getTask"
_QUEUE_WAIT = (
    "java.util.concurrent.LinkedBlockingDeque.poll",
    "java.util.concurrent.LinkedBlockingQueue.poll",
    "java.util.concurrent.ArrayBlockingQueue.poll",
)
_CONNECTION_LOOP = (
    ".AtomicSchedulingConnection.doExecuteJobs",
    ".DefaultBoltConnection.processNextBatch",
)
_AT_WORK = (
    ".AtomicSchedulingConnection.executeJob(",
    ".AtomicSchedulingConnection$ProcessJob",
    ".statemachine.",
    "BoltStateMachine",
)
_LOCKS = (".impl.locking.", ".locking.forseti.", "ForsetiClient", ".kernel.impl.locking")
_READER = (".throttle.", "ThrottleLock", "TransportWriteThrottle", "ChannelWriteThrottle")
#: Frames of the Java library say little; the innermost one that is not of it says what is done.
_LIBRARY = ("java.", "javax.", "jdk.", "sun.", "com.sun.", "scala.")


@dataclass(slots=True)
class _Text:
    first: int
    date: str | None
    threads: list[tuple[str, list[str]]] = field(default_factory=list)
    last: int = 0


def read_dumps(member: Member, zone: tzinfo = UTC) -> tuple[Source, tuple[ThreadDump, ...]]:
    """Return the thread dumps of a file; several may stand one after the other.

    Parameters
    ----------
    member : Member
    zone : tzinfo
        The zone of the dump's clock; its date line does not say.

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
    with member.open() as stream:
        data = stream.read(_SIZE)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = data.decode("utf-16", "replace").encode()
    refused, why = 0, ""
    if b"\0" in data:
        refused = sum(b"\0" in line for line in data.split(b"\n"))
        why = f"line {data[: data.find(0)].count(10) + 1}: holds NUL bytes"
    lines = data.decode("utf-8", "replace").splitlines()
    dumps = []
    for text in _texts(lines):
        workers = [
            worker for name, frames in text.threads if (worker := _worker(name, frames)) is not None
        ]
        where = Where(member.path, text.first, text.last)
        time = _time(text.date, zone)
        dumps.append(ThreadDump(time, tuple(workers), len(text.threads), where))
    times = [dump.time for dump in dumps if dump.time is not None]
    rows = sum(dump.threads for dump in dumps)
    source = Source(
        member.path,
        "thread-dump",
        rows,
        refused,
        why,
        min(times, default=None),
        max(times, default=None),
    )
    return source, tuple(dumps)


def _texts(lines: list[str]) -> Iterator[_Text]:
    text: _Text | None = None
    date: tuple[int, str] | None = None
    frames: list[str] | None = None
    for number, line in enumerate(lines, start=1):
        found = _DATE.match(line)
        if found:
            date = (number, found[1])
            continue
        if line.startswith("Full thread dump"):
            if text is not None:
                yield text
            near = date is not None and number - date[0] <= 3
            text = _Text(date[0] if near and date else number, date[1] if near and date else None)
            frames = None
        elif thread := _THREAD.match(line):
            if text is None:
                text = _Text(number, date[1] if date else None)
            frames = []
            text.threads.append((thread["name"], frames))
        elif frames is not None and (frame := _FRAME.match(line)):
            frames.append(frame["frame"].rpartition("/")[2])
        if text is not None and line.strip():
            text.last = number
    if text is not None:
        yield text


def _time(date: str | None, zone: tzinfo) -> float | None:
    if date is None:
        return None
    try:
        local = datetime.strptime(date, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
        return local.timestamp()
    except (ValueError, OverflowError):
        return None


def _worker(name: str, frames: list[str]) -> Worker | None:
    found = _WORKER.match(name)
    if found is None:
        return None
    client = (found["client"] or "").strip()
    held = bool(found["connection"] or client)
    client = client.rpartition("/")[2]
    return Worker(
        found["thread"],
        found["connection"],
        client or None,
        _state(frames, held=held),
        _telling(frames),
    )


def _state(frames: list[str], *, held: bool) -> ThreadState:
    def any_frame(parts: tuple[str, ...]) -> bool:
        return any(part in frame for frame in frames for part in parts)

    if any(_IN_POOL in frame for frame in frames) or (not held and not any_frame(_AT_WORK)):
        return "idle"
    if any_frame(_LOCKS) and frames and _waits(frames):
        return "waiting_for_lock"
    if any_frame(_READER) and frames and _waits(frames):
        return "blocked_on_reader"
    if any_frame(_CONNECTION_LOOP) and not any_frame(_AT_WORK) and any_frame(_QUEUE_WAIT):
        return "waiting_for_client"
    return "working"


def _waits(frames: list[str]) -> bool:
    # Taking a lock that is free is work; waiting for one parks or sleeps.
    return any(
        part in frame
        for frame in frames[:4]
        for part in (".park", "Object.wait", "Thread.sleep", "onSpinWait", ".sleep0", "waitFor")
    )


def _telling(frames: list[str]) -> str:
    for frame in frames:
        if not frame.startswith(_LIBRARY):
            return frame[:200].removesuffix("(")
    for frame in frames:
        if _IN_POOL in frame:
            return frame.removesuffix("(")
    return frames[0][:200].removesuffix("(") if frames else ""
