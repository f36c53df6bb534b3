"""Pauses of the virtual machine, from every version's log."""

# The lines are as long as a virtual machine writes them.
# ruff: noqa: E501

from __future__ import annotations

from pathlib import Path

import pytest
from export_shapes import START, debug_line, member, user_line, write

from boltkb.exports import open_export
from boltkb.exports.logs.collections import place_in_time, read_collections

JAVA_17 = """[0.013s][info][gc] Using G1
[0.033s][info][gc,init] Heap Max Capacity: 1G
[2.071s][info][safepoint   ] Safepoint "Cleanup", Time since last: 2000007067 ns, Reaching safepoint: 4737 ns, Cleanup: 83404 ns, At safepoint: 2784 ns, Total: 90925 ns
[2.723s][info][gc,start    ] GC(0) Pause Young (Normal) (G1 Evacuation Pause)
[2.753s][info ][gc,phases   ] GC(0)   Evacuate Collection Set: 29.5ms
[2.753s][info ][gc          ] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 27M->11M(514M) 230.377ms
[2.754s][info ][gc,cpu      ] GC(0) User=0.04s Sys=0.01s Real=0.23s
[2.767s][info ][safepoint   ] Safepoint "G1CollectForAllocation", Time since last: 651917816 ns, Reaching safepoint: 3575 ns, Cleanup: 42293 ns, At safepoint: 43964409 ns, Total: 244010277 ns
[4.000s][info ][gc          ] GC(1) Concurrent Mark Cycle 911.000ms
[4.387s][info ][gc          ] GC(2) Pause Remark 32M->14M(514M) 15.765ms
"""
JAVA_11 = """[2024-06-27T15:16:34.519+0000][6.1s][info][gc] GC(3) Pause Full (System.gc()) 9M->1M(99M) 1500.250ms
[2024-06-27T15:16:36.019+0000][7.6s][info][safepoint] Total time for which application threads were stopped: 1.5012345 seconds, Stopping threads took: 0.0000419 seconds
"""
JAVA_8 = """OpenJDK 64-Bit Server VM (25.131-b11) for linux-amd64 JRE (1.8.0_131-b11)
Memory: 4k page, physical 8388608k(17408k free)
2019-11-05T21:19:54.123+0100: 12.345: [GC pause (G1 Evacuation Pause) (young), 0.2123456 secs]
   [Parallel Time: 11.5 ms, GC Workers: 8]
2019-11-05T21:19:55.000+0100: 13.222: Total time for which application threads were stopped: 0.2200000 seconds, Stopping threads took: 0.0001 seconds
2019-11-05T21:19:58.000+0100: 16.222: [Full GC (Ergonomics) [PSYoungGen: 1K->0K(2K)] 9K->5K(10K), 2.5000000 secs] [Times: user=9.1 sys=0.0, real=2.50 secs]
2019-11-05T21:19:59.000+0100: 17.222: [GC (Allocation Failure) [PSYoungGen: 1K->0K(2K)] 9K->5K(10K), 0.0100000 secs] [Times: user=0.1 sys=0.0, real=0.01 secs]
"""


def told(text: str, name: str = "gc.log", **more: int) -> list[tuple[float, str, float]]:
    read = read_collections(member(name, text), **more)
    assert read.source.refused == 0
    return [
        (event.time, event.kind, event.numbers["pause"])
        for event in read.events
        if "count" not in event.numbers
    ]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("block", [1, 100, 1 << 19])
def test_java_17_has_seconds_since_its_start(ending: str, block: int) -> None:
    text = JAVA_17.replace("\n", ending)
    assert told(text, block=block) == [
        (2.753, "gc-pause", 0.230377),
        (2.767, "safepoint-pause", 0.244010277),
    ]
    read = read_collections(member("gc.log", text), block=block)
    others = {e.kind: e.numbers for e in read.events if "count" in e.numbers}
    assert others == {
        "gc-pause": {"count": 1.0, "pause": 0.015765, "longest": 0.015765},
        "safepoint-pause": {"count": 1.0, "pause": 9.1e-05, "longest": 9.0925e-05},
    }
    assert (read.source.rows, read.dated) == (4, False)
    assert [event.where.first_line for event in read.events] == [3, 6, 8, 10]


def test_java_11_with_dates() -> None:
    assert told(JAVA_11) == [
        (1719501394.519, "gc-pause", 1.50025),
        (1719501396.019, "safepoint-pause", 1.5012345),
    ]


def test_java_8() -> None:
    assert told(JAVA_8) == [
        (1572985194.123, "gc-pause", 0.2123456),
        (1572985195.0, "safepoint-pause", 0.22),
        (1572985198.0, "gc-pause", 2.5),
    ]


def test_seconds_since_the_start_are_placed_by_the_server_s_log(tmp_path: Path) -> None:
    server = user_line(0, "x") + user_line(5, "======== Neo4j 5.26.0 ========")
    before = "[1.000s][info][gc] GC(0) Pause Full (x) 1M->1M(9M) 500.000ms\n"
    # The machine rotates its log: what it wrote first has a number.
    folder = {"neo4j.log": server, "gc.log": JAVA_17, "gc.log.0": before}
    export = open_export(write(tmp_path, folder))
    times = [event.time for event in export.events if event.kind == "gc-pause"]
    assert times[:2] == [START + 1.0, START + 2.753]
    assert all("some seconds late" in problem for problem in export.problems)


def test_what_cannot_be_placed_in_time_gives_no_events_and_says_so() -> None:
    read = read_collections(member("gc.log", JAVA_17))
    (placed,) = place_in_time([read], None)
    assert placed.events == ()
    assert "nothing says when that was" in placed.problems[0]
    # Another process's file does not follow on.
    late = "[9999.000s][info][gc] GC(0) Pause Full (x) 1M->1M(9M) 500.000ms\n"
    later = read_collections(member("gc.log", late))
    assert [len(log.events) > 0 for log in place_in_time([read, later], 1e9)] == [True, False]


def test_a_short_pause_costs_no_memory() -> None:
    text = "".join(
        f"[{i}.000s][info][gc] GC({i}) Pause Young (Normal) 27M->11M(514M) 1.500ms\n"
        for i in range(5000)
    )
    (event,) = read_collections(member("gc.log", text)).events
    assert event.numbers == {"count": 5000.0, "pause": 7.5, "longest": 0.0015}
    assert str(event.where) == "gc.log:1-5000"


def test_hostile_lines_are_neither_fatal_nor_slow() -> None:
    text = (
        b"[" * 100_000
        + b"Pause Young " * 100
        + b"\n\xff\0 Pause Full 1ms\n[x][y] Pause Young 1.0ms\n"
    )
    text += b"9999-99-99T99:99:99.999+9999: 1.0: [GC pause (x), 5.0 secs]\n"
    text += b"[1.0s] GC(1) Pause Young " + b"x" * (2 << 20) + b" 1.0ms\n[2.0s] cut"
    read = read_collections(member("gc.log", text))
    assert read.source.refused == 2
    assert "longer than" in read.source.why
    assert len(read.events) <= 1


def test_the_server_s_other_logs_are_named_and_left_alone(tmp_path: Path) -> None:
    others = ("security.log", "http.log", "http.log.3", "service-error.log", "bolt.log")
    folder = {name: debug_line(1, "x") for name in others} | {"neo4j.log": user_line(1, "x")}
    export = open_export(write(tmp_path, folder))
    why = {entry.path: entry.why for entry in export.ignored}
    assert set(why) == set(others)
    assert "HTTP" in why["http.log"]
    assert why["http.log"] == why["http.log.3"]
    assert [source.path for source in export.sources] == ["neo4j.log"]
