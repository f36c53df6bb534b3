"""What a pool is, and where each of its values comes from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from boltkb.bolt import read_pool
from boltkb.bolt.pool.settings import read_setting
from boltkb.catalogue import Version
from boltkb.exports import LogEvent, SettingValue, Where

EPOCH = 1_795_000_000.0

MAX = "server.bolt.thread_pool_max_size"
QUEUE = "internal.server.bolt.thread_pool_queue_size"
ACCOUNTING = "server.bolt.enable_network_error_accounting"


def test_threads_come_from_the_configuration_with_file_and_line(make):
    pool = read_pool(make(settings={MAX: "12"}))
    assert pool.threads == 12
    assert "conf/neo4j.conf:1" in pool.max_threads.how
    assert pool.facts()["pool"]["provenance"]["max_threads"]["where"] == "conf/neo4j.conf:1"


def test_a_setting_that_is_not_set_has_the_version_default(make):
    pool = read_pool(make(settings={"server.memory.heap.max_size": "1g"}))
    assert pool.threads == 400
    assert "default" in pool.max_threads.how


def test_without_any_configuration_the_threads_are_unknown_and_the_default_is_only_named(make):
    pool = read_pool(make(settings={}))
    assert pool.threads is None
    assert "400" in pool.max_threads.how
    assert pool.facts()["pool"]["max_threads"] is None


@pytest.mark.parametrize(
    ("queue", "discipline", "capacity"),
    [("0", "loss", 8), ("20", "bounded_queue", 28), ("-1", "unbounded_queue", float("inf"))],
)
def test_the_queue_setting_decides_the_discipline(make, queue, discipline, capacity):
    pool = read_pool(make(settings={MAX: "8", QUEUE: queue}))
    assert pool.discipline == discipline
    assert pool.capacity == capacity


def test_an_unbounded_queue_keeps_the_pool_at_its_minimum(make):
    pool = read_pool(make(settings={MAX: "8", QUEUE: "-1"}))
    assert pool.threads == 5


@pytest.mark.parametrize(
    ("version", "settings", "counts"),
    [
        ("4.4.17", {"dbms.connector.bolt.thread_pool_max_size": "8"}, True),
        ("5.17.0", {MAX: "8"}, True),
        ("5.18.0", {MAX: "8"}, False),
        ("5.26.0", {MAX: "8", ACCOUNTING: "false"}, True),
        (None, {MAX: "8"}, None),
    ],
)
def test_whether_each_rejection_leaves_a_line_depends_on_the_version(
    make, version, settings, counts
):
    assert read_pool(make(version=version, settings=settings)).counts_rejections is counts


def test_a_value_that_is_no_number_is_unknown_and_says_so(make):
    pool = read_pool(make(settings={MAX: "many"}))
    assert pool.threads is None
    assert "many" in pool.max_threads.how


def test_a_hostile_value_is_escaped(make):
    pool = read_pool(make(settings={MAX: "<script>alert(1)</script>"}))
    assert "<script>" not in pool.to_html()


MIN = "server.bolt.thread_pool_min_size"


@pytest.mark.parametrize(
    ("settings", "how"),
    [({MAX: "3"}, "by default"), ({MAX: "8", MIN: "9"}, "server.bolt.thread_pool_min_size in")],
)
def test_a_minimum_above_the_maximum_is_said_to_be_impossible(make, settings, how):
    """As a real 5.26.30 had it: such a server does not start, default or not."""
    pool = read_pool(make(settings=settings))
    (said,) = pool.contradictions
    assert "does not start" in said
    assert how in said
    assert pool.min_threads.value > pool.max_threads.value


def test_a_minimum_as_great_as_the_maximum_is_fine(make):
    assert read_pool(make(settings={MAX: "3", MIN: "3"})).contradictions == ()
    assert read_pool(make(settings={MAX: "5"})).contradictions == ()


# How each value is known, from the weakest to the strongest, and what contradicts it.


def said(name, value, origin, where):
    return SettingValue(name, value, where, origin)


def rejection(second, *, size, active=None, queued=0):
    """A line of 4.4 and earlier, which has the pool's own state."""
    return LogEvent(
        EPOCH + second, "rejection-a", "ERROR", "text", f"bolt-{second}",
        {"pool_size": float(size), "active_threads": float(size if active is None else active),
         "queued_tasks": float(queued)},
        Where("logs/debug.log", second),
    )  # fmt: skip


OLD_MAX = "dbms.connector.bolt.thread_pool_max_size"
CONF, START, ASKED = Where("conf/neo4j.conf", 1), Where("debug.log", 90), Where("settings.csv", 4)


@pytest.mark.parametrize(
    ("origin", "where"),
    [("file", CONF), ("environment", Where("env.prop", 2)), ("start", START), ("running", ASKED)],
)
def test_each_way_of_knowing_has_its_rank(make, origin, where):
    pool = read_pool(replace(make(), settings={MAX: said(MAX, "12", origin, where)}))
    assert (pool.threads, pool.max_threads.rank) == (12, origin)
    assert str(where) in pool.max_threads.how
    assert pool.facts()["pool"]["provenance"]["max_threads"]["rank"] == origin
    assert pool.contradictions == ()


def test_a_file_that_was_changed_after_the_start_counts_from_the_next_start(make):
    export = replace(
        make(),
        settings={MAX: said(MAX, "8", "start", START)},
        outranked=(said(MAX, "40", "file", CONF),),
        started_with=frozenset({MAX}),
    )
    pool = read_pool(export)
    assert (pool.threads, pool.max_threads.rank) == (8, "start")
    (words,) = pool.contradictions
    assert "is 40 in conf/neo4j.conf:1" in words
    assert "counts from the next start on" in words


def test_a_file_that_the_start_confirms_is_as_good_as_the_start(make):
    pool = read_pool(replace(make(), started_with=frozenset({MAX})))
    assert (pool.threads, pool.max_threads.rank) == (8, "start")
    assert pool.contradictions == ()


def test_a_setting_in_a_file_that_the_server_did_not_list_at_its_start_was_not_in_force(make):
    pool = read_pool(replace(make(settings={MAX: "40"}), started_with=frozenset({"x.y"})))
    assert (pool.threads, pool.max_threads.rank) == (400, "start")
    (words,) = pool.contradictions
    assert "40 in conf/neo4j.conf:1" in words


def test_a_start_that_lists_nothing_of_the_pool_proves_its_defaults(make):
    pool = read_pool(replace(make(settings={}), started_with=frozenset()))
    assert pool.threads == 400
    assert pool.max_threads.rank == "start"


def test_spellings_of_one_duration_do_not_contradict_each_other(make):
    keep = "server.bolt.thread_pool_keep_alive"
    export = replace(
        make(),
        settings={keep: said(keep, "5m", "file", CONF)},
        outranked=(said(keep, "300s", "start", START),),
    )
    pool = read_pool(export)
    assert (pool.keep_alive.value, pool.keep_alive.rank) == (300, "start")
    assert pool.contradictions == ()
    other = replace(export, outranked=(said(keep, "60s", "start", START),))
    assert read_pool(other).keep_alive.value == 60
    assert len(read_pool(other).contradictions) == 1


def test_the_running_server_outranks_its_start(make):
    export = replace(
        make(),
        settings={MAX: said(MAX, "16", "running", ASKED)},
        outranked=(said(MAX, "8", "start", START),),
    )
    pool = read_pool(export)
    assert pool.threads == 16
    assert "takes a restart" in pool.contradictions[0]


def test_the_pools_own_state_at_a_rejection_outranks_everything(make):
    export = replace(
        make(version="4.4.17", settings={}, events=[rejection(5, size=24)]),
        settings={OLD_MAX: said(OLD_MAX, "40", "running", ASKED)},
    )
    pool = read_pool(export)
    assert (pool.threads, pool.max_threads.rank, pool.discipline) == (24, "moment", "loss")
    assert "logs/debug.log:5" in pool.max_threads.how
    (words,) = pool.contradictions
    assert "is 40 in settings.csv:4" in words
    assert "says 24" in words


def test_the_pools_own_state_needs_no_configuration(make):
    pool = read_pool(make(version="4.4.17", settings={}, events=[rejection(5, size=24)]))
    assert pool.threads == 24


def test_a_default_that_the_pool_contradicts_is_told(make):
    export = make(version="4.4.17", settings={"a.b": "1"}, events=[rejection(5, size=24)])
    (words,) = read_pool(export).contradictions
    assert "not 400" in words


def test_a_pool_that_changed_its_size_says_so(make):
    events = [rejection(5, size=24), rejection(500, size=48)]
    pool = read_pool(make(version="4.4.17", settings={OLD_MAX: "48"}, events=events))
    assert pool.threads == 48
    assert "24, then 48" in pool.contradictions[0]


def test_a_queue_that_is_full_at_a_rejection_tells_its_size(make):
    events = [rejection(5, size=24, queued=50)]
    pool = read_pool(make(version="4.4.17", settings={OLD_MAX: "24"}, events=events))
    assert (pool.queue_size.value, pool.discipline, pool.capacity) == (50, "bounded_queue", 74)
    assert "50 places to wait" in pool.contradictions[0]


def test_threads_held_at_each_rejection_of_a_trace_are_the_pool(make, build):
    full = [(10.0, 300.0)] * 6
    trace = build.held(full, rejected=[20.0 + t for t in range(12)])
    pool = read_pool(make(settings={}, holds=trace))
    assert (pool.threads, pool.max_threads.rank) == (6, "moment")
    few = build.held(full, rejected=[20.0, 21.0])
    assert read_pool(make(settings={}, holds=few)).threads is None
    # Rejected while the trace shows fewer held than at other times: it does not know all holds.
    odd = build.held([*full, (400.0, 500.0), *[(420.0, 430.0)] * 8], rejected=range(20, 32))
    assert read_pool(make(settings={}, holds=odd)).threads is None


def test_more_workers_in_a_dump_than_the_file_allows_prove_the_file_wrong(make, build):
    dumps = [build.dump(5, ["working"] * 10 + ["idle"] * 2)]
    pool = read_pool(make(dumps=dumps))
    assert pool.threads is None
    assert "at least 12" in pool.max_threads.how
    (words,) = pool.contradictions
    assert "cannot have had 8 threads" in words
    assert read_pool(make(dumps=dumps, settings={MAX: "12"})).threads == 12


def test_the_number_in_a_workers_name_is_no_bound(make, build):
    """Threads end and others begin: worker 900 may be one of eight."""
    made = build.dump(5, ["working"] * 3)
    late = replace(made.workers[0], thread="neo4j.BoltWorker-900")
    assert read_pool(make(dumps=[replace(made, workers=(late,))])).threads == 8


def test_an_unknown_size_is_known_from_below(make, build):
    pool = read_pool(make(settings={}, dumps=[build.dump(5, ["working"] * 9)]))
    assert pool.threads is None
    assert "at least 9" in pool.max_threads.how


@pytest.mark.parametrize(("version", "known"), [("5.26.0", False), ("4.4.17", True)])
def test_running_connections_are_a_bound_where_they_count_threads_exactly(
    make, build, version, known
):
    """Up to 4.4 a rejected request counts as running for a moment."""
    name = MAX if version.startswith("5") else OLD_MAX
    series = build.series("connections_running", [8, 9, 9, 10, 8])
    pool = read_pool(make(version=version, settings={name: "8"}, several=[series]))
    assert (pool.threads == 8) is known
    # One sample above may be of two moments.
    one = build.series("connections_running", [8, 8, 9, 8, 8])
    assert read_pool(make(version=version, settings={name: "8"}, several=[one])).threads == 8


UNIX = "server.bolt.unix_socket_enabled"


@pytest.mark.parametrize(
    ("version", "settings", "pools"),
    [
        ("2025.10.0", {MAX: "8", UNIX: "true"}, [20]),
        ("2025.10.0", {MAX: "8", UNIX: "true",
                       "server.bolt.unix_socket_thread_pool_max_size": "6"}, [6]),
        ("2025.10.0", {MAX: "8", UNIX: "true",
                       "server.bolt.unix_socket_use_dedicated_thread_pool": "false"}, []),
        ("2025.10.0", {MAX: "8"}, []),
        ("5.26.0", {MAX: "8", UNIX: "true"}, []),
    ],
)  # fmt: skip
def test_the_unix_socket_has_a_pool_of_its_own_from_2025_08(make, version, settings, pools):
    pool = read_pool(make(version=version, settings=settings))
    assert [other.threads.whole for other in pool.others] == pools
    assert pool.threads == 8
    shares = any("Unix socket take threads of the same pool" in words for words in pool.shared)
    assert shares is (not pools and UNIX in settings)


def test_workers_of_another_pool_prove_nothing(make, build):
    settings = {MAX: "8", UNIX: "true"}
    dumps = [build.dump(5, ["working"] * 12)]
    assert read_pool(make(version="2025.10.0", settings=settings, dumps=dumps)).threads == 8


def test_up_to_3_5_every_connector_has_a_pool(make):
    settings = {
        OLD_MAX: "8",
        "dbms.connector.inner.type": "BOLT",
        "dbms.connector.inner.thread_pool_max_size": "5",
        "dbms.connector.more.type": "BOLT",
        "dbms.connector.web.type": "HTTP",
    }
    pool = read_pool(make(version="3.5.20", settings=settings))
    assert [(o.name, o.threads.whole) for o in pool.others] == [
        ("the connector inner", 5),
        ("the connector more", 400),
    ]
    assert read_pool(make(version="4.4.17", settings=settings)).others == ()


def test_whoever_shares_the_pool_is_named(make, build):
    settings = {MAX: "8", "server.bolt.additional_listen_addresses": ":7690"}
    agents = [build.connection(1, "neo4j-query-api/v2")]
    export = replace(make(settings=settings, connections=agents), edition="enterprise")
    shared = " ".join(read_pool(export).shared)
    assert "further addresses" in shared
    assert "Query API" in shared
    assert "Other members of a cluster" in shared
    assert read_pool(make()).shared == ()


def test_a_default_of_an_unknown_boundary_is_not_guessed(make):
    known = read_setting(make(), "bolt-shutdown-wait", Version.parse("5.26"))
    assert known.value is None
    assert "5s or 5m" in known.how


@pytest.mark.parametrize(("version", "routed"), [("4.4.17", False), ("5.26.0", True)])
def test_defaults_are_those_of_the_version(make, version, routed):
    assert read_setting(make(), "bolt-routing", Version.parse(version)).value is routed
