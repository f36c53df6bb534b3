"""Causes outside the thread pool: each by its own evidence, and by nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from boltkb.bolt import observe, read_pool
from boltkb.bolt.causes.case import open_case
from boltkb.bolt.causes.outside import RULES
from boltkb.catalogue import load_causes
from boltkb.exports import (
    ConnectionRow,
    DriverPool,
    Holds,
    LogEvent,
    SocketCount,
    Where,
    open_export,
)

EPOCH = 1_795_000_000.0
MAX = "server.bolt.thread_pool_max_size"
LOGGED = {MAX: "8", "server.bolt.enable_network_error_accounting": "false"}


def told(second, kind, **numbers):
    return LogEvent(
        EPOCH + second, kind, "WARN", "text", None, numbers, Where("client.log", int(second) + 1)
    )


def client(counts, *, events=(), waits=(), language="java", version="5.26.3", **more):
    fields = {
        "language": language, "version": version, "address": "10.0.0.11:7687", "start": EPOCH,
        "end": EPOCH + 600, "counts": counts, "times": np.empty(0), "in_use": np.empty(0),
        "waits": np.array(waits, dtype=float), "holds": np.empty(0), "limit": None,
        "events": tuple(events), "where": Where("client.log", 1, 900),
    }  # fmt: skip
    return DriverPool(**(fields | more))


def used(values, **more):
    array = np.array(values, dtype=float)
    return {"times": EPOCH + np.arange(array.size), "in_use": array, **more}


def case_of(export):
    pool = read_pool(export)
    # No rule of this room looks at a fit.
    return open_case(export, pool, observe(export, pool), None)


def weigh(export, name):
    return RULES[name](case_of(export))


def server(make, build, *, running=2.0, opened=20, closed=0, open_=20, count=600, step=1.0, **more):
    """A server whose threads and connections are as said, with logs of every rejection."""

    def course(value):
        return np.broadcast_to(np.asarray(value, dtype=float), (count,))

    busy = course(running)
    several = [
        build.series("connections_running", busy, step=step),
        build.series("connections_idle", course(open_) - busy, step=step),
        build.series("connections_opened", course(opened), step=step),
        build.series("connections_closed", course(closed), step=step),
        *more.pop("several", ()),
    ]
    return make(
        settings=more.pop("settings", LOGGED), several=several, seconds=count * step, **more
    )


def counter(build, name, values, *, step=1.0, database="neo4j"):
    return replace(build.series(name, values, step=step), kind="counter", database=database)


TIMEOUTS = [told(20 * i, "java-acquisition-timeout", limit=5.0) for i in range(1, 25)]


def test_every_rule_is_of_a_cause_of_the_catalogue():
    names = load_causes()
    assert set(RULES) <= set(names)
    assert all(names[name].group in {"elsewhere", "too_many"} for name in RULES)


# A driver's own pool.


def test_timeouts_at_a_full_own_pool_with_free_threads_are_a_pool_too_small(make, build):
    log = client({"timed_out": 24}, events=TIMEOUTS, **used([10] * 600, limit=10))
    found = weigh(replace(server(make, build), drivers=(log,)), "client_pool_too_small")
    assert (found.status, found.share, found.explains) == ("supported", 1.0, "failures")
    assert any("All 10 connections" in words for words in found.evidence_for)


def test_connections_that_are_all_running_tell_the_same_without_the_pools_number(make, build):
    export = server(make, build, running=4.0, open_=4, opened=4)
    export = replace(export, drivers=(client({"timed_out": 24}, events=TIMEOUTS),))
    found = weigh(export, "client_pool_too_small")
    assert found.status == "supported"
    assert len(found.kinds) == 2


def test_timeouts_without_any_number_in_use_cannot_be_told(make, build):
    export = replace(server(make, build), drivers=(client({"timed_out": 24}, events=TIMEOUTS),))
    assert weigh(export, "client_pool_too_small").status == "cannot_tell"


def test_timeouts_while_the_server_is_full_are_no_small_client_pool(make, build):
    log = client({"timed_out": 24}, events=TIMEOUTS, **used([10] * 600, limit=10))
    export = server(make, build, running=8.0, events=[build.event(t) for t in range(0, 600, 2)])
    assert weigh(replace(export, drivers=(log,)), "client_pool_too_small").status == "contradicted"


def test_connections_that_are_never_given_back_are_no_small_client_pool(make, build):
    log = client(
        {"timed_out": 24, "acquired": 10, "released": 0}, events=TIMEOUTS,
        **used([10] * 600, limit=10),
    )  # fmt: skip
    found = weigh(replace(server(make, build), drivers=(log,)), "client_pool_too_small")
    assert found.status == "contradicted"
    assert "given back" in found.evidence_against[0]


def test_timeouts_with_nothing_in_use_are_no_small_client_pool(make, build):
    events = [
        told(20 * i, "javascript-acquisition-timeout", limit=60.0, active=0.0, idle=0.0)
        for i in range(1, 9)
    ]
    log = client({"timed_out": 8}, events=events, language="javascript")
    export = replace(server(make, build), drivers=(log,))
    assert weigh(export, "client_pool_too_small").status == "contradicted"
    assert weigh(export, "connect_failure").status == "supported"


def test_holds_as_long_as_the_wait_are_not_for_the_pool_to_mend(make, build):
    log = client(
        {"timed_out": 24}, events=TIMEOUTS,
        totals={"hold_count": 10.0, "hold_seconds": 80.0}, **used([10] * 600, limit=10),
    )  # fmt: skip
    found = weigh(replace(server(make, build), drivers=(log,)), "client_pool_too_small")
    assert found.status == "contradicted"


def test_a_log_without_timeouts_speaks_against_it(make, build):
    log = client({"acquired": 500, "released": 500})
    export = replace(server(make, build), drivers=(log,))
    assert weigh(export, "client_pool_too_small").status == "contradicted"


def test_long_waits_without_timeouts_are_told_and_not_concluded_from(make, build):
    log = client(
        {"acquired": 500, "released": 500}, **used([10] * 600, limit=10),
        totals={"wait_count": 500.0, "wait_seconds": 900.0, "hold_count": 500.0,
                "hold_seconds": 200.0},
    )  # fmt: skip
    found = weigh(replace(server(make, build), drivers=(log,)), "client_pool_too_small")
    assert found.status == "cannot_tell"
    assert "1.8 s" in found.evidence_for[0]


def test_without_a_clients_log_nothing_is_said_and_the_log_is_asked_for(make, build):
    found = weigh(server(make, build), "client_pool_too_small")
    assert found.status == "cannot_tell"
    assert "org.neo4j.driver" in found.missing[0]


# Connections that cannot be opened.


def test_openings_that_mostly_fail_are_a_connect_failure(make, build):
    log = client({"failed": 40, "created": 2})
    found = weigh(replace(server(make, build), drivers=(log,)), "connect_failure")
    assert (found.status, found.explains) == ("supported", "failures")
    assert len(found.kinds) == 2


def test_rejected_sign_ins_are_no_connect_failure(make, build):
    log = client({"failed": 40, "rejected": 41, "created": 2})
    export = server(make, build, events=[build.event(t) for t in range(10, 500, 12)])
    assert weigh(replace(export, drivers=(log,)), "connect_failure").status == "contradicted"


def test_timeouts_beside_rejections_are_not_explained_by_these(make, build):
    """Where clients met more than rejections, nothing is ruled out by them."""
    events = [build.event(t) for t in range(10, 500, 50)]
    log = client({"timed_out": 24, "rejected": 10}, events=TIMEOUTS)
    found = weigh(replace(server(make, build, events=events), drivers=(log,)), "connect_failure")
    assert found.status == "cannot_tell"
    alone = client({"rejected": 10})
    found = weigh(replace(server(make, build, events=events), drivers=(alone,)), "connect_failure")
    assert found.status == "contradicted"


def test_a_second_address_that_does_not_answer_is_no_connect_failure(make, build):
    """Each connection fails once at the first address and is opened at the second."""
    log = client({"failed": 40, "created": 40, "acquired": 200})
    found = weigh(replace(server(make, build), drivers=(log,)), "connect_failure")
    assert found.status == "contradicted"


def test_openings_that_fail_at_a_restart_are_the_restarts(make, build):
    log = client({"failed": 40, "created": 2})
    export = server(make, build, restarts=[EPOCH + 300])
    assert weigh(replace(export, drivers=(log,)), "connect_failure").status == "cannot_tell"


# Half-open sockets.


def test_a_few_acquisitions_that_hang_for_minutes_are_half_open_sockets(make, build):
    log = client({"acquired": 100}, waits=[0.001] * 97 + [300.0, 900.0, 920.0])
    found = weigh(replace(server(make, build), drivers=(log,)), "half_open_sockets")
    assert found.status == "supported"
    assert "3 of 100" in found.evidence_for[0]


def test_waits_of_many_are_a_queue_and_no_half_open_sockets(make, build):
    log = client({"acquired": 100}, waits=[0.001] * 60 + [200.0] * 40)
    found = weigh(replace(server(make, build), drivers=(log,)), "half_open_sockets")
    assert found.status == "contradicted"


def sockets(second, **states):
    return [
        SocketCount(EPOCH + second, 7687, "10.0.0.7", state, count, Where("ss.txt", 1))
        for state, count in states.items()
    ]


def test_odd_sockets_support_it_only_with_a_client_that_met_them(make, build):
    listed = sockets(10, ESTABLISHED=40, FIN_WAIT_1=30) + sockets(
        300, ESTABLISHED=40, FIN_WAIT_1=31
    )
    alone = replace(server(make, build), sockets=tuple(listed))
    found = weigh(alone, "half_open_sockets")
    assert found.status == "cannot_tell"
    assert "31 FIN_WAIT_1" in found.evidence_for[0]
    met = replace(alone, drivers=(client({"lost": 6}),))
    assert weigh(met, "half_open_sockets").status == "supported"


def test_sockets_past_their_end_are_no_half_open_ones(make, build):
    listed = sockets(10, ESTABLISHED=40, TIME_WAIT=300) + sockets(300, ESTABLISHED=40, TIME_WAIT=9)
    found = weigh(replace(server(make, build), sockets=tuple(listed)), "half_open_sockets")
    assert found.status == "contradicted"


# A cut of idle connections.


def cut(make, build, *, period=350.0, step=10.0, count=720, **more):
    draw = np.random.default_rng(5)
    births = np.sort(draw.uniform(0, count * step - period - 60, 60))
    grid = step * np.arange(count)
    opened = np.searchsorted(births, grid)
    closed = np.searchsorted(births + period + 0.1, grid)
    return server(
        make, build, opened=opened, closed=closed, open_=20 + opened - closed, count=count,
        step=step, running=0.0, **more,
    )  # fmt: skip


LOST = [told(100 * i, "any-lost") for i in range(1, 70)]


def test_a_fixed_time_that_a_client_meets_is_a_cut(make, build):
    export = replace(cut(make, build), drivers=(client({"lost": 69, "retried": 69}, events=LOST),))
    found = weigh(export, "load_balancer_cut")
    assert (found.status, found.share, found.explains) == ("supported", 1.0, "failures")
    assert len(found.kinds) == 2


def test_lines_of_network_aborts_meet_it_as_well(make, build):
    lines = [build.event(100 * i, "network-abort", f"bolt-{i}") for i in range(1, 70)]
    found = weigh(cut(make, build, events=lines), "load_balancer_cut")
    assert (found.status, found.explains) == ("supported", "connections")


def test_a_fixed_time_that_nobody_meets_may_be_a_programs_own(make, build):
    found = weigh(cut(make, build), "load_balancer_cut")
    assert found.status == "cannot_tell"
    assert any("org.neo4j.driver" in words for words in found.missing)


def test_lost_connections_without_a_fixed_time_are_not_called_a_cut(make, build):
    draw = np.random.default_rng(9)
    grid = 10.0 * np.arange(720)
    births = np.sort(draw.uniform(0, 6500, 40))
    opened = np.searchsorted(births, grid)
    closed = np.searchsorted(np.sort(births + draw.exponential(900.0, 40)), grid)
    export = server(make, build, opened=opened, closed=closed, count=720, step=10.0, running=0.0)
    export = replace(export, drivers=(client({"lost": 69}, events=LOST),))
    found = weigh(export, "load_balancer_cut")
    assert found.status == "cannot_tell"
    assert any("trace" in words for words in found.missing)


def test_connections_that_a_restart_broke_are_no_cut(make, build):
    events = [told(3000 + i, "any-lost") for i in range(60)]
    export = replace(
        cut(make, build, restarts=[EPOCH + 2990]), drivers=(client({"lost": 60}, events=events),)
    )
    assert weigh(export, "load_balancer_cut").status != "supported"


def test_a_trace_tells_the_idle_time_before_each_cut(make, build):
    names = np.array([f"bolt-{i}" for i in range(8)])
    ends = EPOCH + 100.0 * np.arange(8)
    holds = Holds(
        asked=ends - 1, starts=ends - 1, ends=ends, waited=np.zeros(8),
        messages=np.ones(8, dtype=np.int64), connections=names, begin=EPOCH, end=EPOCH + 3000,
        where=Where("debug-bolt.log", 1), rejected=np.zeros(8, dtype=bool),
    )  # fmt: skip
    lines = [build.event(100 * i + 1200.5, "network-abort", f"bolt-{i}") for i in range(8)]
    export = server(make, build, count=300, step=10.0, running=0.0, closed=8, events=lines)
    found = weigh(replace(export, holds=holds), "load_balancer_cut")
    assert found.status == "supported"
    assert any("20 min" in words for words in found.evidence_for)


def test_no_connection_closed_is_no_cut(make, build):
    assert weigh(server(make, build), "load_balancer_cut").status == "contradicted"


# A driver for each request.


def each_request(make, build, *, requests, opened, count=600, **more):
    grid = np.arange(count, dtype=float)
    several = [counter(build, "transaction_started", requests * grid)]
    return server(
        make, build, opened=opened * grid, closed=opened * grid, open_=3, count=count,
        several=several, **more,
    )  # fmt: skip


def test_a_connection_for_each_request_is_a_driver_per_request(make, build):
    found = weigh(each_request(make, build, requests=5, opened=5), "driver_per_request")
    assert (found.status, found.explains) == ("supported", "connections")
    assert found.share > 0.99


def test_connections_that_serve_many_requests_are_not(make, build):
    found = weigh(each_request(make, build, requests=60, opened=5), "driver_per_request")
    assert found.status == "contradicted"


def test_connections_that_rejections_closed_are_not(make, build):
    events = [build.event(t / 5) for t in range(3000)]
    found = weigh(
        each_request(make, build, requests=5, opened=5, events=events), "driver_per_request"
    )
    assert found.status == "contradicted"


def test_a_probe_every_half_minute_is_not(make, build):
    found = weigh(
        each_request(make, build, requests=1 / 30, opened=1 / 30, count=6000), "driver_per_request"
    )
    assert found.status == "contradicted"


def test_without_a_count_of_requests_it_cannot_be_told(make, build):
    grid = np.arange(600.0)
    export = server(make, build, opened=5 * grid, closed=5 * grid, open_=3)
    found = weigh(export, "driver_per_request")
    assert found.status == "cannot_tell"
    assert "transaction.committed" in found.missing[0]


def test_community_edition_is_not_told_to_switch_on_metrics(make):
    found = weigh(make(), "driver_per_request")
    assert found.status == "cannot_tell"
    assert "metrics.csv" not in found.missing[0]
    assert "listConnections" in found.missing[0]


# Limits elsewhere.


def test_a_native_thread_failure_below_the_maximum_is_the_systems_limit(make, build):
    events = [build.event(t, "native-thread-failure") for t in (200, 230)]
    several = [build.series("vm_threads", np.full(600, 180.0))]
    found = weigh(
        server(make, build, running=5.0, events=events, several=several), "os_thread_limit"
    )
    assert (found.status, found.share, len(found.kinds)) == ("supported", 1.0, 2)
    assert any("180 threads" in words for words in found.evidence_for)


def test_a_native_thread_failure_of_a_full_pool_is_not_told_apart(make, build):
    events = [build.event(t, "native-thread-failure") for t in (200, 230)]
    found = weigh(server(make, build, running=8.0, events=events), "os_thread_limit")
    assert found.status == "cannot_tell"


def test_whole_logs_without_such_a_line_speak_against_it(make, build):
    assert weigh(server(make, build), "os_thread_limit").status == "contradicted"
    silent = weigh(server(make, build, log=False), "os_thread_limit")
    assert silent.status == "cannot_tell"


LIMITED = {**LOGGED, "db.transaction.concurrent.maximum": "4"}


def test_a_line_that_names_the_transaction_limit_supports_it(make, build):
    events = [build.event(t, "transaction-limit") for t in (200, 230)]
    export = server(make, build, running=4.0, events=events, settings=LIMITED)
    found = weigh(export, "transaction_limit")
    assert (found.status, found.share) == ("supported", 1.0)
    assert weigh(export, "os_thread_limit").status == "contradicted"


def test_open_transactions_at_the_limit_support_it(make, build):
    several = [
        replace(build.series("transaction_active_read", np.full(600, 3.0)), database="neo4j"),
        replace(build.series("transaction_active_write", np.full(600, 1.0)), database="neo4j"),
    ]
    export = server(make, build, running=4.0, several=several, settings=LIMITED)
    assert weigh(export, "transaction_limit").status == "supported"


def test_a_peak_below_the_limit_speaks_against_it(make, build):
    several = [counter(build, "transaction_peak_concurrent", np.full(600, 3.0))]
    export = server(make, build, several=several, settings=LIMITED)
    assert weigh(export, "transaction_limit").status == "contradicted"
    reached = [counter(build, "transaction_peak_concurrent", np.full(600, 4.0))]
    export = server(make, build, several=reached, settings=LIMITED)
    assert weigh(export, "transaction_limit").status == "cannot_tell"


def test_thread_rejections_are_no_transaction_limit(make, build):
    events = [build.event(t) for t in range(100, 400)]
    several = [counter(build, "transaction_peak_concurrent", np.full(600, 8.0))]
    export = server(make, build, running=8.0, events=events, several=several)
    assert weigh(export, "transaction_limit").status == "contradicted"


@pytest.mark.parametrize(
    ("version", "settings"),
    [("3.5.35", {"dbms.connector.bolt.thread_pool_max_size": "8"}),
     ("5.26.0", {**LOGGED, "db.transaction.concurrent.maximum": "0"})],
)  # fmt: skip
def test_where_there_is_no_such_limit_it_does_not_apply(make, build, version, settings):
    found = weigh(server(make, build, version=version, settings=settings), "transaction_limit")
    assert found.status == "not_applicable"


# Known defects.


def hanging(version, language="python"):
    return client(
        {"acquired": 100}, waits=[0.001] * 98 + [400.0] * 2, language=language, version=version
    )


def test_a_defect_needs_its_version_and_its_symptom(make, build):
    export = server(make, build)
    found = weigh(replace(export, drivers=(hanging("6.2.0"),)), "known_defect")
    assert found.status == "supported"
    assert "1309" in found.evidence_for[0]
    # Another version may have it: the bounds are not known.
    assert weigh(replace(export, drivers=(hanging("6.1.0"),)), "known_defect").status == (
        "cannot_tell"
    )
    quiet = client({"acquired": 100}, waits=[0.001] * 100, language="python", version="6.2.0")
    assert weigh(replace(export, drivers=(quiet,)), "known_defect").status == "contradicted"


@pytest.mark.parametrize(
    ("version", "status"), [("5.2.0", "supported"), ("5.3.1", "not_applicable")]
)
def test_a_leak_of_a_driver_is_bound_to_its_versions(make, build, version, status):
    log = client({"timed_out": 24, "acquired": 10, "released": 1}, events=TIMEOUTS, version=version)
    found = weigh(replace(server(make, build), drivers=(log,)), "known_defect")
    assert found.status == status


def test_a_rejection_that_clients_never_hear_of_is_a_defect_of_old_servers(make, build):
    settings = {"dbms.connector.bolt.thread_pool_max_size": "8"}
    events = [build.event(t, "rejection-a") for t in range(20, 500, 20)]
    log = client({"timed_out": 24}, events=TIMEOUTS)
    old = server(make, build, version="3.5.3", settings=settings, events=events, running=8.0)
    found = weigh(replace(old, drivers=(log,)), "known_defect")
    assert found.status == "supported"
    new = server(make, build, version="3.5.6", settings=settings, events=events, running=8.0)
    assert weigh(replace(new, drivers=(log,)), "known_defect").status != "supported"


def test_many_connections_from_one_address_alone_are_no_defect(make, build):
    rows = [
        ConnectionRow(
            f"bolt-{i}", f"10.0.0.7:{30000 + i}", "u", "neo4j-javascript/1.7.5", EPOCH, "bolt",
            Where("list-connections.csv", i + 2),
        )
        for i in range(900)
    ]  # fmt: skip
    found = weigh(server(make, build, connections=rows), "known_defect")
    assert found.status == "cannot_tell"
    assert "900" in found.evidence_for[0]


# Nothing is wrong.


@pytest.mark.parametrize("name", RULES)
def test_a_quiet_server_supports_none(make, build, name):
    quiet = server(make, build, opened=np.minimum(np.arange(600), 40), open_=40)
    assert weigh(quiet, name).status != "supported"
    chatty = replace(
        quiet,
        drivers=(
            client({"acquired": 900, "released": 900, "created": 40, "asked": 900},
                   waits=[0.001] * 900, **used([5] * 600, limit=100)),
        ),
    )  # fmt: skip
    assert weigh(chatty, name).status != "supported"


@pytest.mark.parametrize("name", RULES)
def test_an_empty_export_supports_none(make, name):
    found = weigh(make(settings={}, log=False), name)
    assert found.status in {"cannot_tell", "not_applicable", "contradicted"}
    if found.status == "cannot_tell":
        assert found.missing


# Real servers.

CAPTURES = Path(__file__).parents[2] / "data" / "captures"
STAGED = {
    "neo4j-5.26-client-pool-too-small": {"client_pool_too_small"},
    "neo4j-5.26-driver-per-request": {"driver_per_request"},
    "neo4j-5.26-transaction-limit": {"transaction_limit"},
}


@pytest.mark.parametrize("folder", sorted(p.name for p in CAPTURES.glob("neo4j-*")))
def test_a_real_server_supports_what_was_staged_and_nothing_else_of_this_room(folder):
    export = open_export(CAPTURES / folder)
    case = case_of(export)
    supported = {name for name, rule in RULES.items() if rule(case).status == "supported"}
    assert supported == STAGED.get(folder, set())
