"""Clients are told apart, their ceiling is never called complete, and idle connections are read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boltkb.bolt import observe, read_pool
from boltkb.bolt.clients import (
    DeclaredClients,
    declared_ceiling,
    misread_idle,
    read_clients,
)
from boltkb.bolt.clients.periods import find_period
from boltkb.bolt.clients.pools import host_of
from boltkb.errors import ParameterError
from boltkb.exports import ConnectionRow, DriverPool, LogEvent, SocketCount, Where

EPOCH = 1_795_000_000.0
MAX = "server.bolt.thread_pool_max_size"
LOGGED = {MAX: "8", "server.bolt.enable_network_error_accounting": "false"}


def row(number, host="10.0.0.7", agent="shop-api/2.3", user="shop", since=0.0, time=None):
    return ConnectionRow(
        f"bolt-{number}", f"{host}:{40000 + number}", user, agent, EPOCH + since, "bolt",
        Where("list-connections.csv", number + 2), None if time is None else EPOCH + time,
    )  # fmt: skip


def driver(counts, *, language="java", limit=None, in_use=(), events=(), file="client.log"):
    return DriverPool(
        language=language, version="5.26.3", address="10.0.0.11:7687", start=EPOCH,
        end=EPOCH + 600, counts=counts, times=EPOCH + np.arange(float(len(in_use))),
        in_use=np.array(in_use, dtype=float), waits=np.empty(0), holds=np.empty(0), limit=limit,
        events=tuple(events), where=Where(file, 1, 90),
    )  # fmt: skip


def clients_of(export):
    pool = read_pool(export)
    return read_clients(export, pool, observe(export, pool))


def test_connections_are_counted_by_address_and_agent(make):
    rows = [row(i) for i in range(5)] + [row(9, host="10.0.0.8", agent="neo4j-python/5.28.1 x")]
    found = clients_of(make(connections=rows))
    by_host = {pool.host: pool for pool in found.pools}
    assert by_host["10.0.0.7"].connections == 5
    assert by_host["10.0.0.7"].language is None
    assert by_host["10.0.0.7"].limit == 100
    assert (by_host["10.0.0.8"].language, by_host["10.0.0.8"].version) == ("python", "5.28.1")
    assert found.proxied is False


def test_lists_of_two_times_are_two_looks_and_not_twice_the_connections(make):
    rows = [row(i, time=10.0) for i in range(5)] + [row(i, time=70.0) for i in range(3, 7)]
    (pool,) = clients_of(make(connections=rows)).pools
    assert pool.connections == 5
    assert pool.oldest == 70.0


def test_more_connections_than_one_pool_may_open_are_several_driver_objects(make):
    rows = [row(i) for i in range(230)]
    (pool,) = clients_of(make(connections=rows)).pools
    assert pool.objects == 3
    fewer = clients_of(make(connections=rows[:100])).pools
    assert fewer[0].objects is None


def test_behind_a_proxy_clients_are_told_apart_by_user_and_agent(make):
    rows = [row(i, agent="shop-api/2.3", user="shop") for i in range(6)]
    rows += [row(10 + i, agent="report/1.0", user="ann") for i in range(3)]
    rows += [row(20 + i, agent="report/1.0", user="bob") for i in range(2)]
    found = clients_of(make(connections=rows))
    assert found.proxied is True
    assert {(p.agent, p.user, p.connections) for p in found.pools} == {
        ("shop-api/2.3", "shop", 6.0), ("report/1.0", "ann", 3.0), ("report/1.0", "bob", 2.0),
    }  # fmt: skip


def test_one_address_with_one_program_may_be_a_proxy_or_not(make):
    assert clients_of(make(connections=[row(i) for i in range(6)])).proxied is None
    # Somebody who looks by cypher-shell is no second program.
    tool = row(9, agent="neo4j-cypher-shell/v5.26.0")
    assert clients_of(make(connections=[*(row(i) for i in range(6)), tool])).proxied is None


def test_held_threads_go_to_the_client_whose_connections_hold_them(make, build):
    rows = [row(i) for i in range(3)] + [row(5, host="10.0.0.9", agent="etl/1")]
    dumps = [build.dump(10 + 15 * i, ["working", "working", "idle"]) for i in range(3)]
    found = clients_of(make(connections=rows, dumps=dumps))
    assert [(p.host, p.holding) for p in found.pools] == [("10.0.0.7", 2.0), ("10.0.0.9", 0.0)]


def test_sockets_tell_of_clients_that_no_list_has(make):
    sockets = (
        SocketCount(EPOCH, 7687, "10.0.0.9", "ESTABLISHED", 40, Where("ss.txt", 2)),
        SocketCount(EPOCH + 60, 7687, "10.0.0.9", "ESTABLISHED", 25, Where("ss.txt", 9)),
        SocketCount(EPOCH, 7687, "10.0.0.9", "CLOSE_WAIT", 70, Where("ss.txt", 3)),
        SocketCount(EPOCH, 7687, "others", "ESTABLISHED", 70, Where("ss.txt", 3)),
    )
    (pool,) = clients_of(replace(make(), sockets=sockets)).pools
    assert (pool.host, pool.connections) == ("10.0.0.9", 40)


def test_a_driver_that_names_the_connections_in_use_names_its_limit(make):
    events = [
        LogEvent(EPOCH + i, "javascript-acquisition-timeout", "WARN", "text", None,
                 {"limit": 60.0, "active": 12.0, "idle": 0.0}, Where("client.log", i + 1))
        for i in range(3)
    ]  # fmt: skip
    logged = driver({"timed_out": 3}, language="javascript", events=events)
    (pool,) = clients_of(replace(make(), drivers=(logged,))).pools
    assert (pool.limit, pool.limit_from) == (12, "in use at each of its time-outs")
    assert (pool.host, pool.timed_out, pool.objects) == ("unknown", 3, 1.0)


def test_retries_and_their_delay_come_from_the_clients_log(make):
    logged = replace(
        driver({"retried": 4, "rejected": 5}), totals={"delay_count": 4.0, "delay_seconds": 6.0}
    )
    (pool,) = clients_of(replace(make(), drivers=(logged,))).pools
    assert (pool.retried, pool.rejected, pool.mean_delay) == (4, 5, 1.5)
    assert pool.timed_out is None


def test_pools_towards_other_servers_are_left_out(make):
    settings = {MAX: "8", "server.bolt.listen_address": "10.0.0.11:7687"}
    other = replace(driver({"rejected": 9}), address="10.0.0.12:7687")
    export = replace(make(settings=settings), drivers=(driver({"rejected": 2}), other))
    assert [pool.rejected for pool in clients_of(export).pools] == [2]


def test_the_ceiling_of_an_export_is_never_complete(make):
    few = clients_of(make(settings={MAX: "400"}, connections=[row(1)])).ceiling
    assert (few.connections, few.complete) == (100, False)
    assert "the export cannot tell" in few.words
    assert any("every process" in words for words in few.missing)
    none = clients_of(make()).ceiling
    assert none.connections is None
    assert not none.complete


def test_clients_seen_on_both_sides_are_not_counted_twice(make):
    export = replace(make(connections=[row(1)]), drivers=(driver({"acquired": 5}, limit=100),))
    assert clients_of(export).ceiling.connections == 100


def test_logs_that_follow_one_another_may_be_one_clients(make):
    first = driver({"acquired": 5}, file="app.log.1")
    second = replace(driver({"acquired": 5}, file="app.log"), start=EPOCH + 600, end=EPOCH + 900)
    assert clients_of(replace(make(), drivers=(first, second))).ceiling.connections == 100
    beside = replace(second, start=EPOCH + 300)
    assert clients_of(replace(make(), drivers=(first, beside))).ceiling.connections == 200


def test_a_declared_list_rules_out_or_does_not(make):
    pool = read_pool(make())
    fleet = [DeclaredClients("shop", processes=2, limit=2), DeclaredClients("etl", 1, 3)]
    small = declared_ceiling(fleet, pool)
    assert (small.connections, small.complete) == (7, True)
    assert "cannot fill it" in small.words
    large = declared_ceiling([DeclaredClients("shop", processes=2, limit=3, objects=2)], pool)
    assert large.connections == 12
    assert "can fill it" in large.words


def test_declared_clients_are_checked_all_at_once():
    with pytest.raises(ParameterError, match=r"processes.*limit"):
        DeclaredClients("shop", processes=0, limit=-1)


def idle_of(make, build, *, opened, closed, running=None, step=10.0, committed=None, **more):
    count = len(opened)
    run = np.full(count, 1.0) if running is None else np.asarray(running, dtype=float)
    open_ = 20 + np.asarray(opened, dtype=float) - np.asarray(closed, dtype=float)
    several = [
        build.series("connections_opened", opened, step=step),
        build.series("connections_closed", closed, step=step),
        build.series("connections_running", run, step=step),
        build.series("connections_idle", open_ - run, step=step),
    ]
    if committed is not None:
        several.append(
            replace(build.series("transaction_started", committed, step=step), kind="counter")
        )
    return make(settings=LOGGED, several=several, seconds=count * step, **more)


def cut_counts(count=720, step=10.0, period=350.0, seed=5, born=60):
    """Connections that are opened, used once and closed a period later."""
    draw = np.random.default_rng(seed)
    births = np.sort(draw.uniform(0, count * step - period - 60, born))
    grid = step * np.arange(count)
    used = draw.exponential(0.2, born)
    return np.searchsorted(births, grid), np.searchsorted(np.sort(births + used + period), grid)


def test_a_fixed_time_from_opening_to_closing_is_a_cut(make, build):
    opened, closed = cut_counts()
    idle = clients_of(idle_of(make, build, opened=opened, closed=closed)).idle
    assert idle.shape == "cut"
    assert idle.regular.low <= 350 <= idle.regular.high
    assert abs(idle.period - 350) < 20


@pytest.mark.parametrize("seed", range(5))
def test_connections_that_end_at_any_time_are_no_cut(make, build, seed):
    draw = np.random.default_rng(seed)
    grid = 10.0 * np.arange(720)
    births = np.sort(draw.uniform(0, 6500, 60))
    deaths = np.sort(births + draw.exponential(400.0, 60))
    opened, closed = np.searchsorted(births, grid), np.searchsorted(deaths, grid)
    idle = clients_of(idle_of(make, build, opened=opened, closed=closed)).idle
    assert idle.regular is None or idle.regular.chance > 0.01


def test_chance_finds_as_good_a_lag_about_as_often_as_it_says():
    """Of many series without any period, few are called one: 5 % and what 100 draws waver by."""
    draw = np.random.default_rng(17)
    found = 0
    for _ in range(100):
        begun = draw.uniform(0, 7200, 30)
        ended = draw.uniform(0, 7200, 30)
        period = find_period(begun, ended, resolution=10.0, start=0.0, end=7200.0)
        found += period.chance < 0.05
    assert found <= 12


def test_a_plateau_is_an_old_peak_that_is_kept(make, build):
    opened = np.minimum(np.arange(200) * 2, 60)
    idle = clients_of(idle_of(make, build, opened=opened, closed=np.zeros(200))).idle
    assert idle.shape == "plateau"
    assert "normal" in idle.words


def test_connections_that_only_ever_grow_are_growth(make, build):
    opened = np.arange(200)
    idle = clients_of(idle_of(make, build, opened=opened, closed=np.zeros(200))).idle
    assert idle.shape == "growth"


def test_a_driver_that_warms_up_is_no_growth(make, build):
    opened = np.round(30 * (1 - np.exp(-np.arange(200) / 40)))
    idle = clients_of(idle_of(make, build, opened=opened, closed=np.zeros(200))).idle
    assert idle.shape == "plateau"


def test_a_connection_for_each_request_is_churn(make, build):
    count = np.arange(200) * 30
    idle = clients_of(
        idle_of(make, build, opened=count, closed=count, committed=count, running=np.full(200, 3))
    ).idle
    assert idle.shape == "churn"
    assert idle.opened_per_request == pytest.approx(1.0)
    # 20 connections open, three closed a second: Little's law.
    assert idle.life == pytest.approx(20 / 3.0, rel=0.02)


def test_rejections_close_connections_and_are_no_churn(make, build):
    count = np.arange(200) * 30
    events = [build.event(t) for t in range(10, 1990, 5)]
    idle = clients_of(
        idle_of(make, build, opened=count, closed=count, committed=count, events=events)
    ).idle
    assert idle.shape == "unknown"
    assert "rejection" in idle.words


def test_a_health_probe_is_no_churn(make, build):
    count = np.arange(400) // 3
    idle = clients_of(idle_of(make, build, opened=count, closed=count, committed=count)).idle
    assert idle.shape != "churn"


def test_without_counts_of_connections_nothing_is_said_of_them(make):
    idle = clients_of(make()).idle
    assert idle.shape == "unknown"
    assert "connections_opened" in idle.words


def test_many_idle_connections_are_explained_where_nothing_is_wrong(make, build):
    quiet = idle_of(make, build, opened=np.full(100, 200), closed=np.zeros(100))
    found = misread_idle(observe(quiet, read_pool(quiet)))
    assert found is not None
    assert found.idle == pytest.approx(219)
    assert "Nothing is wrong" in found.words


def test_many_idle_connections_are_not_explained_away_in_trouble(make, build):
    more = {"opened": np.full(100, 200), "closed": np.zeros(100)}
    rejecting = idle_of(make, build, events=[build.event(30)], **more)
    assert misread_idle(observe(rejecting, read_pool(rejecting))) is None
    full = idle_of(make, build, running=[8.0] * 10 + [1.0] * 90, **more)
    assert misread_idle(observe(full, read_pool(full))) is None
    blind = replace(
        idle_of(make, build, **more), log_spans=(), sources=(),
    )  # fmt: skip
    assert misread_idle(observe(blind, read_pool(blind))) is None


def test_addresses_lose_their_port_only():
    assert host_of("fe80::1") == "fe80::1"
    assert host_of("[fe80::1]:7") == "fe80::1"
    assert host_of("db.example.org") == "db.example.org"
    assert host_of("") == "unknown"
