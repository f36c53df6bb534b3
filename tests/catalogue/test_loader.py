"""Names of every version are found, and wrong ones are refused."""

from __future__ import annotations

import pytest

from boltkb.catalogue import (
    Version,
    load_settings,
    metric_id,
    metric_name,
    setting_id,
    setting_name,
)
from boltkb.catalogue.rows import bound, by_id, choice, flag, names, number, pattern, text, texts
from boltkb.errors import CatalogueError


def test_versions_are_ordered_as_released() -> None:
    written = [
        "3.4",
        "3.5.22",
        "4.0.11",
        "4.2",
        "4.10",
        "5.0.0",
        "5.9",
        "5.26.1",
        "2025.01",
        "2026.02.2",
    ]
    parsed = [Version.parse(version) for version in written]
    assert parsed == sorted(parsed)
    assert str(Version.parse("2025.01")) == "2025.01.0"


@pytest.mark.parametrize("wrong", ["", "five", "-1"])
def test_not_a_version(wrong: str) -> None:
    with pytest.raises(CatalogueError, match="not a Neo4j version"):
        Version.parse(wrong)


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("3.5.1", "dbms.connector.bolt.thread_pool_max_size"),
        ("4.4.44", "dbms.connector.bolt.thread_pool_max_size"),
        ("5.0.0", "server.bolt.thread_pool_max_size"),
        ("2026.02", "server.bolt.thread_pool_max_size"),
    ],
)
def test_pool_size_has_its_name_in_every_version(version: str, name: str) -> None:
    assert setting_name("bolt-threads-max", version) == name
    assert setting_id(name) == "bolt-threads-max"


def test_a_setting_that_a_version_lacks_is_an_error() -> None:
    with pytest.raises(CatalogueError, match=r"no name in Neo4j 5\.17"):
        setting_name("bolt-error-accounting", "5.17")
    assert setting_name("bolt-error-accounting", "5.18").endswith("error_accounting")
    with pytest.raises(CatalogueError, match="no setting"):
        setting_name("no-such-setting")
    with pytest.raises(CatalogueError, match="no metric"):
        metric_name("no_such_metric")


def test_a_connector_of_3_x_may_have_any_name() -> None:
    assert setting_id("dbms.connector.inside.thread_pool_max_size") == "bolt-threads-max"
    assert setting_id("dbms.connector.http.enabled") is None


@pytest.mark.parametrize(
    ("full_name", "found"),
    [
        ("neo4j.bolt.connections_running", ("connections_running", None)),
        ("neo4j.dbms.bolt.connections_running", ("connections_running", None)),
        ("a.b.dbms.bolt.messages_received", ("messages_received", None)),
        ("neo4j.transaction.active_read", ("transaction_active_read", None)),
        ("neo4j.movies.transaction.active_read", ("transaction_active_read", "movies")),
        ("neo4j.database.movies.transaction.active_read", ("transaction_active_read", "movies")),
        ("neo4j.database.my.db.transaction.committed", ("transaction_committed", "my.db")),
        ("vm.thread.total", ("vm_threads", None)),
        ("neo4j.dbms.vm.threads", ("vm_threads", None)),
        ("neo4j.dbms.vm.threads.virtual", None),
        ("neo4j.database.neo4j.store.size.total", None),
        ("../../etc/passwd", None),
        ("", None),
    ],
)
def test_metrics_are_found_by_the_names_of_every_version(full_name, found) -> None:
    assert metric_id(full_name) == found


def test_names_come_back_from_the_ids() -> None:
    for version in ("3.5", "4.4", "5.26", "2026.02"):
        assert metric_id(metric_name("connections_running", version)) == (
            "connections_running",
            None,
        )
    for key in load_settings():
        assert setting_id(setting_name(key)) == key


def test_wrong_rows_are_refused_by_name() -> None:
    row = {"id": "x", "a": 1, "p": "("}
    for read in (text, texts, flag):
        with pytest.raises(CatalogueError, match=r"'x': `a` must be"):
            read(row, "a")
    with pytest.raises(CatalogueError, match="number"):
        number({"id": "x", "a": True}, "a")
    with pytest.raises(CatalogueError, match="one of"):
        choice({"id": "x", "a": "no"}, "a", ("yes",))
    with pytest.raises(CatalogueError, match="`p`"):
        pattern(row, "p")
    with pytest.raises(CatalogueError, match="names"):
        names({"id": "x", "names": []})
    with pytest.raises(CatalogueError, match="version"):
        bound(5)
    entry = load_settings()["bolt-threads-max"]
    with pytest.raises(CatalogueError, match="twice"):
        by_id([entry, entry])
