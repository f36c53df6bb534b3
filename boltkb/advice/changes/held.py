"""What to change where threads are held: by open transactions, by waits, by slow work."""

from __future__ import annotations

from boltkb.advice.changes.change import Change, change_code, change_machine
from boltkb.advice.changes.pools import bound_pools
from boltkb.advice.changes.timeouts import bound_bookmark_wait, bound_lock_wait, bound_transactions
from boltkb.advice.effects import if_it_went_away
from boltkb.advice.situation import Situation
from boltkb.tables import span

__all__ = [
    "close_transactions",
    "read_at_once",
    "share_databases",
    "shorten_bookmark_waits",
    "shorten_commits",
    "shorten_lock_waits",
    "shorten_pauses",
    "shorten_queries",
    "shorten_sign_ins",
    "shorten_think_time",
    "spare_processors",
    "steady_machine",
]  # fmt: skip

_UNKNOWN_GAIN = (
    "No number: what the machine bears is not in the model. Compare the held time before and after."
)
#: The queries that held threads longest, told one by one.
_QUERIES = 3
_QUERY_LENGTH = 120


def close_transactions(situation: Situation) -> tuple[Change, ...]:
    """Return that every transaction is closed, and a bound for those that are not."""
    mend = change_code(
        "close-leaked-transactions",
        name="Close every transaction and session",
        why="Use managed transactions (execute_read, execute_write, execute_query) or a "
        "with/try-with-resources block, so that no path leaves one open.",
        expected="Threads are no longer kept for good: the number held falls back with traffic. "
        "No share is promised, because a leak has no steady state to compare with.",
    )
    return mend, bound_transactions(situation)


def shorten_think_time(situation: Situation) -> tuple[Change, ...]:
    """Return that clients think outside transactions, and that fewer are open at once."""
    return (
        change_code(
            "shorten-think-time",
            name="Do no other work inside a transaction",
            why="Fetch what is needed before it begins, send the queries together, commit, and "
            "only then call other services, render or wait.",
            expected=if_it_went_away(situation),
        ),
        *_fewer_at_once(situation),
    )


def shorten_lock_waits(situation: Situation) -> tuple[Change, ...]:
    """Return writes in one order, short, with a bound on the wait."""
    expected = if_it_went_away(situation)
    return (
        change_code("shorten-lock-waits", expected=expected),
        bound_lock_wait(situation, expected=expected),
    )


def read_at_once(situation: Situation) -> tuple[Change, ...]:
    """Return results read to their end, and transactions that end."""
    return (
        change_code("read-results-at-once", expected=if_it_went_away(situation)),
        bound_transactions(situation),
    )


def shorten_bookmark_waits(situation: Situation) -> tuple[Change, ...]:
    """Return fewer waits for bookmarks, and shorter ones."""
    expected = if_it_went_away(situation)
    return (
        change_code("shorten-bookmark-wait", expected=expected),
        bound_bookmark_wait(situation, expected=expected),
    )


def shorten_sign_ins(situation: Situation) -> tuple[Change, ...]:
    """Return fewer sign-ins, and quicker ones."""
    expected = if_it_went_away(situation)
    return (
        change_code(
            "one-driver",
            name="Keep connections: one driver object for each process, no short lifetime",
            why="Each new connection signs in once; one that is kept does not sign in again.",
            expected=expected,
        ),
        change_machine(
            "shorten-sign-ins",
            name="Make the authentication provider answer faster, or let its answers be cached",
            effect="by the provider",
            expected=expected,
        ),
    )


def shorten_commits(situation: Situation) -> tuple[Change, ...]:
    """Return a quicker disk, and fewer commits."""
    expected = if_it_went_away(situation)
    return (
        change_machine(
            "shorten-commits",
            name="Look at the disk of the transaction log, and at the slowest member",
            effect="by the machine",
            expected=expected,
        ),
        change_code(
            "shorten-commits",
            name="Write many small things in one transaction (UNWIND $rows) instead of one by one",
            expected=expected,
        ),
    )


def shorten_queries(situation: Situation) -> tuple[Change, ...]:
    """Return the queries to mend, by the time that they held threads."""
    return (
        change_machine(
            "shorten-queries",
            name="Give the slow queries their plan or index back",
            effect="at once: indexes and plans need no restart",
            expected=if_it_went_away(situation),
            notes=_slowest(situation),
        ),
    )


def spare_processors(situation: Situation) -> tuple[Change, ...]:
    """Return fewer queries at once, by the clients' own bounds; never fewer threads."""
    return (
        *bound_pools(situation, "spare-processors", expected=_UNKNOWN_GAIN),
        change_machine(
            "spare-processors",
            name="Make the queries cheaper that use most processor time, or add processors",
            effect="by the machine",
            expected=_UNKNOWN_GAIN,
            notes=_slowest(situation),
        ),
    )


def share_databases(situation: Situation) -> tuple[Change, ...]:
    """Return a bound for the clients of the busy database, or a server of its own for it."""
    return (
        *bound_pools(situation, "share-between-databases", expected=if_it_went_away(situation)),
        change_machine(
            "share-between-databases",
            name="Give the busy database a server of its own",
            effect="by moving the database",
            expected=if_it_went_away(situation),
        ),
    )


def shorten_pauses(situation: Situation) -> tuple[Change, ...]:
    """Return what to do about a heap that is too small or too full."""
    return (
        change_machine(
            "shorten-gc-pauses",
            name=f"Heap ({situation.setting('heap-max')}) and page cache "
            f"({situation.setting('page-cache')}), after looking at what fills the heap",
            expected=_UNKNOWN_GAIN,
            notes=(*_memory(situation), *_paused(situation)),
        ),
        change_code(
            "shorten-gc-pauses",
            name="Read and write in smaller batches, so that one transaction needs less heap",
            expected=_UNKNOWN_GAIN,
        ),
    )


def steady_machine(situation: Situation) -> tuple[Change, ...]:
    """Return where to look for what stops the machine."""
    return (
        change_machine(
            "steady-machine",
            effect="by the machine",
            expected=_UNKNOWN_GAIN,
            notes=(
                *_paused(situation),
                (
                    "On the machine: vmstat 1 (columns si, so, wa, st), dmesg, the disk's free "
                    "space, and the host's own record of migrations and snapshots."
                ),
            ),
        ),
    )


def _fewer_at_once(situation: Situation) -> tuple[Change, ...]:
    """Return smaller pools where there is a size for them, else a bound in words."""
    pools = tuple(c for c in bound_pools(situation, "divide-client-pools") if c.blocks)
    return pools or (
        change_code(
            "shorten-think-time",
            name="Bound the transactions that run at the same time",
            why="What waits in the client, in order and with a time-out, is not rejected by the "
            "server.",
            expected=if_it_went_away(situation),
            cost="Requests wait in the client while the bound is reached.",
        ),
    )


def _slowest(situation: Situation) -> tuple[str, ...]:
    queries = None if situation.export is None else situation.export.queries
    if queries is None:
        return ("Which queries cannot be told: the export holds no query.log.",)
    rows = [row for row in queries.by_query.head(_QUERIES).iter_rows(named=True) if row["key"]]
    return tuple(
        f"{span(float(row['elapsed']))} in {row['count']} runs: "
        f"{' '.join(str(row['key']).split())[:_QUERY_LENGTH]}"
        for row in rows
    )


def _memory(situation: Situation) -> tuple[str, ...]:
    machine = {} if situation.export is None else situation.export.machine
    return tuple(
        f"{title}: {machine[key].text} [{machine[key].where}]."
        for key, title in (("memory", "The machine's memory"), ("heap-max", "The heap"))
        if key in machine
    )


def _paused(situation: Situation) -> tuple[str, ...]:
    pauses = () if situation.case is None else situation.case.course.pauses
    if not pauses:
        return ()
    most = max(pauses, key=lambda pause: pause.seconds)
    return (
        (
            f"{len(pauses)} pauses were seen, {span(sum(pause.seconds for pause in pauses))} in "
            f"all; the longest took {span(most.seconds)} [{most.where}]."
        ),
    )
