"""Threads of the Bolt pool are found in any dump, and what each does is told right."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest
from export_shapes import AT_WORK, CLIENT, IDLE, START, WORKER, dump, member, thread

from boltkb.exports.moments.dumps import read_dumps


def workers(text: str):
    _, (found,) = read_dumps(member("threaddump.txt", "Full thread dump\n" + text))
    return found.workers


def test_states_clients_and_connections() -> None:
    source, (found,) = read_dumps(member("threaddump.txt", dump(400)))
    assert [(w.thread, w.connection, w.client, w.state) for w in found.workers] == [
        ("neo4j.BoltWorker-0", None, None, "idle"),
        ("neo4j.BoltWorker-1", "bolt-12", "127.0.0.1:50001", "waiting_for_client"),
        ("neo4j.BoltWorker-2", "bolt-13", "127.0.0.1:50002", "working"),
        ("neo4j.BoltWorker-3", "bolt-14", "127.0.0.1:50003", "waiting_for_lock"),
    ]
    assert found.held == 3
    assert found.threads == source.rows == 6
    assert found.time == START + 400
    assert found.workers[2].top_frame == "com.example.Procedure.call"
    assert str(found.where) == f"threaddump.txt:1-{len(dump(400).rstrip().splitlines())}"


def test_names_of_3_4_to_4_4() -> None:
    waiting = [
        "sun.misc.Unsafe.park(Native Method)",
        "java.util.concurrent.LinkedBlockingQueue.poll(LinkedBlockingQueue.java:467)",
        "org.neo4j.bolt.runtime.DefaultBoltConnection.processNextBatch(DefaultBoltConnection.java:1)",
        "org.neo4j.bolt.runtime.ExecutorBoltScheduler.executeBatch(ExecutorBoltScheduler.java:1)",
    ]
    text = thread("neo4j.BoltWorker-7 [bolt]", IDLE)
    text += thread("neo4j.BoltWorker-8 [bolt] [/10.0.0.5:40316] ", waiting)
    idle, held = workers(text)
    assert (idle.state, idle.client) == ("idle", None)
    assert (held.state, held.client, held.connection) == (
        "waiting_for_client",
        "10.0.0.5:40316",
        None,
    )


def test_a_client_over_ipv6() -> None:
    (worker,) = workers(thread("neo4j.BoltWorker-1 [bolt-3 - /[0:0:0:0:0:0:0:1]:5000]", CLIENT))
    assert worker.connection == "bolt-3"
    assert worker.client == "[0:0:0:0:0:0:0:1]:5000"


def test_several_dumps_in_one_file_are_told_apart() -> None:
    _, dumps = read_dumps(member("threaddump.txt", dump(400) + "\n" + dump(410)))
    assert [item.time for item in dumps] == [START + 400, START + 410]
    assert [item.held for item in dumps] == [3, 3]
    assert dumps[0].where.last_line < dumps[1].where.first_line


@pytest.mark.parametrize("codec", ["utf-16", "utf-8-sig"])
def test_what_powershell_writes_is_read(codec: str) -> None:
    _, (found,) = read_dumps(member("threaddump.txt", dump(400).encode(codec)))
    assert found.held == 3


def test_windows_line_ends_change_nothing() -> None:
    one = read_dumps(member("threaddump.txt", dump(400)))
    assert read_dumps(member("threaddump.txt", dump(400).replace("\n", "\r\n"))) == one


def test_a_dump_without_a_date_has_no_time_and_the_offset_counts() -> None:
    _, (found,) = read_dumps(member("threaddump.txt", dump(400).split("\n", 1)[1]))
    assert found.time is None
    _, (found,) = read_dumps(member("threaddump.txt", dump(400)), timezone(timedelta(hours=1)))
    assert found.time == START + 400 - 3600


def test_a_worker_blocked_by_a_reader() -> None:
    frames = [
        "java.lang.Object.wait(java.base/Native Method)",
        "org.neo4j.bolt.transport.TransportWriteThrottle.acquire(T.java:1)",
        f"{WORKER}.executeJob(A.java:3)",
    ]
    (worker,) = workers(thread("neo4j.BoltWorker-1 [bolt-3 - /1.2.3.4:5]", frames))
    assert worker.state == "blocked_on_reader"


def test_taking_a_free_lock_is_work() -> None:
    frames = ["org.neo4j.kernel.impl.locking.forseti.ForsetiClient.acquireShared(F.java:1)"]
    (worker,) = workers(thread("neo4j.BoltWorker-1 [bolt-3 - /1.2.3.4:5]", frames + AT_WORK[2:]))
    assert worker.state == "working"


def test_other_threads_are_no_workers() -> None:
    assert workers(thread("neo4j.BoltNetworkIO-1", IDLE) + thread("qtp-1", IDLE)) == ()


def test_a_dump_cut_in_the_middle_is_read_as_far_as_it_goes() -> None:
    text = dump(400)
    _, (found,) = read_dumps(member("threaddump.txt", text[: text.index("BoltWorker-3") + 30]))
    assert len(found.workers) == 3


def test_a_text_without_threads_holds_no_dump() -> None:
    assert read_dumps(member("threaddump.txt", "nothing here\n"))[1] == ()
