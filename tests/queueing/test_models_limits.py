"""The limits in which one model becomes another, and what rises with what."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from boltkb.queueing import (
    BirthDeath,
    Engset,
    ErlangA,
    Hayward,
    MixedLoss,
    MMc,
    MMcc,
    MMcD,
    MMcK,
    MMcN,
    erlang_b,
    erlang_c,
)

#: Some hundreds of roundings.
CLOSE = 1e-12

servers_st = st.integers(1, 60)
rates_st = st.floats(0.05, 120.0)
holds_st = st.floats(0.1, 10.0)
rooms_st = st.integers(0, 80)
times_st = st.floats(0.0, 5.0)


@given(servers_st, rates_st, holds_st)
def test_mmck_without_room_is_the_loss_system(servers, arrivals, service):
    model, loss = MMcK(servers, servers, arrivals, service), MMcc(servers, arrivals, service)
    assert model.blocking_probability == pytest.approx(loss.blocking_probability, rel=CLOSE)
    assert model.mean_busy == pytest.approx(loss.mean_busy, rel=CLOSE)
    assert model.mean_wait == model.wait_exceeds(0.0) == 0.0


@given(servers_st, st.floats(0.02, 0.95))
def test_mmck_with_much_room_is_the_delay_system(servers, utilisation):
    delay = MMc(servers, utilisation * servers, 1.0)
    model = MMcK(servers, servers + 3000, utilisation * servers, 1.0)
    assert model.waiting_probability == pytest.approx(delay.waiting_probability, rel=1e-11)
    assert model.mean_wait == pytest.approx(delay.mean_wait, rel=1e-11)


@given(servers_st, rooms_st, rates_st)
def test_more_room_rejects_less_and_queues_more(servers, room, arrivals):
    less = MMcK(servers, servers + room, arrivals, 1.0)
    more = MMcK(servers, servers + room + 1, arrivals, 1.0)
    assert more.blocking_probability <= less.blocking_probability * (1 + CLOSE)
    assert more.mean_queue_length >= less.mean_queue_length * (1 - CLOSE)


@pytest.mark.parametrize("room", [1, 10, 10_000, 10_000_000])
@pytest.mark.parametrize("nudge", [-1e-9, -1e-12, 0.0, 1e-12, 1e-9])
def test_mmck_is_smooth_where_the_load_is_the_servers(room, nudge):
    at = MMcK(400, 400 + room, 400.0, 1.0)
    near = MMcK(400, 400 + room, 400.0 * (1 + nudge), 1.0)
    slack = 10 * room * abs(nudge) + 400 * abs(nudge) + 1e-13
    assert near.mean_queue_length == pytest.approx(at.mean_queue_length, rel=slack)
    assert near.blocking_probability == pytest.approx(at.blocking_probability, rel=slack)


@given(st.integers(1, 40), st.floats(0.5, 60.0))
def test_many_sources_are_poisson_arrivals(servers, load):
    many = 10**8
    engset = Engset(servers, many, load / many, 1.0)
    assert engset.blocking_probability == pytest.approx(erlang_b(servers, load), rel=1e-4)
    assert engset.time_congestion == pytest.approx(erlang_b(servers, load), rel=1e-4)


@given(st.integers(1, 40), st.floats(0.05, 0.7))
def test_many_sources_that_wait_are_poisson_arrivals(servers, utilisation):
    load, many = utilisation * servers, 200_000
    repair = MMcN(servers, many, load / many, 1.0)
    assert repair.waiting_probability == pytest.approx(erlang_c(servers, load), rel=0.01)


@given(st.integers(1, 60), st.integers(1, 60), st.floats(0.01, 20.0))
def test_no_more_sources_than_servers_are_never_rejected_and_never_wait(servers, sources, asks):
    assume(sources <= servers)
    engset, repair = Engset(servers, sources, asks, 1.0), MMcN(servers, sources, asks, 1.0)
    assert engset.blocking_probability == repair.waiting_probability == repair.mean_wait == 0.0
    assert engset.mean_busy == pytest.approx(sources * asks / (1 + asks), rel=CLOSE)


@given(st.integers(1, 30), st.integers(2, 80), st.floats(0.01, 5.0))
def test_a_source_in_service_does_not_ask_so_calls_meet_less_than_time(servers, sources, asks):
    model = Engset(servers, sources, asks, 1.0)
    assert model.blocking_probability <= model.time_congestion


@given(servers_st, rates_st, holds_st)
def test_erlang_a_that_gives_up_as_it_is_served_is_poisson(servers, arrivals, service):
    model = ErlangA(servers, arrivals, service, service)
    load = arrivals / service
    assert model.mean_number == pytest.approx(load, rel=CLOSE)
    k = np.arange(servers)
    log_below = k * np.log(load) - load - np.cumsum(np.log(np.maximum(k, 1)))
    below = float(np.exp(log_below).sum())
    assert model.waiting_probability == pytest.approx(1 - below, rel=1e-10, abs=1e-13)


@given(servers_st, st.floats(0.05, 0.95))
def test_erlang_a_with_endless_patience_is_the_delay_system(servers, utilisation):
    model = ErlangA(servers, utilisation * servers, 1.0, 1e-10)
    delay = MMc(servers, utilisation * servers, 1.0)
    assert model.waiting_probability == pytest.approx(delay.waiting_probability, rel=1e-6)
    assert model.mean_wait == pytest.approx(delay.mean_wait, rel=1e-5)
    assert model.wait_exceeds(0.5) == pytest.approx(delay.wait_exceeds(0.5), rel=1e-6)


@given(servers_st, rates_st)
def test_erlang_a_without_patience_is_the_loss_system(servers, arrivals):
    model = ErlangA(servers, arrivals, 1.0, 1e12)
    assert model.abandonment_probability == pytest.approx(erlang_b(servers, arrivals), rel=1e-6)


@given(servers_st, rates_st, st.floats(0.01, 10.0))
def test_more_impatience_means_more_give_up_and_shorter_waits(servers, arrivals, rate):
    patient = ErlangA(servers, arrivals, 1.0, rate)
    hasty = ErlangA(servers, arrivals, 1.0, rate * 1.1)
    assert hasty.abandonment_probability >= patient.abandonment_probability * (1 - CLOSE)
    assert hasty.mean_wait <= patient.mean_wait * (1 + CLOSE)


@pytest.mark.parametrize("rate", [1e-13, 1e-11, 1e-9])
@pytest.mark.parametrize("utilisation", [0.9, 0.999, 1.0, 1.001, 1.1])
def test_erlang_a_of_very_long_queues_keeps_its_balance(rate, utilisation):
    model = ErlangA(400, 400.0 * utilisation, 1.0, rate)
    gone = model.abandonment_probability
    assert model.mean_busy == pytest.approx(model.offered_load * (1 - gone), rel=1e-9)
    if utilisation > 1:
        assert gone == pytest.approx(1 - 1 / utilisation, rel=1e-4)


def test_erlang_a_sums_agree_with_the_closed_form_where_both_hold():
    from boltkb.queueing.patience import _long_queue, _queue

    for x, y in ((1e5, 1e5), (1e6, 1.0005e6), (1e6, 0.9995e6), (4e4, 4.1e4)):
        assert _long_queue(x, y) == pytest.approx(_queue(x, y), rel=1e-12)


@given(servers_st, rates_st)
def test_fixed_patience_of_nothing_is_the_loss_system(servers, arrivals):
    model = MMcD(servers, arrivals, 1.0, 1e-12)
    assert model.abandonment_probability == pytest.approx(erlang_b(servers, arrivals), rel=1e-9)


@given(servers_st, st.floats(0.05, 0.9))
def test_fixed_patience_that_is_long_is_the_delay_system(servers, utilisation):
    model, delay = (
        MMcD(servers, utilisation * servers, 1.0, 1e4),
        MMc(servers, utilisation * servers, 1.0),
    )
    assert model.waiting_probability == pytest.approx(delay.waiting_probability, rel=1e-10)
    assert model.mean_wait == pytest.approx(delay.mean_wait, rel=1e-10)


@given(servers_st, rates_st, st.floats(0.01, 5.0))
def test_nobody_waits_longer_than_a_fixed_patience(servers, arrivals, patience):
    model = MMcD(servers, arrivals, 1.0, patience)
    assert model.wait_exceeds(patience) == 0.0
    just_before = model.wait_exceeds(np.nextafter(patience, 0.0))
    assert just_before == pytest.approx(model.abandonment_probability, rel=1e-9)


@given(servers_st, st.floats(0.02, 0.98))
def test_mmc_sojourn_is_wait_and_hold(servers, utilisation):
    model = MMc(servers, utilisation * servers, 1.0)
    assert model.sojourn_exceeds(0.0) == 1.0
    assert model.sojourn_exceeds(float("inf")) == 0.0
    median = model.sojourn_quantile(0.5)
    assert model.sojourn_exceeds(median) == pytest.approx(0.5, rel=1e-12)
    assert np.log(2) * 0.999 <= median


def test_a_load_that_all_but_meets_the_servers_keeps_its_digits():
    # 3 * 0.1 - 0.3 is 5.6e-17 in doubles and half of that in truth.
    spare = float(3 * Fraction(0.1) - Fraction(0.3))
    assert MMc(3, 0.3, 0.1).mean_wait == pytest.approx(1 / spare, rel=1e-12)
    assert MMcD(3, 0.3, 0.1, 1e15).mean_wait < 1e15


def test_mmc_sojourn_is_smooth_where_its_formula_divides_by_nothing():
    at = MMc(5, 4.0, 1.0).sojourn_exceeds(1.0)
    assert MMc(5, 4.0 + 1e-9, 1.0).sojourn_exceeds(1.0) == pytest.approx(at, rel=1e-7)
    assert MMc(5, 4.0 - 1e-9, 1.0).sojourn_exceeds(1.0) == pytest.approx(at, rel=1e-7)


@given(st.integers(1, 60), st.floats(1.0, 300.0))
def test_hayward_without_peaks_is_erlang_b_and_peaks_block_more(servers, load):
    plain = Hayward(servers, load, 1.0).blocking_probability
    assert plain == pytest.approx(erlang_b(servers, load), rel=CLOSE)
    assert Hayward(servers, load, 2.0).blocking_probability > plain
    assert Hayward(servers, load, 0.5).blocking_probability < plain


@given(servers_st, rates_st)
def test_a_chain_without_contention_is_the_loss_system(servers, arrivals):
    chain = BirthDeath.with_scalability(servers, arrivals, 1.0, contention=0.0)
    assert chain.blocking_probability == pytest.approx(erlang_b(servers, arrivals), rel=1e-12)
    assert chain.offered_load == pytest.approx(arrivals, rel=1e-12)


@given(st.integers(2, 60), rates_st, st.floats(0.01, 0.3))
def test_contention_blocks_more_and_completes_less(servers, arrivals, contention):
    slow = BirthDeath.with_scalability(servers, arrivals, 1.0, contention=contention)
    loss = MMcc(servers, arrivals, 1.0)
    assert slow.blocking_probability > loss.blocking_probability
    assert slow.throughput <= loss.throughput * (1 + CLOSE)
    assert slow.throughput <= 1 / contention


def test_with_coherency_more_servers_may_complete_less():
    few = BirthDeath.with_scalability(16, 100.0, 1.0, contention=0.02, coherency=0.004)
    many = BirthDeath.with_scalability(64, 100.0, 1.0, contention=0.02, coherency=0.004)
    assert many.throughput < few.throughput


@given(st.integers(1, 40), st.lists(st.floats(0.1, 60.0), min_size=1, max_size=6))
def test_load_that_varies_blocks_at_least_as_much_as_its_mean(servers, loads):
    mixed = MixedLoss(servers, tuple(loads), (1.0,) * len(loads))
    assert mixed.blocking_probability >= mixed.time_congestion * (1 - CLOSE)
    carried = mixed.state_probabilities() @ np.arange(servers + 1)
    assert carried == pytest.approx(mixed.mean_busy, rel=1e-10)


@pytest.mark.parametrize("servers", [100_000, 1_000_000])
def test_a_million_servers_are_no_trouble(servers):
    rate = servers * 1.0
    assert MMcc(servers, rate, 1.0).blocking_probability == pytest.approx(
        np.sqrt(2 / np.pi / servers), rel=0.01
    )
    room = MMcK(servers, servers + 10**9, 1.1 * rate, 1.0)
    assert room.blocking_probability == pytest.approx(1 - 1 / 1.1, rel=1e-12)
    assert ErlangA(servers, rate, 1.0, 1.0).mean_number == pytest.approx(rate, rel=1e-9)
    assert MMcD(servers, rate, 1.0, 1.0).mean_busy < servers
