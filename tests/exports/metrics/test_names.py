"""Names of every version, prefix and spelling lead to the same metric and database."""

from __future__ import annotations

import pytest

from boltkb.catalogue import load_metrics
from boltkb.exports.metrics.names import Name, prefixes_of, read_name, read_scraped_name


@pytest.mark.parametrize("prefix", ["neo4j", "eu.prod.graph-1"])
@pytest.mark.parametrize("database", ["neo4j", "orders.2024", "bolt"])
def test_every_name_of_the_catalogue_is_found_with_any_prefix_and_database(
    prefix: str, database: str
) -> None:
    names = {
        interval.name.replace("{prefix}", prefix).replace("{database}", database): entry.id
        for entry in load_metrics().values()
        for interval in entry.names
    }
    prefixes = prefixes_of(names)
    assert prefixes[0] == prefix
    wrong = {
        name: read_name(name, prefixes)
        for name, wanted in names.items()
        if getattr(read_name(name, prefixes), "id", None) != wanted
    }
    assert wrong == {}
    for name in names:
        found = read_name(name, prefixes)
        if f".{database}.transaction" in name or f"{database}.db.query" in name:
            assert (found.prefix, found.database) == (prefix, database)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("neo4j_bolt_connections_running", ("connections_running", None, "")),
        ("neo4j_dbms_bolt_messages_received_total", ("messages_received", None, "total")),
        ("vm_thread_total", ("vm_threads", None, "")),
        ("neo4j_vm_thread_total", ("vm_threads", None, "")),
        ("neo4j_neo4j_transaction_active_read", ("transaction_active_read", "neo4j", "")),
        ("neo4j_transaction_active_read", ("transaction_active_read", None, "")),
        ("neo4j_my_graph_db_transaction_active", ("transaction_active", "my_graph_db", "")),
        (
            "neo4j_database_my_db_transaction_committed_total",
            ("transaction_committed", "my_db", "total"),
        ),
        (
            "neo4j_dbms_bolt_worker_thread_bound_time_count",
            ("worker_thread_bound_time", None, "count"),
        ),
        ("neo4j.dbms.bolt.connections.running", ("connections_running", None, "")),
        ("neo4j.bolt.messages_received.count", ("messages_received", None, "count")),
    ],
)
def test_spellings_of_prometheus_and_datadog(
    name: str, wanted: tuple[str, str | None, str]
) -> None:
    found = read_scraped_name(name)
    assert found is not None
    assert (found.id, found.database, found.ending) == wanted


def test_a_prefix_with_underscores_is_learned() -> None:
    names = ["eu_prod_bolt_connections_running", "eu_prod_my_db_transaction_active"]
    prefixes = prefixes_of(names, mark="_")
    assert prefixes == ("eu_prod",)
    assert read_scraped_name(names[1], prefixes) == Name("transaction_active", "my_db", "eu_prod")


@pytest.mark.parametrize("name", ["", "up", "node_cpu_total", "neo4j.", "connections_running", "."])
def test_other_names_are_none(name: str) -> None:
    assert read_scraped_name(name) is None
    assert read_name(name) is None
