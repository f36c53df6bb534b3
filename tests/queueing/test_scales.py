"""Spread by scale tells batches from a load that moves; steps are found where they are."""

from __future__ import annotations

import numpy as np
import pytest

from boltkb.queueing import ChangePoint, Estimate, Observations, fit_queue, simulate_loss

N = 1_200


def fitted(rate, *, servers=100, peak=None, batch=1, seed=1, mean_hold=0.4, gaps=()):
    run = simulate_loss(
        servers=servers, arrival_rate=rate, peak_rate=peak, mean_hold=mean_hold, duration=N,
        seed=seed, batch=batch,
    )  # fmt: skip
    full = run.observe(1.0)
    return fit_queue(
        Observations(
            full.times, full.busy, servers, servers, full.arrivals, full.rejections, gaps=gaps
        )
    )


def test_poisson_arrivals_have_peakedness_one_at_every_scale():
    scales = fitted(25.0).scales
    assert len(scales) >= 4
    assert [one.length for one in scales] == sorted(one.length for one in scales)
    for one in scales:
        assert one.peakedness.value == pytest.approx(1.0, abs=0.2)
        assert one.ratio.low < 1.1
        assert one.ratio.high > 0.9
    assert scales[0].index.low <= 1.0 <= scales[0].index.high


def test_batches_are_peaked_at_every_scale_and_by_the_same():
    # Batches of b give a peakedness of (b + 1) / 2 for exponential holds.
    for one in fitted(10.0, batch=3).scales:
        assert one.peakedness.low < 2.0 < one.peakedness.high + 0.1
        assert one.peakedness.low > 1.5


def test_a_load_that_moves_is_peaked_at_long_scales_only():
    scales = fitted(lambda t: 25 * (1 + 0.5 * np.sin(2 * np.pi * t / N)), peak=37.5).scales
    assert scales[0].peakedness.value == pytest.approx(1.0, abs=0.15)
    assert scales[-1].peakedness.low > 1.5
    assert scales[1].index.value > 5 * scales[0].peakedness.value


def test_near_the_ceiling_peakedness_is_withheld_and_the_ratio_is_not():
    scales = fitted(60.0, servers=20).scales
    assert all(one.peakedness.value is None for one in scales)
    assert "ceiling" in scales[0].peakedness.reason
    assert scales[0].ratio.value == pytest.approx(1.0, abs=0.2)


def test_a_step_is_found_where_it_is_with_both_levels():
    (step,) = fitted(lambda t: np.where(t < 500, 10.0, 20.0), servers=20, peak=20.0).changes
    assert step.time == pytest.approx(500, abs=15)
    assert step.before.low <= 4.0 <= step.before.high
    assert step.after.low <= 8.0 <= step.after.high
    assert step.factor == pytest.approx(2.0, rel=0.15)
    assert not step.forced


def test_two_steps_are_found():
    changes = fitted(
        lambda t: np.where((t > 400) & (t < 800), 20.0, 10.0), servers=20, peak=20.0
    ).changes
    assert [round(step.time, -2) for step in changes] == [400, 800]


def test_steps_are_rarely_seen_where_there_are_none():
    found = sum(len(fitted(2.0, seed=seed, mean_hold=4.0).changes) > 0 for seed in range(10))
    assert found <= 1


def test_a_gap_that_was_named_is_a_cut_whatever_the_samples_say():
    changes = fitted(10.0, gaps=((600.0, 660.0),)).changes
    assert [step.forced for step in changes] == [True]
    assert 600 <= changes[0].time <= 660


def test_a_step_from_nothing_has_no_factor():
    assert ChangePoint(1.0, Estimate(0.0), Estimate(2.0)).factor is None
