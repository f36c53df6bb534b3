"""Closed forms of impatience against a simulation that knows nothing of them."""

from __future__ import annotations

import heapq
from collections.abc import Callable

import numpy as np
import pytest

from boltkb.queueing import ErlangA, MMcD

CUSTOMERS = 240_000
BATCHES = 40
#: Standard errors of the batch means that are let pass; four questions, four systems.
ERRORS = 4.5


def first_come_first_served(
    servers: int, arrivals: float, patience: Callable[[int], np.ndarray], seed: int
) -> np.ndarray:
    """Rows of (waited at all, gave up, wait, waited longer than 0.1) of each customer."""
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.exponential(1 / arrivals, CUSTOMERS)).tolist()
    holds = rng.exponential(1.0, CUSTOMERS).tolist()
    limits = patience(CUSTOMERS).tolist()
    free = [0.0] * servers
    rows = []
    for time, hold, limit in zip(times, holds, limits, strict=True):
        offered = max(0.0, free[0] - time)
        served = offered <= limit
        if served:
            heapq.heapreplace(free, time + offered + hold)
        wait = min(offered, limit)
        rows.append((offered > 0, not served, wait, wait > 0.1))
    return np.array(rows, dtype=float)[CUSTOMERS // 10 :]


def agree(rows: np.ndarray, expected: list[float]) -> None:
    batches = rows[: len(rows) // BATCHES * BATCHES].reshape(BATCHES, -1, 4).mean(axis=1)
    error = batches.std(axis=0, ddof=1) / np.sqrt(BATCHES)
    assert (np.abs(batches.mean(axis=0) - expected) <= ERRORS * error).all()
    assert (error <= 0.2 * batches.mean(axis=0)).all(), "the simulation says too little"


@pytest.mark.parametrize(("servers", "arrivals"), [(1, 0.8), (10, 9.0), (10, 13.0), (50, 50.0)])
def test_erlang_a_against_simulation(servers, arrivals):
    model = ErlangA(servers, arrivals, 1.0, 0.5)
    rng = np.random.default_rng(1)
    rows = first_come_first_served(servers, arrivals, lambda n: rng.exponential(2.0, n), 2)
    agree(
        rows,
        [
            model.waiting_probability,
            model.abandonment_probability,
            model.mean_wait,
            model.wait_exceeds(0.1),
        ],
    )


@pytest.mark.parametrize(("servers", "arrivals"), [(1, 0.8), (10, 9.0), (10, 13.0), (50, 50.0)])
def test_fixed_patience_against_simulation(servers, arrivals):
    model = MMcD(servers, arrivals, 1.0, 0.5)
    rows = first_come_first_served(servers, arrivals, lambda n: np.full(n, 0.5), 3)
    agree(
        rows,
        [
            model.waiting_probability,
            model.abandonment_probability,
            model.mean_wait,
            model.wait_exceeds(0.1),
        ],
    )
