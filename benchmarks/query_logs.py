"""Query logs made up for measuring, in the shape of 4.x (plain) and of 5.x (JSON)."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

_LABELS = ("Person", "Order", "Straße", "製品", "Device")
_AGENTS = ("neo4j-java/4.4.9", "neo4j-python/5.8.0 Python/3.11 (linux)", "neo4j-go/5.8.1")
_BEGIN = datetime(2024, 3, 4, 10, tzinfo=UTC)


def _queries(rng: random.Random) -> list[tuple[str, str]]:
    """Texts with their parameters; a fifth has several lines."""
    found = []
    for i in range(1200):
        label, kind = rng.choice(_LABELS), rng.random()
        if kind < 0.2:
            steps = "".join(
                f"  WHERE p.x{j} <> 'a - {j}'\n\tWITH p, p.y - {j} AS y{j}\n"
                for j in range(rng.randrange(1, 8))
            )
            text = f'MATCH (p:{label} {{id: $id}})\n\n// "{i}"\nWITH p\n{steps}RETURN p'
            given = f"{{id: 'æ-{i}', note: 'a - b > c'}}"
        elif kind < 0.4:
            rows = ", ".join(f"{{id: {j}, name: 'Node {i * j}'}}" for j in range(rng.randrange(24)))
            text, given = f"UNWIND $rows AS row MERGE (n:{label} {{id: row.id, i: {i}}})", rows
            given = f"{{rows: [{rows}]}}"
        else:
            text, given = f"MATCH (n:{label}) WHERE n.id = $id RETURN n.p{i % 90}", f"{{id: {i}}}"
        found.append((text, given))
    return found


def _entries(seed: int) -> Iterator[tuple[str, int, int, str, str, str, random.Random]]:
    rng = random.Random(seed)
    queries = _queries(rng)
    now = 0.0
    while True:
        now += rng.expovariate(0.25)
        moment = _BEGIN + timedelta(milliseconds=int(now))
        stamp = moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"
        text, given = rng.choice(queries)
        source = (
            f"bolt-session\tbolt\t{rng.choice(_AGENTS)}\t\tclient/10.0.{rng.randrange(4)}."
            f"{rng.randrange(250)}:{rng.randrange(32768, 60000)}\tserver/10.0.0.1:7687>"
        )
        yield stamp, int(rng.lognormvariate(1.5, 2)), rng.randrange(9), source, text, given, rng


def plain_log(size: int, seed: int = 1) -> Iterator[bytes]:
    """Yield about `size` bytes of a log of 4.x, an entry at a time."""
    done = 0
    for number, (stamp, elapsed, small, source, text, given, rng) in enumerate(_entries(seed)):
        failed = rng.random() < 0.005
        tail = "runtime=null - {} - no such variable" if failed else "runtime=slotted - {app: 'x'}"
        line = (
            f"{stamp} {'ERROR' if failed else 'INFO '} id:{number} - {elapsed} ms: (planning:"
            f" {small}, waiting: 0) - 312 B - {small} page hits, 0 page faults - {source}\tneo4j -"
            f" app - {text} - {given} - {tail}\n"
        ).encode()
        yield line
        done += len(line)
        if done >= size:
            return


def json_log(size: int, seed: int = 1) -> Iterator[bytes]:
    """Yield about `size` bytes of a log of 5.x in JSON, an entry at a time."""
    done = 0
    for number, (stamp, elapsed, small, source, text, given, rng) in enumerate(_entries(seed)):
        failed = rng.random() < 0.005
        entry = {
            "time": stamp, "level": "ERROR" if failed else "INFO",
            "event": "fail" if failed else "success", "type": "query", "id": str(number),
            "elapsedTimeMs": elapsed, "planning": small, "cpu": small, "waiting": 0,
            "allocatedBytes": 312, "pageHits": small, "pageFaults": 0, "source": source,
            "database": "neo4j", "executingUser": "app", "authenticatedUser": "app",
            "query": text, "queryParameters": given, "runtime": "slotted",
            "annotationData": "{app: 'x'}", "transactionId": str(number // 3),
        }  # fmt: skip
        line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        yield line
        done += len(line)
        if done >= size:
            return


def postgres_log(size: int, seed: int = 1) -> Iterator[bytes]:
    """Yield about `size` bytes of a log of PostgreSQL, an entry at a time."""
    done = 0
    for number, (stamp, elapsed, small, *_) in enumerate(_entries(seed)):
        line = (
            f"{stamp[:23]} UTC [{2000 + number % 300}]: [{number}-1] user=app,db=core "
            f"LOG:  duration: {elapsed}.{small}00 ms  statement: SELECT a.name, b.total\n\tFROM"
            f" person_{small} a\n\tJOIN payments b ON a.id = b.p WHERE b.total > {number}\n"
        ).encode()
        yield line
        done += len(line)
        if done >= size:
            return


def mysql_log(size: int, seed: int = 1) -> Iterator[bytes]:
    """Yield about `size` bytes of a slow log of MySQL, an entry at a time."""
    done = 0
    for number, (stamp, elapsed, small, *_) in enumerate(_entries(seed)):
        line = (
            f"# Time: {stamp[:10]}T{stamp[11:23]}000Z\n# User@Host: app[app] @ web-1 [10.0.0.1]"
            f"  Id: {number % 5000}\n# Query_time: {elapsed / 1000:.6f}  Lock_time: 0.000100"
            f" Rows_sent: {small}  Rows_examined: {number}\nSET timestamp={1709546400 + number};\n"
            f"SELECT a.name, b.total\n FROM person_{small} a WHERE a.total > {number};\n"
        ).encode()
        yield line
        done += len(line)
        if done >= size:
            return
