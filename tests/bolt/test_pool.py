"""What a pool is, and where each of its values comes from."""

from __future__ import annotations

import pytest

from boltkb.bolt import read_pool

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
