"""The experiments on threads and connections say what they claim, whatever the size."""

from __future__ import annotations

import numpy as np
import pytest

from boltkb.errors import ParameterError
from boltkb.twin.experiments import (
    fill_pool,
    grow_connections,
    leak_transactions,
    vary_connections,
)

SMALL = {"threads": 40, "arrival_rate": 20.0, "mean_hold": 0.5}
#: Half widths of the 95 % interval that a mean may lie from theory: some 5 standard errors.
FAR = 2.5


def test_four_thousand_connections_on_four_hundred_threads_without_a_rejection():
    seen = grow_connections(
        threads=400, arrival_rate=100.0, mean_hold=0.5, connections=4000, seconds=300.0, seed=1
    )
    assert seen.connections[-1] >= 4000
    assert seen.rejected == 0
    late = seen.times > 0.8 * 300.0
    early = seen.times < 0.2 * 300.0
    # Ten times the threads in connections, and the threads held are what the load is.
    assert abs(seen.held[late].mean() - 50.0) < 5.0
    assert abs(seen.held[late].mean() - seen.held[early].mean()) < 5.0
    assert seen.facts()["growing_connections"]["simulated"] is True


def test_connections_grow_at_an_even_rate_and_stay():
    seen = grow_connections(**SMALL, connections=400, seconds=300.0, seed=2)
    at = np.searchsorted(seen.times, [100.0, 200.0, 299.0])
    half, full, end = seen.connections[at]
    own = end - 400  # of the clients at work
    assert 0 < own < 60
    assert half - own == pytest.approx(200, abs=40)
    assert end - full < 20


def test_the_same_work_holds_the_same_threads_through_any_number_of_connections():
    steps = vary_connections(**SMALL, connections=640, seconds=400.0, seed=1)
    assert steps.connections == (40, 80, 160, 320, 640)
    for held, expected in zip(steps.held, steps.expected, strict=True):
        half = (held.high - held.low) / 2
        assert half < 0.6
        assert abs(held.value - expected) < FAR * half
    assert steps.rejected == (0, 0, 0, 0, 0)


def test_each_leaked_transaction_holds_one_thread_to_the_end():
    seen = leak_transactions(**SMALL, timeout=20.0, seconds=800.0, seed=1)
    assert seen.cost == 1.0
    assert np.all(np.diff(seen.leaked) >= 0)
    assert np.all(seen.held >= seen.leaked)
    # One leaked, one thread: ten seconds after each of the first leaks there is one more.
    moments = 800.0 * (np.arange(40) + 0.5) / 40
    for count in (1, 5, 10):
        assert seen.leaked[np.searchsorted(seen.times, moments[count - 1] + 10.0)] == count
    assert seen.rejected[-1] > 100
    assert seen.rejected_with_timeout[-1] < seen.rejected[-1] / 20
    assert seen.held_with_timeout[-100:].mean() < 20


def test_one_open_transaction_more_than_threads_is_rejected_and_nothing_works():
    full = fill_pool(threads=400, seed=1)
    assert (full.transactions, full.held, full.working, full.waiting) == (401, 400, 0, 400)
    assert full.rejected == 1
    assert full.told == "no threads"
    assert full.connections == 400


@pytest.mark.parametrize("result", ["growth", "steps", "leaks", "full"])
def test_every_table_says_that_it_is_simulated(result):
    made = {
        "growth": lambda: grow_connections(**SMALL, connections=200, seconds=60.0),
        "steps": lambda: vary_connections(**SMALL, connections=200, seconds=60.0),
        "leaks": lambda: leak_transactions(**SMALL, timeout=5.0, seconds=60.0),
        "full": lambda: fill_pool(threads=4),
    }[result]()
    assert "Simulated: no server ran." in str(made)
    assert "Simulated: no server ran." in made.to_html()
    (facts,) = made.facts().values()
    assert facts["simulated"] is True


def test_the_same_seed_gives_the_same_run():
    first, second = (
        grow_connections(**SMALL, connections=200, seconds=60.0, seed=7) for _ in range(2)
    )
    assert np.array_equal(first.held, second.held)
    assert np.array_equal(first.connections, second.connections)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"arrival_rate": 0.0}, "arrival_rate"),
        ({"mean_hold": float("nan")}, "mean_hold"),
        ({"seconds": float("inf")}, "seconds"),
        ({"threads": 0}, "threads"),
    ],
)
def test_what_cannot_be_simulated_is_named(change, name):
    with pytest.raises(ParameterError, match=name):
        grow_connections(**{**SMALL, "connections": 100, "seconds": 60.0, **change})


def test_too_few_connections_for_the_load_are_refused():
    with pytest.raises(ParameterError, match="16 times the load of 10 erlangs"):
        vary_connections(**SMALL, connections=160, seconds=60.0)
