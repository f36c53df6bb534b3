"""What to do this minute: save the evidence, end idle holders, calm the clients, restart last.

Lines to be copied hold nothing from an export but ids that look like Neo4j's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from boltkb.advice.situation import Situation
from boltkb.catalogue import load_causes

__all__ = ["Step", "right_now"]

_TRANSACTION = re.compile(r"[A-Za-z0-9._-]{1,80}-transaction-[0-9]{1,19}")
_SHOWS_TRANSACTIONS = "4.4"
#: So many ids go into one line.
_IDS = 20
#: So many things to collect are named as steps.
_ASKED = 4
#: A transaction without a query for this long is being kept, s.
_IDLE = 60

#: What calms the trouble while it lasts, by cause; nothing of it needs a release or a restart.
CALM: Mapping[str, str] = {
    "bookmark_wait": "Let the clients that pass bookmarks read from the member that they wrote to, "
    "or pass none, until the others have caught up.",
    "burst_fan_out": "Stop or slow the job that sends the bursts; between them the pool is free.",
    "client_pool_too_small": "Start another process of the client that waits, or slow it: the "
    "server has threads to spare.",
    "client_think_time": "Slow the clients that hold the most threads (fewer parallel jobs); the "
    "pool recovers by itself as soon as they let go.",
    "connect_failure": "Try to connect from the client's machine by hand (cypher-shell with the "
    "same address), and keep what it says.",
    "cpu_saturation": "Slow or stop the heaviest job; the others become quicker at once.",
    "database_starvation": "Slow the clients of the busy database.",
    "driver_per_request": "Nothing urgent: slow the client that opens connections if its sign-ins "
    "fill the pool.",
    "fleet_times_pool": "Run fewer client processes until their pools are divided.",
    "gc_pauses": "Stop the transactions that use the most memory (estimatedUsedHeapMemory in "
    "SHOW TRANSACTIONS YIELD *), and save gc.log.",
    "half_open_sockets": "Restart the clients that hang, one by one; the server needs nothing.",
    "host_stall": "Look at the machine itself while it lasts: vmstat 1, free disk space, dmesg.",
    "known_defect": "Restart the client that shows the defect, if that has helped before; plan the "
    "upgrade.",
    "leader_hot_spot": "Move reads to the other members, or slow the writers.",
    "leaked_transactions": "Restart the client that leaks if its transactions come back at once.",
    "load_balancer_cut": "Nothing urgent: a request that meets a cut connection succeeds when it "
    "is tried again.",
    "lock_contention": "Stop the job that writes to the same nodes in parallel, or let it write in "
    "one stream.",
    "os_thread_limit": "Keep what the system says (journalctl -k, dmesg), and stop other programs "
    "on the machine that start threads.",
    "pool_too_small": "Slow or stop batch clients until the peak is over; there is no queue to "
    "drain.",
    "queue_enabled": "Slow batch clients: what waits in the queue is not seen by its clients.",
    "retry_storm": "Stop the clients that repeat for a minute, all at once, so that the attempts "
    "die away; then let them in again in parts.",
    "rolling_deploy": "Pause the roll-out, and end the old processes that no longer take load.",
    "slow_authentication": "Look at the authentication provider; do not restart clients, each of "
    "their connections would sign in again.",
    "slow_commit": "Slow bulk writers, and look at the disk of the transaction log.",
    "slow_consumer": "Stop the clients that read slowly; ending their transactions frees the "
    "threads.",
    "slow_queries": "End the longest of the slow queries if their users can bear it.",
    "transaction_limit": "Slow the clients that open most transactions.",
}
_CALM = "Slow or stop batch clients until the peak is over; there is no queue to drain."


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do right now.

    Parameters
    ----------
    what : str
        A sentence.
    command : str
        A line to copy; empty for none.
    """

    what: str
    command: str = ""


def right_now(situation: Situation) -> tuple[Step, ...]:
    """Return what to do this minute, in order; empty where nothing is wrong."""
    diagnosis = situation.diagnosis
    cause = diagnosis.cause
    if cause is None and not situation.short and diagnosis.incident is None:
        if diagnosis.state != "cannot_tell":
            return ()
        return tuple(Step(f"Collect what is missing. {w}") for w in diagnosis.cannot_tell[:_ASKED])
    if cause is not None and load_causes()[cause].group == "elsewhere" and not situation.short:
        return (_keep_outside(), Step(CALM[cause]))
    steps = [_keep(situation), _who(situation)]
    if cause in _ENDED:
        steps.append(_end(situation))
    if cause is not None:
        steps.append(Step(CALM[cause]))
    elif diagnosis.state == "saturated":
        steps.append(Step(_CALM))
    if diagnosis.state == "saturated" or cause in _ENDED:
        steps.append(_restart(situation))
    return tuple(steps)


#: Where ending idle transactions gives threads back.
_ENDED = frozenset({"leaked_transactions", "client_think_time", "slow_consumer"})


def _keep(situation: Situation) -> Step:
    if situation.managed:
        return Step(
            "Save the evidence first: the list of transactions below, the metrics of this hour "
            "from the console, and the clients' own logs. On Aura there is no shell for thread "
            "dumps."
        )
    return Step(
        "Save the evidence first, because a restart destroys it: three thread dumps ten seconds "
        "apart, as the user that runs Neo4j. They need no Bolt thread, so they work on a full "
        "pool. Copy logs and metrics too.",
        "pid=$(jcmd -l | awk '/EntryPoint|Neo4jCommunity|Neo4jEnterprise/ {print $1; exit}'); "
        "for i in 1 2 3; do jcmd $pid Thread.print > threaddump-$i.txt; sleep 10; done",
    )


def _keep_outside() -> Step:
    return Step(
        "Save the evidence first: the logs of the clients that fail, whole and with their times, "
        "and the server's debug.log of the same time. The server needs no restart: its threads "
        "are not what fails."
    )


def _who(situation: Situation) -> Step:
    if situation.before(_SHOWS_TRANSACTIONS):
        return Step(
            "See who holds transactions open (SHOW TRANSACTIONS came with 4.4). The question needs "
            "a thread itself; on a full pool repeat it until it is let in.",
            "CALL dbms.listTransactions()",
        )
    statement = (
        "SHOW TRANSACTIONS YIELD transactionId, username, clientAddress, elapsedTime, currentQuery"
    )
    if situation.managed:
        return Step(
            "See who holds transactions open: an old elapsedTime with an empty currentQuery waits "
            "for its client. The question needs a thread itself; repeat it until it is let in.",
            statement,
        )
    return Step(
        "See who holds transactions open: an old elapsedTime with an empty currentQuery waits for "
        "its client. Over Bolt the question needs a thread itself and may be rejected; by HTTP it "
        "needs none, and works on a full pool.",
        _by_http(statement),
    )


def _end(situation: Situation) -> Step:
    """Return how to end idle holders: by their ids, else by a filter that finds them."""
    back = "each gives its thread back within about ten seconds."
    names = _plain_ids(situation.diagnosis.holders.kept_transactions)
    if situation.before(_SHOWS_TRANSACTIONS):
        listed = f" They are: {', '.join(names)}." if names else ""
        return Step(
            f"End the idle holders with dbms.killTransaction, once for each id of the list; {back}"
            f" Look first at what each did: ending it rolls its work back.{listed}"
        )
    if names:
        ids = ", ".join(f"'{name}'" for name in names)
        return Step(
            f"End the idle holders, after looking at what each did (its work is rolled back); "
            f"{back}",
            _statement(situation, f"TERMINATE TRANSACTIONS {ids}"),
        )
    return Step(
        "Find the idle holders: open for a minute or more with no query running. Then end them "
        f"with TERMINATE TRANSACTIONS and their ids, after looking at what each did; {back}",
        _statement(
            situation,
            "SHOW TRANSACTIONS YIELD transactionId, username, clientAddress, elapsedTime, "
            f"currentQuery WHERE elapsedTime.seconds >= {_IDLE} "
            "AND coalesce(currentQuery, '') = ''",
        ),
    )


def _restart(situation: Situation) -> Step:
    whose = "a restart (pause and resume in the console)" if situation.managed else "a restart"
    return Step(
        f"Only then think of {whose}: it frees every thread and ends every running transaction, "
        "and whatever filled the pool fills it again."
    )


def _statement(situation: Situation, statement: str) -> str:
    return statement if situation.managed else _by_http(statement)


def _by_http(statement: str) -> str:
    """Return a line that runs a statement by HTTP, whose threads are not the Bolt pool's.

    Seen to work on a full pool of a real 5.26 server; the newer Query API is rejected as Bolt is.
    """
    body = '{"statements":[{"statement":"' + statement + '"}]}'
    quoted = body.replace("'", "'\\''")
    return (
        "curl -s -u neo4j -H 'Content-Type: application/json' "
        f"-d '{quoted}' http://localhost:7474/db/neo4j/tx/commit"
    )


def _plain_ids(names: tuple[str, ...]) -> list[str]:
    """Return the ids that look like Neo4j's own; others never get into a line to be copied."""
    return [name for name in names if _TRANSACTION.fullmatch(name)][:_IDS]
