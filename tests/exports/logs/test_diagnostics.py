"""What a server says about itself at its start: the same facts from every version's layout."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from export_shapes import START, debug_line, member, stamp, user_line, write

from boltkb.exports import open_export
from boltkb.exports.logs.reading import read_log

GIB = 1024.0**3
CATEGORY = "o.n.i.d.DiagnosticsManager"

FLAT = """--- INITIALIZED diagnostics START ---
Neo4j Kernel properties:
dbms.connector.bolt.thread_pool_max_size=64
dbms.jvm.additional=-XX:+UseG1GC
-XX:-OmitStackTraceInFastThrow
unsupported.dbms.edition=enterprise
Diagnostics providers:
org.neo4j.kernel.configuration.Config
System memory information:
Total Physical memory: 8.00 GB
Free Physical memory: 17.00 MB
JVM memory information:
Free  memory: 418.44 MB
Total memory: 512.00 MB
Max   memory: 1.00 GB
Operating system information:
Operating System: Mac OS X; version: 10.11.6; arch: x86_64; cpus: 8
Max number of file descriptors: 10240
Number of open file descriptors: 257
Process id: 15747@someone
Byte order: LITTLE_ENDIAN
Local timezone: Asia/Jakarta
JVM information:
VM Name: OpenJDK 64-Bit Server VM
VM Vendor: Azul Systems, Inc.
VM Version: 25.131-b11
"""
BOXES = {
    "System memory information": "Total Physical memory: 8.000GiB\n"
    "Free Physical memory: 77.41MiB\n",
    "JVM memory information": "Free  memory: 478.0MiB\nTotal memory: 512.0MiB\n"
    "Max   memory: 1.000GiB\n",
    "Operating system information": "Operating System: Mac OS X; version: 10.11.6; arch: x86_64;"
    " cpus: 8\nMax number of file descriptors: 10240\nProcess id: 15747\n"
    "Byte order: LITTLE_ENDIAN\nLocal timezone: Asia/Jakarta\n",
    "JVM information": "VM Name: OpenJDK 64-Bit Server VM\nVM Vendor: Azul Systems, Inc.\n"
    "VM Version: 25.131-b11\n",
    "DBMS config": "DBMS provided settings:\nserver.bolt.thread_pool_max_size=64\n"
    "server.jvm.additional=-XX:+UseG1GC\n-XX:-OmitStackTraceInFastThrow\n"
    "Directories in use:\nserver.directories.data=data\n",
    "Packaging": "Edition: Enterprise\nPackage Type: unknown\n",
}


def flat() -> str:
    category = "o.n.k.i.DiagnosticsManager"
    return "".join(f"{stamp(1)} INFO [{category}] {line}\n" for line in FLAT.splitlines())


def boxed() -> str:
    text = ""
    for title, content in BOXES.items():
        rule = "-" * 80
        lines = [rule, f"[ {title} ]".center(80), rule, *content.splitlines(), ""]
        text += debug_line(1, "", category=CATEGORY)
        text += "".join(f"{' ' * 64}{line}\n" for line in lines)
    return text


def as_json(newline: str = "\n") -> str:
    text = ""
    for title, content in BOXES.items():
        rule = "-" * 80
        lines = ["", rule, f"[ {title} ]", rule, *content.splitlines()]
        message = newline.join(f"{' ' * 64}{line}" for line in lines)
        entry = {"time": stamp(1), "level": "INFO", "category": CATEGORY, "message": message}
        text += json.dumps(entry, separators=(",", ":")) + "\n"
    return text


LAYOUTS = {"3.x": flat(), "5.x": boxed(), "json": as_json(), "json, Windows": as_json("\r\n")}


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("block", [64, 1 << 19])
def test_machine_settings_edition_and_zone(text: str, block: int) -> None:
    read = read_log(member("debug.log", debug_line(0, "x") + text), block=block)
    facts = {fact.id: fact for fact in read.machine}
    values = {known: fact.value for known, fact in facts.items() if fact.value is not None}
    assert values == {
        "cpus": 8.0,
        "memory": 8 * GIB,
        "heap-max": GIB,
        "open-files": 10240.0,
        "process-id": 15747.0,
    }
    assert facts["os"].text == "Mac OS X; version: 10.11.6; arch: x86_64"
    assert facts["jvm"].text == "OpenJDK 64-Bit Server VM 25.131-b11"
    assert (read.edition, read.zone) == ("enterprise", "Asia/Jakarta")
    settings = {value.name: value for value in read.settings}
    (size,) = [value for name, value in settings.items() if name.endswith("max_size")]
    assert (size.value, size.origin) == ("64", "start")
    assert not any(name.startswith("-") or "directories" in name for name in settings)
    line = text.splitlines()[facts["cpus"].where.first_line - 2]
    assert "cpus: 8" in line


@pytest.mark.parametrize("block", [1, 100, 1 << 19])
def test_a_process_begins_with_the_first_line_of_its_start(block: int) -> None:
    old = user_line(-9000, "Stopped.")
    text = old + boxed() + debug_line(7, "======== Neo4j 5.26.0 ========") + debug_line(900, "x")
    read = read_log(member("debug.log", text), block=block)
    (start,) = [fact for fact in read.machine if fact.id == "process-start"]
    assert start.value == START + 1
    # The lines that a rotated file repeats at its top are not a start.
    again = read_log(member("debug.log", boxed() + debug_line(900, "x")), block=block)
    assert "process-start" not in {fact.id for fact in again.machine}


def test_an_export_knows_its_machine(tmp_path: Path) -> None:
    debug = boxed() + debug_line(7, "======== Neo4j 5.26.0 ========")
    user = user_line(0.5, "Logging config in use") + user_line(7, "======== Neo4j 5.26.0 ========")
    export = open_export(write(tmp_path, {"debug.log": debug, "neo4j.log": user}))
    assert export.machine["cpus"].value == 8.0
    # Of two logs, the one whose first line is earlier is nearer to the process's begin.
    assert export.machine["process-start"].value == START + 0.5
    assert export.settings["server.bolt.thread_pool_max_size"].origin == "start"
    assert (export.version, export.edition) == ("5.26.0", "enterprise")


def test_a_server_that_lists_settings_without_end_fills_no_memory() -> None:
    rows = "".join(f"{' ' * 64}a.b{i}=1\n" for i in range(6000))
    text = debug_line(1, "", category=CATEGORY) + f"{' ' * 64}DBMS provided settings:\n" + rows
    assert len(read_log(member("debug.log", text)).settings) == 5000
