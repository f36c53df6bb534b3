"""The load that is behind a mean number of busy servers."""

from __future__ import annotations

import numpy as np
import pytest

from boltkb.errors import ModelError
from boltkb.queueing import erlang_b, series

SERVERS = [1, 8, 400]
#: What rounding leaves, where the mean number of busy servers still moves with the load.
ROUNDING = 1e-11


@pytest.mark.parametrize("servers", SERVERS)
def test_the_load_behind_a_mean_is_found(servers):
    loads = servers * np.array([0.001, 0.1, 0.5, 0.9, 1.0, 1.2, 2.0])
    carried = loads * (1.0 - erlang_b(servers, loads))
    found = series.solve_loads(servers, carried)
    assert found == pytest.approx(loads, rel=ROUNDING)


@pytest.mark.parametrize("servers", SERVERS)
def test_no_mean_is_found_otherwise_beside_others(servers):
    means = servers * np.array([0.0, 0.02, 0.4, 0.95, 0.999, 1.0])
    together = series.solve_loads(servers, means)
    alone = [series.solve_load(servers, float(mean)) for mean in means]
    # The last is as good as full: any load that fills the servers will do.
    assert together[:-1] == pytest.approx(alone[:-1], rel=ROUNDING)
    assert together[0] == 0.0
    assert np.all(np.diff(together) > 0)


def test_a_mean_that_is_no_number_is_refused():
    with pytest.raises(ModelError, match="offered_load"):
        series.solve_loads(8, np.array([1.0, np.nan]))
