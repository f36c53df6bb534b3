"""The lists of metrics exported by default, held against the metrics and against real files."""

from __future__ import annotations

import fnmatch
import re
from itertools import pairwise

import pytest

from boltkb.catalogue import (
    Version,
    default_filter,
    lets_through,
    load_filters,
    load_metrics,
    metric_glob,
    metric_id,
)
from boltkb.errors import CatalogueError

BOLT = {"connections_opened", "connections_closed", "connections_running", "connections_idle"}
BOLT |= {"messages_received", "messages_started"}
#: Names of the files in the metrics folder of a 5.20.0 server at its defaults.
REAL_5_20 = [
    "neo4j.database.neo4j.db.query.execution.latency.millis",
    "neo4j.database.neo4j.transaction.active_read",
    "neo4j.database.neo4j.transaction.active_write",
    "neo4j.database.neo4j.transaction.committed",
    "neo4j.database.neo4j.transaction.peak_concurrent",
    "neo4j.database.neo4j.transaction.rollbacks",
    "neo4j.dbms.bolt.connections_closed",
    "neo4j.dbms.bolt.connections_idle",
    "neo4j.dbms.bolt.connections_opened",
    "neo4j.dbms.bolt.connections_running",
    "neo4j.dbms.bolt.messages_received",
    "neo4j.dbms.bolt.messages_started",
    "neo4j.dbms.pool.bolt.total_used",
    "neo4j.dbms.vm.gc.time.g1_young_generation",
    "neo4j.dbms.vm.pause_time",
    "neo4j.dbms.vm.threads",
]


def names(entry, version: Version) -> list[str]:
    found = [interval.name for interval in entry.names if interval.holds(version)]
    return [name.replace("{prefix}", "prod").replace("{database}", "movies") for name in found]


@pytest.mark.parametrize("listed", load_filters().values(), ids=lambda listed: listed.id)
def test_each_list_lets_exactly_the_metrics_through_that_are_marked(listed) -> None:
    for entry in load_metrics().values():
        for name in names(entry, listed.since):
            through = lets_through(listed.patterns, name)
            assert through == entry.exported_by_default(listed.since), name


@pytest.mark.parametrize("listed", load_filters().values(), ids=lambda listed: listed.id)
def test_each_list_holds_each_pattern_once_and_the_same_six_bolt_metrics(listed) -> None:
    assert len(listed.patterns) == len(set(listed.patterns))
    exported = {
        entry.id for entry in load_metrics().values() if entry.exported_by_default(listed.since)
    }
    assert exported >= BOLT
    assert not exported & {"accumulated_queue_time", "messages_done", "worker_thread_bound_time"}


def test_lists_follow_each_other_without_overlap() -> None:
    lists = list(load_filters().values())
    for earlier, later in pairwise(lists):
        assert earlier.until is not None
        assert earlier.since < earlier.until <= later.since
    assert lists[-1].until is None
    assert default_filter(lists[0].since) is not None


def test_before_4_2_everything_is_exported() -> None:
    assert default_filter(Version(4, 1, 9)) is None
    assert load_metrics()["messages_done"].exported_by_default(Version(3, 5))
    assert not load_metrics()["worker_thread_bound_time"].exported_by_default(Version(3, 5))


@pytest.mark.parametrize("version", ["4.3.5", "5.4", "5.26.30", "5.23"])
def test_between_two_lists_that_were_read_stand_both(version: str) -> None:
    wanted = Version.parse(version)
    found = default_filter(wanted)
    lists = list(load_filters().values())
    before = [entry for entry in lists if entry.since <= wanted][-1]
    after = next(entry for entry in lists if entry.since > wanted)
    assert not found.exact
    assert set(found.patterns) == set(before.patterns) | set(after.patterns)
    assert len(found.patterns) == len(set(found.patterns))


@pytest.mark.parametrize("version", ["4.2.4", "4.4.44", "5.0.0", "5.20.0", "2025.02", "2026.06"])
def test_versions_that_were_read_have_their_list(version: str) -> None:
    assert default_filter(Version.parse(version)).exact


def test_what_changed_in_2025() -> None:
    old, middle, new = (default_filter(Version(2025, month)).patterns for month in (2, 5, 6))
    assert set(middle) - set(old) == {"*.neo4j.count.*"}
    assert not set(old) - set(middle)
    gone = set(middle) - set(new)
    assert len(gone) == 11
    assert all(pattern.startswith("*cluster.internal.discovery.") for pattern in gone)
    assert not set(new) - set(middle)


@pytest.mark.parametrize("name", REAL_5_20)
def test_a_real_server_s_metrics_are_let_through(name: str) -> None:
    assert lets_through(default_filter(Version(5, 20)).patterns, name)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("*", ""), ("a*c", "abc"), ("a*c", "ac"), ("a?c", "abc"), ("a?c", "ac"), ("*.b*", "a.bc"),
        ("a**b", "a.b"), ("?", ""), ("abc", "abcd"), ("*abc", "abcabc"), ("*ab*ab", "abxab"),
        ("", ""), ("a[b]c", "a[b]c"), ("a[b]c", "abc"), ("a.c", "abc"),
    ],
)  # fmt: skip
def test_globbing_is_that_of_neo4j(pattern: str, name: str) -> None:
    # Written another way: everything but the star and the question mark is literal.
    shape = "".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in pattern)
    assert lets_through([pattern], name) == bool(re.fullmatch(shape, name))


def test_globbing_agrees_with_an_independent_one_on_every_pattern() -> None:
    full = [name for entry in load_metrics().values() for name in names(entry, Version(5, 26))]
    for listed in load_filters().values():
        for pattern in listed.patterns:
            for name in full:
                assert lets_through([pattern], name) == fnmatch.fnmatchcase(name, pattern)


def test_a_hostile_pattern_costs_little() -> None:
    # With backtracking this would never come back.
    assert not lets_through(["*a" * 1000 + "b"], "a" * 1500)


@pytest.mark.parametrize("version", ["4.2", "4.4", "5.26", "2026.06"])
def test_an_added_pattern_lets_its_own_metric_through_and_no_other_one(version: str) -> None:
    wanted = Version.parse(version)
    known = [entry for entry in load_metrics().values() if names(entry, wanted)]
    for entry in known:
        pattern = metric_glob(entry.id, wanted)
        for name in names(entry, wanted):
            assert lets_through([pattern], name), (pattern, name)
        for other in known:
            for name in names(other, wanted):
                assert other is entry or not lets_through([pattern], name), (pattern, name)


def test_a_metric_that_a_version_lacks_has_no_pattern() -> None:
    with pytest.raises(CatalogueError, match="no metric"):
        metric_glob("worker_thread_bound_time", Version(5, 20))
    with pytest.raises(CatalogueError, match="no metric"):
        metric_glob("no_such_thing", Version(5, 20))


def test_names_of_the_newer_metrics_are_found() -> None:
    assert metric_id("neo4j.bolt.sessions_started") == ("sessions_started", None)
    assert metric_id("neo4j.dbms.bolt.response_failed") == ("responses_failed", None)
    assert metric_id("neo4j.dbms.bolt_driver.api.execute_calls") == ("driver_execute_calls", None)
