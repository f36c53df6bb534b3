"""Tables saved from dashboards: what is clear is read, what is not is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from export_shapes import START, gauge, member, write
from hypothesis import given, settings
from hypothesis import strategies as st

from boltkb.errors import ExportError
from boltkb.exports import open_export
from boltkb.exports.metrics.panel_names import panel_name
from boltkb.exports.metrics.panels import looks_like_panel, read_panel
from boltkb.exports.metrics.quantities import read_quantity
from boltkb.exports.metrics.readings import Readings

RUNNING = "neo4j_dbms_bolt_connections_running"
LONG = (
    f"Time,__name__,instance,job,Value\n{START}000,{RUNNING},a,neo4j,3\n"
    f"{START + 15}000,{RUNNING},a,neo4j,4\n"
)


def iso(second: int) -> str:
    stamp = np.datetime64(START + second, "s").item()
    return f"{stamp:%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    "text",
    [
        f'"Time","{RUNNING}"\n{START}000,3\n{START + 15}000,4\n',
        f'"Time","{RUNNING}"\r\n"{iso(0)}","3"\r\n"{iso(15)}","4"\r\n',
        f'sep=;\n"Time";"{RUNNING}{{instance=""a""}}"\n{START}000;3\n{START + 15}000;4,0\n',
        f"Series;Time;Value\n{RUNNING};{START};3\n{RUNNING};{START + 15};4\n",
        LONG,
        f"timestamp,neo4j.dbms.bolt.connections.running{{host:a}}\n{START},3\n{START + 15},4\n",
        f'timestamp,"avg:neo4j.bolt.connections_running{{host:a}}"\n{START},3\n{START + 15},4\n',
        f'"Time","{RUNNING}","other"\n{START}000,3 conn,1\n{START}000,3,1\n{START + 15}000,4,\n',
        f'\ufeff"Time","CPU","{RUNNING}"\n{START}000,,3\n{START + 7}000,1,\n{START + 15}000,,4\n',
    ],
)
def test_every_form_gives_the_same_series(text: str, tmp_path: Path) -> None:
    export = open_export(write(tmp_path / "x", {"panel.csv": text}))
    running = export.series["connections_running"]
    assert running.values.tolist() == [3, 4]
    assert running.times.tolist() == [START, START + 15]
    assert [source.kind for source in export.sources] == ["panel"]
    # A date without a zone is read as UTC, and that is told.
    assert any("read as UTC" in line for line in export.problems) == (iso(0) in text)


def test_columns_that_are_no_metric_are_named(tmp_path: Path) -> None:
    text = f'"Time","{RUNNING}","CPU <b>","sum"\n{START}000,1,2,3\n'
    export = open_export(write(tmp_path / "x", {"panel.csv": text}))
    assert "no metric of the catalogue: CPU <b>, sum" in export.problems[0]


def test_rates_of_counters_are_not_taken_for_counters() -> None:
    received = "neo4j_dbms_bolt_messages_received_total"
    steps = "".join(f"{START + 15 * i}000,{value}\n" for i, value in enumerate([5, 3, 6, 2, 7, 1]))
    for head in (f"rate({received}[5m])", received, f"sum(rate({received}[5m]))"):
        readings = Readings()
        _, problems = read_panel(member("p.csv", f'"Time","{head}"\n{steps}'), readings)
        assert readings.servers == ()
        assert "not used" in problems[0]
    readings = Readings()
    shown = f'"Time","{received}"\n{START}000,12 req/s\n{START + 15}000,9 req/s\n'
    assert "a second" in read_panel(member("p.csv", shown), readings)[1][0]


def test_spans_come_out_in_seconds_with_or_without_their_unit() -> None:
    name = "neo4j_dbms_vm_pause_time"
    for cells in (("250", "1500"), ("250 ms", "1.5 s")):
        readings = Readings()
        rows = "".join(f"{START + 15 * i}000,{cell}\n" for i, cell in enumerate(cells))
        read_panel(member("p.csv", f"Time,{name}\n{rows}"), readings)
        assert readings.server("").series["vm_pause_time"].values.tolist() == [0.25, 1.5]


def test_what_may_be_of_several_servers_together_is_told() -> None:
    for head, told in ((f"sum({RUNNING})", 1), (f"avg:{RUNNING}{{host:a}}", 0), (RUNNING, 0)):
        readings = Readings()
        _, problems = read_panel(member("p.csv", f'"Time","{head}"\n{START}000,3\n'), readings)
        assert len(problems) == told
        assert len(readings.servers) == 1


def test_rounded_values_are_told() -> None:
    readings = Readings()
    text = (
        f"Time,neo4j_dbms_bolt_messages_received_total\n{START}000,12 K\n{START + 15}000,12.1 K\n"
    )
    _, problems = read_panel(member("p.csv", text), readings)
    assert readings.server("").series["messages_received"].values.tolist() == [12_000, 12_100]
    assert "rounded" in problems[0]


def test_several_instances_in_one_panel_are_not_mixed(tmp_path: Path) -> None:
    head = ",".join(f'"{RUNNING}{{instance=""{one}""}}"' for one in ("a:2004", "b:2004"))
    export_of = {
        "panel.csv": f'"Time",{head}\n{START}000,1,2\n',
        "neo4j.dbms.vm.threads.csv": gauge([1]),
    }
    export = open_export(write(tmp_path / "x", export_of))
    assert "connections_running" not in export.series
    assert "a:2004, b:2004" in export.problems[0]


def test_what_is_unclear_is_refused_with_its_line() -> None:
    rows = ["06/07/2024 15:17,3", f"{START}000,12 m", f'{START}000,"1,234"', f"{START}000", "x,1"]
    text = f'"Time","{RUNNING}"\n{START}000,1\n' + "\n".join(rows) + "\n" + "9" * 100_000
    source, _ = read_panel(member("p.csv", text), Readings())
    assert (source.rows, source.refused) == (1, 6)
    assert source.why == "line 3: not a time that is clear: '06/07/2024 15:17'"


def test_a_table_without_known_columns_is_none() -> None:
    assert not looks_like_panel('"Time","CPU"\n1,2\n')
    assert not looks_like_panel("t,value\n1,2\n")
    with pytest.raises(ExportError, match="no column of a metric"):
        read_panel(member("p.csv", f'"Time","CPU"\n{START},2\n'), Readings())
    with pytest.raises(ExportError, match="no column of times"):
        read_panel(member("p.csv", f"a,{RUNNING}\n1,2\n"), Readings())


@pytest.mark.parametrize(
    ("head", "key"),
    [
        ("avg:neo4j.transaction.active{db_name:shop}", "transaction_active[shop]"),
        ("neo4j.transaction.active{db_name:global}", "transaction_active"),
        ("neo4j.vm.threads{db_name:global}", "vm_threads"),
        ("neo4j_database_shop_transaction_active", "transaction_active[shop]"),
    ],
)
def test_datadog_s_names_and_its_tag_for_the_database(head: str, key: str) -> None:
    readings = Readings()
    read_panel(member("p.csv", f'timestamp,"{head}"\n{START},3\n'), readings)
    assert set(readings.server("").series) == {key}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-1.5e3", -1500),
        ("1.2 GiB", 1.2 * 2**30),
        ("45%", 0.45),
        ("1.5 Mil", 1.5e6),
        ("2 hours", 7200),
        ("7 µs", 7e-6),
        ("", None),
        ("1 2", None),
        ("12 m", None),
        ("1,234", None),
        ("12 furlongs", None),
        ("0x10", None),
        ("1_000", None),
    ],
)
def test_quantities(text: str, value: float | None) -> None:
    found = read_quantity(text)
    assert (None if found is None else found.value) == (
        None if value is None else pytest.approx(value, rel=1e-15)
    )


@settings(deadline=None)
@given(st.text(max_size=200), st.text(max_size=40))
def test_any_text_gives_readings_or_an_export_error(text: str, cell: str) -> None:
    looks_like_panel(text)
    panel_name(cell)
    read_quantity(cell, decimal_comma=True)
    for one in (text, f'"Time","{RUNNING}"\n{START},{cell}\n{cell},{cell}\n'):
        try:
            read_panel(member("p.csv", one), Readings())
        except ExportError:
            continue
