"""Threads that wait for the authentication provider while clients sign in."""

from __future__ import annotations

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause
from boltkb.bolt.causes.collecting import wanted
from boltkb.bolt.causes.held.say import Say, calm, judge, say_of
from boltkb.bolt.causes.held.signing_in import SIGN_IN_LIMIT, most_signing_in
from boltkb.bolt.thread_time import DUMPS, LIST, METRICS, WITHOUT_TRANSACTION
from boltkb.tables import number, share, span

__all__ = ["weigh_slow_authentication"]

_DID = "were signing a client in"


def weigh_slow_authentication(case: Case) -> Cause:
    """Return how the evidence stands for sign-ins that take long."""
    name = "slow_authentication"
    quiet = calm(case, name)
    if quiet is not None:
        return quiet
    dumps = case.thread_time.look(DUMPS)
    says: list[Say | None] = [
        None if dumps is None else say_of(dumps, "authenticating", _DID),
        *_at_most(case),
    ]
    return judge(name, says, wanted(case, DUMPS), pro=_given_up(case))


def _at_most(case: Case) -> list[Say | None]:
    """Return how much signing in there can be: threads without a transaction, new connections."""
    says: list[Say | None] = []
    signing = most_signing_in(case)
    for kind in (LIST, METRICS):
        look = case.thread_time.look(kind)
        if look is None or WITHOUT_TRANSACTION not in look.shares or not look.held > 0:
            continue
        high = look.interval(WITHOUT_TRANSACTION)[1]
        words = (
            f"At most {share(look.shares[WITHOUT_TRANSACTION])} of {number(round(look.held, 1))} "
            f"held threads had no open transaction, by {kind}, so could be signing in."
        )
        if signing is not None and signing / look.held < high:
            high = signing / look.held
            words = (
                f"At most {share(high)} of the held threads can have been signing in, by the "
                f"connections that were opened, each of which has {span(SIGN_IN_LIMIT)} for it, "
                "and by the thread dumps."
            )
        says.append(Say(kind, 0.0, 0.0, high, words, look.where, look.of_incident))
    return says


def _given_up(case: Case) -> tuple[str, ...]:
    """Return how many connections were closed because nobody had signed in in time."""
    seen = case.seen
    lines = [
        event
        for event in case.export.events
        if event.kind.startswith("auth-timeout") and seen.start <= event.time <= seen.end
    ]
    if not lines:
        return ()
    late = sum(event.kind == "auth-timeout-server" for event in lines)
    words = f"{number(len(lines))} connections were closed because they had not signed in in time"
    if late:
        words += f", {number(late)} of them because the server did not get to it"
    return (words + ".",)
