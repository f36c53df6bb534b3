"""What to do right now, what to change, and what to leave alone, by cause.

Plain words and copyable lines; a change says whether a running server takes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from boltkb.bolt import Diagnosis, Pool
from boltkb.catalogue import Version, load_settings, setting_name
from boltkb.tables import Column as _Column
from boltkb.tables import Markup, Table, escape, number

__all__ = ["Change", "Step", "changes", "do_not", "right_now"]

_TRANSACTION = re.compile(r"[A-Za-z0-9._-]{1,80}-transaction-[0-9]{1,19}")
_NEWEST = Version.parse("2026.01")
_SHOWS_TRANSACTIONS = Version.parse("4.4")


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


@dataclass(frozen=True, slots=True)
class Change:
    """A change to make, on the server or in the clients.

    Parameters
    ----------
    where : str
        `neo4j.conf` or `clients`.
    name : str
        The setting, or what to change in words.
    before, after : str
        Values; empty where there are none.
    takes_effect : str
        `dynamic`, `needs a restart` or `with the client's next release`.
    why : str
    """

    where: str
    name: str
    before: str
    after: str
    takes_effect: str
    why: str

    def facts(self) -> dict[str, str]:
        """Return the change for `facts.json`."""
        return {
            "where": self.where,
            "name": self.name,
            "before": self.before,
            "after": self.after,
            "takes_effect": self.takes_effect,
            "why": self.why,
        }


def setting_change(identity: str, version: str | None, before: str, after: str, why: str) -> Change:
    """Return a change of a setting by the name it has in this version."""
    setting = load_settings()[identity]
    name = setting_name(identity, Version.parse(version) if version else _NEWEST)
    takes = "dynamic" if setting.dynamic else "needs a restart"
    return Change("neo4j.conf", name, before, after, takes, why)


def right_now(diagnosis: Diagnosis, pool: Pool) -> tuple[Step, ...]:
    """Return what to do this minute, in order; empty where nothing is wrong."""
    if diagnosis.state in {"ok", "cannot_tell"} and diagnosis.incident is None:
        return ()
    old = pool.version is not None and Version.parse(pool.version) < _SHOWS_TRANSACTIONS
    keep = Step(
        "Save the evidence first, because a restart destroys it: three thread dumps ten seconds "
        "apart, as the user that runs Neo4j. They need no Bolt thread, so they work on a full "
        "pool. Copy logs and metrics too.",
        "pid=$(jcmd -l | awk '/EntryPoint|Neo4jCommunity|Neo4jEnterprise/ {print $1; exit}'); "
        "for i in 1 2 3; do jcmd $pid Thread.print > threaddump-$i.txt; sleep 10; done",
    )
    restart = Step(
        "Only then think of a restart: it frees every thread and ends every running transaction, "
        "and whatever filled the pool fills it again."
    )
    who = Step(
        "See who holds transactions open: an old elapsedTime with an empty currentQuery waits for "
        "its client. Over Bolt the question needs a thread itself and may be rejected; by HTTP it "
        "needs none, and works on a full pool.",
        _by_http(
            "SHOW TRANSACTIONS YIELD transactionId, username, clientAddress, elapsedTime, "
            "currentQuery"
        ),
    )
    if old:
        who = Step(
            "See who holds transactions open (SHOW TRANSACTIONS came with 4.4). The question needs "
            "a thread itself; on a full pool repeat it until it is let in.",
            "CALL dbms.listTransactions()",
        )
    if diagnosis.cause == "leaked_transactions":
        names = _plain_ids(diagnosis.holders.kept_transactions)
        listed = ", ".join(f"'{name}'" for name in names) or "'neo4j-transaction-123'"
        end = Step(
            "End the idle holders; each gives its thread back within about ten seconds."
            + ("" if names else " Put in the ids from the list.")
            + (" Before 4.4 that is dbms.killTransaction, once for each id." if old else ""),
            "" if old else _by_http(f"TERMINATE TRANSACTIONS {listed}"),
        )
        return keep, who, end, restart
    if diagnosis.cause == "client_think_time":
        calm = Step(
            "Slow the clients that hold the most threads (fewer parallel jobs); the pool "
            "recovers by itself as soon as they let go."
        )
        return keep, who, calm, restart
    calm = Step("Slow or stop batch clients until the peak is over; there is no queue to drain.")
    return (keep, who, calm, restart) if diagnosis.state == "saturated" else (keep, who)


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
    return [name for name in names if _TRANSACTION.fullmatch(name)][:20]


def changes(diagnosis: Diagnosis, pool: Pool, recommended: float | None) -> tuple[Change, ...]:
    """Return what to change, the most effective first; empty where nothing is wrong."""
    version = pool.version
    if diagnosis.cause == "leaked_transactions":
        return (
            Change(
                "clients", "close every transaction and session", "", "",
                "with the client's next release",
                "Use managed transactions (execute_read, execute_write, execute_query) or a "
                "with/try-with-resources block, so that no path leaves one open.",
            ),
            setting_change(
                "transaction-timeout", version, "", "5m",
                "A bound on every transaction turns a leak into an error in the client's log. "
                "Choose it above the longest honest transaction. A running Enterprise server takes "
                "it by dbms.setConfigValue; Community reads it at its next start.",
            ),
        )  # fmt: skip
    if diagnosis.cause == "client_think_time":
        return (
            Change(
                "clients", "do no other work inside a transaction", "", "",
                "with the client's next release",
                "Fetch what is needed before it begins, send the queries together, commit, and "
                "only then call other services, render or wait.",
            ),
            Change(
                "clients", "bound the transactions that run at the same time", "", "",
                "with the client's next release",
                "A driver pool smaller than the clients' parallelism makes them wait in the "
                "client, in order, instead of being rejected by the server.",
            ),
        )  # fmt: skip
    if diagnosis.cause == "pool_too_small" and recommended is not None:
        return (
            setting_change(
                "bolt-threads-max", version, str(pool.max_threads), number(recommended),
                "Enough for the load of this window at the target. Check first that cores, heap "
                "and locks bear more work at the same time.",
            ),
            Change(
                "clients", "retry transient errors with backoff", "", "",
                "with the client's next release",
                "Managed transactions do it by themselves; auto-commit queries and explicit "
                "transactions do not.",
            ),
        )  # fmt: skip
    if diagnosis.rejected.how in {"episodes", "estimated"}:
        return (
            setting_change(
                "bolt-error-accounting",
                version,
                "true",
                "false",
                "Each rejection then leaves a line of its own, so that they can be counted.",
            ),
        )
    return ()


def do_not(diagnosis: Diagnosis) -> str:
    """Return the tempting change that would not help, and why."""
    if diagnosis.cause == "leaked_transactions":
        return (
            "Do not raise the thread maximum: threads that nobody gives back use up any number; "
            "it only takes longer."
        )
    if diagnosis.cause == "client_think_time":
        return (
            "Do not raise the thread maximum first: the new threads would wait for the same "
            "clients. It buys time, at the price of memory for each thread and transaction."
        )
    if diagnosis.cause == "pool_too_small":
        return (
            "Do not raise the driver's connection pools: connections are not short, and each "
            "further one can ask for a thread at the same moment."
        )
    if diagnosis.state == "ok":
        return "Do not change the thread pool: idle connections hold none of its threads."
    return "Do not raise the thread maximum before it is known what holds the threads."


def changes_table(several: tuple[Change, ...]) -> Table:
    """Return the changes as a table."""
    rows = tuple(
        (
            change.where,
            Markup(f"<code>{escape(change.name)}</code>")
            if change.where == "neo4j.conf"
            else change.name,
            f"{change.before or 'not set'} → {change.after}" if change.after else "",
            change.takes_effect,
            change.why,
        )
        for change in several
    )
    heads = ("Where", "Change", "From, to", "Takes effect", "Why")
    return Table(tuple(_Column(head) for head in heads), rows, kind="boltkb-changes")
