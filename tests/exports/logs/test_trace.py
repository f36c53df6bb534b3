"""Thread holds from a trace are those that the server's own monitor saw."""

from __future__ import annotations

import csv
import gzip
import math
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from export_shapes import REJECTED, START, debug_line, member, user_line, write

from boltkb.exports import Holds, open_export
from boltkb.exports.logs import trace as tracing
from boltkb.exports.logs.reading import read_log
from boltkb.exports.logs.trace import Trace

REAL = Path(__file__).parent / "real"
CATEGORY = "o.n.b.p.c.c.c.AtomicSchedulingConnection"
#: The monitor and the trace stamp a hold themselves, in whole milliseconds.
_STAMPS = 0.05


def unpacked(name: str) -> bytes:
    return gzip.decompress((REAL / name).read_bytes())


def read(*names: str, block: int = 1 << 19) -> Holds:
    trace = Trace()
    for name in names:
        read_log(member(name.removesuffix(".gz"), unpacked(name)), block=block, trace=trace)
    holds = trace.holds()
    assert holds is not None
    return holds


def line(second: float, text: str, bolt: str = "bolt-1") -> str:
    return debug_line(second, f"[{bolt}] {text}", "DEBUG", CATEGORY)


def holds_of(text: str) -> Holds:
    trace = Trace()
    read_log(member("debug.log", text), trace=trace)
    holds = trace.holds()
    assert holds is not None
    return holds


def same(first: Holds, second: Holds) -> None:
    for column in ("asked", "starts", "ends", "waited"):
        np.testing.assert_array_equal(getattr(first, column), getattr(second, column))
    for column in ("messages", "connections", "rejected"):
        assert getattr(first, column).tolist() == getattr(second, column).tolist()


def test_a_real_server_s_trace_tells_every_hold_that_its_monitor_counted() -> None:
    holds = read("debug.log.01.gz", "debug.log.gz")
    truth = defaultdict(list)
    rows = list(csv.DictReader(unpacked("truth.csv.gz").decode().splitlines()))
    for row in rows:
        length = int(row["bound_micros"]) / 1e6 if row["bound_micros"] else math.nan
        truth[row["connection"]].append((int(row["start_millis"]) / 1000, length))
    found = defaultdict(list)
    for name, start, end in zip(holds.connections, holds.starts, holds.ends, strict=True):
        if not math.isnan(start):
            found[str(name)].append((start, end - start))
    assert {name: len(seen) for name, seen in found.items()} == {
        name: len(seen) for name, seen in truth.items()
    }
    assert len(rows) == 272
    for name, seen in truth.items():
        pairs = zip(sorted(seen), sorted(found[name]), strict=True)
        for (start, length), (said, told) in pairs:
            assert abs(said - start) < _STAMPS
            assert (math.isnan(length) and math.isnan(told)) or abs(told - length) < _STAMPS
    assert int(np.isnan(holds.ends[~holds.rejected]).sum()) == 1
    # With error accounting on, the debug level still tells each rejection.
    assert int(holds.rejected.sum()) == 70


def test_json_and_text_of_one_server_tell_the_same() -> None:
    same(read("json.log.gz"), read("debug.log.01.gz", "debug.log.gz"))


@pytest.mark.parametrize("block", [1000, 4096])
def test_any_chunk_size_gives_identical_holds(block: int) -> None:
    same(read("debug.log.gz", block=block), read("debug.log.gz"))


def test_rotated_files_of_an_export_are_joined_oldest_first(tmp_path: Path) -> None:
    folder = {"debug.log": unpacked("debug.log.gz"), "debug.log.01": unpacked("debug.log.01.gz")}
    export = open_export(write(tmp_path, folder))
    same(export.holds, read("debug.log.01.gz", "debug.log.gz"))
    assert export.holds.where.file == "debug.log.01"


def test_a_hold_with_a_transaction_has_its_wait_and_its_messages() -> None:
    text = (
        line(1, "Scheduling connection for execution")
        + line(1.25, "Activating connection")
        + line(1.25, "Executing 1 scheduled jobs")
        + line(1.5, "Waiting for additional jobs")
        + line(4.5, "Executing 2 scheduled jobs")
        + line(5, "Waiting for additional jobs")
        + line(15, "Waiting for additional jobs")
        + line(16, "Returning to idle state")
    )
    holds = holds_of(text)
    assert (holds.asked.tolist(), holds.starts.tolist()) == ([START + 1], [START + 1.25])
    assert holds.ends.tolist() == [START + 16]
    assert holds.waited.tolist() == [3.0 + 11.0]
    assert (holds.messages.tolist(), holds.connections.tolist()) == ([3], ["bolt-1"])


def test_a_hold_under_way_at_the_begin_is_not_told_and_one_at_the_end_is_open() -> None:
    text = (
        line(1, "Returning to idle state", "bolt-0")
        + line(2, "Scheduling connection for execution")
        + line(2, "Activating connection")
        + line(2, "Waiting for additional jobs")
        + user_line(9, "something else")
    )
    holds = holds_of(text)
    assert len(holds) == 1
    assert math.isnan(holds.ends[0])
    assert holds.waited.tolist() == [7.0]
    assert (holds.begin, holds.end) == (START + 1, START + 9)
    assert not holds.rejected[0]


def test_a_rejection_is_marked_and_its_connection_s_next_hold_is_another() -> None:
    text = (
        line(1, "Scheduling connection for execution")
        + debug_line(1, REJECTED.format(bolt="bolt-1"), "ERROR", "o.n.b.p.c.c.a.e.X")
        + line(1, "Closing connection")
        + line(3, "Scheduling connection for execution")
        + line(3, "Activating connection")
        + line(4, "Closing connection")
    )
    holds = holds_of(text)
    assert holds.rejected.tolist() == [True, False]
    assert holds.ends[1] == START + 4


def test_a_thread_that_closes_its_connection_is_free_when_it_says_so() -> None:
    begin = line(1, "Activating connection") + line(2, "Waiting for additional jobs")
    closing = line(5, "Closing connection")
    for end, expected in ((line(5.25, "Returning to idle state"), 5.25), (user_line(9, "x"), 5)):
        holds = holds_of(begin + closing + end)
        assert holds.ends.tolist() == [START + expected]
        assert holds.waited.tolist() == [expected - 2]


def test_a_connection_that_asks_before_its_thread_has_said_good_bye() -> None:
    text = (
        line(1, "Activating connection")
        + line(2, "Scheduling connection for execution")
        + line(2.25, "Returning to idle state")
        + line(2.5, "Activating connection")
        + line(3, "Returning to idle state")
    )
    holds = holds_of(text)
    assert holds.asked.tolist() == [START + 1, START + 2]
    assert holds.ends.tolist() == [START + 2.25, START + 3]


def test_a_restart_ends_what_was_held_at_an_unknown_time() -> None:
    text = (
        line(1, "Activating connection")
        + debug_line(50, "======== Neo4j 5.26.0 ========")
        + line(60, "Activating connection")
        + line(61, "Returning to idle state")
    )
    holds = holds_of(text)
    assert holds.starts.tolist() == [START + 1, START + 60]
    assert np.isnan(holds.ends).tolist() == [True, False]


def test_a_query_s_text_is_no_trace() -> None:
    forged = "RunMessage{statement='[bolt-9] Activating connection'} (queued for 0 ms)"
    text = line(1, f"Beginning execution of {forged}")
    text += line(1, "Beginning execution of RunMessage{statement='\n")
    text += "[bolt-9] Activating connection'} (queued for 0 ms)\n"
    trace = Trace()
    read_log(member("debug.log", text), trace=trace)
    assert trace.holds() is None


def test_a_trace_without_end_has_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "MOST_HOLDS", 10)
    text = "".join(
        line(i, "Activating connection") + line(i + 0.5, "Returning to idle state")
        for i in range(25)
    )
    holds = holds_of(text)
    assert (len(holds), holds.left_out) == (10, 15)
