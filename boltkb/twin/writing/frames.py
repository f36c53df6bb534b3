"""The stack of a worker thread, by version and by what it does: the innermost frame first.

A frame is written as method and line; `J:` marks the JDK's own, an `s` after the line a Scala file.
"""

from __future__ import annotations

from boltkb.twin.writing.dialects import Dialect

__all__ = ["STATES", "network_stack", "stack_of"]

#: What a worker may be doing.
STATES = (
    "idle", "working", "waiting_for_client", "waiting_for_lock", "waiting_for_bookmark",
    "committing", "sending", "authenticating",
)  # fmt: skip

_CONNECTION = "org.neo4j.bolt.protocol.common.connector.connection.AtomicSchedulingConnection"
_STREAMING = "org.neo4j.bolt.protocol.common.fsm.transition.transaction.streaming"
_MODERN_LOOP = (
    f"{_CONNECTION}.executeJobs:209",
    f"{_CONNECTION}$$Lambda/0x00007fa050b21998.run:unknown",
    "J:java.util.concurrent.Executors$RunnableAdapter.call:539",
    "J:java.util.concurrent.FutureTask.run:264",
)
_MODERN_JOB = (
    "org.neo4j.bolt.fsm.StateMachineImpl.process:157",
    f"{_CONNECTION}$ProcessJob.perform:635",
    f"{_CONNECTION}.executeJob:335",
    f"{_CONNECTION}.doExecuteJobs:268",
)
_OLD_JOB = (
    "org.neo4j.bolt.messaging.BoltRequestMessageReader.lambda$doRead$1:93",
    "org.neo4j.bolt.runtime.DefaultBoltConnection.lambda$enqueue$0:151",
    "org.neo4j.bolt.runtime.DefaultBoltConnection.processNextBatchInternal:241",
)
_WORKER = (
    "J:java.util.concurrent.ThreadPoolExecutor.runWorker:1136",
    "J:java.util.concurrent.ThreadPoolExecutor$Worker.run:635",
    "J:java.lang.Thread.run:840",
)
_PARK = "J:java.util.concurrent.locks.LockSupport.parkNanos:252"
_CONDITION = "java.util.concurrent.locks.AbstractQueuedSynchronizer$ConditionObject"
_NETTY_WAIT = (
    "J:java.lang.Object.wait:native",
    "io.netty.util.concurrent.DefaultPromise.await:254",
    "io.netty.channel.DefaultChannelPromise.await:131",
    "io.netty.util.concurrent.DefaultPromise.sync:405",
)


def _park(dialect: Dialect) -> str:
    if dialect.version.major < 4:
        return "J:sun.misc.Unsafe.park:native"
    return "J:jdk.internal.misc.Unsafe.park:native"


def stack_of(state: str, dialect: Dialect) -> tuple[str, str, list[str]]:
    """Return a worker's thread state, what it waits on (`""` for nothing) and its frames.

    Parameters
    ----------
    state : str
        One of `STATES`.
    dialect : Dialect
    """
    frames = [frame for part in _parts(state, dialect) for frame in part]
    waits, on = _WAITS.get(state, ("RUNNABLE", ""))
    return waits, on, [_printed(frame, dialect) for frame in frames]


_WAITS = {
    "idle": ("TIMED_WAITING (parking)", "java.util.concurrent.SynchronousQueue$TransferStack"),
    "waiting_for_client": ("TIMED_WAITING (parking)", _CONDITION),
    "waiting_for_lock": ("TIMED_WAITING (sleeping)", ""),
    "waiting_for_bookmark": ("TIMED_WAITING (parking)", _CONDITION),
    "committing": ("TIMED_WAITING (parking)", "java.util.concurrent.Semaphore$NonfairSync"),
    "sending": ("WAITING (on object monitor)", "io.netty.channel.DefaultChannelPromise"),
}


def _parts(state: str, dialect: Dialect) -> list[tuple[str, ...]]:
    modern = dialect.modern
    if state == "idle":
        return [
            (_park(dialect), _PARK),
            (
                "J:java.util.concurrent.SynchronousQueue$TransferStack.transfer:401",
                "J:java.util.concurrent.SynchronousQueue.poll:903",
                "J:java.util.concurrent.ThreadPoolExecutor.getTask:1061",
            ),
            _WORKER,
        ]
    if state == "waiting_for_client":
        queue = "LinkedBlockingDeque.pollFirst" if modern else "LinkedBlockingQueue.poll"
        loop = (
            f"{_CONNECTION}.doExecuteJobs:292"
            if modern
            else "org.neo4j.bolt.runtime.DefaultBoltConnection.processNextBatchInternal:252"
        )
        return [
            (
                _park(dialect),
                _PARK,
                f"J:{_CONDITION}.awaitNanos:1679",
            ),
            (f"J:java.util.concurrent.{queue}:515", loop),
            _below(dialect),
        ]
    inner = {
        "working": _WORKING_MODERN if modern else _WORKING_OLD,
        "waiting_for_lock": _LOCK,
        "waiting_for_bookmark": _BOOKMARK_MODERN if modern else _BOOKMARK_OLD,
        "committing": _COMMIT,
        "sending": _SEND_MODERN if modern else _SEND_OLD,
        "authenticating": _LOGON_MODERN if modern else _LOGON_OLD,
    }[state]
    first: tuple[str, ...] = ()
    if state in ("waiting_for_bookmark", "committing"):
        first = (_park(dialect), _PARK)
    if state == "waiting_for_bookmark":
        first += (f"J:{_CONDITION}.awaitNanos:1679",)
    return [first, inner, _MODERN_JOB if modern else _OLD_JOB, _below(dialect)]


_PIPES = "org.neo4j.cypher.internal.runtime.interpreted.pipes"
_WORKING_MODERN = (
    "org.neo4j.kernel.impl.newapi.DefaultRelationshipTraversalCursor.next:181",
    f"{_PIPES}.ExpandAllPipe.internalCreateResults:57s",
    "org.neo4j.cypher.internal.runtime.ClosingIterator.hasNext:136s",
    "org.neo4j.cypher.internal.runtime.interpreted.PipeExecutionResult.serveResults:97s",
    "org.neo4j.cypher.internal.result.ClosingExecutionResult.request:157s",
    "org.neo4j.bolt.tx.statement.StatementImpl.consume:167",
    f"{_STREAMING}.AutocommitPullStreamingStateTransition.process:44",
)
_WORKING_OLD = (
    "org.neo4j.kernel.impl.newapi.DefaultRelationshipTraversalCursor.next:110",
    f"{_PIPES}.ExpandAllPipe$$anonfun$internalCreateResults$1.apply:42s",
    "org.neo4j.cypher.internal.runtime.interpreted.PipeExecutionResult.hasNext:96s",
    "org.neo4j.bolt.runtime.AbstractCypherAdapterStream.handleRecords:110",
    "org.neo4j.bolt.v3.runtime.StreamingState.processMessage:38",
    "org.neo4j.bolt.runtime.statemachine.impl.AbstractBoltStateMachine.process:129",
)
_LOCK = (
    "J:java.lang.Thread.sleep:native",
    "org.neo4j.kernel.impl.locking.forseti.ForsetiClient.incrementalBackoffWait:1052",
    "org.neo4j.kernel.impl.locking.forseti.ForsetiClient.waitFor:1030",
    "org.neo4j.kernel.impl.locking.forseti.ForsetiClient.acquireExclusive:329",
    "org.neo4j.kernel.impl.newapi.Operations.acquireExclusiveNodeLock:1704",
    "org.neo4j.kernel.impl.newapi.Operations.nodeSetProperty:781",
)
_TRACKER = "TransactionIdTracker.awaitUpToDate:120"
_BOOKMARK_MODERN = (
    f"org.neo4j.bolt.txtracking.{_TRACKER}",
    "org.neo4j.fabric.bookmark.LocalGraphTransactionIdTracker.awaitGraphUpToDate:64",
    "org.neo4j.router.impl.QueryRouterImpl.beginTransaction:172",
)
_BOOKMARK_OLD = (
    f"org.neo4j.kernel.api.txtracking.{_TRACKER}",
    "org.neo4j.bolt.runtime.TransactionStateMachineV3SPI.awaitUpToDate:78",
)
_COMMIT = (
    "J:java.util.concurrent.locks.AbstractQueuedSynchronizer.tryAcquireNanos:1037",
    "org.neo4j.kernel.impl.transaction.log.files.TransactionLogFile.waitForLogForce:541",
    "org.neo4j.kernel.impl.api.TransactionRepresentationCommitProcess.commit:85",
    "org.neo4j.kernel.impl.api.KernelTransactionImplementation.commitTransaction:903",
)
_SEND_MODERN = (
    *_NETTY_WAIT,
    "org.neo4j.bolt.protocol.common.fsm.response.NetworkResponseHandler.onSuccess:158",
)
_SEND_OLD = (
    "J:java.lang.Object.wait:native",
    "org.neo4j.bolt.transport.DefaultThrottleLock.lock:36",
    "org.neo4j.bolt.transport.TransportWriteThrottle.acquire:83",
    "org.neo4j.bolt.v1.transport.ChunkedOutput.flush:92",
)
_LOGON_MODERN = (
    "J:java.security.MessageDigest.digest:444",
    "org.neo4j.bolt.security.basic.BasicAuthentication.authenticate:62",
    "org.neo4j.bolt.protocol.common.connector.connection.AbstractConnection.logon:281",
)
_LOGON_OLD = (
    "J:java.security.MessageDigest.digest:444",
    "org.neo4j.bolt.security.auth.BasicAuthentication.authenticate:57",
)


def _below(dialect: Dialect) -> tuple[str, ...]:
    if dialect.modern:
        return _MODERN_LOOP + _WORKER
    scheduling = "" if dialect.version.major < 4 else "scheduling."
    return (
        "org.neo4j.bolt.runtime.DefaultBoltConnection.processNextBatch:191",
        f"org.neo4j.bolt.runtime.{scheduling}ExecutorBoltScheduler.executeBatch:259",
        f"org.neo4j.bolt.runtime.{scheduling}ExecutorBoltScheduler.lambda$scheduleBatch$2:237",
        "J:java.util.concurrent.CompletableFuture$AsyncSupply.run:1700",
        *_WORKER,
    )


def network_stack(dialect: Dialect) -> list[str]:
    """Return the frames of a thread that waits for bytes."""
    frames = (
        "io.netty.channel.epoll.Native.epollWait:native",
        "io.netty.channel.epoll.EpollEventLoop.run:305",
        "io.netty.util.concurrent.SingleThreadEventExecutor$4.run:997",
        "J:java.lang.Thread.run:840",
    )
    return [_printed(frame, dialect) for frame in frames]


def _printed(frame: str, dialect: Dialect) -> str:
    """Return a frame as the version's Java prints it: the JDK's own with module and version."""
    method, _, line = frame.removeprefix("J:").rpartition(":")
    place = {"native": "Native Method", "unknown": "Unknown Source"}.get(line, "")
    if not place:
        outer = method.rsplit(".", 2)[-2].partition("$")[0]
        place = f"{outer}.scala:{line[:-1]}" if line.endswith("s") else f"{outer}.java:{line}"
    if frame.startswith("J:") and dialect.version.major >= 4:
        java = "11.0.22" if not dialect.modern else ("21.0.4" if dialect.json_debug else "17.0.11")
        place = f"java.base@{java}/{place}"
    return f"{method}({place})"
