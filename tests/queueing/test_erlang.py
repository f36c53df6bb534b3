"""Erlang's formulas against values of 30 digits, exact arithmetic, published tables, properties.

The exact arithmetic is the recurrence in 50 decimal digits: another way than the package's own.
"""

from __future__ import annotations

import json
import math
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from boltkb.queueing import (
    erlang_b,
    erlang_b_derivative,
    erlang_c,
    log_erlang_b,
    log_erlang_c,
)

REFERENCE = Path(__file__).parent / "reference"
ROWS = json.loads((REFERENCE / "queueing_reference.json").read_text())["rows"]
REAL_ROWS = json.loads((REFERENCE / "erlang_real.json").read_text())["rows"]
#: Largest relative error allowed to the functions themselves.  The loads are doubles here, so
#: that what rounding a load costs, 1.1e-16 times the condition number, does not enter.
ROUNDING = 4e-15
#: The same where a small difference enters: logarithms next to 0; and derivatives where the load
#: is up to four standard deviations above the servers, d of them costing 1 + d^2 roundings.
ROUNDING_AT_WORST = 1e-14
ROUNDING_OF_SLOPES = 3e-14
#: Below this doubles have fewer digits.
SMALLEST = 1e-300

servers_st = st.integers(1, 3_000)
utilisations_st = st.floats(0.05, 3.0)


def rows(model, quantity, source=ROWS):
    found = [row for row in source if row["model"] == model and row["quantity"] == quantity]
    assert found, f"the reference lost its rows of {model} {quantity}"
    return found


def computed(model, quantity):
    return [row for row in rows(model, quantity) if not row["source"].startswith("published")]


def published(where, *quantities):
    found = [
        row
        for row in ROWS
        if row["source"].startswith("published")
        and where in row["source"]
        and row["quantity"] in quantities
    ]
    assert found, f"the reference lost what {where} prints"
    return found


def shown(row):
    return " ".join(f"{name}={value}" for name, value in row["params"].items())


def truth(row):
    return float(row.get("exact", row["value"]))


def point(row):
    return float(row["params"]["c"]), float(row["params"]["a"])


def exact_excess(servers, load):
    """Return 1 / B - 1 to 40 digits or more."""
    with localcontext() as context:
        context.prec = 50
        total, erlangs = Decimal(0), Decimal(load)
        for k in range(1, servers + 1):
            total = k / erlangs * (1 + total)
        return total


def exact(servers, load):
    """Return B, ln B, dB/da, C and ln C to 30 digits or more."""
    with localcontext() as context:
        context.prec = 50
        excess, erlangs = exact_excess(servers, load), Decimal(load)
        blocking = 1 / (1 + excess)
        slope = blocking * (servers / erlangs - 1 + blocking)
        stable = erlangs < servers
        waiting = 1 / (1 + (1 - erlangs / servers) * excess) if stable else Decimal(1)
        return blocking, blocking.ln(), slope, waiting, waiting.ln()


# --- every row of the reference about the forward kernels -------------------------------------


def test_the_reference_has_every_row():
    assert len(ROWS) == 419
    counts = [
        len(rows("M/M/c/c", "B")),
        len(rows("M/M/c/c", "ln_B")),
        len(rows("M/M/c/c", "dB_da")),
        len(rows("M/M/c", "C")),
        len(rows("M/M/c", "ln_C")),
        len(rows("M/M/c/c continued", "B")),
    ]
    assert counts == [72, 71, 17, 36, 8, 2]


@pytest.mark.parametrize(
    "row", computed("M/M/c/c", "B") + rows("M/M/c/c continued", "B"), ids=shown
)
def test_erlang_b_against_reference(row):
    found = erlang_b(*point(row))
    if truth(row) < SMALLEST:
        assert found <= SMALLEST
    else:
        assert found == pytest.approx(truth(row), rel=ROUNDING, abs=0)


@pytest.mark.parametrize("row", rows("M/M/c/c", "ln_B"), ids=shown)
def test_log_erlang_b_against_reference(row):
    assert log_erlang_b(*point(row)) == pytest.approx(truth(row), rel=ROUNDING, abs=0)


@pytest.mark.parametrize("row", rows("M/M/c/c", "dB_da"), ids=shown)
def test_erlang_b_derivative_against_reference(row):
    found = erlang_b_derivative(*point(row))
    if truth(row) < SMALLEST:
        assert found <= SMALLEST
    else:
        assert found == pytest.approx(truth(row), rel=ROUNDING_AT_WORST, abs=0)


@pytest.mark.parametrize("row", rows("M/M/c", "C"), ids=shown)
def test_erlang_c_against_reference(row):
    found = erlang_c(*point(row))
    if truth(row) < SMALLEST:
        assert found <= SMALLEST
    else:
        assert found == pytest.approx(truth(row), rel=ROUNDING, abs=0)


@pytest.mark.parametrize("row", rows("M/M/c", "ln_C"), ids=shown)
def test_log_erlang_c_against_reference(row):
    assert log_erlang_c(*point(row)) == pytest.approx(truth(row), rel=ROUNDING, abs=0)


@pytest.mark.parametrize("row", rows("Hayward", "B"), ids=shown)
def test_erlang_b_of_scaled_servers_against_hayward_reference(row):
    z = float(row["params"]["z"])
    servers, load = point(row)
    assert erlang_b(servers / z, load / z) == pytest.approx(truth(row), rel=ROUNDING, abs=0)


@pytest.mark.parametrize(
    ("kernel", "row"),
    [
        (kernel, row)
        for kernel, model, quantity in (
            (erlang_b, "M/M/c/c continued", "B"),
            (log_erlang_b, "M/M/c/c continued", "ln_B"),
            (erlang_b_derivative, "M/M/c/c continued", "dB_da"),
            (erlang_c, "M/M/c continued", "C"),
            (log_erlang_c, "M/M/c continued", "ln_C"),
        )
        for row in rows(model, quantity, REAL_ROWS)
    ],
    ids=lambda x: shown(x) if isinstance(x, dict) else x.__name__,
)
def test_servers_that_are_not_whole_against_reference(kernel, row):
    value = truth(row)
    if abs(value) > SMALLEST:
        assert kernel(*point(row)) == pytest.approx(value, rel=ROUNDING_AT_WORST, abs=0)
    else:
        assert kernel(*point(row)) <= SMALLEST


# --- published tables, by their numbers -------------------------------------------------------


@pytest.mark.parametrize("row", published("unit test", "B"), ids=shown)
def test_published_anchors_of_erlang_b(row):
    digits = len(row["value"].split(".")[1])
    assert round(erlang_b(*point(row)), digits) == float(row["value"])
    assert erlang_b(*point(row)) == pytest.approx(truth(row), rel=ROUNDING, abs=0)


def test_problem_24_6_of_bronson_by_erlang_c():
    printed = {row["quantity"]: float(row["value"]) for row in published("Bronson", "Lq", "Wq")}
    load = 300 / 182.5
    queue = erlang_c(3, load) * load / (3 - load)
    assert queue == pytest.approx(printed["Lq"], abs=5e-4)
    assert queue / 300 == pytest.approx(printed["Wq"], abs=5e-7)


def test_problems_23_3_and_23_14_of_bronson_by_erlang_c():
    (row,) = published("Bronson", "L")
    assert erlang_c(1, 0.8) * 0.8 / (1 - 0.8) + 0.8 == pytest.approx(float(row["value"]))


def test_call_centre_example_of_360_calls_and_55_agents_by_erlang_c():
    printed = {
        row["quantity"]: float(row["value"]) for row in published("call-centre", "P_wait", "Wq")
    }
    waiting = erlang_c(55, 48.0)
    assert round(waiting, 3) == printed["P_wait"]
    assert round(waiting * 240 / (55 - 48), 1) == printed["Wq"]


# --- exact arithmetic -------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(servers_st, utilisations_st)
@example(23, 1.0)
@example(24, 1.0)
@example(24, 1.0 + 4.0 / math.sqrt(24))
@example(400, 1.2)
@example(400, 0.7)
@example(1_000, 0.7)
@example(1_001, 0.999)
@example(3_000, 3.0)
@example(3_000, 0.05)
def test_every_kernel_against_fifty_digits(servers, utilisation):
    load = servers * utilisation
    for kernel, value in zip(
        (erlang_b, log_erlang_b, erlang_b_derivative, erlang_c, log_erlang_c),
        exact(servers, load),
        strict=True,
    ):
        limit = ROUNDING_OF_SLOPES if kernel is erlang_b_derivative else ROUNDING
        alone = kernel(servers, load)
        together = kernel(np.array([servers, servers]), load)
        if value == 0 or abs(value) >= Decimal(SMALLEST):
            assert alone == pytest.approx(float(value), rel=limit, abs=0)
            assert together[0] == pytest.approx(float(value), rel=limit, abs=0)
        else:
            assert alone <= SMALLEST
            assert together[0] <= SMALLEST


@pytest.mark.slow
@pytest.mark.parametrize("utilisation", [0.05, 0.5, 0.98, 1.0, 1.003, 1.02, 3.0])
@pytest.mark.parametrize("servers", [30_000, 200_000])
def test_hundreds_of_thousands_of_servers_against_fifty_digits(servers, utilisation):
    load = servers * utilisation
    blocking, log_blocking, slope, *_ = exact(servers, load)
    assert log_erlang_b(servers, load) == pytest.approx(float(log_blocking), rel=ROUNDING, abs=0)
    if blocking > Decimal(SMALLEST):
        assert erlang_b(servers, load) == pytest.approx(float(blocking), rel=ROUNDING, abs=0)
        assert erlang_b_derivative(servers, load) == pytest.approx(
            float(slope), rel=ROUNDING_OF_SLOPES, abs=0
        )


@given(st.integers(1, 40), st.fractions(Fraction(1, 64), 100, max_denominator=64))
def test_erlang_b_is_the_truncated_poisson_law_in_fractions(servers, load):
    load = Fraction(float(load))
    terms = [load**k / math.factorial(k) for k in range(servers + 1)]
    assert erlang_b(servers, float(load)) == pytest.approx(
        float(terms[-1] / sum(terms)), rel=ROUNDING, abs=0
    )


# --- properties -------------------------------------------------------------------------------

real_servers_st = st.floats(0.01, 1e6)


@given(real_servers_st, utilisations_st)
@example(22.5, 1.0)
@example(23.0, 1.0)
@example(23.5, 1.8)
def test_the_recurrence_holds_between_any_servers_and_one_more(servers, utilisation):
    servers = (servers + 1.0) - 1.0  # so that one more is exact
    load = (servers + 1.0) * utilisation
    here, more = log_erlang_b(servers, load), log_erlang_b(servers + 1.0, load)
    expected = math.log((servers + 1.0) / load + math.exp(here))
    assert here - more == pytest.approx(expected, rel=ROUNDING, abs=ROUNDING * (1.0 - here))


@given(servers_st, utilisations_st)
def test_blocking_falls_as_servers_rise_and_rises_with_load(servers, utilisation):
    load = servers * utilisation
    assert log_erlang_b(servers + 1, load) < log_erlang_b(servers, load) < 0
    assert log_erlang_b(servers, load) < log_erlang_b(servers, load * 1.01)


@given(st.floats(0.5, 1e5), utilisations_st, st.floats(1e-3, 0.5))
def test_blocking_falls_between_whole_servers_too(servers, utilisation, more):
    load = servers * utilisation
    assert log_erlang_b(servers + more, load) < log_erlang_b(servers, load)


@given(servers_st, utilisations_st)
def test_waiting_is_likelier_than_blocking_and_follows_from_it(servers, utilisation):
    load = servers * utilisation
    blocking, waiting = erlang_b(servers, load), erlang_c(servers, load)
    assert blocking <= waiting <= 1.0
    if load >= servers:
        assert waiting == 1.0
        assert log_erlang_c(servers, load) == 0.0
    elif blocking > SMALLEST:
        odds = (1.0 - load / servers) * (1.0 / blocking - 1.0)
        assert waiting == pytest.approx(1.0 / (1.0 + odds), rel=1e-13)


@given(servers_st, utilisations_st)
def test_what_is_carried_stays_below_both_servers_and_load(servers, utilisation):
    load = servers * utilisation
    carried = load * (1.0 - erlang_b(servers, load))
    assert carried <= min(servers, load) * (1.0 + 1e-15)


@given(servers_st, st.floats(0.6, 1.5))
def test_derivative_is_the_slope_of_the_blocking(servers, utilisation):
    load = servers * utilisation
    step = 1e-4 * math.sqrt(load)
    rise = log_erlang_b(servers, load + step) - log_erlang_b(servers, load - step)
    slope = math.exp(math.log(erlang_b_derivative(servers, load)) - log_erlang_b(servers, load))
    noise = 1e-15 * (1.0 + abs(log_erlang_b(servers, load))) / step
    assert rise / (2.0 * step) == pytest.approx(slope, rel=1e-6, abs=8 * noise)


@given(st.floats(1e-6, 1e6))
def test_one_server_is_known_in_closed_form(load):
    assert erlang_b(1, load) == pytest.approx(load / (1.0 + load), rel=1e-15)
    assert erlang_b_derivative(1, load) == pytest.approx((1.0 + load) ** -2, rel=ROUNDING_AT_WORST)
    assert erlang_c(1, load) == pytest.approx(min(load, 1.0), rel=1e-15)
    assert log_erlang_b(1, load) == pytest.approx(-math.log1p(1.0 / load), rel=1e-15)


@pytest.mark.parametrize("row", rows("Halfin-Whitt", "alpha"), ids=shown)
def test_waiting_tends_to_the_limit_of_halfin_and_whitt(row):
    beta, load = float(row["params"]["beta"]), 1e14
    servers = load + beta * math.sqrt(load)
    assert erlang_c(servers, load) == pytest.approx(truth(row), rel=1e-5)


@pytest.mark.parametrize("row", rows("Halfin-Whitt", "sqrt_c_times_B"), ids=shown)
def test_blocking_tends_to_the_limit_of_jagerman(row):
    beta, load = float(row["params"]["beta"]), 1e14
    servers = load + beta * math.sqrt(load)
    assert math.sqrt(load) * erlang_b(servers, load) == pytest.approx(truth(row), rel=1e-5)
