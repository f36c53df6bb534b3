"""Loads and servers for a wanted quality of service: reference, published tables, properties."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from boltkb.errors import ModelError
from boltkb.queueing import (
    erlang_b,
    erlang_c,
    load_for_blocking,
    log_erlang_b,
    log_erlang_c,
    servers_for_blocking,
    servers_for_wait,
)

ROWS = [
    row
    for row in json.loads(
        (Path(__file__).parent / "reference" / "queueing_reference.json").read_text()
    )["rows"]
    if row["model"] == "M/M/c/c inverse"
]
#: Largest relative error of a load; the targets are decimals, good to 1.1e-16.
ROUNDING = 4e-15
#: What the lecture notes of Dordal print otherwise than exact arithmetic has it: off by one.
MISPRINTED = {("100", "0.01"), ("200", "0.001"), ("1000", "0.001")}

blocking_st = st.one_of(
    st.floats(1e-12, 0.999), st.floats(-280.0, -1.0).map(lambda exponent: 10.0**exponent)
)


def rows(quantity, source=""):
    found = [row for row in ROWS if row["quantity"] == quantity and source in row["source"]]
    assert found, f"the reference lost its rows of {quantity} {source}"
    return found


def shown(row):
    return " ".join(f"{name}={value}" for name, value in row["params"].items())


def exact(row):
    return float(row.get("exact", row["value"]))


def test_the_reference_has_every_row():
    assert (len(rows("a")), len(rows("c_min"))) == (24, 16)


@pytest.mark.parametrize("row", rows("a"), ids=shown)
def test_load_for_blocking_against_reference(row):
    found = load_for_blocking(row["params"]["c"], float(row["params"]["B"]))
    assert found == pytest.approx(exact(row), rel=ROUNDING, abs=0)


@pytest.mark.parametrize("row", rows("c_min"), ids=shown)
def test_servers_for_blocking_against_reference(row):
    found = servers_for_blocking(float(row["params"]["a"]), float(row["params"]["B"]))
    assert found == int(row.get("exact", row["value"]))


@pytest.mark.parametrize("row", rows("a", "Carrier Grade"), ids=shown)
def test_appendix_a_table_of_carrier_grade_voice_over_ip(row):
    found = load_for_blocking(row["params"]["c"], float(row["params"]["B"]))
    assert round(found, 1) == float(row["value"])


@pytest.mark.parametrize("row", rows("c_min", "Dordal"), ids=shown)
def test_staffing_numbers_of_dordal_and_which_of_them_are_off_by_one(row):
    found = servers_for_blocking(float(row["params"]["a"]), float(row["params"]["B"]))
    misprinted = (row["params"]["a"], row["params"]["B"]) in MISPRINTED
    assert abs(found - int(row["value"])) == int(misprinted)


@given(st.one_of(st.integers(1, 10**6), st.floats(1.0, 1e6)), blocking_st)
@example(1, 1e-9)
@example(400, 1e-3)
@example(10**6, 1e-280)
def test_load_for_blocking_inverts_erlang_b(servers, blocking):
    load = load_for_blocking(servers, blocking)
    # Of the load one rounding is lost; it moves ln B by the idle servers times that.
    log_blocking = log_erlang_b(servers, load)
    idle = servers - load + load * math.exp(log_blocking)
    limit = 4e-15 * (1.0 + abs(idle) + abs(math.log(blocking)))
    assert log_blocking == pytest.approx(math.log(blocking), abs=limit, rel=0)


@given(st.integers(1, 10**5), st.floats(1e-12, 0.5))
def test_heavy_overload_inverts_by_what_is_passed(servers, passed):
    load = load_for_blocking(servers, 1.0 - passed)
    assert 1.0 - erlang_b(servers, load) == pytest.approx(passed, abs=4e-16, rel=1e-13)


@given(st.integers(1, 1_000), blocking_st, st.floats(1.001, 2.0))
def test_load_rises_with_servers_and_with_blocking(servers, blocking, factor):
    load = load_for_blocking(servers, blocking)
    assert load_for_blocking(servers + 1, blocking) > load
    more = min(blocking * factor, 0.9995)
    if more > blocking:
        assert load_for_blocking(servers, more) > load


def test_one_server_inverts_in_closed_form():
    blocking = np.array([1e-12, 0.1, 0.5, 0.9])
    expected = blocking / (1.0 - blocking)
    np.testing.assert_allclose(load_for_blocking(1, blocking), expected, rtol=ROUNDING)


def test_a_load_too_small_for_a_double_comes_out_as_zero():
    assert load_for_blocking(0.001, 1e-9) == 0.0


@given(st.floats(0.01, 1e6), blocking_st)
@example(1.0, 0.5)  # one server blocks exactly half
def test_servers_for_blocking_is_enough_and_one_fewer_is_not(load, blocking):
    servers = servers_for_blocking(load, blocking)
    assert erlang_b(servers, load) <= blocking
    assert servers == 1 or erlang_b(servers - 1, load) > blocking


@given(
    st.floats(0.01, 1e5),
    st.floats(1e-3, 1e3),
    st.floats(1e-9, 0.99),
    st.one_of(st.just(0.0), st.floats(1e-6, 10.0)),
)
def test_servers_for_wait_is_enough_and_one_fewer_is_not(load, service_rate, probability, wait):
    arrival_rate = load * service_rate
    servers = servers_for_wait(arrival_rate, service_rate, probability, wait)
    offered = arrival_rate / service_rate

    def log_exceeds(c):
        if c <= offered:
            return 0.0
        return log_erlang_c(c, offered) - (c * service_rate - arrival_rate) * wait

    slack = 1e-13 * (1.0 + abs(math.log(probability)))
    assert servers > offered
    assert log_exceeds(servers) <= math.log(probability) + slack
    if servers > 1:
        assert log_exceeds(servers - 1) >= math.log(probability) - slack


@given(st.floats(0.01, 1e4), st.floats(1e-6, 0.5))
def test_patience_saves_servers_and_waiting_needs_more_than_blocking(load, probability):
    at_once = servers_for_wait(load, 1.0, probability, 0.0)
    assert servers_for_wait(load, 1.0, probability, 0.1) <= at_once
    assert servers_for_blocking(load, probability) <= at_once


def test_call_centre_example_of_360_calls_needs_55_agents():
    # 360 calls in half an hour of 240 s each: 0.239 wait with 55 agents, more with 54.
    waiting = erlang_c(55, 48.0)
    assert servers_for_wait(0.2, 1 / 240, waiting * 1.001, 0.0) == 55
    assert servers_for_wait(0.2, 1 / 240, waiting * 0.999, 0.0) == 56


def test_probabilities_next_to_underflow_are_compared_by_logarithms():
    servers = servers_for_blocking(100.0, 1e-305)
    assert log_erlang_b(servers, 100.0) <= math.log(1e-305) < log_erlang_b(servers - 1, 100.0)
    servers = servers_for_wait(100.0, 1.0, 1e-305, 5.0)
    tails = [log_erlang_c(c, 100.0) - (c - 100.0) * 5.0 for c in (servers, servers - 1)]
    assert tails[0] <= math.log(1e-305) < tails[1]


def test_arrays_broadcast_and_scalars_stay_scalars():
    assert isinstance(load_for_blocking(8, 0.1), float)
    assert isinstance(servers_for_blocking(8.0, 0.1), int)
    assert isinstance(servers_for_wait(8.0, 1.0, 0.1, 0.5), int)
    loads = np.array([[0.0], [5.0], [350.0]])
    found = servers_for_blocking(loads, np.array([0.5, 1e-3]))
    assert found.dtype == np.int64
    assert found.tolist() == [
        [servers_for_blocking(float(a), b) for b in (0.5, 1e-3)] for a in loads[:, 0]
    ]
    waits = servers_for_wait(loads, 1.0, np.array([0.5, 1e-3]), 0.1)
    assert waits.tolist() == [
        [servers_for_wait(float(a), 1.0, p, 0.1) for p in (0.5, 1e-3)] for a in loads[:, 0]
    ]
    back = load_for_blocking(np.array([[8], [400]]), np.array([0.1, 0.9, 1e-9]))
    assert back.shape == (2, 3)
    assert back[1, 0] == pytest.approx(load_for_blocking(400, 0.1), rel=ROUNDING)


def test_no_load_needs_one_server():
    assert servers_for_blocking(0.0, 1e-300) == 1
    assert servers_for_wait(0.0, 1.0, 1e-300, 0.0) == 1


@pytest.mark.parametrize("blocking", [0.0, 1.0, -0.1, math.nan, "0.1", None, True])
def test_targets_outside_the_domain_are_refused_by_name(blocking):
    with pytest.raises(ModelError, match="`blocking`"):
        load_for_blocking(8, blocking)
    with pytest.raises(ModelError, match="`blocking`"):
        servers_for_blocking(8.0, blocking)
    with pytest.raises(ModelError, match="`probability`"):
        servers_for_wait(8.0, 1.0, blocking, 0.0)


@pytest.mark.parametrize("servers", [0, -1, math.nan, math.inf, "8"])
def test_servers_outside_the_domain_are_refused_by_name(servers):
    with pytest.raises(ModelError, match="`servers`"):
        load_for_blocking(servers, 0.1)


@pytest.mark.parametrize("load", [-1.0, math.nan, math.inf, 1e15, "8"])
def test_loads_outside_the_domain_are_refused_by_name(load):
    with pytest.raises(ModelError, match="`offered_load`"):
        servers_for_blocking(load, 0.1)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("arrival_rate", (-1.0, 1.0, 0.1, 0.0)),
        ("arrival_rate", (math.nan, 1.0, 0.1, 0.0)),
        ("arrival_rate", (math.inf, 1.0, 0.1, 0.0)),
        ("arrival_rate", (1e300, 1e-300, 0.1, 0.0)),
        ("service_rate", (1.0, 0.0, 0.1, 0.0)),
        ("service_rate", (1.0, math.nan, 0.1, 0.0)),
        ("service_rate", (1.0, math.inf, 0.1, 0.0)),
        ("wait", (1.0, 1.0, 0.1, -1.0)),
        ("wait", (1.0, 1.0, 0.1, math.nan)),
        ("wait", (1.0, 1.0, 0.1, math.inf)),
    ],
)
def test_rates_and_waits_outside_the_domain_are_refused_by_name(name, values):
    with pytest.raises(ModelError, match=f"`{name}`"):
        servers_for_wait(*values)
