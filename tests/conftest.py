"""Exports made in memory, so that each judgement of the bridge is tested by itself."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Sequence

# Each worker and each program that a test starts has one processor's worth to do: more threads
# of the linear algebra only wait for one another.  Read once, when NumPy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import jsonschema
import numpy as np
import polars as pl
import pytest
from hypothesis import settings

from boltkb.exports import (
    ConnectionRow,
    Export,
    Holds,
    LogEvent,
    LogSpan,
    QueryLog,
    Series,
    SettingValue,
    Source,
    ThreadDump,
    TransactionRow,
    Where,
    Worker,
)
from boltkb.publish.schema import json_schema


@pytest.fixture(scope="session")
def facts_judge() -> jsonschema.Draft202012Validator:
    """What judges facts by the site's schema, and lets no key beside it through."""

    def closed(schema: object) -> object:
        if isinstance(schema, list):
            return [closed(one) for one in schema]
        if not isinstance(schema, dict):
            return schema
        beside = {"additionalProperties": False} if "properties" in schema else {}
        return {**{key: closed(value) for key, value in schema.items()}, **beside}

    return jsonschema.Draft202012Validator(closed(json_schema()))


#: Marks of files that take long, from those that mostly wait down.
LONG = ("lab", "browser", "slow")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that none is left to one worker at the end.

    Servers and browsers alternate, because two servers at once would disturb each other.
    """
    marks: dict[object, set[str]] = {}
    for item in items:
        marks.setdefault(item.path, set()).update(mark.name for mark in item.iter_markers())
    groups: dict[str, list[object]] = {mark: [] for mark in (*LONG, "")}
    for path, found in marks.items():
        groups[next((mark for mark in LONG if mark in found), "")].append(path)
    pairs = itertools.zip_longest(groups["lab"], groups["browser"])
    order = [path for pair in pairs for path in pair if path is not None]
    place = {path: i for i, path in enumerate([*order, *groups["slow"], *groups[""]])}
    items.sort(key=lambda item: place[item.path])


@pytest.fixture(autouse=True, scope="session")
def _cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes the cache of whoever runs it; programs that tests start neither."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BOLTKB_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


# How long an example takes is the machine's affair, not the test's.
settings.register_profile("boltkb", deadline=None)
settings.load_profile("boltkb")

EPOCH = 1_795_000_000.0
MAX = "server.bolt.thread_pool_max_size"


def series(identity: str, values: Sequence[float], *, step: float = 1.0) -> Series:
    array = np.asarray(values, dtype=float)
    kind = (
        "counter"
        if identity.startswith(("messages", "connections_o", "connections_c"))
        else "gauge"
    )
    where = Where(f"metrics/{identity}.csv", 2, array.size + 1)
    return Series(identity, kind, EPOCH + step * np.arange(array.size), array, None, where)


def event(second: float, kind: str = "rejection-c", connection: str | None = None) -> LogEvent:
    return LogEvent(
        EPOCH + second,
        kind,
        "ERROR",
        "text",
        connection,
        {},
        Where("logs/neo4j.log", int(second) + 1),
    )


def dump(
    second: float, states: Sequence[str], *, first: int = 0, host: str = "10.0.0.7"
) -> ThreadDump:
    """A dump whose worker i is in state i, held by connection bolt-(first + i)."""
    workers = tuple(
        Worker(
            thread=f"neo4j.BoltWorker-{index}",
            connection=None if state == "idle" else f"bolt-{first + index}",
            client=None if state == "idle" else f"{host}:{40000 + first + index}",
            state=state,
            top_frame="",
        )
        for index, state in enumerate(states)
    )
    return ThreadDump(EPOCH + second, workers, 60, Where("threaddump.txt", 1, 400))


def transaction(number: int, *, idle: float | None, elapsed: float = 300.0) -> TransactionRow:
    return TransactionRow(
        transaction=f"neo4j-transaction-{number}",
        database="neo4j",
        connection=f"bolt-{number}",
        client=f"10.0.0.7:{40000 + number}",
        user="reporter",
        status="Running",
        elapsed=elapsed,
        idle=idle,
        query="",
        where=Where("show-transactions.csv", number + 2),
    )


def connection(number: int, agent: str = "report-job/1.1") -> ConnectionRow:
    return ConnectionRow(
        f"bolt-{number}", f"10.0.0.7:{40000 + number}", "reporter", agent, EPOCH, "bolt",
        Where("list-connections.csv", number + 2),
    )  # fmt: skip


def make_export(
    *,
    version: str | None = "5.26.0",
    settings: dict[str, str] | None = None,
    several: Sequence[Series] = (),
    events: Sequence[LogEvent] = (),
    dumps: Sequence[ThreadDump] = (),
    transactions: Sequence[TransactionRow] = (),
    connections: Sequence[ConnectionRow] = (),
    log: bool = True,
    truncated: bool = False,
    seconds: float = 600.0,
    restarts: Sequence[float] = (),
    **others: object,
) -> Export:
    chosen = {MAX: "8"} if settings is None else settings
    sources = []
    spans = []
    if chosen:
        sources.append(Source("conf/neo4j.conf", "configuration", len(chosen)))
    if log:
        sources.append(Source("logs/neo4j.log", "log", 100, start=EPOCH - 60, end=EPOCH + seconds))
        spans.append(
            LogSpan(
                "logs/neo4j.log", EPOCH - 60, EPOCH + seconds, 100, frozenset({"INFO"}), True, 0.0,
                truncated=truncated,
            )
        )  # fmt: skip
    return Export(
        name="server-1",
        path="server-1",
        version=version,
        edition="community",
        start=EPOCH,
        end=EPOCH + seconds,
        simulated=None,
        settings={
            name: SettingValue(name, value, Where("conf/neo4j.conf", line + 1))
            for line, (name, value) in enumerate(chosen.items())
        },
        series={item.key: item for item in several},
        events=tuple(events),
        log_spans=tuple(spans),
        restarts=tuple(restarts),
        thread_dumps=tuple(dumps),
        transactions=tuple(transactions),
        connections=tuple(connections),
        sources=tuple(sources),
        ignored=(),
        problems=(),
        **others,
    )


@pytest.fixture
def epoch() -> float:
    return EPOCH


@pytest.fixture
def make() -> Callable[..., Export]:
    return make_export


def held(
    spans: Sequence[tuple[float, float | None]],
    *,
    begin: float = 0.0,
    end: float = 600.0,
    rejected: Sequence[float] = (),
    left_out: int = 0,
) -> Holds:
    """A trace with a hold for each (start, end) and a rejection for each moment, from EPOCH on."""
    nan = float("nan")
    rows = [(start, start, nan if stop is None else stop, False) for start, stop in spans]
    rows = sorted([*rows, *((moment, nan, nan, True) for moment in rejected)], key=lambda r: r[0])
    columns = [EPOCH + np.array([row[i] for row in rows], dtype=float) for i in range(3)]
    size = len(rows)
    return Holds(
        *columns, np.zeros(size), np.ones(size, dtype=np.int64),
        np.array([f"bolt-{i}" for i in range(size)]), EPOCH + begin, EPOCH + end,
        Where("logs/debug.log", 7), np.array([row[3] for row in rows], dtype=bool), left_out,
    )  # fmt: skip


def query_log(busy: Sequence[float], *, width: float = 1.0) -> QueryLog:
    """A query log whose bins begin at EPOCH."""
    spans = ("elapsed", "longest", "planning", "cpu", "waiting", "p50", "p95", "p99")
    numbers = dict.fromkeys(("count", "failed", *spans), pl.Float64)
    nothing = pl.DataFrame(schema={"key": pl.String, **numbers})
    holds = dict.fromkeys(("transaction", "database", "client"), pl.String)
    kept = dict.fromkeys(("start", "end", "queries", "working"), pl.Float64)
    bins = EPOCH + width * np.arange(len(busy))
    return QueryLog(
        EPOCH, EPOCH + width * len(busy), 100, 0, 0, bins, np.array(busy, dtype=float), nothing,
        nothing, nothing, nothing, nothing, 100, 50.0, pl.DataFrame(schema={**holds, **kept}),
        (Where("logs/query.log", 1),),
    )  # fmt: skip


class Builders:
    """The builders by name, for tests that need several."""

    series = staticmethod(series)
    event = staticmethod(event)
    dump = staticmethod(dump)
    transaction = staticmethod(transaction)
    connection = staticmethod(connection)
    held = staticmethod(held)
    query_log = staticmethod(query_log)


@pytest.fixture
def build() -> type[Builders]:
    return Builders
