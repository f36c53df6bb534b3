"""Seconds, measured in turn: machines are noisy, so read ratios."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

ROUNDS = 7


def paired(ours: Callable[[], object], peers: Callable[[], object]) -> tuple[float, float, float]:
    """Return the median seconds of both and the median ratio, run in turn."""
    ours(), peers()
    rows = []
    for _ in range(ROUNDS):
        spent = []
        for job in (ours, peers):
            begun = time.perf_counter()
            job()
            spent.append(time.perf_counter() - begun)
        rows.append(spent)
    first, second = (statistics.median(column) for column in zip(*rows, strict=True))
    return first, second, statistics.median(a / b for a, b in rows)


def per_call(job: Callable[[], object], *, at_least: float = 0.05) -> float:
    """Return the seconds of one call, the best of three, each long enough to be measured."""
    calls = 1
    while True:
        begun = time.perf_counter()
        for _ in range(calls):
            job()
        spent = time.perf_counter() - begun
        if spent >= at_least or calls >= 1_000_000:
            break
        calls *= 4
    best = spent
    for _ in range(2):
        begun = time.perf_counter()
        for _ in range(calls):
            job()
        best = min(best, time.perf_counter() - begun)
    return best / calls
