"""Settings of the running server, in every form, and notes of a report."""

from __future__ import annotations

import json

import pytest
from export_shapes import debug_line, diagnostics, member, write
from report_layouts import SECRETS

from boltkb.exports import open_export
from boltkb.exports.settings.listed import read_listed
from boltkb.exports.settings.notes import read_notes

SIZE = "server.bolt.thread_pool_max_size"
FULL = "name value isDynamic defaultValue description startupValue isExplicitlySet".split()  # noqa: SIM905
ROWS = [
    [SIZE, "16", "false", "400", "Threads, at most.", "16", "true"],
    ["server.bolt.thread_pool_min_size", "5", "false", "5", "Threads.", "5", "false"],
    ["browser.allow_outgoing_connections", "true", "false", "true", "x", "true", "false"],
    ["browser.post_connect_cmd", None, "false", None, "x", None, "false"],
    ["db.tx.password", SECRETS[2], "false", None, "x", None, "true"],
]
KEPT = {SIZE: "16", "server.bolt.thread_pool_min_size": "5", "db.tx.password": "(hidden)"}


def shell(names: list[str]) -> str:
    places = [FULL.index(name) for name in names]
    lines = [", ".join(names)]
    for row in ROWS:
        cells = [row[place] for place in places]
        lines.append(
            ", ".join(
                "NULL" if c is None else c.upper() if c in {"true", "false"} else f'"{c}"'
                for c in cells
            )
        )
    return "\n".join(lines) + "\n"


FORMS = {
    "all columns": shell(FULL),
    "default columns": shell(FULL[:5]),
    "array": json.dumps([dict(zip(FULL, row, strict=True)) for row in ROWS]),
    "http": json.dumps({"results": [{"columns": FULL, "data": [{"row": row} for row in ROWS]}]}),
    "query api": json.dumps({"data": {"fields": FULL, "values": ROWS}}),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_the_same(form: str) -> None:
    source, found = read_listed(member("settings", FORMS[form]))
    assert (source.rows, source.refused) == (5, 0)
    assert {value.name: value.value for value in found} == KEPT
    assert {value.origin for value in found} == {"running"}


def test_lists_of_3_5_and_4_4() -> None:
    old = "dbms.connector.bolt.thread_pool_max_size"
    text = f'name, description, value, dynamic\n"{old}", "Threads, at most.", "16", FALSE\n'
    _, (value,) = read_listed(member("config.csv", text))
    assert (value.name, value.value) == (old, "16")


def test_the_running_server_outranks_all_others(tmp_path) -> None:
    name = "dbms.connector.bolt.thread_pool_max_size"
    log = debug_line(0, "")[:-1].rstrip() + " \n" + diagnostics({SIZE: "8"})
    log += debug_line(2, "======== Neo4j 5.26.30 ========")
    content = {"neo4j.conf": f"{SIZE}=400\n", "debug.log": log}
    place = write(tmp_path / "a", content)
    started = open_export(place).setting("bolt-threads-max")
    assert (started.value, started.origin) == ("8", "start")
    write(place, {"settings.csv": FORMS["all columns"]})
    export = open_export(place)
    value = export.setting("bolt-threads-max")
    assert (value.value, value.origin) == ("16", "running")
    assert any("8" in problem and "running server" in problem for problem in export.problems)
    # Another version's name for it does not hide what the server said.
    (place / "debug.log").unlink()
    write(place, {"neo4j.conf": f"{name}=400\n"})
    assert open_export(place).setting("bolt-threads-max").value == "16"
    assert name not in open_export(place).settings


def test_a_key_a_file_as_kubernetes_mounts_them(tmp_path) -> None:
    content = {
        f"neo4j.conf/..2025_11_24/{SIZE}": "8\n",
        f"neo4j.conf/{SIZE}": "8\n",
        "neo4j.conf/server.memory.heap.max_size": "2g",
        "neo4j.conf/db.tx.password": SECRETS[0],
    }
    export = open_export(write(tmp_path / "a", content))
    assert export.setting("bolt-threads-max").value == "8"
    assert export.settings["server.memory.heap.max_size"].value == "2g"
    assert SECRETS[0] not in repr(export)
    assert [entry.why[:11] for entry in export.ignored] == ["the same as"]


@pytest.mark.parametrize(
    ("text", "version"),
    [("neo4j 5.26.30\n", "5.26.30"), ("4.4.3", "4.4.3"), ("neo4j 2026.06.0\r\n", "2026.06.0")],
)
def test_versions(text: str, version: str) -> None:
    assert read_notes(member("version.txt", text))[1].version == version


@pytest.mark.parametrize("text", ["", "unknown", "neo4j", "\0" * 99, "1." * 9999])
def test_a_version_that_is_none_is_left_out(text: str) -> None:
    _, notes = read_notes(member("version.txt", text))
    assert notes.version is None
    assert notes.why


XML = '<Loggers><Root level="{root}"/><Logger name="{name}" level="{level}"/></Loggers>'


@pytest.mark.parametrize(
    ("root", "name", "level", "told"),
    [
        ("INFO", "org.neo4j.bolt", "DEBUG", "DEBUG"),
        ("INFO", "org.neo4j.bolt.protocol", "debug", "DEBUG"),
        ("DEBUG", "QueryLogger", "INFO", "DEBUG"),
        ("WARN", "org.neo4j", "DEBUG", "DEBUG"),
        ("INFO", "com.neo4j", "DEBUG", "INFO"),
    ],
)
def test_levels_of_bolt_s_loggers(root: str, name: str, level: str, told: str) -> None:
    text = XML.format(root=root, name=name, level=level)
    facts = {f.id: f.text for f in read_notes(member("server-logs.xml", text))[1].machine}
    assert facts["bolt-log-level"] == told


def test_hostile_notes_end_soon() -> None:
    for name in ("server-logs.xml", "ps.csv", "vm.prop", "version.txt"):
        for piece in (
            "<!--",
            "<Logger ",
            '<Logger level="',
            "<!ENTITY a ",
            ",",
            "=",
            "java,",
            "\0",
        ):
            source, notes = read_notes(member(name, piece * 40_000))
            assert source.kind == "server-notes"
            assert notes.why or notes.machine


def test_two_servers_among_the_processes_are_not_told_apart() -> None:
    line = "1,java,x,neo4j,1,1,1,x,20,/usr/bin/java -Xmx2g org.neo4j.server.CommunityEntryPoint\n"
    assert read_notes(member("ps.csv", line))[1].machine[0].value == 2 * 1024**3
    _, notes = read_notes(member("ps.csv", line + line))
    assert notes.machine == []
    assert notes.why == "2 Neo4j servers among its processes"
