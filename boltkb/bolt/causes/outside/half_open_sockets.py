"""Connections whose other end is gone: the one who uses them waits until the network gives up."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause, contradicted, supported, untold
from boltkb.bolt.causes.outside.looking import (
    CLIENT_LOGS,
    COLLECT_CLIENT_LOG,
    COLLECT_SOCKETS,
    FEW,
    HANG,
    SOCKETS,
    Failures,
    all_failures,
    failures_of,
    free_share,
    only_rejected,
)
from boltkb.exports import Where
from boltkb.tables import number, span

__all__ = ["hangs", "weigh_half_open_sockets"]

_NAME = "half_open_sockets"
#: More of all acquisitions than this are no few; then it is a queue.
_FEW_OF_ALL = 0.1
#: States in which a socket waits for an answer of the other end, or for its own program.
_ODD = frozenset({"CLOSE_WAIT", "CLOSING", "FIN_WAIT_1", "FIN_WAIT_2", "LAST_ACK", "SYN_RECEIVED"})
#: Odd sockets are many from this part of the established ones on, and from this number.
_PART, _MANY = 0.2, 10
#: Lists so far apart show what lasts: closing takes a minute at most where both ends answer, s.
_APART = 60.0
_FREE = 0.9


def weigh_half_open_sockets(case: Case) -> Cause:
    """Return how the evidence stands for connections whose other end is gone."""
    logged = failures_of(case)
    pro: list[str] = []
    contra: list[str] = []
    kinds: list[str] = []
    where: list[Where] = []
    stuck = 0
    for found in logged:
        count, words = hangs(found)
        if not count:
            continue
        free = free_share(case, found.times("timeout", "timeout-pool", "lost"))
        if found.hung and free is None and not case.shortage and not found.rejected:
            # No queue lasts beyond its own time-out, whatever the server does.
            stuck += count
            pro.append(f"{words}, and the log tells of no rejection.")
            kinds.append(CLIENT_LOGS)
            where.append(found.where)
            continue
        if free is None or free < _FREE:
            contra.append(f"{words}, but that the server had threads free then is not known.")
            continue
        stuck += count
        pro.append(f"{words}, while others were answered at once.")
        kinds.append(CLIENT_LOGS)
        where.append(found.where)
    broken = sum(found.lost for found in logged if found.lost >= FEW)
    odd, lasting = _odd_sockets(case)
    if odd:
        pro.append(odd[0])
        where.append(odd[1])
        if lasting:
            kinds.append(SOCKETS)
    elif case.export.sockets:
        contra.append("Nearly all listed sockets are established or past their end.")
    if lasting and broken and not stuck:
        pro.append(f"{number(broken)} connections were found broken, by clients' logs.")
        kinds.append(CLIENT_LOGS)
    # Odd sockets alone are clients that went away, and no trouble to anybody.
    if stuck or (lasting and broken):
        total = all_failures(logged) + stuck - sum(found.hung for found in logged)
        return supported(
            _NAME, (stuck or broken) / max(total, 1), pro, contra=contra, explains="failures",
            kinds=tuple(dict.fromkeys(kinds)), where=where,
        )  # fmt: skip
    if contra and not pro:
        told = any(found.pool.waits.size for found in logged)
        if told or case.export.sockets:
            return contradicted(_NAME, contra)
    rejections = only_rejected(logged)
    if rejections and not pro:
        return contradicted(_NAME, [rejections], where=[found.where for found in logged])
    missing = [COLLECT_SOCKETS, *([] if logged else [COLLECT_CLIENT_LOG])]
    waits = sum(int(found.pool.waits.size) for found in logged)
    if waits and not pro:
        return contradicted(
            _NAME,
            [f"None of {number(waits)} connections was waited for longer than {span(HANG)}."],
            where=[found.where for found in logged],
        )
    return untold(_NAME, missing, pro=pro, contra=contra, where=where)


def hangs(found: Failures) -> tuple[int, str]:
    """Return how many acquisitions hung for minutes while most went fast, and in words."""
    waits = found.pool.waits
    if found.hung >= FEW:
        spent = [event.numbers["waited"] for event in found.pool.events
                 if event.numbers.get("waited", 0.0) >= HANG]  # fmt: skip
        limits = [event.numbers["limit"] for event in found.pool.events
                  if "limit" in event.numbers]  # fmt: skip
        allowed = f", although their time-out is {span(min(limits))}" if limits else ""
        least, most = span(min(spent)), span(max(spent))
        after = least if least == most else f"{least} to {most}"
        return found.hung, (
            f"{found.where}: {number(found.hung)} acquisitions failed after {after}{allowed}"
        )
    if waits.size < 1:
        return 0, ""
    long = waits[waits >= HANG]
    if not long.size or long.size > _FEW_OF_ALL * waits.size or float(np.median(waits)) > 1.0:
        return 0, ""
    return int(long.size), (
        f"{found.where}: {number(int(long.size))} of {number(int(waits.size))} connections were "
        f"waited for between {span(float(long.min()))} and {span(float(long.max()))}"
    )


def _odd_sockets(case: Case) -> tuple[tuple[str, Where] | None, bool]:
    """Return that many sockets are in odd states, and whether two lists show that it lasts."""
    moments: dict[float | None, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    first: dict[float | None, Where] = {}
    for count in case.export.sockets:
        moments[count.time][count.state] += count.count
        first.setdefault(count.time, count.where)
    many = {}
    for time, states in moments.items():
        odd = sum(number_of for state, number_of in states.items() if state in _ODD)
        if odd >= _MANY and odd >= _PART * max(1, states.get("ESTABLISHED", 0)):
            many[time] = (odd, states)
    if not many:
        return None, False
    time, (odd, states) = max(many.items(), key=lambda item: item[1][0])
    named = ", ".join(
        f"{number(states[state])} {state}" for state in sorted(_ODD) if states.get(state)
    )
    words = (
        f"Of the Bolt port's sockets {number(odd)} wait for an end that does not come ({named}), "
        f"beside {number(states.get('ESTABLISHED', 0))} established ones."
    )
    times = [moment for moment in many if moment is not None]
    lasting = len(times) > 1 and max(times) - min(times) >= _APART and len(many) == len(moments)
    return (words, first[time]), lasting and len(times) >= min(FEW, len(moments))
