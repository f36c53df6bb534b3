"""Whom a freed connection goes to, and what the time to acquire one covers, by driver."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from boltkb.queueing import Constant
from boltkb.twin import Client, Driver, Replay, Server, Simulation, Work, simulate

SERVER = Server(threads=50, core_threads=50, sign_in=None, housekeeping=None, hand_back=0.0)


def asked(
    driver: Driver, times: list[float], name: str = "shop", seconds: float = 1.0, **changes: object
) -> Client:
    work = Work(seconds=Constant(seconds))
    return Client(name, work, Replay(times), driver, latency=0.0, connect=0.0, **changes)  # type: ignore[arg-type]


def order(run: Simulation) -> list[int]:
    """Requests in the order in which they ended well."""
    done = run.requests.filter(pl.col("outcome") == "ok").sort("end")
    return [int(n) for n in done["request"]]


def test_go_lets_a_newcomer_be_quicker_than_the_one_it_woke() -> None:
    # 0 is done at 1; 1 waits and is woken then, 2 comes before it looks; 1 stands last again.
    times = [0.0, 0.5, 1.000005, 1.5]
    fair = simulate(SERVER, asked(Driver.java(pool=1), times), seconds=20.0)
    barged = simulate(SERVER, asked(Driver.go(pool=1), times), seconds=20.0)
    assert order(fair) == [0, 1, 2, 3]
    assert order(barged) == [0, 2, 1, 3]


def test_go_serves_in_order_when_nobody_comes_at_the_wrong_moment() -> None:
    times = [0.0, 0.1, 0.2, 0.3, 0.4]
    run = simulate(SERVER, asked(Driver.go(pool=1), times), seconds=20.0)
    assert order(run) == [0, 1, 2, 3, 4]


def cluster(driver: Driver) -> Simulation:
    """One driver object, two members: a long read fills one pool, writes take turns in the other.

    `writes` is drawn for each request; both kinds are there in number.
    """
    server = Server(
        threads=50, core_threads=50, sign_in=None, housekeeping=None, members=2,
    )  # fmt: skip
    times = [0.01 * i for i in range(200)]
    client = asked(driver, times, seconds=0.05, writes=0.5)
    return simulate(server, client, seconds=60.0, seed=5)


def test_go_wakes_the_first_in_line_although_another_member_became_free() -> None:
    """With one line a freed connection may stay idle, and requests wait longer than they must."""
    apart = Driver.go(pool=1, one_line=False, wakes_after=0.0)
    together = Driver.go(pool=1)
    waited = {
        name: float(cluster(driver).requests["waited"].mean())  # type: ignore[arg-type]
        for name, driver in (("apart", apart), ("together", together))
    }
    assert waited["together"] > 1.2 * waited["apart"]
    assert order(cluster(apart)) != order(cluster(together))


def test_in_one_line_the_time_out_counts_from_the_call_wherever_one_stands() -> None:
    driver = Driver.go_6(pool=1, acquisition_timeout=2.5)
    times = [0.0, 0.5, 1.000005, 1.5, 1.6]
    run = simulate(SERVER, asked(driver, times), seconds=20.0)
    late = run.requests.filter(pl.col("outcome") == "acquisition timeout")
    # 0, 2, 1 and 3 one after the other; 4 begins at 4, which is before 4.1.
    assert late.height == 0
    hasty = Driver.go_6(pool=1, acquisition_timeout=1.3)
    run = simulate(SERVER, asked(hasty, times), seconds=20.0)
    late = run.requests.filter(pl.col("outcome") == "acquisition timeout").sort("end")
    assert late["end"].to_list() == pytest.approx([0.5 + 1.3, 1.6 + 1.3])


SLOW = Server(sign_in=Constant(3.0), housekeeping=None)


@pytest.mark.parametrize(
    ("make", "covers"),
    [
        (Driver.java, False),
        (Driver.java_5_27, False),
        (Driver.java_6, True),
        (Driver.python, False),
        (Driver.python_6, True),
        (Driver.javascript, True),
        (Driver.go_6, True),
        (Driver.dotnet, False),
    ],
)
def test_what_the_time_to_acquire_covers(
    make: Callable[..., Driver],
    covers: bool,
) -> None:
    driver = make(acquisition_timeout=2.0)
    run = simulate(SLOW, asked(driver, [0.0, 5.0]), seconds=20.0)
    ended = run.requests.sort("request")["outcome"].cast(str).to_list()
    # The second finds the connection that came too late for the first.
    assert ended == (["acquisition timeout", "ok"] if covers else ["ok", "ok"])
    opened = int(run.samples["opened"][-1])
    assert opened == 1
    if covers:
        assert float(run.requests.sort("request")["end"][0]) == pytest.approx(2.0)


def test_the_test_of_an_old_connection_belongs_to_its_acquisition() -> None:
    server = Server(sign_in=None, housekeeping=Constant(3.0))
    for make, expected in ((Driver.java, "ok"), (Driver.java_6, "acquisition timeout")):
        driver = make(acquisition_timeout=2.0, liveness=1.0)
        run = simulate(server, asked(driver, [0.0, 10.0]), seconds=30.0)
        ended = run.requests.sort("request")["outcome"].cast(str).to_list()
        assert ended == ["ok", expected]


def test_go_6_does_not_try_again_what_timed_out_in_the_pool() -> None:
    outcomes = {}
    for make in (Driver.go, Driver.go_6):
        driver = make(pool=1, acquisition_timeout=0.5)
        work = Work(seconds=Constant(1.0), kind="managed")
        client = Client("shop", work, Replay([0.0, 0.1]), driver)
        run = simulate(SERVER, client, seconds=30.0, record=("requests",))
        outcomes[make.__name__] = run.requests.sort("request")["tries"].to_list()
    assert outcomes["go"][1] > 1
    assert outcomes["go_6"] == [1, 1]


@pytest.mark.parametrize(
    ("lifetime", "outcomes"), [(3600.0, {"connection lost": 1, "ok": 1}), (300.0, {"ok": 2})]
)
def test_a_cut_connection_past_its_lifetime_is_dropped_before_it_is_used(
    lifetime: float, outcomes: dict[str, int]
) -> None:
    # Cut after 350 s idle; the second request comes 50 s later, and nothing is tried again.
    client = asked(Driver.java(lifetime=lifetime), [0.0, 400.0], cut_after=350.0)
    run = simulate(SERVER, client, seconds=500.0)
    assert run.outcomes() == outcomes
