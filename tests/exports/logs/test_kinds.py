"""Every known line is found in every layout of every version, and nothing else is."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from export_shapes import START, debug_line, member, stamp, user_line, write

from boltkb.catalogue import load_messages
from boltkb.exports import open_export
from boltkb.exports.logs.needles import MOST_NEEDLES
from boltkb.exports.logs.parts import _needles
from boltkb.exports.logs.reading import read_log

sys.path.insert(0, str(Path(__file__).parents[2] / "catalogue"))

from test_lints import REAL_LINES

ELSEWHERE = {"gc-pause", "safepoint-pause"}
LINES = {
    name: line
    for name, line in REAL_LINES.items()
    if name not in ELSEWHERE and not name.startswith("trace-")
}
NUMBERS = {
    "auth-timeout": {"limit": 30.0},
    "gc-monitor-pause": {"pause": 0.228},
    "network-abort-remains": {"threshold": 2.0, "window": 600.0},
    "slow-consumer": {"limit": 900.0},
    "starvation-remains": {"threshold": 2.0, "window": 600.0},
    "vm-pause": {"pause": 0.29, "gc": 0.0, "gc_count": 0.0},
}


def json_line(message: str, **more: str) -> str:
    entry = {"time": stamp(1), "level": "WARN", "category": "o.n.b.Some", "message": message}
    return json.dumps(entry | more, separators=(",", ":")) + "\n"


LAYOUTS = {
    "3.x": lambda text: f"{stamp(1)} WARN [o.n.b.Some] {text}\n",
    "4.2 and later": lambda text: f"{stamp(1)} WARN  [o.n.b.Some] {text}\n",
    "user log": lambda text: f"{stamp(1)} WARN  {text}\n",
    "of a database": lambda text: f"{stamp(1)} WARN  [o.n.b.Some] [neo4j/0b393ce3] {text}\n",
    "of a database, 4.0": lambda text: f"{stamp(1)} WARN  [o.n.b.Some] [neo4j] {text}\n",
    "json": json_line,
    "json, of a database": lambda text: json_line(
        f"[neo4j/0b393ce3] {text}", databaseId="0b393ce3", databaseName="neo4j"
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("kind", LINES)
def test_every_kind_is_found_in_every_layout(kind: str, layout) -> None:
    line = layout(LINES[kind])
    if kind == "crash":
        # It stands in what the process printed, below whatever entry was the last.
        line = user_line(1, "x") + LINES[kind] + "\n"
    (event,) = read_log(member("debug.log", line)).events
    assert (event.kind, event.time) == (kind, START + 1)
    assert NUMBERS.get(kind, event.numbers) == event.numbers
    if "[neo4j" in line:
        assert event.text.startswith("[neo4j")


@pytest.mark.parametrize("kind", [kind for kind in LINES if not load_messages()[kind].traced])
def test_a_line_that_only_quotes_another_is_no_event(kind: str) -> None:
    text = debug_line(1, f"Query failed: '{LINES[kind]}'") + LINES[kind] + "\n"
    assert read_log(member("debug.log", text)).events == ()


def test_a_trace_s_cause_is_found_in_text_and_in_json() -> None:
    cause = "java.lang.OutOfMemoryError: Java heap space"
    text = debug_line(1, "Failed", "ERROR") + f"x.Y: z\n\tat a.b(C)\nCaused by: {cause}\n"
    entry = json_line("Failed", stacktrace=f"x.Y: z\n\tat a.b(C)\nCaused by: {cause}")
    for log in (text, entry):
        (event,) = read_log(member("debug.log", log)).events
        assert event.kind == "out-of-memory"


def test_the_literals_are_few_enough_for_the_fast_search_and_hide_none_another() -> None:
    literals = _needles(debug=True).literals
    assert len(literals) == len(set(literals)) <= MOST_NEEDLES
    hidden = [(a, b) for a in literals for b in literals if a != b and a in b]
    assert hidden == []


VERSIONS = {
    "4.4": (
        debug_line(1, f"{LINES['rejection-a']} x", "ERROR")
        + debug_line(1.001, LINES["rejection-a"], "ERROR"),
        user_line(1.002, LINES["rejection-a"], "ERROR"),
    ),
    "5.17": (
        debug_line(1, LINES["rejection-b"], "ERROR"),
        user_line(1.001, LINES["rejection-b"], "ERROR"),
    ),
    "5.26": (
        debug_line(1, LINES["rejection-c"], "ERROR"),
        user_line(1.001, LINES["rejection-c"], "ERROR"),
    ),
    "2026.02": (
        json_line(LINES["rejection-c"]),
        user_line(1.001, LINES["rejection-c"], "ERROR"),
    ),
}


@pytest.mark.parametrize("version", VERSIONS)
def test_one_rejection_counts_once_in_every_version(version: str, tmp_path: Path) -> None:
    debug, user = VERSIONS[version]
    head = user_line(0, f"======== Neo4j {version}.0 ========")
    export = open_export(write(tmp_path, {"debug.log": debug, "neo4j.log": head + user}))
    rejections = [event for event in export.events if event.kind.startswith("rejection-")]
    assert len(rejections) == 1
    assert export.version == f"{version}.0"
