"""The quick way to a rejection says what the slow one says, or nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product

import pytest

from boltkb.exports.logs.clock import Clock
from boltkb.exports.logs.matching import Events
from boltkb.exports.logs.needles import rejection_needles
from boltkb.exports.logs.newlines import Newlines
from boltkb.exports.logs.plain import PlainRejections

LITERAL = b"Unable to schedule "
TAIL = "execution since there are no available threads to serve it at the moment."
POOL = (
    "[Running, pool size = 400, active threads = 400, queued tasks = 0, completed tasks = 197066]"
)
CATEGORY = "[o.n.b.r.MetricsReportingBoltConnection] "
LINES = (
    f"ERROR {CATEGORY}Unable to schedule bolt session 'bolt-7' for {TAIL} Task x rejected {POOL} ",
    f"ERROR Unable to schedule bolt session 'bolt-7' for {TAIL} Task x rejected {POOL}\r",
    f"WARN  {CATEGORY}Unable to schedule bolt session bolt-123 for {TAIL}",
    f"ERROR {CATEGORY}[bolt-7] Unable to schedule for {TAIL} You can retry at a later time",
    f"ERROR [bolt-7] Unable to schedule for {TAIL}\r",
    f"DEBUG {CATEGORY}[bolt-7] Unable to schedule for {TAIL} {'x' * 700}",
)
#: What is put into a line somewhere: whatever decides which part of it is what.
PIECES = (
    *(
        "[a.b] ",
        "[bolt-8] ",
        "[",
        "]",
        " ",
        "'",
        "7",
        ".",
        "\x1c",
        "\x85",
        "ü",
        "\0",
        "\r",
        "{",
        "INFO ",
    ),
    *("Unable to schedule ", "[Running, pool size = 1, ", POOL, " You can retry", "[neo4j/12ab] "),
)
DATE = "2024-06-27 15:16:34.519+0000 "


def varied(count: int, seed: int) -> Iterator[bytes]:
    rng = random.Random(seed)
    for _ in range(count):
        line = rng.choice(LINES)
        for _ in range(rng.choice((0, 1, 1, 2))):
            at, piece = rng.randrange(len(line) + 1), rng.choice(PIECES)
            if rng.random() < 0.5:
                # Where one part ends and the next one begins, most is decided.
                at = rng.choice([i for i, x in enumerate(line) if x in "[]'U "] or [at])
            line = line[:at] + piece + line[at + rng.choice((0, 0, 1, 4)) :]
        raw = (DATE + line).encode()
        if LITERAL in raw:
            yield raw


def taken(raw: bytes) -> object:
    events = Events("debug.log", Clock())
    messages = rejection_needles().messages[0]
    return events.take(raw, messages, 5.0, 3, place=raw.index(LITERAL), own=True)


@pytest.mark.parametrize("seed", range(4))
def test_both_ways_say_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line.encode() for line in (DATE + text for text in LINES)]
    lines += varied(2_000, seed)
    quick = [taken(line) for line in lines]
    monkeypatch.setattr(PlainRejections, "tell", lambda *_: None)
    slow = [taken(line) for line in lines]
    for line, one, other in zip(lines, quick, slow, strict=True):
        assert repr(one) == repr(other), line
    assert 200 < sum(event is not None for event in quick) < len(lines)


@pytest.mark.parametrize("line", LINES)
def test_lines_of_every_version_go_the_quick_way(line: str) -> None:
    raw = (DATE + line).encode()
    assert PlainRejections().tell(raw, raw.index(LITERAL)) is not None


def one_by_one(lines: list[bytes], places: list[int]) -> list[object]:
    events = Events("debug.log", Clock())
    clock, messages = Clock(), rejection_needles().messages[0]
    for line, place in zip(lines, places, strict=True):
        time = clock.read(line, 0)
        events.take(line, messages, time, place, place=line.index(LITERAL), own=True)
    return list(events.all())


@pytest.mark.parametrize("text", LINES)
def test_many_at_once_are_what_each_is(text: str) -> None:
    dates = [
        f"2024-{month:02}-{day:02} {hour:02}:59:0{n}.{n}0{n}{zone} "
        for n, (month, day, hour, zone) in enumerate(
            product((2, 3), (1, 28), (0, 23), ("+0000", "-0130"))
        )
        if n < 10
    ]
    lines = [
        (date + text.replace("bolt-7", f"bolt-{n}").replace("197066", str(n))).encode()
        for n, date in enumerate(dates)
    ]
    places = list(range(7, 7 + 3 * len(lines), 3))
    first = (DATE + text).encode()
    events = Events("debug.log", Clock())
    # The first one tells which kind the next ones are taken for.
    assert not events.take_rejections([first], [3])
    events.take_rejection(first, first.index(LITERAL), Clock().read(first, 0), 3)
    taken = events.take_rejections(lines, places)
    lacks_pool = "bolt session" in text and POOL not in text
    assert taken is not lacks_pool
    if taken:
        assert list(events.all()) == one_by_one([first, *lines], [3, *places])


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_told_at_once_is_what_each_says(seed: int) -> None:
    lines = list(varied(600, seed))
    told = 0
    for line in lines:
        for kind in (LINES[0], LINES[3], LINES[4]):
            first = (DATE + kind).encode()
            events = Events("debug.log", Clock())
            events.take_rejection(first, first.index(LITERAL), Clock().read(first, 0), 3)
            if events.take_rejections([line], [4]):
                told += 1
                assert list(events.all()) == one_by_one([first, line], [3, 4]), line
    assert told > 30


def test_where_words_cease_to_be_kept_each_is_taken_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boltkb.exports.logs.matching._FULL_TEXT", 3)
    monkeypatch.setattr("boltkb.exports.logs.matching._REJECTIONS", 7)
    line = (DATE + LINES[0]).encode()
    events = Events("debug.log", Clock())
    events.take_rejection(line, line.index(LITERAL), 5.0, 1)
    assert events.take_rejections([line] * 2, [2, 3])
    assert events.take_rejections([line] * 3, [4, 5, 6])
    assert not events.take_rejections([line] * 2, [7, 8])
    assert [event.text[:6] for event in events.all()] == 3 * ["Unable"] + 3 * ["(in th"]


@pytest.mark.parametrize("looks_up", [False, True])
def test_newlines_are_counted_either_way(looks_up: bool) -> None:
    draw = random.Random(5)
    newlines = Newlines(looks_up=looks_up)
    for size in (10, 3_000, 70_000, 5):
        text = bytes(draw.choice(b"\n\r\nab\xff\x00\x01") for _ in range(size))
        places = sorted(draw.randrange(size + 1) for _ in range(20))
        newlines.look_at(bytearray(text) + b"\n\n", size)
        assert newlines.before(places) == [text.count(b"\n", 0, place) for place in places]
