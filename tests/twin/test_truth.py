"""The engine against theory: twenty runs each, the formula inside their interval."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from boltkb.queueing import (
    Constant,
    Engset,
    Gamma,
    Hyperexponential,
    Lognormal,
    MMc,
    MMcc,
    MMcD,
    MMcK,
    RetryLoss,
)
from boltkb.twin import Client, Driver, Machine, Poisson, Run, Server, Users, Work, simulate
from boltkb.twin.columns import SAMPLES

RUNS = 20
#: Standard errors that the mean of the runs may lie from the formula: one in 10,000 fails.
FAR = 4.9
#: No wider than this may an interval be, as a share of what it is about: or nothing is tested.
WIDE = 0.06


def agrees(measure: Callable[[int], float], truth: float, wide: float = WIDE) -> None:
    values = np.array([measure(seed) for seed in range(RUNS)])
    error = values.std(ddof=1) / math.sqrt(RUNS)
    assert FAR * error < wide * truth, f"the runs are too short: {FAR * error} about {truth}"
    assert abs(values.mean() - truth) < FAR * error, (values.mean(), truth, error)


def bare(
    server: Server, client: Client, seconds: float, seed: int, warm: float
) -> dict[str, float]:
    """What the counters grew by after a warm-up, and the means of the gauges."""
    run = Run(server, [client], seed=seed, sample_every=warm, record=())
    rows = np.concatenate([block.samples for block in run.advance(seconds)])
    grown = {name: float(rows[-1, i] - rows[0, i]) for i, name in enumerate(SAMPLES)}
    return grown | {"mean_busy": float(rows[1:, SAMPLES.index("busy")].mean())}


def direct(rate: float, hold: object) -> Client:
    return Client("bare", Work(seconds=hold), Poisson(rate), None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "hold",
    [1.0, Constant(1.0), Lognormal(1.0, 3.0), Hyperexponential(1.0, 4.0), Gamma(1.0, 0.5)],
    ids=lambda law: type(law).__name__,
)
def test_a_full_pool_rejects_as_erlang_b_says_whatever_the_holds(hold: object) -> None:
    server = Server(threads=20, core_threads=5)

    def rejected(seed: int) -> float:
        grown = bare(server, direct(16.0, hold), 6_000.0, seed, 50.0)
        return grown["refused"] / grown["asked"]

    agrees(rejected, MMcc(20, 16.0, 1.0).blocking_probability)


def test_four_hundred_threads_reject_as_erlang_b_says() -> None:
    server = Server()

    def rejected(seed: int) -> float:
        grown = bare(server, direct(400.0, 1.0), 600.0, seed, 20.0)
        return grown["refused"] / grown["asked"]

    agrees(rejected, MMcc(400, 400.0, 1.0).blocking_probability)


def test_a_bounded_queue_is_mmck_once_the_pool_has_grown() -> None:
    server = Server(threads=8, core_threads=2, queue=6, keep_alive=1e9)
    model = MMcK(8, 14, 7.6, 1.0)

    def rejected(seed: int) -> float:
        grown = bare(server, direct(7.6, 1.0), 9_000.0, seed, 400.0)
        return grown["refused"] / grown["asked"]

    def wait(seed: int) -> float:
        grown = bare(server, direct(7.6, 1.0), 9_000.0, seed, 400.0)
        return grown["queue_seconds"] / grown["started"]

    agrees(rejected, model.blocking_probability)
    agrees(wait, model.mean_wait)


def test_an_unbounded_queue_never_grows_past_the_core() -> None:
    server = Server(threads=400, core_threads=6, queue=-1)
    model = MMc(6, 4.8, 1.0)

    def wait(seed: int) -> float:
        grown = bare(server, direct(4.8, 1.0), 20_000.0, seed, 400.0)
        return grown["queue_seconds"] / grown["started"]

    agrees(wait, model.mean_wait, wide=0.1)
    run = simulate(server, direct(4.8, 1.0), seconds=2_000.0, record=())
    assert run.samples["pool_size"].max() == 6


def test_below_its_core_a_pool_with_a_queue_rejects_at_the_core_and_not_at_the_most() -> None:
    """The queue must be full before a thread is added: with room 50, two threads stay two."""
    server = Server(threads=40, core_threads=2, queue=50)
    run = simulate(server, direct(1.5, 1.0), seconds=5_000.0, record=())
    assert run.samples["pool_size"].max() == 2
    assert run.rejected == 0
    assert run.samples["queued"].max() > 5


def instant(**changes: object) -> dict[str, float]:
    return {"latency": 0.0, "connect": 0.0, **changes}  # type: ignore[dict-item]


def test_few_clients_are_rejected_as_engset_says() -> None:
    server = Server(threads=6, core_threads=6, sign_in=None, housekeeping=None)
    users = Client("users", Work(seconds=1.0), Users(15, 2.0), Driver.java(), **instant())

    def rejected(seed: int) -> float:
        ended = simulate(server, users, seconds=8_000.0, seed=seed, record=("requests",)).outcomes()
        return ended["no threads"] / sum(ended.values())

    agrees(rejected, Engset(6, 15, 0.5, 1.0).blocking_probability)


def test_waiting_for_a_connection_is_a_queue_with_patience() -> None:
    server = Server(threads=50, core_threads=50, sign_in=None, housekeeping=None)
    driver = Driver.java(pool=10, acquisition_timeout=0.5)
    client = Client("shop", Work(seconds=1.0), Poisson(9.0), driver, **instant())
    model = MMcD(10, 9.0, 1.0, 0.5)

    def given_up(seed: int) -> float:
        ended = simulate(
            server, client, seconds=6_000.0, seed=seed, record=("requests",)
        ).outcomes()
        return ended["acquisition timeout"] / sum(ended.values())

    def waited(seed: int) -> float:
        asked = simulate(server, client, seconds=6_000.0, seed=seed, record=("requests",)).requests
        late = asked["outcome"] == "acquisition timeout"
        return float(asked["waited"].sum() + 0.5 * late.sum()) / asked.height

    agrees(given_up, model.abandonment_probability, wide=0.1)
    agrees(waited, model.mean_wait, wide=0.1)


def test_retries_after_long_back_offs_are_the_fixed_point_and_soon_ones_are_worse() -> None:
    server = Server(threads=20, core_threads=20)
    model = RetryLoss(20, 170.0, 10.0, retry_probability=1.0)

    def rejected(seed: int, delay: float, seconds: float) -> float:
        driver = Driver.java(
            pool=100_000, delay=delay, multiplier=1.0, jitter=0.99, budget=1e6, liveness=None
        )
        work = Work(seconds=0.1, kind="managed")
        client = Client("shop", work, Poisson(170.0), driver, **instant())
        free = Server(threads=20, core_threads=20, sign_in=None, housekeeping=None)
        run = simulate(free, client, seconds=seconds, seed=seed, record=("tries",))
        ended = run.tables["tries"]["outcome"]
        return float((ended == "no threads").sum()) / len(ended)

    assert server.threads == model.servers
    patient = np.mean([rejected(seed, 20.0, 900.0) for seed in range(3)])
    hasty = np.mean([rejected(seed, 0.02, 300.0) for seed in range(3)])
    assert patient == pytest.approx(model.blocking_probability, rel=0.10)
    assert hasty > 1.5 * model.blocking_probability


def test_shared_cores_are_processor_sharing() -> None:
    """M/M/1 with processor sharing: mean time W = s / (1 - rho), by Kleinrock (1976)."""
    server = Server(threads=400, machine=Machine(cores=1))
    client = direct(7.0, 0.1)

    def hold(seed: int) -> float:
        grown = bare(server, client, 8_000.0, seed, 100.0)
        return grown["held_seconds"] / grown["ended"]

    agrees(hold, 0.1 / (1 - 0.7), wide=0.1)


def test_many_cores_are_a_limit_on_the_speed() -> None:
    """k cores shared: as M/M/k for the number present, whose mean is that of M/M/k."""
    server = Server(threads=400, machine=Machine(cores=4))

    def hold(seed: int) -> float:
        grown = bare(server, direct(34.0, 0.1), 8_000.0, seed, 100.0)
        return grown["held_seconds"] / grown["ended"]

    agrees(hold, MMc(4, 34.0, 10.0).mean_sojourn, wide=0.1)


def test_a_pause_stretches_holds_by_its_length_once() -> None:
    machine = Machine(cores=40, pause_every=Constant(10.0), pause=Constant(2.0))
    client = Client("bare", Work(seconds=Constant(5.0)), Poisson(0.5), None)
    run = simulate(Server(threads=40, machine=machine), client, seconds=3_000.0)
    held = run.holds.filter(run.holds["outcome"] == "held")
    lengths = (held["end"] - held["start"]).to_numpy()
    assert set(np.round(lengths, 6)) == {5.0, 7.0}
    # A hold of 5 s of work, begun in the 10 s between two pauses, meets one half of the time,
    # and always when it begins at the end of a pause: then it is over before the next.
    begun_free = np.mod(held["start"].to_numpy(), 12.0)
    assert np.all(lengths[begun_free < 4.999] == pytest.approx(5.0))
    assert np.all(lengths[(begun_free > 5.001) & (begun_free < 9.999)] == pytest.approx(7.0))
