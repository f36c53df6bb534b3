from __future__ import annotations

import math
import random

import pytest

pytest.importorskip("neo4j", reason="the lab needs: boltkb[lab] (pip)")

from boltkb.twin import load_scenario, scenario_names
from data.lab.choices import Choice
from data.lab.load import plan_arrivals, thin_arrivals
from data.lab.scenarios import SCENARIOS, stage
from data.lab.streams import Client, Scenario, Stalls, Stream
from data.lab.troubles import TROUBLES

SIGMAS = 4.5
SEED = 20


def triangle(now: float) -> float:
    return 40.0 * (now / 500.0 if now < 500.0 else (1000.0 - now) / 500.0)


def test_thinned_counts_follow_the_rate() -> None:
    times = thin_arrivals(triangle, 40.0, 1000.0, random.Random(SEED))
    for first in range(0, 1000, 100):
        middle = first + 50.0
        expected = triangle(middle) * 100.0
        found = sum(first <= at < first + 100 for at in times)
        assert abs(found - expected) < SIGMAS * math.sqrt(expected)


def test_thinned_counts_are_poisson() -> None:
    times = thin_arrivals(lambda _: 12.0, 12.0, 2000.0, random.Random(SEED))
    counts = [0] * 2000
    for at in times:
        counts[int(at)] += 1
    mean = sum(counts) / len(counts)
    variance = sum((count - mean) ** 2 for count in counts) / (len(counts) - 1)
    # The index of dispersion of n Poisson counts has a standard deviation of sqrt(2 / n).
    assert abs(variance / mean - 1.0) < SIGMAS * math.sqrt(2 / len(counts))


def test_thinning_gives_ascending_times_within_the_length() -> None:
    times = thin_arrivals(lambda _: 5.0, 20.0, 50.0, random.Random(SEED))
    assert times == sorted(times)
    assert all(0 <= at < 50.0 for at in times)


@pytest.mark.parametrize("rate", [20.1, -1.0, math.nan])
def test_thinning_refuses_a_rate_outside_its_bounds(rate: float) -> None:
    with pytest.raises(ValueError, match="outside"):
        thin_arrivals(lambda _: rate, 20.0, 50.0, random.Random(SEED))


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_a_plan_is_ordered_and_repeatable(name: str) -> None:
    scenario = stage(name, Choice())
    plan = plan_arrivals(scenario, 60.0, SEED)
    assert plan == plan_arrivals(scenario, 60.0, SEED)
    assert plan != plan_arrivals(scenario, 60.0, SEED + 1)
    assert [a.at for a in plan] == sorted(a.at for a in plan)
    instances = {client.agent: client.instances for client in scenario.clients}
    assert all(0 <= a.instance < instances[a.stream.client] for a in plan)


@pytest.mark.parametrize("shape", ["exponential", "lognormal"])
def test_drawn_work_has_the_mean_that_was_asked_for(shape: str) -> None:
    stream = Stream("a/1", "work", 100.0, 0.4, shape=shape)
    plan = plan_arrivals(Scenario("x", None, (Client("a/1"),), (stream,)), 400.0, SEED)
    mean = sum(a.work for a in plan) / len(plan)
    assert mean == pytest.approx(0.4, rel=SIGMAS / math.sqrt(len(plan)))


def test_leaks_come_regularly_and_bursts_together() -> None:
    streams = (Stream("a/1", "leak", 0.1, 0.01), Stream("a/1", "burst", 0.05, 0.1, size=3))
    plan = plan_arrivals(Scenario("x", None, (Client("a/1"),), streams), 60.0, SEED)
    leaks = [a.at for a in plan if a.stream.kind == "leak"]
    bursts = [a.at for a in plan if a.stream.kind == "burst"]
    assert leaks == pytest.approx([10, 20, 30, 40, 50, 60])
    assert bursts == pytest.approx([20, 20, 20, 40, 40, 40, 60, 60, 60])


def test_the_saturated_scenario_keeps_the_mean_hold_over_its_two_clients() -> None:
    streams = stage("saturated", Choice(rate=10.0, hold=0.4)).streams
    rate = sum(stream.rate for stream in streams)
    assert rate == pytest.approx(10.0)
    assert sum(stream.rate * stream.hold for stream in streams) / rate == pytest.approx(0.4)


def test_choices_reach_the_scenario() -> None:
    scenario = stage("quiet", Choice(client_pool=3, retries=True, default_accounting=False))
    assert {client.pool for client in scenario.clients} == {3}
    assert all(stream.retries for stream in scenario.streams)
    assert scenario.default_accounting is False
    assert stage("quiet", Choice()).default_accounting is True


def test_a_stream_flows_only_in_its_part_of_the_time() -> None:
    streams = (
        Stream("a/1", "work", 40.0, 0.1, start=0.25, end=0.75),
        Stream("a/1", "burst", 0.1, 0.1, size=2, end=0.5),
    )
    plan = plan_arrivals(Scenario("x", None, (Client("a/1"),), streams), 60.0, SEED)
    steady = [a.at for a in plan if a.stream.kind == "work"]
    assert 15.0 <= min(steady) < 17.0
    assert 43.0 < max(steady) < 45.0
    assert [a.at for a in plan if a.stream.kind == "burst"] == pytest.approx([10, 10, 20, 20])


def test_processes_that_start_later_get_no_request_before() -> None:
    client = Client("a/1", instances=6, later=4, start=0.5)
    streams = (
        Stream("a/1", "work", 20.0, 0.1, end=0.5),
        Stream("a/1", "work", 20.0, 0.1, start=0.5),
    )
    plan = plan_arrivals(Scenario("x", None, (client,), streams), 60.0, SEED)
    assert {a.instance for a in plan if a.at < 30.0} == {0, 1}
    assert {a.instance for a in plan if a.at >= 30.0} == set(range(6))


def test_writers_share_the_nodes_that_they_were_given() -> None:
    stream = Stream("a/1", "lock", 20.0, 0.1, spots=3)
    plan = plan_arrivals(Scenario("x", None, (Client("a/1"),), (stream,)), 60.0, SEED)
    assert {arrival.spot for arrival in plan} == {0, 1, 2}


def test_a_slow_reader_takes_as_long_as_was_asked() -> None:
    stream = Stream("a/1", "read", 20.0, 0.0, think=6.0, rows=100)
    plan = plan_arrivals(Scenario("x", None, (Client("a/1"),), (stream,)), 200.0, SEED)
    mean = sum(sum(arrival.pauses) for arrival in plan) / len(plan)
    assert mean == pytest.approx(6.0, rel=SIGMAS / math.sqrt(len(plan)))


@pytest.mark.parametrize("name", sorted(TROUBLES))
def test_a_trouble_is_told_by_the_name_of_the_simulated_one(name: str) -> None:
    scenario = stage(name, Choice())
    assert scenario.situation is not None
    assert scenario.name == name == scenario.situation.replace("_", "-")
    if scenario.situation in scenario_names():
        cause = load_scenario(scenario.situation).cause
        assert scenario.cause == (None if cause == "none" else cause)
    else:
        assert scenario.situation in {"host_stall", "transaction_limit"}
        assert scenario.cause == scenario.situation


def test_more_load_comes_with_the_later_processes_and_no_new_queries_with_the_slow_ones() -> None:
    before, after = stage("fleet-times-pool", Choice()).streams
    assert after.rate == 2 * before.rate
    assert after.hold == before.hold
    before, after = stage("slow-queries", Choice()).streams
    assert after.rate == before.rate
    assert after.hold > 4 * before.hold


def test_pauses_come_from_the_host_or_from_a_small_heap() -> None:
    host = stage("host-stall", Choice(stall_every=30.0, stall=2.0))
    assert (host.stalls, host.heap) == (Stalls(30.0, 2.0), None)
    heap = stage("gc-pauses", Choice(heap=256))
    assert (heap.stalls, heap.heap) == (None, 256)
    assert heap.settings == ("dbms.memory.transaction.total.max=128m",)
    assert {stream.kind for stream in heap.streams} == {"work", "heap"}
