"""Both bounds on clients' pools: demand and deadlock below, threads above."""

from __future__ import annotations

import pytest

from boltkb.advice.bounds import HEADROOM, deadlock_floor, find_bounds
from boltkb.bolt import size_client_pool


def test_the_floor_is_hikaricps():
    """About Pool Sizing: three threads that hold four connections each need ten."""
    assert deadlock_floor(3, 4) == 10
    assert deadlock_floor(7, 1) == 1


def test_each_application_has_a_size_of_its_own_by_what_it_holds(stage):
    clients = stage.known(
        *(stage.client("heavy/1", host=f"10.1.0.{i}", holding=2.0) for i in range(2)),
        *(stage.client("light/1", host=f"10.2.0.{i}", holding=0.2) for i in range(2)),
    )
    bounds = find_bounds(
        stage.situation(
            "fleet_times_pool", export=stage.export(load=4.0, threads=60), clients=clients
        )
    )
    heavy, light = bounds.applications
    assert heavy.advised > 3 * light.advised
    assert 2 * heavy.advised + 2 * light.advised <= bounds.room
    assert (bounds.threads, bounds.reserve, bounds.room) == (60, 3, 57)
    assert not bounds.crossed
    # Of the demand, with its headroom, ten parts in eleven are the heavy one's.
    assert heavy.demand == pytest.approx(bounds.demand * 10 / 11 / 2)


def test_the_demand_is_that_of_the_busiest_minutes_with_headroom(stage):
    situation = stage.situation("fleet_times_pool")
    assert find_bounds(situation).demand == HEADROOM * situation.sizing.busiest.high


def test_a_demand_above_the_threads_is_no_matter_of_pool_sizes(stage):
    clients = stage.known(stage.client(holding=7.0))
    advice = stage.advice("fleet_times_pool", clients=clients)
    assert advice.bounds.outgrown
    assert advice.bounds.crossed
    assert "pool sizes cannot do it" in advice.changes[0].name
    assert advice.changes[0].blocks == ()


def test_tools_are_not_asked_to_be_smaller(stage):
    clients = stage.known(
        stage.client("shop/1", holding=1.0), stage.client("neo4j-browser/5", tool=True, holding=1.0)
    )
    bounds = find_bounds(stage.situation("fleet_times_pool", clients=clients))
    assert [app.name for app in bounds.applications] == ["shop/1"]


def test_a_clients_own_log_joins_what_the_server_saw_of_it(stage):
    """The same client must not count twice."""
    clients = stage.known(
        stage.client("shop/1", language="java", holding=1.0, limit_from="the default of java"),
        stage.client(None, host="unknown", language="java", limit=40, timed_out=3, peak_in_use=4),
    )
    (app,) = find_bounds(stage.situation("fleet_times_pool", clients=clients)).applications
    assert (app.name, app.objects, app.limit, app.limit_known) == ("shop/1", 1.0, 40, True)
    assert (app.floor, app.waited) == (5, True)


def test_a_pool_that_its_client_waits_for_is_raised_within_the_threads(stage):
    clients = stage.known(
        stage.client("shop/1", language="python", limit=3, holding=1.0, timed_out=9)
    )
    export = stage.export(load=2.0, threads=40)
    advice = stage.advice("client_pool_too_small", state="ok", export=export, clients=clients)
    change = advice.changes[0]
    (app,) = advice.bounds.applications
    assert change.name == "pool size of shop/1"
    assert 3 < float(change.after) <= app.most
    assert change.blocks[0].language == "python"
    assert f"max_connection_pool_size={change.after}," in str(change.blocks[0])
    assert f"from 3 to {change.after}" in advice.do_first


def test_a_pool_that_nobody_waits_for_is_left_alone(stage):
    clients = stage.known(stage.client("shop/1", limit=3, holding=1.0))
    advice = stage.advice("client_pool_too_small", state="ok", clients=clients)
    assert not [change for change in advice.changes if change.name == "pool size of shop/1"]


def test_a_pool_that_was_used_up_is_doubled_and_told_as_a_step(stage):
    """What it would have used beyond its limit was never seen."""
    clients = stage.known(stage.client("shop/1", limit=10, peak_in_use=10, timed_out=5))
    export = stage.export(load=2.0, threads=60)
    change = stage.advice(
        "client_pool_too_small", state="ok", export=export, clients=clients, verdict="REFUSED"
    ).changes[0]
    assert change.after == "20"
    assert "Extrapolation" in change.expected


def test_pools_already_within_their_bounds_are_left_alone(stage):
    clients = stage.known(stage.client("shop/1", limit=5, holding=1.0))
    export = stage.export(load=2.0, threads=60)
    first = stage.advice("fleet_times_pool", export=export, clients=clients).changes[0]
    assert first.blocks == ()
    assert "within both bounds" in first.notes[0]


def test_without_clients_the_room_is_told_and_no_size(stage):
    advice = stage.advice(
        "fleet_times_pool", export=stage.export(load=2.0, threads=60), clients=stage.known()
    )
    assert advice.changes[0].name == (
        "Divide 57 connections among the driver objects of all processes"
    )
    assert "driver objects" in advice.changes[0].notes[0]


def test_an_incomplete_list_of_clients_promises_nothing(stage):
    export = stage.export(load=2.0, threads=60)
    pools = [stage.client(host=f"10.1.0.{i}", holding=0.5) for i in range(4)]
    told = {
        complete: stage.advice(
            "fleet_times_pool", export=export, clients=stage.known(*pools, complete=complete)
        ).changes[0].expected
        for complete in (True, False)
    }  # fmt: skip
    assert "cannot fill the pool" in told[True]
    assert told[False].startswith("No number: not every client is known")


def test_a_client_pool_grows_with_its_load_and_shrinks_with_its_patience():
    loads = [size_client_pool(a, hold=0.4, acquisition_timeout=1.0) for a in (0.5, 2.0, 8.0, 32.0)]
    assert loads == sorted(set(loads))
    patient = [
        size_client_pool(8.0, hold=0.4, acquisition_timeout=t) for t in (0.0, 0.1, 1.0, 60.0)
    ]
    assert patient == sorted(patient, reverse=True)
    assert patient[-1] == 9
    assert size_client_pool(0.0, hold=0.4, acquisition_timeout=1.0) == 1


def test_an_example_never_leads_but_a_size_does_even_where_the_present_one_is_a_default(stage):
    export = stage.export(load=2.0, threads=60)
    pool = stage.client("shop/1", holding=1.0, limit_from="the default of all official drivers")
    sized = stage.advice("fleet_times_pool", export=export, clients=stage.known(pool))
    assert f"First: pool size of shop/1 to {sized.changes[0].after}." in sized.do_first
    assert sized.changes[0].before == ""
    unsized = stage.advice("fleet_times_pool", export=export, clients=stage.known())
    assert "First:" not in unsized.do_first
