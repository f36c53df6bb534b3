"""Pages of every version become readings; a time comes from samples or names, never from disks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from export_shapes import START, gauge, member, write
from hypothesis import given, settings
from hypothesis import strategies as st

from boltkb.errors import ExportError
from boltkb.exports import open_export
from boltkb.exports.metrics import exposition
from boltkb.exports.metrics.exposition import looks_like_page, read_labels, read_page
from boltkb.exports.metrics.readings import Readings

HELP = "Generated from Dropwizard metric import (metric={}, type=com.neo4j.metrics.metric.{})"


def sample(name: str, dotted: str, value: float, kind: str = "gauge") -> str:
    told = HELP.format(dotted, "MetricsCounter" if kind == "counter" else "Gauge")
    return f"# HELP {name} {told}\n# TYPE {name} {kind}\n{name} {value}\n"


def page(version: str, running: float, received: float) -> str:
    """A page of the endpoint as a version writes it."""
    if version == "3.4":
        return (
            sample("neo4j_bolt_connections_running", "neo4j.bolt.connections_running", running)
            + sample("neo4j_bolt_messages_received", "neo4j.bolt.messages_received", received)
            + sample("vm_thread_total", "vm.thread.total", 47.0)
        )
    middle = "bolt" if version == "4.4" else "dbms_bolt"
    dotted = middle.replace("_", ".")
    threads = ("vm_thread_total", "vm.thread.total")
    if version == "5.11":
        threads = ("dbms_vm_threads", "dbms.vm.threads")
    base = "graph_eu_prod" if version == "4.4" else "database_graph_eu_prod"
    database = "graph-eu.prod" if version == "4.4" else "database.graph-eu.prod"
    return (
        sample(
            f"neo4j_{middle}_connections_running", f"neo4j.{dotted}.connections_running", running
        )
        + sample(
            f"neo4j_{middle}_messages_received_total",
            f"neo4j.{dotted}.messages_received",
            received,
            "counter",
        )
        + sample(f"neo4j_{threads[0]}", f"neo4j.{threads[1]}", 47.0)
        + sample(
            f"neo4j_{base}_transaction_active_read", f"neo4j.{database}.transaction.active_read", 1
        )
    )


SUMMARY = (
    "# HELP neo4j_dbms_bolt_worker_thread_bound_time "
    + HELP.format("neo4j.dbms.bolt.worker_thread_bound_time", "Histogram")
    + "\n# TYPE neo4j_dbms_bolt_worker_thread_bound_time summary\n"
    + "".join(
        f'neo4j_dbms_bolt_worker_thread_bound_time{{quantile="{quantile}",}} {value}\n'
        for quantile, value in (("0.5", 12.0), ("0.75", 20.0), ("0.999", 950.0))
    )
    + "neo4j_dbms_bolt_worker_thread_bound_time_count 81.0\n"
)


@pytest.mark.parametrize("version", ["3.4", "4.4", "5.11"])
def test_a_folder_of_pages_is_a_course_of_time(version: str, tmp_path: Path) -> None:
    pages = {
        f"page-{START + 30 * i}.prom": page(version, i % 4, 1000.0 * i) + SUMMARY for i in range(6)
    }
    export = open_export(write(tmp_path / "pages", pages))
    running = export.series["connections_running"]
    assert running.values.tolist() == [0, 1, 2, 3, 0, 1]
    assert running.times.tolist() == [START + 30 * i for i in range(6)]
    assert export.series["messages_received"].kind == "counter"
    assert export.series["vm_threads"].values[0] == 47
    if version != "3.4":
        # The dotted name in HELP has the database as it really is.
        assert "transaction_active_read[graph-eu.prod]" in export.series
    bound = export.series["worker_thread_bound_time"]
    assert (bound.kind, bound.values[0]) == ("histogram", 81)
    np.testing.assert_allclose(bound.columns["p999"], 0.95)
    assert {source.kind for source in export.sources} == {"scraped-metrics"}
    assert export.problems == ()


def test_openmetrics_and_milliseconds_give_the_same_times() -> None:
    for stamp in (f"{START}.5", f"{START}500", f"{START + 0.5:.3f}"):
        text = f"neo4j_bolt_connections_running 3 {stamp}\n# EOF\n"
        readings = Readings()
        read_page(member("a.txt", text), readings)
        assert readings.server("").series["connections_running"].times.tolist() == [START + 0.5]


def test_a_page_without_a_time_is_a_moment(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", {"x.prom": page("5.11", 7, 10), "y.prom": page("5.11", 3, 9)})
    export = open_export(folder)
    assert export.series == {}
    fact = export.machine["metric:connections_running"]
    assert (fact.value, fact.text) == (7, "3 to 7 in 2 pages")
    assert "without a time" in export.problems[0]
    assert (export.start, export.end) == (None, None)


def test_a_loop_that_writes_the_time_before_each_page() -> None:
    text = "".join(f"{START + 5 * i}\n{page('4.4', i, i)}" for i in range(3))
    readings = Readings()
    source, _ = read_page(member("loop.txt", text), readings)
    assert readings.server("").series["connections_running"].values.tolist() == [0, 1, 2]
    assert (source.rows, source.refused) == (12, 0)


def test_pages_one_after_the_other_without_times_are_refused_not_guessed() -> None:
    readings = Readings()
    source, _ = read_page(member("loop.txt", page("3.4", 1, 1) + page("3.4", 2, 2)), readings)
    assert (source.rows, source.refused) == (3, 3)
    assert "again, without a time" in source.why


def test_a_dump_of_a_database_of_samples() -> None:
    labels = 'instance="a:2004", job="neo4j"'
    text = "".join(
        f'{{__name__="neo4j_dbms_bolt_connections_running", {labels}}} {i} {START + 15 * i}000\n'
        f'{{__name__="node_load1", {labels}}} 0.5 {START + 15 * i}000\n'
        for i in range(4)
    )
    assert looks_like_page(text)
    readings = Readings()
    source, _ = read_page(member("dump.txt", text), readings)
    assert readings.servers == ("a:2004",)
    assert readings.server("a:2004").series["connections_running"].values.tolist() == [0, 1, 2, 3]
    assert (source.rows, source.start, source.end) == (4, START, START + 45)


def test_several_servers_are_never_mixed(tmp_path: Path) -> None:
    line = 'neo4j_dbms_bolt_connections_running{{instance="{}"}} {} {}000\n'
    text = line.format("a:2004", 1, START) + line.format("b:2004", 2, START)
    content = {"both.prom": text, "metrics/neo4j.dbms.vm.threads.csv": gauge([40])}
    export = open_export(write(tmp_path / "x", content))
    assert list(export.series) == ["vm_threads"]
    assert "2 servers" in export.ignored[0].why
    assert "a:2004, b:2004" in export.problems[0]


def test_pages_of_two_folders_at_one_time_are_of_two_servers(tmp_path: Path) -> None:
    content = {
        f"{server}/{START + 9 * i}.prom": page("5.11", i, i) for server in "ab" for i in (1, 2)
    }
    folder = write(tmp_path / "x", content)
    with pytest.raises(ExportError, match="2 servers"):
        open_export(folder)
    # One after the other they are one server's.
    later = {f"c/{START + 99 + i}.prom": page("5.11", i, i) for i in (1, 2)}
    days = write(tmp_path / "y", {name: text for name, text in content.items() if name[0] == "a"})
    assert len(open_export(write(days, later)).series["connections_running"]) == 4


def test_csv_files_go_before_what_was_scraped(tmp_path: Path) -> None:
    content = {
        "neo4j.dbms.bolt.connections_running.csv": gauge([5, 5]),
        f"{START}.prom": page("5.11", 9, 10),
    }
    export = open_export(write(tmp_path / "x", content))
    assert export.series["connections_running"].values.tolist() == [5, 5]
    assert export.series["messages_received"].values.tolist() == [10]
    assert "the former is used" in export.problems[0]


def test_broken_lines_are_counted_with_the_first_one_s_number() -> None:
    lines = [
        "neo4j_bolt_connections_running 3",
        "neo4j_bolt_connections_running{a=b} 3",
        "}{",
        'x{a="' + "\\" * 999,
        "neo4j_bolt_connections_idle +Inf",
        "neo4j_bolt_connections_opened 3 99",
        "\x00\x00",
        "9" * 200_000,
        "neo4j_bolt_connections_closed NaN",
    ]
    readings = Readings()
    source, _ = read_page(member(f"{START}.prom", "\r\n".join(lines)), readings)
    assert (source.rows, source.refused) == (2, 7)
    assert source.why.startswith("line 2: broken labels")
    assert set(readings.server("").series) == {"connections_running"}


def test_text_that_powershell_wrote() -> None:
    readings = Readings()
    text = ("\ufeff" + page("5.11", 2, 3).replace("\n", "\r\n")).encode("utf-16-le")
    source, _ = read_page(member(f"{START}.prom", text), readings)
    assert (source.rows, source.refused) == (4, 0)


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_looked_at_without_an_error(text: str) -> None:
    looks_like_page(text)
    read_labels("{" + text + "}")
    read_page(member("a.prom", text), Readings())


@settings(deadline=None)
@given(st.dictionaries(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), st.text(max_size=20)))
def test_labels_survive_their_escapes(labels: dict[str, str]) -> None:
    def escaped(text: str) -> str:
        return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    text = "{" + "".join(f'{key}="{escaped(value)}",' for key, value in labels.items()) + "}"
    assert read_labels(text) == labels


def test_the_sum_of_a_summary_is_no_count() -> None:
    readings = Readings()
    extra = "neo4j_dbms_bolt_worker_thread_bound_time_sum 9999.0\n"
    read_page(member(f"{START}.prom", SUMMARY + extra), readings)
    series = readings.server("").series["worker_thread_bound_time"]
    np.testing.assert_array_equal(series.values, [81])


def test_a_line_of_blanks_is_not_tried_in_every_way() -> None:
    # Minutes where two parts of the pattern may share the blanks; at once where they may not.
    for text in ("a" + " " * 60_000 + "!", "a 1" + " " * 60_000 + "!", "a{" + '"' * 60_001):
        assert exposition._SAMPLE.fullmatch(text) is None
