"""Changes of the clients' pools, each between its bounds, and of what waits for them."""

from __future__ import annotations

import math
from dataclasses import replace

from boltkb.advice.bounds import Application, Bounds, find_bounds
from boltkb.advice.changes.change import Change, change_clients, change_code
from boltkb.advice.situation import Situation
from boltkb.tables import number

__all__ = ["bound_pools", "order_timeouts", "raise_pools"]

#: Shown as an example of a wait that is shorter than most requests may take, s.
_EXAMPLE_WAIT = 10.0


def bound_pools(situation: Situation, rule: str, *, expected: str = "") -> tuple[Change, ...]:
    """Return pools that together leave the server its reserve, one change for each application.

    Parameters
    ----------
    situation : Situation
    rule : str
    expected : str
        What it should bring; the deterministic bound where left out.

    Returns
    -------
    tuple of Change
        No pool is made larger here, and none is cut below its demand or its deadlock floor.
    """
    bounds = find_bounds(situation)
    return tuple(
        replace(c, bounded=True) for c in _bounded_pools(situation, rule, bounds, expected)
    )


def _bounded_pools(
    situation: Situation, rule: str, bounds: Bounds, expected: str
) -> tuple[Change, ...]:
    told = expected or _bounded(bounds)
    if bounds.room is None:
        return (change_code(rule, expected=told),)
    if not bounds.applications:
        return (
            change_code(
                rule,
                name=f"Divide {bounds.room} connections among the driver objects of all processes",
                notes=(
                    (
                        "How many driver objects there are cannot be told from this export: "
                        "count the processes, and the drivers in each. Pool size = "
                        f"{bounds.room} / driver objects, rounded down."
                    ),
                    _NESTED,
                ),
                expected=told,
            ),
        )
    if bounds.outgrown:
        return (
            change_code(
                rule,
                name="Shorten what holds threads, or spread the load: pool sizes cannot do it",
                why=f"The clients need {number(math.ceil(bounds.demand or 0))} connections at "
                f"their busiest, and the threads leave them {bounds.room}.",
                expected=expected
                or "No number: smaller pools would move the waiting into the clients, without end.",
                notes=(
                    (
                        "How many threads this window would have needed stands further below; "
                        "whether processors and memory bear them is to be looked at first."
                    ),
                ),
            ),
        )
    found, unfit = [], []
    for app in bounds.applications:
        if app.advised is None and _risks_deadlock(app):
            found.append(_first_fewer_at_once(rule, app, told))
        elif app.advised is None:
            unfit.append(app.name)
        elif app.advised < app.limit:
            found.append(_cut(situation, rule, app, app.advised, told))
    if unfit:
        found.append(
            change_code(
                rule,
                name="Run fewer processes, or shorten what they hold",
                why=f"No pool size of {', '.join(unfit)} lies between its own need and what the "
                "threads leave it.",
                expected=expected
                or "No number: how many fewer, or how much shorter, is not told by pool sizes.",
            )
        )
    within = "The pools are within both bounds as they are."
    return tuple(found) or (change_code(rule, notes=(within,), expected=told),)


_NESTED = (
    "If a request opens a second session while its first is open, a pool must not be smaller than "
    "the requests worked on at once, plus one: otherwise they can wait for one another for ever."
)


def _cut(situation: Situation, rule: str, app: Application, size: int, expected: str) -> Change:
    return change_clients(
        situation,
        rule,
        {"pool-size": float(size)},
        name=f"pool size of {app.name}",
        before={"pool-size": float(app.limit)} if app.limit_known else None,
        languages=app.languages or None,
        expected=expected,
        notes=(_floor_words(app, size),),
    )


def _floor_words(app: Application, size: int) -> str:
    if app.floor is not None:
        return (
            f"Above the deadlock floor: {app.floor - 1} connections of one pool were in use at "
            f"once, so that {app.floor} suffice even if each request holds two."
        )
    return f"{_NESTED} With {size}, that is at most {size - 1} requests."


def _risks_deadlock(app: Application) -> bool:
    """Whether only the deadlock floor stands between a pool and its part of the threads."""
    most = app.most or 0
    return app.floor is not None and app.floor > most >= 2 and (app.least or 0) <= most


def _first_fewer_at_once(rule: str, app: Application, expected: str) -> Change:
    most, floor = app.most or 0, app.floor or 0
    return change_code(
        rule,
        name=f"Let each process of {app.name} work on at most {most - 1} requests at once",
        why=f"{floor - 1} connections of one pool were in use at once. A pool of {most} would fit "
        f"the threads, but below {floor} requests that hold two connections can wait for one "
        "another for ever. First bound the requests, or make sure that none opens a second "
        "session; only then is the pool itself to be made smaller.",
        expected=expected,
    )


def _bounded(bounds: Bounds) -> str:
    if bounds.room is None:
        return "No number: how many threads there are is not in the export."
    if not bounds.complete:
        return (
            "No number: not every client is known, so it cannot be promised that the pool stops "
            "filling. Compare rejections before and after."
        )
    return (
        f"These clients together can then ask for at most {number(bounds.room)} of "
        f"{bounds.threads} threads, so that they alone cannot fill the pool; their requests wait "
        "in the client instead. A bound, not a forecast: it says nothing of how long they wait."
    )


def raise_pools(situation: Situation, rule: str) -> tuple[Change, ...]:
    """Return larger pools for the applications that waited for their own, within the threads."""
    found = []
    for app in find_bounds(situation).applications:
        size = app.enough
        if size is not None and app.most is not None:
            size = min(size, app.most)
        if not app.waited or size is None or size <= app.limit:
            continue
        change = change_clients(
            situation,
            rule,
            {"pool-size": float(size)},
            name=f"pool size of {app.name}",
            before={"pool-size": float(app.limit)} if app.limit_known else None,
            languages=app.languages or None,
            expected="Next to no request waits for a connection of its own pool, if its demand is "
            "no more than was told. Extrapolation: what a pool that was used up would have used "
            "was not seen; look again after the change.",
            notes=(_NESTED,),
        )
        found.append(replace(change, bounded=True))
    if found:
        return tuple(found)
    return (
        replace(
            change_code(
                rule,
                expected="No number: what the client needs is not in the export.",
                notes=(
                    (
                        "What size is right cannot be told from this export: add the log or the "
                        "metrics of the client that waits, with its pool's size."
                    ),
                ),
            ),
            bounded=True,
        ),
    )


def order_timeouts(situation: Situation) -> Change:
    """Return the order of time-outs, with a wait for a connection shorter than a request."""
    lock = situation.setting("lock-timeout")
    whole = situation.setting("transaction-timeout")
    return change_clients(
        situation,
        "order-timeouts",
        {"acquisition-timeout": _EXAMPLE_WAIT},
        name="the drivers' wait for a connection",
        why="A wait that outlives its request works for nobody. The value is an example: take one "
        "below what your own requests may take.",
        cost="Requests that would have had a connection a little later fail instead.",
        expected="No number: it changes which requests fail, and how soon, not how many threads "
        "are needed.",
        notes=(
            (
                "A request's own time-out must be longer than the wait for a connection (60 s "
                "where nothing is set)."
            ),
            f"On the server {lock} must be shorter than {whole}, and both than the request.",
            (
                "The budget for retries (30 s where nothing is set) is looked at before each "
                "pause, so that a call makes 6 or 7 attempts over 33 s as a rule and up to about "
                "68 s: leave room for it in the request, or lower it."
            ),
            (
                "Only managed transactions try again; auto-commit queries and explicit "
                "transactions do not."
            ),
        ),
    )
