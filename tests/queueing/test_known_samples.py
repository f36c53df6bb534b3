"""Samples whose absence tells their count, and counts that leave servers out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boltkb.errors import ModelError
from boltkb.queueing import Observations, fit_queue, simulate_loss, size_servers

SERVERS, LOAD = 8, 6.5


@pytest.fixture(scope="module")
def seen() -> Observations:
    run = simulate_loss(
        servers=SERVERS, arrival_rate=LOAD / 0.4, mean_hold=0.4, duration=1500.0, seed=7
    )
    return run.observe(1.0, counted=False)


def test_a_sample_that_failed_for_want_of_a_server_is_as_good_as_one_taken(seen) -> None:
    full = seen.busy >= SERVERS
    failed = replace(seen, busy=np.where(full, np.nan, seen.busy), censored=full)
    told, whole = fit_queue(failed), fit_queue(seen)
    assert told.verdict == whole.verdict == "SOUND"
    assert told.offered_load == whole.offered_load
    assert told.offered_load.low < LOAD < told.offered_load.high


def test_without_the_reason_both_readings_stay_open(seen) -> None:
    missing = replace(seen, busy=np.where(seen.busy >= SERVERS, np.nan, seen.busy))
    fit = fit_queue(missing)
    assert fit.verdict != "SOUND"
    assert any("missing" in reason for reason in fit.reasons)


def test_no_load_and_no_size_follow_from_counts_that_leave_servers_out(seen) -> None:
    fit = fit_queue(replace(seen, lower_bound=True))
    assert fit.verdict == "REFUSED"
    assert fit.offered_load.value is None
    assert fit.offered_load.low == pytest.approx(float(seen.busy.mean()))
    assert fit.busy_mean.value is None
    assert fit.busy_mean.low == pytest.approx(float(seen.busy.mean()))
    assert size_servers(fit, blocking=0.01).servers.value is None
    assert "left out" in str(fit) or "leave out" in str(fit)


def test_a_sample_is_either_taken_or_failed(seen) -> None:
    with pytest.raises(ModelError, match="censored"):
        replace(seen, censored=np.ones(seen.times.size, dtype=bool))
    with pytest.raises(ModelError, match="censored"):
        replace(seen, censored=np.zeros(3, dtype=bool))
