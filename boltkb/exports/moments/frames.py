"""What a thread of the Bolt pool is doing, from the frames of its stack.

Knows Neo4j's own classes; a state is told apart only where its frames were seen on a running
server (5.26) or stand in the code of the version that they belong to.
"""

from __future__ import annotations

from collections.abc import Sequence

from boltkb.exports.records import ThreadState

__all__ = ["state_of", "telling_frame"]

_IN_POOL = ".ThreadPoolExecutor.getTask"
_QUEUE_WAIT = (
    "java.util.concurrent.LinkedBlockingDeque.poll",
    "java.util.concurrent.LinkedBlockingQueue.poll",
    "java.util.concurrent.ArrayBlockingQueue.poll",
)
_CONNECTION_LOOP = (
    ".AtomicSchedulingConnection.doExecuteJobs",
    ".DefaultBoltConnection.processNextBatch",
)
_AT_WORK = (
    ".AtomicSchedulingConnection.executeJob(",
    ".AtomicSchedulingConnection$ProcessJob",
    ".statemachine.",
    "BoltStateMachine",
)
_LOCKS = (".impl.locking.", ".locking.forseti.", "ForsetiClient")
#: In here a transaction waits for a lock that another one has, asleep or looking for a deadlock.
_WAITS_FOR_LOCK = (".ForsetiClient.waitFor(",)
_READER = (".throttle.", "ThrottleLock", "TransportWriteThrottle", "ChannelWriteThrottle")
#: Up to 4.4 the tracker lies elsewhere, under the same name.
_BOOKMARK = (
    ".txtracking.TransactionIdTracker.awaitUpToDate(",
    ".txtracking.TransactionIdTracker.waitWhenNotUpToDate(",
)
_COMMIT = (
    ".KernelTransactionImplementation.commitTransaction(",
    ".InternalTransactionCommitProcess.commit(",
    ".TransactionRepresentationCommitProcess.commit(",
)
_LOGON = (".AbstractConnection.logon(", ".BasicAuthentication.authenticate(")
_ANSWER = ".NetworkResponseHandler.onSuccess("
_WRITTEN = "io.netty.util.concurrent.DefaultPromise.await"
_PARKED = (".park", "Object.wait", "Thread.sleep", "onSpinWait", ".sleep0", "waitFor")
#: Frames of libraries say little; the innermost one that is not of them says what is done.
_LIBRARY = ("java.", "javax.", "jdk.", "sun.", "com.sun.", "scala.", "io.netty.")


def state_of(frames: Sequence[str], *, held: bool) -> ThreadState:
    """Return what a worker is doing.

    Parameters
    ----------
    frames : sequence of str
        Class, method and `(`, the innermost first.
    held : bool
        Whether its name says that a connection holds it.

    Examples
    --------
    >>> state_of(
    ...     [
    ...         "jdk.internal.misc.Unsafe.park(",
    ...         "java.util.concurrent.LinkedBlockingDeque.pollFirst(",
    ...         "org.neo4j.bolt.x.AtomicSchedulingConnection.doExecuteJobs(",
    ...     ],
    ...     held=True,
    ... )
    'waiting_for_client'
    """

    def any_frame(parts: tuple[str, ...]) -> bool:
        return any(part in frame for frame in frames for part in parts)

    at_work = any_frame(_AT_WORK)
    if any(_IN_POOL in frame for frame in frames) or (not held and not at_work):
        return "idle"
    waits = any(part in frame for frame in frames[:4] for part in _PARKED)
    # Taking a lock that is free is work; waiting for one parks or sleeps.
    if any_frame(_WAITS_FOR_LOCK) or (waits and any_frame(_LOCKS)):
        return "waiting_for_lock"
    if waits and any_frame(_READER):
        return "blocked_on_reader"
    if any_frame(_CONNECTION_LOOP) and not at_work and any_frame(_QUEUE_WAIT):
        return "waiting_for_client"
    if waits and any_frame(_BOOKMARK):
        return "waiting_for_bookmark"
    if any_frame(_LOGON):
        return "authenticating"
    if any_frame(_COMMIT):
        return "committing"
    if waits and any_frame((_ANSWER,)) and any_frame((_WRITTEN,)):
        return "sending"
    return "working"


def telling_frame(frames: Sequence[str]) -> str:
    """Return the innermost frame that is not a library's, `""` for a thread without frames.

    Examples
    --------
    >>> telling_frame(["java.lang.Thread.sleep(", "com.example.Procedure.call("])
    'com.example.Procedure.call'
    """
    for frame in frames:
        if not frame.startswith(_LIBRARY):
            return frame[:200].removesuffix("(")
    for frame in frames:
        if _IN_POOL in frame:
            return frame.removesuffix("(")
    return frames[0][:200].removesuffix("(") if frames else ""
