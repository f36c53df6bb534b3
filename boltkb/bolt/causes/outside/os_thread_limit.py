"""The operating system lets the server start no further thread, below the pool's own maximum."""

from __future__ import annotations

import numpy as np

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause, contradicted, supported, untold
from boltkb.bolt.causes.outside.looking import SERVER_LOGS, lines_of, logs_cover
from boltkb.tables import number

__all__ = ["weigh_os_thread_limit"]

_NAME = "os_thread_limit"
_METRIC = "the metric vm.threads"
_LOGS = "debug.log and neo4j.log of the whole time, with what the process printed"
#: Threads of the process near the line, as far from it as two samples are, s.
_NEAR = 120.0


def weigh_os_thread_limit(case: Case) -> Cause:
    """Return how the evidence stands for a limit of the operating system."""
    lines = lines_of(case, "native-thread-failure")
    seen = case.seen
    if not lines:
        if logs_cover(case):
            return contradicted(
                _NAME,
                ["The server's logs are whole and tell of no thread that it could not start."],
            )
        return untold(_NAME, [_LOGS])
    pro = [
        f"{number(len(lines))} lines of the server's log say that no native thread could be made."
    ]
    kinds = [SERVER_LOGS]
    held = _held_at(case, lines[0].time)
    if held is not None and seen.servers is not None:
        words = f"{number(held)} of {seen.servers} threads of the pool were held at the first."
        if held >= seen.servers:
            return untold(
                _NAME, ["the limits of the process: `cat /proc/PID/limits`, and its cgroup's pids"],
                pro=pro, contra=[words], where=[lines[0].where],
            )  # fmt: skip
        pro.append(words)
    threads = _process_threads(case, lines[0].time)
    if threads is not None:
        kinds.append(_METRIC)
        pro.append(
            f"The process had at most {number(threads)} threads then: the limit is about there."
        )
    rejected = seen.rejected.value or 0.0
    return supported(
        _NAME, len(lines) / (len(lines) + rejected), pro, kinds=kinds,
        explains="failures", where=[lines[0].where, lines[-1].where], began=lines[0].time,
    )  # fmt: skip


def _held_at(case: Case, moment: float) -> float | None:
    """Return the threads held at the last sample before a moment."""
    seen = case.seen
    known = np.isfinite(seen.busy) & (seen.times <= moment)
    return float(seen.busy[known][-1]) if known.any() else None


def _process_threads(case: Case, moment: float) -> float | None:
    series = case.export.series.get("vm_threads")
    if series is None:
        return None
    near = (series.times >= moment - _NEAR) & (series.times <= moment + _NEAR)
    values = series.values[near]
    values = values[np.isfinite(values)]
    return float(values.max()) if values.size else None
