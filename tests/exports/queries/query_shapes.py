"""Entries of query logs in the shapes of each version, with what they say kept apart."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from boltkb.exports.gathered import Found, Gathered
from boltkb.exports.intake.members import Member
from boltkb.exports.queries.file_sums import FileSums
from boltkb.exports.queries.ledger import Ledger, Room
from boltkb.exports.queries.reading import Reader
from boltkb.exports.queries.take import take_queries
from boltkb.exports.queries.totals import query_log
from boltkb.exports.records import QueryLog, Where

EPOCH = datetime(2024, 6, 27, 15, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Said:
    """One ended (or only started) query: the truth that a line is made of."""

    at: int = 0  # ms after EPOCH, of the line itself
    elapsed: int = 7
    query: str = "MATCH (n) RETURN n"
    client: str = "10.0.0.7"
    port: int = 4711
    agent: str = "neo4j-java/5.8.0"
    user: str = "app"
    database: str = "neo4j"
    planning: int = 1
    cpu: int = 2
    waiting: int = 3
    failed: bool = False
    started: bool = False
    identity: int | None = None
    transaction: str | None = None
    source: str = "bolt"
    parameters: str = "{id: 'a - {b}'}"
    extra: tuple[tuple[str, object], ...] = field(default=())


def stamp(at: int, *, hours: int = 0) -> str:
    moment = EPOCH + timedelta(milliseconds=at, hours=hours)
    zone = f"{'-' if hours < 0 else '+'}{abs(hours):02d}00"
    return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{moment.microsecond // 1000:03d}{zone}"


def source(said: Said, *, old: bool = False) -> str:
    if said.source == "http":
        return f"server-session\thttp\t{said.client}\t/db/neo4j/tx/commit"
    if said.source == "embedded":
        return "embedded-session\t"
    user = f"{said.user}\t" if old else ""
    return (
        f"bolt-session\tbolt\t{user}{said.agent}\t\tclient/{said.client}:{said.port}"
        "\tserver/10.0.0.1:7687>"
    )


def plain(said: Said, version: str = "5", *, hours: int = 0, end: str = "\n") -> str:
    level = "ERROR" if said.failed else "INFO "
    head = f"{stamp(said.at, hours=hours)} {level} "
    if said.started:
        head += "Query started: "
    if said.identity is not None:
        head += f"id:{said.identity} - "
    if said.transaction is not None and version in {"5", "2026"}:
        head += f"transaction id:{said.transaction} - "
    head += f"{said.elapsed} ms: "
    if version == "3.5":
        owner = said.user
        tail = f"{said.query} - {said.parameters} - {{}}"
    else:
        cpu = f", cpu: {said.cpu}" if version in {"4.4", "cpu"} else ""
        head += f"(planning: {said.planning}{cpu}, waiting: {said.waiting}) - -1 B - "
        if version in {"5", "2026"}:
            head += "17 page hits, 0 page faults - "
        owner = f"{said.database} - {said.user}"
        runtime = "null" if said.started or said.failed else "pipelined"
        tail = f"{said.query} - {said.parameters} - runtime={runtime} - {{app: 'x'}}"
    if said.failed:
        tail += (
            ' - Variable `x` not defined\n"RETURN x"\n        ^'
            if version != "3.5"
            else "org.X: no"
        )
    return f"{head}{source(said, old=version == '3.5')}\t{owner} - {tail}{end}"


def entry(said: Said, *, user_key: str = "executingUser") -> dict[str, object]:
    found: dict[str, object] = {
        "time": stamp(said.at),
        "level": "ERROR" if said.failed else "INFO",
        "event": "start" if said.started else "fail" if said.failed else "success",
        "type": "query",
        "id": str(said.identity or 0),
        "elapsedTimeMs": said.elapsed,
        "planning": said.planning,
        "cpu": said.cpu,
        "waiting": said.waiting,
        "allocatedBytes": 4711,
        "source": source(said),
        "database": said.database,
        user_key: said.user,
        "query": said.query,
        "queryParameters": said.parameters,
        "runtime": "pipelined",
        "annotationData": {"app": "x", "list": [1, 2.5, {"a": None}], "on": True},
    }
    if said.identity is None:
        del found["id"]
    if said.transaction is not None:
        found["transactionId"] = said.transaction
    return found | dict(said.extra)


def structured(said: Said, *, ascii_only: bool = False, user_key: str = "executingUser") -> str:
    return json.dumps(entry(said, user_key=user_key), ensure_ascii=ascii_only) + "\n"


def member(data: str | bytes, name: str = "logs/query.log") -> Member:
    content = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
    return Member(name, len(content), lambda: io.BytesIO(content))  # type: ignore[arg-type, return-value]


def read(
    *data: str | bytes,
    compiled: bool = False,
    threads: int = 1,
    block: int = 1 << 20,
    room: Room | None = None,
) -> tuple[QueryLog | None, list[FileSums], Ledger]:
    ledger = Ledger(room)
    reader = Reader(ledger, compiled=compiled, threads=threads, block=block)
    sums = [reader.read(member(text, f"query.log.{i}")) for i, text in enumerate(data)]
    starts = [s.start for s in sums if s.start is not None]
    ends = [s.end for s in sums if s.end is not None]
    if not starts:
        return None, sums, ledger
    where = tuple(Where(s.path, 1, s.lines) for s in sums)
    return query_log(ledger, where, min(starts) / 1000, max(ends) / 1000), sums, ledger


def take(*files: tuple[str, str | bytes]) -> Gathered:
    gathered = Gathered()
    take_queries([Found(member(d, n), "query-log", n, 0) for n, d in files], gathered)
    return gathered


def same(first: tuple, second: tuple) -> None:
    """Assert that two readings say the same in every detail."""
    log, sums, _ = first
    other, other_sums, _ = second
    assert sums == other_sums
    assert (log is None) == (other is None)
    if log is None:
        return
    for name in ("start", "end", "completed", "failed", "unfinished", "holds", "held", "where"):
        assert getattr(log, name) == getattr(other, name), name
    assert log.bins.tolist() == other.bins.tolist()
    assert log.busy.tolist() == other.busy.tolist()
    for name in ("by_query", "by_client", "by_agent", "by_user", "by_database", "transactions"):
        assert getattr(log, name).equals(getattr(other, name)), name


def with_times(said: Sequence[Said], step: int = 5) -> list[Said]:
    return [replace(one, at=step * i) for i, one in enumerate(said)]
