"""The quick way to a rejection says what the slow one says, or nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from boltkb.exports.logs.clock import Clock
from boltkb.exports.logs.matching import Events
from boltkb.exports.logs.needles import rejection_needles
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
