"""What others put around a log changes nothing of what is read in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from export_shapes import REJECTED, files, member, user_line, write

from boltkb.errors import ExportError
from boltkb.exports import open_export
from boltkb.exports.logs.prefixes import find_wrapping
from boltkb.exports.logs.reading import read_log

PLAIN = files()["logs/debug.log"]
LINES = PLAIN.splitlines()
TIME = "2025-11-24T16:00:01.123456789Z"

PREFIXES = {
    "journald": "Nov 24 16:00:01 db1 neo4j[1234]: ",
    "journald with microseconds": "Nov  4 16:00:01.123456 db1 neo4j[1234]: ",
    "journald short-iso": "2025-11-24T16:00:01+0100 db1.example.org neo4j[1234]: ",
    "journald short-iso-precise": "2025-11-24T16:00:01.123456+01:00 db1 sh[1]: ",
    "docker -t": f"{TIME} ",
    "docker compose": "neo4j-1  | ",
    "kubectl --prefix": "[pod/neo4j-0/neo4j] ",
    "kubectl --prefix --timestamps": f"[pod/neo4j-0/neo4j] {TIME} ",
    "containerd": f"{TIME} stdout F ",
    "containerd with an offset": "2025-11-24T16:00:01.1234+01:00 stderr F ",
    "syslog": f"<30>1 {TIME} db1 neo4j 1234 - - ",
}


def same(path: str, text: str) -> None:
    """Assert that a log's reading is that of the plain one, line numbers included."""
    expected, read = read_log(member(path, PLAIN)), read_log(member(path, text))
    assert read == expected
    assert [event.kind for event in read.events] == ["startup", "rejection-c", "rejection-c"]


@pytest.mark.parametrize("prefix", PREFIXES.values(), ids=PREFIXES)
@pytest.mark.parametrize("stripped", [False, True])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_prefix_changes_nothing(prefix: str, stripped: bool, ending: str) -> None:
    wrapped = [prefix + line for line in LINES]
    if stripped:
        # Some collectors take the blanks off the end of a line.
        wrapped = [line.rstrip() for line in wrapped]
    same("debug.log", "".join(line + ending for line in wrapped))


def docker(text: str) -> str:
    entry = {"log": text, "stream": "stdout", "time": TIME}
    return json.dumps(entry, separators=(",", ":")) + "\n"


def test_docker_s_own_files_change_nothing() -> None:
    same("debug.log", "".join(docker(line + "\n") for line in LINES))


def test_journald_s_json_changes_nothing() -> None:
    entries = [{"__CURSOR": "s=1", "_PID": "7", "MESSAGE": line} for line in LINES]
    same("debug.log", "".join(json.dumps(entry) + "\n" for entry in entries))


def test_a_journal_s_line_that_is_not_text_comes_as_numbers() -> None:
    lines = [user_line(1, "é Stopping...").rstrip(), user_line(2, "Stopping...").rstrip()]
    entries = [{"__CURSOR": "s=1", "MESSAGE": list(line.encode("latin-1"))} for line in lines]
    read = read_log(member("neo4j.log", "".join(json.dumps(entry) + "\n" for entry in entries)))
    assert (read.source.rows, read.source.refused) == (2, 1)
    assert [event.where.first_line for event in read.events] == [2]


@pytest.mark.parametrize("block", [1, 50, 1 << 20])
def test_a_line_in_pieces_is_put_together_where_it_ends(block: int) -> None:
    line = user_line(1, REJECTED.format(bolt="bolt-7") + "x" * 200, "ERROR").rstrip()
    first, second = line[:60], line[60:]
    containerd = f"{TIME} stdout P {first}\n{TIME} stdout F {second}\n"
    containerd += f"{TIME} stdout F {user_line(2, 'Stopping...')}"
    jsons = docker(first) + docker(second + "\n") + docker(user_line(2, "Stopping..."))
    for text in (containerd, jsons):
        events = read_log(member("neo4j.log", text), block=block).events
        assert [(event.kind, event.where.first_line) for event in events] == [
            ("rejection-c", 2),
            ("stopping", 3),
        ]


@pytest.mark.parametrize("block", [1, 7, 64, 1000])
@pytest.mark.parametrize("name", ["journald", "containerd", "kubectl --prefix --timestamps"])
def test_any_chunk_size_gives_identical_totals(block: int, name: str) -> None:
    text = "".join(f"{PREFIXES[name]}{line}\n" for line in LINES)
    whole = read_log(member("debug.log", text))
    assert whole.events
    assert read_log(member("debug.log", text), block=block) == whole


def test_lines_of_several_containers_are_told() -> None:
    text = "".join(f"[pod/neo4j-{i % 2}/neo4j] {line}\n" for i, line in enumerate(LINES))
    (problem,) = read_log(member("debug.log", text)).problems
    assert "lines of 2 sources are mixed in it: pod/neo4j-0/neo4j, pod/neo4j-1/neo4j" in problem


def test_colours_are_taken_off() -> None:
    same("debug.log", "".join(f"\x1b[32m{line}\x1b[0m\n" for line in LINES))


SPELLINGS = {
    "utc": ("2025-11-24T16:00:01.519Z", 0, 0.519),
    "colon": ("2025-11-24 16:00:01.519+01:00", 3600, 0.519),
    "comma": ("2025-11-24 16:00:01,519+0000", 0, 0.519),
    "no zone": ("2025-11-24 16:00:01.519", 0, 0.519),
    "no fraction": ("2025-11-24T16:00:01-0330", -12600, 0.0),
    "nanoseconds": ("2025-11-24 16:00:01.519999999Z", 0, 0.519),
}


@pytest.mark.parametrize(("time", "ahead", "fraction"), SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("json_layout", [False, True])
def test_a_time_may_be_spelt_otherwise(
    time: str, ahead: int, fraction: float, json_layout: bool
) -> None:
    text = f"{time} INFO  Stopping...\n"
    if json_layout:
        text = json.dumps(
            {"time": time, "level": "INFO", "category": "a.B", "message": "Stopping..."}
        )
        text = text.replace(", ", ",").replace(": ", ":") + "\n"
    read = read_log(member("neo4j.log", text))
    (event,) = read.events
    assert event.time == 1_764_000_001 + fraction - ahead
    assert (event.kind, event.level) == ("stopping", "INFO")
    assert bool(read.problems) == (":01.519" in time and time.endswith("519"))


@pytest.mark.parametrize("prefix", PREFIXES.values(), ids=PREFIXES)
def test_a_wrapped_log_is_known_under_any_name(prefix: str, tmp_path: Path) -> None:
    text = "".join(f"{prefix}{line}\n" for line in LINES)
    export = open_export(write(tmp_path, {"what-i-saved.txt": text}))
    assert [(source.kind, source.rows) for source in export.sources] == [("log", 5)]


def test_another_program_s_wrapped_log_is_not_known(tmp_path: Path) -> None:
    text = "".join(f"{TIME} 2025-11-24 16:00:0{i},519 INFO some.App started\n" for i in range(9))
    with pytest.raises(ExportError):
        open_export(write(tmp_path, {"app.log": text}))


def test_a_log_as_the_server_writes_it_is_left_alone() -> None:
    assert find_wrapping(PLAIN.encode()) is None
    assert find_wrapping(b"") is None
    assert find_wrapping(b"no end") is None


def test_another_program_s_log_is_not_unwrapped() -> None:
    assert find_wrapping(b"Nov 24 16:00:01 db1 sshd[1]: Connection closed\n" * 9) is None


def test_forged_prefixes_inside_a_log_are_text() -> None:
    text = user_line(1, "x") + "[pod/a/b] " + user_line(2, "Stopping...") + user_line(3, "y")
    assert read_log(member("neo4j.log", text)).events == ()
