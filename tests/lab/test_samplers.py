from __future__ import annotations

import threading

from data.lab.errors import LabError
from data.lab.samplers import Sample, Sampler, ThreadCounts, count_workers

IDLE = """"neo4j.BoltWorker-3" #25 daemon prio=5 tid=0x1 nid=0x2 waiting on condition  [0x3]
   java.lang.Thread.State: TIMED_WAITING (parking)
	at java.util.concurrent.SynchronousQueue.poll(java.base@17.0.15/SynchronousQueue.java:903)
	at java.util.concurrent.ThreadPoolExecutor.getTask(ThreadPoolExecutor.java:1061)
"""
WORKING = """"neo4j.BoltWorker-1 [bolt-18 - /127.0.0.1:59828]" #23 daemon prio=5 tid=0x1 nid=0x2
   java.lang.Thread.State: TIMED_WAITING (sleeping)
	at java.lang.Thread.sleep(java.base@17.0.15/Native Method)
	at org.neo4j.bolt.protocol.common.connector.connection.AtomicSchedulingConnection.executeJob
	at org.neo4j.bolt.protocol.common.connector.connection.AtomicSchedulingConnection.doExecuteJobs
"""
CLIENT = """"neo4j.BoltWorker-2 [bolt-2 - /127.0.0.1:59830]" #24 daemon prio=5 tid=0x1 nid=0x2
   java.lang.Thread.State: TIMED_WAITING (parking)
	at java.util.concurrent.LinkedBlockingDeque.pollFirst(LinkedBlockingDeque.java:516)
	at org.neo4j.bolt.protocol.common.connector.connection.AtomicSchedulingConnection.doExecuteJobs
"""
LOCK = """"neo4j.BoltWorker-4 [bolt-4 - /127.0.0.1:59834]" #26 daemon prio=5 tid=0x1 nid=0x2
   java.lang.Thread.State: TIMED_WAITING (parking)
	at org.neo4j.kernel.impl.locking.forseti.ForsetiClient.waitFor(ForsetiClient.java:1089)
	at org.neo4j.bolt.protocol.common.connector.connection.AtomicSchedulingConnection.doExecuteJobs
"""
OTHER = """"neo4j.BoltNetworkIO-1" #27 daemon prio=5 tid=0x1 nid=0x2 runnable
   java.lang.Thread.State: RUNNABLE
	at io.netty.channel.epoll.Native.epollWait(Native Method)
"""
PATIENCE_SECONDS = 5.0


def test_workers_are_told_apart_by_name_and_frames() -> None:
    dump = "\n".join(["2026-01-01 00:00:00\n", IDLE, WORKING, CLIENT, LOCK, OTHER, IDLE])
    assert count_workers(dump) == ThreadCounts(
        pool=5, busy=3, working=1, waiting_client=1, waiting_lock=1
    )


def test_a_dump_without_workers_counts_none() -> None:
    assert count_workers("Full thread dump\n") == ThreadCounts(0, 0, 0, 0, 0)


def test_a_failed_look_is_recorded_as_missing() -> None:
    looks = 0
    enough = threading.Event()

    def look(at: float) -> Sample:
        nonlocal looks
        looks += 1
        if looks >= 4:
            enough.set()
        if looks % 2:
            raise LabError("no answer")
        return Sample(at, transactions=looks)

    sampler = Sampler(look, interval=0.01)
    sampler.start()
    assert enough.wait(PATIENCE_SECONDS)
    sampler.stop()
    answered = [sample.transactions for sample in sampler.samples if sample.transactions]
    # On a busy machine turns pass unlooked: missing samples as well, beside every failed look.
    assert answered == [2 * (i + 1) for i in range(looks // 2)]
    assert sampler.samples[0].transactions is None
    assert sampler.missing() == len(sampler.samples) - len(answered) >= (looks + 1) // 2


def test_turns_that_pass_during_a_slow_look_are_missing_samples() -> None:
    first_done, asked = threading.Event(), threading.Event()
    sampler = Sampler(lambda at: look(at), interval=0.01)

    def look(at: float) -> Sample:
        if not first_done.is_set():
            asked.wait(0.1)
            first_done.set()
        return Sample(at, transactions=1)

    sampler.start()
    assert first_done.wait(PATIENCE_SECONDS)
    sampler.stop()
    assert sampler.missing() >= 5
    times = [sample.at for sample in sampler.samples]
    assert times == sorted(times)
