from __future__ import annotations

from pathlib import Path

from data.lab.metrics import read_snapshots, write_metrics

COLUMNS = (
    "millis,opened,closed,activated,waiting,received,started,done,failed,queue_millis,"
    "processing_millis,released,bound_millis,rejected,pool_active,pool_size,active_read,"
    "active_write,peak_concurrent,committed,rollbacks,terminated,vm_threads,pause_millis,"
    "gc_young_millis,gc_old_millis,heap_used"
)
FIRST = "1000004,0,0,0,0,0,0,0,0,0,0,0,0,0,0,5,,,,,,,40,0,1,0,9"
SECOND = "1010007,12,4,30,27,80,76,70,0,5,9,27,8,2,3,5,1,0,4,20,1,0,41,0,2,0,9"
TORN = "1020003,13,4,3"


def write_all(tmp_path: Path, **options: bool) -> tuple[Path, list[str]]:
    (tmp_path / "snapshots.csv").write_text("\n".join((COLUMNS, FIRST, SECOND, TORN)))
    rows = read_snapshots(tmp_path / "snapshots.csv")
    names = write_metrics(rows, tmp_path / "metrics", start=0.0, end=2e9, **options)
    return tmp_path / "metrics", names


def test_a_gauge_has_time_and_value(tmp_path: Path) -> None:
    folder, _ = write_all(tmp_path)
    text = (folder / "neo4j.dbms.bolt.connections_running.csv").read_text()
    assert text == "t,value\n1000,0\n1010,3\n"


def test_a_counter_has_the_columns_of_a_meter(tmp_path: Path) -> None:
    folder, _ = write_all(tmp_path)
    lines = (folder / "neo4j.dbms.bolt.connections_opened.csv").read_text().splitlines()
    assert lines[0] == "t,count,mean_rate,m1_rate,m5_rate,m15_rate,rate_unit"
    t, count, rate, *rest = lines[2].split(",")
    assert (t, count) == ("1010", "12")
    assert rest == ["0.000000", "0.000000", "0.000000", "events/second"]
    # What dates the start of the process: time less count over mean rate.
    assert abs(1010.007 - int(count) / float(rate) - 999.004) < 0.01


def test_opened_less_closed_is_running_and_idle(tmp_path: Path) -> None:
    folder, _ = write_all(tmp_path)
    last = {
        name: int((folder / f"neo4j.dbms.bolt.connections_{name}.csv").read_text().split(",")[-6])
        for name in ("opened", "closed")
    }
    gauges = {
        name: int((folder / f"neo4j.dbms.bolt.connections_{name}.csv").read_text().split(",")[-1])
        for name in ("running", "idle")
    }
    assert last["opened"] - last["closed"] == gauges["running"] + gauges["idle"] == 8


def test_only_the_default_filter_is_exported_unless_asked(tmp_path: Path) -> None:
    _, default = write_all(tmp_path)
    assert "neo4j.dbms.bolt.messages_started" in default
    assert "neo4j.dbms.bolt.messages_done" not in default
    _, everything = write_all(tmp_path, with_all=True)
    assert set(everything) - set(default) == {
        "neo4j.dbms.bolt.messages_done",
        "neo4j.dbms.bolt.messages_failed",
        "neo4j.dbms.bolt.accumulated_queue_time",
        "neo4j.dbms.bolt.accumulated_processing_time",
    }


def test_a_value_that_was_not_measured_has_no_row(tmp_path: Path) -> None:
    folder, _ = write_all(tmp_path)
    text = (folder / "neo4j.database.neo4j.transaction.active_read.csv").read_text()
    assert text == "t,value\n1010,1\n"


def test_rows_outside_the_span_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "snapshots.csv").write_text(f"{COLUMNS}\n{FIRST}\n{SECOND}\n")
    rows = read_snapshots(tmp_path / "snapshots.csv")
    write_metrics(rows, tmp_path, start=1005.0, end=2e9)
    assert (tmp_path / "neo4j.dbms.vm.threads.csv").read_text() == "t,value\n1010,41\n"
