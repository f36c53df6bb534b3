"""Steps of a level are found, noise and drifting excursions are not taken for steps."""

from __future__ import annotations

import numpy as np
import pytest

from boltkb.queueing.shifts import find_shifts

#: Runs of a series without a step in which one may be seen.
FALSE_ALARMS = 0.05


def remembering(rng: np.random.Generator, size: int, correlation: float) -> np.ndarray:
    """Return values of mean 0 and variance 1, each remembering the one before."""
    values = rng.normal(size=size)
    for index in range(1, size):
        fresh = np.sqrt(1 - correlation**2) * values[index]
        values[index] = correlation * values[index - 1] + fresh
    return values


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.6, 0.85])
def test_no_step_is_seen_where_there_is_none(correlation):
    rng = np.random.default_rng(4)
    times = np.arange(120.0)
    alarms = [
        bool(find_shifts(times, np.exp(0.3 * remembering(rng, 120, correlation))))
        for _ in range(100)
    ]
    assert np.mean(alarms) <= FALSE_ALARMS


@pytest.mark.parametrize("rate", [0.5, 3.0, 20.0])
def test_counts_of_one_rate_have_no_step(rate):
    rng = np.random.default_rng(5)
    found = [bool(find_shifts(np.arange(200.0), rng.poisson(rate, 200))) for _ in range(100)]
    assert np.mean(found) <= FALSE_ALARMS


def test_a_step_is_found_where_it_is_and_its_ratio_is_covered():
    rng = np.random.default_rng(6)
    covered = near = 0
    for _ in range(100):
        values = np.exp(0.3 * remembering(rng, 120, 0.3))
        values[60:] *= 2.0
        shifts = find_shifts(np.arange(120.0), values)
        close = [shift for shift in shifts if abs(shift.time - 59.5) <= 5]
        near += bool(close)
        covered += bool(close) and close[0].low <= 2.0 <= close[0].high
    assert near >= 80
    # 95 % intervals: 90 of 100 would still be likely, fewer not.
    assert covered >= 0.9 * near


def test_a_rise_and_a_fall_are_two_steps():
    rng = np.random.default_rng(7)
    values = rng.normal(20.0, 1.0, 120)
    values[50:70] *= 2.0
    shifts = find_shifts(np.arange(120.0), values)
    assert [round(shift.time) for shift in shifts] == [50, 70]
    assert shifts[0].after > 1.8 * shifts[0].before
    assert shifts[1].high < 0.6


def test_a_single_high_value_is_no_step():
    values = np.random.default_rng(8).normal(20.0, 1.0, 120)
    values[60] = 400.0
    assert find_shifts(np.arange(120.0), values) == ()


def test_what_begins_from_nothing_has_no_upper_bound():
    values = np.r_[np.zeros(40), np.random.default_rng(9).poisson(30.0, 40)]
    (shift,) = find_shifts(np.arange(80.0), values)
    assert shift.before == 0
    assert shift.low > 10
    assert shift.high == float("inf")


def test_missing_values_and_short_series_are_borne():
    values = np.r_[np.full(20, 5.0), np.full(20, np.nan), np.full(20, 15.0)]
    (shift,) = find_shifts(np.arange(60.0), values)
    assert 19 < shift.time < 40
    assert find_shifts(np.arange(9.0), np.arange(9.0)) == ()
    assert find_shifts(np.arange(30.0), np.full(30, np.nan)) == ()
