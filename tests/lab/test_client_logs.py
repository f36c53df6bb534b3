from __future__ import annotations

import contextvars
import logging
import re
from pathlib import Path

from data.lab.client_logs import KEPT, ClientLogs
from data.lab.hosts import Process, act_as
from data.lab.streams import Client

CLIENTS = (Client("shop-api/2.3", instances=3, logged=2), Client("etl/0.3", wire=True))
LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [A-Z]+ \[Thread \d+\] \[Task \d+\] [\w.]+: .+"
)


def say(agent: str, instance: int, name: str, text: str, times: int = 1) -> None:
    def speak() -> None:
        act_as(Process(agent, instance))
        for _ in range(times):
            logging.getLogger(name).debug(text)

    contextvars.copy_context().run(speak)


def test_each_process_has_its_own_log_and_some_have_none(tmp_path: Path) -> None:
    with ClientLogs(tmp_path, CLIENTS) as logs:
        say("shop-api/2.3", 0, "neo4j.pool", "first")
        say("shop-api/2.3", 1, "neo4j.pool", "second")
        say("shop-api/2.3", 2, "neo4j.pool", "third")
        found = logs.read()
    assert sorted(found) == ["shop-api-1.log", "shop-api-2.log"]
    assert found["shop-api-1.log"].endswith("neo4j.pool: first\n")
    assert found["shop-api-2.log"].endswith("neo4j.pool: second\n")
    assert all(LINE.fullmatch(text.rstrip("\n")) for text in found.values())


def test_only_who_is_asked_for_the_wire_tells_of_it(tmp_path: Path) -> None:
    with ClientLogs(tmp_path, CLIENTS) as logs:
        for agent in ("shop-api/2.3", "etl/0.3"):
            say(agent, 0, "neo4j.io", "C: PULL")
        assert list(logs.read()) == ["etl-1.log"]


def test_a_failed_request_is_told_by_the_application(tmp_path: Path) -> None:
    with ClientLogs(tmp_path, CLIENTS) as logs:

        def fail() -> None:
            act_as(Process("etl/0.3", 0))
            logs.tell_failure(OSError("no way"))

        contextvars.copy_context().run(fail)
        assert logs.read()["etl-1.log"].endswith("application: request failed: OSError: no way\n")


def test_a_log_is_turned_over_and_no_more_than_that_is_kept(tmp_path: Path) -> None:
    with ClientLogs(tmp_path, CLIENTS) as logs:
        say("etl/0.3", 0, "neo4j.pool", "x" * 500, times=4 * CLIENTS[1].log_bytes // 500)
        found = logs.read()
    assert sorted(found) == ["etl-1.log", *(f"etl-1.log.{n + 1}" for n in range(KEPT))]
    assert sum(map(len, found.values())) <= (KEPT + 1) * CLIENTS[1].log_bytes


def test_the_loggers_are_left_as_they_were(tmp_path: Path) -> None:
    logger = logging.getLogger("neo4j.pool")
    before = (logger.level, logger.propagate, list(logging.getLogger("neo4j").handlers))
    with ClientLogs(tmp_path, CLIENTS):
        assert logger.level == logging.DEBUG
    assert (logger.level, logger.propagate, logging.getLogger("neo4j").handlers) == before
