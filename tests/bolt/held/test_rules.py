"""Each cause of held threads by itself: supported, contradicted, and what cannot be told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boltkb.bolt import observe, read_pool
from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.held import RULES
from boltkb.bolt.clients import read_clients
from boltkb.bolt.course import Course
from boltkb.bolt.thread_time import (
    COURSE,
    DUMPS,
    LIST,
    LOG,
    METRICS,
    QUERIES,
    TRACE,
    read_thread_time,
)
from boltkb.exports import DriverPool, Where

EPOCH = 1_795_000_000.0
MAX = "server.bolt.thread_pool_max_size"
LOGGED = {MAX: "8", "server.bolt.enable_network_error_accounting": "false"}
QUERY = "MATCH (n) RETURN n"


@pytest.fixture
def weigh(any_fit):
    def weigh_one(identity, export):
        pool = read_pool(export)
        seen = observe(export, pool)
        told = read_thread_time(export, pool, seen)
        return RULES[identity](
            Case(export, pool, seen, any_fit, told, Course(None, "", None),
                 read_clients(export, pool, seen))
        )  # fmt: skip

    return weigh_one


@pytest.fixture
def full(make, build):
    """An export whose eight threads were all held for ten minutes, with rejections."""

    def full_pool(**more):
        busy = more.pop("busy", np.full(600, 8.0))
        several = [build.series("connections_running", busy), *more.pop("several", ())]
        events = [build.event(t) for t in range(100, 600, 7)] + list(more.pop("events", ()))
        added = {key: more.pop(key) for key in ("holds", "queries") if key in more}
        return replace(make(settings=LOGGED, several=several, events=events, **more), **added)

    return full_pool


def dumps(build, states, *, count=3, fresh=True):
    return [build.dump(300 + 15 * i, states, first=100 * i if fresh else 0) for i in range(count)]


def counter(build, identity, values):
    return replace(build.series(identity, values), kind="counter")


def gauges(build, read, write):
    return [
        replace(build.series(f"transaction_active_{kind}", np.full(600, value)), database="neo4j")
        for kind, value in (("read", read), ("write", write))
    ]


STATES = {
    "client_think_time": "waiting_for_client",
    "lock_contention": "waiting_for_lock",
    "bookmark_wait": "waiting_for_bookmark",
    "slow_authentication": "authenticating",
    "slow_commit": "committing",
}


@pytest.mark.parametrize("identity", STATES)
def test_dumps_that_show_the_state_support_the_cause_and_only_it(identity, full, build, weigh):
    export = full(dumps=dumps(build, [STATES[identity]] * 6 + ["working"] * 2))
    cause = weigh(identity, export)
    assert (cause.status, cause.share, cause.kinds) == ("supported", 0.75, (DUMPS,))
    assert cause.where
    for other in STATES.keys() - {identity}:
        assert weigh(other, export).status == "contradicted"


@pytest.mark.parametrize("identity", STATES)
def test_working_threads_contradict_every_cause_of_waiting(identity, full, build, weigh):
    cause = weigh(identity, full(dumps=dumps(build, ["working"] * 8)))
    assert cause.status == "contradicted"
    assert cause.evidence_against


@pytest.mark.parametrize("identity", [*STATES, "slow_consumer"])
def test_without_a_look_nothing_is_told_and_what_would_tell_is_named(identity, full, weigh):
    cause = weigh(identity, full())
    assert cause.status == "cannot_tell"
    assert any("Thread.print" in words for words in cause.missing)
    assert not cause.evidence_for


@pytest.mark.parametrize("identity", [*STATES, "slow_consumer"])
def test_a_pool_with_free_threads_needs_none_of_these_causes(identity, make, build, weigh):
    export = make(
        settings=LOGGED,
        several=[build.series("connections_running", np.full(600, 2.0))],
        dumps=[build.dump(300, [STATES.get(identity, "sending")] * 2 + ["idle"] * 6)],
    )
    assert weigh(identity, export).status == "not_applicable"


@pytest.mark.parametrize("identity", STATES)
def test_a_few_threads_in_one_dump_decide_nothing(identity, full, build, weigh):
    some = [STATES[identity]] * 2 + ["working"] * 6
    assert weigh(identity, full(dumps=dumps(build, some, count=1))).status == "cannot_tell"


def test_dumps_of_another_time_do_not_speak_against_a_cause(make, build, weigh):
    """Quiet threads an hour before the trouble say nothing of it."""
    busy = np.concatenate([np.full(3600, 3.0), np.full(400, 8.0)])
    export = make(
        settings=LOGGED,
        several=[build.series("connections_running", busy)],
        events=[build.event(t) for t in range(3620, 3990, 7)],
        dumps=[build.dump(100 + 15 * i, ["working"] * 3 + ["idle"] * 5) for i in range(3)],
        seconds=4000.0,
    )
    assert weigh("lock_contention", export).status == "cannot_tell"


# Transactions that nobody ends.


def test_old_transactions_without_a_query_are_a_leak_since_the_oldest_began(
    full, build, weigh, evidence
):
    rows = [evidence.listed(i, second=500.0, elapsed=400.0 - 20 * i) for i in range(8)]
    cause = weigh("leaked_transactions", full(transactions=rows))
    assert (cause.status, cause.share, cause.kinds) == ("supported", 1.0, (LIST,))
    assert cause.began == EPOCH + 100


def test_a_long_transaction_whose_thread_is_at_work_is_no_leak(full, build, weigh, evidence):
    """Without idleTime a transaction's age stands for its silence; a dump may know better."""
    rows = [evidence.listed(i, second=300.0, elapsed=290.0) for i in range(8)]
    looks = [
        build.dump(300, ["waiting_for_client"] * 8),
        build.dump(315, ["working"] * 8),
    ]
    cause = weigh("leaked_transactions", full(transactions=rows, dumps=looks))
    assert cause.status == "contradicted"
    assert weigh("leaked_transactions", full(transactions=rows)).status == "supported"


def test_a_worker_that_used_its_processor_between_dumps_is_no_leak(full, build, weigh):
    looks = dumps(build, ["waiting_for_client"] * 8, fresh=False)
    assert weigh("leaked_transactions", full(dumps=looks)).status == "supported"
    busy = [
        replace(d, workers=tuple(replace(w, cpu=1.0 + 0.02 * i) for w in d.workers))
        for i, d in enumerate(looks)
    ]
    assert weigh("leaked_transactions", full(dumps=busy)).status != "supported"


def test_threads_given_back_after_the_dumps_were_not_leaked(full, build, weigh, make):
    looks = [build.dump(30 + 15 * i, ["waiting_for_client"] * 8) for i in range(3)]
    busy = np.where(np.arange(600) < 200, 8.0, 0.0)
    export = make(
        settings=LOGGED,
        several=[build.series("connections_running", busy)],
        events=[build.event(t) for t in range(30, 200, 7)],
        dumps=looks,
    )
    cause = weigh("leaked_transactions", export)
    assert cause.status == "contradicted"
    assert any("given back" in words for words in cause.evidence_against)


def test_some_threads_that_stay_for_half_a_minute_may_be_long_transactions(full, build, weigh):
    """Three of eight outlast the dumps: as many would of transactions of half a minute."""
    stay = ["waiting_for_client"] * 8
    looks = [build.dump(300, stay), build.dump(330, stay)]
    moved = tuple(
        replace(w, connection=f"bolt-{900 + i}") if i >= 3 else w
        for i, w in enumerate(looks[1].workers)
    )
    cause = weigh("leaked_transactions", full(dumps=[looks[0], replace(looks[1], workers=moved)]))
    assert cause.status != "supported"


def test_holds_that_never_end_in_the_trace_are_a_leak(full, weigh, evidence):
    holds = evidence.trace(np.arange(8) * 10.0 + 50, np.full(8, np.nan), 550.0 - 10 * np.arange(8))
    cause = weigh("leaked_transactions", full(holds=holds))
    assert cause.status == "supported"
    assert TRACE in cause.kinds
    assert cause.began == EPOCH + 50


def test_one_old_transaction_of_a_person_at_a_prompt_is_no_leak(full, build, weigh, evidence):
    rows = [evidence.listed(0, elapsed=200.0)]
    rows += [evidence.listed(i, query=QUERY) for i in range(1, 8)]
    looks = dumps(build, ["waiting_for_client"] + ["working"] * 7)
    cause = weigh("leaked_transactions", full(transactions=rows, dumps=looks))
    assert cause.status == "contradicted"


def test_sessions_that_a_driver_saw_leak_are_told_and_prove_no_share(full, weigh):
    pool = DriverPool(
        "java", "5.28", "db:7687", None, None, {"leaked": 3}, np.empty(0), np.empty(0),
        np.empty(0), np.empty(0), None, (), Where("app.log"),
    )  # fmt: skip
    cause = weigh("leaked_transactions", replace(full(), drivers=(pool,)))
    assert cause.status == "cannot_tell"
    assert any("3 sessions that nobody closed" in words for words in cause.evidence_for)


# Clients that think.


def test_threads_kept_by_transactions_nobody_ends_are_not_think_time(full, build, weigh, evidence):
    rows = [evidence.listed(i, second=300.0, elapsed=250.0) for i in range(8)]
    export = full(transactions=rows, dumps=dumps(build, ["waiting_for_client"] * 8, fresh=False))
    cause = weigh("client_think_time", export)
    assert cause.status == "contradicted"
    assert any("nobody ends" in words for words in cause.evidence_against)


def test_every_kind_of_evidence_of_thinking_is_named(full, build, weigh, evidence):
    rows = [evidence.listed(i, second=300.0, elapsed=3.0) for i in range(8)]
    export = full(
        transactions=rows,
        dumps=dumps(build, ["waiting_for_client"] * 8),
        queries=evidence.query_log(elapsed=100.0, held=3000.0, busy=0.2),
        several=[counter(build, "accumulated_processing_time", 0.4 * np.arange(600))],
    )
    cause = weigh("client_think_time", export)
    assert cause.status == "supported"
    assert cause.kinds == (DUMPS, LIST, QUERIES, METRICS)


def test_a_trace_alone_tells_thinking_exactly(full, weigh, evidence):
    starts = np.repeat(np.arange(0, 590, 10.0), 8)
    holds = evidence.trace(starts, starts + 9.5, np.full(starts.size, 8.0))
    cause = weigh("client_think_time", full(holds=holds))
    assert (cause.status, cause.kinds) == ("supported", (TRACE,))
    assert cause.share == pytest.approx(8 / 9.5, rel=0.02)


def test_dumps_alone_leave_open_whether_results_are_left_to_fetch(full, build, weigh, evidence):
    looks = dumps(build, ["waiting_for_client"] * 8)
    cause = weigh("client_think_time", full(dumps=looks))
    assert (cause.status, cause.overlaps) == ("supported", ("slow_consumer",))
    assert any("SHOW TRANSACTIONS" in words for words in cause.missing)
    rows = [evidence.listed(i, elapsed=3.0) for i in range(8)]
    cause = weigh("client_think_time", full(dumps=looks, transactions=rows))
    assert (cause.status, cause.overlaps, cause.missing) == ("supported", (), ())


def test_queries_under_way_all_the_time_leave_no_room_for_thinking(full, weigh, evidence):
    log = evidence.query_log(elapsed=4000.0, held=4100.0, busy=7.0)
    cause = weigh("client_think_time", full(queries=log))
    assert cause.status == "contradicted"


# Clients that read slowly.


def test_the_same_threads_that_send_in_dump_after_dump_are_a_slow_reader(full, build, weigh):
    stay = dumps(build, ["sending"] * 7 + ["working"], fresh=False)
    cause = weigh("slow_consumer", full(dumps=stay))
    assert (cause.status, cause.kinds) == ("supported", (DUMPS,))
    assert cause.share == pytest.approx(7 / 8)


def test_sending_in_one_dump_is_told_and_proves_nothing(full, build, weigh):
    cause = weigh("slow_consumer", full(dumps=dumps(build, ["sending"] * 8, count=1)))
    assert cause.status == "cannot_tell"
    assert any("were sending" in words for words in cause.evidence_for)
    assert any("Thread.print" in words for words in cause.missing)


def test_a_result_that_is_not_fetched_is_no_think_time(full, build, weigh, evidence):
    """The worker waits for its client, and its transaction has a query under way."""
    rows = [evidence.listed(i, query=QUERY, elapsed=20.0) for i in range(8)]
    looks = [build.dump(300, ["waiting_for_client"] * 8)]
    export = full(transactions=rows, dumps=looks)
    assert weigh("slow_consumer", export).status == "supported"
    assert weigh("client_think_time", export).status == "contradicted"


def test_waiting_for_clients_while_queries_run_is_waiting_for_results_to_be_fetched(
    full, build, weigh, evidence
):
    """No dump and no list: the query log and a metric together leave no other room."""
    export = full(
        queries=evidence.query_log(elapsed=4200.0, held=4200.0, busy=7.0),
        several=[counter(build, "accumulated_processing_time", 0.3 * np.arange(600))],
    )
    cause = weigh("slow_consumer", export)
    assert (cause.status, cause.kinds) == ("supported", (QUERIES,))
    assert weigh("client_think_time", export).status == "contradicted"


def test_lines_about_buffers_count_the_time_that_threads_were_held(full, build, weigh):
    lines = [
        replace(build.event(t, "slow-consumer"), numbers={"limit": 900.0}) for t in (300, 400, 500)
    ]
    cause = weigh("slow_consumer", full(events=lines))
    assert (cause.status, cause.kinds) == ("supported", (LOG,))
    assert any("3 times" in words for words in cause.evidence_for)


def test_lines_about_buffers_without_a_thread_count_are_told_without_a_share(make, build, weigh):
    lines = [replace(build.event(t, "slow-consumer"), numbers={"limit": 900.0}) for t in (10, 20)]
    cause = weigh("slow_consumer", make(settings={}, events=lines))
    assert (cause.status, cause.share) == ("cannot_tell", 0.0)
    assert any("15 min" in words for words in cause.evidence_for)


# Locks.


def test_a_list_names_who_keeps_others_waiting(full, build, weigh, evidence):
    rows = [
        evidence.listed(i, query="CREATE ()", status="Blocked by: [neo4j-transaction-0]")
        for i in range(1, 8)
    ]
    rows.append(evidence.listed(0, query=""))
    cause = weigh("lock_contention", full(transactions=rows))
    assert (cause.status, cause.kinds) == ("supported", (LIST,))
    assert any(
        "7 listed transactions wait for neo4j-transaction-0" in words
        for words in cause.evidence_for
    )
    assert "client_think_time" in cause.overlaps


def test_the_query_log_counts_waits_for_locks(full, weigh, evidence):
    log = evidence.query_log(elapsed=4200.0, held=4200.0, busy=7.0, waiting=3600.0)
    cause = weigh("lock_contention", full(queries=log))
    assert (cause.status, cause.kinds) == ("supported", (QUERIES,))


def test_deadlocks_alone_are_told_and_name_no_share(full, build, weigh):
    counted = replace(
        counter(build, "transaction_rollbacks_deadlocked", np.arange(600) // 200), database="neo4j"
    )
    cause = weigh("lock_contention", full(several=[counted]))
    assert cause.status == "cannot_tell"
    assert any("deadlock" in words for words in cause.evidence_for)


# Threads without a transaction.


def test_few_new_connections_leave_bookmarks_as_what_threads_wait_for(full, build, weigh):
    opened = counter(build, "connections_opened", 40 + np.arange(600) // 300)
    export = full(several=[*gauges(build, 0.5, 0.5), opened])
    cause = weigh("bookmark_wait", export)
    assert (cause.status, cause.kinds) == ("supported", (METRICS,))
    assert weigh("slow_authentication", export).status == "contradicted"


def test_many_new_connections_leave_open_what_threads_without_a_transaction_do(full, build, weigh):
    opened = counter(build, "connections_opened", 2.0 * np.arange(600))
    export = full(several=[*gauges(build, 0.5, 0.5), opened])
    for identity in ("bookmark_wait", "slow_authentication"):
        assert weigh(identity, export).status == "cannot_tell"
    assert any("no open transaction" in w for w in weigh("bookmark_wait", export).evidence_for)


def test_a_transaction_for_each_thread_contradicts_bookmarks_and_sign_ins(full, build, weigh):
    export = full(several=gauges(build, 5.0, 3.0))
    for identity in ("bookmark_wait", "slow_authentication"):
        assert weigh(identity, export).status == "contradicted"


def test_threads_without_a_row_wait_for_a_bookmark_where_nobody_signs_in(
    full, build, weigh, evidence
):
    rows = [evidence.listed(0, query=QUERY)]
    opened = counter(build, "connections_opened", np.full(600, 40.0))
    cause = weigh("bookmark_wait", full(transactions=rows, several=[opened]))
    assert (cause.status, cause.kinds) == ("supported", (LIST,))
    assert cause.share == pytest.approx(7 / 8)


def test_dumps_in_which_nobody_signs_in_leave_bookmarks_to_the_gauges(full, build, weigh):
    opened = counter(build, "connections_opened", 2.0 * np.arange(600))
    looks = dumps(build, ["waiting_for_bookmark"] * 8)
    cause = weigh("bookmark_wait", full(several=[*gauges(build, 0.5, 0.5), opened], dumps=looks))
    assert cause.kinds == (DUMPS, METRICS)


def test_connections_that_did_not_sign_in_in_time_are_told(full, build, weigh):
    lines = [build.event(t, "auth-timeout-server") for t in (200, 300)]
    cause = weigh("slow_authentication", full(events=lines))
    assert cause.status == "cannot_tell"
    assert any("2 connections were closed" in words for words in cause.evidence_for)


def test_a_list_tells_commits_that_are_under_way(full, build, weigh, evidence):
    rows = [evidence.listed(i, status="Closing") for i in range(6)]
    rows += [evidence.listed(i, query=QUERY) for i in (6, 7)]
    cause = weigh("slow_commit", full(transactions=rows))
    assert (cause.status, cause.kinds) == ("supported", (LIST,))
    assert weigh("client_think_time", full(transactions=rows)).status == "contradicted"


# What is missing has the names of the version.


@pytest.mark.parametrize(
    ("version", "listing", "log", "traced"),
    [
        ("3.5.35", "dbms.listTransactions", "dbms.logs.query.enabled=true", False),
        ("4.4.40", "SHOW TRANSACTIONS", "dbms.logs.query.enabled=INFO", False),
        ("5.26.0", "SHOW TRANSACTIONS", "db.logs.query.enabled=INFO", True),
    ],
)
def test_what_is_missing_has_its_version_s_names(version, listing, log, traced, make, build, weigh):
    export = replace(
        make(
            version=version,
            settings={("dbms.connector.bolt.thread_pool_max_size" if version < "5" else MAX): "8"},
            several=[build.series("connections_running", np.full(600, 8.0))],
        ),
        edition="enterprise",
    )
    wanted = " ".join(weigh("lock_contention", export).missing)
    assert listing in wanted
    assert log in wanted
    thinking = " ".join(weigh("client_think_time", export).missing)
    assert ("server-logs.xml" in thinking) is traced
    assert "accumulated_processing_time" in thinking


def test_community_is_not_asked_for_what_it_does_not_have(full, weigh):
    for identity in RULES:
        assert not any("query.log" in w or "metric" in w for w in weigh(identity, full()).missing)


def test_a_staircase_alone_tells_a_leak_and_when_it_began(make, build, weigh):
    steps = np.minimum(8, np.arange(600) // 60).astype(float)
    started = np.cumsum(np.where(np.arange(600) < 200, 10.0, 0.5))
    export = make(
        settings=LOGGED,
        several=[
            build.series("connections_running", steps),
            build.series("messages_started", started),
        ],
        events=[build.event(t) for t in range(500, 600, 5)],
    )
    cause = weigh("leaked_transactions", export)
    assert (cause.status, cause.kinds, cause.began) == ("supported", (COURSE,), EPOCH + 60)
