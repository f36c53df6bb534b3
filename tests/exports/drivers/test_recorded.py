"""Logs that real drivers wrote are read as their clients counted, however they are wrapped."""

from __future__ import annotations

import gzip
import io
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from boltkb.exports import open_export
from boltkb.exports.drivers.reading import read_driver_log
from boltkb.exports.drivers.shape import looks_like
from boltkb.exports.intake.members import Member

RECORDED = Path(__file__).parent / "recorded"
TRUTH = json.loads((RECORDED / "truth.json").read_text())
NAMES = sorted(name for name in TRUTH if name != "about")


def text_of(name: str) -> bytes:
    return gzip.decompress((RECORDED / f"{name}.log.gz").read_bytes())


def read(data: bytes, **options):
    return read_driver_log(Member("app.log", None, lambda: io.BytesIO(data)), **options)


def only_pool(name: str):
    (pool,) = read(text_of(name)).pools
    return pool


@pytest.mark.parametrize("name", NAMES)
def test_language_version_and_address(name: str) -> None:
    language, version = name.split("-")
    pool = only_pool(name)
    assert (pool.language, pool.address) == (language, "127.0.0.1:17687")
    # Go's console logger tells no version below the wire level.
    assert pool.version == (None if language == "go" else version)
    assert pool.start < pool.end < pool.start + 60


def test_python_counts_are_the_clients() -> None:
    pool, truth = only_pool("python-6.4.1"), TRUTH["python-6.4.1"]
    assert pool.counts["acquired"] == pool.counts["released"] == truth["ok"]
    assert pool.counts["timed_out"] == truth["timed_out"]
    assert pool.counts["rejected"] == pool.counts["retried"] == truth["retried"]
    # Whoever asked had a connection, ran out of time, or met a server without threads.
    assert pool.counts["asked"] == truth["ok"] + truth["timed_out"] + truth["retried"]
    assert len(pool.waits) == len(pool.holds) == truth["ok"]
    assert 0.25 < pool.mean_hold < 1.0
    assert pool.waits.max() < 5.0
    assert 3 <= pool.in_use.max() <= truth["pool"]
    assert pool.in_use[-1] == 0


@pytest.mark.parametrize("name", ["javascript-5.28.3", "javascript-6.3.0"])
def test_javascript_counts_are_the_clients(name: str) -> None:
    pool, truth = only_pool(name), TRUTH[name]
    # An attempt that the server rejects on an open connection had that connection.
    assert pool.counts["acquired"] == pool.counts["released"] == truth["ok"] + truth["retried"]
    assert pool.counts["timed_out"] == truth["timed_out"]
    assert pool.counts["rejected"] == truth["rejected_at_login"] + truth["retried"]
    assert pool.counts["failed"] == truth["rejected_at_login"]
    assert pool.in_use[-1] == 0
    assert len(pool.holds) == pool.counts["released"]
    timeouts = [event for event in pool.events if event.kind == "javascript-acquisition-timeout"]
    assert {event.numbers["limit"] for event in timeouts} == {0.5}
    assert {event.numbers["active"] for event in timeouts} == {3.0}


def test_go_counts_agree_with_each_other() -> None:
    pool, truth = only_pool("go-5.28.4"), TRUTH["go-5.28.4"]
    # In 5.x both are retried, so that every call came to its end.
    assert pool.counts["retried"] == pool.counts["timed_out"] + pool.counts["rejected"]
    assert pool.counts["asked"] == truth["calls"] + pool.counts["retried"]
    assert pool.counts["released"] >= truth["ok"]
    # It does not tell of acquisitions.
    assert "acquired" not in pool.counts
    assert len(pool.in_use) == 0
    # Its step comes before the first pause: 2 s, then 4, 8.
    delays = [event.numbers["delay"] for event in pool.events if "delay" in event.numbers]
    assert min(delays) > 1.6


def test_java_before_5_26_counts_are_the_drivers_own_metrics() -> None:
    pool, truth = only_pool("java-5.20.0"), TRUTH["java-5.20.0"]
    # A connection whose log-in was rejected is told as acquired and released, too.
    assert pool.counts["acquired"] == truth["acquired"] + truth["failed"]
    assert pool.counts["released"] == pool.counts["acquired"]
    assert pool.counts["created"] == truth["created"]
    assert pool.counts["rejected"] == pool.counts["retried"] == truth["failed"]
    assert pool.in_use[-1] == 0


@pytest.mark.parametrize("name", ["java-5.26.3", "java-5.28.9"])
def test_java_since_5_26_counts_are_the_drivers_own_metrics(name: str) -> None:
    pool, truth = only_pool(name), TRUTH[name]
    assert pool.counts["released"] + pool.counts.get("closed", 0) == truth["acquired"]
    assert pool.counts["failed"] == truth["failed"]
    # Most acquisitions are not logged, so none is counted and nothing is said of use.
    assert "acquired" not in pool.counts
    assert len(pool.in_use) == 0
    refused = pool.counts.get("refused", 0)
    assert pool.counts["retried"] == refused + truth["failed"] + _rejected_on_open(name)


def _rejected_on_open(name: str) -> int:
    """Retries after the server rejected work on a connection that was open."""
    text = text_of(name).decode()
    open_ones = re.findall(r"\[bolt-\d+\] S: FAILURE Neo.TransientError.Request.NoThreads", text)
    # Of those, one whose retry time had passed would be missing.
    return len(open_ones) - (1 if name == "java-5.28.9" else 0)


def test_a_header_and_its_message_on_two_lines_belong_together() -> None:
    pool, truth = only_pool("java-6.0.2"), TRUTH["java-6.0.2"]
    assert pool.counts["released"] == truth["ok"]
    assert pool.counts["refused"] > truth["refused_for_good"]
    assert pool.start % 1 == 0


def slow_counts(name: str) -> Counter[str]:
    """Line by line, with nothing of the reader."""
    found: Counter[str] = Counter()
    for line in text_of(name).decode().splitlines():
        found["released"] += " released to the pool" in line or "<POOL> released bolt-" in line
        found["handed"] += "handing out existing connection" in line
        found["timed_out"] += "<POOL> acquisition timed out" in line
        found["wire"] += bool(re.search(r"S: FAILURE .*NoThreadsAvailable", line))
        found["retried"] += bool(re.search(r"Transaction failed and will be retried in", line))
    return found


@pytest.mark.parametrize("name", [n for n in NAMES if not n.startswith("go")])
def test_counts_are_those_of_a_slow_count(name: str) -> None:
    pool, slow = only_pool(name), slow_counts(name)
    if not name.startswith("java-5.20"):
        assert pool.counts["released"] == slow["released"]
    assert pool.counts["rejected"] == slow["wire"]
    assert pool.counts.get("retried", 0) == slow["retried"]


@pytest.mark.parametrize("name", ["python-6.4.1", "java-6.0.2", "javascript-5.28.3"])
@pytest.mark.parametrize("block", [977, 1 << 14])
def test_any_block_size_gives_the_same(name: str, block: int) -> None:
    data = text_of(name)[:120_000]
    whole, parts = read(data), read(data, block=block)
    assert whole.source == parts.source
    assert whole.problems == parts.problems
    for one, other in zip(whole.pools, parts.pools, strict=True):
        assert (one.counts, one.totals, one.events) == (other.counts, other.totals, other.events)
        assert one.in_use.tolist() == other.in_use.tolist()
        assert one.where == other.where


def docker(line: str) -> str:
    time = "2026-11-26T15:01:03.254123456Z"
    return json.dumps({"log": line + "\n", "stream": "stderr", "time": time})


WRAPPERS = {
    "docker": docker,
    "cri": lambda line: f"2026-11-26T15:01:03.254123456Z stderr F {line}",
    "kubectl --timestamps": lambda line: f"2026-11-26T15:01:03.254123456Z {line}",
    "kubectl --prefix": lambda line: f"[pod/api-7d9f/api] {line}",
    "compose": lambda line: f"api-1  | {line}",
    "crlf": lambda line: line + "\r",
    "json": lambda line: json.dumps({"@timestamp": "2026-11-26T15:01:03Z", "message": line}),
}


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("name", ["python-6.4.1", "go-5.28.4", "javascript-5.28.3", "java-5.26.3"])
def test_wrapped_lines_count_the_same(name: str, wrapper: str) -> None:
    lines = text_of(name).decode().splitlines()
    wrapped = "".join(WRAPPERS[wrapper](line) + "\n" for line in lines).encode()
    (pool,) = read(wrapped).pools
    expected = only_pool(name)
    if wrapper == "json" and name.startswith("java-"):
        # Each line of a stack trace came as an entry of its own: only one layer can be trusted.
        assert pool.counts["released"] == expected.counts["released"]
        assert pool.counts["retried"] == expected.counts["retried"]
        return
    assert pool.counts == expected.counts
    if wrapper in ("docker", "cri", "kubectl --timestamps"):
        assert pool.start == pool.end == pytest.approx(1795705263.254123, abs=1e-5)


def test_the_pools_logger_alone_does_not_tell_how_openings_end() -> None:
    lines = [
        line for line in text_of("python-6.4.1").splitlines(keepends=True) if b"<POOL>" in line
    ]
    (pool,) = read(b"".join(lines)).pools
    assert "acquired" not in pool.counts
    assert len(pool.in_use) == 0
    assert pool.counts["released"] == 33
    # Those of connections that were open already.
    assert len(pool.holds) == 26
    assert pool.address == "unknown"


@pytest.mark.parametrize("name", NAMES)
def test_a_real_log_is_recognised_under_any_name(name: str) -> None:
    assert looks_like("stdout", text_of(name)[:65536]) == "driver-log"
    assert looks_like("app.log", text_of(name)[:65536]) == "driver-log"


def test_an_export_with_a_clients_log(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "shop.log.gz").write_bytes(
        (RECORDED / "javascript-5.28.3.log.gz").read_bytes()
    )
    export = open_export(tmp_path)
    (pool,) = export.drivers
    assert pool.language == "javascript"
    assert [source.kind for source in export.sources] == ["driver-log"]
    # The client's clock is not the server's: its lines do not say what the export covers.
    assert export.start is None
