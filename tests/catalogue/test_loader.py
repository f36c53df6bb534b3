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
    assert setting_id("dbms.connector.https.listen_address") is None
    assert setting_id("dbms.connector.bolt.listen_address") == "bolt-listen-address"


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


def test_defaults_are_those_of_the_version() -> None:
    settings = load_settings()
    assert settings["metrics-csv-interval"].default_in(Version(4, 1)) == "3s"
    assert settings["metrics-csv-interval"].default_in(Version(4, 2)) == "30s"
    assert settings["bolt-threads-max"].default_in(Version(3, 4)) == "400"
    assert settings["metrics-jmx-enabled"].default_in(Version(4, 2, 1)) == "false"
    # Where the boundary was not read, both are told.
    assert settings["bolt-shutdown-wait"].default_in(Version(5, 3)) == "5s or 5m"


#: As the released classes hold them: name, default, whether dynamic.
READ = {
    "3.5.35": [
        ("dbms.transaction.timeout", "0s", True),
        ("dbms.lock.acquisition.timeout", "0s", None),
        ("dbms.logs.query.enabled", "false", True),
        ("dbms.logs.query.runtime_logging_enabled", "false", True),
        ("dbms.logs.query.parameter_logging_enabled", "true", True),
        ("unsupported.dbms.bolt.inbound_message_throttle.high_watermark", "300", False),
        ("dbms.logs.debug.level", "INFO", None),
    ],
    "4.4.44": [
        ("dbms.connector.bolt.connection_keep_alive_for_requests", "STREAMING", False),
        ("dbms.connector.bolt.thread_pool_max_size", "400", False),
        ("dbms.connector.bolt.unsupported_unauth_connection_timeout", "30s", False),
        ("dbms.logs.query.enabled", "VERBOSE", True),
        ("dbms.logs.query.transaction_id.enabled", "false", True),
        ("dbms.memory.transaction.global_max_size", "0", True),
        ("dbms.routing.enabled", "false", False),
        ("dbms.transaction.concurrent.maximum", "1000", True),
        ("unsupported.dbms.bolt.outbound_buffer_throttle.max_duration", "15m", False),
    ],
    "5.26.30": [
        ("internal.dbms.bolt.outbound_buffer_throttle", "true", True),
        ("internal.dbms.bolt.thread_binding_timeout", "10ms", False),
        ("internal.server.bolt.thread_pool_queue_size", "0", False),
        ("server.bolt.connection_keep_alive_for_requests", "ALL", False),
        ("server.bolt.network_abort_warn_threshold", "2", False),
        ("server.logs.config", "conf/server-logs.xml", False),
        ("db.logs.query.transaction.enabled", "OFF", True),
        ("dbms.routing.enabled", "true", False),
    ],
    "2026.04.0": [
        ("server.bolt.unix_socket_thread_pool_max_size", "20", False),
        ("server.bolt.unix_socket_use_dedicated_thread_pool", "true", False),
        ("server.logs.config", "server-logs.xml", False),
        ("server.logs.gc.enabled", "false", False),
        ("db.transaction.bookmark_ready_timeout", "30s", True),
    ],
}


@pytest.mark.parametrize(
    ("version", "name", "default", "dynamic"),
    [(version, *row) for version, rows in READ.items() for row in rows],
)
def test_settings_are_as_the_released_classes_hold_them(version, name, default, dynamic) -> None:
    entry = load_settings()[setting_id(name)]
    wanted = Version.parse(version)
    assert name in {interval.name for interval in entry.names if interval.holds(wanted)}
    assert entry.default_in(wanted) == default
    if dynamic is None:
        # Read there as one that needs a restart, though it is dynamic today.
        assert entry.dynamic
        assert entry.dynamic_since == "unknown"
    else:
        assert entry.dynamic is dynamic


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
