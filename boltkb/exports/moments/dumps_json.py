"""Thread dumps in JSON, as `jcmd Thread.dump_to_file -format=json` of Java 21 and later writes.

Knows both versions of that format; the states of threads are told as in a dump in text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from boltkb.exports.intake.members import Member
from boltkb.exports.moments.dumps import worker_of
from boltkb.exports.moments.stamps import instant
from boltkb.exports.records import Source, ThreadDump, Where

__all__ = ["read_json_dump"]

_SIZE = 64 << 20
_FRAMES = 1024


def read_json_dump(member: Member) -> tuple[Source, tuple[ThreadDump, ...]]:
    r"""Return the thread dump of a file in JSON.

    Parameters
    ----------
    member : Member

    Returns
    -------
    tuple of (Source, tuple of ThreadDump)
        No dump, and a refused one in the source, where the file is cut or is no such dump.

    Raises
    ------
    ExportError
        When the file cannot be read.

    Examples
    --------
    >>> import io
    >>> text = (
    ...     b'{"threadDump": {"time": "2025-11-24T16:00:00Z", "threadContainers": [{"threads":'
    ...     b' [{"tid": "40", "name": "neo4j.BoltWorker-1", "stack": []}]}]}}'
    ... )
    >>> _, dumps = read_json_dump(Member("dump.json", None, lambda: io.BytesIO(text)))
    >>> dumps[0].time, len(dumps[0].workers)
    (1764000000.0, 1)
    """
    with member.open() as stream:
        data = stream.read(_SIZE)
    try:
        found = json.loads(data.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as problem:
        why = f"line {data.count(10) + 1}: not JSON to its end ({type(problem).__name__})"
        return Source(member.path, "thread-dump", 0, 1, why), ()
    dump = found.get("threadDump") if isinstance(found, dict) else None
    if not isinstance(dump, dict):
        return Source(member.path, "thread-dump", 0, 1, "line 1: no thread dump in it"), ()
    threads = list(_threads(dump))
    workers = [worker_of(name, frames) for name, frames in threads]
    when = dump.get("time")
    time = instant(when) if isinstance(when, str) else None
    where = Where(member.path, 1, data.count(10) + (not data.endswith(b"\n")))
    result = ThreadDump(
        time, tuple(worker for worker in workers if worker is not None), len(threads), where
    )
    return Source(member.path, "thread-dump", len(threads), 0, "", time, time), (result,)


def _threads(dump: dict[str, object]) -> Iterator[tuple[str, list[str]]]:
    containers = dump.get("threadContainers")
    for container in containers if isinstance(containers, list) else ():
        threads = container.get("threads") if isinstance(container, dict) else None
        for thread in threads if isinstance(threads, list) else ():
            if not isinstance(thread, dict):
                continue
            stack = thread.get("stack")
            frames = [
                frame.partition("(")[0].rpartition("/")[2] + "("
                for frame in (stack[:_FRAMES] if isinstance(stack, list) else ())
                if isinstance(frame, str)
            ]
            yield str(thread.get("name", "")), frames
