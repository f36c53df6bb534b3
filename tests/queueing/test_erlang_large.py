"""The expansion for many servers: its exponent in two doubles, its seams with the other ways."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from boltkb.queueing.erlang_large import exponent, uniform_excess
from boltkb.queueing.erlang_loss import idle_fraction, loss

#: Relative error of the exponent's two doubles together.
TWO_DOUBLES = Decimal("1e-18")
#: What an exponent next to 0 may lack: it is added to numbers of the size of 1.
TINY = Decimal("1e-20")
#: Relative error of a probability or a share.
ROUNDING = 4e-15


def exact_exponent(servers, load):
    with localcontext() as context:
        context.prec = 60
        c, a = Decimal(servers), Decimal(load)
        return a - c - c * (a / c).ln()


@given(st.floats(24.0, 1e9), st.floats(-12.0, 1.0))
@example(8259553.2116956115, 0.0078125)  # the first term's rounding error counts in the others
def test_the_exponent_keeps_its_digits_in_two_doubles(servers, log_ratio):
    load = servers * math.exp(log_ratio)
    high, low = (float(part[0]) for part in exponent(np.array([servers]), np.array([load])))
    exact = exact_exponent(servers, load)
    assert abs(Decimal(high) + Decimal(low) - exact) <= TWO_DOUBLES * exact + TINY
    assert abs(low) <= 2.0**-52 * high


@pytest.mark.parametrize("ratio", [1.0, 1.0 - 1e-9, 1.0 + 1e-9, 0.7071, 1.4143, 0.5, 2.0])
@pytest.mark.parametrize("servers", [24.0, 400.0, 400.5, 123456.789, 1e12])
def test_the_exponent_at_the_seams_of_its_table(servers, ratio):
    load = servers * ratio
    high, low = (float(part[0]) for part in exponent(np.array([servers]), np.array([load])))
    exact = exact_exponent(servers, load)
    assert abs(Decimal(high) + Decimal(low) - exact) <= TWO_DOUBLES * exact + TINY


@given(st.floats(24.0, 1e8), st.floats(4.0, 6.0))
def test_expansion_and_continued_fraction_agree_where_they_meet(servers, deviations):
    if servers < 60.0:
        deviations = 4.0
    c = np.array([servers])
    a = c + deviations * np.sqrt(c)
    excess, power, _ = uniform_excess(c, a)
    assert power[0] == 0.0
    fraction = idle_fraction(c, a)
    blocking = (a - c + c * fraction) / a
    assert 1.0 / (1.0 + excess[0]) == pytest.approx(blocking[0], rel=ROUNDING, abs=0)


@given(st.floats(24.0, 60.0), st.floats(0.05, 1.6))
def test_expansion_and_recurrence_agree_where_they_meet(servers, utilisation):
    # One step of the recurrence leads from 23 to 24 and more servers by two ways.
    load = np.array([servers * utilisation])
    below, here = (loss(np.array([c]), load) for c in (servers - 1.0, servers))
    expected = load * below.blocking / (servers + load * below.blocking)
    assert here.blocking[0] == pytest.approx(float(expected[0]), rel=2 * ROUNDING, abs=0)


@given(st.floats(0.05, 1e6), st.floats(0.05, 3.0))
def test_idle_servers_are_the_servers_less_what_is_carried(servers, utilisation):
    c, a = np.array([servers]), np.array([servers * utilisation])
    blocking, _, idle = loss(c, a)
    assert 0.0 < idle[0] <= servers
    assert idle[0] == pytest.approx(
        float((c - a + a * blocking)[0]), abs=1e-15 * (servers + float(a[0])), rel=1e-13
    )


def test_one_number_of_servers_and_many_take_the_same_expansion():
    loads = np.linspace(300.0, 470.0, 400)
    same = loss(np.full(400, 400.0), loads).blocking
    mixed = loss(np.append(np.full(400, 400.0), 24.0), np.append(loads, 24.0)).blocking[:-1]
    np.testing.assert_allclose(same, mixed, rtol=1e-15)
