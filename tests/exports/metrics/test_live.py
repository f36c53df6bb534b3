"""What a real Prometheus answers is what was put into it, sample by sample."""

from __future__ import annotations

import http.server
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from export_shapes import member

from boltkb.errors import ExportError, ParameterError
from boltkb.exports import open_export
from boltkb.exports.gathered import Gathered
from boltkb.exports.metrics import asking
from boltkb.exports.metrics.exposition import read_page
from boltkb.exports.metrics.live import fetch_prometheus, fetch_servers, take_fetched
from boltkb.exports.metrics.readings import Readings
from tests.prometheus import create_blocks, free_port, needed, serving

START = 1_764_000_000
SERVERS = ("10.0.0.1:2004", "10.0.0.2:2004")
STEP = 15
ROWS = 3000
SECONDS_TO_START = 60.0


def truth(server: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(server)
    running = rng.integers(0, 40, ROWS).astype(float)
    received = np.cumsum(rng.integers(0, 90, ROWS)).astype(float)
    # The process was restarted once.
    received[2000:] -= received[2000]
    return {"running": running, "received": received}


def openmetrics() -> str:
    lines = ["# TYPE neo4j_dbms_bolt_connections_running gauge"]
    for number, server in enumerate(SERVERS):
        lines += [
            f'neo4j_dbms_bolt_connections_running{{instance="{server}",job="neo4j"}} {value:g}'
            f" {START + STEP * i}.25"
            for i, value in enumerate(truth(number)["running"])
        ]
    lines.append("# TYPE neo4j_dbms_bolt_messages_received counter")
    for number, server in enumerate(SERVERS):
        lines += [
            f'neo4j_dbms_bolt_messages_received_total{{instance="{server}",job="neo4j"}} {value:g}'
            f" {START + STEP * i}.25"
            for i, value in enumerate(truth(number)["received"])
        ]
    lines.append("# TYPE node_load1 gauge")
    lines.append(f'node_load1{{instance="{SERVERS[0]}"}} 0.5 {START}.25')
    return "\n".join([*lines, "# EOF\n"])


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a real database of the samples above in it."""
    needed()
    folder = tmp_path_factory.mktemp("prometheus")
    create_blocks(folder, openmetrics())
    return folder


@pytest.fixture(scope="module")
def prometheus(database: Path) -> Iterator[str]:
    """The address of a real Prometheus on loopback that holds the samples above."""
    with serving(database) as address:
        yield address


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


END = START + STEP * ROWS


def test_every_sample_comes_once_and_exactly(prometheus: str) -> None:
    fetched = fetch_servers(prometheus, START, END)
    assert [server.server for server in fetched.servers] == list(SERVERS)
    for number, server in enumerate(fetched.servers):
        assert set(server.series) == {"connections_running", "messages_received"}
        for key, name in (("connections_running", "running"), ("messages_received", "received")):
            series = server.series[key]
            np.testing.assert_array_equal(series.values, truth(number)[name])
            np.testing.assert_array_equal(series.times, START + STEP * np.arange(ROWS) + 0.25)
        assert server.series["messages_received"].kind == "counter"
        assert [times.tolist() for times in server.resets] == [[START + STEP * 2000 + 0.25]]
    assert (fetched.source.rows, fetched.source.refused) == (4 * ROWS, 0)
    assert fetched.source.path == prometheus


def test_a_dump_of_the_database_says_the_same(database: Path) -> None:
    dump = subprocess.run(
        ["promtool", "tsdb", "dump", "data"],
        cwd=database, check=True, capture_output=True, timeout=SECONDS_TO_START,
    ).stdout  # fmt: skip
    readings = Readings()
    source, _ = read_page(member("dump.txt", dump), readings)
    assert (source.rows, source.refused) == (4 * ROWS, 0)
    for number, server in enumerate(SERVERS):
        series = readings.server(server).series["messages_received"]
        np.testing.assert_array_equal(series.values, truth(number)["received"])
        np.testing.assert_array_equal(series.times, START + STEP * np.arange(ROWS) + 0.25)


def test_one_server_is_chosen_and_the_ends_are_included(prometheus: str) -> None:
    first, last = START + STEP * 10 + 0.25, START + STEP * 20 + 0.25
    fetched = fetch_prometheus(prometheus, first, last, instance=SERVERS[1])
    (server,) = fetched.servers
    np.testing.assert_array_equal(
        server.series["connections_running"].values, truth(1)["running"][10:21]
    )
    gathered = Gathered()
    take_fetched(fetched, gathered)
    assert set(gathered.series) == {"connections_running", "messages_received"}
    assert gathered.sources == [fetched.source]


def test_a_span_in_words_and_several_servers_are_told(prometheus: str) -> None:
    with pytest.raises(ExportError, match=f"2 servers .{SERVERS[0]}, {SERVERS[1]}"):
        fetch_prometheus(prometheus, "2025-11-24T16:00:00Z", "2025-11-24T17:00:00Z")


def test_an_address_opens_as_an_export_or_as_a_cluster(prometheus: str) -> None:
    span = {"start": "2025-11-24T16:00:00Z", "end": "2025-11-24T17:00:00Z"}
    cluster = open_export(prometheus, **span)
    assert cluster.server_names == SERVERS
    alone = open_export(prometheus, server=SERVERS[1], **span)
    assert alone.name == f"127.0.0.1-{SERVERS[1]}"
    for export in (cluster.servers[1], alone):
        series = export.series["connections_running"]
        # The first sample of the truth is a quarter of a second after the start.
        np.testing.assert_array_equal(series.values, truth(1)["running"][: len(series)])
        assert len(series) == 3600 / STEP
    with pytest.raises(ExportError, match="give start and end"):
        open_export(prometheus)


def test_steps_are_cut_so_that_prometheus_answers_them(
    prometheus: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 22,500 points of two seconds are more than Prometheus answers at once.
    fetched = fetch_prometheus(prometheus, START + 1, END - STEP, step=2.0, instance=SERVERS[0])
    series = fetched.servers[0].series["connections_running"]
    np.testing.assert_array_equal(series.times, np.arange(START + 1, END - STEP + 1, 2))
    places = np.floor((series.times - START - 0.25) / STEP).astype(int)
    np.testing.assert_array_equal(series.values, truth(0)["running"][places])
    assert "repeats the last value" in fetched.problems[0]


@pytest.mark.parametrize("step", [None, 5.0])
def test_an_answer_that_is_too_large_is_asked_for_in_parts(
    prometheus: str, monkeypatch: pytest.MonkeyPatch, step: float | None
) -> None:
    whole = fetch_servers(prometheus, START, END, step)
    monkeypatch.setattr(asking, "_LARGEST_ANSWER", 40_000)
    parts = fetch_servers(prometheus, START, END, step)
    for one, other in zip(whole.servers, parts.servers, strict=True):
        for key, series in one.series.items():
            np.testing.assert_array_equal(series.times, other.series[key].times)
            np.testing.assert_array_equal(series.values, other.series[key].values)
    assert parts.source.rows == whole.source.rows
    monkeypatch.setattr(asking, "_LARGEST_ANSWER", 100)
    with pytest.raises(ExportError, match="too large"):
        fetch_servers(prometheus, START, END, step)


def test_nothing_in_the_span_and_wrong_labels_are_errors(prometheus: str) -> None:
    with pytest.raises(ExportError, match="no metric of a Neo4j server"):
        fetch_prometheus(prometheus, START - 9000, START - 8000)
    with pytest.raises(ExportError, match="no metric of a Neo4j server"):
        fetch_prometheus(prometheus, START, END, instance='"} or up{a="')
    with pytest.raises(ParameterError, match="not the name of a label"):
        fetch_prometheus(prometheus, START, END, labels={"a=b": "c"})


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers every request with what its server was told to."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status, headers, body = self.server.told  # type: ignore[attr-defined]
        self.server.seen.append(dict(self.headers))  # type: ignore[attr-defined]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        return


@pytest.fixture
def stranger() -> Iterator[http.server.HTTPServer]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.seen = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ((200, {}, b"<html>"), "no result of a query"),
        ((200, {"Content-Length": "999"}, b"{}"), "broke off"),
        ((302, {"Location": "file:///etc/hostname"}, b""), "status 302"),
        ((401, {}, b"no"), "status 401"),
        ((400, {}, b'{"status":"error","error":"parse error <b>"}'), "parse error <b>"),
        ((422, {}, b'{"error":"query processing would load too many samples"}'), "too large"),
        ((500, {}, b"[" * 100_000), "status 500"),
    ],
)
def test_strange_answers_are_export_errors(
    stranger: http.server.HTTPServer, told: tuple[int, dict[str, str], bytes], message: str
) -> None:
    stranger.told = told  # type: ignore[attr-defined]
    url = f"http://analyst:s3cret@127.0.0.1:{stranger.server_port}/prometheus/"
    with pytest.raises(ExportError, match=message) as raised:
        fetch_prometheus(url, START, START + 3600, timeout=5)
    assert "s3cret" not in str(raised.value)
    assert raised.value.path == f"http://127.0.0.1:{stranger.server_port}/prometheus"
    assert stranger.seen[0]["Authorization"].startswith("Basic ")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "url", ["file:///etc/hostname", "127.0.0.1:9090", "http://", "http://[::1", "ftp://a", ""]
)
def test_addresses_that_are_none_are_export_errors(url: str) -> None:
    with pytest.raises(ExportError, match="address"):
        fetch_prometheus(url, START, END)


def test_nobody_there_is_an_export_error() -> None:
    with pytest.raises(ExportError, match="cannot be asked"):
        fetch_prometheus(f"http://127.0.0.1:{free_port()}", START, END, timeout=5)


@pytest.mark.parametrize(
    ("start", "end", "step", "message"),
    [
        (END, START, None, "before the end"),
        ("yesterday", END, None, "the start"),
        (START, float("nan"), None, "the end"),
        (START, END, 0.0, "the step"),
    ],
)
def test_spans_that_are_none_are_parameter_errors(
    start: float | str, end: float, step: float | None, message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        fetch_prometheus("http://127.0.0.1:9", start, end, step)
