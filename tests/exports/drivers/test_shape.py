"""A client's log is told from the server's and from those of applications without a driver."""

from __future__ import annotations

import io

import pytest
from export_shapes import REJECTED, debug_line, user_line

from boltkb.exports.drivers.shape import looks_like
from boltkb.exports.intake.members import Member
from boltkb.exports.recognise import recognise

ACQUIRED = b"1795705301869 DEBUG Connection [0][bolt-15] acquired from the pool db:7687\n"
QUIET = b"2026-11-26 15:04:38,000 INFO order 17 paid\n" * 50


def kind_of(name: str, head: bytes) -> str | None:
    return recognise(Member(name, len(head), lambda: io.BytesIO(head))).kind


@pytest.mark.parametrize("name", ["app.log", "stdout.txt", "api-7d9f", "shop.json", "pod.out"])
def test_a_driver_line_makes_it_a_drivers_log(name: str) -> None:
    assert looks_like(name, QUIET + ACQUIRED) == "driver-log"
    assert looks_like(name, QUIET) is None


@pytest.mark.parametrize("name", ["neo4j-driver.log", "driver.log", "shop-driver-debug.log"])
def test_the_name_is_enough(name: str) -> None:
    assert looks_like(name, QUIET) == "driver-log"


@pytest.mark.parametrize("name", ["debug.log", "neo4j.log", "query.log", "security.log"])
def test_the_servers_own_logs_stay_the_servers(name: str) -> None:
    assert looks_like(name, ACQUIRED) is None


def test_a_server_log_under_any_name_stays_the_servers() -> None:
    text = debug_line(1, REJECTED.format(bolt="bolt-7"), "ERROR") + user_line(2, "Started.")
    assert looks_like("server-out.txt", text.encode()) is None
    assert kind_of("server-out.txt", text.encode()) == "log"


def test_an_error_of_the_server_in_a_log_makes_it_a_drivers_log() -> None:
    text = b"ERROR x {code: Neo.TransientError.Request.NoThreadsAvailable} {message: ...}\n"
    assert kind_of("app.log", QUIET + text) == "driver-log"
    servers = debug_line(1, "Neo.TransientError.Request.NoThreadsAvailable", "ERROR", "o.n.b.Bolt")
    assert kind_of("server-out.txt", servers.encode()) == "log"


def test_the_servers_own_metrics_are_not_a_clients() -> None:
    clients = b'neo4j_driver_connections_in_use{address="a:1"} 1.0\n'
    assert looks_like("scrape.txt", clients) == "driver-metrics"
    assert looks_like("scrape.txt", b"neo4j_dbms_bolt_connections_idle 1.0\n" + clients) is None


def test_another_pools_metrics_are_not_read() -> None:
    other = b'db_client_connection_count{pool_name="H",db_system_name="h2"} 1.0\n'
    assert looks_like("scrape.txt", other) is None
