"""What a path holds is found, told and counted; what is not an export is a clear error."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from export_shapes import START, counter, debug_line, dump, files, gauge, user_line, write, zipped

from boltkb.errors import ExportError
from boltkb.exports import Export, Limits, open_export
from boltkb.tables import FACTS_MIME

EVIDENCE = set(files()) - {"truth.json", "metrics/neo4j.dbms.page_cache.hits.csv"}


def same(one: Export, other: Export) -> None:
    """Two exports hold the same evidence."""
    assert one.events == other.events
    assert one.thread_dumps == other.thread_dumps
    assert one.transactions == other.transactions
    assert one.connections == other.connections
    assert one.settings == other.settings
    assert one.restarts == other.restarts
    assert one.sources == other.sources
    assert list(one.series) == list(other.series)
    for key, series in one.series.items():
        np.testing.assert_array_equal(series.times, other.series[key].times)
        np.testing.assert_array_equal(series.values, other.series[key].values)


def test_a_plain_folder_is_read_whole(export_folder: Path) -> None:
    export = open_export(export_folder)
    assert export.name == "plain"
    assert (export.version, export.edition, export.simulated) == ("5.26.30", "community", False)
    assert {source.path for source in export.sources} == EVIDENCE
    assert [source.path for source in export.sources if source.refused] == []
    assert set(export.series) == {
        "connections_running",
        "connections_opened",
        "transaction_active_read[neo4j]",
    }
    assert export.series["connections_running"].kind == "gauge"
    assert export.series["connections_opened"].kind == "counter"
    assert export.series["transaction_active_read[neo4j]"].database == "neo4j"
    assert (export.start, export.end) == (START, START + 599)
    assert export.restarts == ()
    assert export.problems == ()
    assert {entry.path for entry in export.ignored} == set(files()) - EVIDENCE


def test_every_rejection_counts_once_across_the_logs(export_folder: Path) -> None:
    rejections = [e for e in open_export(export_folder).events if e.kind == "rejection-c"]
    assert [event.connection for event in rejections] == ["bolt-42", "bolt-43"]
    assert [event.time for event in rejections] == [START + 300.25, START + 301.5]
    assert {event.level for event in rejections} == {"ERROR"}


def test_everything_knows_its_place(export_folder: Path) -> None:
    export = open_export(export_folder)
    folder = export_folder
    event = next(event for event in export.events if event.kind == "rejection-c")
    line = (folder / event.where.file).read_text().splitlines()[event.where.first_line - 1]
    assert "bolt-42" in line
    setting = export.setting("bolt-threads-max")
    assert str(setting.where) == "conf/neo4j.conf:2"
    series = export.series["connections_running"]
    assert str(series.where) == "metrics/neo4j.dbms.bolt.connections_running.csv:2-601"
    row = export.transactions[0]
    assert str(row.where) == "show-transactions.csv:2"


def test_the_same_files_in_an_archive_give_the_same(export_folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "plain.zip"
    place.write_bytes(zipped(files()))
    same(open_export(export_folder), open_export(place))
    assert open_export(place).name == "plain"


def test_the_layout_of_a_server_report_is_read(export_folder: Path, tmp_path: Path) -> None:
    names = {"conf/neo4j.conf": "config/neo4j.conf"}
    report = {f"host-2025-11-24_160000/{names.get(k, k)}": v for k, v in files().items()}
    report |= {
        "host-2025-11-24_160000/manifest.json": "{}",
        "host-2025-11-24_160000/config/server-logs.xml": "<a/>",
        "host-2025-11-24_160000/config/neo4j-admin.conf": "server.bolt.thread_pool_max_size=99",
        "host-2025-11-24_160000/ps.csv": "Process PID,Process Name\n1,java\n",
        "host-2025-11-24_160000/version.txt": "neo4j 5.26.30\n",
        "host-2025-11-24_160000/logs/query.log": user_line(1, "id:1 - 3 ms: bolt-session\tbolt\t"),
        "host-2025-11-24_160000/neo4j/tree.txt": "store\n",
    }
    place = tmp_path / "report.zip"
    place.write_bytes(zipped(report))
    export, plain = open_export(place), open_export(export_folder)
    assert [e.time for e in export.events] == [e.time for e in plain.events]
    assert export.setting("bolt-threads-max").value == "8"
    # The version's own file is read besides.
    assert len(export.sources) == len(plain.sources) + 1
    assert not [source for source in export.sources if source.refused]


def test_one_file_is_an_export(tmp_path: Path) -> None:
    place = tmp_path / "neo4j.dbms.bolt.connections_running.csv"
    place.write_text(gauge([1, 2, 3]))
    export = open_export(place)
    assert export.series["connections_running"].values.tolist() == [1, 2, 3]
    assert export.version is None


def test_rotated_files_are_joined_in_order(tmp_path: Path) -> None:
    name = "neo4j.dbms.bolt.connections_opened.csv"
    content = {
        f"m/{name}": counter([30, 40], start=START + 20, step=10),
        f"m/{name}.01.zip": zipped({f"{name}.01": counter([10, 20], step=10)}),
        f"m/{name}.02": counter([1, 5], start=START - 20, step=10),
        "logs/neo4j.log": user_line(20, "Started."),
        "logs/neo4j.log.01": user_line(-5, "======== Neo4j 5.26.30 ========"),
    }
    export = open_export(write(tmp_path / "rotated", content))
    series = export.series["connections_opened"]
    assert series.values.tolist() == [1, 5, 10, 20, 30, 40]
    assert [str(where) for where in series.files] == [
        f"m/{name}.02:2-3",
        f"m/{name}.01.zip!{name}.01:2-3",
        f"m/{name}:2-3",
    ]
    assert export.version == "5.26.30"
    assert len(export.log_spans) == 2


def test_a_copy_is_left_out(tmp_path: Path) -> None:
    name = "neo4j.dbms.bolt.connections_running.csv"
    place = write(tmp_path / "two", {f"a/{name}": gauge([1]), f"b/{name}": gauge([1])})
    export = open_export(place)
    assert len(export.sources) == 1
    assert export.ignored[0].why == f"the same as a/{name}"


def test_two_folders_that_are_not_laid_out_alike_are_an_error(tmp_path: Path) -> None:
    name = "neo4j.dbms.bolt.connections_running.csv"
    place = write(
        tmp_path / "two",
        {f"a/{name}": gauge([1]), f"b/{name}": gauge([2]), "conf/neo4j.conf": "a.b=1"},
    )
    with pytest.raises(ExportError, match=r"more than one export.*`a`, `b`"):
        open_export(place)


def test_the_configuration_that_lies_higher_up_is_taken(tmp_path: Path) -> None:
    name = "server.bolt.thread_pool_max_size"
    place = write(tmp_path / "deep", {"neo4j.conf": f"{name}=8", "old/neo4j.conf": f"{name}=4"})
    export = open_export(place)
    assert export.setting("bolt-threads-max").value == "8"
    assert "old/neo4j.conf" in export.problems[0]


def test_what_the_server_started_with_outranks_a_file_changed_since(export_folder: Path) -> None:
    name = "server.bolt.thread_pool_max_size"
    write(export_folder, {"conf/neo4j.conf": f"{name}=400\nserver.bolt.thread_pool_min_size=9\n"})
    export = open_export(export_folder)
    value = export.setting("bolt-threads-max")
    assert (value.value, value.where.file) == ("8", "logs/debug.log")
    assert any(name in problem and "400" in problem for problem in export.problems)
    assert any("thread_pool_min_size" in problem for problem in export.problems)


def test_without_a_configuration_the_log_tells_and_the_gap_is_said(export_folder: Path) -> None:
    (export_folder / "conf/neo4j.conf").unlink()
    export = open_export(export_folder)
    assert export.setting("bolt-threads-max").value == "8"
    assert any("no neo4j.conf" in problem for problem in export.problems)
    shutil.rmtree(export_folder / "logs")
    assert open_export(export_folder).setting("bolt-threads-max") is None


def test_a_restart_is_told_once_by_log_and_counter(export_folder: Path) -> None:
    values = [*range(300), *range(300)]
    log = (export_folder / "logs/neo4j.log").read_text()
    log = log.replace(
        user_line(590, "Stopping..."), user_line(302, "======== Neo4j 5.26.31 ========")
    )
    write(
        export_folder,
        {
            "metrics/neo4j.dbms.bolt.connections_opened.csv": counter(values),
            "metrics/neo4j.dbms.bolt.connections_closed.csv": counter(values),
        },
    )
    assert open_export(export_folder).restarts == (START + 300,)
    write(export_folder, {"logs/neo4j.log": log})
    export = open_export(export_folder)
    assert export.restarts == (START + 302,)
    assert export.version == "5.26.31"


def test_a_database_that_restarts_is_not_a_server_that_restarts(export_folder: Path) -> None:
    name = "metrics/neo4j.database.neo4j.transaction.committed.csv"
    write(export_folder, {name: counter([*range(300), *range(300)])})
    assert open_export(export_folder).restarts == ()


def test_dumps_far_from_the_rest_have_no_time(export_folder: Path) -> None:
    write(export_folder, {"threaddump-1.txt": dump(420, zone=7 * 3600)})
    export = open_export(export_folder)
    assert [item.time for item in export.thread_dumps] == [START + 400, None]
    assert "without a zone" in export.problems[0]


def test_dumps_follow_the_offset_of_the_logs_and_that_is_said(tmp_path: Path) -> None:
    log = user_line(2, "Started.").replace("+0000", "+0200")
    place = write(tmp_path / "zone", {"neo4j.log": log, "threaddump.txt": dump(2)})
    export = open_export(place)
    assert export.thread_dumps[0].time == START + 2 - 7200
    assert "2 h" in export.problems[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no such file"),
        ({}, "empty"),
        ({"notes.md": "hello"}, "nothing that a Neo4j server exports"),
        ({"truth.json": "{}"}, "nothing that a Neo4j server exports"),
        ({"manifest.toml": "simulated=false"}, "nothing that a Neo4j server exports"),
        ({"neo4j.log": ""}, "neo4j.log: empty"),
        ({"debug.log": "not a log\nat all\n"}, "not a single entry"),
        ({"x.csv": "\x00\x01\x02"}, "nothing that a Neo4j server exports"),
    ],
)
def test_what_is_not_an_export_is_a_clear_error(tmp_path: Path, content, message) -> None:
    place = tmp_path / "given"
    if content is not None:
        place.mkdir()
        write(place, content)
    with pytest.raises(ExportError, match=message) as caught:
        open_export(place)
    assert caught.value.path == str(place)
    assert caught.value.exit_code == 2


def test_a_text_renamed_to_zip_is_named(tmp_path: Path) -> None:
    place = tmp_path / "report.zip"
    place.write_text(user_line(1, "Started."))
    with pytest.raises(ExportError, match="its name says zip archive, its content is not one"):
        open_export(place)
    place.write_bytes(b"")
    with pytest.raises(ExportError, match="empty"):
        open_export(place)


def test_an_archive_under_another_name_is_still_one(tmp_path: Path) -> None:
    place = tmp_path / "upload.bin"
    place.write_bytes(zipped(files()))
    assert open_export(place).version == "5.26.30"


def test_a_truncated_archive_is_named(tmp_path: Path) -> None:
    data = zipped(files())
    place = tmp_path / "report.zip"
    place.write_bytes(data[:20])
    with pytest.raises(ExportError, match="damaged or cut"):
        open_export(place)


def test_a_damaged_member_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    data = bytearray(zipped(files()))
    at = data.find(b"logs/neo4j.log") + len(b"logs/neo4j.log") + 30
    data[at : at + 8] = b"\xff" * 8
    place = tmp_path / "report.zip"
    place.write_bytes(bytes(data))
    export = open_export(place)
    assert any(entry.path == "logs/neo4j.log" for entry in export.ignored)
    assert "connections_running" in export.series


def test_facts_are_json_and_tell_every_file(export_folder: Path) -> None:
    export = open_export(export_folder)
    facts = json.loads(json.dumps(export.facts()))["export"]
    assert facts["start"] == "2025-11-24T16:00:00Z"
    assert {source["path"] for source in facts["sources"]} == EVIDENCE
    assert {entry["path"] for entry in facts["ignored"]} == set(files()) - EVIDENCE
    assert export._repr_mimebundle_()[FACTS_MIME] == export.facts()


def test_hostile_names_and_lines_are_escaped(tmp_path: Path) -> None:
    name = "<script>alert(1)</script>.csv"
    place = write(
        tmp_path / "bad",
        {"neo4j.conf": "a=1", name: "t,value\n", "<b>.log": debug_line(1, "<i>") + "cut"},
    )
    html = open_export(place).to_html()
    assert "<script" not in html
    assert "<b>" not in html
    assert "\n" not in html


def test_no_reader_opens_the_truth(export_folder: Path) -> None:
    if os.geteuid() == 0:
        (export_folder / "truth.json").unlink()
        os.mkfifo(export_folder / "truth.json")
    else:
        (export_folder / "truth.json").chmod(0)
    assert open_export(export_folder).version == "5.26.30"


def test_limits_hold_for_folders(export_folder: Path) -> None:
    with pytest.raises(ExportError, match="more than 3 files"):
        open_export(export_folder, limits=Limits(members=3))
    export = open_export(export_folder, limits=Limits(member_bytes=2000))
    assert any("larger than 2,000 bytes" in problem for problem in export.problems)
