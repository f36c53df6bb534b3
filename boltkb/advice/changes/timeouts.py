"""Changes of the server's time-outs: of transactions, of locks, of bookmarks."""

from __future__ import annotations

from dataclasses import replace

from boltkb.advice.changes.change import Change, change_code, change_setting
from boltkb.advice.dialects import transaction_blocks
from boltkb.advice.longest import longest, suggested_timeout, would_be_killed
from boltkb.advice.situation import Situation

__all__ = ["bound_bookmark_wait", "bound_in_clients", "bound_lock_wait", "bound_transactions"]

#: An example below most requests' own time-outs; the reader puts in what is right there.
_LOCK = "10s"
_BOOKMARK = "5s"
#: The inner wait of 4.4 does not look at the transaction, from what was read of its source.
_LOOKS_AGAIN = "5.0"
_INNER_WAIT = "4.2"


def bound_transactions(situation: Situation) -> Change:
    """Return a time-out for transactions, with the list of those that it would have ended."""
    several = () if situation.export is None else longest(situation.export)
    seconds, text = suggested_timeout(several)
    notes = [*would_be_killed(several, seconds)]
    if situation.before(_LOOKS_AGAIN) and not situation.before(_INNER_WAIT):
        notes.append(
            "On 4.2 to 4.4 an idle transaction past its time may keep its thread until its "
            "client's next message, from what we read of 4.4."
        )
    return change_setting(
        situation,
        "transaction-timeout",
        "transaction-timeout",
        text,
        why="A bound on every transaction turns a forgotten one into an error in its client's "
        "log, and its thread comes back within about ten seconds.",
        expected=f"No transaction holds a thread for longer than about {text}; how many threads "
        "that frees depends on how often transactions are forgotten.",
        notes=notes,
    )


def bound_in_clients(situation: Situation) -> tuple[Change, ...]:
    """Return a time-out for transactions given by the clients, where the server's is not theirs."""
    several = () if situation.export is None else longest(situation.export)
    seconds, text = suggested_timeout(several)
    made = change_code(
        "transaction-timeout",
        name=f"Give each transaction a time-out in the client ({text})",
        why="Each client bounds its own transactions; one that forgets to do so is not bound.",
        expected=f"No transaction of these clients holds a thread for longer than about {text}.",
        notes=would_be_killed(several, seconds),
    )
    return (replace(made, blocks=transaction_blocks(seconds, situation.languages)),)


def bound_lock_wait(situation: Situation, *, expected: str) -> Change:
    """Return a bound on the wait for a lock."""
    whole = situation.setting("transaction-timeout")
    return change_setting(
        situation,
        "shorten-lock-waits",
        "lock-timeout",
        _LOCK,
        why="A writer that waits for a lock without end holds its thread without end. The value is "
        f"an example: take one below {whole} and below what a request may take.",
        expected=expected,
    )


def bound_bookmark_wait(situation: Situation, *, expected: str) -> Change:
    """Return a shorter wait for bookmarks."""
    return change_setting(
        situation,
        "shorten-bookmark-wait",
        "transaction-bookmark-timeout",
        _BOOKMARK,
        why="The wait is for each bookmark, one after the other. The value is an example: a read "
        "that cannot have its bookmark by then fails, and should be tried again elsewhere.",
        expected=expected,
    )
