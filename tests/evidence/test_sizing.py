"""The needs of the sizing's loads are known, and a recommendation is judged by fresh runs."""

from __future__ import annotations

import dataclasses
import itertools

import pytest

from boltkb.queueing.erlang import erlang_b
from evidence.demands import DAY, Demand, Need, demands, fresh, need, need_between, setting
from evidence.sized import Sized
from evidence.sizing import PAGE, measure, size, stored
from evidence.sizing_page import render

#: Five standard errors of a share of 0.02 among 100,000 attempts that come in clumps of three.
SLACK = 5 * (0.02 * 3 / 100_000) ** 0.5
SMALL = Demand(0, 8, 0.01, "constant", "exponential", 0.5, 5.0, 0.0, 3_600.0)
DAILY = dataclasses.replace(SMALL, shape="day", swing=0.4, seconds=DAY, hold=4.0)


def sized(**changes: object) -> Sized:
    row = Sized(
        SMALL, Need(11, 11), "pool_too_small", "advice", 11.0, 10.0, 12.0, "", 0.0, 3_600.0, 11,
        0.012, 0.009,
    )  # fmt: skip
    return dataclasses.replace(row, **changes)  # type: ignore[arg-type]


def test_there_are_enough_loads_on_small_and_large_pools():
    found = demands()
    assert len(found) >= 20
    assert {d.threads for d in found} >= {8, 400}
    for target in (0.001, 0.01):
        shapes = [d.shape for d in found if d.target == target]
        assert shapes.count("constant") == shapes.count("day") >= 5
    assert len({d.seed for d in demands(2)}) == 2 * len(found)
    # Seeds of the runs that are read and of those that judge must not meet.
    starts = sorted(d.seed for d in demands(2))
    assert min(b - a for a, b in itertools.pairwise(starts)) >= 1_000


@pytest.mark.parametrize("demand", demands()[:8], ids=lambda d: f"{d.threads}-{d.shape}")
def test_each_pool_is_too_small_as_it_is(demand):
    asked, refused = fresh(demand, demand.threads, 1)
    assert refused / asked > 1.5 * demand.target


def test_a_fresh_run_rejects_what_erlang_b_says():
    asked, refused = fresh(dataclasses.replace(SMALL, seconds=36_000.0), 10, 4)
    # A connection that was rejected is opened again, and its greeting asks for a thread too.
    assert refused / asked == pytest.approx(float(erlang_b(10.0, 5.0)), abs=SLACK)


@pytest.mark.parametrize("demand", [SMALL, DAILY], ids=["constant", "day"])
def test_the_need_of_the_twin_is_that_of_the_formula(demand):
    found = need(demand, attempts=400_000)
    assert found.threads == pytest.approx(found.formula, abs=1)
    if demand is SMALL:
        assert float(erlang_b(found.formula, 5.0)) <= 0.01 < float(erlang_b(found.formula - 1, 5.0))
    else:
        # More than the mean load needs: the tops of the day count.
        assert found.formula > need(dataclasses.replace(SMALL), attempts=400_000).formula


def test_the_top_of_a_day_takes_more_than_the_day():
    whole, top = need_between(DAILY, 0.0, DAY), need_between(DAILY, 13 * 3600.0, 15 * 3600.0)
    assert whole == need(DAILY, attempts=200_000).formula < top
    # At 14 o'clock the load is 1.4 times its mean, and all but constant.
    assert float(erlang_b(top, 7.0)) <= 0.01 < float(erlang_b(top - 1, 6.9))
    assert need_between(SMALL, 0.0, 60.0) == need_between(SMALL, 0.0, 3_600.0)


def test_clients_neither_wait_nor_try_again():
    server, client = setting(SMALL, 8)
    assert client.work.kind == "auto-commit"
    assert client.driver.pool * client.processes >= 8 * server.threads


def test_enough_and_not_too_many_are_judged_apart():
    assert (sized().met, sized().within) == (True, True)
    assert sized(lower=0.0101).met is False
    # 15 % of 11 threads is one.
    assert (sized(threads=12.0).within, sized(threads=13.0).within) == (True, False)
    wide = sized(demand=DAILY)
    assert (wide.allowed, sized(need=Need(4, 4)).allowed) == (14, 5)
    none = sized(threads=None, by="declined", share=None, lower=None)
    assert none.met is None
    assert none.within is None


def test_the_page_marks_what_fails_and_counts_what_is_declined():
    rows = [
        sized(), sized(lower=0.02, share=0.03), sized(threads=20.0),
        sized(threads=None, by="declined", cause=None, share=None, lower=None),
    ]  # fmt: skip
    text = render(rows)
    assert "| all | 2 of 3 " in text
    assert "target: at least 90\u00a0%, **missed**" in text
    assert "1 of 4 |" in text
    assert "**3\u00a0%, at least 2\u00a0%**" in text
    assert "**20** (10" in text
    assert "none; named: no cause" in text
    assert "lie +0 to +82\u00a0% off, +0\u00a0% in the middle. 0 of 3 are below it." in text
    assert "holds what the part that was fitted takes in 4 of 4." in text
    assert "takes in 0 of 1." in render([sized(there=13)])
    low = render([sized(threads=9.0)])
    assert "1 of 1 are below it, by 2 threads at most." in low


def test_a_pool_is_read_from_its_export_and_sized():
    found = size(SMALL, attempts=200_000)
    assert found.by in {"advice", "model"}
    assert found.need.threads - 2 <= found.threads <= found.allowed + 2
    assert found.low <= found.threads <= found.high
    assert found.share < 0.05


def test_some_of_the_loads_can_be_chosen():
    said: list[str] = []
    (row,) = measure(only=[2], attempts=50_000, workers=1, say=said.append)
    assert row.demand == demands()[2]
    assert len(said) == 1


def test_the_page_shows_what_is_stored():
    rows = stored()
    assert [row.demand for row in rows[: len(demands())]] == demands()
    # As the page says of the twin's need.
    assert all(abs(row.need.threads - row.need.formula) <= 1 for row in rows)
    assert render(rows) in PAGE.read_text(encoding="utf-8"), "run `python -m evidence sizing`"
