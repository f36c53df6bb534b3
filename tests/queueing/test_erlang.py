"""Erlang's formulas against values computed with 70 digits, published tables and properties."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltkb.errors import ModelError
from boltkb.queueing import (
    MixedLoss,
    MMc,
    MMcc,
    erlang_b,
    erlang_c,
    load_for_blocking,
    log_erlang_b,
    servers_for_blocking,
)

ROWS = json.loads((Path(__file__).parent / "reference" / "erlang.json").read_text())["rows"]
#: Floor of the relative error, and multiples of what rounding the load alone costs.
FLOOR = 1e-14
ROUNDINGS = 16 * 1.1e-16

servers_st = st.integers(1, 300)
loads_st = st.floats(0.01, 500.0)


def rows(model: str, *quantities: str) -> list[dict[str, object]]:
    found = [row for row in ROWS if row["model"] == model and row["quantity"] in quantities]
    assert len(found) >= 5, f"the reference lost its rows of {model} {quantities}"
    return found


def truth(row: dict[str, object]) -> float:
    return float(str(row.get("exact", row["value"])))


def tolerance(servers: int, load: float) -> float:
    return max(FLOOR, ROUNDINGS * abs(servers - load + load * erlang_b(servers, load)))


@pytest.mark.parametrize("row", rows("M/M/c/c", "B"), ids=lambda r: f"{r['params']}")
def test_erlang_b_against_reference(row):
    servers, load = int(row["params"]["c"]), float(row["params"]["a"])
    if truth(row) < 1e-290:
        assert erlang_b(servers, load) <= 1e-290
    else:
        assert erlang_b(servers, load) == pytest.approx(truth(row), rel=tolerance(servers, load))


@pytest.mark.parametrize("row", rows("M/M/c/c", "ln_B"), ids=lambda r: f"{r['params']}")
def test_log_erlang_b_against_reference(row):
    servers, load = int(row["params"]["c"]), float(row["params"]["a"])
    limit = tolerance(servers, load)
    assert log_erlang_b(servers, load) == pytest.approx(truth(row), rel=limit, abs=limit)


@pytest.mark.parametrize("row", rows("M/M/c", "C"), ids=lambda r: f"{r['params']}")
def test_erlang_c_against_reference(row):
    servers, load = int(row["params"]["c"]), float(row["params"]["a"])
    if truth(row) >= 1e-290:
        assert erlang_c(servers, load) == pytest.approx(truth(row), rel=tolerance(servers, load))


@pytest.mark.parametrize("row", rows("M/M/c/c inverse", "a"), ids=lambda r: f"{r['params']}")
def test_load_for_blocking_against_reference(row):
    found = load_for_blocking(int(row["params"]["c"]), float(row["params"]["B"]))
    assert found == pytest.approx(truth(row), rel=FLOOR)


@pytest.mark.parametrize("row", rows("M/M/c/c inverse", "c_min"), ids=lambda r: f"{r['params']}")
def test_servers_for_blocking_against_reference(row):
    found = servers_for_blocking(float(row["params"]["a"]), float(row["params"]["B"]))
    assert found == int(truth(row))


@pytest.mark.parametrize("row", rows("M/M/c", "W"), ids=lambda r: f"{r['params']}")
def test_mean_time_in_system_of_mmc_against_reference(row):
    p = row["params"]
    model = MMc(int(p["c"]), float(p["lam"]), float(p["mu"]))
    assert model.mean_wait + 1 / model.service_rate == pytest.approx(truth(row), rel=1e-12)


@given(servers_st, loads_st)
def test_blocking_falls_as_servers_rise_and_obeys_the_recurrence(servers, load):
    assert log_erlang_b(servers + 1, load) < log_erlang_b(servers, load) < 0
    here, more = erlang_b(servers, load), erlang_b(servers + 1, load)
    assert more == pytest.approx(load * here / (servers + 1 + load * here), rel=1e-13)


@given(servers_st, loads_st)
def test_blocking_rises_with_load(servers, load):
    assert log_erlang_b(servers, load) < log_erlang_b(servers, load * 1.01)


@given(servers_st, loads_st)
def test_waiting_is_likelier_than_blocking(servers, load):
    assert erlang_c(servers, load) >= erlang_b(servers, load)


@given(servers_st, st.floats(1e-8, 0.99))
def test_load_for_blocking_inverts_erlang_b(servers, blocking):
    assert erlang_b(servers, load_for_blocking(servers, blocking)) == pytest.approx(
        blocking, rel=1e-10
    )


@given(loads_st, st.floats(1e-6, 0.5))
def test_servers_for_blocking_is_enough_and_one_fewer_is_not(load, blocking):
    servers = servers_for_blocking(load, blocking)
    assert erlang_b(servers, load) <= blocking
    assert servers == 1 or erlang_b(servers - 1, load) > blocking


@given(st.floats(0.01, 0.99))
def test_one_server_that_waits_is_mm1(load):
    model = MMc(1, load, 1.0)
    assert model.waiting_probability == pytest.approx(load, rel=1e-12)
    assert model.mean_wait == pytest.approx(load / (1 - load), rel=1e-9)


@given(servers_st, loads_st)
def test_little_holds_for_the_loss_system(servers, load):
    model = MMcc(servers, load, 1.0)
    law = model.state_probabilities()
    assert law.sum() == pytest.approx(1.0)
    assert law @ np.arange(servers + 1) == pytest.approx(model.mean_busy, rel=1e-9)
    assert law[-1] == pytest.approx(model.blocking_probability, rel=1e-8)


@given(servers_st, st.floats(0.05, 0.999))
def test_little_holds_for_the_delay_system(servers, utilisation):
    model = MMc(servers, servers * utilisation, 1.0)
    law = model.state_probabilities()
    assert law @ np.arange(servers + 1) == pytest.approx(model.mean_busy, rel=1e-9)


def test_arrivals_meet_more_blocking_than_time_when_the_load_moves():
    mixed = MixedLoss(8, (3.0, 7.0), (1.0, 1.0))
    steady = MMcc(8, 5.0, 1.0)
    assert mixed.blocking_probability > mixed.time_congestion > steady.blocking_probability
    assert MixedLoss(8, (5.0,), (2.0,)).blocking_probability == steady.blocking_probability


def test_arrays_broadcast_and_scalars_stay_scalars():
    assert isinstance(erlang_b(8, 5.0), float)
    grid = erlang_b(np.array([[1], [8]]), np.array([1.0, 5.0]))
    assert grid.shape == (2, 2)
    assert grid[1, 1] == erlang_b(8, 5.0)


@pytest.mark.parametrize("servers", [0, -1, 2.5, float("nan"), "8"])
def test_servers_outside_the_domain_are_refused_by_name(servers):
    with pytest.raises(ModelError, match="servers"):
        erlang_b(servers, 1.0)


@pytest.mark.parametrize("load", [-1.0, float("nan"), float("inf")])
@pytest.mark.parametrize("function", [erlang_b, log_erlang_b, erlang_c])
def test_loads_outside_the_domain_are_refused_by_name(function, load):
    with pytest.raises(ModelError, match="offered_load"):
        function(8, load)


@pytest.mark.parametrize("blocking", [0.0, 1.0, -0.1, float("nan")])
def test_targets_outside_the_domain_are_refused_by_name(blocking):
    with pytest.raises(ModelError, match="blocking"):
        load_for_blocking(8, blocking)
    with pytest.raises(ModelError, match="blocking"):
        servers_for_blocking(8.0, blocking)


def test_an_unstable_delay_system_says_so():
    model = MMc(8, 9.0, 1.0)
    assert not model.stable
    assert model.mean_wait == float("inf")
    assert model.waiting_probability == 1.0
    assert model.state_probabilities()[-1] == 1.0
