"""Metric directories in the shape of each version come out as the same series."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from export_shapes import START, gauge, write, zipped

from boltkb.exports import open_export


def meter(values: list[int], *, start: int, step: int = 30, began: float | None = None) -> str:
    """A counter as 3.5 and later write it, its rate since the process began."""
    began = start - 60.0 if began is None else began
    rows = "".join(
        f"{start + step * i},{value},{value / (start + step * i - began):.6f},"
        "0.000000,0.000000,0.000000,events/second\n"
        for i, value in enumerate(values)
    )
    return "t,count,mean_rate,m1_rate,m5_rate,m15_rate,rate_unit\n" + rows


def directory(version: str) -> dict[str, str]:
    """A metrics directory of a version, with one database."""
    running, opened, threads = [0, 3, 2, 1], [2, 5, 5, 6], [40, 44, 44, 43]
    if version == "3.4":
        # Counters in the layout of gauges; a header in mid-file marks a restart.
        return {
            "neo4j.bolt.connections_running.csv": gauge(running, step=3),
            "neo4j.bolt.connections_opened.csv": gauge(opened, step=3),
            "vm.thread.total.csv": gauge(threads, step=3),
            "neo4j.transaction.active_read.csv": gauge(running, step=3),
        }
    if version == "3.5":
        return {
            "neo4j.bolt.connections_running.csv": gauge(running, step=3),
            "neo4j.bolt.connections_opened.csv": meter(opened, start=START, step=3),
            "vm.thread.total.csv": gauge(threads, step=3),
            "neo4j.transaction.active_read.csv": gauge(running, step=3),
        }
    prefix = {"4.0": "neo4j", "4.4": "eu.prod"}.get(version, "neo4j")
    if version in {"4.0", "4.4"}:
        return {
            f"{prefix}.bolt.connections_running.csv": gauge(running, step=3),
            f"{prefix}.bolt.connections_opened.csv": meter(opened, start=START, step=3),
            f"{prefix}.vm.thread.total.csv": gauge(threads, step=3),
            f"{prefix}.shop.v2.transaction.active_read.csv": gauge(running, step=3),
        }
    return {
        "neo4j.dbms.bolt.connections_running.csv": gauge(running, step=3),
        "neo4j.dbms.bolt.connections_opened.csv": meter(opened, start=START, step=3),
        "neo4j.dbms.vm.threads.csv": gauge(threads, step=3),
        "neo4j.database.shop.v2.transaction.active_read.csv": gauge(running, step=3),
    }


@pytest.mark.parametrize("version", ["3.4", "3.5", "4.0", "4.4", "5.20", "2026.02"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_every_version_gives_the_same_series(version: str, ending: str, tmp_path: Path) -> None:
    content = {name: text.replace("\n", ending) for name, text in directory(version).items()}
    export = open_export(write(tmp_path / "metrics", content))
    database = "" if version.startswith("3") else "[shop.v2]"
    assert set(export.series) == {
        "connections_running",
        "connections_opened",
        "vm_threads",
        f"transaction_active_read{database}",
    }
    assert export.series["connections_running"].values.tolist() == [0, 3, 2, 1]
    assert export.series["connections_opened"].kind == "counter"
    assert export.series["connections_opened"].values.tolist() == [2, 5, 5, 6]
    assert export.problems == ()
    assert ("process-start" in export.machine) == (version != "3.4")
    if version != "3.4":
        assert export.machine["process-start"].value == pytest.approx(START - 60, abs=1)


def test_files_rotate_one_by_one_and_packed(tmp_path: Path) -> None:
    name = "neo4j.dbms.bolt.connections_opened.csv"
    parts = [meter([i, i + 1], start=START + 60 * i, began=START - 60) for i in range(4)]
    content: Mapping[str, str | bytes] = {
        f"{name}.03.zip": zipped({f"{name}.03": parts[0]}),
        f"{name}.02.gz": gzip.compress(parts[1].encode()),
        f"{name}.01": parts[2],
        name: parts[3],
        "neo4j.dbms.bolt.connections_running.csv": gauge(list(range(8)), step=30),
    }
    export = open_export(write(tmp_path / "m", content))
    opened, running = (export.series[f"connections_{one}"] for one in ("opened", "running"))
    np.testing.assert_array_equal(opened.times, running.times)
    assert opened.values.tolist() == [0, 1, 1, 2, 2, 3, 3, 4]
    assert [where.file for where in opened.files] == [
        f"{name}.03.zip!{name}.03",
        f"{name}.02.gz",
        f"{name}.01",
        name,
    ]
    assert export.restarts == ()
    # Metrics of one server share their times, also in memory.
    assert opened.times is running.times


def test_a_restart_without_a_fall_is_found_and_told_once(tmp_path: Path) -> None:
    second = START + 3000
    content = {}
    for name, rate in (("messages_received", 20), ("messages_started", 19)):
        before = meter([rate * (60 + 30 * i) for i in range(10)], start=START)
        lines = meter(
            [500 * rate * (10 + 30 * i) for i in range(10)], start=second, began=second - 10
        )
        content[f"neo4j.dbms.bolt.{name}.csv"] = before + lines.split("\n", 1)[1]
    export = open_export(write(tmp_path / "m", content))
    assert export.restarts == pytest.approx([second - 10], abs=1)
    assert export.machine["process-start"].value == pytest.approx(second - 10, abs=1)
    assert "and 1 more: 1 gap of 45 min" in export.problems[0]


def test_a_database_s_own_start_is_not_the_server_s(tmp_path: Path) -> None:
    name = "neo4j.database.shop.transaction.committed.csv"
    text = meter([5, 6, 1, 2], start=START)
    assert open_export(write(tmp_path / "m", {name: text})).restarts == ()


def test_a_metric_under_two_names_is_read_once_and_unknown_ones_are_listed(tmp_path: Path) -> None:
    content = {
        "neo4j.bolt.connections_running.csv": gauge([1, 2]),
        "neo4j.dbms.bolt.connections_running.csv": gauge([1, 2]),
        "neo4j.dbms.no_such_thing.csv": gauge([1]),
    }
    export = open_export(write(tmp_path / "m", content))
    assert len(export.sources) == 1
    assert {entry.why for entry in export.ignored} == {
        "a metric that is not used",
        "the same metric as neo4j.dbms.bolt.connections_running",
    }
    assert "are the same metric" in export.problems[0]


def test_one_damaged_file_stops_no_other(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(gauge([1, 2] * 99).encode()))
    packed[20:40] = bytes(20)
    content: Mapping[str, str | bytes] = {
        "neo4j.dbms.bolt.connections_running.csv": gauge([1, 2]),
        "neo4j.dbms.bolt.connections_idle.csv.gz": bytes(packed),
    }
    export = open_export(write(tmp_path / "m", content))
    assert list(export.series) == ["connections_running"]
    assert "damaged" in export.problems[0]
