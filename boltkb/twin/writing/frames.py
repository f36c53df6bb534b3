"""The stack of a worker thread, by version and by what it does: the innermost frame first."""

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
    f"{_CONNECTION}.executeJobs(AtomicSchedulingConnection.java:209)",
    f"{_CONNECTION}$$Lambda/0x00007fa050b21998.run(Unknown Source)",
    "J:java.util.concurrent.Executors$RunnableAdapter.call(Executors.java:539)",
    "J:java.util.concurrent.FutureTask.run(FutureTask.java:264)",
)
_MODERN_JOB = (
    "org.neo4j.bolt.fsm.StateMachineImpl.process(StateMachineImpl.java:157)",
    f"{_CONNECTION}$ProcessJob.perform(AtomicSchedulingConnection.java:635)",
    f"{_CONNECTION}.executeJob(AtomicSchedulingConnection.java:335)",
    f"{_CONNECTION}.doExecuteJobs(AtomicSchedulingConnection.java:268)",
)
_OLD_JOB = (
    "org.neo4j.bolt.messaging.BoltRequestMessageReader.lambda$doRead$1(BoltRequestMessageReader.java:93)",
    "org.neo4j.bolt.runtime.DefaultBoltConnection.lambda$enqueue$0(DefaultBoltConnection.java:151)",
    "org.neo4j.bolt.runtime.DefaultBoltConnection.processNextBatchInternal(DefaultBoltConnection.java:241)",
)
_WORKER = (
    "J:java.util.concurrent.ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java:1136)",
    "J:java.util.concurrent.ThreadPoolExecutor$Worker.run(ThreadPoolExecutor.java:635)",
    "J:java.lang.Thread.run(Thread.java:840)",
)
_PARK = "J:java.util.concurrent.locks.LockSupport.parkNanos(LockSupport.java:252)"
_CONDITION = "java.util.concurrent.locks.AbstractQueuedSynchronizer$ConditionObject"
_NETTY_WAIT = (
    "J:java.lang.Object.wait(Native Method)",
    "io.netty.util.concurrent.DefaultPromise.await(DefaultPromise.java:254)",
    "io.netty.channel.DefaultChannelPromise.await(DefaultChannelPromise.java:131)",
    "io.netty.util.concurrent.DefaultPromise.sync(DefaultPromise.java:405)",
)


def _park(dialect: Dialect) -> str:
    if dialect.version.major < 4:
        return "J:sun.misc.Unsafe.park(Native Method)"
    return "J:jdk.internal.misc.Unsafe.park(Native Method)"


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
    return waits, on, [_with_module(frame, dialect) for frame in frames]


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
                "J:java.util.concurrent.SynchronousQueue$TransferStack.transfer(SynchronousQueue.java:401)",
                "J:java.util.concurrent.SynchronousQueue.poll(SynchronousQueue.java:903)",
                "J:java.util.concurrent.ThreadPoolExecutor.getTask(ThreadPoolExecutor.java:1061)",
            ),
            _WORKER,
        ]
    if state == "waiting_for_client":
        queue = "LinkedBlockingDeque.pollFirst" if modern else "LinkedBlockingQueue.poll"
        java = queue.split(".")[0]
        loop = (
            f"{_CONNECTION}.doExecuteJobs(AtomicSchedulingConnection.java:292)"
            if modern
            else "org.neo4j.bolt.runtime.DefaultBoltConnection.processNextBatchInternal"
            "(DefaultBoltConnection.java:252)"
        )
        return [
            (_park(dialect), _PARK, f"J:{_CONDITION}.awaitNanos(AbstractQueuedSynchronizer.java:1679)"),
            (f"J:java.util.concurrent.{queue}({java}.java:515)", loop),
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
        first += (f"J:{_CONDITION}.awaitNanos(AbstractQueuedSynchronizer.java:1679)",)
    return [first, inner, _MODERN_JOB if modern else _OLD_JOB, _below(dialect)]


_WORKING_MODERN = (
    "org.neo4j.kernel.impl.newapi.DefaultRelationshipTraversalCursor.next(DefaultRelationshipTraversalCursor.java:181)",
    "org.neo4j.cypher.internal.runtime.interpreted.pipes.ExpandAllPipe.internalCreateResults(ExpandAllPipe.scala:57)",
    "org.neo4j.cypher.internal.runtime.ClosingIterator.hasNext(ClosingIterator.scala:136)",
    "org.neo4j.cypher.internal.runtime.interpreted.PipeExecutionResult.serveResults(PipeExecutionResult.scala:97)",
    "org.neo4j.cypher.internal.result.ClosingExecutionResult.request(ClosingExecutionResult.scala:157)",
    "org.neo4j.bolt.tx.statement.StatementImpl.consume(StatementImpl.java:167)",
    f"{_STREAMING}.AutocommitPullStreamingStateTransition.process(AutocommitPullStreamingStateTransition.java:44)",
)
_WORKING_OLD = (
    "org.neo4j.kernel.impl.newapi.DefaultRelationshipTraversalCursor.next(DefaultRelationshipTraversalCursor.java:110)",
    "org.neo4j.cypher.internal.runtime.interpreted.pipes.ExpandAllPipe$$anonfun$internalCreateResults$1.apply(ExpandAllPipe.scala:42)",
    "org.neo4j.cypher.internal.runtime.interpreted.PipeExecutionResult.hasNext(PipeExecutionResult.scala:96)",
    "org.neo4j.bolt.runtime.AbstractCypherAdapterStream.handleRecords(AbstractCypherAdapterStream.java:110)",
    "org.neo4j.bolt.v3.runtime.StreamingState.processMessage(StreamingState.java:38)",
    "org.neo4j.bolt.runtime.statemachine.impl.AbstractBoltStateMachine.process(AbstractBoltStateMachine.java:129)",
)
_LOCK = (
    "J:java.lang.Thread.sleep(Native Method)",
    "org.neo4j.kernel.impl.locking.forseti.ForsetiClient.incrementalBackoffWait(ForsetiClient.java:1052)",
    "org.neo4j.kernel.impl.locking.forseti.ForsetiClient.waitFor(ForsetiClient.java:1030)",
    "org.neo4j.kernel.impl.locking.forseti.ForsetiClient.acquireExclusive(ForsetiClient.java:329)",
    "org.neo4j.kernel.impl.newapi.Operations.acquireExclusiveNodeLock(Operations.java:1704)",
    "org.neo4j.kernel.impl.newapi.Operations.nodeSetProperty(Operations.java:781)",
)
_TRACKER = "TransactionIdTracker.awaitUpToDate(TransactionIdTracker.java:120)"
_BOOKMARK_MODERN = (
    f"org.neo4j.bolt.txtracking.{_TRACKER}",
    "org.neo4j.fabric.bookmark.LocalGraphTransactionIdTracker.awaitGraphUpToDate(LocalGraphTransactionIdTracker.java:64)",
    "org.neo4j.router.impl.QueryRouterImpl.beginTransaction(QueryRouterImpl.java:172)",
)
_BOOKMARK_OLD = (
    f"org.neo4j.kernel.api.txtracking.{_TRACKER}",
    "org.neo4j.bolt.runtime.TransactionStateMachineV3SPI.awaitUpToDate(TransactionStateMachineV3SPI.java:78)",
)
_COMMIT = (
    "J:java.util.concurrent.locks.AbstractQueuedSynchronizer.tryAcquireNanos(AbstractQueuedSynchronizer.java:1037)",
    "org.neo4j.kernel.impl.transaction.log.files.TransactionLogFile.waitForLogForce(TransactionLogFile.java:541)",
    "org.neo4j.kernel.impl.api.TransactionRepresentationCommitProcess.commit(TransactionRepresentationCommitProcess.java:85)",
    "org.neo4j.kernel.impl.api.KernelTransactionImplementation.commitTransaction(KernelTransactionImplementation.java:903)",
)
_SEND_MODERN = (
    *_NETTY_WAIT,
    "org.neo4j.bolt.protocol.common.fsm.response.NetworkResponseHandler.onSuccess(NetworkResponseHandler.java:158)",
)
_SEND_OLD = (
    "J:java.lang.Object.wait(Native Method)",
    "org.neo4j.bolt.transport.DefaultThrottleLock.lock(DefaultThrottleLock.java:36)",
    "org.neo4j.bolt.transport.TransportWriteThrottle.acquire(TransportWriteThrottle.java:83)",
    "org.neo4j.bolt.v1.transport.ChunkedOutput.flush(ChunkedOutput.java:92)",
)
_LOGON_MODERN = (
    "J:java.security.MessageDigest.digest(MessageDigest.java:444)",
    "org.neo4j.bolt.security.basic.BasicAuthentication.authenticate(BasicAuthentication.java:62)",
    "org.neo4j.bolt.protocol.common.connector.connection.AbstractConnection.logon(AbstractConnection.java:281)",
)
_LOGON_OLD = (
    "J:java.security.MessageDigest.digest(MessageDigest.java:444)",
    "org.neo4j.bolt.security.auth.BasicAuthentication.authenticate(BasicAuthentication.java:57)",
)


def _below(dialect: Dialect) -> tuple[str, ...]:
    if dialect.modern:
        return _MODERN_LOOP + _WORKER
    scheduling = "" if dialect.version.major < 4 else "scheduling."
    return (
        "org.neo4j.bolt.runtime.DefaultBoltConnection.processNextBatch(DefaultBoltConnection.java:191)",
        f"org.neo4j.bolt.runtime.{scheduling}ExecutorBoltScheduler.executeBatch(ExecutorBoltScheduler.java:259)",
        f"org.neo4j.bolt.runtime.{scheduling}ExecutorBoltScheduler.lambda$scheduleBatch$2(ExecutorBoltScheduler.java:237)",
        "J:java.util.concurrent.CompletableFuture$AsyncSupply.run(CompletableFuture.java:1700)",
        *_WORKER,
    )


def network_stack(dialect: Dialect) -> list[str]:
    """Return the frames of a thread that waits for bytes."""
    frames = (
        "io.netty.channel.epoll.Native.epollWait(Native Method)",
        "io.netty.channel.epoll.EpollEventLoop.run(EpollEventLoop.java:305)",
        "io.netty.util.concurrent.SingleThreadEventExecutor$4.run(SingleThreadEventExecutor.java:997)",
        "J:java.lang.Thread.run(Thread.java:840)",
    )
    return [_with_module(frame, dialect) for frame in frames]


def _with_module(frame: str, dialect: Dialect) -> str:
    """Return a frame as the version's Java prints it: the JDK's own with module and version."""
    if not frame.startswith("J:"):
        return frame
    plain = frame.removeprefix("J:")
    if dialect.version.major < 4:
        return plain
    java = "11.0.22" if not dialect.modern else ("21.0.4" if dialect.json_debug else "17.0.11")
    method, _, place = plain.partition("(")
    return f"{method}(java.base@{java}/{place}"
