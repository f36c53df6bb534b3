"""Dumps in every form and place, and states whose frames were seen on a running server."""

from __future__ import annotations

import json
import re

import pytest
from export_shapes import CLIENT, IDLE, START, WORKER, dump, member, thread, user_line, write

from boltkb.exports import open_export
from boltkb.exports.moments.dumps import read_dumps
from boltkb.exports.moments.dumps_json import read_json_dump
from boltkb.exports.moments.lines import text_lines

LOOP = [f"{WORKER}.doExecuteJobs(A.java:1)", f"{WORKER}.executeJobs(A.java:2)"]
JOB = [
    "org.neo4j.bolt.fsm.StateMachineImpl.process(S.java:1)",
    f"{WORKER}$ProcessJob.perform(A.java:9)",
    f"{WORKER}.executeJob(A.java:3)",
    *LOOP,
]
PARK = [
    "jdk.internal.misc.Unsafe.park(java.base@17.0.15/Native Method)",
    "java.util.concurrent.locks.LockSupport.parkNanos(java.base@17.0.15/L.java:252)",
]
NET = [
    "java.lang.Object.wait(java.base@17.0.15/Native Method)",
    "io.netty.util.concurrent.DefaultPromise.await(DefaultPromise.java:1)",
    "io.netty.util.concurrent.DefaultPromise.sync(DefaultPromise.java:1)",
]
#: Innermost frames as a 5.26 server showed them, shortened in the middle.
SEEN = {
    "waiting_for_bookmark": [
        *PARK,
        "org.neo4j.bolt.txtracking.TransactionIdTracker.waitWhenNotUpToDate(T.java:1)",
        "org.neo4j.bolt.txtracking.TransactionIdTracker.awaitUpToDate(T.java:1)",
        "org.neo4j.fabric.bookmark.LocalGraphTransactionIdTracker.awaitGraphUpToDate(L.java:1)",
        "org.neo4j.router.impl.QueryRouterImpl.beginTransaction(Q.java:1)",
    ],
    "committing": [
        *PARK,
        "org.neo4j.kernel.impl.transaction.log.files.TransactionLogFile.waitForLogForce(T.java:1)",
        "org.neo4j.kernel.impl.api.InternalTransactionCommitProcess.commit(I.java:1)",
        "org.neo4j.kernel.impl.api.KernelTransactionImplementation.commitTransaction(K.java:1)",
        "org.neo4j.bolt.tx.TransactionImpl.commit(T.java:1)",
    ],
    "authenticating": [
        "java.security.MessageDigest.digest(java.base@17.0.15/MessageDigest.java:1)",
        "org.apache.shiro.crypto.hash.SimpleHash.hash(SimpleHash.java:1)",
        "org.neo4j.bolt.security.basic.BasicAuthentication.authenticate(B.java:1)",
        "org.neo4j.bolt.protocol.common.connector.connection.AbstractConnection.logon(A.java:1)",
    ],
    "sending": [
        *NET,
        "org.neo4j.bolt.protocol.common.fsm.response.NetworkResponseHandler.onSuccess(N.java:1)",
    ],
    "waiting_for_lock": [
        "java.lang.Thread.sleep(java.base@17.0.15/Native Method)",
        "org.neo4j.kernel.impl.locking.forseti.ForsetiClient.incrementalBackoffWait(F.java:1)",
        "org.neo4j.kernel.impl.locking.forseti.ForsetiClient.waitFor(F.java:1)",
        "org.neo4j.kernel.impl.locking.forseti.ForsetiClient.acquireShared(F.java:1)",
        "org.neo4j.internal.kernel.api.EntityLocks.acquireSharedSchemaLock(E.java:1)",
    ],
    "working": [
        "org.neo4j.kernel.impl.locking.forseti.ForsetiClient.acquireExclusive(F.java:1)",
        "org.neo4j.kernel.impl.newapi.Operations.nodeSetProperty(O.java:1)",
    ],
}


@pytest.mark.parametrize("state", SEEN)
def test_states_that_a_server_showed(state: str) -> None:
    text = thread("neo4j.BoltWorker-1 [bolt-3 - /1.2.3.4:5]", [*SEEN[state], *JOB])
    (found,) = read_dumps(member("d", text))[1]
    assert [worker.state for worker in found.workers] == [state]


def test_looking_for_a_deadlock_is_waiting_for_a_lock() -> None:
    frames = [
        "java.util.HashSet.contains(java.base/HashSet.java:1)",
        "org.neo4j.kernel.impl.locking.forseti.ForsetiClient.isDeadlockReal(F.java:1)",
        "org.neo4j.kernel.impl.locking.forseti.ForsetiClient.waitFor(F.java:1)",
    ]
    text = thread("neo4j.BoltWorker-1 [bolt-3 - /1.2.3.4:5]", [*frames, *JOB])
    assert read_dumps(member("d", text))[1][0].workers[0].state == "waiting_for_lock"


@pytest.mark.parametrize(
    ("name", "connection", "client"),
    [
        ("neo4j.BoltWorker-7 [bolt]", None, None),
        ("neo4j.BoltWorker-7 [bolt1]", None, None),
        ("neo4j.BoltWorker-7", None, None),
        ("neo4j.BoltWorker-7 [bolt] [/10.0.0.5:40316] ", None, "10.0.0.5:40316"),
        ("neo4j.BoltWorker-7 [second] [/10.0.0.5:40316] ", None, "10.0.0.5:40316"),
        ("neo4j.BoltWorker-7 [bolt] [/0:0:0:0:0:0:0:1:40316] ", None, "0:0:0:0:0:0:0:1:40316"),
        ("neo4j.BoltWorker-7 [bolt-12 - /10.0.0.5:40316]", "bolt-12", "10.0.0.5:40316"),
        ("neo4j.BoltWorker-7 [bolt-12 - app/10.0.0.5:40316]", "bolt-12", "10.0.0.5:40316"),
        ("neo4j.BoltWorker-7 [bolt-12 - /[2001:db8::9]:5000]", "bolt-12", "[2001:db8::9]:5000"),
        ("neo4j.BoltWorker-7 [bolt-12 - /run/neo4j/bolt.sock]", "bolt-12", "/run/neo4j/bolt.sock"),
        (
            "neo4j.BoltWorker-7 [bolt-local-4 - local:E:3dffca1a]",
            "bolt-local-4",
            "local:E:3dffca1a",
        ),
    ],
)
def test_names_of_workers(name: str, connection: str | None, client: str | None) -> None:
    held = connection is not None or client is not None
    (found,) = read_dumps(member("d", thread(name, CLIENT if held else IDLE)))[1]
    (worker,) = found.workers
    assert worker.thread == "neo4j.BoltWorker-7"
    assert (worker.connection, worker.client) == (connection, client)
    assert worker.state == ("waiting_for_client" if held else "idle")
    assert found.held == held
    assert found.held_by == ({} if client is None else found.held_by)
    assert (worker.elapsed, worker.cpu) == (9.0, 0.0015)


def test_threads_by_client() -> None:
    text = "".join(
        thread(f"neo4j.BoltWorker-{i} [bolt-{i} - /{client}]", CLIENT, 40 + i)
        for i, client in enumerate(["10.0.0.5:1", "[::1]:2", "10.0.0.5:3", "local:E:9"])
    )
    (found,) = read_dumps(member("d", text))[1]
    assert found.held_by == {"10.0.0.5": 2, "::1": 1, "local:E": 1}


def bare(name: str, number: int, frames: list[str]) -> str:
    """A thread as the report tool writes it where the server's own command fails."""
    body = "".join(f"\tat {frame}\n" for frame in frames)
    return f'"{name}" #{number}\n   java.lang.Thread.State: WAITING\n{body}\n'


def test_the_fallback_of_the_report_tool() -> None:
    one = bare("neo4j.BoltWorker-0", 30, IDLE)
    one += bare("neo4j.BoltWorker-1 [bolt-12 - /10.0.0.5:1]", 31, CLIENT) + "\t-  waiting on x\n"
    source, dumps = read_dumps(member("threaddump.txt", one))
    assert [item.held for item in dumps] == [1]
    assert source.rows == 2
    # Without heads, a thread that comes again begins another dump.
    _, dumps = read_dumps(member("threaddump.txt", one + one))
    assert [(item.threads, item.held) for item in dumps] == [(2, 1), (2, 1)]


PLAIN = (
    "63406\n2025-11-24T16:00:10.308017Z\n21.0.2+13\n\n"
    '#1 "main"\n      java.base/java.lang.Object.wait0(Native Method)\n\n'
    '#40 "neo4j.BoltWorker-1 [bolt-12 - /10.0.0.5:1]"\n'
    + "".join(f"      java.base/{frame}\n" for frame in CLIENT)
    + '\n#41 "neo4j.BoltWorker-2"\n'
    + "".join(f"      {frame}\n" for frame in IDLE)
)


def as_json(*, strings: bool) -> str:
    threads = [
        ("main", ["java.base/java.lang.Object.wait0(Native Method)"]),
        ("neo4j.BoltWorker-1 [bolt-12 - /10.0.0.5:1]", [f"java.base/{f}" for f in CLIENT]),
        ("neo4j.BoltWorker-2", IDLE),
    ]
    listed = [
        {"tid": str(i) if strings else i, "name": name, "state": "WAITING", "stack": stack}
        for i, (name, stack) in enumerate(threads)
    ]
    root = {"container": "<root>", "parent": None, "owner": None, "threads": listed}
    content = {"processId": "63406" if strings else 63406, "time": "2025-11-24T16:00:10.308017Z"}
    content |= {"runtimeVersion": "21.0.2+13", "threadContainers": [root]}
    return json.dumps({"threadDump": content}, indent=2).replace("/", "\\/" if strings else "/")


@pytest.mark.parametrize("form", ["text", "json", "json, second version"])
def test_dumps_of_the_newer_command(form: str) -> None:
    if form == "text":
        source, dumps = read_dumps(member("d.txt", PLAIN))
    else:
        source, dumps = read_json_dump(member("d.json", as_json(strings=form == "json")))
    assert (source.rows, source.refused) == (3, 0)
    (found,) = dumps
    assert found.time == pytest.approx(START + 10.308017)
    assert [(w.connection, w.state) for w in found.workers] == [
        ("bolt-12", "waiting_for_client"),
        (None, "idle"),
    ]


def test_a_cut_dump_in_json_is_told(tmp_path) -> None:
    text = as_json(strings=True)
    place = write(tmp_path / "a", {"neo4j.conf": "a.b=1\n", "dump.json": text[:-90]})
    export = open_export(place)
    assert export.thread_dumps == ()
    assert "not JSON to its end" in export.ignored[0].why
    assert read_json_dump(member("d.json", "[" * 99_999))[0].refused == 1


def in_a_log() -> str:
    before = user_line(2, "======== Neo4j 5.26.30 ========") + user_line(3, "Started.")
    return before + dump(400) + user_line(500, "Client disconnected") + dump(520) + "Heap\n"


@pytest.mark.parametrize("prefix", ["", "2025-11-24T16:30:00.123456789Z "])
def test_dumps_in_the_midst_of_a_log(prefix: str, tmp_path) -> None:
    text = "".join(prefix + line for line in in_a_log().splitlines(keepends=True))
    _, dumps = read_dumps(member("neo4j.log", text))
    assert [(item.time, item.held) for item in dumps] == [(START + 400, 3), (START + 520, 3)]
    lines = text.splitlines()
    assert lines[dumps[0].where.last_line - 1].strip() != ""
    assert dumps[0].where.last_line < next(
        i for i, line in enumerate(lines, 1) if "Client disconnected" in line
    )
    if prefix:
        # Such a log is no log of the server's yet: it is read for its dumps.
        export = open_export(write(tmp_path / "a", {"docker.log": text}))
        assert [item.held for item in export.thread_dumps] == [3, 3]
    else:
        export = open_export(write(tmp_path / "a", {"logs/neo4j.log": text}))
        assert [item.held for item in export.thread_dumps] == [3, 3]
        assert export.version == "5.26.30"
        assert sorted(source.kind for source in export.sources) == ["log", "thread-dump"]


def test_dumps_in_a_container_s_own_log() -> None:
    text = "".join(
        json.dumps({"log": line, "stream": "stdout", "time": "2025-11-24T16:30:00.5Z"}) + "\n"
        for line in in_a_log().splitlines(keepends=True)
    ).replace('{"log": ', '{"log":')
    _, dumps = read_dumps(member("abc-json.log", text))
    assert [(item.time, item.held) for item in dumps] == [(START + 400, 3), (START + 520, 3)]


def test_a_container_s_time_dates_a_dump_that_has_none() -> None:
    text = "\n".join(dump(400).splitlines()[1:])
    stamped = "".join(f"2025-11-24T16:07:00Z {line}\n" for line in text.splitlines())
    assert read_dumps(member("d", stamped))[1][0].time == START + 420


def test_a_shell_s_date_with_a_zone_outranks_the_dump_s_without() -> None:
    text = "Mon Nov 24 17:06:40 +0100 2025\n12345:\n" + dump(400, zone=7200)
    assert read_dumps(member("d", text))[1][0].time == START + 400


def test_a_series_of_files_is_dated_by_names_where_nothing_else_is(tmp_path) -> None:
    text = "\n".join(dump(400).splitlines()[1:])
    content = {f"dump-20251124T16{minute}00Z.txt": text for minute in ("10", "20", "30")}
    export = open_export(write(tmp_path / "a", content))
    assert [item.time for item in export.thread_dumps] == [START + 600, START + 1200, START + 1800]


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64, 1000])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "utf-8-sig"])
def test_any_chunk_size_gives_the_same(chunk: int, codec: str) -> None:
    text = in_a_log().replace("Client", "Clïent €").encode(codec)
    assert read_dumps(member("d", text), chunk=chunk) == read_dumps(member("d", text))


def test_counts_against_a_plain_count() -> None:
    text = in_a_log() * 3
    _, dumps = read_dumps(member("d", text))
    assert sum(len(item.workers) for item in dumps) == len(
        re.findall(r'(?m)^"neo4j\.BoltWorker-\d+.*" #', text)
    )
    assert sum(item.threads for item in dumps) == len(
        re.findall(r'(?m)^".*" (?:#\d+|os_prio)', text)
    )
    assert sum(item.held for item in dumps) == len(re.findall(r"(?m)BoltWorker-\d+ \[", text))


def test_a_line_without_end_takes_no_memory() -> None:
    text = b"x" * 3_000_000 + b"\n" + dump(400).encode()
    lines = list(text_lines(member("d", text), chunk=4096))
    assert [(number, len(line)) for number, line in lines][:2] == [(1, 65536), (2, 19)]
    assert len(lines) == text.count(b"\n")
    assert read_dumps(member("d", text))[1][0].held == 3


def test_nul_bytes_are_counted() -> None:
    source, dumps = read_dumps(member("d", dump(400) + "\0\0\n\0\n"))
    assert source.refused == 2
    assert source.why.endswith("holds NUL bytes")
    assert dumps[0].held == 3


def test_more_than_memory_should_hold_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boltkb.exports.moments.dumps._WORKERS", 9)
    source, dumps = read_dumps(member("d", dump(400) + dump(410) + dump(420)))
    assert [item.held for item in dumps] == [3, 3]
    assert (source.refused, source.why.partition(": ")[2]) == (
        1,
        "more than 9 threads of the pool in one file",
    )
