"""Small exports in the shape that real servers write, built in code."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from boltkb.exports.intake.members import Member

START = 1_764_000_000
REJECTED = (
    "[{bolt}] Unable to schedule for execution since there are no available threads to serve it"
    " at the moment."
)
WORKER = "org.neo4j.bolt.protocol.common.connector.connection.AtomicSchedulingConnection"


def stamp(second: float) -> str:
    """A log's time, some seconds after the start."""
    moment = datetime.fromtimestamp(START + second, UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"


def gauge(values: list[float], *, step: int = 1, start: int = START) -> str:
    rows = "".join(f"{start + step * i},{value}\n" for i, value in enumerate(values))
    return "t,value\n" + rows


def counter(values: list[int], *, step: int = 1, start: int = START) -> str:
    rows = "".join(
        f"{start + step * i},{value},0.500000,0.000000,0.000000,0.000000,events/second\n"
        for i, value in enumerate(values)
    )
    return "t,count,mean_rate,m1_rate,m5_rate,m15_rate,rate_unit\n" + rows


def debug_line(second: float, text: str, level: str = "INFO", category: str = "o.n.b.Bolt") -> str:
    return f"{stamp(second)} {level:<5} [{category}] {text}\n"


def user_line(second: float, text: str, level: str = "INFO") -> str:
    return f"{stamp(second)} {level:<5} {text}\n"


def diagnostics(settings: Mapping[str, str]) -> str:
    """What a server says about itself when it starts, as 5.x lays it out."""
    indent = " " * 64
    lines = ["-" * 80, "[ DBMS config ]", "-" * 80, "DBMS provided settings:"]
    lines += [f"{name}={value}" for name, value in settings.items()]
    lines += ["-" * 80, "[ Packaging ]", "-" * 80, "Edition: Community", "Package Type: unknown"]
    return "".join(f"{indent}{line}\n" for line in lines)


def thread(name: str, frames: list[str], number: int = 40) -> str:
    head = f'"{name}" #{number} daemon prio=5 os_prio=0 cpu=1.50ms elapsed=9.00s tid=0x1 nid=0x2'
    body = "".join(f"\tat {frame}\n" for frame in frames)
    return f"{head} waiting on condition  [0x3]\n   java.lang.Thread.State: WAITING\n{body}\n"


IDLE = [
    "jdk.internal.misc.Unsafe.park(java.base@17.0.19/Native Method)",
    "java.util.concurrent.SynchronousQueue.poll(java.base@17.0.19/SynchronousQueue.java:903)",
    "java.util.concurrent.ThreadPoolExecutor.getTask(java.base@17.0.19/ThreadPoolExecutor.java:1061)",
    "java.util.concurrent.ThreadPoolExecutor.runWorker(java.base@17.0.19/T.java:1122)",
]
CLIENT = [
    "jdk.internal.misc.Unsafe.park(java.base@17.0.19/Native Method)",
    "java.util.concurrent.LinkedBlockingDeque.pollFirst(java.base@17.0.19/L.java:515)",
    f"{WORKER}.doExecuteJobs({'A.java:1'})",
    f"{WORKER}.executeJobs(A.java:2)",
    "java.util.concurrent.ThreadPoolExecutor.runWorker(java.base@17.0.19/T.java:1136)",
]
AT_WORK = [
    "java.lang.Thread.sleep(java.base@17.0.19/Native Method)",
    "com.example.Procedure.call(Procedure.java:20)",
    "org.neo4j.bolt.fsm.StateMachineImpl.process(S.java:1)",
    f"{WORKER}.executeJob(A.java:3)",
    f"{WORKER}.doExecuteJobs(A.java:1)",
]
LOCK = [
    "jdk.internal.misc.Unsafe.park(java.base@17.0.19/Native Method)",
    "java.util.concurrent.locks.LockSupport.parkNanos(java.base@17.0.19/L.java:252)",
    "org.neo4j.kernel.impl.locking.forseti.ForsetiClient.waitFor(ForsetiClient.java:1)",
    f"{WORKER}.executeJob(A.java:3)",
    f"{WORKER}.doExecuteJobs(A.java:1)",
]


def dump(second: int, *, zone: int = 0) -> str:
    moment = datetime.fromtimestamp(START + second + zone, UTC)
    return (
        f"{moment:%Y-%m-%d %H:%M:%S}\n"
        "Full thread dump OpenJDK 64-Bit Server VM (17.0.19+10 mixed mode, sharing):\n\n"
        + thread("main", ["java.lang.Object.wait(java.base@17.0.19/Native Method)"], 1)
        + thread("neo4j.BoltWorker-0", IDLE)
        + thread("neo4j.BoltWorker-1 [bolt-12 - /127.0.0.1:50001]", CLIENT)
        + thread("neo4j.BoltWorker-2 [bolt-13 - /127.0.0.1:50002]", AT_WORK)
        + thread("neo4j.BoltWorker-3 [bolt-14 - /127.0.0.1:50003]", LOCK)
        + '"VM Thread" os_prio=0 cpu=9.1ms elapsed=9.0s tid=0x7 nid=0x8 runnable\n'
    )


def files() -> dict[str, str]:
    """A plain 5.26 export of ten minutes with two rejections."""
    debug = (
        debug_line(0, "")[:-1].rstrip()
        + " \n"
        + diagnostics(
            {
                "server.bolt.thread_pool_max_size": "8",
                "server.bolt.enable_network_error_accounting": "false",
            }
        )
    )
    debug += debug_line(2, "======== Neo4j 5.26.30 ========", category="o.n.s.Neo4jWebServer")
    user = user_line(2, "======== Neo4j 5.26.30 ========")
    user += user_line(3, "Bolt enabled on localhost:7687.")
    for second, bolt in ((300.25, "bolt-42"), (301.5, "bolt-43")):
        text = REJECTED.format(bolt=bolt)
        user += user_line(second, text, "ERROR")
        debug += debug_line(second, text, "ERROR", "o.n.b.p.c.c.c.AtomicSchedulingConnection")
    user += user_line(590, "Stopping...")
    debug += debug_line(590, "Closing transactions", category="o.n.k.d.Database")
    return {
        "metrics/neo4j.dbms.bolt.connections_running.csv": gauge([i % 9 for i in range(600)]),
        "metrics/neo4j.dbms.bolt.connections_opened.csv": counter(list(range(600))),
        "metrics/neo4j.database.neo4j.transaction.active_read.csv": gauge([1.0] * 600),
        "metrics/neo4j.dbms.page_cache.hits.csv": counter(list(range(600))),
        "logs/debug.log": debug,
        "logs/neo4j.log": user,
        "conf/neo4j.conf": "# pool\nserver.bolt.thread_pool_max_size=8\n"
        "server.bolt.enable_network_error_accounting=false\n",
        "threaddump.txt": dump(400),
        "threaddump-1.txt": dump(420),
        "show-transactions.csv": "database, transactionId, connectionId, clientAddress, username,"
        " status, elapsedTime, idleTime, currentQuery\n"
        '"neo4j", "neo4j-transaction-7", "bolt-12", "127.0.0.1:50001", "", "Running",'
        ' PT12.5S, PT11S, "MATCH (n) RETURN \\"a, b\\""\n',
        "list-connections.csv": "connectionId, connectTime, connector, username, userAgent,"
        " serverAddress, clientAddress\n"
        '"bolt-12", "2025-11-24T16:00:01.5Z", "bolt", "neo4j", "shop-api/2.3",'
        ' "127.0.0.1:7687", "127.0.0.1:50001"\n',
        "manifest.toml": 'name = "x"\nreal = true\nsimulated = false\n[neo4j]\n'
        'version = "5.26.30"\nedition = "community"\n',
        "truth.json": '{"cause": "pool_too_small"}',
    }


def write(folder: Path, content: Mapping[str, str | bytes]) -> Path:
    for name, text in content.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def zipped(content: Mapping[str, str | bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in content.items():
            archive.writestr(name, text)
    return target.getvalue()


def member(path: str, content: str | bytes) -> Member:
    data = content if isinstance(content, bytes) else content.encode()
    opener: Callable[[], io.BytesIO] = lambda: io.BytesIO(data)  # noqa: E731
    return Member(path, len(data), opener)  # type: ignore[arg-type]
