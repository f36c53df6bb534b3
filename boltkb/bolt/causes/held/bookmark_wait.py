"""Threads that wait until the database has caught up with a bookmark, before they begin.

Such a thread has no transaction yet: it stands in no list of transactions.
"""

from __future__ import annotations

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause
from boltkb.bolt.causes.collecting import wanted
from boltkb.bolt.causes.held.say import CARRIES, Say, calm, judge, say_of
from boltkb.bolt.causes.held.signing_in import most_signing_in
from boltkb.bolt.thread_time import DUMPS, LIST, METRICS, WITHOUT_TRANSACTION, Look
from boltkb.tables import share

__all__ = ["weigh_bookmark_wait"]

_DID = "waited for a bookmark"
_HAD_NONE = "had no open transaction"


def weigh_bookmark_wait(case: Case) -> Cause:
    """Return how the evidence stands for threads that wait for a bookmark."""
    name = "bookmark_wait"
    quiet = calm(case, name)
    if quiet is not None:
        return quiet
    told = case.thread_time
    dumps = told.look(DUMPS)
    signing = most_signing_in(case)
    says: list[Say | None] = []
    if dumps is not None:
        says.append(say_of(dumps, "waiting_for_bookmark", _DID))
    others = (told.look(LIST), told.look(METRICS))
    says += [_without(look, signing) for look in others if look is not None]
    missing = wanted(
        case, DUMPS, LIST, METRICS, metrics=("transaction_active_read", "transaction_active_write")
    )
    return judge(name, says, missing)


def _without(look: Look, signing: float | None) -> Say | None:
    """Return what threads without a transaction say, less those that may be signing in."""
    say = say_of(look, WITHOUT_TRANSACTION, _HAD_NONE)
    if say is None or not look.held > 0:
        return None
    if signing is None:
        # They wait for a bookmark or sign in: enough to deny it, too little to name it.
        hint = say.share >= CARRIES
        return Say(say.kind, 0.0, 0.0, say.high, say.words, say.where, say.may_deny, hint)
    signing_part = signing / look.held
    rest = max(0.0, say.share - signing_part)
    words = say.words
    if rest >= CARRIES:
        words = (
            f"{words.removesuffix('.')}: they wait for a bookmark, as at most "
            f"{share(signing_part)} can have been signing in."
        )
    return Say(
        say.kind, rest, max(0.0, say.low - signing_part), say.high, words, say.where,
        say.may_deny, hint=say.share >= CARRIES,
    )  # fmt: skip
