"""A short capture of the real server, checked against what the server itself logged."""

from __future__ import annotations

import contextlib
import csv
import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import tomllib
from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
THREADS = 4
# A thread dump is written in about 10 ms; a hold may begin or end meanwhile.
SAMPLES_THAT_AGREE = 0.85
MEAN_DIFFERENCE_THREADS = 0.15
# The log has whole milliseconds and is written a moment before the listener is told.
HOLD_TOLERANCE_SECONDS = 0.02
BUSY_TOLERANCE = 0.25
PATIENCE_SECONDS = 60.0
ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGKILL)

pytestmark = [pytest.mark.lab, pytest.mark.slow, pytest.mark.usefixtures("real_server_tools")]


def servers_of(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            command = (stat.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == parent and b"-Dboltkb.lab.out=" in command:
            found.append(int(stat.parent.name))
    return found


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(map(is_alive, pids)) and time.monotonic() < deadline:
        os.sched_yield()
    assert not [pid for pid in pids if is_alive(pid)]


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory, real_server_tools: None) -> Path:
    out = tmp_path_factory.mktemp("captures") / "short"
    command = [sys.executable, "-B", "-m", "data.lab", "capture", "--scenario", "custom"]
    command += ["--threads", str(THREADS), "--rate", "8", "--hold", "0.25", "--minutes", "0.4"]
    command += ["--leak-every", "7", "--seed", "5", "--debug-log", "--out", str(out)]
    command += ["--no-default-accounting", "--all-metrics"]
    homes = out.parent / "homes"
    homes.mkdir()
    env = os.environ | {"TMPDIR": str(homes)}
    result = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=600)
    assert result.returncode == 0, result.stderr
    return out


@pytest.fixture(scope="module")
def truth(capture: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((capture / "truth.json").read_text())
    return content


def read_logged_holds(capture: Path) -> list[tuple[float, float | None, str]]:
    pattern = re.compile(
        r"^(\S+ \S+) DEBUG \[\S+AtomicSchedulingConnection\] \[(bolt-\d+)\]"
        r" (Activating connection|Returning to idle state)"
    )
    begun: dict[str, float] = {}
    holds: list[tuple[float, float | None, str]] = []
    for line in (capture / "logs" / "debug.log").read_text().splitlines():
        if match := pattern.match(line):
            at = datetime.strptime(match[1], "%Y-%m-%d %H:%M:%S.%f%z").timestamp()
            if match[3].startswith("Activating"):
                begun[match[2]] = at
            else:
                holds.append((begun.pop(match[2]), at, match[2]))
    return sorted([*holds, *((at, None, name) for name, at in begun.items())])


def read_table(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", newline="") as file:
        return list(csv.DictReader(file))


def read_metric(capture: Path, name: str) -> list[tuple[int, int]]:
    with (capture / "metrics" / f"{name}.csv").open(newline="") as file:
        next(file)
        return [(int(row[0]), int(row[1])) for row in csv.reader(file)]


def span(truth: dict[str, object]) -> tuple[float, float]:
    start, end = (datetime.fromisoformat(str(truth[name])).timestamp() for name in ("start", "end"))
    return start, end


def test_every_hold_in_the_debug_log_is_in_the_truth(
    capture: Path, truth: dict[str, object]
) -> None:
    start, end = span(truth)
    logged = [hold for hold in read_logged_holds(capture) if start <= hold[0] < end]
    assert len(logged) == truth["accepted"]
    rows = read_table(capture / "truth-acquisitions.csv.gz")
    known = [row for row in rows if row["outcome"] != "rejected" and start <= float(row["start"])]
    for (begin, stop, name), row in zip(
        sorted(logged, key=lambda hold: (hold[2], hold[0])),
        sorted(known, key=lambda row: (row["connection"], float(row["start"]))),
        strict=False,
    ):
        assert row["connection"] == name
        assert float(row["start"]) == pytest.approx(begin, abs=HOLD_TOLERANCE_SECONDS)
        if stop is not None:
            assert float(row["seconds"]) == pytest.approx(stop - begin, abs=HOLD_TOLERANCE_SECONDS)


def test_every_rejection_is_logged_once_in_each_file(
    capture: Path, truth: dict[str, object]
) -> None:
    assert truth["rejected"]
    for name in ("neo4j.log", "debug.log"):
        text = (capture / "logs" / name).read_text()
        assert text.count("Unable to schedule for execution") == truth["rejected"]


def test_thread_dumps_agree_with_the_logged_holds(capture: Path, truth: dict[str, object]) -> None:
    _, end = span(truth)
    holds = read_logged_holds(capture)
    begins = sorted(begin for begin, _, _ in holds)
    stops = sorted(stop for _, stop, _ in holds if stop is not None)
    samples = [
        (at, int(row["busy"]))
        for row in read_table(capture / "truth-threads.csv.gz")
        if row["busy"] and (at := float(row["at"])) < end
    ]
    assert len(samples) > 15
    differences = [
        busy - (bisect_right(begins, at) - bisect_right(stops, at)) for at, busy in samples
    ]
    assert sum(d == 0 for d in differences) >= SAMPLES_THAT_AGREE * len(differences)
    assert abs(sum(differences)) / len(differences) <= MEAN_DIFFERENCE_THREADS


def test_metrics_agree_with_the_truth(capture: Path, truth: dict[str, object]) -> None:
    series = {
        name: read_metric(capture, f"neo4j.dbms.bolt.connections_{name}")
        for name in ("opened", "closed", "running", "idle")
    }
    for opened, closed, running, idle in zip(*series.values(), strict=True):
        assert opened[0] == closed[0] == running[0] == idle[0]
        assert opened[1] - closed[1] == running[1] + idle[1]
        assert 0 <= running[1] <= THREADS
    busy = [value for _, value in series["running"]]
    carried = truth["carried_load"]
    assert isinstance(carried, float)
    assert sum(busy) / len(busy) == pytest.approx(carried, rel=BUSY_TOLERANCE)


def test_started_messages_fall_behind_by_what_was_refused(
    capture: Path, truth: dict[str, object]
) -> None:
    received = read_metric(capture, "neo4j.dbms.bolt.messages_received")
    started = read_metric(capture, "neo4j.dbms.bolt.messages_started")
    last = received[-1][1] - started[-1][1]
    rejected = truth["rejected"]
    assert isinstance(rejected, int)
    # A refused connection drops what its client had pipelined: one or two messages.
    assert rejected - THREADS <= last <= 2 * rejected + THREADS


def test_a_leak_is_seen_as_a_hold_that_never_ended(capture: Path, truth: dict[str, object]) -> None:
    attempts = read_table(capture / "truth-attempts.csv.gz")
    leaked = sum(row["kind"] == "leak" and row["outcome"] == "ok" for row in attempts)
    assert truth["never_ended_holds"] == leaked >= 1
    dump = (capture / "threaddump-2.txt").read_text()
    assert "LinkedBlockingDeque.pollFirst" in dump


def test_the_capture_is_whole_and_says_what_it_is(capture: Path) -> None:
    manifest = tomllib.loads((capture / "manifest.toml").read_text())
    assert manifest["real"] is True
    assert manifest["simulated"] is False
    assert "--out data/captures/short" in manifest["command"]
    for name in ("threaddump.txt", "threaddump-1.txt", "threaddump-2.txt"):
        assert "Full thread dump" in (capture / name).read_text()
    for number in ("", "-1", "-2"):
        moment, head, *rows = (capture / f"list-connections{number}.csv").read_text().splitlines()
        assert datetime.fromisoformat(moment).tzinfo is not None
        assert head.startswith("connectionId, ")
        assert any('"shop-api/2.3"' in row for row in rows)
        text = (capture / f"show-transactions{number}.csv").read_text()
        assert text.splitlines()[1].startswith("database, ")
    assert "<POOL> " in (capture / "clients" / "shop-api-1.log").read_text()


def test_no_path_of_this_machine_is_in_a_capture(capture: Path) -> None:
    unwanted = {str(ROOT), str(Path.home()), socket.gethostname()} - {"/", "", "localhost"}
    for path in capture.rglob("*"):
        if path.suffix in (".txt", ".csv", ".conf", ".toml", ".json", ".log"):
            text = path.read_text()
            for word in unwanted:
                assert not re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w.-])", text), path
            assert "/boltkb-lab-" not in text


def test_the_histogram_counts_the_threads_that_were_given_back(capture: Path) -> None:
    path = capture / "metrics" / "neo4j.dbms.bolt.worker_thread_bound_time.csv"
    last = path.read_text().splitlines()[-1].split(",")
    released = [
        float(row["start"]) + float(row["seconds"])
        for row in read_table(capture / "truth-acquisitions.csv.gz")
        if row["outcome"] == "held"
    ]
    assert int(last[1]) == sum(at <= int(last[0]) for at in released)


def test_a_capture_leaves_no_server_and_no_home_behind(capture: Path) -> None:
    homes = capture.parent / "homes"
    assert homes.is_dir()
    assert list(homes.iterdir()) == []
    mark = os.fsencode(homes)
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            assert mark not in path.read_bytes()


@dataclass(frozen=True)
class Ended:
    """A lab that was sent a signal as soon as its server had started."""

    said: str
    servers: list[int]
    folder: Path


@pytest.fixture(scope="module")
def ended(
    tmp_path_factory: pytest.TempPathFactory, real_server_tools: None
) -> dict[signal.Signals, Ended]:
    """Labs side by side, because each mostly waits: ten seconds until Neo4j closes its ports."""
    command = [sys.executable, "-B", "-m", "data.lab", "start", "--threads", "2"]
    found = {}
    with contextlib.ExitStack() as stack:
        labs = {}
        for number in ENDS:
            folder = tmp_path_factory.mktemp("ends")
            env = os.environ | {"TMPDIR": str(folder)}
            lab = stack.enter_context(
                subprocess.Popen(
                    command, cwd=ROOT, env=env, stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL, text=True,
                )
            )  # fmt: skip
            stack.callback(lab.kill)
            labs[number] = lab, folder
        for number, (lab, folder) in labs.items():
            assert lab.stdout is not None
            said = lab.stdout.readline()
            found[number] = Ended(said, servers_of(lab.pid), folder)
            lab.send_signal(number)
        for lab, _ in labs.values():
            lab.wait(PATIENCE_SECONDS)
    return found


@pytest.mark.parametrize("number", ENDS)
def test_however_the_lab_ends_its_server_ends_too(
    number: signal.Signals, ended: dict[signal.Signals, Ended]
) -> None:
    lab = ended[number]
    assert lab.said.startswith("bolt://127.0.0.1:")
    assert len(lab.servers) == 1
    wait_until_gone(lab.servers)
    # A killed process cannot tidy up; its server still ends.
    assert number == signal.SIGKILL or list(lab.folder.iterdir()) == []


def test_a_port_in_use_is_one_paragraph_and_exit_code_one() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        command = [sys.executable, "-B", "-m", "data.lab", "start", "--bolt-port", port]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert result.returncode == 1
    assert re.fullmatch(r"error: The Bolt port \d+ .*\n", result.stderr)


def test_a_version_that_does_not_exist_is_one_paragraph(tmp_path: Path) -> None:
    command = [sys.executable, "-B", "-m", "data.lab", "start", "--neo4j", "5.26.999"]
    env = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    result = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=600)
    assert result.returncode == 1
    assert re.fullmatch(r"error: Maven could not fetch Neo4j 5\.26\.999 .*\n", result.stderr)
