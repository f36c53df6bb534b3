"""Events in columns are the events that were put in."""

from __future__ import annotations

from boltkb.exports.logs.columns import EventColumns
from boltkb.exports.records import LogEvent, Where


def events(count: int) -> list[LogEvent]:
    return [
        LogEvent(
            float(n),
            f"kind-{n % 2}",
            "WARN",
            f"text {n}",
            None if n % 3 else f"bolt-{n}",
            {"completed_tasks": n} if n % 2 else {},
            Where("debug.log", n + 1),
        )
        for n in range(count)
    ]


def test_what_is_put_in_one_by_one_comes_out():
    columns, given = EventColumns("debug.log"), events(7)
    for event in given:
        columns.append(event)
    assert list(columns) == given
    assert columns[-2:] == given[-2:]
    assert columns[-1] == given[-1]


def test_what_is_put_in_by_columns_comes_out_as_events():
    columns = EventColumns("debug.log")
    columns.add(
        "rejection-a",
        lines=[4, 9],
        times=[1.0, 2.0],
        levels=["ERROR", "WARN"],
        texts=["a", "b"],
        connections=["bolt-1", "bolt-2"],
        numbers=[{"pool_size": 4.0}, {}],
        completed=[7.0, float("nan")],
    )
    numbers = {"pool_size": 4.0, "completed_tasks": 7.0}
    assert list(columns) == [
        LogEvent(1.0, "rejection-a", "ERROR", "a", "bolt-1", numbers, Where("debug.log", 4)),
        LogEvent(2.0, "rejection-a", "WARN", "b", "bolt-2", {}, Where("debug.log", 9)),
    ]
    columns.tell(0, {"pool_size": 5.0})
    assert columns[0].numbers == {"pool_size": 5.0}
