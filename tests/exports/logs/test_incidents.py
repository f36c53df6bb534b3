"""One event for each thing that happened, in however many logs it stands."""

from __future__ import annotations

import numpy as np
from export_shapes import START
from hypothesis import given
from hypothesis import strategies as st

from boltkb.exports.logs.incidents import count_once, restart_times
from boltkb.exports.records import LogEvent, Where


def event(time: float, bolt: str | None = "bolt-1", kind: str = "rejection-c", **more) -> LogEvent:
    where = Where(more.get("file", "neo4j.log"), more.get("line", 1))
    return LogEvent(time, kind, "ERROR", "text", bolt, more.get("numbers", {}), where)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 3)), max_size=40),
    st.lists(st.sampled_from([0.0, 0.001, 0.071]), min_size=1, max_size=3),
)
def test_copies_in_further_logs_add_nothing(
    happened: list[tuple[int, int]], delays: list[float]
) -> None:
    once = {(time, bolt) for time, bolt in happened}
    logs = [
        event(START + time + delay, f"bolt-{bolt}", file=f"{index}.log")
        for time, bolt in happened
        for index, delay in enumerate(delays)
    ]
    counted = count_once(logs)
    assert len(counted) == len(once)
    assert [e.time for e in counted] == sorted(e.time for e in counted)


def test_other_connections_and_other_times_are_other_rejections() -> None:
    assert len(count_once([event(1.0), event(1.0, "bolt-2"), event(1.5)])) == 3


def test_logs_that_stamp_late_still_tell_of_one_rejection_each() -> None:
    late = [event(1.0), event(1.3), event(1.2, file="debug.log"), event(1.35, file="debug.log")]
    assert [e.time for e in count_once(late)] == [1.0, 1.3]


def test_the_two_lines_of_one_old_log_are_one_even_when_late() -> None:
    full = event(1.0, kind="rejection-a", numbers={"pool_size": 8.0})
    bare = event(1.2, kind="rejection-a")
    assert len(count_once([full, bare])) == 1
    assert len(count_once([bare, event(1.5, kind="rejection-a")])) == 2


def test_numbers_that_only_one_line_has_are_kept() -> None:
    (kept,) = count_once([event(1.0), event(1.001, numbers={"pool_size": 8.0}, file="z")])
    assert kept.numbers == {"pool_size": 8.0}
    assert kept.where.file == "neo4j.log"


def test_messages_without_a_connection_are_one_when_their_text_is() -> None:
    once = count_once([event(1.0, None, "startup"), event(1.003, None, "startup", file="b")])
    assert len(once) == 1
    assert len(count_once([event(1.0, None, "startup"), event(9.0, None, "startup")])) == 2


def test_the_start_of_the_evidence_is_no_restart() -> None:
    starts = [event(START + 5.0, None, "startup"), event(START + 500.0, None, "startup")]
    assert restart_times(starts, [], START) == (START + 500.0,)
    assert restart_times(starts, [np.array([START + 520.0])], START) == (START + 500.0,)
    assert restart_times([], [np.array([START + 520.0])], START) == (START + 520.0,)
    assert restart_times([], [], None) == ()
