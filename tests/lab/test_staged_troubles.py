"""Each committed capture shows, in what was recorded of it, the trouble that was staged."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from tests.lab.captured import CAPTURES, began, read_metric, read_table, read_truth, span


def connected(name: str, number: str = "") -> list[str]:
    lines = (CAPTURES / name / f"list-connections{number}.csv").read_text().splitlines()
    rows = [[cell.strip(' "') for cell in line.split(",")] for line in lines if '"bolt-' in line]
    return [row[-1] for row in rows]


def test_a_burst_is_refused_within_moments_and_the_pool_is_quiet_between() -> None:
    name = "neo4j-5.26-burst-fan-out"
    truth = read_truth(name)
    refused = [
        float(row["start"]) - began(truth)
        for row in read_table(name, "acquisitions")
        if row["outcome"] == "rejected"
    ]
    # A burst comes every 25 s, and its clients take a second or two to send all of it.
    assert sum(at % 25 < 3 for at in refused) == len(refused)
    assert len({at // 25 for at in refused}) >= 6
    running = [value for _, value in read_metric(name, "connections_running")]
    assert sum(value <= truth["threads"] / 2 for value in running) > 0.75 * len(running)


def test_the_fleet_is_refused_once_it_has_grown_and_none_of_it_holds_much() -> None:
    name = "neo4j-5.26-fleet-times-pool"
    truth = read_truth(name)
    attempts = read_table(name, "attempts")
    refused = [float(row["start"]) for row in attempts if row["outcome"] == "no_threads"]
    grown = began(truth) + 0.4 * span(truth)
    assert sum(at >= grown for at in refused) > 0.9 * len(refused)
    hosts = {address.rpartition(":")[0] for address in connected(name, "-2")}
    assert len(hosts) >= 20
    most = max(sum(a.startswith(host + ":") for a in connected(name, "-2")) for host in hosts)
    assert most < truth["threads"] / 2


def test_what_the_writers_wait_for_is_one_another() -> None:
    name = "neo4j-5.26-lock-contention"
    rows = [row for row in read_table(name, "threads") if row["busy"]]
    busy = sum(int(row["busy"]) for row in rows)
    assert sum(int(row["waiting_lock"]) for row in rows) > 0.6 * busy
    for dump in ("threaddump.txt", "threaddump-1.txt", "threaddump-2.txt"):
        text = (CAPTURES / name / dump).read_text()
        assert text.count("ForsetiClient.waitFor(") > 0.5 * read_truth(name)["threads"]


def test_slow_readers_hold_their_threads_between_two_fetches() -> None:
    name = "neo4j-5.26-slow-consumer"
    rows = [row for row in read_table(name, "threads") if row["busy"]]
    busy = sum(int(row["busy"]) for row in rows)
    assert sum(int(row["waiting_client"]) for row in rows) > 0.8 * busy
    # Unlike in a transaction that its client left alone, the query is still there.
    for number in ("", "-1", "-2"):
        text = (CAPTURES / name / f"show-transactions{number}.csv").read_text()
        assert text.count("UNWIND range") > 0.5 * read_truth(name)["threads"]


def test_each_request_through_its_own_driver_opens_a_connection() -> None:
    name = "neo4j-5.26-driver-per-request"
    attempts = read_table(name, "attempts")
    fresh = sum(row["kind"] == "fresh" for row in attempts)
    opened, closed = (read_metric(name, f"connections_{x}") for x in ("opened", "closed"))
    made, ended = opened[-1][1] - opened[0][1], closed[-1][1] - closed[0][1]
    assert made == pytest.approx(fresh, rel=0.05)
    assert ended == pytest.approx(made, abs=20)
    log = (CAPTURES / name / "clients" / "cloud-function-1.log").read_text()
    assert log.count("<POOL> created") == pytest.approx(log.count("<POOL> acquire"), abs=2)


def test_an_old_burst_leaves_hundreds_of_idle_connections_and_no_trouble() -> None:
    name = "neo4j-5.26-idle-plateau"
    idle = [value for _, value in read_metric(name, "connections_idle")]
    running = [value for _, value in read_metric(name, "connections_running")]
    late = len(idle) // 3
    assert min(idle[late:]) >= 200
    assert max(running[:late]) >= 100
    assert max(running[late:]) <= 8


def test_requests_wait_for_the_client_s_own_connections_and_the_server_has_threads_left() -> None:
    name = "neo4j-5.26-client-pool-too-small"
    truth = read_truth(name)
    outcomes = truth["clients"]["outcomes"]
    assert outcomes["client_pool"] > 0.05 * sum(outcomes.values())
    assert max(value for _, value in read_metric(name, "connections_running")) <= 4
    assert truth["threads"] >= 16
    logs = (CAPTURES / name / "clients").iterdir()
    assert sum(log.read_text().count("<POOL> acquisition timed out") for log in logs) >= 10


def test_connections_that_are_idle_for_so_long_are_closed_and_no_others() -> None:
    name = "neo4j-5.26-load-balancer-cut"
    closed = read_metric(name, "connections_closed")
    assert closed[-1][1] - closed[0][1] >= 20
    ended: dict[str, float] = {}
    gaps = []
    for row in read_table(name, "acquisitions"):
        at = float(row["start"])
        if row["connection"] in ended:
            gaps.append(at - ended[row["connection"]])
        ended[row["connection"]] = at + float(row["seconds"])
    # The cut comes after 12 s, and takes no thread.
    assert 9 < max(gaps) < 13
    logs = [log.read_text() for log in (CAPTURES / name / "clients").iterdir()]
    assert sum(log.count("<CONNECTION> defunct: reached EOF") for log in logs) >= 5


def test_the_queries_grow_slow_while_no_more_of_them_come() -> None:
    truth = read_truth("neo4j-5.26-slow-queries")
    rows = read_table("neo4j-5.26-slow-queries", "attempts")
    middle = began(truth) + span(truth) / 2
    before = [row for row in rows if float(row["start"]) < middle]
    after = [row for row in rows if float(row["start"]) >= middle]
    assert len(after) == pytest.approx(len(before), rel=0.15)

    def mean(listed: list[dict[str, str]]) -> float:
        fine = [float(r["end"]) - float(r["start"]) for r in listed if r["outcome"] == "ok"]
        return sum(fine) / len(fine)

    assert mean(after) > 3 * mean(before)


def test_rejections_follow_a_standstill_of_the_whole_server() -> None:
    name = "neo4j-5.26-host-stall"
    log = (CAPTURES / name / "logs" / "debug.log").read_text()
    pauses = re.findall(
        r"^(\S+ \S+) WARN .*stop-the-world pause: \{pauseTime=(\d+), gcTime=0", log, re.MULTILINE
    )
    ends = [datetime.strptime(at, "%Y-%m-%d %H:%M:%S.%f%z").timestamp() for at, _ in pauses]
    assert len(ends) >= 6
    rows = read_table(name, "acquisitions")
    refused = [float(row["start"]) for row in rows if row["outcome"] == "rejected"]
    near = sum(any(-1 < at - end < 4 for end in ends) for at in refused)
    assert near > 0.9 * len(refused)


def test_threads_that_wait_for_a_bookmark_have_no_transaction() -> None:
    name = "neo4j-5.26-bookmark-wait"
    for number in ("", "-1", "-2"):
        dump = (CAPTURES / name / f"threaddump{number}.txt").read_text()
        waiting = dump.count("TransactionIdTracker.waitWhenNotUpToDate(")
        waiting = max(waiting, dump.count("TransactionIdTracker.awaitUpToDate("))
        assert waiting > 0.5 * read_truth(name)["threads"]
        rows = (CAPTURES / name / f"show-transactions{number}.csv").read_text()
        assert rows.count('"bolt-') < 0.5 * waiting


def test_after_a_burst_the_retries_are_the_load() -> None:
    name = "neo4j-5.26-retry-storm"
    truth = read_truth(name)
    # Nearly every refused request was tried again, most of them more than once.
    assert truth["clients"]["outcomes"]["no_threads"] < 0.1 * truth["rejected"]
    burst = began(truth) + 50
    rows = read_table(name, "acquisitions")
    refused = [float(row["start"]) for row in rows if row["outcome"] == "rejected"]
    assert sum(at >= burst for at in refused) > 0.8 * len(refused)
    # Twenty times as long as a request takes.
    assert sum(at >= burst + 12 for at in refused) > 0.3 * len(refused)


def test_a_limit_of_transactions_refuses_before_the_threads_run_out() -> None:
    name = "neo4j-5.26-transaction-limit"
    outcomes = read_truth(name)["clients"]["outcomes"]
    limited = sum(count for code, count in outcomes.items() if "MaximumTransactionLimit" in code)
    assert limited > 0.05 * sum(outcomes.values())
    assert outcomes.get("no_threads", 0) < 0.1 * limited
