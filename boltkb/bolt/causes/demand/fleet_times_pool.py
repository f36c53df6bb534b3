"""More client processes than before, each within its own limit, together above the threads."""

from __future__ import annotations

import numpy as np

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause, contradicted, not_applicable, supported, untold
from boltkb.bolt.causes.collecting import CONNECTIONS_LISTED, wanted_metrics
from boltkb.bolt.causes.demand.bounds import (
    CARRIES,
    CLIENT_LOGS,
    CONNECTIONS,
    COURSE_OF_LOAD,
    MOST,
)
from boltkb.bolt.causes.demand.load import onset, read_load, without_retries_told
from boltkb.bolt.clients import ClientPool
from boltkb.bolt.course import Shift
from boltkb.bolt.window import iso
from boltkb.tables import number, share

__all__ = ["weigh_fleet_times_pool"]

#: Arrivals grow by at least so much where clients are added.
_GROWTH = 1.2
#: Holds that grow by no more are as they were.
_AS_BEFORE = 1.2
#: A fleet has at least so many addresses.
_ADDRESSES = 4
#: A client log that begins so soon around a step begins with it, in bins of the course.
_BINS = 2.0
#: Bins on either side of a step in which connections are compared, and by how much they rise.
_NEXT = 4.0
_RISE = 1.15
#: Not so few addresses that each of them alone matters.
_MANY = 8


def weigh_fleet_times_pool(case: Case) -> Cause:
    """Return how the evidence stands for a fleet that grew beyond the thread pool."""
    name = "fleet_times_pool"
    if not case.shortage:
        return not_applicable(name, "The pool was not full.")
    load = read_load(case)
    clients = [pool for pool in case.clients.pools if not pool.tool]
    addresses = {pool.host for pool in clients if pool.host != "unknown"}
    if load is None:
        listed = any(pool.connections for pool in clients)
        return untold(
            name, (*wanted_metrics(case, "connections_running", "transaction_committed"),
                   *(() if listed else (CONNECTIONS_LISTED,))),
            pro=_within_their_limits(case, clients, len(addresses)),
        )  # fmt: skip
    step = _step(case)
    if step is None:
        return contradicted(name, ("Arrivals did not step up before threads ran out.",))
    words = (
        f"At {iso(step.when)} arrivals grew {number(step.after / step.before, uncertainty=0.1)} "
        "times, while holds did not."
    )
    longer = case.course.shift_before("hold", step.when + 3 * case.course.bin)
    if (
        longer is not None
        and longer.when >= step.when - 3 * case.course.bin
        and longer.after / max(longer.before, 1e-9) > _AS_BEFORE
    ):
        return contradicted(name, ("Holds became longer at the same time as arrivals grew.",))
    after = load.times >= step.when
    fewer = np.where(after, step.before / step.after, 1.0)
    part = load.spared(requests=fewer)
    if part < CARRIES:
        return contradicted(
            name, ("That arrivals grew explains few of the rejections.",), pro=(words,)
        )
    threads = load.threads
    ceiling = case.clients.ceiling.connections
    if addresses and len(addresses) < _ADDRESSES:
        return contradicted(
            name, (f"The connections come from {number(len(addresses))} addresses only.",),
            pro=(words,),
        )  # fmt: skip
    alone = _by_itself(clients, threads)
    if alone:
        return contradicted(name, (alone,), pro=(words,))
    pro, kinds = [words], [COURSE_OF_LOAD]
    if addresses:
        kinds.append(CONNECTIONS)
        pro.append(
            f"{number(len(addresses))} addresses are connected, none of which holds "
            f"{share(MOST)} of the threads."
        )
    if ceiling is not None and ceiling > threads:
        pro.append(
            f"Their pools may open {number(ceiling)} connections together; the server has "
            f"{number(threads)} threads."
        )
    began = _began_with(case, step)
    if began:
        kinds.append(CLIENT_LOGS)
        pro.append(began)
    opened = _opened_with(case, step)
    if opened:
        pro.append(opened)
        if CONNECTIONS not in kinds:
            kinds.append(CONNECTIONS)
    waits = sum(pool.timed_out or 0 for pool in clients)
    contra = [f"Clients waited in vain for their own pools {number(waits)} times."] if waits else []
    if not began:
        contra.append("That the same processes had more to do is not excluded.")
    where = tuple(place for pool in clients[:2] for place in pool.where[:1])
    if not began and not (opened and len(addresses) >= _MANY):
        return untold(
            name, (CONNECTIONS_LISTED, "when processes were added (a scale-out, a deployment)"),
            pro=pro, contra=contra, share=part, where=where,
        )  # fmt: skip
    ends, against = without_retries_told(case, lambda load: load.spared(requests=fewer))
    return supported(
        name, part, (*pro, *ends), kinds=kinds, explains="rejections",
        contra=(*contra, *against), where=where,
        began=step.when, overlaps=("pool_too_small",),
    )  # fmt: skip


def _within_their_limits(case: Case, clients: list[ClientPool], addresses: int) -> tuple[str, ...]:
    """Return that clients, each within its own limit, have more connections than threads."""
    threads = case.pool.threads
    open_ = sum(pool.connections or 0.0 for pool in clients)
    over = [pool for pool in clients if (pool.connections or 0.0) > (pool.limit or float("inf"))]
    if threads is None or open_ <= threads or addresses < _ADDRESSES or over:
        return ()
    ceiling = case.clients.ceiling.connections
    allowed = f", and may open {number(ceiling)}" if ceiling is not None else ""
    return (
        (
            f"{number(open_)} connections are open from {number(addresses)} addresses, none of "
            f"which passes its own limit{allowed}; the server has {number(threads)} threads. So "
            "they can fill it; that they do, and with what, this does not tell."
        ),
    )


def _step(case: Case) -> Shift | None:
    """Return the rise of arrivals that came before the trouble, or with it."""
    moment = onset(case)
    step = case.course.shift_before("arrivals", moment + 2 * case.course.bin)
    if step is None or not step.before > 0 or step.after < _GROWTH * step.before:
        return None
    return step if step.low > 1.0 else None


def _by_itself(clients: list[ClientPool], threads: int) -> str:
    """Return why one client alone is enough to fill the pool; empty where none is."""
    for pool in clients:
        if pool.host != "unknown" and (pool.holding or 0.0) >= MOST * threads:
            held = number(round(pool.holding or 0.0))
            return f"One address, {pool.host}, holds {held} of the threads."
    return ""


def _began_with(case: Case, step: Shift) -> str:
    """Return which clients' logs begin with the step, in a sentence; empty for none."""
    reach = _BINS * case.course.bin + 5.0
    starts = [
        (pool.start, pool.where.file) for pool in case.export.drivers if pool.start is not None
    ]
    fresh = [file for start, file in starts if abs(start - step.when) <= reach]
    older = [file for start, file in starts if start < step.when - reach]
    if not fresh or (not older and step.when - case.seen.start < 2 * reach):
        return ""
    return f"The log of new client processes begins then: {', '.join(sorted(set(fresh))[:3])}."


def _opened_with(case: Case, step: Shift) -> str:
    """Return that open connections rose with the step; empty where they did not.

    Rejections close connections, so that the level soon falls back: only the bins next to the
    step are compared.
    """
    if case.course.connections is None:
        return ""
    times, level = case.course.connections
    reach = _NEXT * case.course.bin
    before = level[(times > step.when - reach) & (times < step.when - case.course.bin / 2)]
    after = level[(times > step.when + case.course.bin / 2) & (times < step.when + reach)]
    if not before.size or not after.size or after.max() < _RISE * before.max():
        return ""
    return (
        f"Open connections rose with it, from {number(round(float(before.max())))} to "
        f"{number(round(float(after.max())))}."
    )
