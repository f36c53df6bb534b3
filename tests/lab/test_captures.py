"""The committed captures: whole, consistent with their own truth, and free of this machine."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.lab.captured import CAPTURES, read_metric, read_table, read_truth, span

MOST_BYTES = 5_000_000
# How many messages a thread may have in flight between two counters of one snapshot.
IN_FLIGHT = 2
UNABLE = "Unable to schedule for execution since there are no available threads"
EPISODE = "Increase in thread starvation events detected"

CAUSES = {
    "neo4j-5.26-saturated": "pool_too_small",
    "neo4j-5.26-leaked": "leaked_transactions",
    "neo4j-5.26-think-time": "client_think_time",
    "neo4j-5.26-quiet": None,
    "neo4j-5.26-burst-fan-out": "burst_fan_out",
    "neo4j-5.26-driver-per-request": "driver_per_request",
    "neo4j-5.26-fleet-times-pool": "fleet_times_pool",
    "neo4j-5.26-idle-plateau": None,
    "neo4j-5.26-lock-contention": "lock_contention",
    "neo4j-5.26-slow-consumer": "slow_consumer",
    "neo4j-5.26-bookmark-wait": "bookmark_wait",
    "neo4j-5.26-client-pool-too-small": "client_pool_too_small",
    "neo4j-5.26-host-stall": "host_stall",
    "neo4j-5.26-load-balancer-cut": "load_balancer_cut",
    "neo4j-5.26-retry-storm": "retry_storm",
    "neo4j-5.26-slow-queries": "slow_queries",
    "neo4j-5.26-transaction-limit": "transaction_limit",
}
NAMES = sorted(CAUSES)
REJECTED_SHARE = {
    "neo4j-5.26-saturated": (0.01, 0.10),
    "neo4j-5.26-leaked": (0.10, 0.90),
    "neo4j-5.26-think-time": (0.03, 0.15),
    "neo4j-5.26-quiet": (0.0, 0.0),
    "neo4j-5.26-burst-fan-out": (0.3, 0.6),
    "neo4j-5.26-driver-per-request": (0.0, 0.0),
    "neo4j-5.26-fleet-times-pool": (0.05, 0.2),
    "neo4j-5.26-idle-plateau": (0.0, 0.0),
    "neo4j-5.26-lock-contention": (0.02, 0.4),
    "neo4j-5.26-slow-consumer": (0.01, 0.4),
    "neo4j-5.26-bookmark-wait": (0.05, 0.6),
    "neo4j-5.26-client-pool-too-small": (0.0, 0.0),
    "neo4j-5.26-host-stall": (0.01, 0.2),
    "neo4j-5.26-load-balancer-cut": (0.0, 0.0),
    "neo4j-5.26-retry-storm": (0.05, 0.8),
    "neo4j-5.26-slow-queries": (0.01, 0.4),
    "neo4j-5.26-transaction-limit": (0.0, 0.02),
}
LOGS_EACH_REJECTION = {
    "neo4j-5.26-saturated",
    "neo4j-5.26-leaked",
    "neo4j-5.26-lock-contention",
    "neo4j-5.26-slow-queries",
}


@pytest.mark.parametrize("name", NAMES)
def test_the_truth_names_the_staged_cause_and_adds_up(name: str) -> None:
    truth = read_truth(name)
    assert truth["cause"] == CAUSES[name]
    told = (CAPTURES / name / "conf" / "neo4j.conf").read_text()
    assert f"thread_pool_max_size={truth['threads']}\n" in told
    assert truth["attempts"] == truth["accepted"] + truth["rejected"]
    for count in ("attempts", "accepted", "rejected"):
        assert sum(minute[count] for minute in truth["minutes"]) == truth[count]
    load = truth["attempts"] / span(truth) * truth["mean_hold_seconds"]
    assert truth["offered_load"] == pytest.approx(load, rel=1e-3)
    low, high = REJECTED_SHARE[name]
    assert low <= truth["rejected"] / truth["attempts"] <= high


def test_the_saturated_capture_is_long_and_its_load_rises_and_falls() -> None:
    truth = read_truth("neo4j-5.26-saturated")
    assert span(truth) >= 20 * 60
    assert truth["clients"]["outcomes"]["ok"] >= 10_000
    loads = [minute["offered_load"] for minute in truth["minutes"]]
    top = loads.index(max(loads))
    assert max(loads) > 1.8 * min(loads)
    assert max(loads[: top - 3]) < max(loads) > 1.3 * loads[-1]


@pytest.mark.parametrize("name", NAMES)
def test_log_lines_count_rejections_only_without_accounting(name: str) -> None:
    truth = read_truth(name)
    manifest = tomllib.loads((CAPTURES / name / "manifest.toml").read_text())
    assert manifest["logging"]["default_accounting"] is (name not in LOGS_EACH_REJECTION)
    for log in ("neo4j.log", "debug.log"):
        text = (CAPTURES / name / "logs" / log).read_text()
        assert " DEBUG " not in text
        lines = [line for line in text.splitlines() if UNABLE in line]
        if name in LOGS_EACH_REJECTION:
            assert len(lines) == truth["rejected"]
            assert all(" ERROR " in line for line in lines)
        else:
            assert lines == []
            assert text.count(EPISODE) == (truth["rejected"] > 0)


@pytest.mark.parametrize("name", NAMES)
def test_the_snapshots_are_consistent_and_end_with_the_truth(name: str) -> None:
    truth = read_truth(name)
    counts = ("opened", "closed", "running", "idle")
    series = [read_metric(name, f"connections_{metric}") for metric in counts]
    still = 0.15 * span(truth) if truth["cause"] == "host_stall" else 0
    assert abs(len(series[0]) - span(truth)) <= 3 + still
    for opened, closed, running, idle in zip(*series, strict=True):
        assert opened[1] - closed[1] == running[1] + idle[1]
        assert 0 <= running[1] <= truth["threads"]
    running = [value for _, value in series[2]]
    # A burst is over before the third sample of it.
    off = 0.25 if truth["scenario"] in ("burst_fan_out", "idle_plateau") else 0.1
    assert sum(running) / len(running) == pytest.approx(truth["carried_load"], rel=off, abs=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_messages_received_but_never_started_are_those_of_rejected_connections(name: str) -> None:
    truth = read_truth(name)
    received, started = (read_metric(name, f"messages_{x}") for x in ("received", "started"))
    first = received[0][1] - started[0][1]
    last = received[-1][1] - started[-1][1]
    slack = IN_FLIGHT * min(truth["threads"], 16)
    assert truth["rejected"] - slack <= last - first <= 2 * truth["rejected"] + slack


def test_the_leak_takes_every_thread_for_good() -> None:
    truth = read_truth("neo4j-5.26-leaked")
    assert truth["never_ended_holds"] == truth["threads"]
    last_minutes = [minute["accepted"] for minute in truth["minutes"][-2:]]
    assert last_minutes == [0, 0]
    rows = (CAPTURES / "neo4j-5.26-leaked" / "show-transactions.csv").read_text().splitlines()
    assert sum('"bolt-' in row for row in rows) == truth["threads"]


def test_think_time_is_what_fills_the_pool_of_its_capture() -> None:
    rows = [row for row in read_table("neo4j-5.26-think-time", "threads") if row["busy"]]
    busy = sum(int(row["busy"]) for row in rows)
    assert sum(int(row["waiting_client"]) for row in rows) > 0.9 * busy


def test_the_quiet_capture_has_many_connections_and_no_rejection() -> None:
    assert min(value for _, value in read_metric("neo4j-5.26-quiet", "connections_idle")) >= 55
    assert read_truth("neo4j-5.26-quiet")["rejected"] == 0


@pytest.mark.parametrize("name", NAMES)
def test_the_folder_is_small_whole_and_says_what_it_is(name: str) -> None:
    folder = CAPTURES / name
    assert sum(path.stat().st_size for path in folder.rglob("*")) < MOST_BYTES
    manifest = tomllib.loads((folder / "manifest.toml").read_text())
    assert manifest["name"] == name
    assert manifest["real"] is True
    assert manifest["simulated"] is False
    # A process that stands still gives no dump.
    assert manifest["sampled"]["missing_thread_dumps"] <= (8 if name.endswith("host-stall") else 0)
    assert manifest["neo4j_version"] in (folder / "logs" / "neo4j.log").read_text()
    for dump in ("threaddump.txt", "threaddump-1.txt", "threaddump-2.txt"):
        lines = (folder / dump).read_text().splitlines()
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", lines[0])
        assert lines[1].startswith("Full thread dump")
    for table in ("list-connections.csv", "show-transactions.csv"):
        first, second = (folder / table).read_text().splitlines()[:2]
        # Newer ones begin with the time at which they were listed.
        dated = re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", first)
        assert "connectionId, " in (second if dated else first)


@pytest.mark.parametrize("name", NAMES)
def test_no_path_of_a_private_machine_is_in_a_capture(name: str) -> None:
    for path in (CAPTURES / name).rglob("*"):
        if path.is_file() and path.suffix != ".gz":
            assert not re.search(r"/(root|home|work|tmp|Users)/", path.read_text()), path
