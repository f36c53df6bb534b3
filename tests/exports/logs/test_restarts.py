"""Restarts are found in time that grows with the input, however broken that is."""

from __future__ import annotations

import numpy as np

from boltkb.exports.logs.incidents import restart_times


def test_falls_close_to_each_other_are_one_restart():
    assert restart_times([], [np.array([5000.0, 5001.0, 9000.0])], 1000.0) == (5000.0, 9000.0)


def test_a_counter_that_falls_in_every_row_costs_no_more_than_its_rows():
    """A gauge under a counter's name once took minutes."""
    falls = 1e9 + 30.0 * np.arange(1_000_000)
    assert len(restart_times([], [falls], 0.0)) <= falls.size
