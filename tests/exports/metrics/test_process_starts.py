"""A counter's mean rate tells when the process began, also where no count fell."""

from __future__ import annotations

import numpy as np
import pytest

from boltkb.exports.metrics.process_starts import (
    ProcessStart,
    process_starts,
    told_starts,
    without_known,
)

EPOCH = 1_764_000_000.0


def rows(
    start: float, first: float, last: float, per_second: float, digits: int | None = 6
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a process that began at `start` writes every 30 s, as the exporter rounds it."""
    moments = np.arange(first, last, 30.0) + 0.4
    counts = np.floor((moments - start) * per_second)
    rates = counts / (moments - start)
    return np.floor(moments), counts, rates if digits is None else np.round(rates, digits)


def chained(*parts: tuple[np.ndarray, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    times, counts, rates = (np.concatenate(column) for column in zip(*parts, strict=True))
    return times, counts, rates


@pytest.mark.parametrize("digits", [6, None])
def test_a_restart_between_two_samples_is_found_where_no_count_falls(digits: int | None) -> None:
    before = rows(EPOCH - 50, EPOCH, EPOCH + 600, 0.5, digits)
    after = rows(EPOCH + 605, EPOCH + 630, EPOCH + 1200, 40.0, digits)
    counter = chained(before, after)
    assert (np.diff(counter[1]) > 0).all()
    starts = process_starts([counter])
    assert [start.time for start in starts] == pytest.approx([EPOCH - 50, EPOCH + 605], abs=1.1)
    assert all(start.doubt < 3 for start in starts)


def test_the_most_exact_counter_decides_and_slow_ones_add_nothing() -> None:
    start = EPOCH - 7 * 86400
    fast, slow = rows(start, EPOCH, EPOCH + 3000, 50.0), rows(start, EPOCH, EPOCH + 3000, 1e-5)
    starts = process_starts([slow, fast])
    assert len(starts) == 1
    assert starts[0].time == pytest.approx(start, abs=1.5)


def test_counts_of_nothing_tell_nothing() -> None:
    zeros = np.zeros(5)
    assert process_starts([(EPOCH + np.arange(5), zeros, zeros)]) == ()
    assert process_starts([]) == ()


def test_a_clock_that_was_set_is_not_a_restart() -> None:
    times, counts, rates = rows(EPOCH - 90000, EPOCH, EPOCH + 3000, 5.0)
    times = np.where(np.arange(len(times)) > 50, times + 3600, times)
    starts = process_starts([(times, counts, rates)])
    assert all(start.time < EPOCH for start in starts)


def test_rates_that_do_not_fit_the_counts_tell_nothing() -> None:
    times = EPOCH + np.arange(300.0)
    assert process_starts([(times, np.arange(300.0), np.full(300, 0.5))]) == ()


def test_a_reset_that_no_start_explains_stays() -> None:
    times = EPOCH + 30 * np.arange(10.0)
    resets = np.array([EPOCH + 60, EPOCH + 240])
    left = without_known(resets, times, [ProcessStart(EPOCH + 45, 1.0)])
    assert left.tolist() == [EPOCH + 240]


def test_an_age_that_no_process_has_tells_of_no_start() -> None:
    times = np.array([1_719_501_420.0, 1_719_501_450.0])
    assert told_starts(times, np.array([1e300, 1e300]), np.array([1e-300, 1e-300])) == []
    assert told_starts(times, np.array([1e12, 1e12]), np.array([1e-9, 1e-9])) == []
