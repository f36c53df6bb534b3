"""Erlang's formulas at their edges: shapes, extremes, and errors by the parameter's name."""

from __future__ import annotations

import math

import numpy as np
import pytest

from boltkb.errors import ModelError
from boltkb.queueing import (
    erlang_b,
    erlang_b_derivative,
    erlang_c,
    log_erlang_b,
    log_erlang_c,
)

KERNELS = (erlang_b, log_erlang_b, erlang_c, log_erlang_c, erlang_b_derivative)
#: Largest relative error of a logarithm next to 0.
ROUNDING_AT_WORST = 1e-14


@pytest.mark.parametrize("kernel", KERNELS)
def test_arrays_broadcast_and_scalars_stay_scalars(kernel):
    assert isinstance(kernel(8, 5.0), float)
    assert isinstance(kernel(np.int64(8), np.float64(5.0)), float)
    servers, loads = np.array([[1.0], [8.5], [400.0]]), np.array([0.0, 1.0, 5.0, 390.0, 900.0])
    grid = kernel(servers, loads)
    assert grid.shape == (3, 5)
    for i, c in enumerate(servers[:, 0]):
        for j, a in enumerate(loads):
            assert grid[i, j] == pytest.approx(kernel(c, a), rel=ROUNDING_AT_WORST, abs=1e-300)
    assert kernel(8, [5.0]).shape == (1,)
    assert kernel(8, np.array([])).shape == (0,)


def test_many_values_are_worked_on_in_blocks_without_a_seam():
    loads = np.linspace(1.0, 800.0, 20_001)
    steps = np.diff(log_erlang_b(400, loads))
    assert (steps > 0).all()
    assert (np.diff(steps) < 0).all()


@pytest.mark.parametrize("servers", [1, 8, 400, 1e6, 2.5])
def test_no_load_never_blocks(servers):
    assert erlang_b(servers, 0.0) == 0.0
    assert erlang_c(servers, 0.0) == 0.0
    assert log_erlang_b(servers, 0.0) == log_erlang_c(servers, 0.0) == -math.inf
    assert erlang_b_derivative(servers, 0.0) == (1.0 if servers == 1 else 0.0)


def test_the_cost_does_not_grow_with_the_servers():
    # A step for each server would never end here.
    assert erlang_b(1e15, 1e15) == pytest.approx(math.sqrt(2.0 / math.pi / 1e15), rel=1e-7)
    assert erlang_b(1e15, 3e15) == pytest.approx(2.0 / 3.0, rel=1e-14)


@pytest.mark.parametrize("load", [1e-320, 1e-300, 1e-100, 1e15, 1e160, 1.7e308])
@pytest.mark.parametrize("servers", [0.001, 0.5, 1, 7, 23, 24, 400, 1e6, 1e15])
def test_extreme_arguments_give_probabilities(servers, load):
    assert 0.0 <= erlang_b(servers, load) <= erlang_c(servers, load) <= 1.0
    assert log_erlang_b(servers, load) <= log_erlang_c(servers, load) <= 0.0
    assert erlang_b_derivative(servers, load) >= 0.0


@pytest.mark.parametrize(
    "servers", [0, 0.0, -1, math.nan, math.inf, 2e15, "8", None, True, 8j, [8, 0]]
)
@pytest.mark.parametrize("kernel", KERNELS)
def test_servers_outside_the_domain_are_refused_by_name(kernel, servers):
    with pytest.raises(ModelError, match="`servers`"):
        kernel(servers, 1.0)


@pytest.mark.parametrize("load", [-1.0, math.nan, math.inf, "5", None, [5.0, math.nan]])
@pytest.mark.parametrize("kernel", KERNELS)
def test_loads_outside_the_domain_are_refused_by_name(kernel, load):
    with pytest.raises(ModelError, match="`offered_load`"):
        kernel(8, load)
