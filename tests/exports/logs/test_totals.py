"""What the fast reader adds up is what a slow one adds up, line by line."""

from __future__ import annotations

import random
import re
from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pytest
from export_shapes import member

from boltkb.exports.logs import matching
from boltkb.exports.logs import pauses as pauses_room
from boltkb.exports.logs.longest import Longest
from boltkb.exports.logs.reading import read_log
from boltkb.exports.logs.rejections import read_rejections

REJECTED = (
    "Unable to schedule bolt session 'bolt-{n}' for execution since there are no available threads"
    " to serve it at the moment. You can retry at a later time or consider increasing max thread"
    " pool size for bolt connector(s)."
)
POOL = (
    " Task java.util.concurrent.CompletableFuture$AsyncSupply@{n:08x} rejected from"
    " org.neo4j.bolt.runtime.CachedThreadPoolExecutorFactory$ThreadPool@95[Running, pool size ="
    " 400, active threads = 400, queued tasks = 0, completed tasks = {n}]"
)
TRACE = (
    "java.util.concurrent.RejectedExecutionException: x\n\tat a.B.c(B.java:1)\n\tat a.B.d(B.java)\n"
)
ENTRY = re.compile(
    r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}[+-]\d{4}) ([A-Z]+) +(?:\[[\w.$]+\] )?(.*)", re.DOTALL
)


def log(seed: int, entries: int = 600) -> str:
    """A log in the shape of 3.5, across a month's end, with all that may stand in one."""
    draw = random.Random(seed)
    milliseconds = 1_572_566_390_000
    lines = []
    for n in range(entries):
        milliseconds += draw.choice((0, 0, 1, 40, 700, 3000)) - draw.choice((0, 0, 3))
        if n == entries // 2:
            milliseconds -= 90_000
        zone = "+0000" if n < entries - 40 else "+0100"
        moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
        time = f"{moment:%Y-%m-%d %H:%M:%S}.{milliseconds % 1000:03d}{zone}"
        kind = draw.random()
        if kind < 0.3:
            lines.append(f"{time} INFO  [o.n.k.A] something {n}\n")
        elif kind < 0.6:
            pause = draw.choice((7, 100, 4711, 12_345_678, draw.randrange(2000)))
            lines.append(
                f"{time} WARN  [o.n.k.i.c.VmPauseMonitorComponent] Detected VM stop-the-world"
                f" pause: {{pauseTime={pause}, gcTime={n}, gcCount=1}}\n"
            )
        elif kind < 0.7:
            lines.append(
                f"{time} ERROR [o.n.b.A] {REJECTED.format(n=n)}{POOL.format(n=n)} \n{TRACE}"
            )
        elif kind < 0.8:
            lines.append(f"{time} ERROR [o.n.b.A] {REJECTED.format(n=n)}\n")
        elif kind < 0.9:
            lines.append(
                f"{time} DEBUG [o.n.b.A] é\nDetected VM stop-the-world pause: {{pauseTime=9}}\n"
            )
        else:
            lines.append(f"{time} INFO  x\n")
    return "".join(lines)


def slowly(text: str) -> dict[str, object]:
    """The same, one line at a time, with the standard library."""
    times, steps, levels, pauses, rejections = [], 0, set(), [], []
    for number, line in enumerate(text.splitlines(), start=1):
        found = ENTRY.fullmatch(line)
        if not found:
            continue
        time = datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S.%f%z").timestamp()
        steps += bool(times) and time - times[-1] < -2
        times.append(time)
        levels.add(found[2])
        if pause := re.match(r"Detected VM stop-the-world pause: \{pauseTime=(\d+)", found[3]):
            pauses.append((int(pause[1]), number))
        if rejected := re.match(r"Unable to schedule bolt session '([^']+)'", found[3]):
            done = re.search(r"completed tasks = (\d+)", found[3])
            rejections.append((time, rejected[1], number, int(done[1]) if done else None))
    return {
        "span": (min(times), max(times), len(times), frozenset(levels)),
        "steps": steps,
        "pauses": pauses,
        "rejections": rejections,
    }


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("block", [300, 4096, 1 << 20])
def test_fast_and_slow_agree(seed: int, block: int) -> None:
    text = log(seed)
    read, truth = read_log(member("debug.log", text), block=block), slowly(text)
    span = read.span
    assert (span.start, span.end, span.entries, span.levels) == truth["span"]
    assert f"goes back {truth['steps']} times" in read.problems[0]
    pauses = [event for event in read.events if event.kind == "vm-pause"]
    assert [
        (round(1000 * event.numbers["pause"]), event.where.first_line) for event in pauses
    ] == truth["pauses"]
    rejections = [event for event in read.events if event.kind == "rejection-a"]
    assert [
        (event.time, event.connection, event.where.first_line, event.numbers.get("completed_tasks"))
        for event in rejections
    ] == truth["rejections"]
    assert list(read_rejections(member("debug.log", text), block=block)) == rejections


def test_of_too_many_pauses_the_longest_are_kept_and_the_rest_is_added_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = log(3)
    truth = slowly(text)["pauses"]
    monkeypatch.setattr(pauses_room, "Longest", lambda path, kind: Longest(path, kind, most=20))
    reads = [
        [
            event
            for event in read_log(member("debug.log", text), block=block).events
            if event.kind == "vm-pause"
        ]
        for block in (500, 1 << 20)
    ]
    assert reads[0] == reads[1]
    (others,) = [event for event in reads[0] if "count" in event.numbers]
    kept = {event.where.first_line for event in reads[0] if event is not others}
    ranked = sorted(truth, key=lambda pause: (-pause[0], pause[1]))
    assert kept == {line for _, line in ranked[:20]}
    rest = ranked[20:]
    assert others.numbers["count"] == len(rest)
    assert others.numbers["pause"] == pytest.approx(sum(pause for pause, _ in rest) / 1000)
    assert others.numbers["longest"] == rest[0][0] / 1000
    lines = [line for _, line in rest]
    assert (others.where.first_line, others.where.last_line) == (min(lines), max(lines))


def test_of_too_many_events_the_first_are_kept_and_the_rest_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(matching, "MANY", 3)
    text = "".join(
        f"2019-11-01 00:00:0{i}.000+0000 WARN  [a.B] Client /10.0.0.{i}:5 disconnected while query"
        " was running\n"
        for i in range(9)
    )
    read = read_log(member("debug.log", text))
    assert Counter(event.kind for event in read.events) == {"client-disconnected": 3}
    (problem,) = read.problems
    assert problem == (
        "debug.log: 6 further lines of the kind client-disconnected (from line 4 to 9) are more"
        " than are kept one by one"
    )


def test_a_million_pauses_take_no_more_memory_than_a_thousand() -> None:
    pauses = Longest("debug.log", "vm-pause", most=100)
    draw = np.random.default_rng(1).integers(1, 5000, 20_000) / 1000
    for line, seconds in enumerate(draw.tolist(), start=1):
        pauses.add(seconds, line, float(line), "")
        assert len(pauses._kept) < 200
    assert sum(row[0] for row in pauses.kept()) + pauses.others().numbers["pause"] == pytest.approx(
        draw.sum()
    )


@pytest.mark.parametrize(
    "needle", ["Unable to schedule ", "JVM information", "[Running, pool size = "]
)
def test_a_line_full_of_what_is_sought_is_looked_at_once(
    needle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    real = matching.line_parts
    monkeypatch.setattr(matching, "line_parts", lambda raw: seen.append(1) or real(raw))
    first = f"2019-11-01 00:00:00.000+0000 ERROR [a.B] {REJECTED.format(n=1)}\n"
    text = first + needle * 5_000 + "\n" + first
    assert len(read_log(member("debug.log", text)).events) == 2
    assert len(seen) <= 4
    seen.clear()
    assert len(read_rejections(member("debug.log", text))) == 2
    assert len(seen) <= 4


def test_pauses_are_found_whatever_class_writes_them() -> None:
    draw = random.Random(8)
    headers = [f"[a{'b' * draw.randrange(90)}.C] " for _ in range(12)] + [""]
    text, told = "", []
    for number in range(1, 400):
        header, kind = draw.choice(headers), draw.random()
        message = f"Detected VM stop-the-world pause: {{pauseTime={number}, gcTime=1, gcCount=1}}"
        if kind < 0.2:
            message = message.replace("pause:", "pauze:")
        elif kind < 0.4:
            message = "something else: " + message
        else:
            told.append((number, number))
        text += f"2019-11-01 00:0{number // 100}:00.000+0000 WARN  {header}{message}\n"
    for block in (300, 5_000, 1 << 20):
        events = read_log(member("debug.log", text), block=block).events
        pauses = [event for event in events if event.kind == "vm-pause"]
        found = [(round(1000 * one.numbers["pause"]), one.where.first_line) for one in pauses]
        assert found == told


def test_a_category_that_begins_as_a_pause_does_hides_none() -> None:
    pause = "Detected VM stop-the-world pause: {pauseTime=9, gcTime=1, gcCount=1}"
    stamp = "2019-11-01 00:00:00.000+0000 WARN  "
    entries = [f"{stamp}[a.bc] {pause}\n", f"{stamp}[a.b.c.DetectedStops] {pause}\n"]
    first, second = (entry.index("Detected") for entry in entries)
    assert first == second
    text = "".join(2 * entries)
    for block in (60, 1 << 20):
        events = read_log(member("debug.log", text), block=block).events
        assert [event.where.first_line for event in events] == [1, 2, 3, 4]
