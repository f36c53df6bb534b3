"""What other threads or another load would have brought: of an accepted fit, in its window."""

from __future__ import annotations

from dataclasses import replace

import pytest

from boltkb.bolt import rejection_if, size_client_pool
from boltkb.errors import ParameterError
from boltkb.queueing import erlang_b, erlang_c, fit_queue, simulate_loss


@pytest.fixture(scope="module")
def fit():
    run = simulate_loss(servers=8, arrival_rate=15.0, mean_hold=0.4, duration=3600.0, seed=11)
    return fit_queue(run.observe(1.0))


@pytest.mark.parametrize("threads", [6, 8, 10, 12])
def test_the_interval_holds_erlang_b_of_the_true_load(fit, threads):
    """A constant load of 6 erlangs: its posterior's interval is about it."""
    told = rejection_if(fit, threads=threads)
    truth = erlang_b(threads, 6.0)
    assert told.low / 1.5 < truth < told.high * 1.5
    assert told.low < told.value < told.high


def test_more_threads_or_less_load_never_reject_more(fit):
    by_threads = [rejection_if(fit, threads=n).value for n in range(4, 16)]
    by_load = [rejection_if(fit, load=x / 10).value for x in range(1, 15)]
    assert by_threads == sorted(by_threads, reverse=True)
    assert by_load == sorted(by_load)
    assert rejection_if(fit, load=0.0).value == 0


def test_without_a_change_it_is_the_window_itself(fit):
    own, told = fit.rejection_probability, rejection_if(fit)
    assert own.low < told.value < own.high


def test_a_refused_fit_or_unknown_threads_tell_nothing(fit):
    refused = rejection_if(replace(fit, verdict="REFUSED"))
    assert (refused.value, refused.low, refused.high) == (None, None, None)
    assert "refused" in refused.reason
    unknown = replace(fit, observations=replace(fit.observations, servers=None, capacity=None))
    assert rejection_if(unknown).value is None
    assert rejection_if(unknown, threads=8).value is not None


def test_a_doubtful_fit_has_no_interval(fit):
    loose = replace(fit, offered_load=replace(fit.offered_load, low=None, high=None))
    told = rejection_if(loose, threads=10)
    assert told.value is not None
    assert (told.low, told.high) == (None, None)


@pytest.mark.parametrize("wrong", [{"threads": 0}, {"load": -0.1}, {"load": float("nan")}])
def test_what_cannot_be_asked_is_an_error(fit, wrong):
    with pytest.raises(ParameterError):
        rejection_if(fit, **wrong)


@pytest.mark.parametrize("load", [0.5, 3.0, 12.0])
def test_a_client_pool_is_the_smallest_that_keeps_the_wait(load):
    """Erlang C: one connection fewer makes too many wait at all."""
    size = size_client_pool(load, hold=None, acquisition_timeout=60.0, share=0.01)
    assert erlang_c(size, load) <= 0.01
    assert size - 1 <= load or erlang_c(size - 1, load) > 0.01
