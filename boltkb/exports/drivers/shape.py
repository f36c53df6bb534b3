"""What this room's files look like from outside: by name and first bytes, never by folder."""

from __future__ import annotations

import re

from boltkb.catalogue import load_driver_lines
from boltkb.exports.records import SourceKind

__all__ = ["is_scrape", "looks_like"]

_TEXT_NAME = re.compile(r"\.(?:log|txt|out|err|json|jsonl|ndjson|prom|metrics)$|^[\w-]+$")
#: The server's own logs may hold the lines of a driver inside the server.
_SERVERS_LOG = re.compile(
    r"^(?:debug|neo4j|query|security|http|gc|bolt|store-?copy|service-(?:error|out))(?:[-_.][\w.-]*)?\.log"
)
_DRIVER_NAME = re.compile(r"(?:^|[-_.])drivers?(?:[-_.][\w.-]*)?\.(?:log|out|txt|jsonl?)$")
_SCRAPE = re.compile(
    rb'(?m)^neo4j_driver_connections_\w+\{|^db_client_connection_\w+\{[^}\n]{0,2000}db_system_name="neo4j"'
    rb'|"name" ?: ?"neo4j\.driver\.connections\.'
)
_NO_THREADS = b"Neo.TransientError.Request.NoThreadsAvailable"
#: A category of the server's own; the driver inside it has `o.n.d.`.
_SERVERS_ENTRY = re.compile(rb"\[(?:o\.n|org\.neo4j)\.(?!d)|======== Neo4j ")
_DUMP = b", timedOutToAcquire="
_SERVERS_METRIC = re.compile(rb"(?m)^neo4j_(?:dbms|database)_")


def looks_like(name: str, head: bytes) -> SourceKind | None:
    """Return which of this room's kinds a file is, None for none.

    Parameters
    ----------
    name : str
        In lower case, without folders, without the number and the ending of a rotated or packed
        file.
    head : bytes
        Its first 64 KiB, as UTF-8.
    """
    named = _DRIVER_NAME.search(name) is not None
    if not named and (not _TEXT_NAME.search(name) or _SERVERS_LOG.match(name)):
        return None
    if is_scrape(head) and not _SERVERS_METRIC.search(head):
        return "driver-metrics"
    if named or _speaks(head):
        return "driver-log"
    return "driver-metrics" if _DUMP in head else None


def is_scrape(head: bytes) -> bool:
    """Return whether a file's first bytes are metrics that a client exported.

    Examples
    --------
    >>> is_scrape(b'neo4j_driver_connections_idle{address="db:7687"} 3.0')
    True
    """
    return _SCRAPE.search(head) is not None


def _speaks(head: bytes) -> bool:
    """Return whether a driver wrote any line of a file's beginning."""
    if _NO_THREADS in head and not _SERVERS_ENTRY.search(head):
        return True
    for line in load_driver_lines().values():
        if not line.own:
            continue
        for needle in line.needles:
            place = head.find(needle.encode("ascii"))
            while place >= 0:
                begin = head.rfind(b"\n", 0, place) + 1
                end = head.find(b"\n", place)
                raw = head[begin : end if end >= 0 else len(head)]
                if line.pattern.search(raw.decode("utf-8", "replace")):
                    return True
                place = head.find(needle.encode("ascii"), max(end, place + 1)) if end >= 0 else -1
    return False
